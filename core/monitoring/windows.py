"""Every window of a history against a reference: the statistics of one feature, and what they do without any change."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.monitoring import distances
from core.monitoring.bins import bins_of
from core.monitoring.memo import Part
from core.monitoring.psi import Floats, Ints, psi_limit
from core.transactions.counts import FeatureDays

STATISTICS = ("psi", "ks", "wasserstein", "js", "cramers_v")
"""KS and Wasserstein are of numbers only, Cramér's V of categories only; elsewhere they are NaN."""

MOVING, INDEPENDENT = "moving windows", "independent"
LEVEL = 0.95
LEAST_WINDOWS = 3
"""A null needs a reference of so many windows after another at least."""
CLUMPING = 6.0
"""Sliding windows overlap: within one window's length a statistic has about so many chances to pass a high limit, from
2,000 simulated years of independent days."""
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
    below it) by statistic; NaN where there is none. ``least``: mean and standard deviation of PSI if the observations
    were independent.
    """

    method: str
    windows: int
    mean: dict[str, float]
    sd: dict[str, float]
    limit: dict[str, float]
    least: tuple[float, float]

    def sequential(self, per_year: float, length: int) -> float:
        """The limit that PSI, looked at every day in windows of ``length`` days, passes ``per_year`` times a year.

        PSI without change is a weighted sum of χ²: a gamma law with the mean and variance of the null (Satterthwaite
        1946) gives its tail. Only so many windows of the null are independent of each other; the variance is the upper
        bound of its 95 % interval for that many, and neither it nor the mean is below that of independent days. The
        chances a year are those of year / length windows, times CLUMPING for their overlap.
        """
        from scipy.special import chdtri, gammaincinv

        freedom = max(self.windows / length - 1.0, 1.0)
        mean = max(self.mean["psi"], self.least[0])
        unsure = freedom / float(chdtri(freedom, LEVEL)) if self.method == MOVING else 1.0
        variance = max(self.sd["psi"] ** 2 * unsure, self.least[1] ** 2)
        tail = min(per_year * length / (YEAR * CLUMPING), 0.5)
        if not (mean > 0 and variance > 0):
            return float("inf")
        shape = mean * mean / variance
        return float(gammaincinv(shape, 1.0 - tail) * mean / shape)


def digest_of(feature: FeatureDays, first: int, last: int) -> tuple[Part, ...]:
    """What ``null`` of the reference ``first`` to ``last`` follows from: its counts by day and value."""
    start, end = np.searchsorted(feature.day, [first, last + 1])
    there = np.bincount(feature.value[start:end], minlength=len(feature.values)) > 0
    values = feature.values[there]
    names = values if feature.kind == "numeric" else "\0".join(map(str, values.tolist()))
    value = (np.cumsum(there) - 1)[feature.value[start:end]]
    small = (one.astype(np.int32) for one in (feature.day[start:end] - first, value, feature.count[start:end]))
    return names, *small


class FeatureWindows:
    """One feature in windows of ``length`` calendar days; what is asked of some windows costs their own days only."""

    def __init__(self, feature: FeatureDays, length: int) -> None:
        self.feature, self.length = feature, length

    def _counts(self, bins: npt.NDArray[np.intp], n_bins: int, rows: slice) -> Ints:
        """Counts by window and bin, shape (windows, bins); window i begins on day i."""
        daily = self.feature.binned(bins, n_bins, rows.start, rows.stop + self.length - 2)
        return distances.window_counts(daily, self.length)

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
        return Null(MOVING, count, mean, sd, limit, self._least(reference, found.n_ref, found.n_cur))

    def _least(self, reference: Ints, n_ref: Ints, n_cur: Ints) -> tuple[float, float]:
        """Mean and standard deviation of PSI for independent observations: (1/n + 1/m) χ² with a degree of freedom for
        every bin but one; of windows with so many observations, shape (windows,)."""
        bins = bins_of(self.feature.values, reference, self.feature.kind, self.feature.level)
        freedom, both = np.count_nonzero(bins.sums(reference)) - 1, (n_ref > 0) & (n_cur > 0)
        scale = float((1.0 / n_ref[both] + 1.0 / n_cur[both]).mean()) if both.any() else 0.0
        return freedom * scale, (2.0 * freedom) ** 0.5 * scale

    def _independent(self, reference: Ints, days: int) -> Null:
        """By the χ² law of PSI for independent observations; a window that has its share of the reference's."""
        nothing = dict.fromkeys(STATISTICS, float("nan"))
        n_ref = int(reference.sum())
        usual = round(n_ref * self.length / max(days, 1))
        if not usual:
            return Null(INDEPENDENT, 0, nothing, nothing, nothing, (0.0, 0.0))
        bins = bins_of(self.feature.values, reference, self.feature.kind, self.feature.level).n
        scale = 1.0 / n_ref + 1.0 / usual
        mean, sd = (bins - 1) * scale, (2.0 * (bins - 1)) ** 0.5 * scale
        limit = nothing | {"psi": psi_limit(n_ref, usual, bins)}
        return Null(INDEPENDENT, 0, nothing | {"psi": mean}, nothing | {"psi": sd}, limit, (mean, sd))

    def _compared(self, reference: Ints, rows: slice, *, leave_out: bool = False) -> Statistics:
        """``leave_out``: the windows are part of the reference; each is compared with the rest of it."""
        feature = self.feature
        size = max(rows.stop - rows.start, 0)
        nan = np.full(size, np.nan)
        none = np.zeros(size, np.int64)
        if not reference.any() or not size:
            return Statistics(nan, nan, nan, nan, nan, none, none)
        bins = bins_of(feature.values, reference, feature.kind, feature.level)
        ref, cur = bins.sums(reference), self._counts(bins.of_value, bins.n, rows)
        # a row for every window, as sums over a row are then the same to the last bit however many windows there are
        rest = ref - cur if leave_out else np.repeat(ref[None], size, axis=0)
        numeric = feature.kind == "numeric"
        ks = wasserstein = nan
        if numeric:
            now = self._counts(np.arange(len(feature.values)), len(feature.values), rows)
            before = reference - now if leave_out else reference
            ks = distances.ks_distance(before, now)
            wasserstein = distances.wasserstein(feature.values, before, now) if leave_out else self._moved(before, now)
        psi = np.where((cur.sum(axis=1) > 0) & (rest.sum(axis=1) > 0), distances.psi(rest, cur), np.nan)
        v = nan if numeric else distances.cramers_v(rest, cur)
        js = distances.jensen_shannon(rest, cur)
        return Statistics(psi, ks, wasserstein, js, v, rest.sum(axis=1), cur.sum(axis=1))

    def _moved(self, reference: Ints, now: Ints) -> Floats:
        """Wasserstein's distance of every window, shape (windows,), without the values that neither side has: which
        there are only later days tell, and they would be in the last bits."""
        found = np.empty(len(now))
        for row, counts in enumerate(now):
            used = (reference > 0) | (counts > 0)
            found[row] = distances.wasserstein(self.feature.values[used], reference[used], counts[used])
        return found
