"""A process that waits for work: started at the first piece, ended after a while without any.

A web worker gives it what would take too much of its own memory and time. One piece at a time; it leaves by itself
when the worker is gone (core.evaluation.worker).
"""

from __future__ import annotations

import pickle
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from core.errors import NotReadyError
from core.evaluation.pool import Child, Task

IDLE_SECONDS = 300.0
WAIT_SECONDS = 10.0
"""How long a piece of work waits for the one before it."""
MOST_SECONDS = 40.0
"""After which the process is taken to hang; to start it takes some seconds on a busy machine. Together with the wait
this is less than the web server allows for an answer, so that the refusal still arrives."""
WAITING = 1
"""Pieces that may wait; more are refused at once, lest they take all threads and the memory of the worker."""

Result = TypeVar("Result")


class Standby:
    """Safe to share between threads. ``shared`` is the first argument of all work; see core.evaluation.pool.Task."""

    def __init__(self, shared: Any, idle_seconds: float = IDLE_SECONDS) -> None:
        self._shared, self._idle_seconds = shared, idle_seconds
        self._turn, self._places = threading.Lock(), threading.BoundedSemaphore(1 + WAITING)
        self._child: Child | None = None
        self._used_at = 0.0

    @contextmanager
    def place(self) -> Iterator[None]:
        """One of the few places for those who have work, to be held from before its data are read: what waits in memory
        is bounded so. Raises NotReadyError when all are taken."""
        if not self._places.acquire(blocking=False):
            raise busy()
        try:
            yield
        finally:
            self._places.release()

    def do(self, work: Callable[..., Result], *arguments: Any, seconds: float = MOST_SECONDS) -> Result:
        """What ``work(shared, *arguments)`` returns or raises over there; to be called from a ``place``.

        Raises NotReadyError when the work before it or this one takes too long, WorkerLostError when the process was
        ended from outside.
        """
        if not self._turn.acquire(timeout=WAIT_SECONDS):
            raise busy()
        try:
            result: Result = self._done(Task("a call's series", 0.0, work, arguments), seconds)
        finally:
            self._used_at = time.monotonic()
            self._turn.release()
        return result

    @property
    def pid(self) -> int | None:
        """The number of the process, None while there is none."""
        child = self._child
        return None if child is None else child.process.pid

    def end(self) -> None:
        """Ends the process; the next piece of work starts another."""
        with self._turn:
            self._end()

    def _done(self, task: Task, seconds: float) -> Any:
        whole, until = False, time.monotonic() + seconds
        try:
            child = self._running()
            child.send(task)  # takes as long as the process needs to start, if much is to be sent
            if not child.connection.poll(max(0.0, until - time.monotonic())):
                raise NotReadyError("This took too long and was stopped; ask for fewer series at a time.")
            result = child.answer(task)
            whole = True
        finally:
            # Also after an error of the work: what a process is left with is not known.
            if not whole:
                self._end()
        return result

    def _running(self) -> Child:
        if self._child is not None and self._child.process.poll() is not None:
            self._end()  # the system took it away, for want of memory or because somebody said so
        if self._child is None:
            self._child = Child()
            self._child.give(pickle.dumps(self._shared), "a call's series")
            threading.Thread(target=self._watch, args=(self._child,), name="end when idle", daemon=True).start()
        return self._child

    def _watch(self, child: Child) -> None:
        while self._child is child:
            time.sleep(self._idle_seconds / 10)
            idle = time.monotonic() - self._used_at > self._idle_seconds
            if idle and self._child is child and self._turn.acquire(blocking=False):
                try:
                    if time.monotonic() - self._used_at > self._idle_seconds:
                        self._end()
                finally:
                    self._turn.release()

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.end()


def busy() -> NotReadyError:
    """That others are first."""
    return NotReadyError("Other series are being forecast at the moment; ask again in a few seconds.")
