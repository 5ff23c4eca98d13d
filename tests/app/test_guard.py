"""Keys over HTTP: open without any, then closed; 401 and 403 say what is missing; a revoked key ends at once."""

from __future__ import annotations

import time
from typing import get_args

import pytest
from flask import Flask, Response
from flask.testing import FlaskClient
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from app.api import guard
from app.api.openapi import OPERATIONS
from app.api.operation import Scope
from app.api.who import who
from app.settings import Settings
from callbacks.services import EXTENSION
from core.access.keys import Keys
from core.access.scopes import SCOPES
from core.state.engine import open_engine
from tests.app.conftest import body

GUARDED = [one for one in OPERATIONS if one.scope]


@pytest.fixture
def engine(settings: Settings) -> Engine:
    return open_engine(settings.core.database)


@pytest.fixture
def keys(engine: Engine) -> Keys:
    return Keys(engine)


def bearer(text: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {text}"}


def test_the_scopes_are_those_of_the_operations() -> None:
    assert get_args(Scope) == SCOPES


def test_everything_is_open_until_the_first_key(client: FlaskClient, keys: Keys) -> None:
    assert client.get("/predict").status_code == 200
    assert client.get("/predict", headers=bearer("tm_nonsense")).status_code == 200
    keys.create("a", ["read"])
    time.sleep(guard.LOOK_EVERY)
    assert client.get("/predict").status_code == 401


@pytest.mark.parametrize("operation", GUARDED, ids=lambda one: one.id)
def test_every_operation_with_a_scope_needs_a_key(client: FlaskClient, keys: Keys, operation: object) -> None:
    keys.create("a", ["admin"])
    answer = client.open(operation.rule.replace("<", "").replace(">", ""), method=operation.method.upper())
    assert answer.status_code == 401


@pytest.mark.parametrize("path", ["/health", "/health/live", "/health/ready", "/openapi.json", "/docs"])
def test_probes_and_documents_stay_open(client: FlaskClient, keys: Keys, path: str) -> None:
    keys.create("a", ["read"])
    assert client.get(path).status_code == 200


def refused(answer: Response, status: int) -> str:
    """The sentence of a refusal, whose form is that of every problem."""
    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"
    said = body(answer)
    assert said["status"] == status
    assert said["errors"] == [{"pointer": "", "detail": said["detail"]}]
    return str(said["detail"])


def test_what_is_said_without_a_good_key(client: FlaskClient, keys: Keys) -> None:
    made = keys.create("reader", ["read", "write"])
    answer = client.get("/predict")
    assert "Authorization: Bearer" in refused(answer, 401)
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="Tidemark"'
    answer = client.get("/predict", headers=bearer(made.text[:-2] + "zz"))
    assert refused(answer, 401) == "The key that was sent is not in force."
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
    answer = client.get("/predict", headers=bearer(made.text))
    assert refused(answer, 403) == "The key lacks the scope predict; it has read, write."
    assert 'scope="predict"' in answer.headers["WWW-Authenticate"]
    for text in (made.text, made.key.id):
        assert text not in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    "value", ["Basic abc", "Bearer", "Bearer ", "bearer x y", "\xff", "tm_0_0", "Bearer " + "x" * 9000], ids=repr
)
def test_odd_headers_are_no_keys(client: FlaskClient, keys: Keys, value: str) -> None:
    keys.create("a", ["read"])
    assert client.get("/predict", headers={"Authorization": value}).status_code == 401


def test_ways_to_send_a_key(client: FlaskClient, keys: Keys) -> None:
    text = keys.create("a", ["predict"]).text
    for headers in (bearer(text), {"Authorization": f"bearer  {text}"}, {"X-API-Key": text},
                    {"X-API-Key": text, "Authorization": "Basic eDp5"}):  # fmt: skip
        assert client.get("/predict", headers=headers).status_code == 200
    assert client.post("/predict", headers=bearer(text), json={}).status_code == 200
    assert client.get(f"/predict?key={text}").status_code == 401


def test_admin_may_all(client: FlaskClient, keys: Keys) -> None:
    text = keys.create("chief", ["admin"]).text
    assert {client.get(path, headers=bearer(text)).status_code for path in ("/predict", "/info", "/metrics")} == {200}


def test_revoked_at_once_and_never_open_again(client: FlaskClient, keys: Keys) -> None:
    made = keys.create("a", ["predict"])
    assert client.get("/predict", headers=bearer(made.text)).status_code == 200
    keys.revoke(made.key.id)
    assert client.get("/predict", headers=bearer(made.text)).status_code == 401
    time.sleep(guard.LOOK_EVERY)
    assert client.get("/predict").status_code == 401


def test_a_database_that_is_away_lets_nobody_in(
    client: FlaskClient, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise OperationalError("select", {}, Exception("/secret/path is gone"))

    text = keys.create("a", ["predict"]).text
    monkeypatch.setattr(Keys, "any", away)
    assert client.get("/predict").status_code == 503  # not known yet whether there are keys
    monkeypatch.undo()
    assert client.get("/predict", headers=bearer(text)).status_code == 200
    monkeypatch.setattr(Keys, "_look_up", away)
    answer = client.get("/predict", headers=bearer(text))
    assert answer.status_code == 503
    assert "secret" not in answer.get_data(as_text=True)


def test_a_database_that_goes_away_later_changes_nothing_for_an_open_interface(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise OperationalError("select", {}, Exception())

    assert client.get("/predict").status_code == 200
    monkeypatch.setattr(guard, "LOOK_EVERY", 0)
    monkeypatch.setattr(Keys, "any", away)
    assert client.get("/predict").status_code == 200


def test_who_it_was(server: Flask, keys: Keys) -> None:
    made = keys.create("the till", ["read"])
    with server.test_request_context("/info", headers=bearer(made.text)):
        guard.admit("read")
        assert who() == f"the till (key {made.key.id})"
    with server.test_request_context("/info"):
        assert who() == "api at None"
    assert server.extensions[EXTENSION].engine is not None
