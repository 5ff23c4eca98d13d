"""Days far outside what trend, weekday and season say: a description of the past, found with hindsight."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np

from core.exploration.decomposition import Decomposition
from core.series.panel import Days, Values

FAR = 3.0
"""Robust standard deviations from the median rest."""
TO_SIGMA, MEAN_TO_SIGMA = 1.4826, 1.2533
"""From the median, and from the mean, of distances to the standard deviation, if they are normal."""
EXACT = 1e-9
MOST = 40
"""The farthest so many days are told of."""


@dataclass(frozen=True, slots=True)
class OddDay:
    """``index``: its place in the series; ``score``: how many robust standard deviations it lies above (+) or below."""

    index: int
    day: dt.date
    value: float
    expected: float
    score: float

    @property
    def more(self) -> float:
        """Value less what was to be expected."""
        return self.value - self.expected


def scores(parts: Decomposition) -> Values:
    """Of every day, NaN on unknown ones: distance from the median rest in robust standard deviations (MAD; where more
    than half of the days fit to the last digit, by the mean distance in its place)."""
    apart = parts.rest_log - np.nanmedian(parts.rest_log)
    scale = TO_SIGMA * float(np.nanmedian(np.abs(apart)))
    if scale < EXACT * (1 + float(np.nanmax(np.abs(apart)))):
        scale = MEAN_TO_SIGMA * float(np.nanmean(np.abs(apart)))
    return np.asarray(apart / scale) if scale > 0 else apart


def odd_days(days: Days, values: Values, parts: Decomposition, most: int = MOST) -> tuple[OddDay, ...]:
    """In order of time, the ``most`` farthest of those beyond FAR."""
    score = scores(parts)
    beyond = np.flatnonzero(np.abs(np.nan_to_num(score)) > FAR)
    farthest = beyond[np.argsort(-np.abs(score[beyond]), kind="stable")[:most]]
    return tuple(
        OddDay(int(i), days[i].item(), float(values[i]), float(parts.expected[i]), float(score[i]))
        for i in np.sort(farthest)
    )
