"""Repeated requests are answered before Flask sees them: as if it had, but for the request id."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app import prediction_log
from app.settings import Settings
from callbacks.services import EXTENSION
from core.access.keys import Keys
from core.access.prediction_log import newest
from core.state.engine import open_engine
from tests.app.api_help import bad
from tests.app.conftest import Serve, body

Ask = Callable[..., TestResponse]

CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "query": ("GET", {"query_string": "horizon=3&measure=revenue"}),
    "no query": ("GET", {}),
    "table": ("GET", {"query_string": "horizon=3", "headers": {"Accept": "text/csv"}}),
    "body": ("POST", {"json": {"horizon": 3}}),
    "known": ("GET", {"query_string": "horizon=3", "headers": {"If-None-Match": "*"}}),
    "odd characters": ("GET", {"query_string": "segment=country%3AFrance&horizon=2"}),
}


def reached_flask(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A list that grows with every request that Flask gets."""
    seen: list[str] = []
    inner = client.application.full_dispatch_request
    monkeypatch.setattr(client.application, "full_dispatch_request", lambda *more: [seen.append("x"), inner(*more)][1])
    return seen


@pytest.mark.parametrize("name", CASES)
def test_the_second_time_all_is_the_same(client: FlaskClient, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    method, asked = CASES[name]
    client.application.extensions[prediction_log.EXTENSION].share = 0.0
    seen = reached_flask(client, monkeypatch)
    first, again = (client.open("/predict", method=method, **asked) for _ in range(2))
    assert seen == ["x"]
    assert again.status == first.status
    one, two = (dict(answer.headers) for answer in (first, again))
    ids = [headers.pop("X-Request-ID") for headers in (one, two)]
    assert one == two
    assert first.get_data().replace(ids[0].encode(), b"") == again.get_data().replace(ids[1].encode(), b"")
    assert ids[0] != ids[1]


def test_other_requests_reach_flask(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    client.application.extensions[prediction_log.EXTENSION].share = 0.0
    client.get("/predict?horizon=3")
    client.post("/predict", json={"horizon": 3})
    seen = reached_flask(client, monkeypatch)
    assert client.head("/predict?horizon=3").status_code == 200
    assert client.get("/predict?horizon=4").status_code == 200
    assert client.post("/predict", data=b'{"horizon": 3}', content_type="text/plain").status_code == 415
    compressed = client.post("/predict", json={"horizon": 3}, headers={"Content-Encoding": "gzip"})
    assert compressed.status_code == 415
    assert client.get("/predict?horizon=3", headers={"Accept": "image/png"}).status_code == 406
    assert client.put("/predict").status_code == 405
    assert len(seen) == 6


def test_a_query_beside_a_body_is_refused(client: FlaskClient) -> None:
    assert client.post("/predict", json={}).status_code == 200
    for _ in range(2):
        answer = client.post("/predict?horizon=3", json={})
        assert bad(answer, 422, "/horizon")


def test_long_headers_do_not_fill_the_memory(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    client.application.extensions[prediction_log.EXTENSION].share = 0.0
    seen = reached_flask(client, monkeypatch)
    for kind in ("application/json; x=" + "y" * 3_000, "application/json; charset=utf-8"):
        for _ in range(2):
            assert client.post("/predict", data=b'{"horizon": 3}', content_type=kind).status_code == 200
    assert len(seen) == 3  # only the second kind was known the second time


def test_a_new_key_holds_for_what_is_known_too(client: FlaskClient, server: Flask) -> None:
    assert client.get("/predict?horizon=3").status_code == 200
    keys = Keys(server.extensions[EXTENSION].engine)
    made = keys.create("reader", ["read"])
    client.application.extensions["tidemark guard"]._looked_at = None
    assert client.get("/predict?horizon=3").status_code == 401
    assert client.get("/predict?horizon=3", headers={"X-API-Key": made.text}).status_code == 403
    good = keys.create("caller", ["predict"])
    for _ in range(2):
        assert client.get("/predict?horizon=3", headers={"X-API-Key": good.text}).status_code == 200
    keys.revoke(good.key.id)
    assert client.get("/predict?horizon=3", headers={"X-API-Key": good.text}).status_code == 401


def test_every_request_counts_once(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.api.limits.time.time", lambda: 1_800_000_000.0)
    client = serve(rate_limit=4)
    asked = ["horizon=3", "horizon=3", "horizon=0", "horizon=3", "horizon=3", "horizon=5"]
    assert [client.get(f"/predict?{one}").status_code for one in asked] == [200, 200, 422, 200, 429, 429]


def test_what_is_known_is_noted_as_well(serve: Serve, settings: Settings) -> None:
    client = serve(prediction_log=1.0)
    ids = [body(client.get("/predict?horizon=3"))["request_id"] for _ in range(3)]
    as_table = client.get("/predict?horizon=3", headers={"Accept": "text/csv"})
    as_tensors = client.post("/v2/models/champion/infer", json={"inputs": []})
    known = client.get("/predict?horizon=3", headers={"If-None-Match": "*"})
    assert (as_table.status_code, as_tensors.status_code, known.status_code) == (200, 200, 304)
    ids += [answer.headers["X-Request-ID"] for answer in (as_table, as_tensors)]
    client.application.extensions[prediction_log.EXTENSION].batches.close(30)
    assert sorted(one.request_id for one in newest(open_engine(settings.core.database), 10)) == sorted(ids)
