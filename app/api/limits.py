"""How many requests a client may make: counted on disk, so that all workers of a machine count together."""

from __future__ import annotations

import ipaddress
import logging
import sqlite3
import time
from pathlib import Path

import diskcache

MINUTE = 60

log = logging.getLogger(__name__)


class Limits:
    """At most ``per_minute`` requests of one client in each minute of the clock."""

    def __init__(self, per_minute: int, folder: Path) -> None:
        self.per_minute = per_minute
        self._counts = diskcache.Cache(str(folder))
        self._full: tuple[int, set[str]] = (0, set())

    def wait(self, client: str, now: float | None = None) -> int:
        """Counts one request of the client; seconds until it may ask again, 0 if it may now.

        A disk that fails must not stop the service: then nothing is limited, and the log says so.
        """
        now = time.time() if now is None else now
        minute, passed = divmod(int(now), MINUTE)
        if self._full[0] != minute:
            self._full = (minute, set())
        full = self._full[1]
        # Who is over stays over until the minute ends: a flood is turned away without touching the disk.
        if client in full:
            return MINUTE - passed
        try:
            count = self._count(f"{minute} {client}")
        except (sqlite3.Error, diskcache.Timeout, OSError):
            log.exception("requests cannot be counted, so none is refused")
            return 0
        if count <= self.per_minute:
            return 0
        full.add(client)
        return MINUTE - passed

    def _count(self, name: str) -> int:
        with self._counts.transact(retry=True):
            count = int(self._counts.incr(name))
            if count == 1:  # the row goes once its minute has passed for sure
                self._counts.touch(name, expire=2 * MINUTE)
        return count


def client_of(address: str) -> str:
    """An address as one client: IPv6 is handed out by networks of 2**64 addresses, so the network counts."""
    if ":" not in address:
        return address
    try:
        return str(ipaddress.ip_network((address.partition("%")[0], 64), strict=False))
    except ValueError:
        return address
