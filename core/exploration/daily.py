"""The value of every day of a series, of lines in use or as read, and the days that say anything."""

from __future__ import annotations

import numpy as np
import pandas as pd

from core.exploration.kept import keep
from core.exploration.selection import DISTINCT, Selection
from core.series.days import Flags
from core.series.panel import Values
from core.transactions.views import CUBE_MEASURES


def daily(one: Selection) -> Values:
    """All days of the panel, shape (number of days,), whatever the span; the partial last day is left out."""
    panel = one.generation.panel()
    if not one.raw:
        return panel[one.series]
    return keep(one.generation, ("daily", one.series), lambda: _as_read(one))


def _as_read(one: Selection) -> Values:
    panel = one.generation.panel()
    measure = one.series.measure
    whole = Selection(one.generation, one.series, panel.first_day, panel.last_day, raw=True)
    if measure in CUBE_MEASURES:
        cube = whole.cube()
        days, values = cube["day"], cube[CUBE_MEASURES[measure]]
    else:
        column = DISTINCT[measure]
        rows = whole.ask(
            f"SELECT day, count(DISTINCT {column}) AS value FROM source WHERE day BETWEEN ? AND ? GROUP BY day",
            *whole.span,
        )
        days, values = rows["day"], rows["value"]
    number = (pd.to_datetime(days).to_numpy().astype("datetime64[D]") - panel.days[0]).astype(np.int64)
    made = np.bincount(number, np.nan_to_num(values.to_numpy(dtype=np.float64)), panel.n_days)
    made.flags.writeable = False
    return made.astype(np.float64, copy=False)


def known_days(values: Values, is_open: Flags) -> Flags:
    """Days that belong to the series: open ones, and closed ones on which lines were read all the same."""
    known: Flags = (is_open | (values != 0)) & ~np.isnan(values)
    return known
