"""Times written as text: which form they have, in which order day and month stand, whether zones are mixed."""

from __future__ import annotations

import re
from collections.abc import Sequence

import duckdb

from core.errors import InputError
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
ZONE = CLOCK_END + r"\s*(Z|z|UTC|GMT|[+-][0-9]{2}(?::?[0-9]{2})?)$"
NUMERIC = r"^\s*([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4}|[0-9]{2})(?:\s*[ T,]\s*(.*))?$"
CLOCKS = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p", " %H:%M:%S.%f")
NAMED_DATES = ("%d-%b-%Y", "%d %b %Y", "%d %B %Y", "%b %d %Y", "%b %d, %Y", "%B %d, %Y", "%Y%m%d")
HINT = "Write times like 2010-12-01 08:26 or 01/12/2010 08:26."


def iso_format(sample: Sequence[str]) -> str | None:
    """The one ISO form of all values of a sample, or None."""
    for form, pattern in ISO_FORMATS:
        if sample and all(re.fullmatch(pattern, value) for value in sample):
            return form
    return None


def parse_text_times(
    connection: duckdb.DuckDBPyConnection, table: str, *, column: str, file: str, sheet: str | None
) -> tuple[str, list[str]]:
    """How to read the column ``time`` (VARCHAR) of ``table``, which also has the row number ``row``.

    Looks at every value: returns a SQL expression of type TIMESTAMP and remarks for the reader. Times are taken as
    the business's local clock; one offset shared by all values is dropped. Raises InputError naming the row for an
    empty or unreadable time, mixed time zones, and a column in which both day/month orders are needed.
    """
    where = {"file": file, "sheet": sheet, "column": column}
    notes: list[str] = []
    empty = _one(connection, f"SELECT min(row) FROM {table} WHERE time IS NULL")
    if empty is not None:
        raise InputError("the time is empty", row=empty, hint=HINT, **where)
    text = _without_zone(connection, table, notes, where)
    iso = f"CASE WHEN NOT regexp_matches({text}, '^[0-9]{{1,2}}[/.-]') THEN try_cast({text} AS TIMESTAMP) END"
    if _one(connection, f"SELECT count(*) FROM {table} WHERE {iso} IS NULL") == 0:
        return iso, notes
    order = _day_month_order(connection, table, text, notes, where)
    first, second = ("%d", "%m") if order == "day" else ("%m", "%d")
    # the year is brought to four digits so that %Y cannot read '10' as the year 10
    slashed = f"regexp_replace({text}, '{NUMERIC}', '\\1/\\2/\\3 \\4')"
    numeric = f"regexp_replace({slashed}, '^([0-9]+/[0-9]+/)([0-9]{{2}}) ', '\\120\\2 ')"
    formats = [f"{first}/{second}/%Y{clock}" for clock in CLOCKS] + [
        date + clock for date in NAMED_DATES for clock in CLOCKS
    ]
    listed = ", ".join(f"'{form}'" for form in formats)
    expression = f"coalesce({iso}, try_strptime(trim({numeric}), [{listed}]))"
    bad = first_row(connection, f"SELECT row, time FROM {table} WHERE {expression} IS NULL ORDER BY row LIMIT 1")
    if bad is not None:
        raise InputError(f"{_quoted(bad[1])} is not a time", row=bad[0], hint=HINT, **where)
    return expression, notes


def _without_zone(
    connection: duckdb.DuckDBPyConnection, table: str, notes: list[str], where: dict[str, str | None]
) -> str:
    zones = connection.execute(
        f"""SELECT upper(regexp_extract(time, '{ZONE}', 2)) AS zone, min(row) AS row
            FROM {table} GROUP BY zone ORDER BY row"""
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
    connection: duckdb.DuckDBPyConnection, table: str, text: str, notes: list[str], where: dict[str, str | None]
) -> str:
    """'day' or 'month': which of them stands first, from all values of the column."""
    parts = f"(SELECT row, regexp_extract({text}, '{NUMERIC}', ['a', 'b', 'c', 'd']) AS p, time FROM {table})"
    a, b = "try_cast(p.a AS INTEGER)", "try_cast(p.b AS INTEGER)"
    first_over, second_over, day_first, month_first, numeric = connection.execute(
        f"""SELECT min(row) FILTER ({a} > 12), min(row) FILTER ({b} > 12),
                   max(p.c::INTEGER * 372 + {b} * 31 + {a}) - min(p.c::INTEGER * 372 + {b} * 31 + {a}),
                   max(p.c::INTEGER * 372 + {a} * 31 + {b}) - min(p.c::INTEGER * 372 + {a} * 31 + {b}), count(*)
            FROM {parts} WHERE p.a <> ''"""
    ).fetchall()[0]
    if not numeric:
        return "day"
    if first_over is not None and second_over is not None:
        row = max(first_over, second_over)
        value = scalar(connection, f"SELECT time FROM {table} WHERE row = ?", [row])
        raise InputError(
            f"{_quoted(value)} has day and month in the other order than row {min(first_over, second_over):,}",
            row=row,
            hint="Write all times in one form, best as 2010-12-01 08:26.",
            **where,
        )
    if first_over is not None or second_over is not None:
        order = "day" if first_over is not None else "month"
        notes.append(f"Times are read with the {order} first, as the column {where['column']} itself shows.")
        return order
    # both readings are possible: days of business lie close together, a wrong order scatters them over the year
    order = "day" if day_first <= month_first else "month"
    notes.append(f"Times are read with the {order} first; the column {where['column']} would allow both orders.")
    return order


def _one(connection: duckdb.DuckDBPyConnection, query: str) -> int | None:
    value = scalar(connection, query)
    return None if value is None else int(value)


def _quoted(value: str) -> str:
    return f"'{value}'" if len(value) <= 40 else f"'{value[:40]}…'"
