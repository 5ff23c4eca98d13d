"""Looks at every request from outside: how long it took and how it ended, for the metrics and the access log."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from flask import Flask

from app import metrics
from app.access_log import AccessLog
from app.api import PREFIXES
from app.api.openapi import OPERATIONS
from app.parsing import AccessLogged
from app.routes import Routes, method_of

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

OTHER_PATHS = ("/docs", "/openapi.json")
UNSEEN = "tidemark.unseen"
"""Set in the environment of requests that the server makes to itself: nobody asked for them."""


def wrap(server: Flask, access_log: AccessLogged) -> AccessLog:
    """Goes around everything that answers, the files in memory too; only what corrects the address goes around it."""
    inner, routes = server.wsgi_app, Routes([*(one.path for one in OPERATIONS), *OTHER_PATHS], PREFIXES)
    log = AccessLog(access_log)

    def observed(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if UNSEEN in environ:
            return inner(environ, start_response)
        begun = time.perf_counter()
        answered: tuple[str, list[tuple[str, str]]] = ("500", [])

        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], object]:
            nonlocal answered
            answered = (status[:3], headers)
            return start_response(status, headers, exc_info)

        try:
            return inner(environ, start)
        finally:
            seconds = time.perf_counter() - begun
            route = routes.of(environ["PATH_INFO"])
            status, headers = answered
            metrics.count(route, method_of(environ["REQUEST_METHOD"]), status, seconds)
            log.note(environ, route, status, seconds, headers)

    server.wsgi_app = observed  # type: ignore[method-assign]
    return log
