"""Parquet: columns are typed already; what is not gets the same care as CSV."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import duckdb

from core.errors import InputError
from core.transactions.columns import resolve
from core.transactions.faults import Faults
from core.transactions.staging import Staged, insert_lines, is_plausible
from core.transactions.times import Order, parse_text_times
from core.transactions.workspace import file_literal, identifier, scalar

NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT",
           "FLOAT", "DOUBLE", "DECIMAL")  # fmt: skip


def stage_parquet(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    mapping: Mapping[str, str],
    source: int,
    order: Order,
    faults: Faults | None = None,
) -> Staged:
    """Reads one Parquet file into ``raw``. Raises InputError for a damaged file, a missing or unusable column; with
    ``faults`` times that cannot be read go there."""
    relation = f"read_parquet({file_literal(path)})"
    try:
        described = connection.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()
        types = {name: kind for name, kind, *_ in described}
        columns = resolve(list(types), mapping, file=path.name)
        for name in ("quantity", "price"):
            if name in columns and not types[columns[name]].startswith(NUMBERS):
                kind = types[columns[name]]
                raise InputError(f"the column holds {kind}, not numbers", file=path.name, column=columns[name])
        time, notes = _time(connection, relation, columns, types, path, order, faults)
        as_text = types[columns["time"]] == "VARCHAR"
        # in the copy columns go by position: their own names may be those of its row number and time
        cells = {name: f"c{index}" if as_text else name for index, name in enumerate(types)}
        lines = insert_lines(
            connection,
            "text_lines" if as_text else relation,
            {ours: cells[theirs] for ours, theirs in columns.items()},
            [cell for name, cell in cells.items() if name not in columns.values()],
            source=source,
            time=time,
            quantity=_number(cells[columns["quantity"]]),
            price=_number(cells[columns["price"]]) if "price" in columns else "NULL::DOUBLE",
        )
    except duckdb.InvalidInputException as error:
        if "infinite number" in str(error):
            raise InputError("a quantity or price is infinite", file=path.name) from None
        raise damaged(path, error) from None
    except duckdb.Error as error:
        raise damaged(path, error) from None
    connection.execute("DROP TABLE IF EXISTS text_lines")
    if lines and not (faults and faults.count) and not is_plausible(connection, source):
        raise InputError("a time lies outside the years 1900 to 2199", file=path.name, column=columns["time"])
    return Staged(path.name, None, lines, columns, notes, further=len(types) > len(columns))


def _number(column: str) -> str:
    """NaN is how some writers say that a value is missing; infinity is nobody's quantity."""
    number = f"{identifier(column)}::DOUBLE"
    return f"CASE WHEN isinf({number}) THEN error('infinite number') WHEN NOT isnan({number}) THEN {number} END"


def _time(
    connection: duckdb.DuckDBPyConnection,
    relation: str,
    columns: Mapping[str, str],
    types: Mapping[str, str],
    path: Path,
    order: Order,
    faults: Faults | None,
) -> tuple[str, list[str]]:
    column, kind = columns["time"], types[columns["time"]]
    name = identifier(column)
    if kind == "VARCHAR":
        kept = ", ".join(f"{identifier(one)} AS c{index}" for index, one in enumerate(types))
        connection.execute("SET preserve_insertion_order = true")
        connection.execute(
            f"""CREATE OR REPLACE TEMP TABLE text_lines AS
                SELECT row_number() OVER () AS row, {name} AS time, {kept} FROM {relation}"""
        )
        connection.execute("SET preserve_insertion_order = false")
        return parse_text_times(
            connection, "text_lines", column=column, file=path.name, sheet=None, order=order, faults=faults
        )
    if kind == "TIMESTAMP WITH TIME ZONE":
        raise InputError(
            "the times have a time zone",
            file=path.name,
            column=column,
            hint="Write them as the business's local time, without a zone.",
        )
    if not kind.startswith(("TIMESTAMP", "DATE")):
        raise InputError(f"the column holds {kind}, not times", file=path.name, column=column)
    empty = _first_empty(connection, relation, name)
    if empty is not None:
        raise InputError("the time is empty", file=path.name, column=column, row=empty)
    return f"{name}::TIMESTAMP", []


def _first_empty(connection: duckdb.DuckDBPyConnection, relation: str, name: str) -> int | None:
    """The row number (from 1) of the first line without a time; the slow numbering runs only if there is one."""
    if not scalar(connection, f"SELECT count(*) > count({name}) FROM {relation}"):
        return None
    numbered = f"(SELECT row_number() OVER () AS row, {name} AS time FROM {relation})"
    return int(scalar(connection, f"SELECT min(row) FROM {numbered} WHERE time IS NULL"))


def damaged(path: Path, error: duckdb.Error) -> InputError:
    reason = str(error).splitlines()[0][:200].replace(str(path), path.name)
    return InputError("this is not a Parquet file, or it is damaged", file=path.name, hint=reason)
