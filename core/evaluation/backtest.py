"""Backtests: forecasts from past origins, each made from what was known then, beside what really came."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pandas as pd

from core.evaluation.intervals import add_intervals, history_residuals
from core.evaluation.metrics import naive_scale
from core.models.base import INTERVAL_COLUMNS, Calendars, Fold, Forecaster
from core.models.catalogue import MODELS
from core.series.panel import Panel, Series

BACKTEST_COLUMNS = (
    "model", "measure", "segment", "cutoff", "date", "horizon", "y", "mean", *INTERVAL_COLUMNS, "open", "scale",
)  # fmt: skip
"""``scale`` is the denominator of MASE: the mean weekly change of the series as known at the cutoff."""

MIN_DAYS = 28
"""Days of history before the first origin."""
SERIES_AT_A_TIME = 5

Progress = Callable[[float, str], None]


def make_folds(
    panel: Panel, horizon: int, count: int, step: int, last_origin: dt.date | None = None
) -> tuple[Fold, ...]:
    """Up to ``count`` folds in order of time, ``step`` days apart, the last one's targets ending with the panel.

    ``last_origin`` ends the row earlier; it is moved back if its horizon would leave the panel. Origins with fewer
    than 28 days of history are left out, so a short panel gives fewer folds, perhaps none.
    Raises ValueError for a horizon, count or step below 1.
    """
    if min(horizon, count, step) < 1:
        raise ValueError(f"horizon {horizon}, count {count} and step {step} must be at least 1")
    latest = panel.last_day - dt.timedelta(days=horizon)
    last = latest if last_origin is None else min(last_origin, latest)
    origins = (last - dt.timedelta(days=step * back) for back in range(count - 1, -1, -1))
    return tuple(Fold(day, horizon) for day in origins if (day - panel.first_day).days + 1 >= MIN_DAYS)


def run_backtest(
    models: Sequence[str | type[Forecaster]],
    panel: Panel,
    folds: Sequence[Fold],
    calendars: Calendars,
    on_progress: Progress | None = None,
) -> pd.DataFrame:
    """Forecasts of every model × series × fold with intervals and actuals: BACKTEST_COLUMNS.

    Rows are ordered by model (as given), series (as in the panel), cutoff and date. ``y`` is NaN where unknown.
    Intervals of a fold come from residuals of folds that had ended by its cutoff. ``on_progress(fraction, text)``.
    Raises KeyError for an unknown model name.
    """
    if not models or not folds:
        return pd.DataFrame(columns=list(BACKTEST_COLUMNS))
    report = on_progress or (lambda _fraction, _text: None)
    classes = [MODELS[model] if isinstance(model, str) else model for model in models]
    work = [(model, part) for model in classes for part in _parts(model, panel)]
    frames: list[pd.DataFrame] = []
    for done, (model, part) in enumerate(work):
        report(done / len(work), f"Backtest of {model.name}: {part.series[0]} …")
        frames.append(_ordered(model, part, model().backtest(part, folds, calendars)))
    points = pd.concat(frames, ignore_index=True)
    points["y"], points["scale"] = _actuals(panel, points), _scales(panel, folds, calendars, points)
    longest = max(fold.horizon for fold in folds)
    prior = {
        fold.origin: history_residuals(panel.until(fold.origin), calendars(fold.origin), longest) for fold in folds
    }
    result = add_intervals(points, prior)
    report(1.0, "Backtest done")
    return result[list(BACKTEST_COLUMNS)]


def _parts(model: type[Forecaster], panel: Panel) -> Iterator[Panel]:
    """The panel in pieces that can be worked on one after the other, so that progress can be told."""
    if not model.per_series:
        yield panel
        return
    for start in range(0, len(panel.series), SERIES_AT_A_TIME):
        yield panel.select(panel.series[start : start + SERIES_AT_A_TIME])


def _ordered(model: type[Forecaster], part: Panel, points: pd.DataFrame) -> pd.DataFrame:
    position = {series: index for index, series in enumerate(part.series)}
    place = [position[Series(*key)] for key in zip(points["measure"], points["segment"], strict=True)]
    points = points.assign(model=model.name, place=place).sort_values(["place", "cutoff", "date"], kind="stable")
    return points.drop(columns="place")


def _rows(panel: Panel, points: pd.DataFrame) -> np.ndarray:
    """The panel's row for every forecast."""
    wanted = pd.MultiIndex.from_arrays([points["measure"], points["segment"]])
    return np.asarray(pd.MultiIndex.from_tuples(panel.series).get_indexer(wanted))


def _actuals(panel: Panel, points: pd.DataFrame) -> np.ndarray:
    column = (points["date"].to_numpy("datetime64[D]") - np.datetime64(panel.first_day, "D")).astype(np.int64)
    inside = (column >= 0) & (column < panel.n_days)
    values = panel.values[_rows(panel, points), np.where(inside, column, 0)]
    return np.where(inside, values, np.nan)


def _scales(panel: Panel, folds: Sequence[Fold], calendars: Calendars, points: pd.DataFrame) -> np.ndarray:
    table = np.empty((len(panel.series), len(folds)))
    for column, fold in enumerate(folds):
        known = panel.until(fold.origin)
        is_open = calendars(fold.origin).is_open(known.days)
        table[:, column] = [naive_scale(values, is_open) for values in known.values]
    cutoffs = pd.Index([pd.Timestamp(fold.origin) for fold in folds])
    return np.asarray(table[_rows(panel, points), cutoffs.get_indexer(pd.Index(points["cutoff"]))])
