"""What drift is looked for in: features of days and of lines, as counts by day and value."""

from __future__ import annotations

import datetime as dt
import json
import threading
from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from core.series.days import Flags
from core.series.panel import MEASURES, Panel, Series, Values
from core.transactions.counts import DayCounts, FeatureDays, Kind, Level, counts_of

if TYPE_CHECKING:
    from core.series.calendar import OpeningCalendar
    from core.transactions.store import Generation

KEPT = 4

MODEL_INPUTS = ("recent_level", "spread", "weekday_effect", "growth")
"""What the models are told of the main measure, made by their own code: the level of the last week against that of four
weeks, the spread of those, what the weekday does, and growth over a year; all on the scale log1p."""


class Window(NamedTuple):
    """First and last day, both included."""

    start: dt.date
    end: dt.date


@dataclass(frozen=True)
class FeatureCounts:
    """How often each distinct value stands in either window; three arrays of one length, values ascending."""

    name: str
    level: Level
    kind: Kind
    values: npt.NDArray[np.float64] | npt.NDArray[np.object_]
    reference: npt.NDArray[np.int64]
    current: npt.NDArray[np.int64]


_known: OrderedDict[tuple[str, str], DayCounts] = OrderedDict()
_lock = threading.Lock()


def features_of(generation: Generation, calendar: OpeningCalendar) -> DayCounts:
    """Every feature of a generation: measures a day, what models are told of the main one, features of lines.

    Days are the open ones; one without trade that nothing explains counts. Kept in memory, as pages ask often.
    """
    key = (str(generation.path), json.dumps(calendar.to_json(), sort_keys=True))
    with _lock:
        if key not in _known:
            lines = counts_of(generation)
            panel = generation.panel()
            days = measures(panel, calendar.is_open(panel.days)) + model_inputs(panel, calendar)
            _known[key] = replace(lines, features=(*days, *lines.features))
            while len(_known) > KEPT:
                _known.popitem(last=False)
        _known.move_to_end(key)
        return _known[key]


def measures(panel: Panel, is_open: Flags) -> tuple[FeatureDays, ...]:
    """The totals of every measure on open days; ``is_open``, shape (days,)."""
    have = [measure for measure in MEASURES if Series(measure) in panel.series]
    return tuple(of_days(measure, panel[Series(measure)], is_open) for measure in have)


def model_inputs(panel: Panel, calendar: OpeningCalendar) -> tuple[FeatureDays, ...]:
    """MODEL_INPUTS of the first measure's total on open days, each as known on the eve."""
    from core.models.history import History

    have = [Series(measure) for measure in MEASURES if Series(measure) in panel.series]
    history = History(panel.select(have[:1]), calendar, 0)
    day = np.arange(panel.n_days)
    row = np.zeros_like(day)
    level = history.level(row, day)
    values = (
        history.level(row, day, 7) - level,
        history.spread(row, day),
        history.weekday_effect(history.profile, row, day, day),
        level - history.year_level(row, day),
    )
    is_open = history.is_open[0]
    return tuple(of_days(name, one, is_open & ~np.isnan(one)) for name, one in zip(MODEL_INPUTS, values, strict=True))


def of_days(name: str, values: Values, counted: Flags) -> FeatureDays:
    """A feature with one value a day, shape (days,), on the days that are counted; NaN there is missing."""
    there = counted & ~np.isnan(values)
    distinct, value = np.unique(values[there], return_inverse=True)
    day = np.flatnonzero(there)
    missing = (counted & np.isnan(values)).astype(np.int64)
    return FeatureDays(
        name, "numeric", distinct, day, value.astype(np.int64), np.ones(len(day), np.int64), missing, "day"
    )


def counts_in(counts: DayCounts, reference: Window, current: Window) -> list[FeatureCounts]:
    """Every feature that has values in either window."""
    found = []
    for one in counts.features:
        before, now = (one.between(*map(counts.number, window)) for window in (reference, current))
        used = (before + now) > 0
        if used.any():
            found.append(FeatureCounts(one.name, one.level, one.kind, one.values[used], before[used], now[used]))
    return found


def with_values(feature: FeatureDays, values: npt.NDArray[Any]) -> FeatureDays:
    """The same feature, in which further values are known though no day has them."""
    every = np.union1d(feature.values, values)
    return replace(feature, values=every, value=np.searchsorted(every, feature.values)[feature.value].astype(np.int64))
