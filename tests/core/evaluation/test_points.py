"""Forecasts of counts are whole numbers, by what was known at the cutoff."""

import datetime as dt

import numpy as np
import pandas as pd

from core.evaluation.ahead import forecast_ahead
from core.evaluation.backtest import BASE_COLUMNS, backtest
from core.evaluation.points import Table
from core.models.base import Fold
from core.series.calendar import infer_calendar
from core.series.panel import Panel, Series
from tests.core.models.businesses import START, calendar_of, panel_of, regular

FOLDS = [Fold(START + dt.timedelta(days=days), 7) for days in (99, 149)]


def test_counts_are_what_was_whole_up_to_the_cutoff():
    whole, later, fraction, empty = regular(200), regular(200), regular(200) + 0.5, np.full(200, np.nan)
    later[120] += 0.25
    empty[110:] = 3.0
    table = Table(panel_of(whole, later, fraction, empty), FOLDS, {})
    assert table.counts().reshape(4, 2, 7)[:, :, 0].tolist() == [
        [True, True], [True, False], [False, False], [False, True],
    ]  # fmt: skip


def test_counts_are_forecast_in_whole_numbers_and_amounts_are_not():
    panel = panel_of(regular(200), regular(200, 3, 20.0) + 0.25)
    calendar = calendar_of(panel)
    found = backtest(["weekday_mean"], panel, FOLDS, lambda _: calendar)
    raw = found.base_points["mean"].to_numpy()
    counts = (found.frame["segment"] == "total").to_numpy()
    assert (found.frame["mean"] == np.where(counts, np.rint(raw), raw)).all()
    assert (raw != np.rint(raw)).any()
    nothing = pd.DataFrame(columns=[*BASE_COLUMNS])
    ahead = forecast_ahead(["weekday_mean"], panel, calendar, 7, nothing, workers=1).points
    total = ahead["segment"] == "total"
    assert (ahead.loc[total, "mean"] % 1 == 0).all()
    assert (ahead.loc[~total, "mean"] % 1 != 0).any()


def test_parts_that_add_up_are_not_rounded():
    parts = np.array([regular(200, seed, 20.0) for seed in (1, 2)])
    series = (Series("revenue", "total"), Series("revenue", "country:1"), Series("revenue", "country:2"))
    panel = Panel(series, START, np.vstack([parts.sum(axis=0), parts]))
    calendar = infer_calendar(START, panel.values[0], "GB-ENG")
    frame = backtest(["weekday_mean"], panel, FOLDS, lambda _: calendar).frame
    assert (frame["mean"] % 1 != 0).any()
    sums = frame[frame["segment"] != "total"].groupby(["cutoff", "date"])["mean"].sum()
    totals = frame[frame["segment"] == "total"].set_index(["cutoff", "date"])["mean"]
    np.testing.assert_allclose(sums, totals, rtol=1e-12)
