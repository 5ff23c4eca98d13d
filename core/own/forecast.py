"""Forecasts of a caller's own series: the best quick model of a short backtest each, within a time that is set."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from core.evaluation.ahead import Ahead, forecast_ahead
from core.evaluation.backtest import BacktestResult, backtest, make_folds
from core.evaluation.choice import served_models
from core.evaluation.intervals import fit_intervals, history_residuals
from core.models.base import INTERVAL_COLUMNS
from core.own.series import OwnSeries, panel_of
from core.series.days import Flags
from core.series.panel import Panel, Values
from core.series.panel_calendar import Calendar, open_rows, panel_calendars_at

LIGHT = ("seasonal_naive", "weekday_mean", "ets", "theta")
"""From the simplest on, as the choice between models with equal errors needs it."""
CHEAPEST = "weekday_mean"
SLOW, FEW = "theta", 5
"""Theta takes a hundred times as long as the others: it takes part for so many series of a call."""
SECONDS = 4.0
"""Time for the models of a call; when it is over, what is left gets the cheapest model."""
BATCH = 20
"""Series that are worked on together; between two batches the clock is looked at."""
TESTED, SHORT_TEST = 28, 7
"""Days ahead that a fold of the backtest tests at most, and at least."""
BEFORE = 28
"""Days before the first fold; core.evaluation.backtest needs them."""
FOLDS, FEW_FOLDS = 4, 2
"""Folds for up to BATCH series of a call, and for more."""


@dataclass(frozen=True)
class OwnForecast:
    """The days after ``last_day``. Arrays by day; ``bounds`` by day in the order of INTERVAL_COLUMNS; in the unit of
    the caller. ``notes``: sentences for the caller."""

    model: str
    last_day: dt.date
    mean: Values
    is_open: Flags
    bounds: Values
    notes: tuple[str, ...]


@dataclass(frozen=True)
class OwnForecasts:
    """In the order asked. ``late``: the time ran out, so the same call may be answered differently another time."""

    forecasts: tuple[OwnForecast, ...]
    late: bool


@dataclass(frozen=True)
class _Batch:
    """Series that end on the same day and can be tested over as many days (0: not at all), by their numbers."""

    numbers: tuple[int, ...]
    test_days: int


@dataclass(frozen=True)
class _How:
    """How a batch is forecast; ``notes`` are for each of its series."""

    models: tuple[str, ...]
    horizon: int
    test_days: int
    folds: int
    country: str | None
    notes: tuple[str, ...] = field(default=())


def forecast(
    series: Sequence[OwnSeries],
    horizon: int,
    model: str | None = None,
    country: str | None = None,
    seconds: float = SECONDS,
    clock: Callable[[], float] = time.monotonic,
) -> OwnForecasts:
    """``horizon`` days after the end of every series, by ``model`` or, for None, by the one that its backtest chooses.

    ``country``: code of the package ``holidays`` whose public holidays may explain closed days, None for none.
    Series of a batch share how fast intervals grow with the horizon, nothing else.
    """
    models = LIGHT if len(series) <= FEW else tuple(name for name in LIGHT if name != SLOW)
    if model is not None:
        models = (model,)
    if SLOW in models:
        _load_slow()
    folds = FOLDS if len(series) <= BATCH else FEW_FOLDS
    found: dict[int, OwnForecast] = {}
    end, late = clock() + seconds, False
    for batch in _batches(series, horizon):
        # The first batch is always done: a call of a few series does not depend on how busy the machine is.
        in_time = not found or clock() < end
        late |= not in_time
        how = _how(batch, models, model, horizon, folds, country) if in_time else _too_late(horizon, country)
        found |= zip(batch.numbers, _forecast_batch([series[one] for one in batch.numbers], how), strict=True)
    return OwnForecasts(tuple(found[number] for number in range(len(series))), late)


def _load_slow() -> None:
    """Its library takes seconds to load, which are not the caller's."""
    import statsmodels.tsa.forecasting.theta  # noqa: F401


def _batches(series: Sequence[OwnSeries], horizon: int) -> Iterator[_Batch]:
    groups: dict[tuple[dt.date, int], list[int]] = {}
    for number, one in enumerate(series):
        groups.setdefault((one.last_day, _test_days(one, horizon)), []).append(number)
    for (_, test_days), numbers in groups.items():
        for start in range(0, len(numbers), BATCH):
            yield _Batch(tuple(numbers[start : start + BATCH]), test_days)


