"""/metrics: Prometheus's own parser reads it, and the numbers are those of the requests and of the database."""

from __future__ import annotations

import datetime as dt

import pytest
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import insert
from sqlalchemy.exc import OperationalError

from app import observe
from app.api.metrics import State
from app.batches import Batches
from app.settings import Settings
from callbacks.services import EXTENSION
from core import __version__
from core.lifecycle.jobs import Jobs
from core.monitoring import gauges
from core.state.engine import open_engine, writing
from core.state.tables import ALERTS, STATISTICS
from tests.app.conftest import ORIGIN

Numbers = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def parsed(text: str) -> Numbers:
    """Name and sorted labels → value, read by the parser of Prometheus's own library."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def numbers(client: FlaskClient) -> Numbers:
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer.mimetype == "text/plain"
    return parsed(answer.get_data(as_text=True))


def of(found: Numbers, name: str, **labels: str) -> float | None:
    return found.get((name, tuple(sorted(labels.items()))))


@pytest.fixture
def observed(server: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    """Requests are counted in the moment that they are noted, without waiting for the thread."""
    monkeypatch.setattr(Batches, "put", lambda batches, item: batches._write([item]))
    observe.wrap(server, "off")
    return client


def test_requests_are_counted_by_route(observed: FlaskClient) -> None:
    before = numbers(observed)
    for path in (
        "/predict",
        "/predict?horizon=3",
        "/predict/",
        "/predict?horizon=0",
        "/predict/x",
        "/models/a/b",
        "/a",
    ):
        observed.get(path)
    observed.post("/predict", json={})
    observed.open("/predict", method="BREW")
    after = numbers(observed)

    def added(name: str, **labels: str) -> float:
        return (of(after, name, **labels) or 0) - (of(before, name, **labels) or 0)

    requests = "tidemark_requests_total"
    assert added(requests, route="/predict", method="GET", status="200") == 3
    assert added(requests, route="/predict", method="GET", status="422") == 1
    assert added(requests, route="/predict", method="POST", status="200") == 1
    assert added(requests, route="/predict", method="other", status="405") == 1
    assert added(requests, route="unknown", method="GET", status="404") == 2
    assert added("tidemark_request_seconds_count", route="/predict") == 6
    assert added("tidemark_request_seconds_bucket", route="/predict", le="+Inf") == 6
    assert 0 < added("tidemark_request_seconds_sum", route="/predict") < 60


def test_what_fails_inside_counts_as_500(server: Flask, observed: FlaskClient) -> None:
    found = server.extensions[EXTENSION]
    failed = {"route": "/info", "method": "GET", "status": "500"}
    before = of(numbers(observed), "tidemark_requests_total", **failed) or 0
    server.extensions[EXTENSION] = None
    assert observed.get("/info").status_code == 500
    server.extensions[EXTENSION] = found
    assert of(numbers(observed), "tidemark_requests_total", **failed) == before + 1


def test_the_state(client: FlaskClient, settings: Settings) -> None:
    engine = open_engine(settings.core.database)
    jobs = Jobs(engine)
    with pytest.raises(ValueError, match="x"), jobs.run(jobs.start("train", "test", "to see it fail")):
        raise ValueError("x")
    statistic = {"level": "day", "kind": "number", "n_ref": 9, "n_cur": 9, "verdict": "drift", "version_id": "v1"}
    day = dt.date(2011, 12, 8)
    rows = [
        {**statistic, "day": day, "feature": "price", "psi": 0.31, "psi_limit": 0.05},
        {**statistic, "day": day, "feature": "country", "psi": None, "psi_limit": None},
        {**statistic, "day": day - dt.timedelta(days=1), "feature": "price", "psi": 9.0, "psi_limit": 0.05},
        {**statistic, "day": day, "feature": "price", "psi": 8.0, "psi_limit": 0.05, "version_id": "v0"},
    ]
    alert = {
        "version_id": "v1", "kind": "level", "severity": "warning", "first_day": day, "last_day": day,
        "fired_days": 1, "subjects": [], "value": 1.0, "limit": 1.0, "evidence": {},
    }  # fmt: skip
    alerts = [
        {**alert, "key": name, "state": state} for name, state in (("a", "open"), ("b", "open"), ("c", "pending"))
    ]
    with writing(engine) as connection:
        connection.execute(insert(STATISTICS), rows)
        connection.execute(insert(ALERTS), alerts)
    found = numbers(client)
    assert of(found, "tidemark_up") == 1
    info = {"software": __version__, "version": "v1", "trained_at": "2026-11-20T10:00:00+00:00"}
    assert of(found, "tidemark_info", **info) == 1
    assert of(found, "tidemark_forecast_age_days") == (dt.date.today() - ORIGIN).days
    assert of(found, "tidemark_drift_psi", feature="price") == 0.31
    assert of(found, "tidemark_drift_psi_limit", feature="price") == 0.05
    assert of(found, "tidemark_drift_psi", feature="country") is None
    opened = [of(found, "tidemark_alerts_open", severity=one) for one in ("info", "warning", "critical")]
    assert opened == [0, 2, 0]
    assert of(found, "tidemark_jobs", kind="train", state="failed") == 1


def test_features_are_bounded(client: FlaskClient, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gauges, "MOST_FEATURES", 2)
    row = {"level": "day", "kind": "number", "n_ref": 9, "n_cur": 9, "verdict": "stable", "version_id": "v1",
           "day": ORIGIN, "psi": 0.1}  # fmt: skip
    with writing(open_engine(settings.core.database)) as connection:
        connection.execute(insert(STATISTICS), [{**row, "feature": f"f{number}"} for number in range(9)])
    assert len([name for name, _ in numbers(client) if name == "tidemark_drift_psi"]) == 2


def test_before_the_first_forecast(waiting: FlaskClient) -> None:
    found = numbers(waiting)
    assert of(found, "tidemark_info", software=__version__, version="", trained_at="") == 1
    assert of(found, "tidemark_forecast_age_days") is None


def test_without_a_database_the_counts_are_still_there(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> None:
        raise OperationalError("select", {}, Exception("/secret/path"))

    monkeypatch.setattr(State, "_read", away)
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert of(parsed(answer.get_data(as_text=True)), "tidemark_up") == 0
    assert "secret" not in answer.get_data(as_text=True)
