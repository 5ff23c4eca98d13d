"""Accuracy of forecasts: one pure function a metric, all with the signature (actual, forecast).

Arrays of equal shape; pairs with a missing actual are left out. Where nothing is left, or the denominator is 0,
the answer is NaN: "not defined", never 0. Relative metrics are fractions (0.2 = 20 %).
"""

from __future__ import annotations

import numpy as np

from core.series.days import Flags
from core.series.panel import Values


def _pairs(actual: Values, forecast: Values) -> tuple[Values, Values]:
    actual, forecast = np.asarray(actual, dtype=np.float64), np.asarray(forecast, dtype=np.float64)
    if actual.shape != forecast.shape:
        raise ValueError(f"actual has shape {actual.shape}, forecast {forecast.shape}")
    there = ~np.isnan(actual)
    return actual[there], forecast[there]


def _mean(values: Values) -> float:
    return float(values.mean()) if values.size else float("nan")


def _ratio(part: float, whole: float) -> float:
    return float(part / whole) if whole else float("nan")


def rmse(actual: Values, forecast: Values) -> float:
    """√ mean (y − f)², in the unit of the measure."""
    y, f = _pairs(actual, forecast)
    return float(np.sqrt(_mean((y - f) ** 2)))


def mae(actual: Values, forecast: Values) -> float:
    """mean |y − f|, in the unit of the measure."""
    y, f = _pairs(actual, forecast)
    return _mean(np.abs(y - f))


def mape(actual: Values, forecast: Values, is_open: Flags | None = None) -> float:
    """mean |y − f| / y over open days with y > 0; a fraction. Days with y ≤ 0 have no percentage and are left out."""
    if is_open is not None:
        actual, forecast = np.asarray(actual)[is_open], np.asarray(forecast)[is_open]
    y, f = _pairs(actual, forecast)
    positive = y > 0
    return _mean(np.abs(y - f)[positive] / y[positive])


def wape(actual: Values, forecast: Values) -> float:
    """Σ |y − f| / Σ |y|; a fraction. Closed days add nothing to either sum."""
    y, f = _pairs(actual, forecast)
    return _ratio(np.abs(y - f).sum(), np.abs(y).sum())


def bias(actual: Values, forecast: Values) -> float:
    """Σ (f − y) / Σ |y|; a fraction. Positive: the forecasts are too high."""
    y, f = _pairs(actual, forecast)
    return _ratio((f - y).sum(), np.abs(y).sum())


def mase(actual: Values, forecast: Values, scale: Values | float) -> float:
    """mean |y − f| / scale, without unit; below 1: better than a one-week-old value was in the past.

    scale: ``naive_scale`` of the days known at the origin, one number or one a pair. Hyndman & Koehler (2006).
    Pairs whose scale is 0 or missing are left out.
    """
    scales = np.broadcast_to(np.asarray(scale, dtype=np.float64), np.shape(actual))
    there = ~np.isnan(np.asarray(actual, dtype=np.float64))
    y, f = _pairs(actual, forecast)
    scales = scales[there]
    usable = scales > 0
    return _mean(np.abs(y - f)[usable] / scales[usable])


def naive_scale(values: Values, is_open: Flags, season: int = 7) -> float:
    """mean |y(t) − y(t − season)| over days t where both days are open and known: the denominator of MASE."""
    known = np.where(is_open, np.asarray(values, dtype=np.float64), np.nan)
    steps = np.abs(known[season:] - known[:-season])
    return _mean(steps[~np.isnan(steps)])


def coverage(actual: Values, low: Values, high: Values) -> float:
    """Share of actuals inside [low, high], both ends included; a fraction."""
    actual = np.asarray(actual, dtype=np.float64)
    there = ~np.isnan(actual)
    y = actual[there]
    return _mean(((y >= np.asarray(low)[there]) & (y <= np.asarray(high)[there])).astype(np.float64))
