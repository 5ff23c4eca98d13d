"""/monitoring: drift and performance as core and pages have them, and what somebody does about alerts."""

from __future__ import annotations

import datetime as dt
import math
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.settings import Settings
from core.config import PROJECT_ROOT, Config
from core.lifecycle.recipe import Recipe
from core.lifecycle.registry import Registry
from core.lifecycle.training import train
from core.monitoring.alerts import Alerts
from core.monitoring.monitor_job import watch
from core.series.panel import Series
from core.state.engine import open_engine, reading
from core.state.tables import SILENCES, STATISTICS, now
from core.transactions.load import prepare
from core.transactions.store import Store
from tests.app.api_help import accepts, bad, good
from tests.callbacks.monitored import HALVED, write_monitored

REASON = {"reason": "known, the shop is rebuilt"}
STEP = dt.timedelta(days=1)


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Config:
    """A version that learnt all but the last four weeks, whose level is halved; then these came and were looked at."""
    folder = tmp_path_factory.mktemp("monitored")
    config = Config(data_dir=folder / "data")
    lines = pd.read_csv(write_monitored(folder / "sales.csv"))
    last = pd.to_datetime(lines["InvoiceDate"]).max().normalize()
    before = lines[pd.to_datetime(lines["InvoiceDate"]) < last - pd.Timedelta(days=HALVED - 1)]
    before.to_csv(folder / "before.csv", index=False)
    prepare(config, folder / "before.csv")
    train(config, recipe=Recipe(folds=3, models=("seasonal_naive", "weekday_mean")))
    generation, version = prepare(config, folder / "sales.csv"), Registry(config).champion()
    assert version is not None
    watch(config, generation, version, lambda *_: None, today=generation.manifest.last_day)
    return config


@pytest.fixture
def settings(made: Config, tmp_path: Path) -> Settings:
    """A copy, so that every test finds it as it was."""
    shutil.copytree(made.data_dir, tmp_path / "data")
    return Settings(core=Config(data_dir=tmp_path / "data"), secret_key="of no importance")


@pytest.fixture
def client(server: Flask) -> FlaskClient:
    return server.test_client()


@pytest.fixture
def alerts(settings: Settings) -> Alerts:
    return Alerts(open_engine(settings.core.database))


# -- drift


def test_drift_is_what_was_measured(client: FlaskClient, settings: Settings) -> None:
    answer = good(client.get("/monitoring/drift"))
    last = Store(settings.core.store_dir).current().manifest.last_day
    assert (answer["version"], answer["day"], answer["last_day"]) == ("v1", last.isoformat(), last.isoformat())
    with reading(open_engine(settings.core.database)) as connection:
        rows = connection.execute(select(STATISTICS).where(STATISTICS.c.day == last)).all()
    assert {one["feature"] for one in answer["features"]} == {row.feature for row in rows}
    for row in rows:
        (one,) = (one for one in answer["features"] if one["feature"] == row.feature)
        assert one == {name: getattr(row, name) for name in one}
    moved = {one["feature"]: one["verdict"] for one in answer["features"]}
    assert moved["transactions"] in ("drift", "watch")  # its level is halved


def test_drift_by_day_level_and_verdict(client: FlaskClient) -> None:
    whole = good(client.get("/monitoring/drift"))
    for level in ("day", "line"):
        part = good(client.get(f"/monitoring/drift?level={level}"))["features"]
        assert part == [one for one in whole["features"] if one["level"] == level]
        assert part
    some = good(client.get("/monitoring/drift?verdict=drift&verdict=watch,season"))["features"]
    assert some == [one for one in whole["features"] if one["verdict"] in ("drift", "watch", "season")]
    first = good(client.get(f"/monitoring/drift?day={whole['first_day']}"))
    assert (first["day"], first["last_day"]) == (whole["first_day"], whole["last_day"])
    assert first["features"] != whole["features"]


def test_drift_of_other_days(client: FlaskClient) -> None:
    whole = good(client.get("/monitoring/drift"))
    after = dt.date.fromisoformat(whole["last_day"]) + STEP
    for day in (after.isoformat(), "0001-01-01", "9999-12-31"):
        sentence = bad(client.get(f"/monitoring/drift?day={day}"), 422, "/day")
        assert f"{whole['first_day']} to {whole['last_day']}" in sentence
    for query, pointer in {"day=x": "/day", "day=20200101": "/day", "level=x": "/level", "verdict=x": "/verdict/0",
                           "x=1": "/x", "day=2020-01-01&day=2020-01-02": "/day"}.items():  # fmt: skip
        bad(client.get(f"/monitoring/drift?{query}"), 422, pointer)


