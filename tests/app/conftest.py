"""A small installation on disk: a real registry with one hand-made version, served by a bare Flask server."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import api
from app.security import trust_proxies
from app.settings import Settings
from callbacks.services import EXTENSION, Services
from core.config import Config
from core.lifecycle.jobs import Jobs
from core.lifecycle.registry import Registry
from core.lifecycle.schedule import Schedule
from core.state.engine import open_engine
from core.transactions.store import Store

ORIGIN = dt.date(2011, 12, 8)
MODELS = ("seasonal_naive", "sarima")
SERIES = ("transactions/total", "transactions/country:France", "revenue/total", "revenue/country:France")


def forecast_value(model: str, series: str, horizon: int) -> float:
    """The made-up forecast: different for every model, series and day; closed on Saturdays."""
    base = 100 * (1 + MODELS.index(model)) + 10 * SERIES.index(series)
    return 0.0 if is_closed(horizon) else base + horizon / 8


def is_closed(horizon: int) -> bool:
    return (ORIGIN + dt.timedelta(days=horizon)).weekday() == 5


def forecast_rows() -> pd.DataFrame:
    frames = []
    for model in MODELS:
        for series in SERIES:
            measure, _, segment = series.partition("/")
            horizon = np.arange(1, 366)
            mean = np.array([forecast_value(model, series, int(one)) for one in horizon])
            closed = np.array([is_closed(int(one)) for one in horizon])
            frames.append(
                pd.DataFrame(
                    {
                        "model": model, "measure": measure, "segment": segment,
                        "date": pd.Timestamp(ORIGIN) + pd.to_timedelta(horizon, unit="D"), "horizon": horizon,
                        "mean": mean, "lo80": mean * 0.8, "hi80": mean * 1.2, "lo95": mean * 0.7, "hi95": mean * 1.4,
                        "open": ~closed, "reason": np.where(closed, "weekday:Saturday", ""),
                    }
                )
            )  # fmt: skip
    return pd.concat(frames, ignore_index=True)


def publish_version(config: Config, **changes: Any) -> str:
    """Writes a version and makes it the champion; returns its id."""
    registry = Registry(config)
    manifest = {
        "created_at": "2026-11-20T10:00:00+00:00",
        "data": {"last_day": ORIGIN.isoformat(), "first_day": "2009-12-01", "last_time": "2011-12-09T12:50:00"},
        "models": {name: {} for name in MODELS},
        "best": {series: "sarima" if series.endswith("total") else "seasonal_naive" for series in SERIES},
        **changes,
    }
    with registry.workspace() as folder:
        forecast_rows().to_parquet(folder / "forecasts.parquet")
        version = registry.publish(folder, manifest)
    registry.promote(version.id, "test", "made by hand")
    return version.id


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(core=Config(data_dir=tmp_path / "data"), secret_key="of no importance")


@pytest.fixture
def server(settings: Settings) -> Flask:
    """The API on a bare Flask server with real services, before the first forecast."""
    server = Flask("tests")
    core = settings.core
    engine = open_engine(core.database)
    found = Services(settings, Store(core.store_dir), Registry(core), Jobs(engine), Schedule(engine, core), engine)
    server.extensions[EXTENSION] = found
    api.register(server, settings)
    return server


@pytest.fixture
def waiting(server: Flask) -> FlaskClient:
    """A client of an installation without any forecast."""
    return server.test_client()


@pytest.fixture
def client(server: Flask, settings: Settings) -> FlaskClient:
    """A client of an installation with a champion."""
    publish_version(settings.core)
    return server.test_client()


def body(response: Any) -> Any:
    return json.loads(response.get_data())


Serve = Callable[..., FlaskClient]


@pytest.fixture
def serve(server: Flask, settings: Settings) -> Serve:
    """A server with other settings on the services of the usual one."""

    def made(**changes: object) -> FlaskClient:
        publish_version(settings.core)
        other = Flask("other")
        other.extensions[EXTENSION] = server.extensions[EXTENSION]
        changed = replace(settings, **changes)
        api.register(other, changed)
        trust_proxies(other, changed.trust_proxy)
        return other.test_client()

    return made
