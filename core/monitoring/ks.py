"""The two-sample Kolmogorov–Smirnov test, on counts: exact statistic, exact p-value for small samples."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

EXACT_UP_TO = 2_000_000
"""Largest n × m for which the p-value is exact; beyond it Kolmogorov's limit is used."""

EXACT_STEPS = 10_000
"""… and largest n + m, as each costs some 10 µs: a handful against a million would take many seconds."""


class KS(NamedTuple):
    """The largest distance between the two distribution functions, and how likely that much is by chance."""

    statistic: float
    p: float


def ks_test(reference: npt.ArrayLike, current: npt.ArrayLike) -> KS:
    """The test for two samples of numbers, shapes (n,) and (m,). Raises ValueError when one is empty."""
    first, second = np.asarray(reference, dtype=np.float64), np.asarray(current, dtype=np.float64)
    values = np.unique(np.concatenate([first, second]))
    counts = (np.bincount(np.searchsorted(values, one), minlength=len(values)) for one in (first, second))
    return ks_of_counts(*counts)


def ks_of_counts(reference: npt.ArrayLike, current: npt.ArrayLike) -> KS:
    """The same from how often each distinct value, in ascending order, stands in either sample: shape (values,).

    The p-value is that for continuous, independent observations; with ties it errs on the careful side.
    """
    first, second = np.asarray(reference, dtype=np.int64), np.asarray(current, dtype=np.int64)
    n, m = int(first.sum()), int(second.sum())
    if n == 0 or m == 0:
        raise ValueError("both samples need values")
    # whole numbers: |i/n − j/m| × n × m, so that equal distances compare equal
    return ks_of_distance(n, m, int(np.abs(np.cumsum(first) * m - np.cumsum(second) * n).max()))


def ks_of_distance(n: int, m: int, distance: int) -> KS:
    """The same from the largest distance |i·m − j·n| with i of n and j of m observations up to a value."""
    exact = n * m <= EXACT_UP_TO and n + m <= EXACT_STEPS
    p = (_exact if exact else _asymptotic)(n, m, distance)
    return KS(distance / (n * m), p)


def _exact(n: int, m: int, distance: int) -> float:
    """P(D ≥ d): the share of lattice paths (0,0)→(n,m) that touch |i·m − j·n| ≥ distance (Hodges 1957).

    Walks the anti-diagonals i + j = k; ``hit[i]`` is the share of paths to (i, k−i) that touched. Working with what
    touched, rather than with what did not, keeps small p-values exact.
    """
    if distance == 0:
        return 1.0
    i = np.arange(n + 1)
    hit = np.zeros(n + 1)
    for k in range(1, n + m + 1):
        from_left = np.concatenate([[0.0], hit[:-1]])
        hit = (from_left * i + hit * (k - i)) / k
        j = k - i
        inside = (j >= 0) & (j <= m)
        hit = np.where(inside, np.where(np.abs(i * m - j * n) >= distance, 1.0, hit), 0.0)
    return float(min(hit[n], 1.0))


def _asymptotic(n: int, m: int, distance: int) -> float:
    from scipy.special import kolmogorov

    return float(kolmogorov(distance / (n * m) * math.sqrt(n * m / (n + m))))
