"""Means and deviations over any span of days, from running sums."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from core.series.days import Ints
from core.series.panel import Values

Index = npt.NDArray[np.int64]


class RunningSums:
    """Means over any span of days from running sums: those of a shorter history are the same, to the last bit."""

    def __init__(self, values: Values) -> None:
        there = ~np.isnan(values)
        clean = np.where(there, values, 0.0)
        self._total = np.pad(np.cumsum(clean, axis=1), ((0, 0), (1, 0)))
        self._squares = np.pad(np.cumsum(clean * clean, axis=1), ((0, 0), (1, 0)))
        self.counts: Ints = np.pad(np.cumsum(there, axis=1, dtype=np.int64), ((0, 0), (1, 0)))

    def mean(self, rows: Index, start: Index, end: Index) -> Values:
        """Mean of the observed days start … end − 1, NaN without any."""
        start, end = self._inside(start), self._inside(end)
        return _divide(
            self._total[rows, end] - self._total[rows, start], self.counts[rows, end] - self.counts[rows, start]
        )

    def filled(self, days: int) -> Values:
        """At every origin the mean of the last ``days`` days, or the last one known (0 before any): (series, n + 1)."""
        ends = np.arange(self._total.shape[1])
        means = self.mean(np.arange(len(self._total))[:, None], ends - days, ends)
        last = np.maximum.accumulate(np.where(np.isnan(means), 0, ends), axis=1)
        return np.nan_to_num(np.take_along_axis(means, last, axis=1))

    def deviation(self, rows: Index, start: Index, end: Index) -> Values:
        """Standard deviation of the observed days start … end − 1, NaN without any."""
        start, end = self._inside(start), self._inside(end)
        count = self.counts[rows, end] - self.counts[rows, start]
        mean = _divide(self._total[rows, end] - self._total[rows, start], count)
        square = _divide(self._squares[rows, end] - self._squares[rows, start], count)
        return np.asarray(np.sqrt(np.maximum(square - mean * mean, 0.0)))

    def _inside(self, days: Index) -> Index:
        return np.asarray(np.clip(days, 0, self._total.shape[1] - 1))


def _divide(total: Values, count: Ints) -> Values:
    return np.asarray(np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0))
