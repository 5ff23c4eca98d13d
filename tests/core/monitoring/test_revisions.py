"""How the forecast of a day changed: what the log holds, tests where it holds nothing, and the newest of all."""

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import Engine, insert

from core.lifecycle.registry import Registry
from core.lifecycle.version import BACKTEST, Version
from core.monitoring.revisions import revisions
from core.series.panel import Panel, Series
from core.state.engine import open_engine, writing
from core.state.tables import FORECAST_LOG
from tests.core.lifecycle.conftest import MANIFEST, fill
from tests.core.lifecycle.test_totals import past_of

SERIES = Series("transactions")
ORIGIN = dt.date(2011, 12, 8)
DAY = dt.date(2011, 12, 15)


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return open_engine(f"sqlite:///{tmp_path / 'state.sqlite'}")


@pytest.fixture
def version(tmp_path: Path) -> Version:
    from core.config import Config

    registry = Registry(Config(data_dir=tmp_path / "data"))
    with registry.workspace() as folder:
        fill(folder)
        rows = past_of(20).assign(scale2=1.0)
        rows.to_parquet(folder / BACKTEST)
        return registry.publish(folder, dict(MANIFEST))


def panel(last: dt.date) -> Panel:
    count = (last - dt.date(2010, 1, 1)).days + 1
    return Panel((SERIES,), dt.date(2010, 1, 1), np.arange(count, dtype=float)[None, :])


def log(engine: Engine, name: str, origin: dt.date, mean: float) -> None:
    row = {
        "version_id": name, "origin": origin, "made_at": dt.datetime(2011, 12, 8, tzinfo=dt.UTC), "series": str(SERIES),
        "model": "sarima", "target": DAY, "horizon": (DAY - origin).days, "mean": mean, "lo80": mean - 1,
        "hi80": mean + 1, "lo95": mean - 2, "hi95": mean + 2,
    }  # fmt: skip
    with writing(engine) as connection:
        connection.execute(insert(FORECAST_LOG), [row])


def test_what_was_in_use_and_the_newest(engine: Engine, version: Version) -> None:
    log(engine, "old", ORIGIN - dt.timedelta(days=3), 80.0)
    log(engine, "older", ORIGIN - dt.timedelta(days=9), 70.0)
    found = revisions(engine, version, panel(ORIGIN), SERIES, DAY)
    assert found["version_id"].tolist() == ["older", "old", version.id]
    assert found["mean"].tolist() == [70.0, 80.0, 107.0]
    assert found["horizon"].tolist() == [16, 10, 7]
    assert not found["stand_in"].any()
    assert found["y"].isna().all()
    log(engine, version.id, ORIGIN, 107.0)  # as the next look does: it is not shown twice
    again = revisions(engine, version, panel(DAY), SERIES, DAY)
    assert again["version_id"].tolist() == ["older", "old", version.id]
    assert again["y"].tolist() == [float((DAY - dt.date(2010, 1, 1)).days)] * 3


def test_a_past_day_has_its_test(engine: Engine, version: Version) -> None:
    found = revisions(engine, version, panel(ORIGIN), SERIES, dt.date(2011, 2, 3))
    assert found["stand_in"].tolist() == [True]
    assert found["origin"].tolist() == [pd.Timestamp("2011-01-29")]
    assert found["mean"].tolist() == [100.0]
    assert found["y"].tolist() == [float((dt.date(2011, 2, 3) - dt.date(2010, 1, 1)).days)]


def test_a_day_without_any(engine: Engine, version: Version) -> None:
    for day in (dt.date(2010, 5, 1), dt.date(2013, 1, 1), ORIGIN):
        assert revisions(engine, version, panel(ORIGIN), SERIES, day).empty