def test_drift_of_a_version_without_a_history(client: FlaskClient, settings: Settings) -> None:
    champion = Registry(settings.core).champion()
    assert champion is not None
    registry = Registry(settings.core)
    with registry.workspace() as folder:
        shutil.copytree(champion.path, folder, dirs_exist_ok=True)
        (folder / "manifest.json").unlink()
        manifest = {key: value for key, value in champion.manifest.items() if key not in ("files", "seal")}
        version = registry.publish(folder, manifest)
    registry.promote(version.id, "test", "a copy")
    assert good(client.get("/monitoring/drift")) == {
        "version": version.id, "day": None, "first_day": None, "last_day": None, "features": [],
    }  # fmt: skip


# -- performance


def truth(config: Config, measure: str, segment: str) -> pd.DataFrame:
    """Forecast and actual of the days after the origin, from the files and by plain pandas."""
    version, generation = Registry(config).champion(), Store(config.store_dir).current()
    assert version is not None
    series = Series(measure, segment)
    panel = generation.panel()
    actual = pd.Series(panel.values[panel.series.index(series)], pd.date_range(panel.first_day, periods=panel.n_days))
    frame = pd.read_parquet(version.path / "forecasts.parquet")
    frame = frame[(frame["measure"] == measure) & (frame["segment"] == segment)]
    frame = frame[frame["model"] == version.manifest["best"][str(series)]].set_index("date").sort_index()
    found = frame.assign(y=actual).dropna(subset="y")
    return found[(found["y"] != 0) | (found["mean"] != 0)]


@pytest.mark.parametrize(("measure", "segment"), [("transactions", "total"), ("revenue", "country:Spain")])
def test_performance_by_hand(client: FlaskClient, made: Config, measure: str, segment: str) -> None:
    rows = truth(made, measure, segment)
    answer = good(client.get(f"/monitoring/performance?measure={measure}&segment={segment}"))
    miss = (rows["mean"] - rows["y"]).to_numpy()
    expected = {
        "days": len(rows), "rmse": math.sqrt((miss**2).mean()), "mae": np.abs(miss).mean(),
        "mape": (np.abs(miss) / rows["y"])[rows["y"] > 0].mean(), "wape": np.abs(miss).sum() / rows["y"].sum(),
        "bias": miss.sum() / rows["y"].sum(),
        "cover80": ((rows["lo80"] <= rows["y"]) & (rows["y"] <= rows["hi80"])).mean(),
        "cover95": ((rows["lo95"] <= rows["y"]) & (rows["y"] <= rows["hi95"])).mean(),
    }  # fmt: skip
    assert answer["recent"] == pytest.approx(expected)
    assert answer["begun"] == rows.index.min().date().isoformat()
    last = answer["rolling"][-1]
    assert (last["date"], last["stand_in"]) == (str(rows.index.max().date()), 0.0)
    assert {name: last[name] for name in expected} == pytest.approx(expected)
    weeks = {(one["from_horizon"], one["to_horizon"]): one["used"] for one in answer["by_horizon"]}
    assert list(weeks) == [(1, 7), (8, 14), (15, 21), (22, 28)]
    assert sum(one["days"] for one in weeks.values()) == len(rows)
    first = rows[rows["horizon"] <= 7]
    assert weeks[1, 7]["mae"] == pytest.approx(float((first["mean"] - first["y"]).abs().mean()))
    assert answer["recent"]["bias"] > 0.5  # the level was halved
    assert answer["promised"]["wape"] < answer["recent"]["wape"]


def test_the_promise_of_all_measures_by_hand(client: FlaskClient, made: Config) -> None:
    found = good(client.get("/monitoring/performance"))
    assert (found["measure"], found["segment"], found["unit"]) == ("transactions", "total", "lines")
    measures = ("transactions", "orders", "units", "revenue", "customers")
    each = []
    for measure in measures:
        rows = truth(made, measure, "total")
        each.append((rows["mean"] - rows["y"]).abs().sum() / rows["y"].sum())
    assert found["overall"]["days"] == HALVED
    assert found["overall"]["error"] == pytest.approx(np.mean(each))
    assert len(found["overall"]["tests"]) == 2  # of three folds: the first has none before it that would choose
    assert found["overall"]["worse"] is False  # two tests are too few to say


def test_days_of_the_course(client: FlaskClient) -> None:
    whole = good(client.get("/monitoring/performance?days=3660"))["rolling"]
    assert good(client.get("/monitoring/performance?days=5"))["rolling"] == whole[-5:]
    assert good(client.get("/monitoring/performance"))["rolling"] == whole[-90:]
    dates = [one["date"] for one in whole]
    assert dates == sorted(set(dates))
    assert whole[0]["stand_in"] == 1.0


