"""Backtests: forecasts from past origins, each made from what was known then, beside what really came."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from core.evaluation.cache import PointsCache
from core.evaluation.fanout import Work, compute
from core.evaluation.intervals import add_intervals, history_residuals
from core.evaluation.points import Points, Table, grid
from core.evaluation.reconciliation import Choice, reconcile_backtest
from core.models.base import INTERVAL_COLUMNS, POINT_COLUMNS, Calendars, Combination, Fold, Forecaster
from core.models.catalogue import MODELS, Model
from core.models.observed import observed
from core.series.panel import ADDITIVE_MEASURES, TOTAL, Panel, Series
from core.series.panel_calendar import Calendar

BACKTEST_COLUMNS = (
    "model", "measure", "segment", "cutoff", "date", "horizon", "y", "mean", *INTERVAL_COLUMNS, "open", "scale",
    "scale2",
)  # fmt: skip
"""``scale`` is the denominator of MASE: the mean weekly change of the series as known at the cutoff; ``scale2`` that of
RMSSE: the mean of its square."""

BASE_COLUMNS = ("model", *POINT_COLUMNS, "cutoff", "y")
"""What combinations and reconciliation learn from: points of past folds and what came."""

MIN_DAYS = 28
"""Days of history before the first origin."""
SUMS_WITHIN = 1e-6
"""Segments sum to their total if they miss it by less than this share of its largest value."""

Progress = Callable[[float, str], None]

FIRST, COMPUTED, COMBINED, RECONCILED = 0.01, 0.90, 0.92, 0.94
"""Where on the way from 0 to 1 the parts of a backtest end: starting, computing, combining, reconciling."""


def make_folds(
    panel: Panel, horizon: int, count: int, step: int, last_origin: dt.date | None = None
) -> tuple[Fold, ...]:
    """Up to ``count`` folds in order of time, ``step`` days apart, the last one's targets ending with the panel.

    ``last_origin`` ends the row earlier; it is moved back if its horizon would leave the panel. Origins with fewer
    than 28 days of history are left out, so a short panel gives fewer folds, perhaps none.
    Raises ValueError for a horizon, count or step below 1.
    """
    if min(horizon, count, step) < 1:
        raise ValueError(f"horizon {horizon}, folds {count} and step {step} must be at least 1")
    latest = panel.last_day - dt.timedelta(days=horizon)
    last = latest if last_origin is None else min(last_origin, latest)
    origins = (last - dt.timedelta(days=step * back) for back in range(count - 1, -1, -1))
    return tuple(Fold(day, horizon) for day in origins if (day - panel.first_day).days + 1 >= MIN_DAYS)


@dataclass(frozen=True)
class BacktestResult:
    """A backtest and what is needed to go on from it.

    frame: BACKTEST_COLUMNS of the models asked for.
    base_points: BASE_COLUMNS before reconciliation, members of combinations included.
    seconds: computing time by model; a combination's includes its members'. Of cached results, what they once took.
    notes: by model and id of a series, why its forecasts are those of the model's fallback.
    choices: how each model and measure was reconciled at each origin.
    """

    frame: pd.DataFrame
    base_points: pd.DataFrame
    seconds: Mapping[str, float] = field(default_factory=dict)
    notes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    choices: tuple[Choice, ...] = ()


def backtest(
    models: Sequence[str | Model],
    panel: Panel,
    folds: Sequence[Fold],
    calendars: Calendars,
    on_progress: Progress | None = None,
    *,
    workers: int | None = None,
    cache: Path | None = None,
    window: int | None = None,
    refit_every: int | None = None,
    reconcile: bool = True,
) -> BacktestResult:
    """Forecasts of every model × series × fold with intervals and actuals: BACKTEST_COLUMNS.

    Rows are ordered by model (as given), series (as in the panel), cutoff and date. ``y`` is NaN where unknown.
    Combinations are made of their members' points (computed, but not returned if not asked for). Then measures whose
    segments sum to the total are reconciled, then intervals are made, each fold's from residuals of folds that had
    ended by its cutoff. ``on_progress(fraction, text)`` may raise to cancel: then everything stops at once.

    * workers: processes; None: one a core if the work is worth it, 1: this one only. Never changes a result.
    * cache: a folder that keeps every model's points; None: compute anew.
    * window: models see only so many days before each origin (of values and known regressors; the opening calendar,
      scales and intervals know all the past). None: all of them.
    * refit_every: models with a backtest of their own estimate anew at every so many folds; others at every one.

    Raises KeyError for an unknown model name, ValueError for a window below 1.
    """
    if window is not None and window < 1:
        raise ValueError(f"a window of {window} days is not at least 1")
    if not models or not folds or not panel.series:
        return BacktestResult(pd.DataFrame(columns=list(BACKTEST_COLUMNS)), pd.DataFrame(columns=list(BASE_COLUMNS)))
    tell = on_progress or (lambda _fraction, _text: None)
    tell(0.0, f"Backtest of {len(models)} models on {len(panel.series)} series at {len(folds)} origins")
    asked = {model.name: model for model in (MODELS[one] if isinstance(one, str) else one for one in models)}
    known = {fold.origin: calendars(fold.origin) for fold in folds}
    work, table = Work(panel, tuple(folds), known, window, refit_every), Table(panel, folds, known)
    members, needed = members_of(asked, len(panel.series))
    points = _computed(needed, work, cache, workers, tell)
    tell(COMPUTED, "Combining models")
    for name, model in asked.items():
        if issubclass(model, Combination):
            points[name] = _combined(model, members[name], points, table)
    base = pd.concat([table.frame(name, one) for name, one in points.items()], ignore_index=True)[[*BASE_COLUMNS]]
    rows = pd.concat([table.frame(name, points[name]) for name in asked], ignore_index=True)
    tell(COMBINED, "Making segments and totals agree")
    start = panel.until(min(known))
    rows, choices = reconciled(rows, summing_measures(start)) if reconcile else (rows, ())
    tell(RECONCILED, "Making intervals from past errors")
    longest = max(fold.horizon for fold in folds)
    prior = {origin: history_residuals(panel.until(origin), at, longest) for origin, at in known.items()}
    scales = {name: np.tile(values, len(asked)) for name, values in table.scales().items()}
    frame = add_intervals(rows.assign(**scales), prior)[list(BACKTEST_COLUMNS)]
    tell(1.0, "Backtest done")
    seconds = {name: points[name].seconds for name in asked}
    return BacktestResult(frame, base, seconds, _notes(asked, start, known[min(known)]), choices)


def members_of(
    asked: Mapping[str, Model], n_series: int
) -> tuple[dict[str, tuple[str, ...]], dict[str, type[Forecaster]]]:
    """The members of every combination asked for, and all models that have to be computed."""
    members = {name: one.members_for(n_series) for name, one in asked.items() if issubclass(one, Combination)}
    needed = {name: one for name, one in asked.items() if issubclass(one, Forecaster)}
    for name in (name for group in members.values() for name in group):
        member = MODELS[name]
        if not issubclass(member, Forecaster):
            raise TypeError(f"{name} is a combination itself and cannot be a member of one")
        needed.setdefault(name, member)
    return members, needed


def _computed(
    needed: Mapping[str, type[Forecaster]], work: Work, cache: Path | None, workers: int | None, tell: Progress
) -> dict[str, Points]:
    """The points of models, from the cache where they are there; what is computed is kept at once."""
    kept = None if cache is None else PointsCache(cache, work)
    found = {name: kept.load(model) if kept else None for name, model in needed.items()}

    def done(name: str, points: Points) -> None:
        found[name] = points
        if kept:
            kept.store(needed[name], points)

    missing = [model for name, model in needed.items() if found[name] is None]
    if missing:
        compute(missing, work, done, lambda part, text: tell(FIRST + (COMPUTED - FIRST) * part, text), workers)
    return {name: points for name, points in found.items() if points is not None}


def _combined(model: type[Combination], members: Sequence[str], points: Mapping[str, Points], table: Table) -> Points:
    """A combination's points; its seconds are those of its members and its own."""
    started = time.process_time()
    frame = pd.concat([table.frame(name, points[name]) for name in members], ignore_index=True)[[*BASE_COLUMNS]]
    mean, is_open = grid(model.name, model.combine(frame), table.panel, table.folds)
    own = time.process_time() - started
    return Points(mean, is_open, own + sum(points[name].seconds for name in members))


