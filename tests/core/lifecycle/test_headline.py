"""The numbers of the sentences, against plain slow arithmetic."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.lifecycle import headline

ORIGIN = dt.date(2011, 12, 8)


def forecast(means: list[float], closed: dict[int, str]) -> pd.DataFrame:
    days = pd.date_range(ORIGIN + dt.timedelta(days=1), periods=len(means))
    opened = [i not in closed for i in range(len(means))]
    values = [mean if is_open else 0.0 for mean, is_open in zip(means, opened, strict=True)]
    reasons = [closed.get(i, "") for i in range(len(means))]
    return pd.DataFrame({"date": days, "mean": values, "open": opened, "reason": reasons})


def history(length: int) -> tuple[np.ndarray, np.ndarray]:
    last = np.datetime64(ORIGIN, "D")
    return last - np.arange(length)[::-1], np.arange(length, dtype=float)


def test_outlook() -> None:
    table = forecast([10, 20, 5, 30], {1: "weekday:Saturday"})
    seen = headline.outlook(table, *history(400), 4)
    assert (seen.total, seen.open_days, seen.per_open_day) == (45, 3, 15)
    assert seen.busiest == headline.Peak(dt.date(2011, 12, 12), 30)
    assert seen.quietest == headline.Peak(dt.date(2011, 12, 11), 5)
    assert seen.closed == (headline.ClosedDay(dt.date(2011, 12, 10), "weekday:Saturday"),)
    days, values = history(400)
    known = dict(zip(days.tolist(), values, strict=True))
    ahead = [ORIGIN + dt.timedelta(days=i) for i in range(1, 5)]
    assert seen.year_ago == sum(known[day - dt.timedelta(days=364)] for day in ahead)
    assert seen.before == sum(known[ORIGIN - dt.timedelta(days=i)] for i in range(4))
    assert seen.change == pytest.approx(45 / seen.year_ago - 1)


def test_outlook_without_history_or_open_days() -> None:
    table = forecast([1, 2], {0: "shutdown", 1: "shutdown"})
    seen = headline.outlook(table, *history(1), 2)
    assert (seen.busiest, seen.quietest, seen.year_ago, seen.before, seen.change) == (None,) * 5
    assert seen.per_open_day == 0
    with pytest.raises(ValueError, match="horizon"):
        headline.outlook(table, *history(1), 3)


def test_typical_error() -> None:
    backtest = pd.DataFrame(
        {
            "cutoff": ["a", "a", "b", "b", "c"],
            "horizon": [1, 2, 1, 2, 1],
            "y": [100.0, 100.0, 50.0, 150.0, 0.0],
            "mean": [110.0, 90.0, 70.0, 170.0, 5.0],
        }
    )
    seen = headline.typical_error(backtest, 28)
    assert seen == headline.TypicalError(2, 2, pytest.approx((0 + 40 / 200) / 2), pytest.approx(60 / 400))
    assert headline.typical_error(backtest, 1).total == pytest.approx((10 / 100 + 20 / 50) / 2)
    assert headline.typical_error(backtest[backtest["y"] == 0], 28) is None


@given(st.lists(st.tuples(st.floats(0, 1e6), st.booleans()), min_size=1, max_size=80), st.integers(1, 40))
def test_smooth_is_the_mean_of_open_days_in_the_window(rows: list[tuple[float, bool]], window: int) -> None:
    values, is_open = (np.array(column) for column in zip(*rows, strict=True))
    smoothed = headline.smooth(values.astype(float), is_open.astype(bool), window)
    for i in range(len(rows)):
        inside = [value for value, opened in rows[max(0, i - window + 1) : i + 1] if opened]
        if i < window // 2 or not inside:
            assert np.isnan(smoothed[i])
        else:
            assert smoothed[i] == pytest.approx(np.mean(inside), rel=1e-6, abs=1e-6)


def test_weekly_totals() -> None:
    assert headline.weekly_totals(np.arange(17.0), 5).tolist() == [sum(range(3, 10)), sum(range(10, 17))]
    assert headline.weekly_totals(np.arange(17.0), 1).tolist() == [sum(range(10, 17))]
    assert headline.weekly_totals(np.arange(3.0), 4).size == 0


def test_monthly_and_spread() -> None:
    days = np.arange("2011-01-30", "2011-02-03", dtype="datetime64[D]")
    values, is_open = np.array([1.0, 2.0, 0.0, 4.0]), np.array([True, True, False, True])
    months = headline.monthly(days, values, is_open)
    assert months["total"].tolist() == [3, 4]
    assert months["open_days"].tolist() == [2, 1]
    assert months["per_open_day"].tolist() == [1.5, 4]
    seen = headline.spread(days, values, is_open)
    assert (seen.open_days, seen.closed_days, seen.mean) == (3, 1, pytest.approx(7 / 3))
    assert seen.best == headline.Peak(dt.date(2011, 2, 2), 4)
    assert headline.spread(days, values, ~np.ones(4, bool)).best is None


def test_lead_and_fold_errors() -> None:
    board = pd.DataFrame({"model": ["a", "b", "c"], "wape": [0.3, 0.2, np.nan]})
    assert headline.lead(board) == headline.Lead("b", 0.2, "a", pytest.approx(1 / 3))
    assert headline.lead(board[:1]) == headline.Lead("a", 0.3, None, None)
    assert headline.lead(board[2:]) is None
    rows = pd.DataFrame(
        {"model": ["a", "a", "b"], "cutoff": [1, 1, 1], "y": [100.0, 100.0, 0.0], "mean": [90.0, 120.0, 1.0]}
    )
    errors = headline.fold_errors(rows).set_index("model")["wape"]
    assert errors["a"] == pytest.approx(30 / 200)
    assert np.isnan(errors["b"])


def board_of(tied: list[bool], p_best: list[float]) -> pd.DataFrame:
    return pd.DataFrame({"model": ["c", "a", "b"], "wape": [0.4, 0.2, 0.3], "tied": tied, "p_best": p_best})


@pytest.mark.parametrize(
    ("tied", "p_best", "real", "names"),
    [
        ([False, True, False], [0.01, 1.0, 0.02], True, ()),
        ([False, True, True], [0.01, 1.0, 0.3], False, ("b",)),
        ([True, True, True], [0.2, 1.0, 0.3], False, ("b", "c")),
        ([True, True, False], [0.2, 1.0, 0.05], True, ("c",)),  # the third varies more than the second
        ([False, False, True], [0.01, 0.05, 1.0], False, ("b",)),  # scored on other days than the leader
        ([True, True, True], [np.nan] * 3, None, ("b", "c")),  # too few folds to tell
    ],
)
def test_is_the_lead_real(tied: list[bool], p_best: list[float], real: bool | None, names: tuple[str, ...]) -> None:
    seen = headline.lead(board_of(tied, p_best))
    assert seen == headline.Lead("a", 0.2, "b", pytest.approx(1 / 3), real, names)
    assert seen.real is real


def test_lead_without_a_second() -> None:
    board = board_of([True] * 3, [1.0] * 3)
    assert headline.lead(board[1:2]) == headline.Lead("a", 0.2, None, None, None, ())
    exact = board.assign(wape=0.0)
    assert headline.lead(exact) == headline.Lead("c", 0.0, None, None, None, ("a", "b"))


def test_waterfall_adds_up() -> None:
    steps = headline.waterfall_steps(100, [("duplicate", 10, True), ("product", 0, False), ("price", 5, True)])
    assert [step.left for step in steps] == [90, 90, 85]
    assert steps[2].share == 0.05
    assert headline.waterfall_steps(0, [("price", 0, True)])[0].share == 0
