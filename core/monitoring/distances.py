"""How far apart two sets of counts are, for any number of windows at once.

Every measure takes counts over the same bins in the last axis, whole or not: the reference (..., bins) and the current
window (..., bins), whose leading axes broadcast. It returns shape (...), and NaN wherever a side has no observations,
without a warning. Bins that differ in number, or none at all, raise ValueError.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from core.monitoring.psi import SMOOTHING, Floats, Ints, psi_terms, smoothed


class ChiSquare(NamedTuple):
    """The statistic and how likely so much is by chance (0..1), both of shape (...)."""

    statistic: Floats
    p: Floats


def psi(reference: npt.ArrayLike, current: npt.ArrayLike, smoothing: float = SMOOTHING) -> Floats:
    """Population stability index Σ (p − q) ln(p / q) in nats, [0, ∞), of shares with ``smoothing`` added to each count.

    With ``smoothing=0`` a bin that only one side fills makes it ∞. See ``psi.psi_limit`` for what chance alone does.
    """
    return _scalar(psi_parts(reference, current, smoothing).sum(axis=-1))


def psi_parts(reference: npt.ArrayLike, current: npt.ArrayLike, smoothing: float = SMOOTHING) -> Floats:
    """What every bin adds to ``psi``, shape (..., bins), never negative; their sum is the index."""
    r, c = _pair(reference, current)
    with np.errstate(divide="ignore", invalid="ignore"):
        parts = psi_terms(smoothed(r, smoothing), smoothed(c, smoothing))
    return np.where(_empty(r, c)[..., None], np.nan, parts)


def jensen_shannon(reference: npt.ArrayLike, current: npt.ArrayLike) -> Floats:
    """Jensen–Shannon distance, 0 (equal shares) .. 1 (nothing in common), without smoothing.

    The square root of the divergence in bits, ½ KL(p‖½(p+q)) + ½ KL(q‖½(p+q)); SciPy's ``jensenshannon(base=2)``.
    """
    p, q = _shares(reference, current)
    middle = (p + q) / 2
    divergence = (_entropy(p, middle) + _entropy(q, middle)).sum(axis=-1) / (2 * np.log(2))
    return _scalar(np.sqrt(np.clip(divergence, 0.0, 1.0)))


def _entropy(p: Floats, of: Floats) -> Floats:
    """p ln(p / of), 0 where p is."""
    there = p != 0  # NaN stays
    return np.where(there, p * np.log(np.where(there, p, 1.0) / np.where(there, of, 1.0)), 0.0)


def hellinger(reference: npt.ArrayLike, current: npt.ArrayLike) -> Floats:
    """Hellinger distance √(½ Σ (√p − √q)²), 0 (equal shares) .. 1 (nothing in common), without smoothing."""
    p, q = _shares(reference, current)
    return _scalar(np.sqrt(np.clip(((np.sqrt(p) - np.sqrt(q)) ** 2).sum(axis=-1) / 2, 0.0, 1.0)))


def chi_square(reference: npt.ArrayLike, current: npt.ArrayLike) -> ChiSquare:
    """Pearson's χ² of the 2 × bins table: do both windows come from one distribution?

    Σ (r √(m/n) − c √(n/m))² / (r + c) with n, m observations, no continuity correction; bins empty on both sides count
    neither in the sum nor in the degrees of freedom. As ``scipy.stats.chi2_contingency(correction=False)``.
    """
    from scipy.special import chdtrc

    r, c = _pair(reference, current)
    statistic, freedom = _pearson(r, c)
    p = np.where(freedom > 0, chdtrc(freedom, statistic), 1.0)
    empty = _empty(r, c)
    return ChiSquare(_scalar(np.where(empty, np.nan, statistic)), _scalar(np.where(empty, np.nan, p)))


def _pearson(r: Numbers, c: Numbers) -> tuple[Floats, Ints]:
    """The statistic and its degrees of freedom."""
    n, m = r.sum(axis=-1, keepdims=True), c.sum(axis=-1, keepdims=True)
    filled = r + c > 0
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = (r * np.sqrt(m / n) - c * np.sqrt(n / m)) ** 2 / (r + c)
    return np.where(filled, terms, 0.0).sum(axis=-1), filled.sum(axis=-1) - 1


def cramers_v(reference: npt.ArrayLike, current: npt.ArrayLike) -> Floats:
    """Cramér's V of the same table, 0 (independent) .. 1, corrected for its bias (Bergsma 2013, J. Korean Stat. Soc.).

    Unlike χ² it does not grow with the number of observations, and more than half of unchanged windows give exactly 0.
    """
    r, c = _pair(reference, current)
    total = (r.sum(axis=-1) + c.sum(axis=-1)).astype(np.float64)
    columns = (r + c > 0).sum(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        excess = _pearson(r, c)[0] / total - (columns - 1) / (total - 1)
        fewer = np.minimum(1 - 1 / (total - 1), (columns - 1) - (columns - 1) ** 2 / (total - 1))
        squared = np.where(fewer > 0, np.maximum(excess, 0.0) / fewer, 0.0)
    return _scalar(np.where(_empty(r, c), np.nan, np.sqrt(np.minimum(squared, 1.0))))


def ks_distance(reference: npt.ArrayLike, current: npt.ArrayLike) -> Floats:
    """Largest distance of the two distribution functions, 0..1; the bins are the distinct values, ascending.

    Whole counts are compared as whole numbers, |i·m − j·n|, so that equal distances are equal (up to n·m = 9·10¹⁸).
    """
    r, c = _pair(reference, current)
    n, m = r.sum(axis=-1, keepdims=True), c.sum(axis=-1, keepdims=True)
    apart = np.abs(np.cumsum(r, axis=-1) * m - np.cumsum(c, axis=-1) * n).max(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return _scalar(apart / (n * m)[..., 0])


def wasserstein(values: npt.ArrayLike, reference: npt.ArrayLike, current: npt.ArrayLike) -> Floats:
    """W₁ = ∫ |F − G|: how far an observation moves on average, in the unit of ``values``.

    ``values``, shape (bins,): the distinct values that the counts belong to, finite; ValueError if they do not ascend.
    """
    r, c = _pair(reference, current)
    gaps = np.diff(np.asarray(values, dtype=np.float64))
    if gaps.shape != (r.shape[-1] - 1,) or not (gaps > 0).all():
        raise ValueError(f"{r.shape[-1]} ascending values are needed, one a bin")
    p, q = _shares(r, c)
    moved = (np.abs(np.cumsum(p - q, axis=-1)[..., :-1]) * gaps).sum(axis=-1)
    return _scalar(np.where(_empty(r, c), np.nan, moved))


def window_counts(daily: npt.ArrayLike, length: int) -> Ints:
    """Counts of every window of ``length`` days, exact: whole daily counts (days, ...) to (days − length + 1, ...).

    Row i is the window that begins on day i and ends on day i + length − 1; no rows where the days are too few. Raises
    ValueError for a length below 1.
    """
    if length < 1:
        raise ValueError(f"a window of {length} days is not possible")
    counts = np.asarray(daily)
    until = np.zeros((len(counts) + 1, *counts.shape[1:]), dtype=np.int64)
    np.cumsum(counts, axis=0, dtype=np.int64, out=until[1:])
    windows: Ints = until[length:] - until[: max(len(until) - length, 0)]
    return windows


Numbers = npt.NDArray[np.int64] | npt.NDArray[np.float64]


def _pair(reference: npt.ArrayLike, current: npt.ArrayLike) -> tuple[Numbers, Numbers]:
    r, c = _numbers(reference), _numbers(current)
    if not (r.ndim and c.ndim and r.shape[-1] == c.shape[-1] > 0):
        raise ValueError(f"counts of shape {r.shape} and {c.shape} do not stand in the same bins")
    return r, c


def _numbers(counts: npt.ArrayLike) -> Numbers:
    """Whole counts as int64 whatever they are stored as: narrower ones overflow, unsigned ones cannot be subtracted."""
    found = np.asarray(counts)
    return found.astype(np.int64) if found.dtype.kind in "biu" else found.astype(np.float64)


def _shares(reference: npt.ArrayLike, current: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Both as plain shares; NaN without observations."""
    r, c = _pair(reference, current)
    with np.errstate(invalid="ignore"):
        return smoothed(r, 0.0), smoothed(c, 0.0)


def _empty(r: Numbers, c: Numbers) -> npt.NDArray[np.bool_]:
    return np.asarray((r.sum(axis=-1) == 0) | (c.sum(axis=-1) == 0))


def _scalar(found: Floats) -> Floats:
    """A plain number where there is one pair of windows only."""
    plain: Floats = found[()]
    return plain
