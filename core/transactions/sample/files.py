"""Writes generated sample data to a file: CSV, Parquet or XLSX by its extension, all of it or nothing."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from core.errors import InputError
from core.transactions.sample import blocks
from core.transactions.sample.rhythm import FIRST_DAY, LAST_DAY
from core.transactions.sample.table import SCHEMA

DEFAULT_ROWS = 400_000
MOST_ROWS = 1_000_000_000
SHEET_ROWS = 1_048_575
"""Lines that fit on a sheet of a spreadsheet below the header."""

Progress = Callable[[float, str], None]
PLAIN = pa.schema([(field.name, pa.string() if pa.types.is_dictionary(field.type) else field.type) for field in SCHEMA])


def chunks(rows: int = DEFAULT_ROWS, seed: int = 7) -> Iterator[pa.Table]:
    """The sample as tables of bounded size, in order of time; the texts are dictionary-encoded.

    ``rows`` lines in all, between 1 and a thousand million; the same rows and seed (0 or more) always give the same
    lines. Raises InputError for other values.
    """
    if not 1 <= rows <= MOST_ROWS:
        raise InputError(f"sample data have between 1 and {MOST_ROWS:,} lines, not {rows:,}")
    if seed < 0:
        raise InputError(f"the seed of sample data is 0 or more, not {seed}")
    return blocks.tables(rows, seed)


def write(path: Path, rows: int = DEFAULT_ROWS, seed: int = 7, on_progress: Progress | None = None) -> int:
    """Write exactly ``rows`` lines to ``path`` (.csv, .parquet; .xlsx up to 1,048,575 lines) and return their number.

    The file appears only when it is complete. ``on_progress`` gets the part done (0 … 1) and a sentence.
    Raises InputError if the extension or the number of rows does not do, or the file cannot be written.
    """
    writers = {".csv": _write_csv, ".parquet": _write_parquet, ".xlsx": _write_xlsx}
    save = writers.get(path.suffix.lower())
    if save is None:
        raise InputError(
            f"sample data are written as .csv, .parquet or .xlsx, not as '{path.suffix or path.name}'", file=path.name
        )
    if save is _write_xlsx and rows > SHEET_ROWS:
        raise InputError(
            f"a sheet holds {SHEET_ROWS:,} lines, not {rows:,}", file=path.name, hint="Write .csv or .parquet instead."
        )
    tables = _reported(chunks(rows, seed), rows, on_progress)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        save(part, tables)
        part.replace(path)
    except OSError as error:
        raise InputError(f"the file cannot be written: {error.strerror or error}", file=str(path)) from error
    finally:
        part.unlink(missing_ok=True)
    return rows


def _reported(tables: Iterator[pa.Table], rows: int, on_progress: Progress | None) -> Iterator[pa.Table]:
    done = 0
    for table in tables:
        yield table
        done += table.num_rows
        if on_progress is not None:
            on_progress(done / rows, f"{done:,} of {rows:,} sample lines from {FIRST_DAY} to {LAST_DAY}")


def _write_csv(path: Path, tables: Iterator[pa.Table]) -> None:
    options = pyarrow.csv.WriteOptions(quoting_style="needed")
    with pyarrow.csv.CSVWriter(str(path), PLAIN, write_options=options) as writer:
        for table in tables:
            writer.write_table(table.cast(PLAIN))


def _write_parquet(path: Path, tables: Iterator[pa.Table]) -> None:
    # without the stored schema readers see plain strings instead of dictionaries
    with pyarrow.parquet.ParquetWriter(str(path), SCHEMA, compression="zstd", store_schema=False) as writer:
        for table in tables:
            writer.write_table(table)


def _write_xlsx(path: Path, tables: Iterator[pa.Table]) -> None:
    try:
        openpyxl: Any = importlib.import_module("openpyxl")
    except ImportError as error:
        raise InputError(
            "spreadsheets are written only where openpyxl is installed", hint="Write .csv or .parquet instead."
        ) from error
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Sample")
    sheet.append(SCHEMA.names)
    for table in tables:
        for line in zip(*(column.to_pylist() for column in table.columns), strict=True):
            sheet.append(line)
    book.save(path)
