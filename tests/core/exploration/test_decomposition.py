"""Trend, week and year: what was put in comes out, as STL has it, gaps and far days or not."""

from __future__ import annotations

import numpy as np
import pytest

from core.exploration.anomalies import FAR, odd_days, scores
from core.exploration.decomposition import LocalLines, decompose, strength, trend_lines
from core.series.days import day_range, weekday
from core.series.panel import Days, Values

FIRST = np.datetime64("2020-01-06").item()  # a Monday
WEEK = np.array([1.2, 1.1, 1.0, 1.05, 0.95, 0.8, 0.9])
WEEK = WEEK / np.exp(np.log(WEEK).mean())


def made(n_days: int, noise: float = 0.05, seed: int = 0) -> tuple[Days, Values, Values, Values]:
    """Days, values, trend and year of a business that grows by a third in four years."""
    days, number = day_range(FIRST, n_days), np.arange(n_days)
    trend = 100 * np.exp(0.3 * number / 1461)
    year = np.exp(0.25 * np.sin(2 * np.pi * number / 365.25))
    chance = np.random.default_rng(seed).normal(0, noise, n_days)
    return days, trend * WEEK[weekday(days)] * year * np.exp(chance), trend, year


def test_parts_are_found():
    days, values, trend, year = made(1461)
    found = decompose(days, values, np.ones(1461, bool))
    assert found.factors
    np.testing.assert_allclose(found.by_weekday, WEEK, rtol=0.02)
    np.testing.assert_allclose(found.trend, trend, rtol=0.04)
    np.testing.assert_allclose(found.year, year, rtol=0.05)
    np.testing.assert_allclose(found.trend * found.week * found.year * found.rest, values)
    assert min(found.strength.values()) > 0.5


def test_near_stl():
    from statsmodels.tsa.seasonal import STL

    days, values, _, _ = made(500, seed=1)
    found = decompose(days, values, np.ones(500, bool))
    other = STL(np.log(values), period=7, trend=91, seasonal=501, robust=True).fit()
    assert found.year is None  # less than two years
    np.testing.assert_allclose(np.log(found.trend), other.trend, atol=0.025)
    np.testing.assert_allclose(np.log(found.week), other.seasonal, atol=0.03)


def test_near_the_classical_decomposition():
    from statsmodels.tsa.seasonal import seasonal_decompose

    days, values, _, _ = made(364, seed=2)
    found = decompose(days, values, np.ones(364, bool))
    other = seasonal_decompose(values, model="multiplicative", period=7)
    np.testing.assert_allclose(found.week, other.seasonal, rtol=0.03)
    middle = slice(3, -3)
    np.testing.assert_allclose(found.trend[middle], other.trend[middle], rtol=0.09)  # theirs is of seven days only


def test_closed_days_are_gaps_and_far_days_count_little():
    days, values, trend, _ = made(1461, noise=0.03)
    known = weekday(days) != 5
    known[355:366] = False
    values = np.where(known, values, 0.0)
    values[[100, 700, 1200]] *= 30
    found = decompose(days, values, known)
    assert np.isnan(found.by_weekday[5])
    open_days = np.delete(np.arange(7), 5)
    without = np.log(WEEK[open_days])
    np.testing.assert_allclose(np.log(found.by_weekday[open_days]), without - without.mean(), atol=0.02)
    np.testing.assert_allclose(found.trend, trend * np.exp(without.mean()), rtol=0.04)
    assert np.isnan(found.rest[355])
    assert [one.index for one in odd_days(days, values, found)][:1] == [100]
    assert {100, 700, 1200} <= {one.index for one in odd_days(days, values, found)}


def test_sums_where_values_fall_below_zero():
    days, number = day_range(FIRST, 200), np.arange(200)
    week = np.array([3.0, 1, 0, 0, -1, -1, -2])
    found = decompose(days, 1 + 0.01 * number + week[weekday(days)], np.ones(200, bool))
    assert not found.factors
    np.testing.assert_allclose(found.by_weekday, week, atol=0.02)
    np.testing.assert_allclose(found.trend, 1 + 0.01 * number, atol=0.05)


@pytest.mark.parametrize("values", [np.arange(1.0, 28.0), np.full(100, 7.0), np.full(60, np.nan)])
def test_too_little_to_tell(values):
    assert decompose(day_range(FIRST, values.size), values, ~np.isnan(values)) is None


def test_a_weekday_seen_once_is_no_part_of_the_rhythm():
    days, values, _, _ = made(120)
    known = (weekday(days) != 6) | (np.arange(120) == 34)
    found = decompose(days, values, known)
    assert np.isnan(found.by_weekday[6])
    assert np.isfinite(found.expected).all()


def test_local_lines_follow_a_line_everywhere():
    number = np.arange(300.0)
    lines = trend_lines(number, 91)
    np.testing.assert_allclose(lines.of(5 + 0.3 * number, np.ones(300)), 5 + 0.3 * lines.at)
    circle = LocalLines(np.array([0.0, 9.5]), np.arange(10.0), np.full(2, 3.0), 10)
    np.testing.assert_allclose(circle.of(np.full(10, 4.0), np.ones(10)), [4, 4])
    assert np.isnan(circle.of(np.ones(10), np.zeros(10))).all()


def test_strength_is_the_share_of_the_part():
    chance = np.random.default_rng(5)
    rest, part = chance.normal(0, 1, 20_000), chance.normal(0, 2, 20_000)
    assert strength(part, rest) == pytest.approx(0.8, abs=0.02)
    assert strength(np.zeros(100), chance.normal(0, 1, 100)) == 0
    assert strength(np.zeros(10), np.zeros(10)) == 0


def test_few_days_of_pure_chance_are_odd_and_a_day_without_trade_is():
    days, values, _, _ = made(730, noise=0.1, seed=4)
    values[400] = 0
    found = decompose(days, values, np.ones(730, bool))
    odd = odd_days(days, values, found)
    assert 400 in {one.index for one in odd}
    assert len(odd) <= 8  # three standard deviations: 0.27 % of 730
    assert scores(found)[400] < -FAR
    assert [one.index for one in odd_days(days, values, found, most=1)] == [400]


def test_a_long_closure_leaves_no_hole():
    """Of days that are known nothing is unknown; the trend goes straight on through the closure."""
    days, values, _, _ = made(600, seed=3)
    known = np.ones(600, bool)
    known[200:350] = False
    found = decompose(days, np.where(known, values, 0.0), known)
    assert found.year is None
    assert np.isfinite(found.expected).all()
    assert np.isfinite(found.rest[known]).all()
    between = found.trend[[260, 275, 290]]
    np.testing.assert_allclose(np.diff(np.log(between), 2), 0, atol=1e-9)
    whole = decompose(days, values, np.ones(600, bool))
    np.testing.assert_allclose(found.week, whole.week, rtol=0.03)
