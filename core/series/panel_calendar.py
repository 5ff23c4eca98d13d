"""One opening calendar a series, for panels whose series are different businesses or products."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from core.series.calendar import OpeningCalendar, infer_calendar
from core.series.days import Flags
from core.series.panel import Days, Panel


@dataclass(frozen=True)
class PanelCalendar:
    """Speaks like an OpeningCalendar, with a row a series: ``is_open`` has shape (number of series, number of days).

    All series keep the holidays of one country.
    """

    calendars: tuple[OpeningCalendar, ...]

    @property
    def country(self) -> str | None:
        return self.calendars[0].country

    def is_open(self, days: Days) -> Flags:
        return np.stack([one.is_open(days) for one in self.calendars])

    def rows(self, rows: Sequence[int]) -> PanelCalendar:
        """The calendars of some of the series."""
        return PanelCalendar(tuple(self.calendars[row] for row in rows))

    def to_json(self) -> dict[str, Any]:
        return {"series": [one.to_json() for one in self.calendars]}


Calendar = OpeningCalendar | PanelCalendar
"""Of all series together or of each: what ``is_open`` returns broadcasts to (number of series, number of days)."""


def calendar_from_json(data: dict[str, Any]) -> Calendar:
    """Undoes ``to_json`` of either kind."""
    if "series" in data:
        return PanelCalendar(tuple(OpeningCalendar.from_json(one) for one in data["series"]))
    return OpeningCalendar.from_json(data)


def open_rows(calendar: Calendar, count: int, days: Days) -> Flags:
    """Whether each of ``count`` series trades: shape (count, number of days), not to be written to."""
    return np.broadcast_to(calendar.is_open(days), (count, len(days)))


def panel_calendars_at(panel: Panel, country: str | None) -> Callable[[dt.date], Calendar]:
    """For backtests: the calendar of every series as it could be inferred at the end of an origin.

    ``country``: code of the package ``holidays`` for all series, None for no holidays.
    """

    @lru_cache(maxsize=256)
    def at(origin: dt.date) -> Calendar:
        known = panel.until(origin).values
        return PanelCalendar(tuple(infer_calendar(panel.first_day, values, country) for values in known))

    return at
