"""A daily series as trend, week, year and rest: robust, and with gaps where the business is closed.

As in STL the parts are smoothed by local lines in turn, and days that fit badly count less and less. Unlike it the year
has its own part, a smooth curve over the days of the year, once there are two years to tell it from the trend.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.series.days import Flags, Ints, weekday
from core.series.panel import Days, Values

LEAST_DAYS = 28
YEAR_DAYS = 728
"""Days from which on a year can be told from the trend: two years of whole weeks."""
TREND_WITH_YEAR, TREND_ALONE = 546, 91
"""Days that a point of the trend is smoothed over: one and a half years, or a quarter where there is no part 'year'."""
YEAR_HALF_WIDTH = 21.0
"""Days of the year on either side that a point of the yearly curve is smoothed over."""
DAYS_OF_YEAR = 366
YEAR_KNOTS = np.arange(0.0, DAYS_OF_YEAR, 3.0)
KNOTS = 13
"""Points to the width of the trend at which it is worked out; it is straight between them."""
RARE = 0.25
"""A weekday that is open less often than this share of the others is no part of the rhythm."""
ROUNDS, TURNS = 4, 5
"""Rounds with new weights; in each the parts take turns so often."""
FACTORS_FROM = 0.98
"""With at least this share of days above zero, and none below, parts multiply; else they add up."""


@dataclass(frozen=True)
class Decomposition:
    """Arrays of shape (number of days,). With ``factors`` the value is trend × week × year × rest, else their sum;
    ``trend`` and ``expected`` (all but the rest) are in units of the series. ``year`` is None where it cannot be told
    from the trend. ``rest_log`` is the rest on the scale it was fitted on (a logarithm, or units), NaN on unknown days.
    ``by_weekday``: shape (7,), Monday first, NaN where hardly ever open. ``strength``: of trend, week and year, the
    share of the variation of part and rest together that is the part's, 0 to 1.
    """

    factors: bool
    trend: Values
    week: Values
    year: Values | None
    rest: Values
    expected: Values
    rest_log: Values
    by_weekday: Values
    strength: dict[str, float]


def decompose(days: Days, values: Values, known: Flags) -> Decomposition | None:
    """``values`` where ``known``; None with fewer than LEAST_DAYS such days, or if they never differ."""
    there = values[known]
    if there.size < LEAST_DAYS or np.ptp(there) == 0:
        return None
    factors = bool((there >= 0).all() and (there > 0).mean() >= FACTORS_FROM)
    lowest = float(there[there > 0].min()) / 10 if factors else 0.0  # a day without trade has no logarithm
    x = np.where(known, np.log(np.maximum(values, lowest)) if factors else values, 0.0)
    where = np.flatnonzero(known)
    yearly = bool(where[-1] - where[0] + 1 >= YEAR_DAYS)
    trend, week, year = _parts(days, x, known, yearly)
    of_week = week[weekday(days)]
    rest = np.where(known, x - trend - of_week - year, np.nan)
    shown = np.exp if factors else np.asarray
    return Decomposition(
        factors=factors,
        trend=shown(trend),
        week=shown(of_week),
        year=shown(year) if yearly else None,
        rest=np.where(known, values, np.nan) / shown(trend + of_week + year) if factors else rest,
        expected=shown(trend + of_week + year),
        rest_log=rest,
        by_weekday=np.where(_usual_weekdays(weekday(days)[known]), shown(week), np.nan),
        strength=_strengths({"trend": trend, "week": of_week} | ({"year": year} if yearly else {}), rest, known),
    )


def _parts(days: Days, x: Values, known: Flags, yearly: bool) -> tuple[Values, Values, Values]:
    """Trend (days,), week (7,), year (days,) by turns; centred, so that the trend has the level."""
    number, of_week = np.arange(x.size, dtype=np.float64), weekday(days)
    of_year = (days.astype("datetime64[D]") - days.astype("datetime64[Y]")).astype(np.float64)
    to_trend = trend_lines(number, TREND_WITH_YEAR if yearly else TREND_ALONE)
    to_year = LocalLines(YEAR_KNOTS, of_year, np.full(YEAR_KNOTS.size, YEAR_HALF_WIDTH), DAYS_OF_YEAR)
    trend, week, year, weights = x, np.zeros(7), np.zeros(x.size), known.astype(np.float64)
    for _ in range(ROUNDS):
        for _ in range(TURNS):
            line = to_trend.of(x - week[of_week] - year, weights)
            there = np.isfinite(line)  # in the midst of a long closure no day that counts is near
            trend = np.interp(number, to_trend.at[there], line[there])
            week = _week(x - trend - year, of_week, weights)
            if yearly:
                curve = np.nan_to_num(to_year.of(x - trend - week[of_week], weights))
                year = np.interp(of_year, YEAR_KNOTS, curve, period=DAYS_OF_YEAR)
                year -= np.average(year, weights=weights)
        weights = known * bisquare(x - trend - week[of_week] - year, known)
    return trend, week, year


def _week(x: Values, of_week: Ints, weights: Values) -> Values:
    """Weighted mean by weekday, less the mean of all days: a weekday of few days moves it little; 0 for weekdays
    without a day."""
    total = np.bincount(of_week, weights, 7)
    sums = np.bincount(of_week, weights * x, 7)
    means = np.divide(sums, total, out=np.full(7, np.nan), where=total > 0)
    return np.asarray(np.nan_to_num(means - sums.sum() / total.sum()))


def trend_lines(number: Values, width: float) -> LocalLines:
    """Local lines over ``width`` days at KNOTS to a width; near the ends they reach further, for as many days."""
    last = number.size - 1
    knots = np.unique(np.append(np.arange(0, last + 1, width // KNOTS), last)).astype(np.float64)
    near_end = np.minimum(width, number.size) - np.minimum(knots, last - knots)
    return LocalLines(knots, number, np.maximum(width / 2, near_end) + 1)


class LocalLines:
    """The value at each of ``at`` of the line through the points ``where`` near it, which count by tricube weights
    within ``half`` (shape of ``at``). ``period``: the axis is a circle of this length."""

    def __init__(self, at: Values, where: Values, half: Values, period: float | None = None) -> None:
        self.at = at
        gap = where[None, :] - at[:, None]
        if period is not None:
            gap = (gap + period / 2) % period - period / 2
        near = np.clip(1 - (np.abs(gap) / half[:, None]) ** 3, 0, None) ** 3
        self._sums = near, near * gap, near * gap * gap  # what does not depend on the values is worked out once

    def of(self, x: Values, weights: Values) -> Values:
        """Shape of ``at``; NaN where no point that counts is near."""
        s0, s1, s2 = (one @ weights for one in self._sums)
        t0, t1 = (one @ (weights * x) for one in self._sums[:2])
        mean = np.divide(t0, s0, out=np.full(s0.size, np.nan), where=s0 > 0)
        spread = s0 * s2 - s1 * s1
        return np.asarray(
            np.divide(s2 * t0 - s1 * t1, spread, out=mean, where=spread > 1e-9 * np.maximum(s0 * s2, 1e-300))
        )


def bisquare(rest: Values, known: Flags) -> Values:
    """Weights that fall with the rest and are 0 beyond six times its median size, as in STL."""
    size = np.abs(rest[known])
    scale = max(6 * float(np.median(size)), 1e-9 * (1 + float(size.max())))  # most days may fit to the last digit
    return np.asarray((1 - np.minimum(np.abs(rest) / scale, 1) ** 2) ** 2)


def _usual_weekdays(of_week: Ints) -> Flags:
    """Which weekdays are known at least RARE times as often as the most frequent one, shape (7,)."""
    counts = np.bincount(of_week, minlength=7)
    return np.asarray(counts >= RARE * counts.max())


def _strengths(parts: dict[str, Values], rest: Values, known: Flags) -> dict[str, float]:
    noise = rest[known]
    return {name: strength(part[known], noise) for name, part in parts.items()}


def strength(part: Values, rest: Values) -> float:
    """1 − var(rest) / var(part + rest), at least 0 (Wang, Smith and Hyndman), over the rest without its far days."""
    usual = np.abs(rest - np.median(rest)) <= 6 * np.median(np.abs(rest - np.median(rest)))
    together = float(np.var((part + rest)[usual]))
    return max(0.0, 1 - float(np.var(rest[usual])) / together) if together > 0 else 0.0
