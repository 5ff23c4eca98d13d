"""Every answer carries the security headers; a page may run only what is ours."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

import dash
import pytest
from dash import Input, Output, html
from flask import Response, request
from flask.testing import FlaskClient

from app import security


@pytest.fixture
def client(tmp_path: Path) -> FlaskClient:
    app = dash.Dash("tests", assets_folder=str(tmp_path), use_pages=False)
    app.layout = html.Div([html.P(id="a"), html.P(id="b")])
    app.clientside_callback("function (x) { return x; }", Output("b", "children"), Input("a", "children"))
    security.register(app)

    @app.server.get("/json")
    def data() -> Response:
        return Response("{}", content_type="application/json")

    @app.server.post("/body")
    def length() -> str:
        return str(len(request.get_data()))

    return app.server.test_client()


def directives(answer: Response) -> dict[str, list[str]]:
    parts = answer.headers["Content-Security-Policy"].split("; ")
    return {part.split()[0]: part.split()[1:] for part in parts}


def test_headers_of_every_answer(client: FlaskClient) -> None:
    for path in ("/", "/json", "/_dash-layout"):
        answer = client.get(path)
        for name, value in security.HEADERS.items():
            assert answer.headers[name] == value
        assert "frame-ancestors" in answer.headers["Content-Security-Policy"]


def test_a_page_runs_only_its_own_scripts(client: FlaskClient) -> None:
    """The hashes are compared with those of the inline scripts that are really in the page."""
    answer = client.get("/")
    policy = directives(answer)
    page = re.sub(r"<!--.*?-->", "", answer.get_data(as_text=True), flags=re.S)
    inline = re.findall(r"<script(?![^>]*(?:src|application/json))[^>]*>(.*?)</script>", page, re.S)
    assert inline
    for script in inline:
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy["script-src"], script
    assert "'unsafe-inline'" not in policy["script-src"]
    assert "'unsafe-eval'" not in policy["script-src"]
    assert policy["object-src"] == ["'none'"]
    everything = " ".join(value for values in policy.values() for value in values)
    assert "http" not in everything
    assert "*" not in everything


def test_data_may_do_nothing(client: FlaskClient) -> None:
    assert client.get("/json").headers["Content-Security-Policy"] == security.DATA_POLICY


def test_requests_are_limited(client: FlaskClient) -> None:
    sent = b"x" * (security.MAX_REQUEST_BYTES + 1)
    assert client.post("/body", data=sent).status_code == 413
