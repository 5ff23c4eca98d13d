"""What is left of the actuals when a model's forecasts are taken away: is it noise, is it normal, does it repeat?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.series.panel import Values

LEAST = 20
"""Residuals below which nothing is said of them."""
MOST_LAGS, TEST_LAGS = 28, 10


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Of residuals y − forecast in order of date, in the unit of the measure.

    ``acf``: autocorrelations at the lags 1, 2, …; ``limit``: ± this holds 95 % of them if nothing repeats. Q and p of
    Ljung–Box over the first ``lags``; p of Jarque–Bera; skewness and excess kurtosis are 0 for a normal distribution.
    """

    n: int
    mean: float
    deviation: float
    skewness: float
    kurtosis: float
    normal_p: float
    acf: Values
    limit: float
    lags: int
    q: float
    white_p: float


def residuals_of(rows: pd.DataFrame) -> pd.DataFrame:
    """date, cutoff, horizon, y, mean, residual of the days expected open whose actual is known, one row a date.

    ``rows``: of one model and series. Where test periods overlap, the latest forecast of a day counts.
    """
    known = rows[rows["open"].to_numpy(bool) & rows["y"].notna().to_numpy()]
    latest = known.sort_values(["date", "cutoff"]).drop_duplicates("date", keep="last")
    latest = latest[["date", "cutoff", "horizon", "y", "mean"]].reset_index(drop=True)
    return latest.assign(residual=latest["y"] - latest["mean"])


def diagnose(residuals: Values) -> Diagnosis | None:
    """None for fewer than LEAST residuals, or if all are the same."""
    n = len(residuals)
    if n < LEAST or np.ptp(residuals) <= 1e-12 * float(np.abs(residuals).max()):
        return None
    centred = residuals - residuals.mean()
    variance = float((centred**2).mean())
    skewness = float((centred**3).mean() / variance**1.5)
    kurtosis = float((centred**4).mean() / variance**2 - 3)
    acf = autocorrelations(residuals, min(MOST_LAGS, n // 2))
    lags = min(TEST_LAGS, n // 5)
    q, white_p = ljung_box(residuals, lags)
    return Diagnosis(
        n=n,
        mean=float(residuals.mean()),
        deviation=float(residuals.std(ddof=1)),
        skewness=skewness,
        kurtosis=kurtosis,
        normal_p=float(np.exp(-n / 12 * (skewness**2 + kurtosis**2 / 4))),  # χ² with 2 degrees: P = exp(−JB / 2)
        acf=acf,
        limit=float(1.959964 / np.sqrt(n)),
        lags=lags,
        q=q,
        white_p=white_p,
    )


def autocorrelations(values: Values, lags: int) -> Values:
    """r_k = Σ (x_t − x̄)(x_{t+k} − x̄) / Σ (x_t − x̄)² at k = 1 … lags; 0 for values that do not vary."""
    centred = np.asarray(values, dtype=np.float64) - np.mean(values)
    whole = float(centred @ centred)
    if whole == 0:
        return np.zeros(lags)
    return np.array([centred[k:] @ centred[: len(centred) - k] / whole for k in range(1, lags + 1)])


def ljung_box(values: Values, lags: int) -> tuple[float, float]:
    """Q = n (n + 2) Σ r_k² / (n − k) over the first ``lags``, and its p-value from χ² with that many degrees."""
    from scipy.special import chdtrc  # imported where needed: web workers start without it

    n, r = len(values), autocorrelations(values, lags)
    q = float(n * (n + 2) * (r**2 / (n - np.arange(1, lags + 1))).sum())
    return q, float(chdtrc(lags, q))
