"""The week and its hours: what a trading day of each weekday brings, in all and hour by hour."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.exploration.selection import Selection
from core.series.days import Flags, weekday
from core.series.panel import Days, Values
from core.transactions.views import CUBE_MEASURES


@dataclass(frozen=True)
class Hours:
    """``by_weekday``: mean of an hour on a trading day of a weekday, shape (7, 24), Monday and midnight first;
    ``by_hour``: on any trading day, shape (24,). ``trading``: days with lines of each weekday, shape (7,)."""

    by_weekday: Values
    by_hour: Values
    trading: Values


def hours(one: Selection) -> Hours | None:
    """None for measures that hours would count twice, and where nothing falls into the span."""
    if one.series.measure not in CUBE_MEASURES:
        return None
    rows = one.cube()
    if rows.empty:
        return None
    day = rows["day"].to_numpy().astype("datetime64[D]")
    of_week, hour = weekday(day), rows["hour"].to_numpy(dtype=np.int64)
    values = np.nan_to_num(rows[CUBE_MEASURES[one.series.measure]].to_numpy(dtype=np.float64))
    sums = np.bincount(24 * of_week + hour, values, 7 * 24).reshape(7, 24)
    if not sums.any():
        return None
    trading = np.bincount(weekday(np.unique(day)), minlength=7).astype(np.float64)
    means = np.divide(sums, trading[:, None], out=np.zeros_like(sums), where=trading[:, None] > 0)
    return Hours(means, sums.sum(axis=0) / trading.sum(), trading)


def by_weekday(days: Days, values: Values, known: Flags) -> Values:
    """Mean of the known days of each weekday with trade, Monday first, shape (7,); NaN where there is none."""
    traded = known & (values != 0)
    of_week = weekday(days)[traded]
    count = np.bincount(of_week, minlength=7)
    sums = np.bincount(of_week, values[traded], 7)
    return np.asarray(np.divide(sums, count, out=np.full(7, np.nan), where=count > 0))
