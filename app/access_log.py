"""The access log: one JSON line a request on the standard output. Never a query, a header, a body or a secret."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

import orjson

from app.batches import Batches
from app.parsing import AccessLogged
from app.routes import is_api

MOST_PIECES = 500
"""Of up to 4 kB that wait for a reader; then lines are dropped."""
ATOMIC_BYTES = 4096
"""What is written at once to a pipe stays together, so that lines of several workers do not mix."""

LONGEST_ADDRESS = 64
"""Behind a proxy the address is a text from a header."""

Headers = list[tuple[str, str]]


class Entry(NamedTuple):
    """One request; ``at``: seconds since 1970 when it was answered; ``seconds``: until the answer was ready; ``method``
    and ``route``: from bounded sets; ``status``: three digits."""

    at: float
    request_id: str | None
    method: str
    route: str
    status: str
    seconds: float
    headers: Headers
    key_id: str | None
    address: str


class AccessLog:
    """Writes those of the requests that belong into the log, by a thread that may wait for a terminal or a disk."""

    def __init__(self, which: AccessLogged, write: Callable[[bytes], object] | None = None) -> None:
        self._all, self._on = which == "all", which != "off"
        write = write or _to_standard_output
        self._pieces: Batches[bytes] = Batches(
            "access log", lambda pieces: [write(one) for one in pieces], every=0, most=MOST_PIECES
        )

    def add(self, entries: Iterable[Entry]) -> None:
        """Takes finished requests, in order."""
        if self._on:
            for piece in _pieces(_line(one) for one in entries if self._all or is_api(one.route)):
                self._pieces.put(piece)

    def close(self) -> None:
        """Writes what waits, for a short time."""
        self._pieces.close()


def _line(entry: Entry) -> bytes:
    at, request_id, method, route, status, seconds, headers, key_id, address = entry
    said = {
        "time": f"{_second(int(at))}.{int(at % 1 * 1000):03}Z",
        "request_id": request_id,
        "method": method,
        "route": route,
        "status": int(status),
        "ms": round(seconds * 1000, 2),
        "bytes": _length(headers),
        "key": key_id,
        "address": address[:LONGEST_ADDRESS],
    }
    return orjson.dumps(said, option=orjson.OPT_APPEND_NEWLINE)


@lru_cache(maxsize=4)
def _second(moment: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(moment))


def _length(headers: Headers) -> int | None:
    for name, value in headers:
        if name == "Content-Length":
            return int(value)
    return None


def _pieces(lines: Iterator[bytes]) -> Iterator[bytes]:
    """Whole lines together, as many as are written in one piece."""
    piece = b""
    for line in lines:
        if piece and len(piece) + len(line) > ATOMIC_BYTES:
            yield piece
            piece = b""
        piece += line
    if piece:
        yield piece


def _to_standard_output(piece: bytes) -> None:
    """Past Python's buffer, which would cut lines in pieces of its own."""
    while piece:
        piece = piece[os.write(1, piece) :]
