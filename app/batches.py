"""Work that no request should wait for: things are handed over at once and written together, by one thread."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

Item = TypeVar("Item")

CLOSE_SECONDS = 2.0

log = logging.getLogger(__name__)


class Batches(Generic[Item]):
    """Calls ``write`` with what has come together in ``every`` seconds, in order.

    At most ``most`` things wait: when the writing cannot keep up, or hangs (a full disk, a terminal that nobody
    reads), further ones are dropped and counted in ``dropped``. The thread starts with the first thing; the owner calls
    ``close`` before the process ends.
    """

    def __init__(self, name: str, write: Callable[[list[Item]], None], every: float, most: int = 10_000) -> None:
        self._name, self._write, self._every, self._most = name, write, every, most
        self._waiting: deque[Item] = deque()
        self._something, self._ending = threading.Event(), threading.Event()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self.dropped = 0

    def put(self, item: Item) -> None:
        """Takes one thing; never waits."""
        if len(self._waiting) >= self._most or self._ending.is_set():
            self.dropped += 1
            return
        self._waiting.append(item)
        if not self._something.is_set():
            self._something.set()
            self._start()

    def close(self, seconds: float = CLOSE_SECONDS) -> None:
        """Writes what waits, and ends; gives up after so many seconds."""
        self._ending.set()
        self._something.set()
        if self._thread is not None:
            self._thread.join(seconds)

    def _start(self) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while not self._ending.is_set():
            self._something.wait()
            self._ending.wait(self._every)
            self._something.clear()  # before taking: what comes after this line sets it again
            self._take()
        self._take()

    def _take(self) -> None:
        items: list[Item] = []
        while self._waiting:
            items.append(self._waiting.popleft())
        if items:
            try:
                self._write(items)
            except Exception:
                self.dropped += len(items)
                log.exception("%s: %d could not be written", self._name, len(items))
