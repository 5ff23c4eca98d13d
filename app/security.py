"""Security of every answer: headers, the content security policy, the size limit of requests."""

from __future__ import annotations

import dash
from flask import Response

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


def register(app: dash.Dash) -> None:
    """Adds the headers to every answer of the server of ``app`` and limits the size of requests."""
    server = app.server
    server.config["MAX_CONTENT_LENGTH"] = MAX_REQUEST_BYTES
    server.config.setdefault("SESSION_COOKIE_SAMESITE", "Lax")

    @server.after_request
    def secure(response: Response) -> Response:
        headers = response.headers
        for name, value in HEADERS.items():
            headers.setdefault(name, value)
        if "Content-Security-Policy" not in headers:
            # The pages router adds its inline script only when the first request sets the app up: asked any
            # earlier, the hashes miss it and the browser refuses the script. Only pages pay for the hashing.
            is_page = response.mimetype == "text/html"
            headers["Content-Security-Policy"] = page_policy(sorted(set(app.csp_hashes()))) if is_page else DATA_POLICY
        return response
