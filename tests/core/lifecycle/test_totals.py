"""Totals of a version: the same as from its frames, kept, and honest where it has no backtest."""

import numpy as np
import pandas as pd
import pytest

from core.evaluation.totals import factors, total_interval, total_scores
from core.lifecycle.registry import Registry
from core.lifecycle.serving import forecast_table
from core.lifecycle.totals import kept_promise, period_total
from core.lifecycle.version import BACKTEST, Version
from core.series.panel import Series
from tests.core.lifecycle.conftest import MANIFEST, fill

SERIES = Series("transactions")


def past_of(folds: int) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    frames = []
    for fold in range(folds):
        cutoff = pd.Timestamp("2011-01-01") + pd.Timedelta(days=14 * fold)
        for model in ("sarima", "seasonal_naive"):
            y = 100 * rng.uniform(0.8, 1.3, 14)
            frames.append(
                pd.DataFrame(
                    {
                        "model": model, "measure": "transactions", "segment": "total", "cutoff": cutoff,
                        "date": cutoff + pd.to_timedelta(np.arange(1, 15), "D"), "horizon": np.arange(1, 15), "y": y,
                        "mean": 100.0, "lo80": 80.0, "hi80": 130.0, "lo95": 60.0, "hi95": 150.0, "open": True,
                        "scale": 1.0,
                    }
                )
            )  # fmt: skip
    columns = ["model", "measure", "segment", "cutoff", "date", "horizon", "y", "mean", "lo80", "hi80", "open", "scale"]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=columns)


def version_of(registry: Registry, folds: int) -> Version:
    with registry.workspace() as folder:
        fill(folder)
        past_of(folds).to_parquet(folder / BACKTEST)
        return registry.publish(folder, dict(MANIFEST))


@pytest.mark.parametrize("horizon", [1, 14, 90])
def test_a_total_is_that_of_its_frames(registry: Registry, horizon: int) -> None:
    version = version_of(registry, 20)
    rows = past_of(20)
    by = factors(total_scores(rows[rows["model"] == "sarima"], min(horizon, 14)), SERIES)
    wanted = total_interval(forecast_table(version, SERIES), by, horizon)
    assert period_total(version, SERIES, horizon) == wanted
    assert period_total(version, SERIES, horizon, "seasonal_naive") != wanted
    kept = kept_promise(version, SERIES, horizon)
    assert kept.periods == 19
    assert kept.days == min(horizon, 14)
    assert 9 < kept.inside <= 19


def test_without_a_backtest_the_daily_bounds_are_added_up(registry: Registry) -> None:
    version = version_of(registry, 0)
    table = forecast_table(version, SERIES).head(7)
    assert period_total(version, SERIES, 7)[80] == pytest.approx((table["lo80"].sum(), table["hi80"].sum()))
    assert kept_promise(version, SERIES, 7).periods == 0
