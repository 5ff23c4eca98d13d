"""Other web sites: pages of the origins that the setting CORS_ORIGINS lists may use the API from the browser."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from flask import Flask

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

METHODS = "GET, POST"
SENT = "Accept, Authorization, Content-Type, Idempotency-Key, If-None-Match, X-API-Key, X-Request-ID"
SEEN = "ETag, Location, Retry-After, WWW-Authenticate, X-Request-ID"
KEPT_SECONDS = "600"
VARY = ("Vary", "Origin")


def register(server: Flask, origins: frozenset[str], prefixes: Iterable[str]) -> None:
    """Adds the headers to the answers under the prefixes. Without origins nothing changes: browsers then refuse.

    Cookies are never allowed, so a page elsewhere can only do what its key may.
    """
    if origins:
        server.wsgi_app = _shared(server.wsgi_app, origins, frozenset(prefixes))  # type: ignore[method-assign]


def _shared(inner: WSGIApplication, origins: frozenset[str], prefixes: frozenset[str]) -> WSGIApplication:
    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["PATH_INFO"].lstrip("/").partition("/")[0] not in prefixes:
            return inner(environ, start_response)
        origin = environ.get("HTTP_ORIGIN", "")
        known = origin in origins
        if known and environ["REQUEST_METHOD"] == "OPTIONS" and "HTTP_ACCESS_CONTROL_REQUEST_METHOD" in environ:
            start_response("204 No Content", _preflight(origin))
            return ()
        # Vary for the others too: what is kept for one origin must not be given to another.
        more = [VARY, *([("Access-Control-Allow-Origin", origin)] if known else [])]
        more += [("Access-Control-Expose-Headers", SEEN)] if known else []

        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], object]:
            return start_response(status, headers + more, exc_info)

        return inner(environ, start)

    return answer


def _preflight(origin: str) -> list[tuple[str, str]]:
    return [
        ("Access-Control-Allow-Origin", origin),
        ("Access-Control-Allow-Methods", METHODS),
        ("Access-Control-Allow-Headers", SENT),
        ("Access-Control-Max-Age", KEPT_SECONDS),
        ("Vary", "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"),
    ]
