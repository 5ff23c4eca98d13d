"""The OpenAPI 3.1 description, generated from the pydantic models and the operations of all modules."""

from __future__ import annotations

from functools import lru_cache
from http import HTTPStatus
from typing import Any

import orjson
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from app.api import (
    alerts,
    audit,
    health,
    inference,
    jobs,
    metrics,
    models,
    models_actions,
    monitoring,
    predict,
    schemas,
    transactions,
)  # fmt: skip
from app.api.operation import JSON, Operation
from core import __version__

REFERENCE = "#/components/schemas/{model}"

PROBLEMS = {
    304: "Not modified: the ETag that was sent still holds",
    400: "The body is not valid JSON, or broken on its way",
    401: "No key was sent, or none that is in force; send Authorization: Bearer KEY",
    403: "The key may not do this; detail says which scope it lacks",
    404: "There is no such thing; detail says which do exist",
    405: "The method is not possible here; see the header Allow",
    406: "None of the formats asked for by the header Accept can be given",
    409: "Not possible in the present state; detail says why",
    413: "The body is too large",
    414: "The address is too long",
    415: "The body is of another type than can be read here",
    422: "A value is wrong or unknown; the pointers say which, the sentences what exists",
    429: "Too many requests; ask again after Retry-After seconds",
    431: "A header, or all of them together, is too long",
    500: "Something went wrong inside",
    503: "Not ready, or the database does not answer; ask again after Retry-After seconds",
}

RETRY = (429, 503)
"""Statuses that say when to ask again."""


MODULES = (predict, transactions, models, models_actions, audit, jobs, monitoring, alerts, inference, health, metrics)
OPERATIONS: tuple[Operation, ...] = tuple(one for module in MODULES for one in module.operations)
"""Every operation, in the order of the document."""

KEY = "key"
SECURITY = {KEY: {
    "type": "http", "scheme": "bearer",
    "description": "A key made by: python -m core keys create --scope predict. The header X-API-Key takes it too. "
    "Before the first key of an installation everything is open.",
}}  # fmt: skip


@lru_cache(maxsize=1)
def description() -> bytes:
    """The document as JSON bytes, built once a process."""
    return orjson.dumps(document())


def document() -> dict[str, Any]:
    """The OpenAPI document as plain data."""
    components = _components()
    paths: dict[str, dict[str, Any]] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Tidemark",
            "version": __version__,
            "summary": "Forecasts of daily transaction volumes with intervals",
            "description": "JSON in and out. Errors are RFC 9457 problem documents with a pointer to each wrong "
            "value. Dates are calendar days of the business, without time zone. Every answer names its request in "
            "X-Request-ID; send your own to find it again.",
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": components,
            "responses": {f"Problem{status}": _problem(status) for status in PROBLEMS if status != 304},
            "securitySchemes": SECURITY,
        },
    }


def _components() -> dict[str, Any]:
    requests = [*dict.fromkeys(operation.body for operation in OPERATIONS if operation.body)]
    answers = [*dict.fromkeys(operation.answer for operation in OPERATIONS), schemas.Problem]
    wanted = [(model, "validation") for model in requests] + [(model, "serialization") for model in answers]
    _, definitions = models_json_schema(wanted, ref_template=REFERENCE)
    components: dict[str, Any] = definitions["$defs"]
    return components


def _operation(operation: Operation) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.id,
        "summary": operation.summary,
        "description": operation.description,
        "responses": {str(operation.status): _good(operation)}
        | {str(status): _error(status) for status in operation.statuses},
    }
    if operation.scope:
        described["security"] = [{}, {KEY: []}]
        described["description"] += f" Scope of the key, where keys are in force: {operation.scope}."
    taken = [{"name": name, "in": "header", "required": False, **about} for name, about in operation.takes.items()]
    if parameters := [*_parts(operation), *(_parameters(operation.query) if operation.query else ()), *taken]:
        described["parameters"] = parameters
    if operation.body:
        schema = {"$ref": REFERENCE.format(model=operation.body.__name__)}
        content = {kind: {"schema": schema if kind == JSON else {"type": "string"}} for kind in operation.accepts}
        described["requestBody"] = {"required": True, "content": content}
    return described


def _good(operation: Operation) -> dict[str, Any]:
    headers = {"X-Request-ID": "The id of the request.", **operation.headers}
    schema = {"$ref": REFERENCE.format(model=operation.answer.__name__)}
    return {
        "description": HTTPStatus(operation.status).phrase,
        "headers": {name: {"description": text, "schema": {"type": "string"}} for name, text in headers.items()},
        "content": {kind: {"schema": schema if kind == JSON else {"type": "string"}} for kind in operation.gives},
    }


def _parts(operation: Operation) -> list[dict[str, Any]]:
    """The parts of the path as parameters."""
    return [
        {"name": name, "in": "path", "required": True, "description": text, "schema": {"type": "string"}}
        for name, text in operation.parts.items()
    ]


def _error(status: int) -> dict[str, Any]:
    return {"description": PROBLEMS[status]} if status == 304 else {"$ref": f"#/components/responses/Problem{status}"}


def _problem(status: int) -> dict[str, Any]:
    schema = {"$ref": REFERENCE.format(model="Problem")}
    answer: dict[str, Any] = {
        "description": PROBLEMS[status],
        "content": {"application/problem+json": {"schema": schema}},
    }
    if status in RETRY:
        answer["headers"] = {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}}
    return answer


def _parameters(model: type[BaseModel]) -> list[dict[str, Any]]:
    """The fields of a query model as parameters; what may be null may be absent, a query cannot say null."""
    parameters = []
    for name, schema in model.model_json_schema()["properties"].items():
        text = schema.pop("description", "")
        schema.pop("title", None)
        if "anyOf" in schema:
            schema = next(one for one in schema["anyOf"] if one.get("type") != "null")
        parameter = {"name": name, "in": "query", "required": False, "description": text, "schema": schema}
        if schema.get("type") == "array":
            parameter |= {"style": "form", "explode": True}
        parameters.append(parameter)
    return parameters
