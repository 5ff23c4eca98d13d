"""/openapi.json for programs and /docs for people: one description, the second made from the first."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import orjson
from flask import Blueprint, Response, render_template_string

from app.api.openapi import description, document
from app.static_files import stylesheets

blueprint = Blueprint("docs", __name__)

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Tidemark · HTTP interface</title>
{% for url in styles %}<link rel="stylesheet" href="{{ url }}">
{% endfor %}<style>@media (prefers-color-scheme: dark) { :root { color-scheme: dark } }</style></head>
<body><main class="container py-4" style="max-width: 60rem">
<nav class="mb-3"><a href="/">Tidemark</a></nav>
<h1>HTTP interface</h1>
<p class="lead">{{ info.summary }}.</p>
<p>{{ info.description }} For programs: <a href="/openapi.json">/openapi.json</a> (OpenAPI {{ openapi }}).</p>
<h2 class="h4 mt-4">Try it</h2>
<pre class="border rounded p-3"><code>{{ examples }}</code></pre>
{% for one in operations %}
<section class="mt-5" id="{{ one.operationId }}">
<h2 class="h4"><span class="badge text-bg-secondary">{{ one.method|upper }}</span> <code>{{ one.path }}</code></h2>
<p><strong>{{ one.summary }}.</strong> {{ one.description }}</p>
{% if one.fields %}<h3 class="h6">{{ one.fields_title }}</h3>{{ table(one.fields) }}{% endif %}
<h3 class="h6">Answer <code>200</code></h3>{{ table(one.answer) }}
<h3 class="h6">Other answers</h3>
<ul>{% for status, text in one.errors %}<li><code>{{ status }}</code> {{ text }}.</li>{% endfor %}</ul>
</section>{% endfor %}
<section class="mt-5"><h2 class="h4">Parts of the answers</h2>
{% for name, fields in parts %}<h3 class="h6" id="{{ name }}">{{ name }}</h3>{{ table(fields) }}{% endfor %}</section>
</main></body></html>"""

TABLE = """{% macro table(fields) %}<div class="table-responsive"><table class="table table-sm">
<thead><tr><th scope="col">name</th><th scope="col">type</th><th scope="col">meaning</th></tr></thead><tbody>
{% for field in fields %}<tr><td><code>{{ field.name }}</code></td><td>{{ field.type }}</td>
<td>{{ field.text }}</td></tr>{% endfor %}</tbody></table></div>{% endmacro %}"""

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
    """The same to read: one page without scripts."""
    return Response(_page(), content_type="text/html; charset=utf-8", headers={"Cache-Control": "no-cache"})


@lru_cache(maxsize=1)
def _page() -> str:
    spec = document()
    operations = [
        _operation(spec, path, method, one)
        for path, methods in spec["paths"].items()
        for method, one in methods.items()
    ]
    parts = [(name, _fields(schema)) for name, schema in _named_parts(spec)]
    return render_template_string(
        TABLE + PAGE, styles=stylesheets(), info=spec["info"], openapi=spec["openapi"], examples=EXAMPLES,
        operations=operations, parts=parts,
    )  # fmt: skip


def _operation(spec: dict[str, Any], path: str, method: str, one: dict[str, Any]) -> dict[str, Any]:
    schemas, responses = spec["components"]["schemas"], spec["components"]["responses"]
    body = one.get("requestBody")
    if body:
        fields = _fields(schemas[_name(body["content"]["application/json"]["schema"])])
    else:
        fields = [_field(part["name"], part["schema"], part["description"]) for part in one.get("parameters", [])]
    answer = one["responses"]["200"]["content"]["application/json"]["schema"]
    errors = [
        (status, (responses[_name(response)] if "$ref" in response else response)["description"])
        for status, response in one["responses"].items()
        if status != "200"
    ]
    title = "Body (JSON)" if body else "Query"
    return {**one, "path": path, "method": method, "fields": fields, "fields_title": title,
            "answer": _fields(schemas[_name(answer)]), "errors": errors}  # fmt: skip


def _named_parts(spec: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Schemas that others refer to, and the problem document."""
    return [(name, spec["components"]["schemas"][name]) for name in ("Prediction", "Age", "Problem", "ProblemDetail")]


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
