"""Prediction intervals from past errors (split conformal on log residuals), for any model and any horizon.

A residual is log1p(actual) − log1p(forecast) on a day expected open. Residuals are divided by a growth factor of the
week of the horizon (pooled over all series of a model, never falling), then for every model and series the signed
quantiles below and above give the interval; so a model that runs too low gets a longer upper side. The level itself
adapts (Gibbs & Candès 2021): a fold covered too little makes the next intervals wider, by GAMMA times what was missing.

Beyond the backtested horizon H the log width grows as √(1 + DRIFT · (h − H) / H): see DRIFT.
With fewer than MIN_FOLDS finished folds, residuals of a same-weekday mean made one horizon earlier are added: they need
no backtest, are known at the origin, and are rather too wide than too narrow.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.models.base import INTERVAL_COLUMNS, LEVELS
from core.models.observed import observed
from core.series.calendar import OpeningCalendar
from core.series.panel import Panel, Series, Values

GAMMA = 0.1
MIN_FOLDS = 2
DRIFT = 0.15
"""Share of the variance that each further backtest horizon adds."""
PRIOR_DAYS = 182
PRIOR_WEEKS = 4
UNKNOWN = np.log(2.0)
"""Log width where nothing at all is known: half to double."""

Residuals = Mapping[Series, Values]
Rows = npt.NDArray[np.int64]
Widths = npt.NDArray[np.float64]  # log widths, shape (levels, 2): below, above


def history_residuals(panel: Panel, calendar: OpeningCalendar, horizon: int) -> Residuals:
    """For every series the log errors of the mean of four same weekdays, the latest at least ``horizon`` days before.

    Of the last 182 days of the panel; empty where the history is too short.
    """
    known, _ = observed(panel.values, calendar.is_open(panel.days))
    log = np.log1p(np.maximum(known, 0.0))
    first = -(-horizon // 7) * 7
    lags = [first + 7 * week for week in range(PRIOR_WEEKS)]
    count = max(min(PRIOR_DAYS, panel.n_days - lags[-1]), 0)
    if count == 0:
        return {series: np.empty(0) for series in panel.series}
    end = panel.n_days
    past = np.stack([log[:, end - lag - count : end - lag] for lag in lags])
    seen = (~np.isnan(past)).sum(axis=0)
    mean = np.divide(np.nansum(past, axis=0), seen, out=np.full(seen.shape, np.nan), where=seen > 0)
    errors = log[:, end - count :] - mean
    return {series: row[~np.isnan(row)] for series, row in zip(panel.series, errors, strict=True)}


@dataclass(frozen=True)
class IntervalTable:
    """Log widths by model and series, and their growth over the horizon by model."""

    widths: Mapping[tuple[str, Series], Widths]
    growth: Mapping[str, Values]  # factor for week 0, 1, … of the backtested horizon
    horizon: int  # the longest backtested
    prior: Mapping[Series, Widths]

    def apply(self, points: pd.DataFrame) -> pd.DataFrame:
        """``points`` (columns model, measure, segment, horizon, mean, open) with INTERVAL_COLUMNS added.

        Closed days get [0, 0]; the forecast always lies inside, and the 95 % interval contains the 80 % one.
        """
        points = points.copy()
        bounds = np.empty((len(points), len(LEVELS), 2))
        for (model, series), rows in _groups(points)[0].items():
            horizon = points["horizon"].to_numpy()[rows]
            widths = self.widths.get((model, series), self.prior.get(series, unknown_widths()))
            growth = growth_at(self.growth.get(model, np.ones(1)), self.horizon, horizon)
            bounds[rows] = interval(points["mean"].to_numpy(np.float64)[rows], widths, growth)
        bounds[~points["open"].to_numpy(bool)] = 0.0
        for index, column in enumerate(INTERVAL_COLUMNS):
            points[column] = bounds[:, index // 2, index % 2]
        return points


def interval(mean: Values, widths: Widths, growth: Values) -> Values:
    """Bounds of shape (days, levels, 2) around ``mean`` for log ``widths`` times ``growth`` (days,)."""
    log = np.log1p(np.maximum(mean, 0.0))[:, None, None]
    signed = widths * np.array([-1.0, 1.0])
    return np.asarray(np.expm1(np.maximum(log + growth[:, None, None] * signed, 0.0)))


def growth_at(weeks: Values, longest: int, horizon: npt.NDArray[np.int64]) -> Values:
    """The growth factor for days ahead, from the factors of the backtested weeks; never falls with the horizon."""
    inside = weeks[np.minimum((horizon - 1) // 7, len(weeks) - 1)]
    return np.asarray(inside * np.sqrt(1.0 + DRIFT * np.maximum(horizon - longest, 0) / max(longest, 1)))


def unknown_widths() -> Widths:
    return np.full((len(LEVELS), 2), UNKNOWN)


def quantile_widths(residuals: Values, alphas: Values) -> Widths:
    """Widths below and above zero that leave ``alphas[level] / 2`` of the residuals outside on either side.

    Conformal ranks ⌈(n + 1)(1 − α/2)⌉ of the signed residuals; widths are not negative and do not fall with the level.
    """
    if residuals.size == 0:
        return unknown_widths()
    ordered = np.sort(residuals)
    rank = np.clip(np.ceil((len(ordered) + 1) * (1 - alphas / 2)).astype(np.int64), 1, len(ordered))
    widths = np.column_stack([-ordered[len(ordered) - rank], ordered[rank - 1]])
    return np.asarray(np.maximum.accumulate(np.maximum(widths, 0.0), axis=0))


def add_intervals(points: pd.DataFrame, prior: Mapping[dt.date, Residuals]) -> pd.DataFrame:
    """Backtest rows (with y) plus INTERVAL_COLUMNS, each fold's from folds that had ended by its cutoff."""
    return _Calibration(points, prior).rows()


