"""Looks at every request from outside: how long it took and how it ended, for the metrics and the access log."""

from __future__ import annotations

import atexit
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from flask import Flask

from app import metrics
from app.access_log import AccessLog, Entry, Headers
from app.api import PREFIXES
from app.api.guard import KEY
from app.api.openapi import OPERATIONS
from app.api.problems import ENVIRON_KEY
from app.batches import Batches
from app.parsing import AccessLogged
from app.routes import Routes, method_of

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

OTHER_PATHS = ("/docs", "/openapi.json")
EVERY_SECONDS = 0.25
UNSEEN = "tidemark.unseen"
"""Set in the environment of requests that the server makes to itself: nobody asked for them."""


class Observer:
    """Notes requests, which costs next to nothing; a thread counts and writes them a moment later, all at once."""

    def __init__(self, which: AccessLogged) -> None:
        self._routes = Routes([*(one.path for one in OPERATIONS), *OTHER_PATHS], PREFIXES)
        self._log = AccessLog(which)
        self._entries: Batches[Entry] = Batches("observations", self._take, EVERY_SECONDS)

    def note(self, environ: WSGIEnvironment, status: str, headers: Headers, seconds: float) -> None:
        """Takes one finished request."""
        route, method = self._routes.of(environ["PATH_INFO"]), method_of(environ["REQUEST_METHOD"])
        key = environ.get(KEY)
        key_id, address = None if key is None else key.id, environ.get("REMOTE_ADDR", "")
        identity = environ.get(ENVIRON_KEY)
        self._entries.put(Entry(time.time(), identity, method, route, status, seconds, headers, key_id, address))

    def close(self) -> None:
        """Counts and writes what waits, for a short time."""
        self._entries.close()
        self._log.close()

    def _take(self, entries: list[Entry]) -> None:
        for one in entries:
            metrics.count(one.route, one.method, one.status, one.seconds)
        self._log.add(entries)


def wrap(server: Flask, access_log: AccessLogged) -> Observer:
    """Goes around everything that answers, the files in memory too; only what corrects the address goes around it."""
    inner, observer = server.wsgi_app, Observer(access_log)

    def observed(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if UNSEEN in environ:
            return inner(environ, start_response)
        begun = time.perf_counter()
        status, given = "500", []

        def start(line: str, headers: Headers, exc_info: Any = None) -> Callable[[bytes], object]:
            nonlocal status, given
            status, given = line[:3], headers
            return start_response(line, headers, exc_info)

        try:
            return inner(environ, start)
        finally:
            observer.note(environ, status, given, time.perf_counter() - begun)

    server.wsgi_app = observed  # type: ignore[method-assign]
    atexit.register(observer.close)
    return observer
