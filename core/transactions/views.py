"""What charts ask of the lines: profiles by hour and weekday, and the largest countries and products."""

from __future__ import annotations

import datetime as dt
from typing import Literal

import pandas as pd

from core.series.panel import TOTAL, Series
from core.transactions.store import Generation

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
    column = CUBE_MEASURES[measure]
    key = "hour" if by == "hour" else "isodow(day)"
    days = "(SELECT count(DISTINCT day) FROM chosen)" if by == "hour" else "count(DISTINCT day)"
    condition, params = _where(generation, segment, start, end)
    table = generation.query(
        f"""WITH chosen AS (SELECT * FROM cube WHERE rule = '' AND {condition})
            SELECT {key}::INTEGER AS "{by}", sum({column}) / {days} AS mean_per_open_day
            FROM chosen GROUP BY 1 ORDER BY 1""",
        params,
    )
    return pd.DataFrame(table.to_pandas()).astype({"mean_per_open_day": float})


def top(
    generation: Generation,
    what: Literal["country", "product"],
    measure: str,
    n: int = 10,
    start: dt.date | None = None,
    end: dt.date | None = None,
) -> pd.DataFrame:
    """The ``n`` largest countries or products: columns name, value, share of all (0 to 1)."""
    condition, params = _where(generation, TOTAL, start, end)
    value = {"transactions": "count(*)", "units": "sum(quantity)", "revenue": "sum(amount)::DOUBLE"}[measure]
    if what == "country":
        value, relation = f"sum({CUBE_MEASURES[measure]})", "cube WHERE rule = '' AND"
    else:
        relation = "lines WHERE"
    table = generation.query(
        f"""SELECT coalesce({what}, '—') AS name, ({value})::DOUBLE AS value,
                   (value / sum(value) OVER ())::DOUBLE AS share
            FROM {relation} {condition} GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT ?""",
        [*params, n],
    )
    return pd.DataFrame(table.to_pandas())


def _where(
    generation: Generation, segment: str, start: dt.date | None, end: dt.date | None
) -> tuple[str, list[object]]:
    """The span, never past the panel's last day (a partial day would pull every mean down), and the segment."""
    last = generation.manifest.last_day
    condition = "day BETWEEN ? AND ?"
    params: list[object] = [start or generation.manifest.first_day, min(end or last, last)]
    if segment == TOTAL:
        return condition, params
    if segment == "country:other":
        named = [one.removeprefix("country:") for one in generation.manifest.segments[1:] if one != segment]
        return f"{condition} AND NOT coalesce(list_contains(?::VARCHAR[], country), false)", [*params, named]
    return f"{condition} AND country = ?", [*params, segment.removeprefix("country:")]
