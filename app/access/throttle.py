"""How often somebody may get a password wrong, counted on disk for all workers of a machine.

What is counted is an address, and an address with a name: never a name alone, or strangers could keep a person out.
"""

from __future__ import annotations

import hashlib
import logging
import math
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import diskcache

from app.api.limits import client_of

MINUTES = 15
WITH_NAME, OF_ADDRESS = 5, 30
"""Wrong passwords of one address within so many minutes: for one name, and for all names together."""

log = logging.getLogger(__name__)


class Throttle:
    """One object a process; ``folder`` is shared by all processes."""

    def __init__(self, folder: Path, clock: Callable[[], float] = time.time) -> None:
        self._counts, self._clock = diskcache.Cache(str(folder), size_limit=2**24), clock

    def wait(self, name: str, address: str) -> int:
        """Counts an attempt as a wrong one; minutes until the next is possible, 0 if this one may be tried.

        It counts before the password is looked at, so that many attempts at once are as many. A disk that fails must
        not keep everybody out: then nothing is counted, and the log says so.
        """
        try:
            with self._counts.transact(retry=True):
                return max(self._count(key, most) for key, most in _keys(name, address))
        except (sqlite3.Error, diskcache.Timeout, OSError):
            log.exception("attempts to sign in cannot be counted, so none is refused")
            return 0

    def passed(self, name: str, address: str) -> None:
        """The attempt was right: it does not count, nor do those before it under this name."""
        (pair, _), (alone, _) = _keys(name, address)
        try:
            with self._counts.transact(retry=True):
                self._counts.delete(pair)
                begun, count = self._of(alone)
                self._keep(alone, begun, count - 1)
        except (sqlite3.Error, diskcache.Timeout, OSError):
            log.exception("attempts to sign in cannot be counted, so none is refused")

    def _count(self, key: str, most: int) -> int:
        begun, count = self._of(key)
        if count >= most:
            return max(1, math.ceil((begun + 60 * MINUTES - self._clock()) / 60))
        self._keep(key, begun, count + 1)
        return 0

    def _of(self, key: str) -> tuple[int, int]:
        """When its while began, and how many attempts there were in it."""
        now = int(self._clock())
        text = self._counts.get(key)
        begun, count = (int(one) for one in text.split()) if text else (now, 0)
        return (begun, count) if now - begun < 60 * MINUTES else (now, 0)

    def _keep(self, key: str, begun: int, count: int) -> None:
        self._counts.set(key, f"{begun} {count}", expire=60 * MINUTES)


def _keys(name: str, address: str) -> tuple[tuple[str, int], tuple[str, int]]:
    client = client_of(address)
    hidden = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
    return (f"{client} {hidden}", WITH_NAME), (client, OF_ADDRESS)
