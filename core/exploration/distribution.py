"""How the values of days spread: bins, quantiles, boxes by weekday or month, days outside of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from core.series.days import Flags, Ints, month_day, weekday
from core.series.panel import Days, Values

By = Literal["weekday", "month"]

LEVELS = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
MOST_BINS, FEWEST_BINS = 40, 5
LOG_FROM = 4.0
"""A scale of factors from here on: the highest value is so many times further from the median than the lowest one."""
WHISKER = 1.5
"""Of the box's height, up to which a day is not outside (Tukey)."""


@dataclass(frozen=True)
class Box:
    """One group of days. ``low`` and ``high``: the farthest values within 1.5 boxes; ``outside``: index of days
    beyond them. Quartiles are NaN where the group is empty."""

    group: int
    count: int
    q1: float
    median: float
    q3: float
    low: float
    high: float
    outside: tuple[int, ...]


@dataclass(frozen=True)
class Distribution:
    """Of known days. ``edges`` (bins + 1,) and ``counts`` (bins,) on a scale of factors where ``log``;
    ``quantiles``: level → value. ``skew``: third standardised moment, 0 where all are equal."""

    count: int
    mean: float
    deviation: float
    lowest: float
    highest: float
    skew: float
    quantiles: dict[float, float]
    log: bool
    edges: Values
    counts: Values


def distribution(values: Values) -> Distribution | None:
    """``values``: shape (known days,); None where there are none."""
    if not values.size:
        return None
    levels = np.quantile(values, LEVELS)
    log = is_skewed(values)
    edges = bin_edges(values, log)
    deviation = float(values.std())
    centred = values - values.mean()
    return Distribution(
        count=int(values.size),
        mean=float(values.mean()),
        deviation=deviation,
        lowest=float(values.min()),
        highest=float(values.max()),
        skew=float((centred**3).mean() / deviation**3) if deviation > 0 else 0.0,
        quantiles=dict(zip(LEVELS, map(float, levels), strict=True)),
        log=log,
        edges=edges,
        counts=np.histogram(values, edges)[0].astype(np.float64),
    )


def is_skewed(values: Values) -> bool:
    """Whether a scale of factors shows more: all values above zero, and a long way up."""
    low, middle, high = np.quantile(values, (0.0, 0.5, 1.0))
    return bool(low > 0 and high - middle > LOG_FROM * (middle - low) and high / low > 10)


def bin_edges(values: Values, log: bool = False) -> Values:
    """Bins by the rule of Freedman and Diaconis, between FEWEST_BINS and MOST_BINS of them."""
    x = np.log(values) if log else values
    low, high = float(x.min()), float(x.max())
    if low == high:
        return np.array([values[0] - 0.5, values[0] + 0.5]) if not log else np.array([values[0] / 1.5, values[0] * 1.5])
    box = float(np.subtract(*np.quantile(x, (0.75, 0.25))))
    width = 2 * box / x.size ** (1 / 3)
    count = int(np.clip(np.ceil((high - low) / width), FEWEST_BINS, MOST_BINS)) if width > 0 else FEWEST_BINS
    edges = np.linspace(low, high, count + 1)
    if not log:
        return edges
    edges = np.exp(edges)
    edges[0], edges[-1] = values.min(), values.max()  # exactly, so that no day falls out by rounding
    return edges


def boxes(days: Days, values: Values, known: Flags, by: By) -> tuple[Box, ...]:
    """One box for each weekday (0 = Monday) or month (1 = January) that has a known day, in order."""
    groups = weekday(days) if by == "weekday" else month_day(days) // 100
    return tuple(
        _box(int(group), values, np.flatnonzero(known & (groups == group))) for group in np.unique(groups[known])
    )


def _box(group: int, values: Values, where: Ints) -> Box:
    x = values[where]
    q1, median, q3 = (float(one) for one in np.quantile(x, (0.25, 0.5, 0.75)))
    reach = WHISKER * (q3 - q1)
    inside = (x >= q1 - reach) & (x <= q3 + reach)
    outside = tuple(int(index) for index in where[~inside])
    return Box(group, int(x.size), q1, median, q3, float(x[inside].min()), float(x[inside].max()), outside)
