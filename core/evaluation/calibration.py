"""The arithmetic of conformal intervals: residuals of past folds, their growth with the horizon, the adapted level."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.models.base import INTERVAL_COLUMNS, LEVELS
from core.models.observed import INTERMITTENT_SHARE
from core.series.panel import Series, Values

GAMMA = 0.1
"""How much of a fold's missing coverage the next folds' level makes good."""
MIN_FOLDS = 4
"""Finished folds below which errors of the history are added."""
MIN_RESIDUALS = 9
"""Residuals below which not even the 80 % interval has a rank: too few to say anything."""
GROWTH_LIMITS = (0.5, 2.0)
DRIFT = 0.1
"""Share of the variance that each further backtest horizon adds. Measured (80 % errors at 280 days relative to those of
the first 28, two data sets): SARIMA 1.0 to 1.2, seasonal naive 0.9 to 1.9; this gives 1.4."""

Index = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Scale:
    """A transformation on which errors are compared; ``back`` undoes ``forward``."""

    forward: Callable[[Values], Values]
    back: Callable[[Values], Values]
    unknown: float  # width of the narrowest level where nothing at all is known


LOG = Scale(np.log1p, np.expm1, float(np.log(2.0)))  # half to double
ROOT = Scale(np.sqrt, np.square, 1.0)


@dataclass(frozen=True)
class Width:
    """Widths below and above the forecast on a scale, shape (levels, 2)."""

    scale: Scale
    widths: Values

    @classmethod
    def unknown(cls) -> Width:
        return cls(LOG, quantile_widths(np.empty(0), 1 - np.array(LEVELS) / 100, LOG.unknown))


@dataclass(frozen=True)
class Past:
    """Errors of a simple forecast in the history of a series, on the series' scale."""

    scale: Scale
    errors: Values


Residuals = Mapping[Series, Past]


def interval(mean: Values, width: Width, growth: Values) -> Values:
    """Bounds of shape (days, levels, 2) around ``mean`` (days,) for widths times ``growth`` (days,)."""
    middle = width.scale.forward(np.maximum(mean, 0.0))[:, None, None]
    signed = width.widths * np.array([-1.0, 1.0])
    bounds = width.scale.back(np.maximum(middle + growth[:, None, None] * signed, 0.0))
    # A width of 0 must give the forecast itself, whatever the rounding of the transformation.
    bounds[..., 0] = np.minimum(bounds[..., 0], mean[:, None])
    bounds[..., 1] = np.maximum(bounds[..., 1], mean[:, None])
    return np.asarray(bounds)


