"""From baskets to the daily panel: measures by segment and day, and which day at the end is only a part of one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import duckdb
import numpy as np
import pyarrow as pa

from core.series.panel import MEASURES, TOTAL, Panel, Series, Values
from core.transactions.workspace import scalar

TOP_COUNTRIES = 5
MIN_SHARE = 0.002
"""A country is a segment of its own if it is among the top and has at least this share of the lines."""

OTHER = "country:other"
NEEDS = {"orders": "invoice", "revenue": "price", "customers": "customer"}
"""Columns without which a measure cannot be counted."""

FAR_DAYS = 400
FEW = 0.01
"""Less than this share of the lines, more than FAR_DAYS away from all others: their dates are mistyped."""

USUAL_DAYS = 60
MIN_DAYS_TO_JUDGE = 10


def measures_for(columns: Sequence[str]) -> tuple[str, ...]:
    """The measures that a table with these columns can give; transactions and units always."""
    return tuple(measure for measure in MEASURES if NEEDS.get(measure, "time") in columns)


def top_segments(connection: duckdb.DuckDBPyConnection) -> tuple[str, ...]:
    """'total', then the largest countries by lines, then 'country:other' if there are more."""
    rows = connection.execute(
        """SELECT country, sum(lines) AS n FROM baskets WHERE rule = '' AND country IS NOT NULL
           GROUP BY country ORDER BY n DESC, country"""
    ).fetchall()
    total = sum(n for _, n in rows)
    unnamed = scalar(connection, "SELECT count(*) FROM baskets WHERE rule = '' AND country IS NULL")
    if len(rows) < 2 and not (rows and unnamed):
        return (TOTAL,)
    top = [name for name, n in rows if n >= MIN_SHARE * total and f"country:{name}" != OTHER][:TOP_COUNTRIES]
    rest = (OTHER,) if len(rows) > len(top) or unnamed else ()
    return (TOTAL, *(f"country:{name}" for name in top), *rest)


def far_days(connection: duckdb.DuckDBPyConnection) -> list[tuple[dt.date, dt.date, int]]:
    """First day, last day and number of few lines that lie more than a year away from all others: each group of them.

    A single mistyped year would otherwise make years of empty days, and forecasts of nothing.
    """
    rows = connection.execute(
        "SELECT day, sum(lines)::BIGINT FROM baskets WHERE rule = '' GROUP BY day ORDER BY day"
    ).fetchall()
    groups: list[list[tuple[dt.date, int]]] = []
    for day, lines in rows:
        if not groups or (day - groups[-1][-1][0]).days > FAR_DAYS:
            groups.append([])
        groups[-1].append((day, lines))
    total = sum(lines for _, lines in rows)
    counts = [sum(lines for _, lines in group) for group in groups]
    return [
        (group[0][0], group[-1][0], count)
        for group, count in zip(groups, counts, strict=True)
        if count < max(FEW * total, 2) and count < max(counts)
    ]


def partial_last_day(connection: duckdb.DuckDBPyConnection) -> dt.date | None:
    """The last day if its lines end so early that the extract must have been cut; None if it looks whole.

    Cut means: earlier than the end of every one of the last 60 trading days before it (same weekday where there are
    ten of them). Data without a time of day cannot tell, and are taken as whole.
    """
    rows = connection.execute(
        f"""SELECT day, max(last_time) - day::TIMESTAMP AS ended FROM baskets WHERE rule = ''
            GROUP BY day ORDER BY day DESC LIMIT {6 * USUAL_DAYS}"""
    ).fetchall()
    if len(rows) <= MIN_DAYS_TO_JUDGE:
        return None
    (last, ended), earlier = rows[0], rows[1:]
    same = [end for day, end in earlier if day.weekday() == last.weekday()]
    usual = same if len(same) >= MIN_DAYS_TO_JUDGE else [end for _, end in earlier[:USUAL_DAYS]]
    return last if any(usual) and ended < min(usual) else None


def build_panel(
    connection: duckdb.DuckDBPyConnection, segments: Sequence[str], measures: Sequence[str], last_day: dt.date
) -> Panel:
    """Dense daily values of every measure × segment from the first clean day to ``last_day``; days without lines 0."""
    first_day = scalar(connection, "SELECT min(day) FROM baskets WHERE rule = ''")
    values = daily_values(connection, segments, measures, first_day, last_day)
    return Panel(series_of(measures, segments), first_day, values)


def series_of(measures: Sequence[str], segments: Sequence[str]) -> tuple[Series, ...]:
    """Every measure of every segment, in the order of a panel."""
    return tuple(Series(measure, segment) for measure in measures for segment in segments)


def daily_values(
    connection: duckdb.DuckDBPyConnection,
    segments: Sequence[str],
    measures: Sequence[str],
    first_day: dt.date,
    last_day: dt.date,
) -> Values:
    """What ``baskets`` gives for each measure × segment, shape (series, days from ``first_day`` to ``last_day``); 0
    where there is no line."""
    named = [segment.removeprefix("country:") for segment in segments if segment not in (TOTAL, OTHER)]
    counts = {
        "transactions": "sum(lines)::DOUBLE",
        "orders": "count(DISTINCT invoice)::DOUBLE",
        "units": "sum(units)::DOUBLE",
        "revenue": "sum(amount)::DOUBLE",
        "customers": "count(DISTINCT customer)::DOUBLE",
    }
    selected = ", ".join(f"{counts[measure]} AS {measure}" for measure in measures)
    connection.execute(
        """CREATE OR REPLACE TEMP VIEW kept AS
           SELECT *, if(list_contains(getvariable('named'), country), 'country:' || country, 'country:other') AS segment
           FROM baskets WHERE rule = ''"""
    )
    connection.execute("SET VARIABLE named = ?::VARCHAR[]", [named])
    by_segment = f"""
        SELECT coalesce(segment, 'total') AS segment, day, {selected}
        FROM kept WHERE day BETWEEN ? AND ? GROUP BY GROUPING SETS ((segment, day), (day))"""
    table: pa.Table = connection.sql(by_segment, params=[first_day, last_day]).to_arrow_table()
    values = np.zeros((len(measures), len(segments), (last_day - first_day).days + 1))
    row_of = {segment: index for index, segment in enumerate(segments)}
    rows = np.array([row_of.get(segment, -1) for segment in table["segment"].to_pylist()], np.int64)
    columns = (table["day"].to_numpy().astype("datetime64[D]") - np.datetime64(first_day, "D")).astype(int)
    listed = rows >= 0
    for index, measure in enumerate(measures):
        values[index, rows[listed], columns[listed]] = table[measure].to_numpy()[listed]
    return values.reshape(len(measures) * len(segments), -1)
