"""Intervals of totals: a slow plain calculation, coverage on simulated truth, nothing from the future."""

import numpy as np
import pandas as pd
import pytest

from core.evaluation.calibration import quantile_widths
from core.evaluation.totals import OWN_SCORES, factors, total_interval, total_scores, totals_in_time
from core.series.panel import Series

TOTAL, PART = Series("revenue"), Series("revenue", "country:France")
HORIZON = 14


def simulated(folds, level=0.1, day=0.3, seed=0, series=(TOTAL,), bias=0.0):
    """A backtest whose totals err by the fold's level (±``level``) and by what is left of daily noise (±``day``).

    The daily bounds are those of both together, so they are right for days.
    """
    rng = np.random.default_rng(seed)
    steps = np.arange(1, HORIZON + 1)
    is_open = steps % 7 != 0
    width = 1.2816 * np.hypot(level, day)
    frames = []
    for one in series:
        for fold in range(folds):
            cutoff = pd.Timestamp("2020-01-01") + pd.Timedelta(days=HORIZON * fold)
            errors = bias + rng.normal(0, level) + rng.normal(0, day, HORIZON)
            frames.append(
                pd.DataFrame(
                    {
                        "measure": one.measure, "segment": one.segment, "cutoff": cutoff, "horizon": steps,
                        "date": cutoff + pd.to_timedelta(steps, "D"), "open": is_open, "scale": 1.0,
                        "y": np.where(is_open, 100 * (1 + errors), 0.0), "mean": np.where(is_open, 100.0, 0.0),
                        "lo80": np.where(is_open, 100 * (1 - width), 0.0),
                        "hi80": np.where(is_open, 100 * (1 + width), 0.0),
                    }
                )
            )  # fmt: skip
    return pd.concat(frames, ignore_index=True)


def slow_scores(rows, days):
    found = []
    for _, fold in rows.groupby("cutoff"):
        miss = room_below = room_above = 0.0
        for _, day in fold.iterrows():
            if day["horizon"] <= days:
                miss += day["y"] - day["mean"]
                room_below += day["mean"] - day["lo80"]
                room_above += day["hi80"] - day["mean"]
        found.append(miss / (room_above if miss >= 0 else room_below))
    return found


@pytest.mark.parametrize("days", [1, 6, 9, HORIZON, 90])
def test_scores_are_errors_of_totals_in_daily_bounds(days):
    rows = simulated(5)
    scores = total_scores(rows, days)
    assert scores["score"].tolist() == pytest.approx(slow_scores(rows, days))
    assert (scores["end"] - scores["cutoff"]).dt.days.eq(HORIZON).all()


def test_intervals_hold_what_they_promise_and_are_narrower_than_the_sums_of_daily_bounds():
    rows = simulated(400, seed=3)
    shown = totals_in_time(total_scores(rows, HORIZON)).iloc[50:]
    for level, slack in ((80, 0.06), (95, 0.035)):
        inside = (shown["y"] >= shown[f"lo{level}"]) & (shown["y"] <= shown[f"hi{level}"])
        assert inside.mean() == pytest.approx(level / 100, abs=slack)
    truth = 1.2816 * 12 * 100 * np.hypot(0.1, 0.3 / np.sqrt(12))
    table = rows[rows["cutoff"] == rows["cutoff"].max()]
    low, high = total_interval(table, factors(total_scores(rows, HORIZON), TOTAL))[80]
    assert (high - low) / 2 == pytest.approx(truth, rel=0.15)
    assert high - low < 0.6 * (table["hi80"].sum() - table["lo80"].sum())


def test_a_model_that_runs_too_low_gets_a_longer_upper_side():
    rows = simulated(40, bias=0.15)
    table = rows.head(HORIZON)
    low, high = total_interval(table, factors(total_scores(rows, HORIZON), TOTAL))[80]
    total = table["mean"].sum()
    assert low <= total <= high
    assert high - total > 2 * (total - low)


def test_later_folds_change_nothing_of_earlier_intervals():
    rows = simulated(30, series=(TOTAL, PART))
    changed = rows.copy()
    last = changed["cutoff"] >= changed["cutoff"].unique()[20]
    changed.loc[last, "y"] *= 9
    names = ["lo80", "hi80", "lo95", "hi95"]
    before, after = (totals_in_time(total_scores(one, 7)) for one in (rows, changed))
    known = before["cutoff"] <= rows["cutoff"].unique()[20]
    pd.testing.assert_frame_equal(before.loc[known, names], after.loc[known, names])
    assert not before.loc[~known, names].equals(after.loc[~known, names])


