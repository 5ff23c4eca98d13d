"""A caller's series as arrays: the days that are learnt from, in order, unknown ones between them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.series.days import Ints
from core.series.panel import Panel, Series, Values

LEARNT_DAYS = 1096
"""Days before the end that are learnt from, three years: what is older says little, and time is short."""
MEASURE = "own"


@dataclass(frozen=True)
class OwnSeries:
    """``values``: of consecutive days from ``first_day`` on, NaN where unknown, the first and the last known; nothing
    below 0. ``negative``: how many were. ``older``: days with a value before the first that is learnt from."""

    first_day: dt.date
    values: Values
    negative: int = 0
    older: int = 0

    @classmethod
    def of(cls, day: Ints, value: Values) -> OwnSeries:
        """From the values of days, ordinal numbers in any order, each once; at least one."""
        learnt = day > day.max() - LEARNT_DAYS
        day, value = day[learnt], value[learnt]
        first = int(day.min())
        values = np.full(int(day.max()) - first + 1, np.nan)
        values[day - first] = np.maximum(value, 0.0)
        return cls(dt.date.fromordinal(first), values, int((value < 0).sum()), int((~learnt).sum()))

    @property
    def n_days(self) -> int:
        return len(self.values)

    @property
    def last_day(self) -> dt.date:
        return self.first_day + dt.timedelta(days=len(self.values) - 1)


def panel_of(series: Sequence[OwnSeries]) -> Panel:
    """Series that end on the same day, as a panel in which number 0, 1, … is the name of the segment."""
    longest = max(one.n_days for one in series)
    values = np.full((len(series), longest), np.nan)
    for row, one in zip(values, series, strict=True):
        row[longest - one.n_days :] = one.values
    first_day = series[0].last_day - dt.timedelta(days=longest - 1)
    return Panel(tuple(Series(MEASURE, str(number)) for number in range(len(series))), first_day, values)
