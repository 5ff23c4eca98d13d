"""What to do next, from facts alone: ranked, at most one step a kind, so that a page can put each into a sentence."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from core.lifecycle.headline import ClosedDay, Outlook
from core.monitoring.alerts import freshness

if TYPE_CHECKING:
    from core.series.calendar import OpeningCalendar

Kind = Literal["other data", "old data", "alarm", "challenger", "closure", "peak"]

OLD_DAYS = 60
"""No business is closed for so long that its data may be this old."""

PEAK = 1.25
"""A day is worth preparing for from this many times the mean open day of its period on."""


@dataclass(frozen=True, slots=True)
class Step:
    """``facts`` by kind: other data: origin (of the forecasts), last_day; old data: last_day, days (since then); alarm:
    alert (the worst); challenger: version; closure: first, last, reasons; peak: day, value, share (above the mean open
    day)."""

    kind: Kind
    facts: Mapping[str, Any] = field(default_factory=dict)


def next_steps(
    outlook: Outlook,
    last_day: dt.date,
    today: dt.date,
    *,
    origin: dt.date,
    old: bool,
    alarms: Sequence[Any],
    challenger: str | None,
) -> list[Step]:
    """The most urgent first, empty if there is nothing to do.

    ``last_day``: of the data; ``origin``: the last day that the forecasts know, after ``last_day`` where they were made
    from other data; ``old``: whether they should have gone on by ``today``. ``alarms``: open alerts that
    matter, the worst first; one about data that stopped is the first step already. ``challenger``: version that waits.
    """
    steps = []
    if origin > last_day:
        steps.append(Step("other data", {"origin": origin, "last_day": last_day}))
    elif old:
        steps.append(Step("old data", {"last_day": last_day, "days": (today - last_day).days}))
        alarms = [one for one in alarms if one.kind != "freshness"]
    if alarms:
        steps.append(Step("alarm", {"alert": alarms[0]}))
    if challenger is not None:
        steps.append(Step("challenger", {"version": challenger}))
    closure = next((run for run in closures(outlook.closed) if not _weekly(run)), None)
    if closure is not None:
        reasons = tuple(dict.fromkeys(day.reason for day in closure if not day.reason.startswith("weekday")))
        steps.append(Step("closure", {"first": closure[0].date, "last": closure[-1].date, "reasons": reasons}))
    peak = outlook.busiest
    if peak is not None and peak.value >= PEAK * outlook.per_open_day > 0:
        share = peak.value / outlook.per_open_day - 1
        steps.append(Step("peak", {"day": peak.date, "value": peak.value, "share": share}))
    return steps


def stopped(last_day: dt.date, today: dt.date, calendar: OpeningCalendar) -> bool:
    """Whether data should have come since ``last_day``, as the monitoring judges it; those of an old extract too."""
    if (today - last_day).days > OLD_DAYS:
        return True
    days = np.arange(np.datetime64(last_day) + 1, np.datetime64(today) + 1)
    return freshness(last_day, today, closed=days[~calendar.is_open(days)].tolist()) is not None


def closures(closed: Sequence[ClosedDay]) -> list[list[ClosedDay]]:
    """Closed days, by date, in runs without an open day between them."""
    runs: list[list[ClosedDay]] = []
    for day in closed:
        if runs and (day.date - runs[-1][-1].date).days == 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return runs


def _weekly(run: Sequence[ClosedDay]) -> bool:
    return all(day.reason.startswith("weekday") for day in run)
