"""XLSX: every sheet that holds a table, by python-calamine."""

from __future__ import annotations

import datetime as dt
import math
import re
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from core.errors import InputError
from core.transactions.columns import REQUIRED, MissingColumnsError, guess, named, resolve, standing
from core.transactions.faults import Faults, quoted
from core.transactions.staging import Staged, insert_lines
from core.transactions.times import Order, parse_text_times

CHUNK = 50_000
HEADER_WITHIN = 20
"""Rows with something in them among which the header is looked for."""

MAX_UNPACKED_BYTES = 4 * 2**30
"""A workbook that unpacks to more is refused before anything is read (a zip bomb, or no spreadsheet)."""

EPOCH = dt.datetime(1899, 12, 30)
"""Day 0 of Excel's date numbers, for cells that hold a date without a date format."""


def stage_xlsx(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    mapping: Mapping[str, str],
    first_source: int,
    order: Order,
    faults: Faults | None = None,
) -> list[Staged]:
    """Reads all sheets into ``raw``, each as its own source. Sheets without our columns are left out, with a note.

    A name of ``mapping`` is of the sheets in which it stands; in others that column is guessed. Raises InputError for a
    file that is no workbook, one in which no sheet fits, a name that stands in none, and a cell that cannot be used;
    with ``faults`` all such cells go there.
    """
    staged: list[Staged] = []
    skipped: list[str] = []
    first_error: InputError | None = None
    tables: list[tuple[str, int, list[str]]] = []
    workbook = open_workbook(path)
    for name in workbook.sheet_names:
        sheet = sheet_of(workbook, name, path)
        rows = rows_of(sheet)
        top = list(islice(rows, HEADER_WITHIN))
        if not top:
            skipped.append(f"Sheet {name} is empty.")
            continue
        at = header_place(top, mapping)
        row_number, header = top[at][0], header_of(top[at][1])
        tables.append((name, row_number, header))
        rows = chain(top[at + 1 :], rows)
        try:
            columns = resolve(header, standing(header, mapping), file=path.name, sheet=name, row=row_number)
        except MissingColumnsError as error:
            first_error = first_error or error
            skipped.append(f"Sheet {name} is left out: it has no columns for time and quantity.")
            continue
        source = first_source + sum(one.lines > 0 for one in staged)
        staged.append(_stage_sheet(connection, path, name, rows, header, columns, source, order, faults))
    known = {one for _, _, header in tables for one in header}
    strange = {ours: theirs for ours, theirs in named(mapping).items() if theirs not in known}
    if strange and tables:
        name, row_number, header = tables[0]
        resolve(header, strange, file=path.name, sheet=name, row=row_number)  # says that there is no such column
    if not staged:
        raise first_error or InputError("the workbook is empty", file=path.name)
    staged[0].notes.extend(skipped)
    return staged


def header_of(cells: list[Any]) -> list[str]:
    return ["" if cell is None else str(cell).strip() for cell in cells]


def header_place(top: list[tuple[int, list[Any]]], mapping: Mapping[str, str]) -> int:
    """Which of the first rows is the header: the first with our columns (titles may stand above), else the first."""
    for place, (_, cells) in enumerate(top):
        names = header_of(cells)
        found = set(guess(names)) | {ours for ours, theirs in named(mapping).items() if theirs in names}
        if found >= set(REQUIRED):
            return place
    return 0


def open_workbook(path: Path) -> CalamineWorkbook:
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(member.file_size for member in archive.infolist())
    except (zipfile.BadZipFile, OSError):
        raise InputError("this is not an XLSX workbook, or it is damaged", file=path.name) from None
    if unpacked > MAX_UNPACKED_BYTES:
        raise InputError(
            f"the workbook unpacks to {unpacked / 2**30:.0f} GB", file=path.name, hint="Use CSV or Parquet."
        )
    with _readable(path):
        return CalamineWorkbook.from_path(str(path))


def sheet_of(workbook: CalamineWorkbook, name: str, path: Path) -> CalamineSheet:
    """A sheet with all its cells in memory. Raises InputError for one that is damaged."""
    with _readable(path, name):
        return workbook.get_sheet_by_name(name)


@contextmanager
def _readable(path: Path, sheet: str | None = None) -> Iterator[None]:
    try:
        yield
    except BaseException as error:
        # what calamine did not foresee ends in a panic, which is no Exception
        if not isinstance(error, CalamineError | OSError | ValueError) and type(error).__name__ != "PanicException":
            raise
        raise InputError("this is not an XLSX workbook, or it is damaged", file=path.name, sheet=sheet) from None