def summing_measures(panel: Panel) -> tuple[str, ...]:
    """Additive measures whose segments do sum to their total in the panel; others are not to be reconciled.

    To be asked of what is known at the first origin, so that it cannot depend on what came later.
    """
    found = []
    for measure in ADDITIVE_MEASURES:
        rows = [row for row, one in enumerate(panel.series) if one.measure == measure and one.segment != TOTAL]
        if not rows or Series(measure) not in panel.series:
            continue
        gap, total = panel.values[rows].sum(axis=0) - panel[Series(measure)], np.abs(panel[Series(measure)])
        there = np.isfinite(gap)
        if there.any() and np.abs(gap[there]).max() <= SUMS_WITHIN * total[there].max():
            found.append(measure)
    return tuple(found)


def reconciled(rows: pd.DataFrame, measures: Sequence[str]) -> tuple[pd.DataFrame, tuple[Choice, ...]]:
    """``reconcile_backtest`` for some of the measures."""
    chosen = rows["measure"].isin(measures).to_numpy()
    if not chosen.any():
        return rows, ()
    made, choices = reconcile_backtest(rows[chosen])
    mean = rows["mean"].to_numpy(np.float64, copy=True)
    mean[chosen] = made["mean"].to_numpy()
    return rows.assign(mean=mean), choices


def _notes(models: Mapping[str, Model], panel: Panel, calendar: Calendar) -> dict[str, dict[str, str]]:
    """Series that have too little history at the first origin, by model."""
    days = (~np.isnan(observed(panel.values, calendar.is_open(panel.days))[0])).sum(axis=1)
    notes: dict[str, dict[str, str]] = {}
    for name, model in models.items():
        if issubclass(model, Forecaster):
            short = {
                str(series): f"{count} days with trade to {panel.last_day}, the model needs {model.min_history}"
                for series, count in zip(panel.series, days.tolist(), strict=True)
                if count < model.min_history
            }
            notes |= {name: short} if short else {}
    return notes
