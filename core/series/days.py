"""Arithmetic on arrays of calendar days (datetime64[D]), which know no time zone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from core.series.panel import Days

Flags = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

WEEKDAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def as_days(days: Iterable[dt.date] | Days) -> Days:
    """Any dates (Python, numpy, pandas index) as datetime64[D]."""
    if isinstance(days, np.ndarray):
        return days.astype("datetime64[D]")
    return np.array([np.datetime64(day, "D") for day in days], dtype="datetime64[D]")


def day_range(first_day: dt.date, count: int) -> Days:
    """``count`` days from ``first_day`` on, shape (count,)."""
    return np.datetime64(first_day, "D") + np.arange(count)


def weekday(days: Days) -> Ints:
    """0 = Monday … 6 = Sunday."""
    thursdays: Ints = days.astype("datetime64[D]").astype(np.int64)  # day 0 of the epoch was a Thursday
    return (thursdays + 3) % 7


def month_day(days: Days) -> Ints:
    """The day of the year as ``100 × month + day``, e.g. 1225."""
    months = days.astype("datetime64[M]")
    day: Ints = (days.astype("datetime64[D]") - months.astype("datetime64[D]")).astype(np.int64) + 1
    month: Ints = months.astype(np.int64) % 12 + 1
    return month * 100 + day


def year_of(days: Days) -> Ints:
    years: Ints = days.astype("datetime64[Y]").astype(np.int64)
    return years + 1970


def to_date(day: np.datetime64) -> dt.date:
    date: dt.date = day.astype("datetime64[D]").item()
    return date
