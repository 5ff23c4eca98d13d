"""Days that are over: /predict answers with what the version in force on the day before had forecast for them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert

from app.settings import Settings
from core.lifecycle.registry import Registry
from core.state.engine import open_engine, writing
from core.state.tables import FORECAST_LOG
from tests.app.conftest import MODELS, ORIGIN, SERIES, body, forecast_rows, forecast_value
from tests.app.test_predict import pointers, problem
from tests.app.test_predict_formats import AS_CSV, table

DAY = dt.timedelta(days=1)
Promote = Callable[[dt.date, dt.date, str], str]


def noon(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(12)).astimezone()


@pytest.fixture
def promote(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Promote:
    """Publishes a version with data to a day and promotes it at noon of another; ``best`` is the model of all."""
    registry = Registry(settings.core)

    def publish(origin: dt.date, came: dt.date, best: str) -> str:
        rows = forecast_rows()
        rows["date"] += pd.Timestamp(origin) - pd.Timestamp(ORIGIN)
        manifest = {
            "created_at": noon(came).isoformat(),
            "data": {"last_day": origin.isoformat()},
            "models": {name: {} for name in MODELS},
            "best": dict.fromkeys(SERIES, best),
        }
        with registry.workspace() as folder:
            rows.to_parquet(folder / "forecasts.parquet")
            version = registry.publish(folder, manifest)
        monkeypatch.setattr("core.lifecycle.audit.now", lambda: noon(came))
        registry.promote(version.id, "test", "by hand")
        return version.id

    return publish


@pytest.fixture
def two(server: Flask, promote: Promote) -> FlaskClient:
    """v1 with data to 8 December came on the 9th, v2 with data to the 15th on the 16th."""
    promote(ORIGIN, ORIGIN + DAY, "sarima")
    promote(ORIGIN + 7 * DAY, ORIGIN + 8 * DAY, "seasonal_naive")
    return server.test_client()


def log(settings: Settings, *rows: tuple[str, dt.date, dt.date, dt.date, float]) -> None:
    """Rows of the log: version, origin, day it came, target, mean; the model is theta, bounds ± 1 and ± 2."""
    with writing(open_engine(settings.core.database)) as connection:
        for version, origin, came, target, mean in rows:
            high = 0.0 if mean == 0 else 1.0
            values: dict[str, Any] = {
                "version_id": version, "series": "transactions/total", "target": target, "origin": origin,
                "made_at": noon(came), "horizon": (target - origin).days, "model": "theta", "mean": mean,
                "lo80": mean - high, "hi80": mean + high, "lo95": mean - 2 * high, "hi95": mean + 2 * high,
            }  # fmt: skip
            connection.execute(insert(FORECAST_LOG).values(values))


def test_the_log_goes_first(two: FlaskClient, settings: Settings) -> None:
    target = ORIGIN + 4 * DAY
    log(settings, ("v1", ORIGIN, ORIGIN + DAY, target, 12.5), ("v2", ORIGIN + 7 * DAY, ORIGIN + 8 * DAY, target, 99.0))
    answer = body(two.get(f"/predict?date={target}"))
    assert answer["predictions"] == [{
        "date": "2011-12-12", "horizon": 4, "value": 12.5, "open": True,
        "intervals": {"80": [11.5, 13.5], "95": [10.5, 14.5]},
        "source": "issued", "version": "v1", "model": "theta", "origin": "2011-12-08",
    }]  # fmt: skip
    assert (answer["version"], answer["data_as_of"]) == ("v2", "2011-12-15")


def test_a_closed_day_of_the_log(two: FlaskClient, settings: Settings) -> None:
    log(settings, ("v1", ORIGIN, ORIGIN + DAY, ORIGIN + 2 * DAY, 0.0))
    (one,) = body(two.get(f"/predict?date={ORIGIN + 2 * DAY}"))["predictions"]
    assert (one["value"], one["open"], one["intervals"]["95"]) == (0, False, [0, 0])


def test_what_is_not_in_the_log_is_read_from_the_version(two: FlaskClient) -> None:
    (one,) = body(two.get(f"/predict?date={ORIGIN + 4 * DAY}"))["predictions"]
    assert one["value"] == forecast_value("sarima", "transactions/total", 4)
    found = (one["source"], one["version"], one["model"], one["origin"], one["horizon"])
    assert found == ("stored", "v1", "sarima", "2011-12-08", 4)


def test_a_model_that_was_not_in_use(two: FlaskClient, settings: Settings) -> None:
    log(settings, ("v1", ORIGIN, ORIGIN + DAY, ORIGIN + 4 * DAY, 12.5))
    (one,) = body(two.get(f"/predict?model=seasonal_naive&date={ORIGIN + 4 * DAY}"))["predictions"]
    assert (one["value"], one["source"]) == (forecast_value("seasonal_naive", "transactions/total", 4), "stored")


def test_over_and_ahead_in_one_call(two: FlaskClient) -> None:
    days = [ORIGIN + 9 * DAY, ORIGIN + 4 * DAY, ORIGIN + 7 * DAY, ORIGIN + 4 * DAY]
    answer = body(two.post("/predict", json={"dates": [day.isoformat() for day in days]}))
    assert [one["date"] for one in answer["predictions"]] == ["2011-12-12", "2011-12-15", "2011-12-17"]
    assert [one.get("version") for one in answer["predictions"]] == ["v1", "v1", None]
    rows = table(two.post("/predict", json={"dates": [day.isoformat() for day in days]}, headers=AS_CSV))
    assert [(row["version"], row["model"], row["origin"]) for row in rows] == [
        ("v1", "sarima", "2011-12-08"), ("v1", "sarima", "2011-12-08"), ("v2", "seasonal_naive", "2011-12-15"),
    ]  # fmt: skip


def test_the_day_on_which_a_version_came_still_has_the_one_before(server: Flask, promote: Promote) -> None:
    promote(ORIGIN, ORIGIN + DAY, "sarima")
    promote(ORIGIN + 3 * DAY, ORIGIN + 4 * DAY, "sarima")
    promote(ORIGIN + 7 * DAY, ORIGIN + 8 * DAY, "sarima")
    days = [(ORIGIN + number * DAY).isoformat() for number in (4, 5)]
    answer = body(server.test_client().post("/predict", json={"dates": days}))
    assert [one["version"] for one in answer["predictions"]] == ["v1", "v2"]


def test_after_a_rollback_the_earlier_version_is_in_force(
    server: Flask, settings: Settings, promote: Promote, monkeypatch: pytest.MonkeyPatch
) -> None:
    promote(ORIGIN, ORIGIN + DAY, "sarima")
    promote(ORIGIN, ORIGIN + 2 * DAY, "sarima")
    monkeypatch.setattr("core.lifecycle.audit.now", lambda: noon(ORIGIN + 3 * DAY))
    Registry(settings.core).roll_back("test", "worse")
    promote(ORIGIN + 7 * DAY, ORIGIN + 8 * DAY, "sarima")
    days = [(ORIGIN + number * DAY).isoformat() for number in (3, 4)]
    answer = body(server.test_client().post("/predict", json={"dates": days}))
    assert [one["version"] for one in answer["predictions"]] == ["v2", "v1"]


def test_days_of_an_extract_that_was_loaded_later(client: FlaskClient, settings: Settings) -> None:
    """Nobody was champion in 2011: of what was in use, the forecast with the latest origin counts."""
    today, target = dt.date.today(), ORIGIN - 2 * DAY
    log(settings, ("v7", ORIGIN - 30 * DAY, today, target, 5.0), ("v8", ORIGIN - 9 * DAY, today, target, 6.0))
    (one,) = body(client.get(f"/predict?date={target}"))["predictions"]
    assert (one["value"], one["version"], one["horizon"], one["source"]) == (6.0, "v8", 7, "issued")


def test_a_day_without_a_forecast(two: FlaskClient) -> None:
    """The first day that can be asked is told: here the day after the first version came."""
    found = problem(two.post("/predict", json={"dates": ["2011-12-20", "2011-12-01"]}), 422)
    assert pointers(found) == ["/dates/1"]
    assert "2011-12-10" in found["detail"]


def test_the_first_day_of_the_log_is_told(client: FlaskClient, settings: Settings) -> None:
    log(settings, ("v0", dt.date(2011, 11, 1), dt.date.today(), dt.date(2011, 11, 2), 5.0))
    assert "2011-11-02" in problem(client.get("/predict?date=2011-11-01"), 422)["detail"]
    problem(client.get("/predict?date=2011-11-02&model=sarima"), 422)  # v0 is not there any more
    problem(client.get("/predict?date=2011-11-02&segment=country:France"), 422)  # another series


def test_a_year_of_days_that_are_over(client: FlaskClient, settings: Settings) -> None:
    days = [ORIGIN - number * DAY for number in range(365)]
    log(settings, *(("v0", ORIGIN - 365 * DAY, dt.date.today(), day, 5.0) for day in days))
    answer = body(client.post("/predict", json={"dates": [day.isoformat() for day in days]}))
    assert [one["date"] for one in answer["predictions"]] == sorted(day.isoformat() for day in days)


@pytest.mark.parametrize("day", ["0001-01-01", "1900-01-01"])
def test_days_of_long_ago(two: FlaskClient, day: str) -> None:
    for answer in (two.get(f"/predict?date={day}"), two.post("/predict", json={"date": day})):
        assert "first day that can be asked" in str(problem(answer, 422)["detail"])
    assert two.get(f"/models/live-on/{day}").status_code == 404


def test_an_extract_beyond_the_log(server: Flask, promote: Promote, settings: Settings) -> None:
    """Two versions of old data came today: days that no row of the log is of are in the files of the first one."""
    today = dt.date.today()
    promote(ORIGIN, today, "sarima")
    promote(ORIGIN + 60 * DAY, today, "seasonal_naive")
    log(settings, ("v1", ORIGIN, today, ORIGIN + 4 * DAY, 12.5))
    days = [(ORIGIN + number * DAY).isoformat() for number in (4, 40)]
    found = body(server.test_client().post("/predict", json={"dates": days}))["predictions"]
    assert [(one["source"], one["version"], one["horizon"]) for one in found] == [
        ("issued", "v1", 4),
        ("stored", "v1", 40),
    ]
