"""Injected changes: what they do, what they leave alone, and that parts still sum to their total."""

import datetime as dt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import InputError
from core.monitoring.injection import KINDS, TREND_DAYS, Change, inject_panel
from core.series.days import weekday
from core.series.panel import ADDITIVE_MEASURES, MEASURES, Panel, Series

FIRST = dt.date(2021, 3, 1)
SEGMENTS = ("total", "country:A", "country:B", "country:other")
START = 200
DAY = FIRST + dt.timedelta(days=START)


def shop(days: int = 500, seed: int = 0) -> Panel:
    """Five measures of three countries with their totals, closed on Sundays, quiet on Tuesdays, busy on Fridays."""
    rng = np.random.default_rng(seed)
    profile = np.array([1.0, 0.6, 1.0, 1.0, 1.8, 1.2, 0.0])[np.arange(days) % 7]
    day = 100 * profile * np.exp(rng.normal(0, 0.15, days))
    parts = np.array([0.6, 0.3, 0.1])[:, None] * day * np.exp(rng.normal(0, 0.05, (3, days)))
    values = []
    for factor in (1.0, 0.2, 10.0, 25.0, 0.15):
        values += [factor * parts.sum(axis=0), *(factor * parts)]
    series = tuple(Series(measure, segment) for measure in MEASURES for segment in SEGMENTS)
    return Panel(series, FIRST, np.array(values))


def opened(panel: Panel) -> np.ndarray:
    return weekday(panel.days) != 6


def injected(kind: str, size: float, seed: int = 0) -> tuple[Panel, Panel]:
    panel = shop()
    return panel, inject_panel(panel, opened(panel), Change(kind, DAY, size), seed)


@settings(max_examples=60, deadline=None)
@given(
    kind=st.sampled_from(KINDS),
    size=st.floats(0.01, 1.0),
    start=st.integers(70, 520),
    seed=st.integers(0, 5),
)
def test_days_before_are_the_same_and_parts_sum_up(kind: str, size: float, start: int, seed: int) -> None:
    panel = shop()
    change = Change(kind, FIRST + dt.timedelta(days=start), size)
    made = inject_panel(panel, opened(panel), change, seed)
    again = inject_panel(panel, opened(panel), change, seed)
    assert (made.series, made.first_day, made.n_days) == (panel.series, panel.first_day, panel.n_days)
    assert np.array_equal(made.values[:, :start], panel.values[:, :start])
    assert np.array_equal(made.values, again.values)
    assert (made.values >= 0).all()
    for measure in ADDITIVE_MEASURES:
        total, *parts = (made[Series(measure, segment)] for segment in SEGMENTS)
        np.testing.assert_allclose(np.sum(parts, axis=0), total, rtol=1e-9, atol=1e-9)
    assert not made.values[:, ~opened(panel)].any()  # closed days stay closed


@pytest.mark.parametrize(
    ("kind", "factors"),
    [
        ("level", (1.2, 1.2, 1.2, 1.2, 1.2)),
        ("duplicates", (1.2, 1.0, 1.2, 1.2, 1.0)),
        ("returns", (0.9, 1.0, 0.8, 0.8, 1.0)),
        ("currency", (1.0, 1.0, 1.0, 1.2, 1.0)),
    ],
)
def test_factors_by_measure(kind: str, factors: tuple[float, ...]) -> None:
    panel, made = injected(kind, 0.2)
    traded = opened(panel)
    traded[:START] = False
    for measure, factor in zip(MEASURES, factors, strict=True):
        for segment in SEGMENTS:
            one = Series(measure, segment)
            np.testing.assert_allclose(made[one][traded] / panel[one][traded], factor)


def test_a_trend_grows_evenly_and_then_stays() -> None:
    panel, made = injected("trend", -0.5)
    ratio = (made.values[0] / np.where(panel.values[0] > 0, panel.values[0], np.nan))[START:]
    expected = 1 - 0.5 * np.minimum(np.arange(1, len(ratio) + 1) / TREND_DAYS, 1)
    there = ~np.isnan(ratio)
    np.testing.assert_allclose(ratio[there], expected[there])


