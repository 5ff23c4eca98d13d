"""Laws of chance in a few lines each: a web worker that shows the monitoring does not load SciPy (14 MB) for them."""

from __future__ import annotations

import math
from functools import lru_cache
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
_NORMAL = NormalDist()


def kolmogorov(x: float) -> float:
    """The probability that √n D exceeds ``x`` in the limit; as scipy.special.kolmogorov."""
    if x < 0.04:  # 1 to the last bit
        return 1.0
    if x < 1.0:  # the series of the theta function that converges at once there
        odd = np.arange(1, 21, 2)
        return float(1.0 - math.sqrt(2 * math.pi) / x * np.exp(-((odd * math.pi / x) ** 2) / 8).sum())
    k = np.arange(1, 11)
    return float(2.0 * (np.where(k % 2, 1.0, -1.0) * np.exp(-2.0 * (k * x) ** 2)).sum())


def normal(x: Floats) -> Floats:
    """The distribution function of the standard normal law, elementwise."""
    return np.array([0.5 * math.erfc(-one / math.sqrt(2.0)) for one in x.ravel().tolist()]).reshape(x.shape)


@lru_cache(maxsize=64)
def rank_scores(n: int) -> Floats:
    """Normal quantiles of (r + ½) / (n + 1) for the ranks r = 0, ½, 1, … n; shape (2n + 1,), not to be changed."""
    found = np.array([_NORMAL.inv_cdf((half / 2 + 0.5) / (n + 1)) for half in range(2 * n + 1)])
    found.flags.writeable = False
    return found


@lru_cache(maxsize=1024)
def chi_square_quantile(freedom: int, level: float) -> float:
    """What χ² with ``freedom`` degrees of freedom stays below with probability ``level``, by Newton from the
    approximation of Wilson and Hilferty (1931)."""
    part = 2.0 / (9.0 * freedom)
    x = freedom * max(1.0 - part + _NORMAL.inv_cdf(level) * math.sqrt(part), 0.05) ** 3
    for _ in range(50):
        density = math.exp(
            (freedom / 2 - 1) * math.log(x) - x / 2 - freedom / 2 * math.log(2) - math.lgamma(freedom / 2)
        )
        step = (_lower_gamma(freedom / 2, x / 2) - level) / density
        x = max(x - step, x / 2)
        if abs(step) < 1e-13 * x:
            break
    return x


@lru_cache(maxsize=1024)
def student_quantile(freedom: int, level: float) -> float:
    """What Student's t with ``freedom`` ≥ 1 degrees of freedom stays below with probability ``level``, in (0, 1), by
    bisection; as scipy.special.stdtrit."""
    if level < 0.5:
        return -student_quantile(freedom, 1.0 - level)
    low, high = 0.0, 1.0
    while _student(freedom, high) < level:
        low, high = high, high * 2.0
    while low < (middle := (low + high) / 2.0) < high:
        low, high = (middle, high) if _student(freedom, middle) < level else (low, middle)
    return high


def _student(freedom: int, t: float) -> float:
    """The distribution function of Student's t for t ≥ 0, by the finite sums of Abramowitz and Stegun (1964), 26.7.3
    and 26.7.4, in the angle of tangent t / √freedom."""
    angle = math.atan(t / math.sqrt(freedom))
    sine, cosine = math.sin(angle), math.cos(angle)
    odd = freedom % 2
    term, total = cosine if odd else 1.0, 0.0
    for k in range(odd, freedom - 1, 2):
        total += term
        term *= cosine**2 * (k + 1) / (k + 2)
    within = 2.0 / math.pi * (angle + sine * total) if odd else sine * total
    return 0.5 + within / 2.0


def _lower_gamma(a: float, x: float) -> float:
    """The regularised lower incomplete gamma function P(a, x), by its series: all terms are positive."""
    term = total = 1.0 / a
    n = a
    while term > 1e-17 * total:
        n += 1.0
        term *= x / n
        total += term
    return total * math.exp(a * math.log(x) - x - math.lgamma(a))
