"""From a path to the table ``raw``: which files there are, and which reader each of them needs."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from core.errors import InputError
from core.transactions.faults import Faults
from core.transactions.kinds import PARQUET, SUFFIXES, XLSX
from core.transactions.read_csv import stage_csv
from core.transactions.read_parquet import stage_parquet
from core.transactions.read_xlsx import stage_xlsx
from core.transactions.staging import Staged, remove_source
from core.transactions.times import Order, UndecidedOrderError, days_there

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


@dataclass(frozen=True, slots=True)
class File:
    """A file to be read. ``columns``: our column name → its own, see ``resolve``; ``shown``: what people call it, where
    that is not the name it has here."""

    path: Path
    columns: Mapping[str, str] = field(default_factory=dict)
    shown: str | None = None


def read(
    connection: duckdb.DuckDBPyConnection,
    files: Sequence[File],
    on_progress: Progress,
    first: int = 0,
    faults: Faults | None = None,
) -> list[Staged]:
    """Fills ``raw`` from all files; the same file under two names is read once. ``first``: the number of sources that
    ``raw`` holds already.

    Raises InputError for the first thing that cannot be used; the connection is then to be thrown away. With ``faults``
    cells and rows that cannot be used go there, and so does what keeps one file from being read at all.
    """
    staged: list[Staged] = []
    same: dict[object, str] = {}
    order = Order()
    waiting: list[File] = []
    for index, one in enumerate(files):
        on_progress(index / len(files), f"Reading {one.shown or one.path.name}")
        if len(files) > 1:
            content = (one.path.stat().st_size, _digest(one.path), tuple(sorted(one.columns.items())))
            if content in same:
                note = f"{one.shown or one.path.name} is left out: it equals {same[content]} byte for byte."
                staged.append(Staged(one.shown or one.path.name, None, 0, {}, [note]))
                continue
            same[content] = one.shown or one.path.name
        mark = (0, 0) if faults is None else faults.mark
        try:
            staged.extend(_stage(connection, one, _sources(staged, first), order, faults))
        except UndecidedOrderError:
            if faults is not None:
                faults.back_to(mark)
            remove_source(connection, _sources(staged, first))
            waiting.append(one)
    order.final = True
    if waiting and _sources(staged, first):
        order.there = days_there(connection)
    for one in waiting:
        staged.extend(_stage(connection, one, _sources(staged, first), order, faults))
    if not first and not any(one.lines for one in staged) and not (faults and faults.count):
        raise InputError("there is a header and not one line", file=files[0].shown or files[0].path.name)
    return staged


def _sources(staged: list[Staged], first: int) -> int:
    """How many files and sheets with lines there are so far, which is the number of the next."""
    count = first + sum(one.lines > 0 for one in staged)
    if count > MAX_SOURCES:
        raise InputError(f"there are more than {MAX_SOURCES:,} files and sheets")
    return count


def _stage(
    connection: duckdb.DuckDBPyConnection, one: File, source: int, order: Order, faults: Faults | None
) -> list[Staged]:
    """Reads a file; what is said about it calls it as people do."""
    mark = (0, 0) if faults is None else faults.mark
    try:
        staged = _staged(connection, one.path, one.columns, source, order, faults)
    except InputError as error:
        if faults is None:
            raise _called(error, one) from None
        faults.add(error)
        staged = []
    for part in staged:
        part.path = one.path
    if one.shown is not None:
        if faults is not None:
            faults.found[mark[1] :] = [_called(error, one) for error in faults.found[mark[1] :]]
        for part in staged:
            part.name = one.shown
            part.notes = [note.replace(one.path.name, one.shown) for note in part.notes]
    return staged


def _called(error: InputError, one: File) -> InputError:
    if one.shown is None:
        return error
    hint = error.hint and error.hint.replace(one.path.name, one.shown)
    return InputError(error.problem, file=one.shown, sheet=error.sheet, row=error.row, column=error.column, hint=hint)


def _staged(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    mapping: Mapping[str, str],
    source: int,
    order: Order,
    faults: Faults | None,
) -> list[Staged]:
    try:
        if path.stat().st_size == 0:
            raise InputError("the file is empty", file=path.name)
        if path.suffix.lower() in XLSX:
            return stage_xlsx(connection, path, mapping, source, order, faults)
        if path.suffix.lower() in PARQUET:
            return [stage_parquet(connection, path, mapping, source, order, faults)]
        return [stage_csv(connection, path, mapping, source, order, faults)]
    except FileNotFoundError:
        raise InputError("the file is not there any more", file=path.name) from None
    except PermissionError:
        raise InputError("the file may not be read", file=path.name, hint="Check its permissions.") from None


def _digest(path: Path) -> bytes:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "blake2b").digest()
