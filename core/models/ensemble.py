"""Ensemble: a mean of the models in logs, with weights that only finished folds have taught."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from core.models.base import POINT_COLUMNS, Combination
from core.series.days import Ints
from core.series.panel import Days, Values

START = {"gp": 1.0, "sarima": 1.0, "xgboost": 2.0, "lstm": 2.0}
"""The members and their weights before anything is known, for a single series."""
ALONE = ("gp", "sarima")
"""Members that learn from each series for itself: with n series they start with 1 / (1 + (n - 1) / SHARE) of that."""
SHARE = 40.0
SERIES_FOR_SARIMA = 200
"""A panel with more series goes without SARIMA, which works on one series at a time."""
POWER = 6.0
"""Weights fall as (error / best error) ** −POWER."""
PATIENCE = 4.0
"""Finished folds that the weights of the start count for; with n series a fold says as much as √n of them."""
FAR = 1.0
"""A member whose path lies this far (mean |log ratio|) from the members' median is left out of that path."""


class Ensemble(Combination):
    """A weighted mean of the members' forecasts on the scale log1p.

    A member's weight for a series is (its error / the best member's) ** −POWER, errors being half the series' own and
    half the mean over all series, each relative to the members' mean; it counts the more, the more folds have finished
    and the more series there are, against the weights of the start (Smith & Wallis 2009: few folds teach less than they
    cost). A member far from all
    others is left out, so that one that fails does no harm. Closed days are 0.
    """

    name: ClassVar[str] = "ensemble"

    @classmethod
    def members_for(cls, n_series: int) -> tuple[str, ...]:
        return tuple(name for name in START if name != "sarima" or n_series <= SERIES_FOR_SARIMA)

    @classmethod
    def combine(cls, points: pd.DataFrame) -> pd.DataFrame:
        table = _Table.of(points)
        folds = np.unique(table.cutoff)
        errors = table.errors()
        weights = np.empty((len(folds), len(table.series), len(table.models)))
        for index in range(len(folds)):
            finished = np.flatnonzero(table.ends <= table.cutoffs[index])
            weights[index] = weigh(errors[finished], table.models)
        return table.combined(weights[table.cutoff, table.row])

    @classmethod
    def combine_ahead(cls, points: pd.DataFrame, backtest: pd.DataFrame) -> pd.DataFrame:
        table = _Table.of(points.assign(cutoff=points["date"] - pd.to_timedelta(points["horizon"], "D"), y=np.nan))
        told = cls.weights(backtest)
        start = dict(zip(table.models, start_weights(table.models, len(table.series)).tolist(), strict=True))
        weights = np.array([[told.get(one, start).get(name, 0.0) for name in table.models] for one in table.series])
        return table.combined(weights[table.row])[[*POINT_COLUMNS]]

    @classmethod
    def weights(cls, backtest: pd.DataFrame) -> dict[str, dict[str, float]]:
        """Series id → member → weight, after all folds of ``backtest``."""
        if backtest.empty:
            return {}
        table = _Table.of(backtest)
        found = weigh(table.errors(), table.models)
        return {
            one: dict(zip(table.models, row.tolist(), strict=True))
            for one, row in zip(table.series, found, strict=True)
        }


def start_weights(models: Sequence[str], n_series: int) -> Values:
    """What the members of a panel weigh before anything is known, summing to 1."""
    start = np.array([START[name] / (1 + (n_series - 1) / SHARE if name in ALONE else 1) for name in models])
    return np.asarray(start / start.sum())


def weigh(errors: Values, models: Sequence[str]) -> Values:
    """Weights of shape (series, models), each row summing to 1, from absolute errors of (folds, series, models).

    NaN errors (no actuals) count nothing.
    """
    n_folds, n_series, _ = errors.shape
    start = start_weights(models, n_series)
    if not n_folds:
        return np.tile(start, (n_series, 1))
    known = np.asarray(~np.isnan(errors).any(axis=2))
    sums = np.where(known[:, :, None], errors, 0.0).sum(axis=0)
    mean = sums.mean(axis=1, keepdims=True)
    own = np.divide(sums, mean, out=np.ones_like(sums), where=mean > 0)
    told = np.flatnonzero(known.any(axis=0))
    panel = own[told].mean(axis=0) if told.size else np.ones(len(models))
    error = np.maximum(0.5 * own + 0.5 * panel, 1e-9)
    taught = start * (error / error.min(axis=1, keepdims=True)) ** -POWER
    taught /= taught.sum(axis=1, keepdims=True)
    count = known.sum(axis=0)[:, None] * np.sqrt(n_series)
    return np.asarray((count * taught + PATIENCE * start) / (count + PATIENCE))


@dataclass(frozen=True)
class _Table:
    """Forecasts of all members for the same rows: ``mean`` of shape (rows, models); row and cutoff are numbers."""

    keys: pd.DataFrame
    models: tuple[str, ...]
    series: tuple[str, ...]
    row: Ints
    cutoff: Ints
    cutoffs: Days
    ends: Days
    mean: Values
    actual: Values

    @classmethod
    def of(cls, points: pd.DataFrame) -> _Table:
        models = tuple(dict.fromkeys(points["model"].astype(str)))
        order = ["measure", "segment", "cutoff", "date"]
        parts = [points[points["model"] == name].reset_index(drop=True) for name in models]
        first = parts[0]
        for part in parts[1:]:
            if not part[order].equals(first[order]):
                raise ValueError("the members have not forecast the same days of the same series")
        names = first["measure"].astype(str) + "/" + first["segment"].astype(str)
        row, series = pd.factorize(names)
        cutoff, cutoffs = pd.factorize(first["cutoff"], sort=True)
        ends = first.groupby(cutoff)["date"].max().to_numpy()
        return cls(
            first[[*POINT_COLUMNS, "cutoff"]].drop(columns="mean"), models, tuple(series), row, cutoff,
            np.asarray(cutoffs), ends, np.column_stack([part["mean"].to_numpy(np.float64) for part in parts]),
            first["y"].to_numpy(np.float64),
        )  # fmt: skip

    def errors(self) -> Values:
        """Σ |error| by (cutoff, series, model); NaN without an actual."""
        shape = (len(self.cutoffs), len(self.series))
        cell = self.cutoff * shape[1] + self.row
        there = ~np.isnan(self.actual)
        count = np.bincount(cell[there], minlength=shape[0] * shape[1])
        misses = np.abs(self.mean[there] - self.actual[there, None])
        sums = [np.bincount(cell[there], weights=column, minlength=len(count)) for column in misses.T]
        return np.where(count[:, None] > 0, np.column_stack(sums), np.nan).reshape(*shape, len(self.models))

    def combined(self, weights: Values) -> pd.DataFrame:
        """The mean in logs with ``weights`` of shape (rows, models), members far from the others left out."""
        log = np.log1p(self.mean)
        cell = self.cutoff * len(self.series) + self.row
        distance = np.abs(log - np.median(log, axis=1, keepdims=True))
        is_open = self.keys["open"].to_numpy(bool)
        count = np.maximum(np.bincount(cell, weights=is_open), 1)
        path = np.column_stack([np.bincount(cell, weights=column * is_open) / count for column in distance.T])
        weights = np.where(path[cell] > FAR, 0.0, weights)
        total = weights.sum(axis=1, keepdims=True)
        weights = np.where(total > 0, weights / np.where(total > 0, total, 1.0), 1 / len(self.models))
        mean = np.where(is_open, np.expm1((weights * log).sum(axis=1)), 0.0)
        return self.keys.assign(mean=np.maximum(mean, 0.0))[[*POINT_COLUMNS, "cutoff"]]
