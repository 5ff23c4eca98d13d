"""Who may: asked before every operation. Keys once there are any, and a limit of requests where one is set."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from flask import Flask, current_app, request
from sqlalchemy.exc import SQLAlchemyError

from app.api.limits import Limits, client_of
from app.api.problems import ApiError
from callbacks.access import GATE
from callbacks.services import EXTENSION as SERVICES
from core.access.keys import Key, Keys
from core.errors import NotReadyError

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from app.settings import Settings

EXTENSION = "tidemark guard"
KEY = "tidemark.key"
"""Where the environment of a request carries its key, None without one."""
ADMITTED = "tidemark.admitted"
"""Where it carries the error with which it was refused, None for one that may pass."""

LOOK_EVERY = 1.0
"""Seconds between two looks whether there is a first key."""

WATCHING = ("/metrics",)
"""Open until the first key, whoever may see the pages."""

REALM = 'Bearer realm="Tidemark"'


def register(server: Flask, settings: Settings) -> None:
    """Puts the guard of this server in its place; the services are there already."""
    gate = server.extensions.get(GATE)
    server.extensions[EXTENSION] = Guard(settings, server.extensions[SERVICES].engine, gate and gate.is_closed)


def admit(scope: str | None) -> None:
    """Lets the request pass, or raises ApiError 401, 403 or 429. Without a scope everybody may.

    Raises NotReadyError when it cannot be found out because the database does not answer.
    """
    if scope is not None:
        guard: Guard = current_app.extensions[EXTENSION]
        guard.admit(scope, request.environ)


class Guard:
    """Whether keys are in force, and how much each client has asked for."""

    def __init__(self, settings: Settings, engine: Engine, pages_closed: Callable[[], bool] | None = None) -> None:
        self._pages_closed = pages_closed or (lambda: False)
        per_minute = settings.rate_limit
        self._limits = Limits(per_minute, settings.core.cache_dir / "limits") if per_minute else None
        self._keys, self._origins = Keys(engine), settings.cors_origins
        self._closed = False
        self._looked_at: float | None = None
        self._lock = threading.Lock()

    def admit(self, scope: str, environ: dict[str, Any]) -> None:
        """See the function ``admit``; leaves the key in the environment. Asked again, it says the same again."""
        if ADMITTED not in environ:
            environ[ADMITTED] = None
            try:
                self._admit(scope, environ)
            except (ApiError, NotReadyError) as error:
                environ[ADMITTED] = error
        if environ[ADMITTED] is not None:
            raise environ[ADMITTED]

    def _admit(self, scope: str, environ: dict[str, Any]) -> None:
        if environ["REQUEST_METHOD"] == "POST":
            _from_here(environ, self._origins)
        try:
            closed = self._keys_in_force() or self._closed_with_pages(environ["PATH_INFO"])
            text = sent_key(environ) if closed else None
            key = self._keys.check(text) if text else None
        except SQLAlchemyError as error:
            raise NotReadyError("The database does not answer at the moment; ask again in a few seconds.") from error
        environ[KEY] = key
        if self._limits is not None:
            # Requests without a good key count for the address: who tries keys is slowed down as well.
            self._limit(self._limits, f"key {key.id}" if key else client_of(environ.get("REMOTE_ADDR", "")))
        if closed:
            _check(key, text, scope)

    def _keys_in_force(self) -> bool:
        """Whether there ever was a key: once that is so it stays so. Raises SQLAlchemyError while it is unknown."""
        if self._closed:
            return True
        if self._looked_at is None or time.monotonic() - self._looked_at >= LOOK_EVERY:
            with self._lock:
                self._look()
        return self._closed

    def _closed_with_pages(self, path: str) -> bool:
        """Where people sign in to the pages, programs need a key from the start: the interface must not be the way
        around the sign-in. What watches the service goes on without."""
        return path.rstrip("/") not in WATCHING and self._pages_closed()

    def _look(self) -> None:
        if self._looked_at is not None and time.monotonic() - self._looked_at < LOOK_EVERY:
            return  # another thread was first
        try:
            self._closed = self._keys.any()
        except SQLAlchemyError:
            if self._looked_at is None:
                raise
        self._looked_at = time.monotonic()

    @staticmethod
    def _limit(limits: Limits, client: str) -> None:
        seconds = limits.wait(client)
        if seconds:
            detail = f"Only {limits.per_minute} requests a minute are answered; ask again in {seconds} seconds."
            raise ApiError(429, detail, headers=[("Retry-After", str(seconds))])


def _from_here(environ: dict[str, Any], origins: frozenset[str]) -> None:
    """Raises ApiError 403 for a POST that the page of an unknown web site sends.

    CORS only keeps the answer from such a page: a request without a body, such as to end a job, has been done by then.
    """
    origin = environ.get("HTTP_ORIGIN")
    if origin is not None and origin not in origins and urlsplit(origin).netloc != environ.get("HTTP_HOST"):
        raise ApiError(403, "Pages of other web sites may not ask for this; CORS_ORIGINS lists those that may.")


def sent_key(environ: dict[str, Any]) -> str | None:
    """The key that the request carries: ``Authorization: Bearer …``, else ``X-API-Key``."""
    scheme, _, text = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
    if scheme.lower() == "bearer":
        return str(text).strip()
    found: str | None = environ.get("HTTP_X_API_KEY")
    return found.strip() if found else None


def _check(key: Key | None, text: str | None, scope: str) -> None:
    """Raises ApiError 401 without a key in force, 403 for one that lacks the scope."""
    if key is None:
        detail = (
            "Send a key as Authorization: Bearer KEY." if text is None else "The key that was sent is not in force."
        )
        challenge = REALM if text is None else f'{REALM}, error="invalid_token"'
        raise ApiError(401, detail, headers=[("WWW-Authenticate", challenge)])
    if not key.may(scope):
        detail = f"The key lacks the scope {scope}; it has {', '.join(key.scopes)}."
        challenge = f'{REALM}, error="insufficient_scope", scope="{scope}"'
        raise ApiError(403, detail, headers=[("WWW-Authenticate", challenge)])