def test_series_that_there_are_none_of(client: FlaskClient) -> None:
    assert "country:France" in bad(client.get("/monitoring/performance?segment=x"), 422, "/segment")
    bad(client.get("/monitoring/performance?segment=%00"), 422, "/segment")
    bad(client.get("/monitoring/performance?measure=x"), 422, "/measure")
    bad(client.get(f"/monitoring/performance?segment={'x' * 201}"), 422, "/segment")
    for days in ("0", "3661", "x", "1.0"):
        bad(client.get(f"/monitoring/performance?days={days}"), 422, "/days")


# -- alerts


def test_open_alerts(client: FlaskClient, alerts: Alerts) -> None:
    answer = good(client.get("/monitoring/alerts"))
    opened = {one.id: one for one in alerts.open()}
    assert [one["id"] for one in answer["alerts"]] == sorted(opened, reverse=True)
    for told in answer["alerts"]:
        known = opened[told["id"]]
        assert told["subjects"] == list(known.subjects)
        assert told["evidence"] == dict(known.evidence)
        for name in ("kind", "severity", "state", "value", "limit", "fired_days", "muted_by"):
            assert told[name] == getattr(known, name)
        assert told["last_day"] == known.last_day.isoformat()
        assert (told["version"], told["silenced"]) == ("v1", False)
        one = good(client.get(told["url"]))
        events = one.pop("events")
        assert one == told
        assert [event["event"] for event in events] == [event.event for event in alerts.events(known.id)]
    assert "critical" in {one["severity"] for one in answer["alerts"]}


def test_alerts_by_state_in_pages(client: FlaskClient, alerts: Alerts) -> None:
    everything = {one.id: one.state for one in alerts.recent(200)}
    whole = good(client.get("/monitoring/alerts?state=open,pending&state=resolved&limit=200"))["alerts"]
    assert {one["id"]: one["state"] for one in whole} == everything
    for state in ("open", "pending", "resolved"):
        found = good(client.get(f"/monitoring/alerts?state={state}&limit=200"))["alerts"]
        assert [one["id"] for one in found] == [one["id"] for one in whole if one["state"] == state]
    walked, before = [], ""
    while True:
        page = good(client.get(f"/monitoring/alerts?state=open,pending,resolved&limit=2{before}"))
        walked += page["alerts"]
        if page["next"] is None:
            break
        before = f"&before={page['next']}"
    assert walked == whole
    for query in ("state=x", "state="):
        bad(client.get(f"/monitoring/alerts?{query}"), 422, "/state/0")


def test_acknowledge(client: FlaskClient, alerts: Alerts) -> None:
    number = alerts.open()[0].id
    path = f"/monitoring/alerts/{number}/acknowledge"
    answer = good(client.post(path, json={"note": " we\nare looking "}))
    assert (answer["acknowledged_by"], answer["state"]) == ("api at 127.0.0.1", "open")
    event = answer["events"][-1]
    assert (event["event"], event["who"], event["note"]) == ("acknowledged", "api at 127.0.0.1", "we are looking")
    assert alerts.get(number).acknowledged_by == "api at 127.0.0.1"
    assert "already" in bad(client.post(path, json={}), 409)


def test_resolve(client: FlaskClient, alerts: Alerts) -> None:
    number = alerts.open()[0].id
    path = f"/monitoring/alerts/{number}/resolve"
    bad(client.post(path, json={}), 422, "/reason")
    answer = good(client.post(path, json=REASON))
    assert (answer["state"], answer["resolved_by"]) == ("resolved", "api at 127.0.0.1")
    assert answer["events"][-1]["note"] == REASON["reason"]
    for action in ("resolve", "acknowledge"):
        body = REASON if action == "resolve" else {}
        assert "not open but resolved" in bad(client.post(f"/monitoring/alerts/{number}/{action}", json=body), 409)


def test_silence_every_subject_and_end_it(client: FlaskClient, alerts: Alerts) -> None:
    alert = max(alerts.open(), key=lambda one: len(one.subjects))
    path = f"/monitoring/alerts/{alert.id}"
    made = good(client.post(f"{path}/silence", json=REASON), 201)["silences"]
    assert [(one["kind"], one["subject"]) for one in made] == [(alert.kind, name) for name in alert.subjects]
    for one in made:
        left = dt.datetime.fromisoformat(one["until"]) - now()
        assert dt.timedelta(days=7) - dt.timedelta(minutes=1) < left <= dt.timedelta(days=7)
        assert (one["who"], one["reason"], one["ended_at"]) == ("api at 127.0.0.1", REASON["reason"], None)
    assert good(client.get(path))["silenced"] is True
    assert good(client.get("/monitoring/silences"))["silences"] == made
    for one in made:
        (ended,) = good(client.post(f"/monitoring/silences/{one['id']}/end"))["silences"]
        assert ended["ended_by"] == "api at 127.0.0.1"
        assert "over already" in bad(client.post(f"/monitoring/silences/{one['id']}/end"), 409)
    assert good(client.get(path))["silenced"] is False
    assert good(client.get("/monitoring/silences"))["silences"] == []


