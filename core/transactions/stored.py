"""The lines of a generation as they were when they were read, so that it can be gone on from without its files."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq

from core.transactions.clean import POSTED_SOURCE
from core.transactions.staging import LINE_COLUMNS
from core.transactions.store import Generation
from core.transactions.workspace import file_literal


def stored_lines(current: Generation, months: list[str] | None) -> str:
    """SQL for the lines of some months (None: all) of a generation, as they were in ``raw``, repeats included.

    A stored line stands for all its repeats (``seen``), or where repeats are kept for one of ``copies``, as many as one
    file had. Those that overlap, which never stand in one file together, get sources of their own.
    """
    columns = ", ".join(LINE_COLUMNS)
    key = "key" if current.manifest.further_columns else f"hash({columns})"
    lines = files_of(current, "lines", months)
    rejected = files_of(current, "rejected", months)
    copies = "copies" if has_copies(current) else "1 AS copies"
    return f"""
        WITH stored AS (
               SELECT {columns}, seen, {copies}, {key} AS key FROM {lines}
               UNION ALL SELECT {columns}, seen, {copies}, {key} AS key FROM {rejected} WHERE rule <> 'duplicate'),
             repeated AS (
               SELECT {columns}, key, any_value(seen) AS seen, count(*) AS there,
                      greatest(any_value(copies), there) AS copies
               FROM stored WHERE seen > 1 GROUP BY {columns}, key)
        SELECT {columns}, 0::USMALLINT AS source, key FROM stored
        UNION ALL SELECT {columns}, 0::USMALLINT, key FROM repeated, range(copies - there)
        UNION ALL
        SELECT {columns}, least(1 + number // copies, {POSTED_SOURCE - 1})::USMALLINT, key
        FROM repeated, range(seen - copies) AS extra(number)"""


def has_copies(current: Generation) -> bool:
    """Whether its lines have the column ``copies``: all files do, or it was written by an earlier version."""
    return "copies" in pq.read_schema(next((current.path / "lines").rglob("*.parquet"))).names


def files_of(current: Generation, view: str, months: list[str] | None) -> str:
    """SQL for the rows of ``lines`` or ``rejected`` of some months; None: all."""
    folder = current.path / view
    if months is None:
        found = sorted(folder.rglob("*.parquet"))
    else:
        found = [file for month in months for file in sorted((folder / f"month={month}").glob("*.parquet"))]
    if not found:  # for its columns: there always is a file
        return f"(SELECT * FROM {_read([next(folder.rglob('*.parquet'))])} WHERE false)"
    return _read(found)


def _read(files: list[Path]) -> str:
    return f"read_parquet([{', '.join(map(file_literal, files))}], hive_partitioning = false)"
