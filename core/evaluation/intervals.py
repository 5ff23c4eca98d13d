"""Prediction intervals from past errors (split conformal), for any model and any horizon.

A residual is t(actual) − t(forecast) on a day expected open, with t = log1p; or √ for a series with more than 30 %
zeros, whose logs would say nothing about its large values. Residuals are divided by a growth factor of the week of the
horizon (pooled over all series of a model, never falling); for every model and series their signed quantiles below and
above give the interval, so a model that runs too low gets a longer upper side. The level itself adapts (Gibbs & Candès
2021): a fold covered too little makes the next intervals wider. core.evaluation.calibration has the arithmetic.

Beyond the backtested horizon H the width grows as √(1 + DRIFT · (h − H) / H): by half at a year for H = 28.
With fewer than MIN_FOLDS finished folds (or MIN_RESIDUALS residuals), residuals of a same-weekday mean made one horizon
earlier are added: they need no backtest, are known at the origin, and are rather too wide than too narrow.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.evaluation.calibration import (
    LOG,
    ROOT,
    Calibration,
    Past,
    Residuals,
    Width,
    groups_of,
    growth_at,
    interval,
    quantile_widths,
)
from core.models.base import INTERVAL_COLUMNS, LEVELS
from core.models.observed import observed
from core.series.panel import Panel, Series, Values
from core.series.panel_calendar import Calendar

PRIOR_DAYS = 182
PRIOR_WEEKS = 4
TARGETS = 1 - np.array(LEVELS) / 100


def history_residuals(panel: Panel, calendar: Calendar, horizon: int) -> Residuals:
    """For every series the errors of the mean of four same weekdays, the latest at least ``horizon`` days before.

    Of the last 182 days of the panel; empty where the history is too short.
    """
    known, intermittent = observed(panel.values, calendar.is_open(panel.days))
    scales = [ROOT if zeros else LOG for zeros in intermittent]
    data = np.stack([scale.forward(np.maximum(row, 0.0)) for scale, row in zip(scales, known, strict=True)])
    errors = _lagged_errors(data, horizon)
    return {
        series: Past(scale, row[~np.isnan(row)])
        for series, scale, row in zip(panel.series, scales, errors, strict=True)
    }


def _lagged_errors(data: Values, horizon: int) -> Values:
    first = -(-horizon // 7) * 7
    lags = [first + 7 * week for week in range(PRIOR_WEEKS)]
    end = data.shape[1]
    count = max(min(PRIOR_DAYS, end - lags[-1]), 0)
    past = np.stack([data[:, end - lag - count : end - lag] for lag in lags]) if count else np.empty((1, len(data), 0))
    seen = (~np.isnan(past)).sum(axis=0)
    mean = np.divide(np.nansum(past, axis=0), seen, out=np.full(seen.shape, np.nan), where=seen > 0)
    return np.asarray(data[:, end - count :] - mean)


@dataclass(frozen=True)
class IntervalTable:
    """Widths by model and series, and their growth over the horizon by model."""

    widths: Mapping[tuple[str, Series], Width]
    growth: Mapping[str, Values]  # factor for week 0, 1, … of the backtested horizon
    horizon: int  # the longest backtested
    prior: Mapping[Series, Width]

    def apply(self, points: pd.DataFrame) -> pd.DataFrame:
        """``points`` (columns model, measure, segment, horizon, mean, open) with INTERVAL_COLUMNS added.

        Closed days get [0, 0]; the forecast always lies inside, and the 95 % interval contains the 80 % one.
        """
        bounds = np.empty((len(points), len(LEVELS), 2))
        mean, horizon = points["mean"].to_numpy(np.float64), points["horizon"].to_numpy(np.int64)
        for (model, series), rows in groups_of(points)[0].items():
            width = self.widths.get((model, series)) or self.prior.get(series) or Width.unknown()
            growth = growth_at(self.growth.get(model, np.ones(1)), self.horizon, horizon[rows])
            bounds[rows] = interval(mean[rows], width, growth)
        return with_bounds(points, bounds)


def with_bounds(points: pd.DataFrame, bounds: Values) -> pd.DataFrame:
    """``points`` with INTERVAL_COLUMNS from ``bounds`` of shape (rows, levels, 2); [0, 0] on closed days."""
    bounds = np.where(points["open"].to_numpy(bool)[:, None, None], bounds, 0.0)
    columns = {name: bounds[:, index // 2, index % 2] for index, name in enumerate(INTERVAL_COLUMNS)}
    return points.assign(**columns)


def add_intervals(points: pd.DataFrame, prior: Mapping[dt.date, Residuals]) -> pd.DataFrame:
    """Backtest rows (with y) plus INTERVAL_COLUMNS, each fold's from folds that had ended by its cutoff.

    ``prior``: ``history_residuals`` at every origin.
    """
    return with_bounds(points, Calibration(points).walk(prior))


def fit_intervals(backtest: pd.DataFrame, prior: Residuals | None = None) -> IntervalTable:
    """The table for forecasts made after the backtest, from all its folds.

    The level goes on from the misses of the backtest's own intervals (INTERVAL_COLUMNS), so the coverage realised
    there is that of the procedure that makes the intervals to come.
    ``prior``: ``history_residuals`` at the end of the data, for series with few backtest folds or none.
    """
    prior = prior or {}
    fallback = {
        series: Width(past.scale, quantile_widths(past.errors, TARGETS, past.scale.unknown))
        for series, past in prior.items()
    }
    if backtest.empty:
        return IntervalTable({}, {}, 1, fallback)
    calibration = Calibration(backtest)
    calibration.take(backtest)
    widths, growth = calibration.final(prior)
    return IntervalTable(widths, growth, calibration.longest, fallback)


def realised_coverage(backtest: pd.DataFrame) -> pd.DataFrame:
    """Promised against realised coverage of open days: columns model, level, realised, worst_fold, n (days)."""
    rows = []
    days = backtest[backtest["open"].astype(bool) & backtest["y"].notna()]
    for model, one in days.groupby("model", sort=False):
        for level in LEVELS:
            inside = (one["y"] >= one[f"lo{level}"]) & (one["y"] <= one[f"hi{level}"])
            worst = inside.groupby(one["cutoff"]).mean().min()
            rows.append((model, level / 100, float(inside.mean()), float(worst), len(one)))
    return pd.DataFrame(rows, columns=["model", "level", "realised", "worst_fold", "n"])
