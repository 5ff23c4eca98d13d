"""Forecasts of a caller's own series: the same as on the command line, in a time that is set."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.commands.backtests import How, panel_forecast
from core.own.forecast import LIGHT, SHORT_TEST, OwnForecast, forecast
from core.own.series import OwnSeries
from core.series.panel import Values

FIRST = dt.date(2022, 1, 3)  # a Monday
WEEK = np.array([1.0, 1.1, 1.2, 1.0, 1.4, 0.5, 0.0])


def made(days: int, seed: int = 1, level: float = 200.0) -> Values:
    """A shop that is closed on Sundays."""
    rng = np.random.default_rng(seed)
    return np.asarray(rng.poisson(level * WEEK[np.arange(days) % 7]), dtype=np.float64)


def series(values: Values, first: dt.date = FIRST) -> OwnSeries:
    known = np.flatnonzero(~np.isnan(values))
    return OwnSeries.of(first.toordinal() + known, values[known])


def one(values: Values, horizon: int = 28, model: str | None = None) -> OwnForecast:
    return forecast([series(values)], horizon, model).forecasts[0]


@pytest.mark.parametrize("model", LIGHT)
def test_the_command_line_gives_the_same(tmp_path: Path, model: str) -> None:
    values, other = made(400), made(300, 2)
    path = tmp_path / "panel.csv"
    frames = [
        pd.DataFrame({"unique_id": name, "ds": pd.date_range(FIRST + dt.timedelta(days=400 - len(y)), periods=len(y)),
                      "y": y})
        for name, y in (("a", values), ("b", other))
    ]  # fmt: skip
    pd.concat(frames).to_csv(path, index=False)
    expected, _ = panel_forecast(path, 28, (model,), How(workers=1, cache=False), lambda *_: None)
    given = [series(values), series(other, FIRST + dt.timedelta(days=100))]
    for name, found in zip("ab", forecast(given, 28, model).forecasts, strict=True):
        rows = expected[expected["unique_id"] == name]
        np.testing.assert_array_equal(found.mean, rows["mean"])
        np.testing.assert_array_equal(found.bounds, rows[["lo80", "hi80", "lo95", "hi95"]])
        assert found.model == model


def test_the_champion_is_the_best_of_the_backtest() -> None:
    """A level that doubled lately: the mean of thirteen weeks lags behind."""
    values = np.concatenate([made(300), made(60, 3, 400.0)])
    found = one(values)
    assert found.model != "weekday_mean"
    assert abs(found.mean.sum() / 4 / (400 * WEEK.sum()) - 1) < 0.1
    # On one level without noise the simplest is as good as any.
    assert one(np.tile(100 * WEEK, 60)).model == "seasonal_naive"


def test_closed_days_are_0_and_intervals_hold_the_forecast() -> None:
    found = one(made(365), 60)
    days = [found.last_day + dt.timedelta(days=n) for n in range(1, 61)]
    np.testing.assert_array_equal(found.is_open, [day.weekday() != 6 for day in days])
    assert (found.mean[~found.is_open] == 0).all()
    assert (found.bounds[~found.is_open] == 0).all()
    low80, high80, low95, high95 = found.bounds.T
    assert (low95 <= low80).all()
    assert (low80 <= found.mean).all()
    assert (found.mean <= high80).all()
    assert (high80 <= high95).all()
    assert any("more than 28 days ahead" in note for note in found.notes)


def test_every_series_ends_on_its_own_day() -> None:
    first, second = series(made(200)), series(made(150, 2))
    both = forecast([first, second], 7).forecasts
    assert [found.last_day for found in both] == [first.last_day, second.last_day]
    alone = forecast([second], 7).forecasts[0]
    np.testing.assert_array_equal(alone.mean, both[1].mean)
    np.testing.assert_array_equal(alone.bounds, both[1].bounds)


def test_when_the_time_is_over_the_cheapest_model_is_taken() -> None:
    ticks = iter(range(100))
    given = [series(made(60 + number, number)) for number in range(3)]
    found = forecast(given, 7, None, None, 1.5, lambda: float(next(ticks)))
    assert found.late
    assert [any("time for one call" in note for note in one.notes) for one in found.forecasts] == [False, False, True]
    assert found.forecasts[2].model == "weekday_mean"
    assert not forecast(given[:1], 7, None, None, 0.0).late


def test_too_short_for_a_test() -> None:
    found = one(made(20), 28)
    assert found.model == "weekday_mean"
    assert any("too few to test" in note for note in found.notes)
    assert one(made(20), 28, "ets").model == "ets"
    middle = one(made(40), 28)
    assert any(f"more than {SHORT_TEST} days ahead" in note for note in middle.notes)


def test_notes_about_the_values() -> None:
    values = made(200)
    values[[100, 101]] = np.nan  # a Wednesday and a Thursday
    values[50] = -3
    notes = one(values).notes
    assert any(note == "Values below 0, taken for 0: 1." for note in notes)
    assert any(note.endswith("taken for unknown: 2.") for note in notes)
    values[np.arange(200) % 7 == 6] = np.nan  # Sundays: closed, nothing is unknown
    assert any(note.endswith("taken for unknown: 2.") for note in one(values).notes)


@pytest.mark.parametrize("values", [np.zeros(100), np.full(100, 7.0), np.full(14, 1e15), np.full(500, 1e-9)])
def test_odd_series(values: Values) -> None:
    for model in (None, *LIGHT):
        found = one(values, 365, model)
        assert np.isfinite(found.mean).all()
        assert np.isfinite(found.bounds).all()
        np.testing.assert_allclose(found.mean[found.is_open], values[-1], rtol=1e-6)


def test_a_few_values_far_apart() -> None:
    values = np.full(400, np.nan)
    values[::28] = 50.0
    found = one(values)
    assert np.isfinite(found.bounds).all()
