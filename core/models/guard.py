"""What every model on the log scale does where it cannot or should not be believed: the mean of recent weekdays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.models.history import History
from core.models.observed import weekday_means
from core.series.days import Flags, Ints, weekday
from core.series.panel import Days, Series, Values

MEAN_OF_LAST = 13
"""Same weekdays in the fallback's mean."""
FALLBACK = f"mean of the last {MEAN_OF_LAST} same weekdays"
POOLED = "by what other series have taught, or the Gaussian process"
"""What a global model gives a series that is too short to teach it much."""
CAP = 5.0
"""A forecast above this multiple of the past maximum is not believed."""


@dataclass(frozen=True)
class Guard:
    """By series: the fallback, the past maximum, whether the series is constant, its observed days."""

    weekday_mean: Values  # shape (series, 7)
    maximum: Values
    constant: Flags
    observed: Ints

    @classmethod
    def of(cls, history: History) -> Guard:
        values = history.values
        there = ~np.isnan(values)
        highest = np.where(there, values, -np.inf).max(axis=1, initial=0.0)
        lowest = np.where(there, values, np.inf).min(axis=1, initial=np.inf)
        means = weekday_means(values, history.weekdays[: history.n_days], MEAN_OF_LAST)
        return cls(means, highest, lowest >= highest, there.sum(axis=1))

    def believed(self, log: Values, days: Days, is_open: Flags) -> Values:
        """Values from ``log`` forecasts of consecutive days, shape (series, days).

        From the first open day on that is NaN, not finite or too high, the weekday mean replaces the path.
        """
        fallback = self.weekday_mean[:, weekday(days)]
        with np.errstate(over="ignore"):
            values = np.maximum(np.expm1(log), 0.0)
        wild = ~np.isfinite(values) | (values > CAP * self.maximum[:, None])
        lost = np.logical_or.accumulate(wild & is_open, axis=1) | self.constant[:, None]
        return np.asarray(np.where(lost, fallback, values))

    def notes(self, series: Sequence[Series], needed: int, instead: str = FALLBACK) -> dict[str, str]:
        """Which series are not treated as the others, why, and what they get ``instead``."""
        told = {}
        for one, constant, count in zip(series, self.constant, self.observed, strict=True):
            if count < needed:
                told[str(one)] = f"{count} observed days, {needed} needed: {instead}"
            elif constant:
                told[str(one)] = "constant: goes on as it is"
        return told

    def to_json(self) -> dict[str, Any]:
        return {name: getattr(self, name).tolist() for name in ("weekday_mean", "maximum", "constant", "observed")}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Guard:
        return cls(
            np.array(data["weekday_mean"], dtype=np.float64).reshape(-1, 7),
            np.array(data["maximum"], dtype=np.float64),
            np.array(data["constant"], dtype=bool),
            np.array(data["observed"], dtype=np.int64),
        )


def inverse_powers(errors: Values, power: float) -> Values:
    """1 / error ** power, summing to 1; equal if an error is unknown or 0."""
    if not (errors > 0).all():
        return np.full(len(errors), 1 / len(errors))
    relative = (errors.min() / errors) ** power
    return np.asarray(relative / relative.sum())
