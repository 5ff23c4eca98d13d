"""The table ``raw`` that every reader fills: time TIMESTAMP, quantity and price DOUBLE, texts VARCHAR, and

source USMALLINT (number of the file or sheet), key UBIGINT (hash of the whole line, columns we do not know included).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from core.transactions.workspace import identifier, scalar

TEXT_COLUMNS = ("invoice", "product", "description", "customer", "country")
ID_COLUMNS = ("invoice", "product", "customer")
LINE_COLUMNS = ("time", "quantity", "price", *TEXT_COLUMNS)


EMPTY = "''"


@dataclass(slots=True)
class Staged:
    """What reading one file or sheet gave: how many lines, which of our columns it has, remarks for the reader.

    ``further``: whether it has columns that we do not know, which tell lines apart all the same. ``path``: the file.
    """

    name: str
    sheet: str | None
    lines: int
    columns: Mapping[str, str]
    notes: list[str] = field(default_factory=list)
    further: bool = False
    path: Path | None = None


def id_expression(column: str) -> str:
    """Numbers that passed through a float column ('13085.0') and those that did not ('13085') are one id."""
    return f"CASE WHEN ends_with({column}, '.0') THEN left({column}, -2) ELSE {column} END"


def insert_lines(
    connection: duckdb.DuckDBPyConnection,
    relation: str,
    columns: Mapping[str, str],
    unmapped: Sequence[str],
    *,
    source: int,
    time: str,
    quantity: str,
    price: str,
    clean_text: bool = False,
    plain_ids: Collection[str] = (),
) -> int:
    """Puts the lines of a SQL ``relation`` into ``raw`` (made by source 0) and returns how many there were.

    ``time``, ``quantity`` and ``price`` are SQL expressions over the relation; ``columns`` maps our names to its.
    Columns that we do not know (``unmapped``) still tell lines apart. ``clean_text`` says that the
    relation has texts only, and NULL for empty ones; ``plain_ids`` names ids known to have no '.0' at the end.
    """
    text = dict.fromkeys(TEXT_COLUMNS, "NULL::VARCHAR")
    for name in TEXT_COLUMNS:
        if name in columns:
            column = identifier(columns[name])
            text[name] = column if clean_text else f"nullif({column}::VARCHAR, '')"
            if name in ID_COLUMNS and name not in plain_ids:
                text[name] = id_expression(text[name])
    columns_of_line = ", ".join(LINE_COLUMNS)
    selected = ", ".join(f"{text[name]} AS {name}" for name in TEXT_COLUMNS)
    others = [f"other_{index}" for index in range(len(unmapped))]
    # as plain text, so that the same line from CSV and from Parquet is one line
    named = [
        f"{id_expression(f'nullif({identifier(name)}::VARCHAR, {EMPTY})')} AS {other}"
        for name, other in zip(unmapped, others, strict=True)
    ]
    # creating the table from the query is a fifth cheaper than filling an existing one
    target = "INSERT INTO raw" if source else "CREATE OR REPLACE TABLE raw AS"
    query = f"""
        {target}
        SELECT {columns_of_line}, {source}::USMALLINT AS source, hash({", ".join([columns_of_line, *others])}) AS key
        FROM (SELECT {", ".join([f"{time} AS time, {quantity} AS quantity, {price} AS price, {selected}", *named])}
              FROM {relation})
    """
    return int(scalar(connection, query))


def is_plausible(connection: duckdb.DuckDBPyConnection, source: int) -> bool:
    """Whether every line of a source has a time between 1900 and 2200 and finite numbers (or none)."""
    # NaN sorts above infinity, so that the extremes of a column show whether all of it is finite
    return bool(
        scalar(
            connection,
            f"""SELECT count(*) = 0 OR count(*) = count(time)
                       AND min(time) >= TIMESTAMP '1900-01-01' AND max(time) < TIMESTAMP '2200-01-01'
                       AND isfinite(coalesce(max(quantity), 0)) AND isfinite(coalesce(max(price), 0))
                       AND isfinite(coalesce(min(quantity), 0)) AND isfinite(coalesce(min(price), 0))
                FROM raw WHERE source = {source}""",
        )
    )


def remove_source(connection: duckdb.DuckDBPyConnection, source: int) -> None:
    """Takes a source and those after it out of ``raw`` again; what source 0 wrote is replaced anyway."""
    if source:
        connection.execute(f"DELETE FROM raw WHERE source >= {source}")
