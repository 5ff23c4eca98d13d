"""This year against the year before, each day against the same weekday 364 days earlier."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np

from core.exploration.selection import YEAR, Span
from core.series.days import Flags
from core.series.panel import Days, Values

LEAST_DAYS = 7


@dataclass(frozen=True)
class YearOnYear:
    """``weeks``: first day of every week of seven days, oldest first, with the sums of both years, shape (weeks,).
    Totals and open days are of all days that both years have, ``first`` to ``last``."""

    first: dt.date
    last: dt.date
    now: float
    then: float
    open_now: int
    open_then: int
    weeks: Days
    weeks_now: Values
    weeks_then: Values

    @property
    def growth(self) -> float | None:
        """As a share of the year before; None where that was nothing or below."""
        return self.now / self.then - 1 if self.then > 0 else None

    @property
    def growth_per_open_day(self) -> float | None:
        if self.then <= 0 or not self.open_now or not self.open_then:
            return None
        return (self.now / self.open_now) / (self.then / self.open_then) - 1


def year_on_year(days: Days, values: Values, known: Flags, span: Span) -> YearOnYear | None:
    """Of the last 364 days of the span, or as many as have a year before; None if fewer than a week have."""
    low = max(int((np.datetime64(span[0]) - days[0]).astype(int)), YEAR)
    high = int((np.datetime64(span[1]) - days[0]).astype(int)) + 1
    low = max(low, high - YEAR)
    if high - low < LEAST_DAYS:
        return None
    filled = np.nan_to_num(values)
    now, then = filled[low:high], filled[low - YEAR : high - YEAR]
    weeks = (high - low) // 7
    start = high - 7 * weeks
    return YearOnYear(
        first=days[low].item(),
        last=days[high - 1].item(),
        now=float(now.sum()),
        then=float(then.sum()),
        open_now=int(known[low:high].sum()),
        open_then=int(known[low - YEAR : high - YEAR].sum()),
        weeks=days[start:high:7],
        weeks_now=filled[start:high].reshape(weeks, 7).sum(axis=1),
        weeks_then=filled[start - YEAR : high - YEAR].reshape(weeks, 7).sum(axis=1),
    )
