"""What a generation is as a whole, worked out from the table ``baskets``: days, segments, rules, and its identity."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from core.transactions.clean import clean
from core.transactions.daily import partial_last_day, top_segments
from core.transactions.rules import Rule
from core.transactions.workspace import first_row, scalar

VERSION = 4
"""Raised when cleaning or the layout of a generation changes, so that stores are made anew."""

MOSTLY = 0.5
"""Share of lines from which on an invoice number with C is a way of numbering, not a cancellation."""

C_NOTE = "Most invoice numbers start with C, so that a C does not mark cancellations here."

KeySums = tuple[int, int, int]
"""Number of lines, sum of the upper halves of their keys, exclusive or of all keys: they add up over sets of lines."""


@dataclass(frozen=True, slots=True)
class Outline:
    """``last_day``: of the panel; ``partial_day``: the day after it, where that is only a part of one."""

    first_day: dt.date
    last_day: dt.date
    last_time: dt.datetime
    partial_day: dt.date | None
    segments: tuple[str, ...]
    main_country: str | None


def outline(connection: duckdb.DuckDBPyConnection) -> Outline:
    """Of ``baskets``, in which at least one line must be kept."""
    first, last, last_time = connection.execute(
        "SELECT min(day), max(day), max(last_time) FROM baskets WHERE rule = ''"
    ).fetchall()[0]
    partial = partial_last_day(connection)
    last_day = last if partial is None else last - dt.timedelta(days=1)
    return Outline(first, last_day, last_time, partial, top_segments(connection), _main_country(connection))


def partial_note(partial_day: dt.date | None, last_time: dt.datetime) -> tuple[str, ...]:
    """The remark on a last day that is left out; none where it is whole."""
    if partial_day is None:
        return ()
    return (f"The last day, {partial_day}, ends at {last_time:%H:%M} and is left out as incomplete.",)


def clean_all(
    connection: duckdb.DuckDBPyConnection, rules: tuple[Rule, ...]
) -> tuple[tuple[Rule, ...], tuple[str, ...]]:
    """Cleans ``raw``; returns the rules that hold and a remark, where invoice numbers of all kinds start with C."""
    clean(connection, rules)
    if not numbers_start_with_c(connection):
        return rules, ()
    rules = tuple(rule for rule in rules if rule.id != "cancellation")
    clean(connection, rules)
    return rules, (C_NOTE,)


def numbers_start_with_c(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether most lines look cancelled: then the C is just how this business counts its invoices."""
    query = "SELECT sum(lines) FILTER (rule = 'cancellation') / sum(lines) FROM baskets"
    return (scalar(connection, query) or 0) > MOSTLY


def key_sums(connection: duckdb.DuckDBPyConnection, where: str = "true") -> KeySums:
    """Of the lines of ``raw`` that fulfil a condition."""
    sums = "count(*), coalesce(sum(key >> 32), 0)::VARCHAR, coalesce(bit_xor(key), 0)::VARCHAR"
    count, high, mixed = connection.execute(f"SELECT {sums} FROM raw WHERE {where}").fetchall()[0]
    return int(count), int(high), int(mixed)


def added(one: KeySums, other: KeySums) -> KeySums:
    """The sums of both sets of lines together."""
    return one[0] + other[0], one[1] + other[1], one[2] ^ other[2]


def content_of(sums: KeySums, rules: Sequence[Rule], files: int) -> str:
    """Identifies the lines, in any order and from any format, and what was done with them.

    ``files``: how many files and sheets they came from; what was posted does not count.
    """
    ids = [rule.id for rule in rules]
    # how lines are spread over files matters only where repeats inside a file are kept
    parts = [VERSION, duckdb.__version__, [str(part) for part in sums], ids, 0 if "duplicate" in ids else files]
    return digest(parts)


def digest(parts: list[object]) -> str:
    """SHA-256 of plain values, hexadecimal."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def new_id() -> str:
    """The name of a new generation; names ascend in time."""
    return f"gen-{dt.datetime.now(dt.UTC):%Y%m%dT%H%M%S%f}-{uuid.uuid4().hex[:6]}"


def _main_country(connection: duckdb.DuckDBPyConnection) -> str | None:
    row = first_row(
        connection,
        """SELECT country FROM baskets WHERE rule = '' AND country IS NOT NULL
           GROUP BY country ORDER BY sum(lines) DESC, country LIMIT 1""",
    )
    return None if row is None else str(row[0])
