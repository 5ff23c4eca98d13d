"""/openapi.json for programs and /docs for people: one description, the second made from the first."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import orjson
from flask import Blueprint, Response, render_template_string, request
from markupsafe import escape

from app.api.openapi import description, document
from app.api.problems import request_id
from app.static_files import stylesheets
from callbacks.services import theme
from core.config import PROJECT_ROOT

blueprint = Blueprint("docs", __name__)

TEMPLATE = Path(__file__).with_name("docs.html")

HERE = "http://here.invalid/"
"""In the examples of the kept page: what stands for the address by which the server was asked."""

EXAMPLES = f"""curl '{HERE}health'
curl -H "Authorization: Bearer $KEY" '{HERE}predict?horizon=7'
curl -H "Authorization: Bearer $KEY" '{HERE}predict?horizon=28&measure=revenue&levels=80'
curl -H "Authorization: Bearer $KEY" -H 'Accept: text/csv' '{HERE}predict?horizon=28'
curl -H "Authorization: Bearer $KEY" -H 'Content-Type: application/json' -d '{{"horizon": 28}}' '{HERE}predict'"""


@blueprint.get("/openapi.json", strict_slashes=False, provide_automatic_options=False)
def openapi() -> Response:
    """The OpenAPI 3.1 document."""
    return Response(
        description(),
        content_type="application/json",
        headers={"Cache-Control": "no-cache", "X-Request-ID": request_id()},
    )


@blueprint.get("/docs", strict_slashes=False, provide_automatic_options=False)
def docs() -> Response:
    """The same to read, in the look of the pages."""
    headers = {"Cache-Control": "no-cache", "Vary": "Cookie", "X-Request-ID": request_id()}
    # The host is a client's word: it goes into the page escaped, and not into what is kept.
    page = _page(theme().name).replace(HERE, str(escape(request.host_url)))
    return Response(page, content_type="text/html; charset=utf-8", headers=headers)


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
        parts=[(name, _fields(spec["components"]["schemas"][name])) for name in _parts(spec, operations)],
    )


def _own_styles() -> list[str]:
    """URLs of the stylesheets in assets/, with the time of their last change as Dash writes it."""
    folder = PROJECT_ROOT / "assets"
    return [f"/assets/{path.name}?m={path.stat().st_mtime}" for path in sorted(folder.glob("*.css"))]


def _operation(spec: dict[str, Any], path: str, method: str, one: dict[str, Any]) -> dict[str, Any]:
    schemas, responses = spec["components"]["schemas"], spec["components"]["responses"]
    places = (("Path", "path"), ("Query", "query"), ("Headers", "header"))
    given = [(title, _parameters(one, place)) for title, place in places]
    if "requestBody" in one:
        given.append(("Body (JSON)", _fields_of(schemas, _body_name(one))))
    good = next(status for status in one["responses"] if status.startswith("2"))
    answer = one["responses"][good]["content"].get("application/json", {}).get("schema")
    errors = [
        (status, (responses[_name(response)] if "$ref" in response else response)["description"])
        for status, response in one["responses"].items()
        if status != good
    ]
    name = _name(answer) if answer else None  # an answer that is no JSON has no fields
    return {**one, "path": path, "method": method, "given": [part for part in given if part[1]], "good": good,
            "schema": name, "answer": _fields_of(schemas, name) if name else [], "errors": errors}  # fmt: skip


def _parts(spec: dict[str, Any], operations: list[dict[str, Any]]) -> list[str]:
    """Schemas that are shown once, at the end: those inside of bodies and answers."""
    shown = {one["schema"] for one in operations}
    shown |= {_body_name(one) for one in operations if "requestBody" in one}
    return sorted(set(spec["components"]["schemas"]) - shown)


def _parameters(one: dict[str, Any], place: str) -> list[dict[str, str]]:
    found = [part for part in one.get("parameters", []) if part["in"] == place]
    return [_field(part["name"], part["schema"], part["description"]) for part in found]


def _body_name(one: dict[str, Any]) -> str:
    return _name(one["requestBody"]["content"]["application/json"]["schema"])


def _fields_of(schemas: dict[str, Any], name: str) -> list[dict[str, str]]:
    """The fields of a schema; of one that is one of several: all of theirs, each once, as the first has it."""
    schema = schemas[name]
    shapes = [schemas[_name(one)] for one in schema["anyOf"]] if "anyOf" in schema else [schema]
    found = {field["name"]: field for shape in reversed(shapes) for field in reversed(_fields(shape))}
    return list(reversed(found.values()))


def _fields(schema: dict[str, Any]) -> list[dict[str, str]]:
    return [_field(name, one, one.get("description", "")) for name, one in schema.get("properties", {}).items()]


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
