"""Does the level stay? Two tests that ask from opposite ends: ADF (does it wander?) and KPSS (does it stay?).

Written out in numpy, because statsmodels costs a web worker 200 MB; the tests compare both to statsmodels.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from core.series.panel import Values

LEAST_DAYS = 60
LEVEL = 0.05
"""A test says no to what it asks below this p-value."""

Verdict = Literal["stays", "drifts", "returns", "unclear"]
"""Stays around one level; wanders; comes back to a level that itself moves; the days do not tell."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of one test. ``lags``: days of memory that the test allows for."""

    statistic: float
    p: float
    lags: int


@dataclass(frozen=True, slots=True)
class Stationarity:
    adf: Outcome
    kpss: Outcome
    verdict: Verdict


def stationarity(values: Values) -> Stationarity | None:
    """Of the open days in order, shape (days,); None with fewer than LEAST_DAYS, without change, or with changes that
    follow from each other to the last digit."""
    if values.size < LEAST_DAYS or np.ptp(values) == 0:
        return None
    wanders = adf(values)
    if wanders is None:
        return None
    stays = kpss(values)
    return Stationarity(wanders, stays, verdict(wanders.p < LEVEL, stays.p < LEVEL))


def verdict(adf_rejects: bool, kpss_rejects: bool) -> Verdict:
    """What both say together."""
    if adf_rejects:
        return "returns" if kpss_rejects else "stays"
    return "drifts" if kpss_rejects else "unclear"


EXACT = 1e-12
"""Of a series whose changes are explained up to this share nothing is left to test by."""


def adf(values: Values) -> Outcome | None:
    """Augmented Dickey-Fuller test with a constant: small p = the level does not wander.

    As many lagged changes as minimise Akaike's criterion, up to 12 (n / 100)^¼ (Schwert). None where they leave
    nothing unexplained, or the level tells nothing beside them.
    """
    most = min(math.ceil(12 * (values.size / 100) ** 0.25), values.size // 2 - 2)
    table = _design(values, most)
    change, size = table[0], table[0].size
    criteria = []
    for lags in range(most + 1):
        columns = table[1][:, : lags + 2]
        left = _rest(columns, change)
        if float(left @ left) <= EXACT * float(change @ change):
            return None
        likelihood = -size / 2 * (math.log(2 * math.pi * float(left @ left) / size) + 1)
        criteria.append(-2 * likelihood + 2 * columns.shape[1])
    lags = int(np.argmin(criteria))
    change, columns = _design(values, lags)
    left = _rest(columns, change)
    inverse = np.linalg.pinv(columns.T @ columns)
    slope = float((inverse @ columns.T @ change)[1])
    variance = float(left @ left) / (change.size - columns.shape[1]) * float(inverse[1, 1])
    if not variance > 0:
        return None
    statistic = slope / math.sqrt(variance)
    return Outcome(statistic, adf_p(statistic), lags)


def _design(values: Values, lags: int) -> tuple[Values, Values]:
    """Changes that have ``lags`` changes before them, and for each: 1, the value before, those changes."""
    change = np.diff(values)
    target = change[lags:]
    earlier = [change[lags - lag : change.size - lag] for lag in range(1, lags + 1)]
    return target, np.column_stack([np.ones(target.size), values[lags:-1], *earlier])


def _rest(columns: Values, target: Values) -> Values:
    fitted: Values = columns @ np.linalg.lstsq(columns, target, rcond=None)[0]
    return target - fitted


ADF_LOW, ADF_HIGH, ADF_TURN = -18.83, 2.74, -1.61
ADF_SMALL = (2.1659, 1.4412, 0.038269)
ADF_LARGE = (1.7339, 0.93202, -0.12745, -0.010368)
"""MacKinnon (1994), response surfaces for a test with a constant: Φ of a polynomial, one on either side of the turn."""


def adf_p(statistic: float) -> float:
    if statistic > ADF_HIGH:
        return 1.0
    if statistic < ADF_LOW:
        return 0.0
    powers = ADF_SMALL if statistic <= ADF_TURN else ADF_LARGE
    z = sum(factor * statistic**power for power, factor in enumerate(powers))
    return 0.5 * math.erfc(-z / math.sqrt(2))


KPSS_CRITICAL, KPSS_P = (0.347, 0.463, 0.574, 0.739), (0.10, 0.05, 0.025, 0.01)
"""Kwiatkowski, Phillips, Schmidt and Shin (1992), table 1, around a level."""


def kpss(values: Values) -> Outcome:
    """Small p = the level does not stay. Lags by the rule of Hobijn and others (1998); p within .01 and .10."""
    rest, size = values - values.mean(), values.size
    lags = min(_kpss_lags(rest), size - 1)
    variance = float(rest @ rest)
    for lag in range(1, lags + 1):
        variance += 2 * float(rest[lag:] @ rest[:-lag]) * (1 - lag / (lags + 1))
    statistic = float((np.cumsum(rest) ** 2).sum()) / size**2 / (variance / size)
    return Outcome(statistic, float(np.interp(statistic, KPSS_CRITICAL, KPSS_P)), lags)


def _kpss_lags(rest: Values) -> int:
    size = rest.size
    s0, s1 = float(rest @ rest) / size, 0.0
    for lag in range(1, int(size ** (2 / 9)) + 1):
        product = float(rest[lag:] @ rest[:-lag]) / (size / 2)
        s0 += product
        s1 += lag * product
    return int(1.1447 * ((s1 / s0) ** 2) ** (1 / 3) * size ** (1 / 3))
