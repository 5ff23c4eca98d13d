"""A scenario applied to a stored forecast.

The order is fixed, whatever the order of the changes: first days are opened and closed (of several changes of a day the
last one counts), then all percentages that fall on a day multiply its forecast and its bounds. A closed day is exactly
0 and stays so. What an opened day brings is taken from nowhere: sales that would only move there from its neighbours
are not known and not taken off them.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.models.base import INTERVAL_COLUMNS, LEVELS
from core.scenarios.opening import Known, Opened, opened
from core.scenarios.scenario import Change, Scenario
from core.series.days import Flags
from core.series.panel import Values

CLOSED_BY_HAND = "override"
"""The reason of a day that a scenario closes, as that of days closed in the calendar file."""
NUMBERS = ["mean", *INTERVAL_COLUMNS]


@dataclass(frozen=True)
class Outcome:
    """``table``: as the stored forecast. ``opened``: days that were closed and now are not; ``closed``: the other way.
    ``idle``: changes that change nothing within the table: all their days are so already, closed, or not in it."""

    scenario: Scenario
    table: pd.DataFrame
    opened: tuple[Opened, ...]
    closed: tuple[dt.date, ...]
    idle: tuple[Change, ...]


def apply(scenario: Scenario, table: pd.DataFrame, known: Known) -> Outcome:
    """``table``: date, horizon, mean, lo80 … hi95, open, reason, by consecutive dates; it is not changed.

    An opened day whose weekday and neighbours say nothing stays closed; it is among ``opened`` with a mean of None.
    """
    days = table["date"].to_numpy().astype("datetime64[D]")
    was = table["open"].to_numpy(bool)
    wanted, factor = was.copy(), np.ones(len(table))
    for change in scenario.changes:
        inside = _inside(days, change)
        if change.kind in ("open", "close"):
            wanted[inside] = change.kind == "open"
        else:
            factor[inside] *= change.factor
    made = tuple(opened(table, index, known) for index in np.flatnonzero(wanted & ~was).tolist())
    numbers = _numbers(table, made, wanted, factor)
    is_open = wanted & (was | np.isin(days, [np.datetime64(one.date) for one in made if one.mean is not None]))
    reasons = table["reason"].astype(object).where(~is_open, "").mask(was & ~wanted, CLOSED_BY_HAND)
    changed = table.assign(**dict(zip(NUMBERS, numbers.T, strict=True)), open=is_open, reason=reasons)
    idle = tuple(one for one in scenario.changes if not _changes(one, days, was, is_open))
    return Outcome(scenario, changed, made, tuple(days[was & ~wanted].tolist()), idle)


def _numbers(table: pd.DataFrame, made: tuple[Opened, ...], wanted: Flags, factor: Values) -> Values:
    """Forecast and bounds of every day: shape (days, 1 + 2 × levels)."""
    numbers = table[NUMBERS].to_numpy(np.float64, copy=True)
    first = table["date"].iloc[0].date() if len(table) else dt.date.min
    for one in made:
        if one.mean is not None:
            numbers[(one.date - first).days] = [one.mean, *one.bounds.reshape(2 * len(LEVELS))]
    numbers[~wanted] = 0.0
    changed = factor != 1.0  # days that no percentage touches keep their bits
    numbers[changed] *= factor[changed, None]
    return np.asarray(numbers)


def _inside(days: Values, change: Change) -> Flags:
    return np.asarray((days >= np.datetime64(change.first, "D")) & (days <= np.datetime64(change.last, "D")))


def _changes(change: Change, days: Values, was: Flags, now: Flags) -> bool:
    """Whether a change has any effect on the days of the table."""
    inside = _inside(days, change)
    if change.kind == "open":
        return bool((inside & ~was).any())
    if change.kind == "close":
        return bool((inside & was).any())
    return bool((inside & now).any())