def test_few_scores_are_pooled_with_series_of_the_same_kind():
    other, parts = Series("orders"), [Series("revenue", f"country:{n}") for n in range(4)]
    few = total_scores(simulated(OWN_SCORES - 1, series=(TOTAL, other, *parts)), 7)
    assert (factors(few, TOTAL) == factors(few, other)).all()
    assert not (factors(few, TOTAL) == factors(few, parts[0])).any()
    totals = few[few["segment"] == "total"]["score"].to_numpy()
    assert (factors(few, TOTAL) == quantile_widths(totals, np.array([0.2, 0.05]), 1.0)).all()
    many = total_scores(simulated(OWN_SCORES, series=(TOTAL, other, *parts)), 7)
    assert not (factors(many, TOTAL) == factors(many, other)).all()


def test_without_past_totals_the_daily_bounds_are_added_up():
    rows = simulated(3)
    found = total_interval(rows.head(HORIZON), factors(total_scores(rows, 7), TOTAL), 6)
    assert found[80] == pytest.approx((rows["lo80"].head(6).sum(), rows["hi80"].head(6).sum()))
    assert found[95][0] < found[80][0] < found[80][1] < found[95][1]
    empty = total_scores(rows.head(0), 7)
    assert empty.empty
    assert (factors(empty, TOTAL) == factors(total_scores(rows, 7), TOTAL)).all()
    assert totals_in_time(empty).empty


def test_what_is_not_known_does_not_count():
    rows = simulated(12)
    cutoffs = rows["cutoff"].unique()
    rows.loc[(rows["cutoff"] == cutoffs[0]) & (rows["horizon"] == 3), "y"] = np.nan  # an open day without a value
    rows.loc[(rows["cutoff"] == cutoffs[1]) & (rows["horizon"] == 7), "y"] = np.nan  # a closed one
    rows.loc[rows["cutoff"] == cutoffs[2], "scale"] = np.nan  # nothing was known of the series
    gone = rows["cutoff"] == cutoffs[3]
    rows.loc[gone, ["y", "mean", "lo80", "hi80"]] = 0.0  # closed throughout
    rows = rows[(rows["cutoff"] != cutoffs[4]) | (rows["horizon"] <= 5)]  # a shorter fold
    assert set(cutoffs) - set(total_scores(rows, 7)["cutoff"]) == {cutoffs[0], cutoffs[2], cutoffs[3], cutoffs[4]}
    assert len(total_scores(rows, 2)) == 10


def test_closed_periods_are_zero_and_nothing_falls_below_it():
    scores = total_scores(simulated(10, day=3.0), 7)
    closed = pd.DataFrame({"mean": [0.0, 0.0], "lo80": [0.0, 0.0], "hi80": [0.0, 0.0]})
    assert total_interval(closed, factors(scores, TOTAL)) == {80: (0.0, 0.0), 95: (0.0, 0.0)}
    wide = pd.DataFrame({"mean": [10.0], "lo80": [0.0], "hi80": [90.0]})
    assert total_interval(wide, np.full((2, 2), 3.0), levels=[95]) == {95: (0.0, 250.0)}


def test_bounds_of_next_to_nothing_do_not_make_totals_boundless():
    """Four of twelve parts had hardly traded: bounds as wide as rounding errs, and then some trade came."""
    parts = [Series("revenue", f"country:{n}") for n in range(12)]
    rows = simulated(8, series=parts).assign(scale=30.0)
    table = rows.head(HORIZON)
    quiet = rows["segment"].isin([one.segment for one in parts[:4]]) & rows["open"]
    rows.loc[quiet, ["mean", "lo80"]] = 1e-13, 0.0
    rows.loc[quiet, "hi80"] = 2e-13
    rows.loc[quiet, "y"] = np.where(rows.loc[quiet, "horizon"] == 3, 150.0, 0.0)
    scores = total_scores(rows, HORIZON)
    of_quiet = scores[scores["segment"].isin([one.segment for one in parts[:4]])]["score"]
    assert of_quiet.to_numpy() == pytest.approx(150 / (0.5 * 30 * np.sqrt(12)))
    assert total_interval(table, factors(scores, parts[5]))[95][1] < 5 * table["hi80"].sum()
