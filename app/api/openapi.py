"""The OpenAPI 3.1 description, generated from the pydantic models and the list of operations."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import orjson
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from app.api import schemas
from core import __version__

REFERENCE = "#/components/schemas/{model}"
EITHER = {"not": {"anyOf": [
    {"required": ["horizon", "date"]}, {"required": ["horizon", "dates"]}, {"required": ["date", "dates"]},
]}}  # fmt: skip
"""JSON Schema's way to say that horizon, date and dates exclude each other."""

PROBLEMS = {
    304: "Not modified: the ETag that was sent still holds",
    400: "The body is not valid JSON",
    405: "The method is not possible here; see the header Allow",
    413: "The body is larger than 64 kB",
    414: "The address is too long",
    415: "The body is not application/json",
    422: "A value is wrong or unknown; the pointers say which, the sentences what exists",
    500: "Something went wrong inside",
    503: "There is no forecast yet; ask again after Retry-After seconds",
}


class Operation(NamedTuple):
    """One path and method: what goes in, what comes out, and which errors there may be."""

    path: str
    method: str
    summary: str
    description: str
    answer: type[BaseModel]
    query: type[BaseModel] | None = None
    body: type[BaseModel] | None = None
    errors: tuple[int, ...] = (500,)

    @property
    def id(self) -> str:
        return f"{self.method}{self.path.replace('/', '_')}"


PREDICT = (
    "Value and intervals of each day asked for, from the stored forecasts of the models in service. "
    "Closed days are exactly 0. Give one of horizon, date and dates; without any, the next 28 days."
)

OPERATIONS = (
    Operation("/predict", "get", "Forecast days ahead", PREDICT, schemas.PredictResponse,
              query=schemas.PredictQuery, errors=(304, 414, 422, 500, 503)),
    Operation("/predict", "post", "Forecast days ahead", PREDICT, schemas.PredictResponse,
              body=schemas.PredictRequest, errors=(400, 413, 415, 422, 500, 503)),
    Operation("/health", "get", "How the service is", "Always 200 while the process answers; problems are listed.",
              schemas.HealthResponse),
    Operation("/health/live", "get", "Does the process answer?", "Looks at nothing else.", schemas.StatusResponse),
    Operation("/health/ready", "get", "Can a forecast be served?", "503 until the first forecast exists.",
              schemas.StatusResponse, errors=(500, 503)),
    Operation("/info", "get", "What can be asked for", "Measures, segments, models and levels in service.",
              schemas.InfoResponse),
)  # fmt: skip


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
        },
    }


def _components() -> dict[str, Any]:
    requests = [operation.body for operation in OPERATIONS if operation.body]
    answers = [*dict.fromkeys(operation.answer for operation in OPERATIONS), schemas.Problem]
    wanted = [(model, "validation") for model in requests] + [(model, "serialization") for model in answers]
    _, definitions = models_json_schema(wanted, ref_template=REFERENCE)
    components: dict[str, Any] = definitions["$defs"]
    components["PredictRequest"].update(EITHER)
    return components


def _operation(operation: Operation) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.id,
        "summary": operation.summary,
        "description": operation.description,
        "responses": {"200": _good(operation)} | {str(status): _error(status) for status in operation.errors},
    }
    if operation.query:
        described["parameters"] = _parameters(operation.query)
    if operation.body:
        schema = {"$ref": REFERENCE.format(model=operation.body.__name__)}
        examples = {"horizon": {"value": {"horizon": 28}}, "date": {"value": {"dates": ["2011-12-12", "2011-12-13"]}}}
        content = {"application/json": {"schema": schema, "examples": examples}}
        described["requestBody"] = {"required": True, "content": content}
    return described


def _good(operation: Operation) -> dict[str, Any]:
    headers: dict[str, Any] = {"X-Request-ID": {"schema": {"type": "string"}}}
    if operation.answer is schemas.PredictResponse:
        headers["ETag"] = {"description": "Changes when the forecast does.", "schema": {"type": "string"}}
    schema = {"$ref": REFERENCE.format(model=operation.answer.__name__)}
    return {"description": "OK", "headers": headers, "content": {"application/json": {"schema": schema}}}


def _error(status: int) -> dict[str, Any]:
    return {"description": PROBLEMS[status]} if status == 304 else {"$ref": f"#/components/responses/Problem{status}"}


def _problem(status: int) -> dict[str, Any]:
    schema = {"$ref": REFERENCE.format(model="Problem")}
    answer: dict[str, Any] = {
        "description": PROBLEMS[status],
        "content": {"application/problem+json": {"schema": schema}},
    }
    if status == 503:
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
