"""What drives the forecast: from a real training of trees, and by hand."""

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.config import Config
from core.lifecycle.drivers import AGREED, explained
from core.lifecycle.recipe import Recipe
from core.lifecycle.registry import Registry
from core.lifecycle.serving import forecast_table
from core.lifecycle.training import train
from core.lifecycle.version import DRIVERS, Version
from core.models.xgb import TOTAL_DAYS
from core.models.xgb_drivers import FAMILIES, LEVEL
from core.series.panel import Series
from core.transactions.load import prepare
from tests.core.lifecycle.conftest import MANIFEST, fill
from tests.core.lifecycle.shop import write_shop

SERIES = Series("transactions")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Version:
    folder = tmp_path_factory.mktemp("trees")
    config = Config(data_dir=folder / "data")
    prepare(config, write_shop(folder / "shop.csv", 200))
    return train(config, recipe=Recipe(models=("xgboost",), folds=1))


def test_the_stored_reasons_add_up_to_the_stored_forecast(trained: Version) -> None:
    frame = trained.drivers()
    assert frame is not None
    assert list(frame.columns) == ["model", "measure", "segment", "date", LEVEL, *FAMILIES]
    for series in trained.series():
        mine = frame[(frame["measure"] == series.measure) & (frame["segment"] == series.segment)]
        table = forecast_table(trained, series).head(TOTAL_DAYS)
        there = table[table["open"]]
        assert mine["date"].tolist() == there["date"].tolist()
        total = np.expm1(mine[[LEVEL, *FAMILIES]].sum(axis=1))
        np.testing.assert_allclose(total, there["mean"], rtol=1e-4)


def test_a_day_and_a_period_are_explained(trained: Version) -> None:
    table = forecast_table(trained, SERIES)
    first = table[table["open"]].iloc[0]
    one = explained(trained, SERIES, "xgboost", 28, first["date"].date())
    assert one is not None
    assert (one.days, one.first, one.last) == (1, first["date"].date(), first["date"].date())
    assert one.forecast == pytest.approx(first["mean"])
    assert np.log1p(one.level) + sum(one.parts.values()) == pytest.approx(np.log1p(one.forecast))
    assert abs(one.parts[AGREED]) < 1e-4
    period = explained(trained, SERIES, "xgboost", 10)
    opened = table.head(10)[table["open"].head(10)]
    assert period is not None
    assert period.days == len(opened)
    assert period.forecast == pytest.approx(np.expm1(np.log1p(opened["mean"]).mean()))
    closed = table[~table["open"]]["date"].iloc[0].date()
    far = trained.origin + dt.timedelta(days=TOTAL_DAYS + 7)
    for day in (closed, far, trained.origin):
        assert explained(trained, SERIES, "xgboost", 28, day) is None


def test_another_model_and_what_was_changed_afterwards(registry: Registry) -> None:
    with registry.workspace() as folder:
        fill(folder)
        day = np.datetime64("2011-12-09", "ns")
        row = {
            "model": "seasonal_naive",
            "measure": "transactions",
            "segment": "total",
            "date": day,
            LEVEL: np.log1p(50),
        }
        parts = dict.fromkeys(FAMILIES, 0.0) | {"weekday": np.log(1.5)}
        pd.DataFrame([{**row, **parts}]).to_parquet(folder / DRIVERS)
        version = registry.publish(folder, dict(MANIFEST))
    found = explained(version, SERIES, "sarima", 28)
    assert found is not None
    assert (found.level, found.forecast, found.shown) == (pytest.approx(50), pytest.approx(100), pytest.approx(101))
    assert found.parts[AGREED] == pytest.approx(np.log(101 / 51) - np.log(1.5))
    assert explained(version, Series("revenue", "country:France"), "sarima", 28) is None


def test_versions_without_the_file_say_so(registry: Registry, tmp_path: Path) -> None:
    with registry.workspace() as folder:
        fill(folder)
        version = registry.publish(folder, dict(MANIFEST))
    assert version.drivers() is None
    assert explained(version, SERIES, "sarima", 28) is None
