"""Work spread over a few processes of our own: bounded, cancellable at once, and never orphaned.

Neither multiprocessing nor concurrent.futures: their children import the caller's ``__main__`` again (a script, pytest,
a web server), may not be started by daemonic processes, and a running task of theirs cannot be stopped. Here a child is
a fresh interpreter at the other end of a pipe. When the work ends, for whatever reason, children are killed; when the
parent ends, its end of the pipe closes and the children leave by themselves.
"""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from typing import Any

from core.errors import TidemarkError

Progress = Callable[[float, str], None]

HEARTBEAT = 0.5
"""Seconds after which progress is told again although nothing has finished, so that cancelling works meanwhile."""

LIBRARIES = ("OMP_NUM", "OPENBLAS_NUM", "MKL_NUM", "VECLIB_MAXIMUM", "TF_NUM_INTRAOP", "TF_NUM_INTEROP")
ONE_THREAD = {f"{library}_THREADS": "1" for library in LIBRARIES}
"""One process a core, one thread a process. Also, sums split over threads may be rounded otherwise."""

START = (
    "import signal, sys; signal.signal(signal.SIGINT, signal.SIG_IGN); sys.path[:] = sys.argv[2:]; "
    "from core.evaluation.worker import serve; serve(int(sys.argv[1]))"
)
"""What a child runs. Ctrl-C reaches the whole process group; only the parent answers it, by ending its children."""


class WorkerLostError(TidemarkError):
    """A process that was computing has ended without an answer."""


@dataclass(frozen=True, slots=True)
class Task:
    """``work(shared, *arguments)``, to be run in any process; ``work`` is a function of a module, by its name.

    ``label``: whose work it is, for progress. ``seconds``: a rough guess; the longest tasks start first. ``early``:
    starts before all others, because no other task may take the wait for it.
    """

    label: str
    seconds: float
    work: Callable[..., Any]
    arguments: tuple[Any, ...] = ()
    early: bool = False


Collect = Callable[[int, Any], None]
"""Gets the number of a task and its result, in the process that asked, as soon as it is there."""


def cores() -> int:
    """Processor cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def run_here(tasks: Sequence[Task], shared: Any, collect: Collect, tell: Progress) -> None:
    """One task after the other in this process, with one thread as in a pool; ``tell`` may raise between them."""
    tally = _Tally(tasks, tell)
    with one_thread():
        for number, task in enumerate(tasks):
            tally.tell({number})
            collect(number, task.work(shared, *task.arguments))
            tally.done(number)


def run_in_pool(tasks: Sequence[Task], shared: Any, workers: int, collect: Collect, tell: Progress) -> None:
    """All tasks in ``workers`` processes or fewer. Which results there are does not depend on ``workers``.

    ``tell(fraction, text)`` is called at least every half second. If it raises, if Ctrl-C comes, or if a task fails,
    all processes are killed at once and the error passes on; a task's own error has its traceback as a note.
    Raises WorkerLostError if a process is ended from outside.
    """
    tally = _Tally(tasks, tell)
    waiting = sorted(range(len(tasks)), key=lambda number: (not tasks[number].early, -tasks[number].seconds, number))
    waiting.reverse()
    busy: dict[Connection, tuple[Child, int]] = {}
    tally.tell(set(waiting[-workers:]))
    with _children(min(workers, len(tasks)), shared) as idle:
        while waiting or busy:
            while waiting and idle:
                child, number = idle.pop(), waiting.pop()
                child.send(tasks[number])
                busy[child.connection] = child, number
            tally.tell({number for _, number in busy.values()})
            ready = wait(list(busy), HEARTBEAT)
            for connection in ready:
                assert isinstance(connection, Connection)
                child, number = busy.pop(connection)
                collect(number, child.answer(tasks[number]))
                tally.done(number)
                idle.append(child)


@contextmanager
def one_thread() -> Iterator[None]:
    """Linear algebra with one thread: so that results are those of a child, to the last bit."""
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    with threadpool_limits(1):
        yield


class Child:
    """A process and our end of the pipe to it."""

    def __init__(self) -> None:
        self.connection, there = Pipe()
        try:
            self.process = subprocess.Popen(  # noqa: S603 - our own code
                [sys.executable, "-c", START, str(there.fileno()), *sys.path],
                env={"TF_CPP_MIN_LOG_LEVEL": "3", **os.environ, **ONE_THREAD},
                pass_fds=(there.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=2,  # what libraries print must not get into the parent's output, which may be JSON
            )
        finally:
            there.close()

    def give(self, message: bytes, label: str) -> None:
        try:
            self.connection.send_bytes(message)
        except OSError:
            raise self._lost(label) from None

    def send(self, task: Task) -> None:
        self.give(pickle.dumps((task.work, task.arguments), pickle.HIGHEST_PROTOCOL), task.label)

    def answer(self, task: Task) -> Any:
        try:
            fine, result = pickle.loads(self.connection.recv_bytes())  # noqa: S301 - from our own child
        except (EOFError, OSError):
            raise self._lost(task.label) from None
        if fine:
            return result
        error, text = result
        error.add_note(f"In a process of its own ({task.label}):\n{text}")
        raise error

    def _lost(self, label: str) -> WorkerLostError:
        code = self.process.wait()
        names = {one.value: one.name for one in signal.Signals}
        how = f"by signal {names.get(-code, -code)}" if code < 0 else f"with code {code}"
        return WorkerLostError(
            f"A process that computed {label.replace('_', ' ')} was ended {how}, most often because memory ran out. "
            "Nothing else was harmed; try again, with fewer processes if it happens again."
        )

    def end(self) -> None:
        self.connection.close()
        with suppress(ProcessLookupError):
            self.process.kill()
        self.process.wait()


@contextmanager
def _children(count: int, shared: Any) -> Iterator[list[Child]]:
    """``count`` processes that know what the tasks share; killed when the block ends."""
    packed = pickle.dumps(shared, pickle.HIGHEST_PROTOCOL)
    children: list[Child] = []
    try:
        for _ in range(count):
            children.append(Child())  # noqa: PERF401 - those started must be known if the next one fails
        for child in children:
            child.give(packed, "a part")
        yield list(children)
    finally:
        for child in children:
            child.end()


class _Tally:
    """Turns finished and running tasks into a fraction that never falls, and words."""

    def __init__(self, tasks: Sequence[Task], tell: Progress) -> None:
        self._tasks, self._tell = tasks, tell
        self._whole = sum(task.seconds for task in tasks) or 1.0
        self._part = 0.0

    def done(self, number: int) -> None:
        self._part += self._tasks[number].seconds

    def tell(self, running: set[int]) -> None:
        names = dict.fromkeys(self._tasks[number].label.replace("_", " ") for number in sorted(running))
        if names:
            self._tell(min(self._part / self._whole, 1.0), f"Working on {', '.join(names)}")