def rows_of(sheet: CalamineSheet) -> Iterator[tuple[int, list[Any]]]:
    """Rows that hold anything, with their number as the spreadsheet shows it, from the first such row on."""
    start = sheet.start[0] + 1 if sheet.start is not None else 1
    for number, row in enumerate(sheet.iter_rows(), start=start):
        cells = [None if cell == "" else cell for cell in row]
        if any(cell is not None for cell in cells):
            yield number, cells


def _stage_sheet(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    sheet: str,
    rows: Iterator[tuple[int, list[Any]]],
    header: list[str],
    columns: Mapping[str, str],
    source: int,
    order: Order,
    faults: Faults | None,
) -> Staged:
    place = {ours: header.index(theirs) for ours, theirs in columns.items()}
    where = {"file": path.name, "sheet": sheet}
    connection.execute("DROP TABLE IF EXISTS text_lines")
    created = False
    while chunk := list(islice(rows, CHUNK)):
        cells = _columns(chunk, header, place, columns, where, faults)
        block = pa.table(cells)  # noqa: F841  (DuckDB finds it by its name)
        connection.execute(
            "INSERT INTO text_lines SELECT * FROM block"
            if created
            else "CREATE TEMP TABLE text_lines AS SELECT * FROM block"
        )
        created = True
    if not created:
        return Staged(path.name, sheet, 0, columns, [f"Sheet {sheet} has a header and no rows."])
    time, notes = parse_text_times(
        connection, "text_lines", column=columns["time"], file=path.name, sheet=sheet, order=order, faults=faults
    )
    unmapped = [f"c{index}" for index in range(len(header)) if index not in place.values()]
    lines = insert_lines(
        connection,
        "text_lines",
        {ours: f"c{index}" for ours, index in place.items()},
        unmapped,
        source=source,
        time=time,
        quantity=f"c{place['quantity']}",
        price=f"c{place['price']}" if "price" in place else "NULL::DOUBLE",
    )
    connection.execute("DROP TABLE text_lines")
    return Staged(path.name, sheet, lines, columns, notes, further=bool(unmapped))


def _columns(
    chunk: list[tuple[int, list[Any]]],
    header: list[str],
    place: Mapping[str, int],
    columns: Mapping[str, str],
    where: Mapping[str, str],
    faults: Faults | None,
) -> dict[str, pa.Array]:
    """A chunk of rows as Arrow columns row, time, c0, c1, …: times and texts as text, numbers as numbers."""
    numbers = [row for row, _ in chunk]
    width = len(header)
    cells = list(zip(*((row + [None] * (width - len(row)))[:width] for _, row in chunk), strict=True))
    result: dict[str, pa.Array] = {"row": pa.array(numbers, pa.int64())}
    result["time"] = pa.array([time_text(cell) for cell in cells[place["time"]]], pa.string())
    for index in range(width):
        if index == place["time"]:
            continue
        numeric = [name for name in ("quantity", "price") if place.get(name) == index]
        if numeric:
            values = [
                _number(cell, row, columns[numeric[0]], where, faults)
                for row, cell in zip(numbers, cells[index], strict=True)
            ]
            result[f"c{index}"] = pa.array(values, pa.float64())
        else:
            result[f"c{index}"] = pa.array([text_of(cell) for cell in cells[index]], pa.string())
    return result


def time_text(cell: Any) -> str | None:
    if isinstance(cell, str) or cell is None:
        return cell
    if isinstance(cell, dt.datetime):
        return cell.isoformat(" ")
    if isinstance(cell, dt.date):
        return cell.isoformat()
    if isinstance(cell, (int, float)) and not isinstance(cell, bool) and 1 <= cell < 2_958_466:
        # rounded to the second: 40513.3514 is 08:26:01 only by the noise of its last digit
        return (EPOCH + dt.timedelta(seconds=round(cell * 86_400))).isoformat(" ")
    return str(cell)


def _number(cell: Any, row: int, column: str, where: Mapping[str, str], faults: Faults | None) -> float | None:
    if cell is None:
        return None
    if isinstance(cell, (int, float)) and not isinstance(cell, bool) and math.isfinite(cell):
        return float(cell)
    text = str(cell).strip()
    if re.fullmatch(r"-?\d*\.?\d+([eE][+-]?\d+)?", text):
        return float(text)
    fault = InputError(
        f"{quoted(text)} is not a number", row=row, column=column, hint="Write numbers as numbers.", **where
    )
    if faults is None:
        raise fault
    faults.add(fault)
    return None


def text_of(cell: Any) -> str | None:
    if cell is None or isinstance(cell, str):
        return cell
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)
