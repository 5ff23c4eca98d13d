"""The DuckDB connection in which one load is worked out: bounded memory, spilling beside the store."""

from __future__ import annotations

import glob
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

MEMORY_LIMIT = "1GB"
"""What DuckDB may hold before it spills; its process stays under about twice that."""


@contextmanager
def workspace(folder: Path, memory_limit: str = MEMORY_LIMIT) -> Iterator[duckdb.DuckDBPyConnection]:
    """A fresh in-memory database whose overflow goes to a temporary folder inside ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    overflow = tempfile.mkdtemp(prefix=".spill-", dir=folder)
    connection = duckdb.connect(
        config={
            "memory_limit": memory_limit,
            "temp_directory": overflow,
            "threads": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
            "preserve_insertion_order": False,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
    )
    try:
        yield connection
    finally:
        connection.close()
        shutil.rmtree(overflow, ignore_errors=True)


def identifier(name: str) -> str:
    """A column name of the user's as a quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as a SQL literal, for the places where DuckDB takes no parameter."""
    return "'" + text.replace("'", "''") + "'"


def file_literal(path: Path) -> str:
    """The path of one file for read_csv or read_parquet, which would take brackets and stars in it for a pattern."""
    return literal(glob.escape(str(path)))


def first_row(
    connection: duckdb.DuckDBPyConnection, query: str, params: Sequence[object] = ()
) -> tuple[Any, ...] | None:
    """The first row of an answer, or None; the answer is read to its end, as DuckDB wants before the next query."""
    rows = connection.execute(query, list(params)).fetchall()
    return rows[0] if rows else None


def scalar(connection: duckdb.DuckDBPyConnection, query: str, params: Sequence[object] = ()) -> Any:
    """The first value of the first row. Raises IndexError if the answer has no row."""
    return connection.execute(query, list(params)).fetchall()[0][0]