def test_silence_a_kind_until_a_moment(client: FlaskClient, alerts: Alerts) -> None:
    alert = alerts.open()[0]
    until = (now() + dt.timedelta(hours=5)).astimezone(dt.timezone(dt.timedelta(hours=2))).isoformat()
    asked = {**REASON, "scope": "kind", "until": until}
    (made,) = good(client.post(f"/monitoring/alerts/{alert.id}/silence", json=asked), 201)["silences"]
    assert (made["kind"], made["subject"]) == (alert.kind, None)
    assert dt.datetime.fromisoformat(made["until"]) == dt.datetime.fromisoformat(until)


def test_silences_are_all_made_or_none(
    client: FlaskClient, alerts: Alerts, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.monitoring import silences

    alert, add, calls = max(alerts.open(), key=lambda one: len(one.subjects)), silences.add, []

    def break_down(*given: Any) -> Any:
        calls.append(given)
        if len(calls) == 2:
            raise RuntimeError("the power is gone")
        return add(*given)

    assert len(alert.subjects) > 1
    monkeypatch.setattr("core.monitoring.silences.add", break_down)
    assert client.post(f"/monitoring/alerts/{alert.id}/silence", json=REASON).status_code == 500
    with reading(open_engine(settings.core.database)) as connection:
        assert connection.execute(select(SILENCES)).all() == []


def test_moments_that_cannot_be(client: FlaskClient, alerts: Alerts) -> None:
    path = f"/monitoring/alerts/{alerts.open()[0].id}/silence"
    for until in ("2020-01-01T00:00:00Z", "9999-12-31T23:59:59Z"):
        bad(client.post(path, json={**REASON, "until": until}), 422, "/until")
    later = (now() + dt.timedelta(days=1)).isoformat()
    bad(client.post(path, json={**REASON, "until": later, "days": 3}), 422, "/until", "/days")


LATER = "2027-01-01T00:00:00"


@pytest.mark.parametrize(
    "sent",
    [{}, REASON, {**REASON, "days": 1}, {**REASON, "days": 366}, {**REASON, "days": 367}, {**REASON, "days": 0},
     {**REASON, "days": 2.0}, {**REASON, "days": "2"}, {**REASON, "days": None}, {**REASON, "until": None},
     {**REASON, "until": None, "days": 3}, {**REASON, "scope": "x"}, {**REASON, "scope": None}, {"days": 3},
     {**REASON, "until": 1_900_000_000}, {**REASON, "until": True}, {**REASON, "x": 1}, [REASON]],
    ids=lambda one: repr(one)[-40:],
)  # fmt: skip
def test_schema_and_server_agree(client: FlaskClient, alerts: Alerts, sent: Any) -> None:
    answer = client.post(f"/monitoring/alerts/{alerts.open()[0].id}/silence", json=sent)
    assert answer.status_code == (201 if accepts(answer, sent) else 422)


@pytest.mark.parametrize("until", ["x", LATER, "2027-01-01", "1900000000", "", "2027-13-01T00:00:00Z"])
def test_moments_that_are_none(client: FlaskClient, alerts: Alerts, until: str) -> None:
    path = f"/monitoring/alerts/{alerts.open()[0].id}/silence"
    bad(client.post(path, json={**REASON, "until": until}), 422, "/until")


@pytest.mark.parametrize("name", ["999", "0", "-1", "x", "2147483648", "9" * 40, "%00", "١"])
def test_unknown_numbers(client: FlaskClient, name: str) -> None:
    bad(client.get(f"/monitoring/alerts/{name}"), 404)
    for action, body in (("acknowledge", {}), ("resolve", REASON), ("silence", REASON)):
        bad(client.post(f"/monitoring/alerts/{name}/{action}", json=body), 404)
    bad(client.post(f"/monitoring/silences/{name}/end"), 404)


# -- the web worker


def test_a_worker_stays_light(settings: Settings) -> None:
    """Every GET of the part, in a process of its own: no heavy library is loaded for it."""
    code = """
import sys
from app import create_app
from app.settings import Settings
client = create_app(Settings.from_env()).server.test_client()
for path in ("/models", "/models/champion", "/jobs", "/audit", "/monitoring/drift", "/monitoring/performance",
             "/monitoring/alerts", "/monitoring/silences", "/v2/models/champion"):
    assert client.get(path).status_code == 200, path
assert client.post("/v2/models/champion/infer", json={"inputs": []}).status_code == 200
print(*sorted({"tensorflow", "keras", "statsmodels", "scipy", "xgboost", "sklearn"} & set(sys.modules)))
"""

    env = {**os.environ, "DATA_DIR": str(settings.core.data_dir), "ACCESS_LOG": "off"}
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT_ROOT, env=env, capture_output=True, text=True)
    assert (done.returncode, done.stdout.strip()) == (0, ""), done.stderr