def _test_days(one: OwnSeries, horizon: int) -> int:
    """As many as are asked for, at most TESTED; fewer where the series is short, 0 where it is too short for any."""
    wanted = max(min(horizon, TESTED), SHORT_TEST)
    return next((days for days in (wanted, SHORT_TEST) if one.n_days >= BEFORE + days), 0)


def _how(
    batch: _Batch, models: tuple[str, ...], asked: str | None, horizon: int, folds: int, country: str | None
) -> _How:
    notes = []
    if not batch.test_days:
        notes.append(f"There are fewer than {BEFORE + SHORT_TEST} days, too few to test a model on them.")
        models = (asked or CHEAPEST,)
    elif horizon > batch.test_days:
        notes.append(f"No forecast was tested more than {batch.test_days} days ahead; beyond, the intervals are rough.")
    return _How(models, horizon, batch.test_days, folds, country, tuple(notes))


def _too_late(horizon: int, country: str | None) -> _How:
    note = f"The time for one call was over; {CHEAPEST} was taken without a test. Ask for fewer series at a time."
    return _How((CHEAPEST,), horizon, 0, 0, country, (note,))


def _forecast_batch(series: Sequence[OwnSeries], how: _How) -> list[OwnForecast]:
    panel = panel_of(series)
    calendars = panel_calendars_at(panel, how.country)
    calendar = calendars(panel.last_day)
    tested = _tested(panel, how, calendars)
    served = {str(one): model for one, model in served_models(tested.frame, ()).items()} if len(how.models) > 1 else {}
    models = [served.get(str(one), how.models[0]) for one in panel.series]
    used = tuple(name for name in how.models if name in models)
    ahead = forecast_ahead(used, panel, calendar, how.horizon, tested.base_points, workers=1)
    prior = history_residuals(panel, calendar, how.test_days or SHORT_TEST)
    points = fit_intervals(tested.frame, prior).apply(ahead.points)
    rows = dict(list(points.groupby(["model", "segment"], sort=False)))
    notes = [
        (*_of_values(one, unknown), *how.notes, *_of_model(ahead, model, str(name)))
        for one, unknown, model, name in zip(
            series, _unknown(panel, series, calendar), models, panel.series, strict=True
        )
    ]
    return [
        _own(rows[model, name.segment], model, panel.last_day, told)
        for model, name, told in zip(models, panel.series, notes, strict=True)
    ]


def _tested(panel: Panel, how: _How, calendars: Callable[[dt.date], Calendar]) -> BacktestResult:
    folds = make_folds(panel, how.test_days, how.folds, how.test_days) if how.test_days else ()
    return backtest(how.models, panel, folds, calendars, workers=1)


def _own(rows: pd.DataFrame, model: str, last_day: dt.date, notes: tuple[str, ...]) -> OwnForecast:
    bounds = rows[list(INTERVAL_COLUMNS)].to_numpy(np.float64)
    return OwnForecast(model, last_day, rows["mean"].to_numpy(np.float64), rows["open"].to_numpy(bool), bounds, notes)


def _unknown(panel: Panel, series: Sequence[OwnSeries], calendar: Calendar) -> list[int]:
    """For every series its open days without a value, since its first one."""
    lacking = open_rows(calendar, len(series), panel.days) & np.isnan(panel.values)
    return [int(row[panel.n_days - one.n_days :].sum()) for row, one in zip(lacking, series, strict=True)]


def _of_values(one: OwnSeries, unknown: int) -> Iterator[str]:
    if one.older:
        yield f"The last {one.n_days:,} days were learnt from; values before them that were not: {one.older:,}."
    if one.negative:
        yield f"Values below 0, taken for 0: {one.negative:,}."
    if unknown:
        yield f"Days without a value that nothing explains, taken for unknown: {unknown:,}."


def _of_model(ahead: Ahead, model: str, series: str) -> Iterator[str]:
    reason = ahead.notes.get(model, {}).get(series)
    if reason:
        yield f"{model} could not be estimated: {reason}."
