"""Errors over HTTP: every one is application/problem+json (RFC 9457); nothing of the inside is shown."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

import orjson
from dash.exceptions import DependencyException
from flask import Flask, Response, current_app, request
from gunicorn.http.errors import ParseException
from pydantic import ValidationError
from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from werkzeug.exceptions import ClientDisconnected, HTTPException

from app.api.sentences import sentence_of
from core.errors import DiskFullError, NotReadyError, TidemarkError

CONTENT_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = 5

DATABASE_AWAY = (OperationalError, InterfaceError, PoolTimeoutError)

INFERENCE = "/v2/"
"""Under this path clients of the Open Inference Protocol look for the member ``error``: it stands beside the others."""

ENVIRON_KEY = "tidemark.request_id"
"""Where the environment of a request carries its id, once somebody asked for it."""
Pointer = Callable[[Sequence[str | int]], str]
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


class ApiError(Exception):
    """Refuses a request with ``status``; ``errors`` are pairs of JSON pointer and sentence, ``headers`` of name and
    value."""

    def __init__(
        self,
        status: int,
        detail: str,
        errors: Sequence[tuple[str, str]] = (),
        headers: Sequence[tuple[str, str]] = (),
    ) -> None:
        self.status, self.detail, self.errors, self.headers = status, detail, tuple(errors), tuple(headers)
        super().__init__(detail)


def request_id() -> str:
    """The id of this request: the client's X-Request-ID where it is a plain word, else a random one."""
    return request_id_of(request.environ)


def request_id_of(environ: dict[str, Any]) -> str:
    """The same of the request with this environment."""
    known: str | None = environ.get(ENVIRON_KEY)
    if known is None:
        given = environ.get("HTTP_X_REQUEST_ID")
        known = given if given and _REQUEST_ID.fullmatch(given) else f"{random.getrandbits(128):032x}"
        environ[ENVIRON_KEY] = known
    return known


def document(status: int, detail: str, identity: str, errors: Sequence[tuple[str, str]] = ()) -> dict[str, Any]:
    """The members of a problem document; ``identity``: the id of the request."""
    return {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "request_id": identity,
        "errors": [{"pointer": pointer, "detail": sentence} for pointer, sentence in errors or [("", detail)]],
    }


def problem(
    status: int,
    detail: str,
    errors: Sequence[tuple[str, str]] = (),
    headers: Sequence[tuple[str, str]] = (),
) -> Response:
    """A problem document; see the schema ``Problem``. Without ``errors`` it is the request as a whole that is wrong."""
    body = document(status, detail, request_id(), errors)
    if f"{request.path}/".startswith(INFERENCE):
        body["error"] = detail
    kept = [(name, value) for name, value in headers if name.lower() not in ("content-type", "content-length")]
    response = Response(orjson.dumps(body), status, kept, content_type=CONTENT_TYPE)
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Request-ID"] = request_id()
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        response.headers.setdefault("Retry-After", str(RETRY_AFTER_SECONDS))
    return response


def away(error: SQLAlchemyError) -> Response:
    """The database does not answer: it may do so in a moment."""
    current_app.logger.error(
        "request %s to %s: the database does not answer", request_id(), request.path, exc_info=error
    )
    detail = "The database does not answer at the moment; ask again in a few seconds."
    return problem(HTTPStatus.SERVICE_UNAVAILABLE, detail)


def full(error: DiskFullError) -> Response:
    """There is no room for what the request would write."""
    return problem(HTTPStatus.SERVICE_UNAVAILABLE, str(error))


def register(server: Flask) -> None:
    """Adds the handlers; they serve Dash's own routes too, whose PreventUpdate keeps its more specific handler."""

    @server.errorhandler(ApiError)
    def refused(error: ApiError) -> Response:
        return problem(error.status, error.detail, error.errors, error.headers)

    @server.errorhandler(NotReadyError)
    def not_ready(error: NotReadyError) -> Response:
        return problem(HTTPStatus.SERVICE_UNAVAILABLE, str(error))

    @server.errorhandler(DependencyException)
    def no_such_package(error: DependencyException) -> Response:
        # Dash raises this for any unknown name under /_dash-component-suites/ and would answer 500.
        return problem(HTTPStatus.NOT_FOUND, "There is no such file here.")

    @server.errorhandler(ParseException)
    def broken_body(error: ParseException) -> Response:
        # gunicorn reads a body that comes in chunks while we do: wherever that is, it is the client's mistake.
        return problem(HTTPStatus.BAD_REQUEST, "The body of the request breaks the rules of HTTP for chunks.")

    @server.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> Response:
        status = error.code or HTTPStatus.INTERNAL_SERVER_ERROR
        if error.response is not None or status < HTTPStatus.BAD_REQUEST:
            return error.get_response()  # a redirect, or an answer that somebody made on purpose
        return problem(status, _sentence(status, error), headers=error.get_headers(request.environ))

    @server.errorhandler(Exception)
    def failed(error: Exception) -> Response:
        server.logger.error("request %s to %s failed", request_id(), request.path, exc_info=error)
        detail = "Something went wrong here; the log has the details under this request's id."
        if isinstance(error, TidemarkError):
            detail = "The stored data cannot be used at the moment; the log has the details under this request's id."
        return problem(HTTPStatus.INTERNAL_SERVER_ERROR, detail)


def json_pointer(location: Sequence[str | int]) -> str:
    """RFC 6901: ("dates", 0) becomes /dates/0."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in location)


@contextmanager
def checked(pointer: Pointer = json_pointer) -> Iterator[None]:
    """Around the reading of what a client sent, and nothing else: what does not fit elsewhere is our mistake."""
    try:
        yield
    except ValidationError as error:
        raise refusal(error.errors(include_url=False, include_input=False), pointer) from None


def refusal(details: Sequence[Mapping[str, Any]], pointer: Pointer = json_pointer) -> ApiError:
    """400 for what is not JSON at all, else 422 with a pointer to each wrong value, made from pydantic's location."""
    if any(one["type"] == "json_invalid" for one in details):
        reason = details[0]["msg"].removeprefix("Invalid JSON: ")
        return ApiError(HTTPStatus.BAD_REQUEST, f"The body is not valid JSON: {reason}.", [("", reason)])
    errors = [(pointer(one["loc"]), sentence_of(one)) for one in details]
    return ApiError(HTTPStatus.UNPROCESSABLE_ENTITY, _summary(errors), errors)


def _summary(errors: Sequence[tuple[str, str]]) -> str:
    pointer, sentence = errors[0]
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    return f"{pointer.lstrip('/') or 'The request'}: {sentence}{more}."


def _sentence(status: int, error: HTTPException) -> str:
    if isinstance(error, ClientDisconnected):
        return "The body ended early."
    match status:
        case HTTPStatus.NOT_FOUND:
            return "There is nothing under this address."
        case HTTPStatus.METHOD_NOT_ALLOWED:
            return f"{request.method} is not possible here; the header Allow says what is."
        case HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            return f"The body of the request is too large{_limit()}."
        case _:
            return error.description or HTTPStatus(status).phrase


def _limit() -> str:
    """Of the body, if that is what it went beyond; one that comes in chunks does not say how long it is."""
    most, length = request.max_content_length, request.content_length
    beyond = most is not None and (length is None or length > most)
    return f"; at most {most:,} bytes are taken here" if beyond else ""