def growth_at(weeks: Values, longest: int, horizon: Index) -> Values:
    """The growth factor for days ahead, from the factors of the backtested weeks; never falls with the horizon."""
    inside = weeks[np.minimum((horizon - 1) // 7, len(weeks) - 1)]
    return np.asarray(inside * np.sqrt(1.0 + DRIFT * np.maximum(horizon - longest, 0) / max(longest, 1)))


def quantile_widths(residuals: Values, alphas: Values, unknown: float = LOG.unknown) -> Values:
    """Widths below and above zero that leave ``alphas[level] / 2`` of the residuals outside on either side.

    Conformal ranks ⌈(n + 1)(1 − α/2)⌉ of the signed residuals. Where n is too small for the level, the largest
    residual, which stands for the share n / (n + 1), is scaled up as normal quantiles are. With fewer than
    MIN_RESIDUALS: ``unknown`` for the first level, scaled likewise for the others. Widths are not negative and do not
    fall with the level. Shape (levels, 2).
    """
    shares = 1 - alphas / 2
    if residuals.size < MIN_RESIDUALS:
        widths = np.column_stack([unknown * _normal_ratio(shares, shares[0])] * 2)
    else:
        ordered, count = np.sort(residuals), residuals.size
        wanted = np.ceil((count + 1) * shares - 1e-9).astype(np.int64)
        rank = np.clip(wanted, 1, count)
        beyond = np.where(wanted > count, _normal_ratio(shares, count / (count + 1)), 1.0)
        widths = np.column_stack([-ordered[count - rank], ordered[rank - 1]]) * beyond[:, None]
    return np.asarray(np.maximum.accumulate(np.maximum(widths, 0.0), axis=0))


def _normal_ratio(shares: Values, known: float) -> Values:
    """How much farther out than the quantile ``known`` a normal distribution has the quantiles ``shares``."""
    normal = NormalDist()
    return np.array([normal.inv_cdf(share) for share in shares]) / normal.inv_cdf(known)


class Calibration:
    """Walks through the folds of a backtest in order of time and keeps, per model and series, the adapted level.

    Arrays have the axes (model and series, fold, day of the horizon); NaN where a day is closed or has no actual, or
    the series had no history at the cutoff of the fold.
    """

    def __init__(self, points: pd.DataFrame) -> None:
        self.targets = 1 - np.array(LEVELS) / 100
        cutoffs = np.sort(points["cutoff"].unique())
        rows, self.group = groups_of(points)
        self.keys = list(rows)
        self.fold = np.searchsorted(cutoffs, points["cutoff"].to_numpy())
        self.day = points["horizon"].to_numpy(np.int64) - 1
        self.longest = int(self.day.max()) + 1
        shape = (len(self.keys), len(cutoffs), self.longest)
        self.actual, self.mean = np.full(shape, np.nan), np.zeros(shape)
        # A series of which nothing was known yet has a scale of NaN: what it was forecast says nothing of later errors.
        told = points["open"].astype(bool) & points["scale"].notna()
        self.actual[self.group, self.fold, self.day] = np.where(told, points["y"], np.nan)
        self.mean[self.group, self.fold, self.day] = points["mean"]
        self.outside = np.full((*shape[:2], len(LEVELS)), np.nan)
        self.bounds = np.zeros((*shape, len(LEVELS), 2))
        self.cutoffs = pd.DatetimeIndex(cutoffs)
        self.ends = points.groupby("cutoff")["date"].max().to_numpy()

    def walk(self, prior: Mapping[dt.date, Residuals]) -> Values:
        """Intervals of every fold from the folds finished before it; shape (rows of the backtest, levels, 2)."""
        for index, cutoff in enumerate(self.cutoffs):
            finished = np.flatnonzero(self.ends <= cutoff.to_datetime64())
            widths, growth = self._widths(finished, prior.get(cutoff.date(), {}))
            for group, (model, series) in enumerate(self.keys):
                self.bounds[group, index] = interval(
                    self.mean[group, index], widths[model, series], self._by_day(growth[model])
                )
                self._score(group, index)
        return np.asarray(self.bounds[self.group, self.fold, self.day])

    def take(self, points: pd.DataFrame) -> None:
        """Uses the intervals that ``walk`` once gave (INTERVAL_COLUMNS): misses are those of the intervals shown."""
        shown = points[list(INTERVAL_COLUMNS)].to_numpy(np.float64).reshape(len(points), len(LEVELS), 2)
        self.bounds[self.group, self.fold, self.day] = shown
        for group, index in np.ndindex(self.actual.shape[:2]):
            self._score(group, index)

    def _score(self, group: int, fold: int) -> None:
        """How many days of a fold its intervals miss."""
        actual = self.actual[group, fold]
        there = ~np.isnan(actual)
        if there.any():
            low, high = np.moveaxis(self.bounds[group, fold, there], -1, 0)
            inside = (actual[there, None] >= low) & (actual[there, None] <= high)
            self.outside[group, fold] = 1 - inside.mean(axis=0)

    def final(self, prior: Residuals) -> tuple[dict[tuple[str, Series], Width], dict[str, Values]]:
        """Widths and growth after the last fold."""
        return self._widths(np.arange(self.actual.shape[1]), prior)

    def _widths(self, finished: Index, prior: Residuals) -> tuple[dict[tuple[str, Series], Width], dict[str, Values]]:
        scales = [self._scale(group, finished, prior) for group in range(len(self.keys))]
        errors = np.full((len(self.keys), len(finished), self.longest), np.nan)
        for group, scale in enumerate(scales):
            actual, mean = self.actual[group, finished], self.mean[group, finished]
            errors[group] = scale.forward(np.maximum(actual, 0.0)) - scale.forward(np.maximum(mean, 0.0))
        growth = self._growth(errors)
        widths = {}
        for group, ((model, series), scale) in enumerate(zip(self.keys, scales, strict=True)):
            own = (errors[group] / self._by_day(growth[model])).ravel()
            own = own[~np.isnan(own)]
            few = len(finished) < MIN_FOLDS or own.size < MIN_RESIDUALS
            if few and series in prior and prior[series].scale is scale:
                own = np.concatenate([own, prior[series].errors])
            widths[model, series] = Width(scale, quantile_widths(own, self._alphas(group, finished), scale.unknown))
        return widths, growth

    def _scale(self, group: int, finished: Index, prior: Residuals) -> Scale:
        """As the history says where it is asked, else by the share of zeros in the finished folds."""
        series = self.keys[group][1]
        if series in prior:
            return prior[series].scale
        actual = self.actual[group, finished]
        days = int((~np.isnan(actual)).sum())
        return ROOT if days and int((actual == 0).sum()) > INTERMITTENT_SHARE * days else LOG

    def _growth(self, errors: Values) -> dict[str, Values]:
        """By model: mean |error| of every week of the horizon relative to the series' own, made never to fall.

        Kept within GROWTH_LIMITS: a few errors, or one wild day, say little.
        """
        weeks = -(-self.longest // 7)
        factors: dict[str, Values] = {}
        for model in dict.fromkeys(model for model, _ in self.keys):
            size = np.abs(errors[[index for index, key in enumerate(self.keys) if key[0] == model]])
            own = _nanmean(size.reshape(len(size), -1))
            ratio = size / np.where(own > 0, own, np.nan)[:, None, None]
            by_week = [_nanmean(ratio[:, :, 7 * week : 7 * week + 7].reshape(1, -1))[0] for week in range(weeks)]
            factors[model] = np.maximum.accumulate(np.clip(np.nan_to_num(by_week, nan=1.0), *GROWTH_LIMITS))
        return factors

    def _by_day(self, weeks: Values) -> Values:
        return growth_at(weeks, self.longest, np.arange(1, self.longest + 1))

    def _alphas(self, group: int, finished: Index) -> Values:
        alphas = self.targets.copy()
        for fold in finished:
            missed = np.nan_to_num(self.outside[group, fold] - self.targets)
            alphas = np.clip(alphas - GAMMA * missed, self.targets / 4, self.targets * 2)
        return alphas


def groups_of(points: pd.DataFrame) -> tuple[dict[tuple[str, Series], Index], Index]:
    """Row numbers of every (model, series), in order of appearance; and the number of its group for every row."""
    keys = pd.MultiIndex.from_arrays([points[name].astype(str) for name in ("model", "measure", "segment")])
    codes, unique = pd.factorize(keys)
    order = np.argsort(codes, kind="stable")
    rows = np.split(order, np.cumsum(np.bincount(codes, minlength=len(unique)))[:-1])
    names = [(str(model), Series(str(measure), str(segment))) for model, measure, segment in unique]
    return dict(zip(names, rows, strict=True)), codes


def _nanmean(values: Values) -> Values:
    """Mean of every row without its NaNs; NaN for a row of NaNs."""
    there = ~np.isnan(values)
    count = there.sum(axis=1)
    total = np.where(there, values, 0.0).sum(axis=1)
    return np.asarray(np.divide(total, count, out=np.full(len(values), np.nan), where=count > 0))
