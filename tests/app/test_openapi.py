"""The description is valid OpenAPI 3.1, and the API does what it says."""

from __future__ import annotations

import html
import re
import shlex
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from werkzeug.exceptions import MethodNotAllowed, NotFound

from app.api import health, predict
from app.api.openapi import MODULES, OPERATIONS, document
from tests.app.api_help import JOB_KINDS
from tests.app.conftest import body


def schema_of(spec: dict[str, Any], name: str) -> Draft202012Validator:
    return Draft202012Validator({"$ref": f"#/components/schemas/{name}", "components": spec["components"]})


def test_it_is_valid(client: FlaskClient) -> None:
    answer = client.get("/openapi.json")
    spec = body(answer)
    assert answer.content_type == "application/json"
    assert spec["openapi"] == "3.1.0"
    OpenAPIV31SpecValidator(spec).validate()
    assert spec == document()


def test_it_has_every_route_and_no_other(client: FlaskClient) -> None:
    names = {module.operations.blueprint.name for module in MODULES}
    served = {
        (rule.rule.replace("<", "{").replace(">", "}"), method.lower())
        for rule in client.application.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
        if rule.endpoint.split(".")[0] in names
    }
    assert {(one.path, one.method) for one in OPERATIONS} == served


@pytest.mark.parametrize("operation", [*predict.operations, *health.operations], ids=lambda one: one.id)
def test_answers_fit_their_schema(client: FlaskClient, operation: Any) -> None:
    json = {"horizon": 3} if operation.body else None
    answer = client.open(operation.path, method=operation.method.upper(), json=json)
    assert answer.status_code == 200
    schema_of(document(), operation.answer.__name__).validate(body(answer))


def test_problems_fit_their_schema(client: FlaskClient) -> None:
    schema = schema_of(document(), "Problem")
    for answer in (client.get("/predict?horizon=0"), client.put("/predict"), client.get("/predict/x")):
        assert answer.status_code >= 400
        schema.validate(body(answer))


@pytest.mark.parametrize(
    "sent",
    [{}, {"horizon": 0}, {"horizon": 365}, {"horizon": 366}, {"horizon": 3.0}, {"horizon": "3"}, {"horizon": True},
     {"horizon": 2.5}, {"horizon": None}, {"levels": [80]}, {"levels": [81]}, {"levels": []}, {"levels": ["80"]},
     {"measure": "revenue"}, {"measure": "x"}, {"dates": []}, {"dates": [3]}, {"x": 1}, {"segment": 3},
     {"horizon": 3, "date": "2011-12-12"}, [], "x"],
    ids=str,
)  # fmt: skip
def test_schema_and_server_agree_on_bodies(client: FlaskClient, sent: Any) -> None:
    """What the published schema refuses is refused, and what it accepts is accepted."""
    expected = 200 if schema_of(document(), "PredictRequest").is_valid(sent) else 422
    assert client.post("/predict", json=sent).status_code == expected


def test_the_query_has_the_limits_of_the_body() -> None:
    spec = document()
    parameters = {one["name"]: one["schema"] for one in spec["paths"]["/predict"]["get"]["parameters"]}
    properties = spec["components"]["schemas"]["PredictRequest"]["properties"]
    assert set(parameters) == set(properties)
    assert parameters["horizon"] == {"type": "integer", "minimum": 1, "maximum": 365}
    assert properties["horizon"]["anyOf"][0] == {"type": "integer", "minimum": 1, "maximum": 365}


@pytest.mark.parametrize(
    ("path", "name", "values"),
    [
        ("/jobs", "kind", JOB_KINDS),
        ("/audit", "subject", {"champion", "challenger", "schedule", "versions", "data", "opening"}),
    ],
)
def test_closed_lists_are_told(client: FlaskClient, path: str, name: str, values: set[str]) -> None:
    (schema,) = (one["schema"] for one in document()["paths"][path]["get"]["parameters"] if one["name"] == name)
    assert set(schema["enum"]) == values
    assert {value for value in (*values, "other") if client.get(f"{path}?{name}={value}").status_code == 200} == values


def examples_of(client: FlaskClient, host: str) -> list[list[str]]:
    """The commands that /docs shows to whoever asks for it under this address, in words as a shell sees them."""
    page = client.get("/docs", base_url=host).get_data(as_text=True)
    (shown,) = re.findall(r"<pre[^>]*><code>(.*?)</code></pre>", page, re.DOTALL)
    assert "<" not in shown
    return [shlex.split(line) for line in html.unescape(shown).splitlines()]


@pytest.mark.parametrize("host", ["http://shop.example:8080", "https://shop.example", "http://[::1]:8050"])
def test_docs_show_examples_of_this_very_server(client: FlaskClient, host: str) -> None:
    """Whatever was shown to others before, and with the key that most of them need once there is one."""
    examples_of(client, "http://other.example")
    found = examples_of(client, host)
    assert len(found) > 3
    for command in found:
        (url,) = (word for word in command if "://" in word)
        assert url.startswith(f"{host}/")
        assert ("Authorization: Bearer $KEY" in command) == (urlsplit(url).path != "/health")


def test_a_host_is_no_part_of_the_page(client: FlaskClient) -> None:
    page = client.get("/docs", headers={"Host": "x'\"><script>alert(1)</script>"}).get_data(as_text=True)
    assert "alert(1)" not in page or "&lt;script&gt;alert(1)" in page
    assert re.findall(r"<script[^>]*>", page) == ['<script src="/assets/theme-init.js">']


def test_docs_show_every_operation(client: FlaskClient) -> None:
    answer = client.get("/docs")
    page = answer.get_data(as_text=True)
    assert answer.mimetype == "text/html"
    assert re.findall(r"<script[^>]*>", page) == ['<script src="/assets/theme-init.js">']
    assert not re.findall(r"(?:src|href)=.(?:https?:)?//", page)
    for one in OPERATIONS:
        assert f'id="{one.id}"' in page
    assert "whole number 1 to 365" in page


def test_page_routes_are_unknown_here(client: FlaskClient) -> None:
    """Only the API's prefixes are taken: everything else stays free for the pages."""
    adapter = client.application.url_map.bind("localhost")
    for path in ("/", "/monitor", "/forecast", "/_dash-layout", "/assets/x.css"):
        with pytest.raises((NotFound, MethodNotAllowed)):
            adapter.match(path)