def fit_intervals(backtest: pd.DataFrame, prior: Residuals | None = None) -> IntervalTable:
    """The table for forecasts made after the backtest, from all its folds.

    ``prior``: ``history_residuals`` at the end of the data, for series with fewer than two backtest folds.
    """
    prior = prior or {}
    targets = 1 - np.array(LEVELS) / 100
    fallback = {series: quantile_widths(errors, targets) for series, errors in prior.items()}
    if backtest.empty:
        return IntervalTable({}, {}, 1, fallback)
    return _Calibration(backtest, {}).table(prior, fallback)


class _Calibration:
    """Walks through the folds of a backtest in order of time and keeps, per model and series, the adapted level."""

    def __init__(self, points: pd.DataFrame, prior: Mapping[dt.date, Residuals]) -> None:
        self.points, self.prior = points, prior
        self.targets = 1 - np.array(LEVELS) / 100
        self.cutoffs = sorted(points["cutoff"].unique())
        rows, self.group = _groups(points)
        self.keys = list(rows)
        self.fold = np.searchsorted(np.array(self.cutoffs), points["cutoff"].to_numpy())
        self.horizon = points["horizon"].to_numpy()
        self.longest = int(self.horizon.max())
        shape = (len(self.keys), len(self.cutoffs), self.longest)
        self.actual, self.mean = np.full(shape, np.nan), np.zeros(shape)
        at = (self.group, self.fold, self.horizon - 1)
        self.actual[at] = np.where(points["open"], points["y"], np.nan)
        self.mean[at] = points["mean"]
        self.residual = np.log1p(np.maximum(self.actual, 0)) - np.log1p(np.maximum(self.mean, 0))
        ends = points.groupby("cutoff")["date"].max()
        self.ends = [ends[cutoff] for cutoff in self.cutoffs]
        self.outside = np.full((len(self.keys), len(self.cutoffs), len(LEVELS)), np.nan)
        self.bounds = np.zeros((*shape, len(LEVELS), 2))
        self._walk()

    def _walk(self) -> None:
        for index, cutoff in enumerate(self.cutoffs):
            finished = [earlier for earlier, end in enumerate(self.ends) if end <= cutoff]
            prior = self.prior.get(pd.Timestamp(cutoff).date(), {})
            widths, growth = self._widths(finished, prior)
            for group, (model, _) in enumerate(self.keys):
                bounds = interval(self.mean[group, index], widths[group], self._growth_days(growth[model]))
                self.bounds[group, index] = bounds
                actual = self.actual[group, index]
                there = ~np.isnan(actual)
                if there.any():
                    inside = (actual[there, None] >= bounds[there, :, 0]) & (actual[there, None] <= bounds[there, :, 1])
                    self.outside[group, index] = 1 - inside.mean(axis=0)

    def _growth_days(self, weeks: Values) -> Values:
        return growth_at(weeks, self.longest, np.arange(1, self.longest + 1))

    def _growth(self, finished: list[int]) -> dict[str, Values]:
        """By model: mean |residual| of every week of the horizon relative to the series' own, made never to fall."""
        weeks = -(-self.longest // 7)
        factors: dict[str, Values] = {}
        for model in dict.fromkeys(model for model, _ in self.keys):
            groups = [index for index, key in enumerate(self.keys) if key[0] == model]
            errors = np.abs(self.residual[np.ix_(groups, finished)])
            own = _nanmean(errors.reshape(len(groups), -1))
            ratio = errors / np.where(own > 0, own, np.nan)[:, None, None]
            by_week = [_nanmean(ratio[:, :, 7 * week : 7 * week + 7].reshape(1, -1))[0] for week in range(weeks)]
            factors[model] = np.maximum.accumulate(np.nan_to_num(by_week, nan=1.0))
        return factors

    def _widths(self, finished: list[int], prior: Residuals) -> tuple[list[Widths], dict[str, Values]]:
        growth = self._growth(finished)
        widths = []
        for group, (model, series) in enumerate(self.keys):
            scaled = (self.residual[group, finished] / self._growth_days(growth[model])).ravel()
            scaled = scaled[~np.isnan(scaled)]
            if len(finished) < MIN_FOLDS:
                scaled = np.concatenate([scaled, prior.get(series, np.empty(0))])
            widths.append(quantile_widths(scaled, self._alphas(group, finished)))
        return widths, growth

    def _alphas(self, group: int, finished: list[int]) -> Values:
        alphas = self.targets.copy()
        for fold in finished:
            missed = np.nan_to_num(self.outside[group, fold] - self.targets)
            alphas = np.clip(alphas - GAMMA * missed, self.targets / 4, self.targets * 2)
        return alphas

    def rows(self) -> pd.DataFrame:
        bounds = self.bounds[self.group, self.fold, self.horizon - 1]
        bounds[~self.points["open"].to_numpy(bool)] = 0.0
        columns = {name: bounds[:, index // 2, index % 2] for index, name in enumerate(INTERVAL_COLUMNS)}
        return self.points.assign(**columns)

    def table(self, prior: Residuals, fallback: Mapping[Series, Widths]) -> IntervalTable:
        widths, growth = self._widths(list(range(len(self.cutoffs))), prior)
        return IntervalTable(dict(zip(self.keys, widths, strict=True)), growth, self.longest, fallback)


def _nanmean(values: Values) -> Values:
    """Mean of every row without its NaNs; NaN for a row of NaNs."""
    there = ~np.isnan(values)
    count = there.sum(axis=1)
    total = np.where(there, values, 0.0).sum(axis=1)
    return np.asarray(np.divide(total, count, out=np.full(len(values), np.nan), where=count > 0))


def _groups(points: pd.DataFrame) -> tuple[dict[tuple[str, Series], Rows], Rows]:
    """Row numbers of every (model, series), in order of appearance; and the number of its group for every row."""
    columns = [points[name].astype(str) for name in ("model", "measure", "segment")]
    keys = pd.MultiIndex.from_arrays(columns)
    codes, unique = pd.factorize(keys)
    order = np.argsort(codes, kind="stable")
    rows = np.split(order, np.cumsum(np.bincount(codes, minlength=len(unique)))[:-1])
    names = [(str(model), Series(str(measure), str(segment))) for model, measure, segment in unique]
    return dict(zip(names, rows, strict=True)), codes
