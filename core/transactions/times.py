"""Times written as text: which form they have, in which order day and month stand, whether zones are mixed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import duckdb

from core.errors import InputError
from core.transactions.faults import Faults, quoted
from core.transactions.workspace import first_row, scalar

ISO_FORMATS = (
    ("%Y-%m-%d %H:%M:%S", r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}"),
    ("%Y-%m-%dT%H:%M:%S", r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}"),
    ("%Y-%m-%d %H:%M", r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}"),
    ("%Y-%m-%d", r"\d{4}-\d{2}-\d{2}"),
    ("%Y-%m-%d %H:%M:%S.%f", r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}\.\d{1,6}"),
    ("%Y-%m-%dT%H:%M:%S.%f", r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{1,6}"),
)
"""Forms that need no thought: (strptime format, what a value looks like)."""

CLOCK_END = r"(:[0-9]{2}(?:[.][0-9]+)?)"
ZONE = CLOCK_END + r"\s*([Zz]|[A-Za-z]{3,5}|[A-Za-z_]+/[A-Za-z_/+-]+|[+-][0-9]{2}(?::?[0-9]{2})?)$"
NUMERIC = r"^\s*([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4}|[0-9]{2})(?:\s*[ T,]\s*(.*))?$"
CLOCKS = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p", " %H:%M:%S.%f")
NAMED_DATES = ("%d-%b-%Y", "%d %b %Y", "%d %B %Y", "%b %d %Y", "%b %d, %Y", "%B %d, %Y", "%Y%m%d")
ONE_FORM = "Write all times in one form, best as 2010-12-01 08:26."
HINT = "Write times like 2010-12-01 08:26 or 01/12/2010 08:26."


DAY_NUMBER = "({year} * 372 + {month} * 31 + {day})"
"""SQL for the number of a day: not how many days apart two are, but which are closer."""


class UndecidedOrderError(Exception):
    """A column would allow both orders of day and month; other files of the source may decide."""


@dataclass(slots=True)
class Order:
    """Which of day and month stands first: one answer for all files of a source.

    Columns that show it themselves put it into ``proven``; the others leave the first and last day of either reading
    in ``spans`` and wait, until ``final`` says that there is nothing more to wait for. ``there``: the first and last
    day of all lines that are there by then. Days are numbers, see DAY_NUMBER.
    """

    proven: set[str] = field(default_factory=set)
    spans: dict[str, tuple[int, int]] = field(default_factory=dict)
    final: bool = False
    there: tuple[int, int] | None = None

    def widen(self, order: str, first: int, last: int) -> None:
        low, high = self.spans.get(order, (first, last))
        self.spans[order] = (min(low, first), max(high, last))

    def closest(self) -> str:
        """The order whose days lie closer together: days of business are dense, a wrong order scatters them. Of a
        single day, the order that puts it next to the first or last day that is there."""

        def apart(order: str) -> tuple[int, int]:
            first, last = self.spans[order]
            ends = self.there or ()
            return last - first, min((abs(day - end) for day in (first, last) for end in ends), default=0)

        return min(("day", "month"), key=apart)


def days_there(connection: duckdb.DuckDBPyConnection) -> tuple[int, int] | None:
    """The first and last day of the lines in ``raw``, as Order has them; None where no line has a time."""
    number = DAY_NUMBER.format(year="year(time)", month="month(time)", day="day(time)")
    first, last = connection.execute(f"SELECT min({number}), max({number}) FROM raw").fetchall()[0]
    return None if first is None else (first, last)


def iso_format(sample: Sequence[str]) -> str | None:
    """The one ISO form of all values of a sample, or None."""
    for form, pattern in ISO_FORMATS:
        if sample and all(re.fullmatch(pattern, value) for value in sample):
            return form
    return None


def parse_text_times(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    *,
    column: str,
    file: str,
    sheet: str | None,
    order: Order,
    faults: Faults | None = None,
) -> tuple[str, list[str]]:
    """How to read the column ``time`` (VARCHAR) of ``table``, which also has the row number ``row``.

    Looks at every value: returns a SQL expression of type TIMESTAMP and remarks for the reader. Times are taken as
    the business's local clock; one offset shared by all values is dropped. Raises InputError naming the row for an
    empty or unreadable time, mixed time zones, and a column in which both day/month orders are needed; and
    UndecidedOrderError where neither the column nor, yet, ``order`` tells. With ``faults`` every empty and unreadable
    time goes there instead.
    """
    where = {"file": file, "sheet": sheet, "column": column}
    notes: list[str] = []
    empty = _one(connection, f"SELECT min(row) FROM {table} WHERE time IS NULL")
    if empty is not None and faults is None:
        raise InputError("the time is empty", row=empty, hint=HINT, **where)
    text = _without_zone(connection, table, notes, where)
    # DuckDB also takes words such as 'epoch' and 'infinity' for times: four digits of a year come first here
    cast = f"CASE WHEN regexp_matches({text}, '^[0-9]{{4}}[/-]') THEN try_cast({text} AS TIMESTAMP) END"
    iso = f"CASE WHEN {cast} BETWEEN TIMESTAMP '1900-01-01' AND TIMESTAMP '2199-12-31 23:59:59' THEN {cast} END"
    if _one(connection, f"SELECT count(*) FROM {table} WHERE time IS NOT NULL AND {iso} IS NULL") == 0:
        return (iso if faults is None else _collected(connection, table, iso, where, faults)), notes
    day_first = _day_month_order(connection, table, text, notes, where, order) == "day"
    first, second = ("%d", "%m") if day_first else ("%m", "%d")
    # the year is brought to four digits so that %Y cannot read '10' as the year 10
    slashed = f"regexp_replace({text}, '{NUMERIC}', '\\1/\\2/\\3 \\4')"
    numeric = f"regexp_replace({slashed}, '^([0-9]+/[0-9]+/)([0-9]{{2}}) ', '\\120\\2 ')"
    formats = [f"{first}/{second}/%Y{clock}" for clock in CLOCKS] + [
        date + clock for date in NAMED_DATES for clock in CLOCKS
    ]
    listed = ", ".join(f"'{form}'" for form in formats)
    parsed = f"CASE WHEN regexp_matches({text}, '[0-9]') THEN try_strptime(trim({numeric}), [{listed}]) END"
    expression = f"coalesce({iso}, CASE WHEN year({parsed}) BETWEEN 1900 AND 2199 THEN {parsed} END)"
    if faults is not None:
        return _collected(connection, table, expression, where, faults), notes
    bad = first_row(connection, f"SELECT row, time FROM {table} WHERE {expression} IS NULL ORDER BY row LIMIT 1")
    if bad is not None:
        raise InputError(f"{quoted(bad[1])} is not a time", row=bad[0], hint=HINT, **where)
    return expression, notes


def _collected(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    expression: str,
    where: dict[str, str | None],
    faults: Faults,
) -> str:
    """The expression, once ``faults`` has all that it cannot read."""
    faults.add_cells(
        connection, f"SELECT row, '' AS value FROM {table} WHERE time IS NULL", where, "the time is empty", HINT
    )
    unread = f"SELECT row, time AS value FROM {table} WHERE time IS NOT NULL AND {expression} IS NULL"
    faults.add_cells(connection, unread, where, "{} is not a time", HINT)
    return expression


def _without_zone(
    connection: duckdb.DuckDBPyConnection, table: str, notes: list[str], where: dict[str, str | None]
) -> str:
    zones = connection.execute(
        f"""SELECT CASE WHEN zone IN ('UTC', 'GMT', '+00', '-00') THEN 'Z' ELSE zone END AS zone, min(row) AS row
            FROM (SELECT regexp_replace(replace(upper(regexp_extract(time, '{ZONE}', 2)), ':', ''),
                                        '^([+-][0-9]{{2}})00$', '\\1') AS zone, row FROM {table} WHERE time IS NOT NULL)
            GROUP BY ALL ORDER BY row"""
    ).fetchall()
    if len(zones) > 1:
        (first, _), (second, row) = zones[0], zones[1]
        raise InputError(
            f"mixed time zones: earlier rows have {first or 'none'}, this one has {second or 'none'}",
            row=row,
            hint="Write all times in the business's local time, without an offset.",
            **where,
        )
    if zones and zones[0][0]:
        notes.append(f"All times carry the offset {zones[0][0]}; they are taken as local time as written.")
        return f"trim(regexp_replace(time, '{ZONE}', '\\1'))"
    return "trim(time)"


def _day_month_order(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    text: str,
    notes: list[str],
    where: dict[str, str | None],
    order: Order,
) -> str:
    """'day' or 'month': which of them stands first, from all values of the column, else from other files."""
    parts = f"(SELECT row, regexp_extract({text}, '{NUMERIC}', ['a', 'b', 'c', 'd']) AS p, time FROM {table})"
    a, b = "try_cast(p.a AS INTEGER)", "try_cast(p.b AS INTEGER)"
    year = "(p.c::INTEGER + if(length(p.c) = 2, 2000, 0))"
    as_day = DAY_NUMBER.format(year=year, month=b, day=a)
    as_month = DAY_NUMBER.format(year=year, month=a, day=b)
    first_over, second_over, numeric, *ends = connection.execute(
        f"""SELECT min(row) FILTER ({a} > 12), min(row) FILTER ({b} > 12), count(*),
                   min({as_day}), max({as_day}), min({as_month}), max({as_month})
            FROM {parts} WHERE p.a <> ''"""
    ).fetchall()[0]
    if not numeric:
        return "day"
    if first_over is not None and second_over is not None:
        row = max(first_over, second_over)
        value = scalar(connection, f"SELECT time FROM {table} WHERE row = ?", [row])
        raise InputError(
            f"{quoted(value)} has day and month in the other order than row {min(first_over, second_over):,}",
            row=row,
            hint=ONE_FORM,
            **where,
        )
    if first_over is not None or second_over is not None:
        own = "day" if first_over is not None else "month"
        order.proven.add(own)
        notes.append(f"Times are read with the {own} first, as the column {where['column']} itself shows.")
        return own
    return _order_of_others(notes, where, order, ends)


def _order_of_others(notes: list[str], where: dict[str, str | None], order: Order, ends: Sequence[int]) -> str:
    """The order for a column that allows both; ``ends`` are its first and last day read day first and month first."""
    if len(order.proven) == 2:
        problem = "day and month may stand in either order here, and the other files have both orders"
        raise InputError(problem, hint=ONE_FORM, file=where["file"], sheet=where["sheet"], column=where["column"])
    if len(order.proven) == 1:
        (other,) = order.proven
        notes.append(f"Times are read with the {other} first, as in the other files.")
        return other
    order.widen("day", ends[0], ends[1])
    order.widen("month", ends[2], ends[3])
    if not order.final:
        raise UndecidedOrderError
    notes.append(
        f"Times are read with the {order.closest()} first; the column {where['column']} would allow both orders."
    )
    return order.closest()


def _one(connection: duckdb.DuckDBPyConnection, query: str) -> int | None:
    value = scalar(connection, query)
    return None if value is None else int(value)
