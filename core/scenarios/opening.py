"""What a day would bring that is expected closed, if it were open: from history, else from its neighbours.

The level around the day is the mean of the NEAR nearest open days of the forecast. Where the weekday has been open in
history at least LEAST times, that level is multiplied by the median of what these days had relative to the days around
them; else it stands as it is. The interval is that of the days around, joined (as independent errors on the log scale)
by the spread of these ratios; below nine ratios by half to double, as nothing better is known.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.evaluation.calibration import quantile_widths
from core.models.base import LEVELS
from core.series.days import Flags, Ints, weekday
from core.series.panel import Days, Values

NEAR = 6
"""Open days that make up the level around a day."""
FAR = 28
"""Days beyond which a day is no neighbour."""
LEAST = 3
LATEST = 52
"""Of so many last occurrences of the weekday the ratios are taken."""


@dataclass(frozen=True)
class Known:
    """What is known at the origin of a forecast: actual values and whether the business was open, shape (days,)."""

    days: Days
    values: Values
    is_open: Flags

    def ratios(self, number: int) -> Values:
        """Of the last open days of a weekday (0 = Monday): value relative to the mean of the days around."""
        traded = np.flatnonzero(self.is_open & (self.values > 0))
        found = []
        for index in traded[weekday(self.days[traded]) == number][-LATEST:]:
            around = _nearest(traded[traded != index], int(index))
            if around.size:
                found.append(self.values[index] / self.values[around].mean())
        return np.array(found, dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Opened:
    """A day that was opened: forecast, bounds of shape (levels, 2), and on how many past days of its weekday it rests
    (``like``; 0: on none, its neighbours' level was taken). ``mean`` is None where there are no neighbours either."""

    date: dt.date
    mean: float | None
    bounds: Values
    like: int


def opened(table: pd.DataFrame, index: int, known: Known) -> Opened:
    """Day number ``index`` of a stored forecast (columns date, mean, lo80 … hi95, open), as if it were open."""
    day = table["date"].iloc[index]
    ratios = known.ratios(day.weekday())
    like = int(ratios.size) if ratios.size >= LEAST else 0
    around = _nearest(np.flatnonzero(table["open"].to_numpy(bool) & (table["mean"].to_numpy() > 0)), index)
    if not around.size:
        return Opened(day.date(), None, np.zeros((len(LEVELS), 2)), like)
    level = float(table["mean"].to_numpy()[around].mean())
    mean = level * (float(np.median(ratios)) if like else 1.0)
    errors = np.log(ratios / np.median(ratios)) if like else np.empty(0)
    widths = np.hypot(_widths(table, around, level), quantile_widths(errors, 1 - np.array(LEVELS) / 100))
    return Opened(day.date(), mean, mean * np.exp(widths * np.array([-1.0, 1.0])), like)


def _nearest(where: Ints, index: int) -> Ints:
    """The NEAR numbers of ``where`` nearest to ``index``, not farther than FAR."""
    distance = np.abs(where - index)
    close = where[distance <= FAR]
    order = np.argsort(distance[distance <= FAR], kind="stable")
    return np.asarray(close[order[:NEAR]], dtype=np.int64)


def _widths(table: pd.DataFrame, around: Ints, level: float) -> Values:
    """How far the bounds of some days lie from their mean on the log scale; shape (levels, 2)."""
    sides = [[table[f"{side}{one}"].to_numpy()[around].mean() for side in ("lo", "hi")] for one in LEVELS]
    # A bound of 0 is infinitely far on the log scale; a hundredth of the level is far enough.
    return np.abs(np.log(np.maximum(np.array(sides), level / 100) / level))
