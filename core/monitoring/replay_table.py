"""What a training run at each of many past days would have forecast for one series, computed once for all policies.

A run at an origin is repeated as core.lifecycle.training does it: models fitted on all days to the origin, tested at
earlier origins, combined and given intervals from these tests. The tests are shared by the origins, so that many runs
cost little more than one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd

from core.evaluation.backtest import BASE_COLUMNS, MIN_DAYS, Progress, members_of, summing_measures
from core.evaluation.cache import PointsCache
from core.evaluation.calibration import Residuals
from core.evaluation.choice import served_models
from core.evaluation.fanout import Work, compute
from core.evaluation.intervals import add_intervals, fit_intervals, history_residuals
from core.evaluation.points import Points, Table, grid
from core.models.base import POINT_COLUMNS, Calendars, Combination, Fold, Forecaster
from core.models.catalogue import COMBINATIONS, MODELS
from core.monitoring.policies import PastErrors
from core.series.days import Flags
from core.series.panel import Panel, Series, Values
from core.series.panel_calendar import Calendar

TEST_DAYS, TESTS = 28, 8
"""Of a training run (core.lifecycle.recipe): horizon of its tests, and how many there are at most."""
MOST_DAYS = 365
"""A version forecasts so many days; whoever keeps it longer has nothing to serve."""

COMPUTED = 0.9
"""Where on the way from 0 to 1 the models are computed."""


@dataclass(frozen=True)
class Period:
    """The days that are replayed: ``first`` is the origin of the first model, forecasts are from the day after to
    ``last``; a new model is possible every ``step`` days."""

    first: dt.date
    last: dt.date
    step: int

    @property
    def days(self) -> int:
        """Days that are forecast."""
        return (self.last - self.first).days

    @property
    def origins(self) -> tuple[dt.date, ...]:
        return tuple(self.first + dt.timedelta(days=ahead) for ahead in range(0, self.days, self.step))

    def tests(self, origin: dt.date, first_day: dt.date) -> tuple[Fold, ...]:
        """Tests of a run at ``origin`` on data from ``first_day``, without overlap; 28 days apart as a training run has
        them, or as few more as it takes to meet other origins."""
        uneven = self.step < TEST_DAYS and TEST_DAYS % self.step
        apart = -(-TEST_DAYS // self.step) * self.step if uneven else TEST_DAYS
        days = (origin - dt.timedelta(days=apart * back) for back in range(TESTS, 0, -1))
        return tuple(Fold(day, TEST_DAYS) for day in days if (day - first_day).days + 1 >= MIN_DAYS)

    def folds(self, first_day: dt.date) -> tuple[Fold, ...]:
        """Every origin with its way to the end, and every other test, in order of time."""
        ways = {day: min((self.last - day).days, MOST_DAYS) for day in self.origins}
        tests = {fold.origin: TEST_DAYS for day in self.origins for fold in self.tests(day, first_day)}
        return tuple(Fold(*one) for one in sorted({**tests, **ways}.items()))


@dataclass(frozen=True)
class Forecasts:
    """Forecasts of one series from every origin of a period.

    mean, low, high (the 80 % interval): shape (origins, days of the period), NaN where the origin has no forecast.
    is_open: as expected at the origin. models: who serves, by origin. tests: of that model, by origin. calendars: what
    was known of opening at each origin. seconds: processor time of one fit with its forecasts, members included.
    rarely: models that are estimated less often than there are origins, with the days in between; they go on from the
    last estimate meanwhile, as in every backtest.
    """

    period: Period
    mean: Values
    low: Values
    high: Values
    is_open: Flags
    models: tuple[str, ...]
    tests: tuple[PastErrors, ...]
    calendars: tuple[Calendar, ...]
    seconds: float
    rarely: Mapping[str, int]


def forecasts_at(
    panel: Panel,
    series: Series,
    models: Sequence[str],
    calendars: Calendars,
    period: Period,
    tell: Progress,
    *,
    workers: int | None = None,
    cache: Path | None = None,
) -> Forecasts:
    """The forecasts of ``series`` at every origin of ``period``, by models that learn from all series of ``panel``.

    A combination among the models serves, without one the model that the tests before the origin choose. workers,
    cache and ``tell``: as for core.evaluation.backtest.
    """
    folds = period.folds(panel.first_day)
    work = Work(panel.until(period.last), folds, {fold.origin: calendars(fold.origin) for fold in folds})
    found = (MODELS[name] for name in models if name in COMBINATIONS)
    combination = next((one for one in found if issubclass(one, Combination)), None)
    asked = {one.name: one for one in ([combination] if combination else map(MODELS.__getitem__, models))}
    needed = members_of(asked, len(panel.series))[1]
    points = _computed(tuple(needed.values()), work, cache, workers, lambda part, text: tell(COMPUTED * part, text))
    runs, shape = _Runs(work, points, combination), (len(period.origins), period.days)
    mean, low, high, is_open = (np.full(shape, np.nan) for _ in range(4))
    served, tests = [], []
    for row, origin in enumerate(period.origins):
        tell(COMPUTED + (1 - COMPUTED) * row / len(mean), "Repeating the training runs of the past")
        model, tested, ahead = runs.run(origin, period.tests(origin, panel.first_day), series)
        place = slice((origin - period.first).days, (origin - period.first).days + len(ahead))
        columns = zip((mean, low, high, is_open), ("mean", "lo80", "hi80", "open"), strict=True)
        for array, name in columns:
            array[row, place] = ahead[name]
        served.append(model)
        tests.append(tested)
    known = tuple(work.calendars[origin] for origin in period.origins)
    seconds = sum(points[name].seconds / sum(model.refits(folds)) for name, model in needed.items())
    rarely = {name: model.refit_days for name, model in needed.items() if model.refit_days > period.step}
    return Forecasts(period, mean, low, high, is_open == 1, tuple(served), tuple(tests), known, seconds, rarely)


def _computed(
    models: Sequence[type[Forecaster]], work: Work, cache: Path | None, workers: int | None, tell: Progress
) -> dict[str, Points]:
    """The points of models, from the cache where they are there; what is computed is kept at once."""
    kept = None if cache is None else PointsCache(cache, work)
    found = {model.name: points for model in models if kept and (points := kept.load(model))}
    by_name = {model.name: model for model in models}

    def done(name: str, points: Points) -> None:
        found[name] = points
        if kept:
            kept.store(by_name[name], points)

    compute([model for model in models if model.name not in found], work, done, tell, workers)
    return {model.name: found[model.name] for model in models}


class _Runs:
    """Repeats training runs from points that are there already. ``combination``: of all of them, it serves; or None."""

    def __init__(self, work: Work, points: Mapping[str, Points], combination: type[Combination] | None) -> None:
        self._work, self._points, self._combination = work, points, combination
        ends = np.cumsum([0, *(fold.horizon for fold in work.folds)]).tolist()
        self._columns = {fold.origin: range(*one) for fold, one in zip(work.folds, pairwise(ends), strict=True)}
        self._summing = summing_measures(work.panel.until(work.folds[0].origin))
        self._residuals: dict[dt.date, Residuals] = {}

    def run(self, origin: dt.date, tests: Sequence[Fold], series: Series) -> tuple[str, PastErrors, pd.DataFrame]:
        """Who serves ``series`` from ``origin`` on, the tests of that model, and its forecasts with intervals."""
        table = self._table(tests)
        tested, ahead = self._rows(table), self._rows(self._table([Fold(origin, len(self._columns[origin]))]))
        ahead = ahead.drop(columns="y")  # what came is not known at the origin
        if self._combination is not None:
            tested, ahead = self._combined(self._combination, table, tested, ahead)
        scales = {name: np.tile(values, len(tested) // table.rows) for name, values in table.scales().items()}
        tested = tested.assign(**scales)
        model = served_models(tested, self._summing)[series]
        tested, ahead = tested[tested["model"] == model], ahead[ahead["model"] == model]
        tested = add_intervals(tested, {fold.origin: self._past(fold.origin) for fold in tests})
        issued = fit_intervals(tested, self._past(origin)).apply(ahead)
        return model, _tests(_of(series, tested), len(tests)), _of(series, issued)

    def _table(self, folds: Sequence[Fold]) -> Table:
        return Table(self._work.panel, folds, self._work.calendars)

    def _rows(self, table: Table) -> pd.DataFrame:
        """Of all models, those days of the folds of ``table``."""
        columns = [day for fold in table.folds for day in self._columns[fold.origin][: fold.horizon]]
        parts = {name: Points(one.mean[:, columns], one.is_open[:, columns], 0.0) for name, one in self._points.items()}
        return pd.concat([table.frame(name, one) for name, one in parts.items()], ignore_index=True)

    def _combined(
        self, model: type[Combination], table: Table, tested: pd.DataFrame, ahead: pd.DataFrame
    ) -> tuple[pd.DataFrame, pd.DataFrame]:
        base = tested[[*BASE_COLUMNS]]
        mean, is_open = grid(model.name, model.combine(base), table.panel, table.folds)
        made = model.combine_ahead(ahead[["model", *POINT_COLUMNS]], base)
        return table.frame(model.name, Points(mean, is_open, 0.0)), made.assign(model=model.name)

    def _past(self, origin: dt.date) -> Residuals:
        if origin not in self._residuals:
            known = self._work.panel.until(origin)
            self._residuals[origin] = history_residuals(known, self._work.calendars[origin], TEST_DAYS)
        return self._residuals[origin]


def _of(series: Series, rows: pd.DataFrame) -> pd.DataFrame:
    return rows[(rows["measure"] == series.measure) & (rows["segment"] == series.segment)]


def _tests(rows: pd.DataFrame, count: int) -> PastErrors:
    """Days without an actual count nothing."""
    actual, mean = (rows[name].to_numpy(np.float64).reshape(count, -1) for name in ("y", "mean"))
    return PastErrors(np.nan_to_num(np.abs(actual - mean)), np.nan_to_num(np.abs(actual)))
