"""/openapi.json for programs and /docs for people: one description, the second made from the first."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import orjson
from flask import Blueprint, Response, render_template_string

from app.api.openapi import description, document
from app.static_files import stylesheets
from callbacks.services import theme
from core.config import PROJECT_ROOT

blueprint = Blueprint("docs", __name__)

TEMPLATE = Path(__file__).with_name("docs.html")

PARTS = ("Prediction", "TransactionLine", "Age", "Problem", "ProblemDetail")
"""Schemas inside of answers that are shown once, at the end."""

EXAMPLES = """curl 'http://127.0.0.1:8050/predict?horizon=7'
curl 'http://127.0.0.1:8050/predict?horizon=28&measure=revenue&levels=80'
curl -H 'Content-Type: application/json' -d '{"horizon": 28}' http://127.0.0.1:8050/predict
curl http://127.0.0.1:8050/health"""


@blueprint.get("/openapi.json", strict_slashes=False)
def openapi() -> Response:
    """The OpenAPI 3.1 document."""
    return Response(description(), content_type="application/json", headers={"Cache-Control": "no-cache"})


@blueprint.get("/docs", strict_slashes=False)
def docs() -> Response:
    """The same to read, in the look of the pages."""
    headers = {"Cache-Control": "no-cache", "Vary": "Cookie"}
    return Response(_page(theme().name), content_type="text/html; charset=utf-8", headers=headers)


@lru_cache(maxsize=4)
def _page(theme_name: str) -> str:
    spec = document()
    operations = [
        _operation(spec, path, method, one)
        for path, methods in spec["paths"].items()
        for method, one in methods.items()
    ]
    return render_template_string(
        TEMPLATE.read_text(encoding="utf-8"),
        theme=theme_name,
        styles=[*stylesheets(), *_own_styles()],
        info=spec["info"],
        openapi=spec["openapi"],
        examples=EXAMPLES,
        operations=operations,
        parts=[(name, _fields(spec["components"]["schemas"][name])) for name in PARTS],
    )


def _own_styles() -> list[str]:
    """URLs of the stylesheets in assets/, with the time of their last change as Dash writes it."""
    folder = PROJECT_ROOT / "assets"
    return [f"/assets/{path.name}?m={path.stat().st_mtime}" for path in sorted(folder.glob("*.css"))]


def _operation(spec: dict[str, Any], path: str, method: str, one: dict[str, Any]) -> dict[str, Any]:
    schemas, responses = spec["components"]["schemas"], spec["components"]["responses"]
    body = one.get("requestBody")
    if body:
        fields = _fields(schemas[_name(body["content"]["application/json"]["schema"])])
    else:
        fields = [_field(part["name"], part["schema"], part["description"]) for part in one.get("parameters", [])]
    good = next(status for status in one["responses"] if status.startswith("2"))
    answer = one["responses"][good]["content"]["application/json"]["schema"]
    errors = [
        (status, (responses[_name(response)] if "$ref" in response else response)["description"])
        for status, response in one["responses"].items()
        if status != good
    ]
    title = "Body (JSON)" if body else "Query"
    return {**one, "path": path, "method": method, "fields": fields, "fields_title": title,
            "answer": _fields(schemas[_name(answer)]), "errors": errors}  # fmt: skip


def _fields(schema: dict[str, Any]) -> list[dict[str, str]]:
    return [_field(name, one, one.get("description", "")) for name, one in schema["properties"].items()]


def _field(name: str, schema: dict[str, Any], text: str) -> dict[str, str]:
    default = schema.get("default")
    shown = f" Default: {orjson.dumps(default).decode()}." if default is not None else ""
    return {"name": name, "type": _type(schema), "text": text + shown}


def _type(schema: dict[str, Any]) -> str:
    """A schema in a few words: "whole number 1 to 365", "list of date"."""
    if "$ref" in schema:
        return _name(schema)
    if "anyOf" in schema:
        return " or ".join(_type(one) for one in schema["anyOf"])
    if "enum" in schema:
        return " | ".join(str(value) for value in schema["enum"])
    kind = schema.get("type", "any")
    if kind == "array":
        inside = schema.get("items") or (schema.get("prefixItems") or [{}])[0]
        return f"list of {_type(inside)}"
    if kind == "object" and isinstance(schema.get("additionalProperties"), dict):
        return f"object of {_type(schema['additionalProperties'])}"
    if kind == "integer" and "minimum" in schema and "maximum" in schema:
        return f"whole number {schema['minimum']} to {schema['maximum']}"
    words = {"integer": "whole number", "boolean": "true or false", "string": schema.get("format", "text")}
    return words.get(kind, kind)


def _name(reference: dict[str, Any]) -> str:
    return str(reference["$ref"]).rsplit("/", 1)[-1]
