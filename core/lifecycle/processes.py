"""Who is running: tells a live process from a dead one whose number was given to another; how a job's process lives."""

from __future__ import annotations

import os
import resource
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import NamedTuple, NoReturn

import psutil

CLOCK_TOLERANCE = 2.0
"""Seconds by which the start time of one process may read differently after the machine's clock was set."""


class Identity(NamedTuple):
    """A process: its machine, number, and start in seconds since 1970."""

    host: str
    pid: int
    started: float


def this_process() -> Identity:
    """The calling process."""
    return Identity(socket.gethostname(), os.getpid(), psutil.Process().create_time())


def alive(pid: int, started: float) -> bool:
    """Is the process ``pid`` of this machine still the one that started at ``started``, and not a zombie?"""
    try:
        process = psutil.Process(pid)
        same = abs(float(process.create_time()) - started) <= CLOCK_TOLERANCE
        return same and bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


LOOK_SECONDS = 0.5
"""How often a job's process looks whether those who started it are still there."""

ENDING_SECONDS = 5.0
"""How long ``end_children`` waits."""

MOST_BYTES = 8 * 2**30
"""Of addresses, of which libraries reserve far more than they use; a workbook of a million lines takes about two."""

NICENESS = 5
"""Jobs give way to the pages: both share the processor's cores."""


def become_job(parent: int | None = None, niceness: int = NICENESS) -> None:
    """Makes this process one that does a job: it gives way to others, unwinds on SIGTERM so that its job is marked
    and its folders go, and leaves at once when its parent or its parent's parent is gone.

    Both are watched because a web worker that ends waits for its children, while its own parent is gone already.
    ``parent``: the process that started this one, as it knew itself; it may be gone before this one has looked.
    """
    os.nice(niceness)
    with suppress(OSError):  # not on Linux: there, where memory runs out, a job goes before the pages do
        Path("/proc/self/oom_score_adj").write_text("500", "ascii")
    signal.signal(signal.SIGTERM, leave)
    parent = os.getppid() if parent is None else parent
    above = _parent_of(parent)
    threading.Thread(target=_watch, args=(parent, above), name="watch the parents", daemon=True).start()


@contextmanager
def bounded_memory(most_bytes: int = MOST_BYTES) -> Iterator[None]:
    """Inside, where what strangers have made is read, this process fails before it takes more memory than that."""
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    bounds = [most_bytes, *(one for one in (soft, hard) if one != resource.RLIM_INFINITY)]
    resource.setrlimit(resource.RLIMIT_AS, (min(bounds), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def end_children() -> None:
    """Asks every child of this process to end, and waits a little; whoever stays is left to its own watch."""
    children = psutil.Process().children()
    for child in children:
        with suppress(psutil.NoSuchProcess):
            child.terminate()
    psutil.wait_procs(children, timeout=ENDING_SECONDS)


def _watch(parent: int, above: int | None) -> None:
    while os.getppid() == parent and _parent_of(parent) == above:
        time.sleep(LOOK_SECONDS)
    os._exit(1)


def _parent_of(pid: int) -> int | None:
    try:
        return int(psutil.Process(pid).ppid())
    except psutil.NoSuchProcess:
        return None


def leave(number: int, _frame: FrameType | None) -> NoReturn:
    """A handler of signals that unwinds instead of killing on the spot: jobs are marked, temporary folders go."""
    sys.exit(128 + number)
