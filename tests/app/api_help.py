"""What every test of an operation checks of its answer: that the document says so."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from jsonschema import Draft202012Validator
from werkzeug.test import TestResponse

from app.api.openapi import document
from tests.app.conftest import body
from tests.app.test_predict import problem

JOB_KINDS = {
    "prepare", "look", "check", "load", "merge", "train", "daily", "monitor", "replay", "trial", "power", "backtest",
}  # fmt: skip

DOCUMENT = lru_cache(maxsize=1)(document)


def operation(answer: TestResponse) -> dict[str, Any]:
    """What the document says of the operation that answered."""
    path, method, spec = answer.request.path, answer.request.method.lower(), DOCUMENT()["paths"]
    if path in spec:
        return spec[path][method]
    parts = path.split("/")
    fitting = [
        known
        for known, methods in spec.items()
        if method in methods
        and len(known.split("/")) == len(parts)
        and all(one == part or one.startswith("{") for one, part in zip(known.split("/"), parts, strict=True))
    ]
    return spec[min(fitting, key=lambda known: known.count("{"))][method]


def good(answer: TestResponse, status: int = 200) -> Any:
    """The body of an answer that has this status and fits its published schema."""
    assert answer.status_code == status, answer.get_data(as_text=True)
    assert answer.headers["X-Request-ID"]
    assert answer.headers["Cache-Control"] == "no-store"
    described = operation(answer)["responses"][str(status)]["content"]["application/json"]["schema"]
    found = body(answer)
    Draft202012Validator({**described, "components": DOCUMENT()["components"]}).validate(found)
    return found


def bad(answer: TestResponse, status: int, *pointers: str) -> str:
    """The sentence of a documented problem that points to exactly these values; to all of the request without any."""
    found = problem(answer, status)
    assert str(status) in operation(answer)["responses"]
    assert [one["pointer"] for one in found["errors"]] == list(pointers or ("",))
    Draft202012Validator({"$ref": "#/components/schemas/Problem", "components": DOCUMENT()["components"]}).validate(
        found
    )
    return str(found["detail"])


def accepts(answer: TestResponse, sent: Any) -> bool:
    """Whether the published schema of the body accepts what was sent."""
    schema = operation(answer)["requestBody"]["content"]["application/json"]["schema"]
    return Draft202012Validator({**schema, "components": DOCUMENT()["components"]}).is_valid(sent)
