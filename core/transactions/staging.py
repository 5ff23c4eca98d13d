"""The table ``raw`` that every reader fills: our columns, their types, and a hash of the whole line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import duckdb

from core.transactions.workspace import identifier

TEXT_COLUMNS = ("invoice", "product", "description", "customer", "country")
ID_COLUMNS = ("invoice", "product", "customer")
LINE_COLUMNS = ("time", "quantity", "price", *TEXT_COLUMNS, "extra")

CREATE_RAW = """
CREATE TABLE raw (
  time TIMESTAMP, quantity DOUBLE, price DOUBLE,
  invoice VARCHAR, product VARCHAR, description VARCHAR, customer VARCHAR, country VARCHAR,
  extra UBIGINT, source USMALLINT, key UBIGINT
)"""


@dataclass(slots=True)
class Staged:
    """What reading one file or sheet gave: how many lines, which of our columns it has, remarks for the reader."""

    name: str
    sheet: str | None
    lines: int
    columns: Mapping[str, str]
    notes: list[str] = field(default_factory=list)


def id_expression(column: str) -> str:
    """Numbers that passed through a float column ('13085.0') and those that did not ('13085') are one id."""
    return (
        f"CASE WHEN ends_with({column}, '.0') AND regexp_full_match({column}, '-?[0-9]+[.]0') "
        f"THEN left({column}, -2) ELSE {column} END"
    )


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
) -> int:
    """Appends the lines of a SQL ``relation`` to ``raw`` and returns how many there were.

    ``time``, ``quantity`` and ``price`` are SQL expressions over the relation; ``columns`` maps our names to its.
    Columns that we do not know still tell lines apart: ``extra`` is a hash of them.
    """
    text = {
        name: f"nullif({identifier(columns[name])}::VARCHAR, '')" if name in columns else "NULL::VARCHAR"
        for name in TEXT_COLUMNS
    }
    for name in ID_COLUMNS:
        if name in columns:
            text[name] = id_expression(text[name])
    extra = f"hash({', '.join(identifier(name) for name in unmapped)})" if unmapped else "0"
    selected = ", ".join(f"{text[name]} AS {name}" for name in TEXT_COLUMNS)
    query = f"""
        INSERT INTO raw
        SELECT time, quantity, price, invoice, product, description, customer, country, extra, {source},
               hash(time, quantity, price, invoice, product, description, customer, country, extra)
        FROM (SELECT {time} AS time, {quantity} AS quantity, {price} AS price, {selected}, {extra}::UBIGINT AS extra
              FROM {relation})
    """
    return int(connection.execute(query).fetchone()[0])
