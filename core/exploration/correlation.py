"""How a day follows from days before: autocorrelation and partial autocorrelation, with closed days as gaps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.series.days import Flags
from core.series.panel import Values

LAGS = 35
"""Five weeks."""
LEAST_DAYS = 56
LEAST_PAIRS = 20


@dataclass(frozen=True)
class Correlations:
    """``lags``: 1, 2, …; ``acf`` and ``pacf`` of that shape, NaN where too few pairs of days are known.
    ``band``: a correlation within ± of it may be chance, 95 times of 100."""

    lags: Values
    acf: Values
    pacf: Values
    band: float


def correlations(values: Values, known: Flags, lags: int = LAGS) -> Correlations | None:
    """Of consecutive calendar days, of which the ``known`` ones count; None with too few of them or of pairs,
    or without change."""
    if known.sum() < LEAST_DAYS or np.ptp(values[known]) == 0:
        return None
    found = autocorrelation(values, known, min(lags, values.size // 4))
    if np.isnan(found[1:]).all():
        return None
    return Correlations(
        lags=np.arange(1.0, found.size),
        acf=found[1:],
        pacf=partial(found)[1:],
        band=1.96 / float(np.sqrt(known.sum())),
    )


def autocorrelation(values: Values, known: Flags, lags: int) -> Values:
    """Lags 0 to ``lags``: mean product of the pairs that are known, over the variance. Within −1 and 1."""
    centred = np.where(known, values - values[known].mean(), 0.0)
    flags = known.astype(np.float64)
    variance = float((centred**2).sum() / flags.sum())
    found = np.full(lags + 1, np.nan)
    for lag in range(lags + 1):
        pairs = float(flags[lag:] @ flags[: flags.size - lag])
        if pairs >= LEAST_PAIRS:
            found[lag] = np.clip(centred[lag:] @ centred[: centred.size - lag] / pairs / variance, -1.0, 1.0)
    return found


def partial(acf: Values) -> Values:
    """From autocorrelations (lag 0 first) by Durbin and Levinson; NaN from where they do not fit together."""
    result = np.full(acf.size, np.nan)
    result[0] = 1.0
    phi, left = np.empty(0), 1.0
    for lag in range(1, acf.size):
        next_one = (acf[lag] - phi @ acf[1:lag][::-1]) / left
        if not abs(next_one) < 1:
            break
        result[lag] = next_one
        phi = np.append(phi - next_one * phi[::-1], next_one)
        left *= 1 - next_one**2
    return result
