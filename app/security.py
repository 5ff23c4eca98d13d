"""Security of every answer: headers, the content security policy, the size limit of requests."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import dash
from flask import Flask, request
from flask.sessions import SecureCookieSessionInterface
from itsdangerous import URLSafeTimedSerializer
from werkzeug.middleware.proxy_fix import ProxyFix

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

POLICY = "Content-Security-Policy"

MAX_REQUEST_BYTES = 16 * 1024 * 1024
"""Largest request body that any route accepts; the API sets a lower limit for itself."""

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}

DATA_POLICY = "default-src 'none'; frame-ancestors 'none'"
"""For answers that are not pages: nothing in them may be run, loaded or framed."""


def page_policy(script_hashes: list[str]) -> str:
    """The content security policy of a page: everything from here, inline scripts only by their hash.

    Inline styles stay allowed because Plotly and Dash set them; data: and blob: serve the image export.
    """
    directives = {
        "default-src": ["'self'"],
        "script-src": ["'self'", *script_hashes],
        "style-src": ["'self'", "'unsafe-inline'"],
        "img-src": ["'self'", "data:", "blob:"],
        "font-src": ["'self'", "data:"],
        "connect-src": ["'self'"],
        "worker-src": ["'self'", "blob:"],
        "object-src": ["'none'"],
        "base-uri": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'self'"],
    }
    return "; ".join(" ".join([name, *values]) for name, values in directives.items())


class CookieSessions(SecureCookieSessionInterface):
    """Flask's signed cookies with one signer for all requests: Flask makes a new one each time, for a seventh of the
    whole cost of a short request."""

    def __init__(self) -> None:
        self._signers: dict[object, URLSafeTimedSerializer | None] = {}

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        if app.secret_key not in self._signers:
            self._signers = {app.secret_key: super().get_signing_serializer(app)}
        return self._signers[app.secret_key]

    def get_cookie_secure(self, app: Flask) -> bool:
        """Behind TLS the cookie never goes out without it."""
        return request.is_secure or super().get_cookie_secure(app)


def register(app: dash.Dash) -> None:
    """Adds the headers to every answer of the server of ``app`` and limits the size of requests.

    The headers go in below Flask, as one list: set one by one on Flask's answer they cost more than all the rest of
    a short request.
    """
    server = app.server
    server.config["MAX_CONTENT_LENGTH"] = MAX_REQUEST_BYTES
    server.config["SESSION_COOKIE_SAMESITE"] = "Lax"
    server.session_interface = CookieSessions()
    inner = server.wsgi_app
    everywhere = list(HEADERS.items())
    on_data = [*everywhere, (POLICY, DATA_POLICY)]

    def secured(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], object]:
            # The pages router adds its inline script only when the first request sets the app up: asked any earlier,
            # the hashes miss it and the browser refuses the script. Only pages pay for the hashing.
            is_page = any(name == "Content-Type" and value.startswith("text/html") for name, value in headers)
            more = [*everywhere, (POLICY, page_policy(sorted(set(app.csp_hashes()))))] if is_page else on_data
            return start_response(status, headers + more, exc_info)

        return inner(environ, start)

    server.wsgi_app = secured  # type: ignore[method-assign]


def trust_proxies(server: Flask, proxies: int) -> None:
    """Believes the last ``proxies`` entries of X-Forwarded-For and -Proto; goes around everything else.

    Without a proxy in front these headers come from the client, who could give any address, so the default is none.
    """
    if proxies:
        server.wsgi_app = ProxyFix(server.wsgi_app, x_for=proxies, x_proto=proxies)  # type: ignore[method-assign]
