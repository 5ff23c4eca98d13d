"""Theta: simple exponential smoothing with half the drift of the trend line, on deseasonalised log1p of open days."""

from __future__ import annotations

import warnings
from typing import ClassVar

import numpy as np

from core.models.ets import LogSmoother, Smoothed, week_and_slopes
from core.series.days import Ints
from core.series.panel import Values

TRAINING_DAYS = 1100
"""Latest observed days that are learnt from: three years, and a bound on the time that a series takes."""
THETA = 2.0
FLAT = 1e-9
"""A deseasonalised series with a standard deviation below this share of its mean has neither noise nor drift."""


class Theta(LogSmoother):
    """The Theta model of statsmodels on the sequence of observed open days, weekday effects taken off and put back.

    Weekday effects come from a regression beside a free level for each eight weeks. The drift is damped by how long
    the trend was observed: with N observed days it shrinks by 1 − 1/N on every open day, so that it never comes to
    more than N further days of trend, however long the horizon. (After two years a horizon of 28 days loses 2 % of
    its drift; a ramp of 28 days is not carried on for a year.) Below 28 observed days, and for constant series: see
    LogSmoother. Zeros that are volumes are data, as in Ets.

    Sources: Assimakopoulos & Nikolopoulos (2000), International Journal of Forecasting 16, 521–530; as smoothing with
    drift: Hyndman & Billah (2003), the same 19, 287–290. α by maximum likelihood, the trend by least squares.
    """

    name: ClassVar[str] = "theta"
    min_history: ClassVar[int] = 28

    @classmethod
    def smooth(cls, log: Values, weekdays: Ints) -> Smoothed:
        week, drift, reach = np.empty((len(log), 7)), np.zeros(len(log)), np.ones(len(log))
        for row, values in enumerate(log):
            first = np.flatnonzero(~np.isnan(values))[-TRAINING_DAYS:][0]
            past, of_past = values[first:], weekdays[first:]
            season, _ = week_and_slopes(past, of_past, np.empty((0, len(past))))
            level = past - season[of_past]
            level = level[~np.isnan(level)]
            base, drift[row] = next_and_drift(level)
            week[row], reach[row] = base + season, len(level)
        return Smoothed(week, drift, reach)


def next_and_drift(level: Values) -> tuple[float, float]:
    """(Theta forecast of the next value, its change per step) of a sequence of shape (n,), n ≥ 1, without NaN.

    Not finite where statsmodels finds nothing.
    """
    mean, spread = float(level.mean()), float(level.std())
    if spread <= FLAT * abs(mean):
        return mean, 0.0
    from statsmodels.tsa.forecasting.theta import ThetaModel

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # non-convergence: α is where the optimiser stopped
        # Theta keeps shifts and scales; its optimiser does not: values of 1e-9 would look constant to it.
        result = ThetaModel((level - mean) / spread, deseasonalize=False).fit()
        first, second = np.asarray(result.forecast(2, theta=THETA), dtype=np.float64).tolist()
    return mean + spread * first, spread * (second - first)
