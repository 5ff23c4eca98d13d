"""From a path to the table ``raw``: which files there are, and which reader each of them needs."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path

import duckdb

from core.errors import InputError
from core.transactions.read_csv import stage_csv
from core.transactions.read_parquet import stage_parquet
from core.transactions.read_xlsx import stage_xlsx
from core.transactions.staging import Staged, remove_source
from core.transactions.times import Order, UndecidedOrderError

CSV = (".csv", ".tsv", ".txt")
XLSX = (".xlsx", ".xlsm")
PARQUET = (".parquet", ".pq")
SUFFIXES = CSV + XLSX + PARQUET
MAX_SOURCES = 65_534

Progress = Callable[[float, str], None]
"""Told how far a piece of work is (0 to 1) and, in plain words, what it is doing."""


def discover(source: Path) -> list[Path]:
    """The files to read: ``source`` itself, or all tables in the folder, by name; hidden files are left out.

    Raises InputError where there is nothing, or nothing we can read.
    """
    if not source.exists():
        raise InputError("there is no such file or folder", file=str(source))
    if source.is_file():
        if source.suffix.lower() not in SUFFIXES:
            raise InputError(
                f"files of the kind '{source.suffix}' cannot be read",
                file=source.name,
                hint="Use CSV, XLSX or Parquet.",
            )
        return [source]
    if not source.is_dir():
        raise InputError("this is neither a file nor a folder", file=str(source))
    files = sorted(
        path
        for path in source.iterdir()
        if path.is_file() and path.suffix.lower() in SUFFIXES and not path.name.startswith((".", "~$"))
    )
    if not files:
        raise InputError("the folder holds no CSV, XLSX or Parquet file", file=str(source))
    return files


def read(
    connection: duckdb.DuckDBPyConnection, files: list[Path], mapping: Mapping[str, str], on_progress: Progress
) -> list[Staged]:
    """Fills ``raw`` from all files; the same file under two names is read once.

    Raises InputError for the first thing that cannot be used; the connection is then to be thrown away.
    """
    staged: list[Staged] = []
    same: dict[tuple[int, bytes], str] = {}
    order = Order()
    waiting: list[Path] = []
    for index, path in enumerate(files):
        on_progress(index / len(files), f"Reading {path.name}")
        if len(files) > 1:
            content = (path.stat().st_size, _digest(path))
            if content in same:
                note = f"{path.name} is left out: it equals {same[content]} byte for byte."
                staged.append(Staged(path.name, None, 0, {}, [note]))
                continue
            same[content] = path.name
        try:
            staged.extend(_stage(connection, path, mapping, _sources(staged), order))
        except UndecidedOrderError:
            remove_source(connection, _sources(staged))
            waiting.append(path)
    order.final = True
    for path in waiting:
        staged.extend(_stage(connection, path, mapping, _sources(staged), order))
    if not any(one.lines for one in staged):
        raise InputError("there is a header and not one line", file=files[0].name)
    return staged


def _sources(staged: list[Staged]) -> int:
    """How many files and sheets with lines there are so far, which is the number of the next."""
    count = sum(one.lines > 0 for one in staged)
    if count > MAX_SOURCES:
        raise InputError(f"there are more than {MAX_SOURCES:,} files and sheets")
    return count


def _stage(
    connection: duckdb.DuckDBPyConnection, path: Path, mapping: Mapping[str, str], source: int, order: Order
) -> list[Staged]:
    try:
        if path.stat().st_size == 0:
            raise InputError("the file is empty", file=path.name)
        if path.suffix.lower() in XLSX:
            return stage_xlsx(connection, path, mapping, source, order)
        if path.suffix.lower() in PARQUET:
            return [stage_parquet(connection, path, mapping, source, order)]
        return [stage_csv(connection, path, mapping, source, order)]
    except PermissionError:
        raise InputError("the file may not be read", file=path.name, hint="Check its permissions.") from None


def _digest(path: Path) -> bytes:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "blake2b").digest()
