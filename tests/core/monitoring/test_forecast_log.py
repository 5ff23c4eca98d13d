"""The log of forecasts: each version once, whoever writes, whenever it came into use, and no day with hindsight."""

from __future__ import annotations

import datetime as dt
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import Engine, select

from core.lifecycle import audit
from core.lifecycle.audit import CHAMPION, entries, record
from core.lifecycle.version import BACKTEST
from core.monitoring import alert_rows, forecast_log
from core.monitoring.forecast_log import log_issued, tracked
from core.series.panel import Panel, Series
from core.state.engine import open_engine, reading, writing
from core.state.tables import FORECAST_LOG

REACH = 28
SERIES = Series("transactions")
NOW = dt.datetime.now().astimezone()
TODAY = NOW.date()


class Made:
    """As much of a version as the log reads: made so many days ago, of data up to the day before that or earlier."""

    def __init__(self, name: str, days_ago: int, delay: int = 1) -> None:
        made = NOW - dt.timedelta(days=days_ago)
        self.id, self.created_at = name, made.isoformat()
        self.origin = made.date() - dt.timedelta(days=delay)

    def series(self) -> tuple[Series, ...]:
        return (Series("transactions"),)

    def best(self, _series: Series) -> str:
        return "drift"

    def backtest(self) -> pd.DataFrame:
        return pd.DataFrame({"horizon": [1, REACH]})

    def forecasts(self) -> pd.DataFrame:
        horizon = np.arange(1, 2 * REACH)
        date = pd.Timestamp(self.origin) + pd.to_timedelta(horizon, "D")
        bounds = dict.fromkeys(forecast_log.BOUNDS, 1.0)
        return pd.DataFrame(
            {"measure": "transactions", "segment": "total", "model": "drift", "date": date, "horizon": horizon,
             "mean": 1.0, **bounds}
        )  # fmt: skip


class Versions:
    """A registry with these versions."""

    def __init__(self, engine: Engine, *versions: Made) -> None:
        self._engine, self._versions = engine, versions

    def versions(self) -> list[Any]:
        return list(self._versions)

    def history(self, alias: str = CHAMPION, limit: int | None = 100) -> Any:
        return entries(self._engine, alias, limit)

    def promote(self, *names: str) -> None:
        with writing(self._engine) as connection:
            for name in names:
                record(connection, "ana", CHAMPION, (None, name), "test")


@pytest.fixture(autouse=True)
def the_clock_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    """Midnight may come between the collection of these tests and their run."""
    monkeypatch.setattr(audit, "now", lambda: NOW)


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return open_engine(f"sqlite:///{tmp_path / 'state.sqlite'}")


def logged(engine: Engine) -> dict[str, list[dt.date]]:
    found: dict[str, list[dt.date]] = {}
    with reading(engine) as connection:
        for version, target in connection.execute(select(FORECAST_LOG.c.version_id, FORECAST_LOG.c.target)):
            found.setdefault(version, []).append(target)
    return found


@pytest.mark.parametrize(
    ("days_ago", "delay", "expected"),
    [
        (0, 1, (0, REACH - 1)),
        (0, 4, (0, REACH - 4)),  # data that come late
        (20, 1, (0, REACH - 21)),  # by hand, weeks later: what was over is left out
        (40, 1, None),  # all of it was over
        (0, 300, (1 - 300, REACH - 300)),  # a historic extract
        (40, 300, (1 - 340, REACH - 340)),
    ],
)
def test_no_day_is_logged_that_was_over_when_the_version_came_into_use(
    engine: Engine, days_ago: int, delay: int, expected: tuple[int, int] | None
) -> None:
    registry: Any = Versions(engine, Made("v1", days_ago, delay))
    registry.promote("v1")
    log_issued(engine, registry)
    found = [(day - TODAY).days for day in logged(engine).get("v1", [])]
    assert found == ([] if expected is None else list(range(expected[0], expected[1] + 1)))
    log_issued(engine, registry)
    assert len(logged(engine).get("v1", [])) == len(found)


def test_versions_that_were_in_use_long_ago_are_logged_too(engine: Engine) -> None:
    registry: Any = Versions(engine, Made("v1", 0), Made("v2", 0), Made("v3", 0))
    registry.promote("v1", *["v2", "v0"] * 60)
    assert log_issued(engine, registry) == 2
    assert logged(engine).keys() == {"v1", "v2"}


def test_two_at_once_log_a_version_once(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both have seen an empty log before either writes."""
    registry: Any = Versions(engine, Made("v1", 0))
    registry.promote("v1")
    both, rows, lock, locked = threading.Barrier(2, timeout=60), forecast_log._rows, alert_rows.lock, []

    def wait(*about: Any) -> Any:
        both.wait()
        return rows(*about)

    monkeypatch.setattr(forecast_log, "_rows", wait)
    monkeypatch.setattr(alert_rows, "lock", lambda connection: (locked.append(connection), lock(connection)))
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: log_issued(engine, registry), range(2)))
    assert len(logged(engine)["v1"]) == REACH
    assert len(locked) == 2  # on PostgreSQL nothing else makes the second one wait


def test_forecasts_from_before_the_data_are_of_others(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry: Any = Versions(engine, Made("v1", 9), Made("v2", 3))
    registry.promote("v1", "v2")
    assert log_issued(engine, registry) == 2
    nothing = pd.DataFrame({"target": pd.to_datetime([]), "learnt": []})
    monkeypatch.setattr(forecast_log, "stand_ins", lambda *_: nothing)
    version: Any = SimpleNamespace(path=tmp_path / "v2")
    for days, names in ((30, {"v1", "v2"}), (6, {"v2"})):
        panel = Panel((SERIES,), TODAY - dt.timedelta(days=days), np.ones((1, days)))
        assert set(tracked(engine, version, panel, SERIES)["version_id"]) == names
    # nor is what was learnt from other values of the same days; one of which nobody knows it is
    (tmp_path / "v1").mkdir()
    tests = pd.DataFrame({"measure": "transactions", "segment": "total", "date": panel.days, "y": 1.0})
    for name, value, names in (("v1", 2.0, {"v2"}), ("v1", 1.0, {"v1", "v2"})):
        tests.assign(y=[value] * 5 + [7.0]).to_parquet(tmp_path / name / BACKTEST)
        forecast_log._learnt.cache_clear()
        panel = Panel((SERIES,), TODAY - dt.timedelta(days=30), np.ones((1, 30)))
        assert set(tracked(engine, version, panel, SERIES)["version_id"]) == names
