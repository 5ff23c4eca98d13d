"""The access log: one JSON line a request on the standard output. Never a query, a header, a body or a secret."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from app.api.guard import KEY
from app.api.problems import ENVIRON_KEY
from app.batches import Batches
from app.parsing import AccessLogged
from app.routes import is_api, method_of

EVERY_SECONDS = 0.25
ATOMIC_BYTES = 4096
"""What is written at once to a pipe stays together, so that lines of several workers do not mix."""

LONGEST_ADDRESS = 64
"""Behind a proxy the address is a text from a header."""

Headers = list[tuple[str, str]]


class Entry(NamedTuple):
    """One request; ``at``: seconds since 1970 when it was answered; ``seconds``: until the answer was ready."""

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
    """Notes requests and writes them a moment later, so that nobody waits for a terminal or a disk."""

    def __init__(self, which: AccessLogged, write: Callable[[bytes], object] | None = None) -> None:
        self._all, self._on = which == "all", which != "off"
        self._write = write or _to_standard_output
        self.batches: Batches[Entry] = Batches("access log", self._write_lines, EVERY_SECONDS)

    def note(self, environ: dict[str, Any], route: str, status: str, seconds: float, headers: Headers) -> None:
        """Takes one finished request, if it belongs into the log."""
        if not self._on or not (self._all or is_api(route)):
            return
        key = environ.get(KEY)
        self.batches.put(
            Entry(
                time.time(), environ.get(ENVIRON_KEY), method_of(environ["REQUEST_METHOD"]), route, status, seconds,
                headers, None if key is None else key.id, environ.get("REMOTE_ADDR", "")[:LONGEST_ADDRESS],
            )
        )  # fmt: skip

    def _write_lines(self, entries: list[Entry]) -> None:
        for chunk in _chunks(_line(entry) for entry in entries):
            self._write(chunk)


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
        "address": address,
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


def _chunks(lines: Iterator[bytes]) -> Iterator[bytes]:
    """Whole lines together, as many as are written in one piece."""
    chunk = b""
    for line in lines:
        if chunk and len(chunk) + len(line) > ATOMIC_BYTES:
            yield chunk
            chunk = b""
        chunk += line
    if chunk:
        yield chunk


def _to_standard_output(chunk: bytes) -> None:
    """Past Python's buffer, which would cut lines in pieces of its own."""
    while chunk:
        chunk = chunk[os.write(1, chunk) :]
