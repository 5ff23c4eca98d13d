"""Numbers written as text: whether the comma or the point is the decimal mark, from the whole column."""

from __future__ import annotations

import duckdb

from core.errors import InputError
from core.transactions.faults import Faults, quoted
from core.transactions.workspace import first_row

HINT = "Write numbers like 1234.56."

GROUPED = "-?[0-9]{1,3}(,[0-9]{3})+"
"""1,200 or 1,234,567: grouped digits, or in half of the world a decimal."""

POINT_FORM = "-?[0-9]{1,3}(,[0-9]{3})+[.][0-9]*|-?[0-9]*[.][0-9]+([eE][+-]?[0-9]+)?"
COMMA_FORM = "-?[0-9]{1,3}([.][0-9]{3})+,[0-9]*|-?[0-9]*,([0-9]{1,2}|[0-9]{4,})|-?[0-9]{4,},[0-9]{3}|-?0?,[0-9]+"
POINT_GROUPED = "-?[0-9]{1,3}([.][0-9]{3})+"
"""1.200: read as a decimal unless other values of the column have a decimal comma."""


def parse_text_numbers(
    connection: duckdb.DuckDBPyConnection,
    text: str,
    *,
    column: str,
    file: str,
    delimiter: str,
    faults: Faults | None = None,
) -> tuple[str, list[str]]:
    """How to read the text expression ``text`` over ``text_lines``: a SQL expression of type DOUBLE, and remarks.

    Looks at every value. Raises InputError naming the row for what is no number, for a column that uses both decimal
    marks, and for values such as 1,200 where nothing tells whether the comma groups digits. With ``faults`` everything
    that is no number goes there instead.
    """
    where = {"file": file, "column": column}
    value = f"trim({text})"
    found = first_row(
        connection,
        f"""SELECT min(row) FILTER (regexp_full_match(v, '{POINT_FORM}')
                                   AND NOT regexp_full_match(v, '{POINT_GROUPED}')),
                   min(row) FILTER (regexp_full_match(v, '{COMMA_FORM}')),
                   min(row) FILTER (regexp_full_match(v, '{GROUPED}')),
                   count(*) FILTER (regexp_full_match(v, '{GROUPED}'))
            FROM (SELECT row, {value} AS v FROM text_lines)""",
    )
    assert found is not None
    point, comma, grouped, times = found
    if point is not None and comma is not None:
        row = max(point, comma)
        raise InputError(
            f"the decimal mark differs from row {min(point, comma):,}",
            row=row,
            hint="Write all numbers of a column in one form, best like 1234.56.",
            **where,
        )
    notes: list[str] = []
    if comma is not None:
        notes.append(f"The column {column} is read with a decimal comma.")
        form = "-?[0-9]{1,3}([.][0-9]{3})+(,[0-9]*)?|-?[0-9]*(,[0-9]+)?"
        plain = f"replace(replace({value}, '.', ''), ',', '.')"
        number = f"CASE WHEN regexp_full_match({value}, '{form}') THEN try_cast({plain} AS DOUBLE) END"
    else:
        if grouped is not None and point is None and delimiter != ",":
            example = first_row(connection, f"SELECT {value} FROM text_lines WHERE row = ?", [grouped])
            raise InputError(
                f"'{example[0] if example else ''}' may mean two numbers: the comma groups digits or is a decimal mark",
                row=grouped,
                hint=HINT,
                **where,
            )
        if grouped is not None:
            notes.append(f"The column {column} has {times:,} numbers with digits grouped by commas, such as 1,200.")
        whole = f"regexp_full_match({value}, '{GROUPED}([.][0-9]*)?')"
        number = f"try_cast(CASE WHEN {whole} THEN replace({value}, ',', '') ELSE {value} END AS DOUBLE)"
    unread = f"""SELECT row, {text} AS value FROM text_lines
                 WHERE ({number} IS NULL OR NOT isfinite({number})) AND {value} <> ''"""
    if faults is not None:
        faults.add_cells(connection, unread, where, "{} is not a number", HINT)
        return number, notes
    bad = first_row(connection, f"{unread} ORDER BY row LIMIT 1")
    if bad is not None:
        raise InputError(f"{quoted(bad[1])} is not a number", row=bad[0], hint=HINT, **where)
    return number, notes
