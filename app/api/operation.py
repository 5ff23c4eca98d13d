"""Operations of the API: each with what goes in, what comes out and who may; and the way from a request to its answer.

A handler is a function of a module in app.api, registered by ``operation(...)`` on the ``Operations`` of that module.
It gets the parts of the path as texts and ``query`` and ``body`` as the pydantic models that the operation names,
already checked, and returns the model of the answer (or a finished Response). The same list is the OpenAPI document.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, Literal, TypeVar, get_origin

import orjson
from flask import Blueprint, Response, request
from pydantic import BaseModel
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import RequestEntityTooLarge

from app.api.guard import admit
from app.api.problems import DATABASE_AWAY, ApiError, Pointer, away, checked, full, json_pointer, request_id
from core.errors import DiskFullError

JSON = "application/json"
MAX_BODY_BYTES = 64 * 1024

Scope = Literal["read", "predict", "write", "admin"]
"""What a key may: read models, monitoring and jobs; ask for forecasts; send data; change what is in use."""

Answer = BaseModel | Response
Model = TypeVar("Model", bound=BaseModel)
Handler = TypeVar("Handler", bound=Callable[..., Answer])


@dataclass(frozen=True)
class Operation:
    """One path and method.

    ``path`` as OpenAPI writes it (``/models/{version}``); ``scope``: None is open to everybody; ``errors``: statuses
    beyond those that every operation of its kind can have (see ``statuses``); ``accepts`` and ``gives``: media types
    beside JSON; ``max_bytes``: of a body; ``parts``: what the parts of the path mean;
    ``takes``: headers of the request by name, each with its ``description`` and ``schema``.
    """

    path: str
    method: Literal["get", "post"]
    summary: str
    description: str
    answer: type[BaseModel]
    scope: Scope | None
    query: type[BaseModel] | None = None
    body: type[BaseModel] | None = None
    status: int = 200
    errors: tuple[int, ...] = ()
    accepts: tuple[str, ...] = (JSON,)
    gives: tuple[str, ...] = (JSON,)
    headers: Mapping[str, str] = field(default_factory=dict)
    parts: Mapping[str, str] = field(default_factory=dict)
    takes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    max_bytes: int = MAX_BODY_BYTES

    @property
    def id(self) -> str:
        return f"{self.method}{self.path.replace('/', '_').replace('{', '').replace('}', '')}"

    @property
    def rule(self) -> str:
        """The path as Flask writes it."""
        return self.path.replace("{", "<").replace("}", ">")

    @property
    def statuses(self) -> tuple[int, ...]:
        """Every status but the good one that a client has to expect."""
        # the address or a header is too long, a query that is unknown, a mistake of ours, the database is away
        found = {414, 422, 431, 500, 503, *self.errors}
        if self.body:
            found |= {400, 413, 415}
        if self.scope:
            found |= {401, 403, 429}
        return tuple(sorted(found))


class Operations:
    """The operations of one module and the blueprint that serves them."""

    def __init__(self, name: str) -> None:
        self.blueprint = Blueprint(name, __name__)
        for kind in DATABASE_AWAY:
            self.blueprint.register_error_handler(kind, away)
        self.blueprint.register_error_handler(DiskFullError, full)
        self._list: list[Operation] = []

    def __iter__(self) -> Iterator[Operation]:
        return iter(self._list)

    def operation(self, one: Operation, *, raw: bool = False) -> Callable[[Handler], Handler]:
        """Registers the handler. ``raw``: it reads the request itself, for the sake of speed or of other formats."""

        def register(handler: Handler) -> Handler:
            self._list.append(one)
            serve = guarded(one, handler if raw else served(one, handler))
            how: dict[str, Any] = {"methods": [one.method.upper()], "strict_slashes": False}
            self.blueprint.add_url_rule(one.rule, one.id, serve, provide_automatic_options=False, **how)
            return handler

        return register


def guarded(one: Operation, handler: Callable[..., Answer]) -> Callable[..., Answer]:
    """The handler, for those who may."""

    @wraps(handler)
    def serve(**parts: str) -> Answer:
        admit(one.scope)
        return handler(**parts)

    return serve


def served(one: Operation, handler: Callable[..., Answer]) -> Callable[..., Response]:
    """The handler with everything around it that the operation says."""

    @wraps(handler)
    def serve(**parts: str) -> Response:
        given: dict[str, Any] = dict(parts)
        if one.query:
            given["query"] = read_query(one.query, request.args)
        elif request.args:
            unknown(list(request.args))
        if one.body:
            given["body"] = read_body(one.body, one.max_bytes)
        answer = handler(**given)
        return answer if isinstance(answer, Response) else respond(answer, one.status)

    return serve


def respond(answer: BaseModel, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """JSON of the model; never kept by anybody in between."""
    found = {"Cache-Control": "no-store", "X-Request-ID": request_id(), **(headers or {})}
    return Response(orjson.dumps(answer.model_dump(mode="json")), status, found, content_type=JSON)


def read_body(model: type[Model], max_bytes: int = MAX_BODY_BYTES, pointer: Pointer = json_pointer) -> Model:
    """The body as the model.

    Raises ApiError: 415 unless the request says that it is JSON, 400 or 422 for what is wrong in it.
    """
    if request.mimetype != JSON:
        raise ApiError(415, f"Send the body with Content-Type: {JSON}.")
    return read_json(model, max_bytes, pointer)


def read_json(model: type[Model], max_bytes: int = MAX_BODY_BYTES, pointer: Pointer = json_pointer) -> Model:
    """The same, whatever the request says that it is."""
    sent = whole_body(max_bytes)
    with checked(pointer):
        return model.model_validate_json(sent)


def whole_body(max_bytes: int) -> bytes:
    """What was sent, all of it.

    Raises RequestEntityTooLarge, ApiError 400 for a body that ended early, 415 for one that is compressed.
    """
    if request.headers.get("Content-Encoding", "identity") != "identity":
        raise ApiError(415, "Send the body as it is, without Content-Encoding.")
    announced = request.content_length
    # of a body that comes in chunks, werkzeug hands out as much as it may as if it were all
    request.max_content_length = max_bytes if announced is not None else max_bytes + 1
    sent = request.get_data()
    if len(sent) > max_bytes:
        request.max_content_length = max_bytes
        raise RequestEntityTooLarge
    # gunicorn hands out what came before the connection ended as if it were all, and werkzeug takes its word
    if announced is not None and len(sent) < announced:
        raise ApiError(400, f"The body ended early: {len(sent):,} of {announced:,} bytes came.")
    return sent


def read_query(model: type[Model], args: MultiDict[str, str]) -> Model:
    """The query as the model: lists from repeated values or commas; a repeated single value is refused (422)."""
    lists = list_fields(model)
    values: dict[str, str | list[str]] = {}
    for name, given in args.lists():
        if name in lists:
            values[name] = [part.strip() for text in given for part in text.split(",")]
        elif len(given) > 1:
            sentence = "is given more than once"
            raise ApiError(422, f"{name}: {sentence}.", [(f"/{name}", sentence)])
        else:
            values[name] = given[0]
    with checked():
        return model.model_validate(values)


def list_fields(model: type[BaseModel]) -> frozenset[str]:
    """Names of the fields that take several values."""
    return frozenset(name for name, one in model.model_fields.items() if _is_list(one.annotation))


def _is_list(annotation: Any) -> bool:
    parts = getattr(annotation, "__args__", ())
    if get_origin(annotation) is list:
        return True
    return any(_is_list(part) for part in parts if isinstance(part, type) or hasattr(part, "__args__"))


def unknown(names: list[str]) -> None:
    """Raises ApiError 422 for query parameters of an operation that takes none."""
    sentence = "is not known here; this address takes no query"
    raise ApiError(422, f"{names[0]}: {sentence}.", [(f"/{name}", sentence) for name in names])
