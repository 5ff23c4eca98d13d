"""Every window of a history against a reference: the statistics of one feature, and what they do without any change."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from core.monitoring import distances
from core.monitoring.bins import Bins, bins_of
from core.monitoring.psi import Floats, Ints, psi_limit
from core.transactions.counts import FeatureDays

STATISTICS = ("psi", "ks", "wasserstein", "js", "cramers_v")
"""KS and Wasserstein are of numbers only, Cramér's V of categories only; elsewhere they are NaN."""

MOVING, INDEPENDENT = "moving windows", "independent"
LEVEL = 0.95
LEAST_WINDOWS = 3
"""A null needs a reference of so many windows after another at least."""
CLUMPING = 3.0
"""Sliding windows overlap: within one window's length a statistic has about so many chances to pass a high limit, from
simulated sliding sums of independent days."""
YEAR = 365


@dataclass(frozen=True)
class Statistics:
    """Of windows that end on consecutive days; every array has shape (windows,), NaN where there is nothing to compare.

    ``psi`` is smoothed by half a count a bin; ``wasserstein`` is in units of the feature; ``js`` is a distance, 0 to 1.
    """

    psi: Floats
    ks: Floats
    wasserstein: Floats
    js: Floats
    cramers_v: Floats
    n_ref: Ints
    n_cur: Ints


@dataclass(frozen=True)
class Null:
    """What the statistics of a window do while nothing changes.

    ``method``: MOVING windows of the reference against the rest of it, which keeps its season and dependence, or
    INDEPENDENT observations, where it is too short for that. ``mean``, ``sd`` and ``limit`` (95 of 100 windows stay
    below it) by statistic; NaN where there is none.
    """

    method: str
    windows: int
    mean: dict[str, float]
    sd: dict[str, float]
    limit: dict[str, float]

    def sequential(self, per_year: float, length: int) -> float:
        """The limit that PSI, looked at every day in windows of ``length`` days, passes ``per_year`` times a year.

        PSI without change is a weighted sum of χ²: a gamma law with the mean and variance of the null (Satterthwaite
        1946) gives its tail; the chances a year are those of year / length windows, times CLUMPING for their overlap.
        """
        from scipy.special import gammaincinv

        mean, variance = self.mean["psi"], max(self.sd["psi"], self.mean["psi"] / 4) ** 2
        tail = min(per_year * length / (YEAR * CLUMPING), 0.5)
        if not (mean > 0 and variance > 0):
            return float("inf")
        shape = mean * mean / variance
        return float(gammaincinv(shape, 1.0 - tail) * mean / shape)


def digest_of(feature: FeatureDays, first: int, last: int) -> tuple[npt.NDArray[Any], ...]:
    """What ``null`` of the reference ``first`` to ``last`` follows from: its counts by day and value."""
    start, end = np.searchsorted(feature.day, [first, last + 1])
    values = feature.values[feature.value[start:end]]
    if feature.kind == "category":
        names = np.unique(feature.value[start:end])
        told = np.array([zlib.crc32(str(feature.values[one]).encode()) for one in names], dtype=np.int64)
        values = told[np.searchsorted(names, feature.value[start:end])]
    return feature.day[start:end] - first, values, feature.count[start:end]


class FeatureWindows:
    """One feature in windows of ``length`` calendar days; sums over days are made once and shared."""

    def __init__(self, feature: FeatureDays, length: int) -> None:
        self.feature, self.length = feature, length
        self.n_days = len(feature.missing)

    @cached_property
    def _by_value(self) -> Ints:
        """Counts by window and value, shape (windows, values); window i ends on day i + length − 1."""
        width = len(self.feature.values)
        return distances.window_counts(self.feature.binned(np.arange(width), width), self.length)

    def _binned(self, bins: Bins) -> Ints:
        return distances.window_counts(self.feature.binned(bins.of_value, bins.n), self.length)

    def statistics(self, reference: Ints, first: int, last: int) -> Statistics:
        """Of the windows that end on the days ``first`` to ``last`` (from length − 1 on); ``reference``: counts by
        value, shape (values,). All NaN where the reference is empty."""
        rows = slice(first - self.length + 1, last - self.length + 2)
        return self._compared(reference, rows)

    def null(self, reference: Ints, first: int, last: int, *, inside: bool = True) -> Null:
        """For a reference of the days ``first`` to ``last`` whose counts by value are ``reference``; ``inside``: its
        days are days of the feature."""
        count = last - first + 2 - self.length
        if not inside or count < (LEAST_WINDOWS - 1) * self.length or not reference.any():
            return self._independent(reference, last - first + 1)
        found = self._compared(reference, slice(first, first + count), leave_out=True)
        mean, sd, limit = {}, {}, {}
        for name in STATISTICS:
            values = getattr(found, name)
            values = values[np.isfinite(values)]
            enough = len(values) > 1
            mean[name] = float(values.mean()) if enough else np.nan
            sd[name] = float(values.std(ddof=1)) if enough else np.nan
            limit[name] = float(np.quantile(values, LEVEL)) if enough else np.nan
        return Null(MOVING, count, mean, sd, limit)

    def _independent(self, reference: Ints, days: int) -> Null:
        """By the χ² law of PSI for independent observations; a window that has its share of the reference's."""
        nothing = dict.fromkeys(STATISTICS, float("nan"))
        n_ref = int(reference.sum())
        usual = round(n_ref * self.length / max(days, 1))
        if not usual:
            return Null(INDEPENDENT, 0, nothing, nothing, nothing)
        bins = bins_of(self.feature.values, reference, self.feature.kind, self.feature.level).n
        scale = 1.0 / n_ref + 1.0 / usual
        mean, sd = nothing | {"psi": (bins - 1) * scale}, nothing | {"psi": (2.0 * (bins - 1)) ** 0.5 * scale}
        return Null(INDEPENDENT, 0, mean, sd, nothing | {"psi": psi_limit(n_ref, usual, bins)})

    def _compared(self, reference: Ints, rows: slice, *, leave_out: bool = False) -> Statistics:
        """``leave_out``: the windows are part of the reference; each is compared with the rest of it."""
        feature = self.feature
        size = max(rows.stop - rows.start, 0)
        nan = np.full(size, np.nan)
        none = np.zeros(size, np.int64)
        if not reference.any() or not size:
            return Statistics(nan, nan, nan, nan, nan, none, none)
        bins = bins_of(feature.values, reference, feature.kind, feature.level)
        ref, cur = bins.sums(reference), self._binned(bins)[rows]
        rest = ref - cur if leave_out else np.broadcast_to(ref, cur.shape)
        numeric = feature.kind == "numeric"
        ks = wasserstein = nan
        if numeric:
            now = self._by_value[rows]
            before = reference - now if leave_out else reference
            ks = distances.ks_distance(before, now)
            wasserstein = distances.wasserstein(feature.values, before, now)
        psi = np.where((cur.sum(axis=1) > 0) & (rest.sum(axis=1) > 0), distances.psi(rest, cur), np.nan)
        v = nan if numeric else distances.cramers_v(rest, cur)
        js = distances.jensen_shannon(rest, cur)
        return Statistics(psi, ks, wasserstein, js, v, rest.sum(axis=1), cur.sum(axis=1))
