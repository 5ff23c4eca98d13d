"""What charts ask of the lines: profiles by hour and weekday, and the largest countries and products."""

from __future__ import annotations

import datetime as dt
from typing import Literal

import pandas as pd

from core.series.panel import TOTAL, Series
from core.transactions.store import Generation

OTHER_COUNTRIES = "country:other"

CUBE_MEASURES = {"transactions": "lines", "units": "units", "revenue": "revenue"}
"""Measures that the cube can give by hour; orders and customers would be counted twice across hours."""


def daily(
    generation: Generation, series: Series, start: dt.date | None = None, end: dt.date | None = None
) -> pd.DataFrame:
    """Columns date and value, a row a calendar day from ``start`` to ``end`` (both included; default everything)."""
    panel = generation.panel()
    frame = pd.DataFrame({"date": panel.days, "value": panel[series]})
    first, last = pd.Timestamp(start or panel.first_day), pd.Timestamp(end or panel.last_day)
    return frame[(frame["date"] >= first) & (frame["date"] <= last)].reset_index(drop=True)


def profile(
    generation: Generation,
    by: Literal["hour", "weekday"],
    measure: str,
    segment: str = TOTAL,
    start: dt.date | None = None,
    end: dt.date | None = None,
) -> pd.DataFrame:
    """Mean by hour of day (0–23) or by weekday (1 = Monday … 7 = Sunday), over days with trade in the span.

    Columns ``by`` and ``mean_per_open_day``: by hour, how much of a trading day falls into the hour; by weekday, how
    much a trading day of that weekday brings. Raises KeyError for a measure that lines cannot give by hour.
    """
    cube, last = generation.cube(), generation.manifest.last_day
    # never past the panel's last day: a partial day would pull every mean down
    first, final = pd.Timestamp(start or generation.manifest.first_day), pd.Timestamp(min(end or last, last))
    chosen = cube[(cube["rule"] == "") & cube["day"].between(first, final) & _of_segment(generation, cube, segment)]
    key = chosen["hour"] if by == "hour" else chosen["day"].dt.day_of_week + 1
    sums = chosen.groupby(key.astype("int32").rename(by))[CUBE_MEASURES[measure]].sum()
    days = chosen["day"].nunique() if by == "hour" else chosen["day"].groupby(key.to_numpy()).nunique().to_numpy()
    return (sums / days).astype(float).rename("mean_per_open_day").reset_index()


def _of_segment(generation: Generation, cube: pd.DataFrame, segment: str) -> pd.Series:
    """Which rows belong to a segment; a line without a country belongs to the others."""
    if segment == TOTAL:
        return pd.Series(True, index=cube.index)
    if segment == OTHER_COUNTRIES:
        named = [one.removeprefix("country:") for one in generation.manifest.segments[1:] if one != segment]
        return ~cube["country"].isin(named)
    return cube["country"] == segment.removeprefix("country:")


def top(
    generation: Generation,
    what: Literal["country", "product"],
    measure: str,
    n: int = 10,
    start: dt.date | None = None,
    end: dt.date | None = None,
) -> pd.DataFrame:
    """The ``n`` largest countries or products: columns name, value, share of all (0 to 1)."""
    last = generation.manifest.last_day  # never past it: a partial day would count like a whole one
    params: list[object] = [start or generation.manifest.first_day, min(end or last, last)]
    value = {"transactions": "count(*)", "units": "sum(quantity)", "revenue": "sum(amount)::DOUBLE"}[measure]
    if what == "country":
        value, relation = f"sum({CUBE_MEASURES[measure]})", "cube WHERE rule = '' AND"
    else:
        relation = "lines WHERE"
    table = generation.query(
        f"""SELECT coalesce({what}, '—') AS name, ({value})::DOUBLE AS value,
                   (value / sum(value) OVER ())::DOUBLE AS share
            FROM {relation} day BETWEEN ? AND ? GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT ?""",
        [*params, n],
    )
    return pd.DataFrame(table.to_pandas())
