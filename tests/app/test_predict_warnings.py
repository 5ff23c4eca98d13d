"""Warnings of /predict: what a reader should know, and as soon as it is so."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError

from app.api import predict_cache
from app.api.predict_warnings import OpenAlerts
from app.settings import Settings
from core.monitoring.alerts import Alerts
from core.monitoring.signal import Signal
from core.state.engine import open_engine, writing
from tests.app.conftest import MODELS, ORIGIN, body, publish_version


@pytest.fixture(autouse=True)
def look_always(monkeypatch: pytest.MonkeyPatch) -> None:
    """Alerts are looked at with every request."""
    monkeypatch.setattr("app.api.predict_warnings.LOOK_EVERY", 0.0)
    monkeypatch.setattr(predict_cache, "alerts", OpenAlerts())


def raise_alert(settings: Settings, subject: str, severity: Any = "warning", kind: Any = "level") -> None:
    engine = open_engine(settings.core.database)
    with writing(engine) as connection:
        Alerts(engine).observe(connection, "v1", ORIGIN, [Signal("shift", subject, kind, severity, 9.0, 5.0)])


def warned(client: FlaskClient, query: str) -> list[str]:
    """The warnings, without that about old data, which is of the calendar on the wall."""
    found = body(client.get(f"/predict?{query}"))["warnings"]
    assert found[0].startswith("The data end on")
    return list(found[1:])


def test_an_alert_about_the_measure(client: FlaskClient, settings: Settings) -> None:
    before = client.get("/predict?horizon=3")
    raise_alert(settings, "transactions", "critical")
    after = client.get("/predict?horizon=3")
    assert body(after)["warnings"][1:] == [
        "Alert 1 (critical) is open since 2011-12-08: the level has moved (transactions)."
    ]
    assert before.headers["ETag"] != after.headers["ETag"]
    assert warned(client, "horizon=3&measure=revenue") == []
    Alerts(open_engine(settings.core.database)).resolve(1, "test")
    assert client.get("/predict?horizon=3").headers["ETag"] == before.headers["ETag"]


def test_an_alert_about_all_lines(client: FlaskClient, settings: Settings) -> None:
    raise_alert(settings, "price", kind="shape")
    for measure in ("transactions", "revenue"):
        (sentence,) = warned(client, f"horizon=3&measure={measure}")
        assert "price" in sentence


def test_an_alert_of_little_severity_is_not_told(client: FlaskClient, settings: Settings) -> None:
    raise_alert(settings, "transactions", "info")
    assert warned(client, "horizon=3") == []


def test_the_same_alerts_do_not_empty_the_cache(
    client: FlaskClient, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    raise_alert(settings, "transactions")
    first = client.get("/predict?horizon=3")
    monkeypatch.setattr("app.api.predict.make_answer", lambda *_: pytest.fail("computed again"))
    assert body(client.get("/predict?horizon=3"))["warnings"] == body(first)["warnings"]


def test_alerts_stay_while_the_database_does_not_answer(
    client: FlaskClient, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    raise_alert(settings, "transactions")
    before = warned(client, "horizon=3")

    def fail(*_: object) -> None:
        raise OperationalError("select", {}, Exception("gone"))

    monkeypatch.setattr("app.api.predict_warnings.Alerts.open", fail)
    assert warned(client, "horizon=3") == before != []


def test_days_beyond_the_test(client: FlaskClient, settings: Settings) -> None:
    publish_version(settings.core, recipe={"fold_days": 28})
    client.application.extensions["tidemark"].registry._looked_at = float("-inf")
    assert warned(client, "horizon=28") == []
    (sentence,) = warned(client, "horizon=29")
    assert "more than 28 days ahead" in sentence
    assert warned(client, f"date={ORIGIN + dt.timedelta(days=300)}") == [sentence]


@pytest.mark.parametrize(("idle", "told"), [(None, False), (27, False), (28, True), (364, True)])
def test_data_that_end_with_a_pause(client: FlaskClient, settings: Settings, idle: int | None, told: bool) -> None:
    data: dict[str, Any] = {"last_day": ORIGIN.isoformat()} | ({} if idle is None else {"idle_days": idle})
    name = publish_version(settings.core, data=data)
    client.application.extensions["tidemark"].registry._looked_at = float("-inf")
    sentence = (
        f"{name} learnt from data without a sale on the {idle} days before 2011-12-08; if lines of these days are "
        "missing, the forecasts are too low."
    )
    for query in ("horizon=1", "horizon=3&measure=revenue"):
        assert warned(client, query) == ([sentence] if told else [])


def test_a_model_that_fell_back(client: FlaskClient, settings: Settings) -> None:
    notes = {"sarima": {"notes": {"transactions/total": "3 observed days, 14 needed: mean of the last weekdays"}}}
    publish_version(settings.core, models={**{name: {} for name in MODELS}, **notes})
    client.application.extensions["tidemark"].registry._looked_at = float("-inf")
    (sentence,) = warned(client, "horizon=1")
    assert sentence.startswith("sarima could not be estimated for this series as for others: 3 observed days")
    assert warned(client, "horizon=1&measure=revenue") == []