def misses(values: np.ndarray, is_open: np.ndarray) -> np.ndarray:
    """The log of every open day less the mean of its last four same weekdays, NaN elsewhere: a plain loop."""
    log, found = np.log1p(values), np.full(len(values), np.nan)
    for day in range(len(values)):
        before = [other for other in range(day - 7, -1, -7) if is_open[other]][:4]
        if is_open[day] and len(before) == 4:
            found[day] = log[day] - np.mean(log[before])
    return found


def test_variance_grows_by_the_factor() -> None:
    panel = shop(2000)
    made = inject_panel(panel, opened(panel), Change("variance", DAY, 1.0), 3)
    before, after = (misses(one[Series("transactions")], opened(panel)) for one in (panel, made))
    assert np.nanstd(after[START + 28 :]) / np.nanstd(before) == pytest.approx(2.0, rel=0.08)
    assert made.values[0, START:].mean() == pytest.approx(panel.values[0, START:].mean(), rel=0.03)


def test_weekday_moves_within_the_week() -> None:
    panel, made = injected("weekday", 0.5)
    weeks = slice(203, 203 + 7 * 40)  # day 203 is a Monday
    before, after = (one.values[:, weeks].reshape(len(one.series), -1, 7) for one in (panel, made))
    np.testing.assert_allclose(after.sum(axis=2), before.sum(axis=2))
    np.testing.assert_allclose(after[:, :, 4], before[:, :, 4] / 2)
    np.testing.assert_allclose(after[:, :, 1], before[:, :, 1] + before[:, :, 4] / 2)
    assert np.array_equal(after[:, :, [0, 2, 3, 5, 6]], before[:, :, [0, 2, 3, 5, 6]])


def test_mix_keeps_the_total_and_takes_from_the_largest() -> None:
    panel, made = injected("mix", 0.25)
    for measure in MEASURES:
        assert np.array_equal(made[Series(measure)], panel[Series(measure)])
    largest = Series("revenue", "country:A")
    np.testing.assert_allclose(made[largest][START:], 0.75 * panel[largest][START:])
    gained = (made[Series("revenue", "country:B")] - panel[Series("revenue", "country:B")])[START:].sum()
    assert gained / (0.25 * panel[largest][START:].sum()) == pytest.approx(0.75, abs=0.01)


def test_missing_days_are_missing_everywhere() -> None:
    panel, made = injected("missing_days", 0.3)
    gone = (made.values == 0).all(axis=0) & opened(panel)
    assert gone[START:].sum() / opened(panel)[START:].sum() == pytest.approx(0.3, abs=0.06)
    assert np.array_equal(made.values[:, ~gone], panel.values[:, ~gone])


@pytest.mark.parametrize(
    ("kind", "size"),
    [("flood", 0.1), ("level", -1.0), ("level", 0.0), ("level", float("nan")), ("mix", 1.5), ("variance", -0.2)],
)
def test_changes_that_are_not_possible(kind: str, size: float) -> None:
    with pytest.raises(InputError):
        Change(kind, DAY, size)


def test_the_hint_says_how_a_size_is_written() -> None:
    with pytest.raises(InputError, match=r"Use more than 0 and at most 1: 0.3 is 30 %"):
        Change("mix", DAY, 30.0)
    with pytest.raises(InputError, match=r"Use more than -1 and at most 10, not 0: 0.3 is 30 %"):
        Change("level", DAY, 0.0)


def test_what_is_measured_before_must_be_there() -> None:
    panel = shop()
    for kind in ("variance", "weekday", "mix"):
        with pytest.raises(InputError, match="before the change"):
            inject_panel(panel, opened(panel), Change(kind, FIRST, 0.2))
    alone = panel.select([Series("transactions")])
    with pytest.raises(InputError, match="no two countries"):
        inject_panel(alone, opened(alone), Change("mix", DAY, 0.2))
