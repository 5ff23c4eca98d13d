"""Bodies for the callbacks of the pages: what no page sends is refused, what pages send is left as it is."""

from __future__ import annotations

import json
from typing import Any

import dash
import pytest
from dash import ALL, Input, Output, State, html
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app import callback_bodies
from app.api import problems

ONE = {
    "output": "one.children",
    "outputs": {"id": "one", "property": "children"},
    "inputs": [{"id": "given", "property": "children", "value": 4}],
    "changedPropIds": ["given.children"],
    "parsedChangedPropsIds": ["given.children"],
}
TWO = {
    "output": "..two.children...three.children..",
    "outputs": [{"id": "two", "property": "children"}, {"id": "three", "property": "children"}],
    "inputs": [[{"id": {"kind": "x", "n": n}, "property": "children", "value": n} for n in (1, 2)]],
    "state": [{"id": "given", "property": "children", "value": 4}],
    "changedPropIds": [],
}
"""As Dash's renderer sends them; the shape of its source."""


@pytest.fixture
def client() -> FlaskClient:
    app = dash.Dash("tests", use_pages=False)
    app.layout = html.Div([html.P(id=name) for name in ("given", "one", "two", "three")])

    @app.callback(Output("one", "children"), Input("given", "children"))
    def one(value: Any) -> Any:
        return 8 / value

    @app.callback(
        Output("two", "children"), Output("three", "children"), Input({"kind": "x", "n": ALL}, "children"),
        State("given", "children"),
    )  # fmt: skip
    def two(values: list[int], state: int) -> tuple[int, int]:
        return sum(values), state

    @app.callback(Input("given", "children"))
    def none(value: int) -> None:
        return None

    problems.register(app.server)
    callback_bodies.register(app)
    return app.server.test_client()


def ask(client: FlaskClient, body: object) -> TestResponse:
    return client.post(callback_bodies.PATH, data=json.dumps(body), content_type="application/json")


def test_what_pages_send_is_answered(client: FlaskClient) -> None:
    assert ask(client, ONE).json["response"] == {"one": {"children": 2}}
    assert ask(client, TWO).json["response"] == {"two": {"children": 3}, "three": {"children": 4}}
    none = {**TWO, "inputs": [[]]}  # nothing fits the pattern
    assert ask(client, none).json["response"] == {"two": {"children": 0}, "three": {"children": 4}}


def test_a_callback_without_outputs_is_answered(client: FlaskClient) -> None:
    (name,) = (one["output"] for one in client.get("/_dash-dependencies").json if one["no_output"])
    assert ask(client, {**ONE, "output": name, "outputs": []}).status_code in (200, 204)


WRONG = [
    {}, [], None, "x", 7, [[]], {"output": "nothing.children"}, {"output": 7}, {"output": ["one.children"]},
    *({**ONE, name: value} for name in ("inputs", "outputs", "state", "changedPropIds")
      for value in (None, 7, "x", {}, [7], [None], [{}], [{"id": 7, "property": "x"}], [{"id": "x"}], [[7]], [[[]]])),
    {**ONE, "inputs": []}, {**ONE, "inputs": ONE["inputs"] * 2}, {**ONE, "state": TWO["state"]},
    {**ONE, "inputs": TWO["inputs"]}, {**TWO, "inputs": ONE["inputs"]},
    {**ONE, "outputs": []}, {**TWO, "outputs": ONE["outputs"]}, {**TWO, "outputs": TWO["outputs"][:1]},
    *({name: value for name, value in ONE.items() if name != left} for left in ("output", "outputs", "inputs")),
]  # fmt: skip


@pytest.mark.parametrize("body", WRONG, ids=str)
def test_what_no_page_sends_is_refused(client: FlaskClient, caplog: pytest.LogCaptureFixture, body: object) -> None:
    answer = ask(client, body)
    assert (answer.status_code, answer.content_type) == (400, "application/problem+json")
    assert not caplog.records


def test_an_error_in_a_callback_stays_one(client: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    for value in (0, "x", None, {}):
        caplog.clear()
        answer = ask(client, {**ONE, "inputs": [{**ONE["inputs"][0], "value": value}]})
        assert answer.status_code == 500
        assert [one.exc_info is not None for one in caplog.records] == [True]
