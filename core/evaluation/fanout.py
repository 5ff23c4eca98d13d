"""The work of a backtest as tasks, model × part of the series × part of the folds, here or spread over processes."""

from __future__ import annotations

import datetime as dt
import math
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from core.evaluation.points import Points, grid
from core.evaluation.pool import Collect, Progress, Task, cores, run_here, run_in_pool
from core.models.base import Fold, Forecaster
from core.series.days import Flags, Ints
from core.series.panel import TOTAL, Panel, Series, Values
from core.series.panel_calendar import Calendar

Rows = tuple[int, ...]
"""Numbers of series in a panel."""
ALL_SERIES = "all"

POOL_FROM = 8.0
"""Estimated seconds of computing below which everything runs in this process: to start others costs about one."""
TASK_SECONDS = 2.0
"""Aimed at by cutting work into parts: short enough to share it out evenly and to be stopped between two."""
START_SHARE = 3
"""Parts last at least so many times what a process loses before they begin."""


@dataclass(frozen=True)
class Work:
    """What all tasks of a backtest share; it travels to every process once.

    ``calendars``: by origin. ``window``: a model sees only so many days before each origin. ``refit_every``: see
    Forecaster.
    """

    panel: Panel
    folds: tuple[Fold, ...]
    calendars: Mapping[dt.date, Calendar]
    window: int | None = None
    refit_every: int | None = None

    def part(self, rows: Sequence[int]) -> tuple[Panel, Callable[[dt.date], Calendar]]:
        """Some of the series and their calendars, which are there for the origins of the folds only."""
        whole = len(rows) == len(self.panel.series)
        panel = self.panel if whole else rows_of(self.panel, rows)

        def at(origin: dt.date) -> Calendar:
            calendar = self.calendars[origin]
            return calendar if whole else calendar.rows(rows)

        return panel, at


Done = Callable[[str, Points], None]
"""Gets every model's points as soon as its last task is done."""


def compute(
    models: Sequence[type[Forecaster]], work: Work, done: Done, tell: Progress, workers: int | None = None
) -> None:
    """The points of every model, handed to ``done``; the same to the last bit whatever ``workers`` is.

    workers: 1 computes in this process, more in so many others; None decides: others, one a core, if the models' own
    estimate (``seconds_each`` × series × folds) is above POOL_FROM seconds. ``tell`` may raise to cancel.
    """
    tasks = [task for model in models for task in _tasks(model, work)]
    parts = Counter(task.label for task in tasks)
    gathering = {model.name: _Gathering(work, parts[model.name]) for model in models}

    def collect(number: int, part: Part) -> None:
        name = tasks[number].label
        if gathering[name].put(part):
            done(name, gathering.pop(name).points())

    run(tasks, work, collect, tell, workers)


def run(tasks: Sequence[Task], shared: object, collect: Collect, tell: Progress, workers: int | None = None) -> None:
    """Tasks in this process or in others, as ``workers`` says or None decides; see ``compute``."""
    if workers is None:
        spread = sum(task.seconds for task in tasks) > POOL_FROM and len(tasks) > 1
        workers = cores() if spread else 1
    portable = all(_importable(thing) for task in tasks for thing in task.arguments if isinstance(thing, type))
    if workers > 1 and tasks and portable:
        run_in_pool(tasks, shared, workers, collect, tell)
    else:
        run_here(tasks, shared, collect, tell)


def _importable(model: type) -> bool:
    """Whether another process finds the class: not one that was written into a notebook or inside a function."""
    return model.__module__ != "__main__" and "<locals>" not in model.__qualname__


# ---- cutting work into tasks


def learning_groups(model: type[Forecaster], series: Sequence[Series]) -> dict[str, Rows]:
    """Row numbers of the series that a model learns from together, by the name of the group.

    A model that learns from all series at once learns from totals and from their parts apart: the totals are few, and
    would be forecast as what they are made of.
    """
    total = np.array([one.segment == TOTAL for one in series])
    if model.per_series or total.all() or not total.any():
        return {ALL_SERIES: tuple(range(len(series)))}
    return {"totals": tuple(np.flatnonzero(total).tolist()), "parts": tuple(np.flatnonzero(~total).tolist())}


