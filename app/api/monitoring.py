"""/monitoring: how far the data have moved, and how good forecasts in use were."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from app.api.operation import Operation, Operations
from app.api.predict import serving_version
from app.api.problems import ApiError
from app.api.schemas_monitoring import (
    DriftQuery,
    DriftResponse,
    FeatureDrift,
    PerformanceQuery,
    PerformanceResponse,
    Promise,
    RollingScores,
    Scores,
    WeekAhead,
)
from callbacks.monitor import Watched
from callbacks.monitor_forecasts import found_of, measure_in
from callbacks.services import services
from core.errors import NotReadyError
from core.lifecycle.serving import UNITS
from core.monitoring import promise, record
from core.monitoring.shown import Span, give_back, measured, span
from core.series.panel import Panel, Series

if TYPE_CHECKING:
    import datetime as dt

    import pandas as pd

operations = Operations("monitoring")


@operations.operation(
    Operation(
        "/monitoring/drift",
        "get",
        "How far the data have moved",
        "What the monitoring measured of every feature on a day, against what the version that serves learnt from: "
        "distances, what chance alone gives, and a verdict.",
        DriftResponse,
        "read",
        query=DriftQuery,
    )
)
def drift(query: DriftQuery) -> DriftResponse:
    """The measures of the day asked for, or of the last one."""
    version, engine = serving_version(), services().engine
    done = span(engine, version.id)
    if done is None:
        return DriftResponse(version=version.id, day=None, first_day=None, last_day=None, features=[])
    day = _day_of(query, done)
    rows = [
        FeatureDrift(**{name: _number(row[name]) for name in FeatureDrift.model_fields})
        for row in measured(engine, version.id, day)
        if query.level in (None, row["level"]) and (query.verdict is None or row["verdict"] in query.verdict)
    ]
    return DriftResponse(version=version.id, day=day, first_day=done.first, last_day=done.last, features=rows)


@operations.operation(
    Operation(
        "/monitoring/performance",
        "get",
        "How good forecasts in use were",
        "Errors and coverage of a series as they came, over the last 28 days and by days ahead, beside what the tests "
        "promised. Days before the first forecast in use have those of the backtest.",
        PerformanceResponse,
        "read",
        query=PerformanceQuery,
    )
)
def performance(query: PerformanceQuery) -> PerformanceResponse:
    """The record of one series, and the promise of the version."""
    watched = _watched()
    panel = watched.generation.panel()
    series = _series(panel, query)
    found = record.record(services().engine, watched.version, panel, series)
    kept = found_of(watched)
    give_back()
    return PerformanceResponse(
        version=watched.version.id,
        measure=series.measure,
        segment=series.segment,
        unit=UNITS[series.measure],
        standing=found.standing,
        begun=found.begun,
        recent=_scores(found.recent),
        promised=_scores(found.promised),
        by_horizon=[
            WeekAhead(from_horizon=first, to_horizon=last, used=_scores(used), promised=_scores(promised))
            for (first, last), used, promised in found.weeks
        ],
        rolling=_rolling(found.rolling, query.days),
        overall=None
        if kept is None
        else Promise(days=kept.days, error=kept.error, tests=list(kept.tests), worse=kept.worse),
    )


def _watched() -> Watched:
    """The newest data as the version in use sees them. Raises NotReadyError as long as there are none."""
    version, generation = serving_version(), services().store.current()
    if generation is None:
        raise NotReadyError("The data are being loaded; ask again in a few seconds.")
    return Watched(services(), generation, version)


def _day_of(query: DriftQuery, done: Span) -> dt.date:
    """Raises ApiError 422 for a day that was not looked at."""
    day = query.day or done.last
    if not done.first <= day <= done.last:
        sentence = f"{day} was not looked at; there are {done.first} to {done.last}"
        raise ApiError(422, f"day: {sentence}.", [("/day", sentence)])
    return day


def _series(panel: Panel, query: PerformanceQuery) -> Series:
    """Raises ApiError 422 for what the data do not have, naming what they have."""
    measure = query.measure or measure_in(panel, None)
    series = Series(measure, query.segment)
    if series in panel.series:
        return series
    measures = list(dict.fromkeys(one.measure for one in panel.series))
    if measure not in measures:
        pointer, sentence = "/measure", f"the data have no {measure}; they have {', '.join(measures)}"
    else:
        segments = ", ".join(one.segment for one in panel.series if one.measure == measure)
        pointer, sentence = "/segment", f"there is no segment {query.segment}; known are {segments}"
    raise ApiError(422, f"{sentence}.", [(pointer, sentence)])


def _scores(found: promise.Scores) -> Scores:
    return Scores(**{name: _number(value) for name, value in asdict(found).items()})


def _rolling(frame: pd.DataFrame, days: int) -> list[RollingScores]:
    return [
        RollingScores(**{name: _number(value) for name, value in row.items()} | {"date": row["date"].date()})
        for row in frame.tail(days).to_dict("records")
    ]


def _number(value: Any) -> Any:
    """Nothing in place of what is not a number: JSON knows none."""
    return None if isinstance(value, float) and not math.isfinite(value) else value
