"""Repeated requests to /predict: answered from memory before Flask sees them.

What Flask does around a short answer costs more than everything else, and most clients ask the same again and again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from io import BytesIO
from typing import TYPE_CHECKING, NamedTuple

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from app import prediction_log
from app.api.guard import EXTENSION as GUARD
from app.api.media import CSV, JSON, wanted
from app.api.predict_warnings import OpenAlert, OpenAlerts
from app.api.problems import ApiError, request_id_of
from callbacks.services import EXTENSION as SERVICES
from core.errors import NotReadyError
from core.lifecycle.version import Version

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from app.api.guard import Guard
    from callbacks.services import Services

PATH, SCOPE = "/predict", "predict"

MAX_CACHED_BYTES = 8 * 2**20
"""Of answers kept for each version; a client that asks for ever new ones only makes the cache start again."""

MAX_CACHED_BODY = 2048
"""A longer body is answered without being remembered: keys must not fill the memory that is meant for answers."""

MAX_CACHED_ANSWER = 2**20
"""Nor must one answer: a year of all series of a call has several times as much."""

ENTRY_BYTES = 500
"""What an entry takes besides: tuples, headers of objects, its place in the dictionary."""

RequestKey = tuple[str, str | None, bytes]
"""Format of the answer; content type and body of a POST; None and the query string of a GET."""

State = tuple[Version, dt.date, tuple[OpenAlert, ...]]
"""What the answers to the same request depend on: the champion, the day of the warnings, the alerts that are open."""


class Answer(NamedTuple):
    """A finished answer. ``tail``: of JSON, what follows ``{"request_id":"…",``; else the whole body.

    ``tag``: its hash; none if the same request may be answered otherwise. ``lasting``: only another version, day or
    alert changes it. ``made_by``: version, series and model; none for a history of the caller's own.
    """

    tail: bytes
    tag: str
    media: str = JSON
    lasting: bool = True
    made_by: tuple[str, str, str] | None = None


class AnswerCache:
    """Answers in one state by the raw bytes of the request, so that a repeated one is not even parsed.

    Only good answers enter. Everything is dropped when the state is another. Threads share it: key and dictionary are
    replaced together, so a late writer fills the old one.
    """

    def __init__(self) -> None:
        self._kept: tuple[State | None, dict[RequestKey, Answer]] = (None, {})
        self._bytes = 0

    def answers(self, state: State) -> dict[RequestKey, Answer]:
        """What is kept in this state; empty if that is new."""
        key, answers = self._kept
        if key != state or self._bytes >= MAX_CACHED_BYTES:
            answers = {}
            self._kept, self._bytes = (state, answers), 0
        return answers

    def keep(self, answers: dict[RequestKey, Answer], key: RequestKey, answer: Answer) -> None:
        """Remembers an answer, unless it may change before the state does, or request or answer are unusually long."""
        asked = len(key[1] or "") + len(key[2])
        if answer.lasting and answer.tag and asked <= MAX_CACHED_BODY and len(answer.tail) <= MAX_CACHED_ANSWER:
            answers[key] = answer
            self._bytes += asked + len(answer.tail) + ENTRY_BYTES


cache = AnswerCache()
alerts = OpenAlerts()


def state_of(version: Version, found: Services) -> State:
    """What holds now, with this champion."""
    return version, dt.date.today(), alerts.now(version, found.engine)


def response_of(answer: Answer, environ: WSGIEnvironment) -> tuple[str, list[tuple[str, str]], list[bytes]]:
    """Status, headers and body in pieces: 304 without a body for a GET that knows the answer already."""
    identity = request_id_of(environ)
    headers = [
        ("Content-Type", JSON if answer.media == JSON else f"{CSV}; charset=utf-8"),
        ("ETag", f'W/"{answer.tag}"'),
        ("Cache-Control", "no-cache"),
        ("Vary", "Accept"),
        ("X-Request-ID", identity),
    ]
    if not answer.tag:
        headers[1:3] = [("Cache-Control", "no-store")]
    # The tag is weak, because two answers with it have the same forecast but not the same request id.
    known = environ.get("HTTP_IF_NONE_MATCH", "")
    if known and environ["REQUEST_METHOD"] != "POST" and (f'"{answer.tag}"' in known or known.strip() == "*"):
        return "304 NOT MODIFIED", headers[1:], []
    body = [answer.tail]
    if answer.media == JSON:
        body.insert(0, b'{"request_id":"' + identity.encode("ascii") + b'",')
    headers.append(("Content-Length", str(sum(map(len, body)))))
    return "200 OK", headers, body


def register(server: Flask) -> None:
    """Goes around Flask; the guard, the services and the prediction log are there already."""
    repeated = Repeated(server)
    server.wsgi_app = repeated  # type: ignore[method-assign]


class Repeated:
    """What is known is answered; everything else is left to the route, which finds nothing changed."""

    def __init__(self, server: Flask) -> None:
        self._inner = server.wsgi_app
        self._guard: Guard = server.extensions[GUARD]
        self._log: prediction_log.PredictionLog = server.extensions[prediction_log.EXTENSION]
        self._services: Services = server.extensions[SERVICES]

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        answer = self._known(environ) if environ["PATH_INFO"] == PATH else None
        if answer is None:
            return self._inner(environ, start_response)
        status, headers, body = response_of(answer, environ)
        start_response(status, headers)
        return body

    def _known(self, environ: WSGIEnvironment) -> Answer | None:
        if environ["REQUEST_METHOD"] not in ("GET", "POST"):
            return None
        try:
            self._guard.admit(SCOPE, environ)
            media = wanted(environ.get("HTTP_ACCEPT", ""))
            version = self._services.registry.champion()
        except (ApiError, NotReadyError, SQLAlchemyError):
            return None  # the route refuses with the same words
        key = _key(environ, media)
        if version is None or key is None:
            return None
        answer = cache.answers(state_of(version, self._services)).get(key)
        # What is to be noted goes by the route, which knows how.
        return None if answer is None or self._log.picks(environ) else answer


def _key(environ: WSGIEnvironment, media: str) -> RequestKey | None:
    """None for a body that cannot be known. A body that was read is put back."""
    if environ["REQUEST_METHOD"] == "GET":
        return media, None, environ["QUERY_STRING"].encode("latin-1")
    if environ["QUERY_STRING"] or "HTTP_CONTENT_ENCODING" in environ:
        return None  # the route refuses it
    length = environ.get("CONTENT_LENGTH", "")
    if not length.isdecimal() or len(length) > len(str(MAX_CACHED_BODY)) or int(length) > MAX_CACHED_BODY:
        return None
    body = environ["wsgi.input"].read(int(length))
    environ["wsgi.input"] = BytesIO(body)
    return media, environ.get("CONTENT_TYPE", ""), body