def parts_of(
    model: type[Forecaster], series: Sequence[Series], folds: Sequence[Fold], refit_every: int | None = None
) -> Iterator[tuple[Rows, range]]:
    """(series, folds) of every task of a model. It depends on the work alone, never on how many processes there are:
    sums over other numbers of rows may be rounded otherwise."""
    longer = max(TASK_SECONDS, START_SHARE * model.start_seconds)
    runs = _runs(model, folds, refit_every)
    for rows in learning_groups(model, series).values():
        wanted = max(math.ceil(model.seconds_each * len(rows) * len(folds) / longer), 1)
        by_series = min(wanted, len(rows)) if model.per_series else 1
        for some in _cut(len(rows), by_series):
            for part in _cut(len(runs), min(math.ceil(wanted / by_series), len(runs))):
                yield rows[some.start : some.stop], range(runs[part.start].start, runs[part.stop - 1].stop)


def _runs(model: type[Forecaster], folds: Sequence[Fold], refit_every: int | None) -> list[range]:
    """Folds that share an estimation; all of them where they are not in order of time."""
    origins = [fold.origin for fold in folds]
    if origins != sorted(origins):
        return [range(len(folds))]
    starts = [number for number, anew in enumerate(model.refits(folds, refit_every)) if anew]
    return [range(start, end) for start, end in pairwise([*starts, len(folds)])]


def _cut(count: int, parts: int) -> Iterator[range]:
    """``count`` things in ``parts`` runs of equal length, or nearly so."""
    ends = [count * part // parts for part in range(parts + 1)]
    return (range(start, end) for start, end in pairwise(ends))


def _tasks(model: type[Forecaster], work: Work) -> Iterator[Task]:
    for series, folds in parts_of(model, work.panel.series, work.folds, work.refit_every):
        seconds = model.seconds_each * len(series) * len(folds)
        yield Task(model.name, seconds, forecast_part, (model, series, folds), early=model.start_seconds > 0)


def rows_of(panel: Panel, rows: Sequence[int]) -> Panel:
    """Some of the series of a panel."""
    chosen = list(rows)
    known = {name: values[chosen] for name, values in panel.known.items()}
    return Panel(tuple(panel.series[row] for row in chosen), panel.first_day, panel.values[chosen], known)


def last_days(panel: Panel, origin: dt.date, window: int) -> Panel:
    """What is known of the last ``window`` days before the end of ``origin``, and known regressors from there on."""
    until = panel.until(origin)
    start = max(until.n_days - window, 0)
    known = {name: values[:, start:] for name, values in panel.known.items()}
    return Panel(panel.series, panel.first_day + dt.timedelta(days=start), until.values[:, start:], known)


# ---- one task


@dataclass(frozen=True)
class Part:
    """The answer of one task: arrays as in Points, for some series and folds."""

    series: Rows
    folds: range
    mean: Values
    is_open: Flags
    seconds: float


def forecast_part(work: Work, model: type[Forecaster], series: Rows, folds: range) -> Part:
    """Some series and folds of a model's backtest. Raises ValueError if the model does not keep its contract."""
    started = time.process_time()
    panel, calendars = work.part(series)
    asked = [work.folds[number] for number in folds]
    one = model()
    one.refit_every = work.refit_every
    if work.window is None:
        frame = one.backtest(panel, asked, calendars)
    else:
        frames = [one.backtest(last_days(panel, fold.origin, work.window), [fold], calendars) for fold in asked]
        frame = pd.concat(frames, ignore_index=True)
    mean, is_open = grid(model.name, frame, panel, asked)
    return Part(series, folds, mean, is_open, time.process_time() - started)


class _Gathering:
    """Puts the parts of one model together."""

    def __init__(self, work: Work, parts: int) -> None:
        self.missing = parts
        self.ends: Ints = np.cumsum([0, *(fold.horizon for fold in work.folds)])
        shape = len(work.panel.series), int(self.ends[-1])
        self.mean, self.is_open = np.empty(shape), np.empty(shape, dtype=bool)
        self.seconds: dict[tuple[int, int], float] = {}

    def put(self, part: Part) -> bool:
        """Whether that was the last one."""
        rows = list(part.series)
        columns = slice(int(self.ends[part.folds.start]), int(self.ends[part.folds.stop]))
        self.mean[rows, columns], self.is_open[rows, columns] = part.mean, part.is_open
        self.seconds[part.series[0], part.folds.start] = part.seconds
        self.missing -= 1
        return self.missing == 0

    def points(self) -> Points:
        return Points(self.mean, self.is_open, sum(self.seconds.values()))
