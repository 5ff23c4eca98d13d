"""/predict as CSV, what caches are told, and answers that are the same bytes whoever gives them."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import api
from app.settings import Settings
from callbacks.services import EXTENSION, Services
from core.lifecycle.jobs import Jobs
from core.lifecycle.registry import Registry
from core.lifecycle.schedule import Schedule
from core.state.engine import open_engine
from core.transactions.store import Store
from tests.app.conftest import body
from tests.app.test_predict import problem

AS_CSV = {"Accept": "text/csv"}


def table(answer: Any) -> list[dict[str, str]]:
    assert answer.status_code == 200, answer.get_data(as_text=True)
    assert answer.content_type == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(answer.get_data(as_text=True), newline="")))


def test_the_table_has_the_numbers_of_the_json(client: FlaskClient) -> None:
    query = "/predict?horizon=10&segment=country:France&model=sarima"
    rows, answer = table(client.get(query, headers=AS_CSV)), body(client.get(query))
    assert list(rows[0]) == [
        "date", "horizon", "value", "open", "lo80", "hi80", "lo95", "hi95", "measure", "segment", "model", "version",
        "origin", "source",
    ]  # fmt: skip
    assert len(rows) == 10
    for row, one in zip(rows, answer["predictions"], strict=True):
        assert (row["date"], int(row["horizon"])) == (one["date"], one["horizon"])
        assert float(row["value"]) == one["value"]
        assert row["open"] == json.dumps(one["open"])
        assert [float(row["lo80"]), float(row["hi80"])] == one["intervals"]["80"]
        assert [float(row["lo95"]), float(row["hi95"])] == one["intervals"]["95"]
        found = (row["measure"], row["segment"], row["model"], row["version"], row["origin"], row["source"])
        assert found == ("transactions", "country:France", "sarima", "v1", "2011-12-08", "stored")


def test_the_table_has_the_levels_asked_for(client: FlaskClient) -> None:
    rows = table(client.post("/predict", json={"horizon": 2, "levels": [95]}, headers=AS_CSV))
    assert [name for name in rows[0] if name[:2] in ("lo", "hi")] == ["lo95", "hi95"]


def test_formats_do_not_share_a_cached_answer(client: FlaskClient) -> None:
    first, other = client.get("/predict?horizon=3"), client.get("/predict?horizon=3", headers=AS_CSV)
    again = client.get("/predict?horizon=3", headers={"Accept": "application/json"})
    assert (first.mimetype, other.mimetype, again.mimetype) == ("application/json", "text/csv", "application/json")
    assert first.headers["ETag"] == again.headers["ETag"] != other.headers["ETag"]
    assert first.headers["Vary"] == other.headers["Vary"] == "Accept"
    same = client.get("/predict?horizon=3", headers={**AS_CSV, "If-None-Match": other.headers["ETag"]})
    assert same.status_code == 304


def test_a_format_that_there_is_not(client: FlaskClient) -> None:
    found = problem(client.get("/predict?horizon=3", headers={"Accept": "text/html"}), 406)
    assert "text/csv" in found["detail"]


def test_a_post_has_a_tag_too(client: FlaskClient) -> None:
    first, again = (client.post("/predict", json={"horizon": 3}) for _ in range(2))
    assert first.headers["ETag"] == again.headers["ETag"] == client.get("/predict?horizon=3").headers["ETag"]
    assert first.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("headers", [{}, AS_CSV])
def test_another_process_answers_with_the_same_bytes(
    client: FlaskClient, settings: Settings, headers: dict[str, str]
) -> None:
    """All but the request id, which is the client's here."""
    core = settings.core
    engine = open_engine(core.database)
    other = Flask("other")
    found = Services(settings, Store(core.store_dir), Registry(core), Jobs(engine), Schedule(engine, core), engine)
    other.extensions[EXTENSION] = found
    api.register(other, settings)
    headers = {**headers, "X-Request-ID": "mine"}
    mine, theirs = (
        one.get("/predict?horizon=365&measure=revenue", headers=headers) for one in (client, other.test_client())
    )
    assert mine.get_data() == theirs.get_data()
    assert mine.headers["ETag"] == theirs.headers["ETag"]
