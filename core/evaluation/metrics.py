"""Accuracy of forecasts: one pure function a metric, all with the signature (actual, forecast or bounds, …).

Arrays of equal shape; pairs with a missing actual are left out. Where nothing is left, or the denominator is 0,
the answer is NaN: "not defined", never 0. Relative metrics are fractions (0.2 = 20 %).
"""

from __future__ import annotations

from collections.abc import Mapping

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


def smape(actual: Values, forecast: Values) -> float:
    """mean 2·|y − f| / (|y| + |f|); a fraction from 0 to 2, the definition of the M4 competition.

    Makridakis, Spiliotis & Assimakopoulos (2020), there in percent (0 to 200). Pairs that are both 0 have no
    percentage and are left out: a closed day that was forecast as closed neither helps nor harms. Where only one of
    the two is 0 the term is 2, however small the other: on days with little trade read WAPE or MASE instead.
    """
    y, f = _pairs(actual, forecast)
    size = np.abs(y) + np.abs(f)
    defined = size != 0  # not > 0: a forecast of NaN must show
    return _mean(2 * np.abs(y - f)[defined] / size[defined])


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
    y, f, scales = _scaled_pairs(actual, forecast, scale)
    return _mean(np.abs(y - f) / scales)


def rmsse(actual: Values, forecast: Values, scale2: Values | float) -> float:
    """√ mean (y − f)² / scale2, without unit; below 1: better than a one-week-old value was in the past.

    scale2: ``naive_scale_squared`` of the days known at the origin, one number or one a pair. The measure of the M5
    competition (Makridakis, Spiliotis & Assimakopoulos 2022), whose naive forecast was yesterday's value; here it is
    last week's, as for MASE. Pairs whose scale is 0 or missing are left out.
    """
    y, f, scales = _scaled_pairs(actual, forecast, scale2)
    return float(np.sqrt(_mean((y - f) ** 2 / scales)))


def _scaled_pairs(actual: Values, forecast: Values, scale: Values | float) -> tuple[Values, Values, Values]:
    scales = np.broadcast_to(np.asarray(scale, dtype=np.float64), np.shape(actual))
    there = ~np.isnan(np.asarray(actual, dtype=np.float64))
    y, f = _pairs(actual, forecast)
    scales = scales[there]
    usable = scales > 0
    return y[usable], f[usable], scales[usable]


def naive_scale(values: Values, is_open: Flags, season: int = 7) -> float:
    """mean |y(t) − y(t − season)| over days t where both days are open and known: the denominator of MASE."""
    return _mean(np.abs(_naive_steps(values, is_open, season)))


def naive_scale_squared(values: Values, is_open: Flags, season: int = 7) -> float:
    """mean (y(t) − y(t − season))² over days t where both days are open and known: the denominator of RMSSE.

    In the square of the measure's unit; NaN where no two such days are known.
    """
    return _mean(_naive_steps(values, is_open, season) ** 2)


def _naive_steps(values: Values, is_open: Flags, season: int) -> Values:
    known = np.where(is_open, np.asarray(values, dtype=np.float64), np.nan)
    steps = known[season:] - known[:-season]
    return np.asarray(steps[~np.isnan(steps)])


def coverage(actual: Values, low: Values, high: Values) -> float:
    """Share of actuals inside [low, high], both ends included; a fraction."""
    actual = np.asarray(actual, dtype=np.float64)
    there = ~np.isnan(actual)
    y = actual[there]
    return _mean(((y >= np.asarray(low)[there]) & (y <= np.asarray(high)[there])).astype(np.float64))


def interval_width(low: Values, high: Values) -> float:
    """mean (high − low), in the unit of the measure; to be read beside ``coverage``. Pairs with a NaN are left out."""
    width = np.asarray(high, dtype=np.float64) - np.asarray(low, dtype=np.float64)
    return _mean(width[~np.isnan(width)])


def winkler(actual: Values, low: Values, high: Values, level: float) -> float:
    """mean (u − l) + 2/α·max(l − y, 0) + 2/α·max(y − u, 0) with α = 1 − level/100, in the unit of the measure.

    The interval score of a central ``level`` % interval [l, u]: its width, plus a penalty where it misses; lower is
    better, and the true quantiles have the lowest expected score. Winkler (1972); Gneiting & Raftery (2007, part 6.2).
    Raises ValueError for a level outside (0, 100).
    """
    if not 0 < level < 100:
        raise ValueError(f"level {level} is not between 0 and 100 %")
    y, low = _pairs(actual, low)
    _, high = _pairs(actual, high)
    missed = np.maximum(low - y, 0.0) + np.maximum(y - high, 0.0)
    return _mean(high - low + 200 / (100 - level) * missed)


def pinball(actual: Values, forecast: Values, q: float) -> float:
    """mean max(q·(y − f), (q − 1)·(y − f)) for a forecast of the quantile ``q``, in the unit of the measure.

    Koenker & Bassett (1978); at q = 0.5 half the MAE. Raises ValueError for q outside (0, 1).
    """
    if not 0 < q < 1:
        raise ValueError(f"quantile {q} is not between 0 and 1")
    y, f = _pairs(actual, forecast)
    return _mean(np.maximum(q * (y - f), (q - 1) * (y - f)))


def crps(actual: Values, quantiles: Mapping[float, Values]) -> float:
    """mean over the quantiles q of 2·pinball(y, f_q, q), in the unit of the measure; ``quantiles``: {q: f_q}.

    An approximation of the continuous ranked probability score, ∫ 2·pinball dq over (0, 1): equal weights for the few
    quantiles that are stored (0.025, 0.1, 0.5, 0.9, 0.975) give the tails more weight than they have in the integral,
    so it compares models with each other and not with a CRPS from elsewhere. With evenly spaced quantiles it converges
    to the CRPS; where all forecasts of symmetric quantiles are equal (no spread) it is the MAE, as the CRPS is.
    Gneiting & Raftery (2007). NaN without quantiles.
    """
    return _mean(np.array([2 * pinball(actual, forecast, q) for q, forecast in quantiles.items()]))


def weighted_quantile_loss(actual: Values, quantiles: Mapping[float, Values]) -> float:
    """WQL = Σ over pairs of (mean over q of 2·pinball) / Σ |y|: ``crps`` divided by mean |y|; a fraction.

    For forecasts without spread it is the WAPE, so the two can be read side by side; what lies below the WAPE is
    gained by the intervals. Park et al. (2022), and "mean weighted quantile loss" of GluonTS. NaN without volume.
    """
    y = np.asarray(actual, dtype=np.float64)
    return _ratio(crps(actual, quantiles), _mean(np.abs(y[~np.isnan(y)])))
