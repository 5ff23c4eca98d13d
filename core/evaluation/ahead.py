"""Forecasts after the end of the data: every model fitted on all days, combined, made to agree."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from core.evaluation.backtest import BASE_COLUMNS, Progress, members_of, summing_measures
from core.evaluation.cost import Cost, peak_memory
from core.evaluation.fanout import ALL_SERIES, Rows, learning_groups, parts_of, rows_of, run
from core.evaluation.points import Points, Table, grid
from core.evaluation.pool import Task
from core.evaluation.reconciliation import Choice, reconcile_forecasts
from core.models.base import POINT_COLUMNS, Combination, Fold, Forecaster
from core.models.catalogue import MODELS, Model
from core.series.days import Flags
from core.series.panel import Panel, Values
from core.series.panel_calendar import Calendar

FITTED = 0.97
"""Where on the way from 0 to 1 all models are fitted."""


@dataclass(frozen=True)
class Ahead:
    """points: model and POINT_COLUMNS of the models asked for, models as given, series as in the panel, by date.

    seconds: computing time by model, a combination's with its members'. notes: Forecaster.notes by model.
    members: by combination. choices: how each model and measure was reconciled. costs: of what the seconds are made.
    drivers: Forecaster.drivers of models that are stored and can tell, made before anything was reconciled.
    """

    points: pd.DataFrame
    seconds: Mapping[str, float]
    notes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    members: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    choices: tuple[Choice, ...] = ()
    costs: Mapping[str, Cost] = field(default_factory=dict)
    drivers: Mapping[str, pd.DataFrame] = field(default_factory=dict)


@dataclass(frozen=True)
class Fit:
    """What all tasks share."""

    panel: Panel
    calendar: Calendar
    horizon: int


@dataclass(frozen=True)
class Fitted:
    """The answer of one task: forecasts of some series, arrays of shape (series, horizon)."""

    model: str
    series: Rows
    mean: Values
    is_open: Flags
    cost: Cost
    notes: Mapping[str, str]
    drivers: pd.DataFrame | None = None


def forecast_ahead(
    models: Sequence[str | Model],
    panel: Panel,
    calendar: Calendar,
    horizon: int,
    base_points: pd.DataFrame,
    on_progress: Progress | None = None,
    *,
    workers: int | None = None,
    folders: Mapping[str, Path] | None = None,
    reconcile: bool = True,
) -> Ahead:
    """The next ``horizon`` days by every model, learnt from all days of the panel.

    base_points: of a backtest of the same models (BacktestResult), perhaps empty: combinations take their weights from
    it, and so does the reconciliation. folders: by name, an empty folder into which the model writes itself, members of
    combinations too; a model with several groups (fanout.learning_groups) writes each into a folder of that name in it.
    workers, on_progress: as for ``backtest``. Raises KeyError for an unknown model.
    """
    tell = on_progress or (lambda _fraction, _text: None)
    asked = {model.name: model for model in (MODELS[one] if isinstance(one, str) else one for one in models)}
    members, needed = members_of(asked, len(panel.series))
    fit, fold = Fit(panel, calendar, horizon), Fold(panel.last_day, horizon)
    places = dict(folders or {})
    points, notes, costs, drivers = _fitted(needed, fit, places, workers, lambda part, text: tell(FITTED * part, text))
    table = Table(panel, [fold], {})
    columns = ["model", *POINT_COLUMNS]
    for name, model in asked.items():
        if issubclass(model, Combination):
            frames = [table.frame(one, points[one])[columns] for one in members[name]]
            known = base_points.loc[base_points["model"].isin(members[name]), [*BASE_COLUMNS]]
            started = time.process_time()
            frame = model.combine_ahead(pd.concat(frames, ignore_index=True), known.reset_index(drop=True))
            mean, is_open = grid(name, frame.assign(cutoff=pd.Timestamp(fold.origin)), panel, [fold])
            own = time.process_time() - started
            costs[name] = sum((costs[one] for one in members[name]), Cost(0.0, own))
            points[name] = Points(mean, is_open, costs[name].seconds)
    rows = pd.concat([table.frame(name, points[name])[columns] for name in asked], ignore_index=True)
    tell(FITTED, "Making segments and totals agree")
    rows, choices = _reconciled(rows, base_points, summing_measures(panel)) if reconcile else (rows, ())
    tell(1.0, "Forecasts made")
    return Ahead(rows, {name: points[name].seconds for name in points}, notes, members, choices, costs, drivers)


def _fitted(
    needed: Mapping[str, type[Forecaster]],
    fit: Fit,
    folders: Mapping[str, Path],
    workers: int | None,
    tell: Progress,
) -> tuple[dict[str, Points], dict[str, Mapping[str, str]], dict[str, Cost], dict[str, pd.DataFrame]]:
    """Points, notes, costs and drivers by model; one that is to be stored is fitted group by group, others in smaller
    parts."""
    tasks = []
    for name, model in needed.items():
        for series, folder in _parts(model, fit, folders.get(name)):
            guess = model.start_seconds + model.seconds_ahead * len(series)
            tasks.append(Task(name, guess, fit_part, (model, series, folder)))
    shape = len(fit.panel.series), fit.horizon
    made = {name: Points(np.empty(shape), np.empty(shape, dtype=bool), 0.0) for name in needed}
    costs = dict.fromkeys(needed, Cost())
    notes: dict[str, Mapping[str, str]] = {}
    drivers: dict[str, pd.DataFrame] = {}

    def collect(_number: int, part: Fitted) -> None:
        rows = list(part.series)
        made[part.model].mean[rows], made[part.model].is_open[rows] = part.mean, part.is_open
        costs[part.model] += part.cost
        if part.notes:
            notes[part.model] = {**notes.get(part.model, {}), **part.notes}
        if part.drivers is not None:
            told = [drivers[part.model]] if part.model in drivers else []
            drivers[part.model] = pd.concat([*told, part.drivers], ignore_index=True)

    run(tasks, fit, collect, tell, workers)
    points = {name: Points(one.mean, one.is_open, costs[name].seconds) for name, one in made.items()}
    return points, notes, costs, drivers


def _parts(model: type[Forecaster], fit: Fit, folder: Path | None) -> Iterator[tuple[Rows, Path | None]]:
    """The series of every task, and the empty folder for what it fits: ``folder``, or one in it for each of several."""
    if folder is None:
        end = [Fold(fit.panel.last_day, fit.horizon)]
        yield from ((series, None) for series, _ in parts_of(model, fit.panel.series, end))
        return
    for name, series in learning_groups(model, fit.panel.series).items():
        place = folder if name == ALL_SERIES else folder / name
        place.mkdir(exist_ok=True)
        yield series, place


def fit_part(fit: Fit, model: type[Forecaster], series: Rows, folder: Path | None) -> Fitted:
    """One model fitted on some of the series, and what it forecasts."""
    started = time.process_time()
    whole = len(series) == len(fit.panel.series)
    panel = fit.panel if whole else rows_of(fit.panel, series)
    drivers = None
    with peak_memory() as memory:
        one = model().fit(panel, fit.calendar if whole else fit.calendar.rows(series))
        learnt = time.process_time()
        frame = one.forecast(fit.horizon).assign(cutoff=pd.Timestamp(panel.last_day))
    if folder is not None:
        one.to_dir(folder)
        drivers = one.drivers()
    mean, is_open = grid(model.name, frame, panel, [Fold(panel.last_day, fit.horizon)])
    cost = Cost(learnt - started, time.process_time() - learnt, memory())
    return Fitted(model.name, series, mean, is_open, cost, one.notes(), drivers)


def _reconciled(
    rows: pd.DataFrame, base_points: pd.DataFrame, measures: Sequence[str]
) -> tuple[pd.DataFrame, tuple[Choice, ...]]:
    chosen = rows["measure"].isin(measures).to_numpy()
    if not chosen.any():
        return rows, ()
    made, choices = reconcile_forecasts(rows[chosen], base_points[base_points["measure"].isin(measures)])
    mean = rows["mean"].to_numpy(np.float64, copy=True)
    mean[chosen] = made["mean"].to_numpy()
    return rows.assign(mean=mean), choices
