"""CSV: delimiter, encoding and number form are found; a fast typed path, and one that can explain what is wrong."""

from __future__ import annotations

import codecs
import csv
import io
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from core.errors import InputError
from core.transactions.columns import guess, named, resolve
from core.transactions.csv_errors import MAX_LINE_BYTES, explained, is_encoding_error, uneven_rows
from core.transactions.faults import Faults
from core.transactions.numbers import parse_text_numbers
from core.transactions.staging import ID_COLUMNS, Staged, insert_lines, is_plausible, remove_source
from core.transactions.times import Order, iso_format, parse_text_times
from core.transactions.workspace import file_literal, literal, scalar

SAMPLE_BYTES = 64 * 1024
BUFFER_BYTES = 4 * MAX_LINE_BYTES
"""Smaller than DuckDB's own 32 MB, so that a file of some 100 MB keeps all cores busy to its end."""

DELIMITERS = (",", ";", "\t", "|")


@dataclass(frozen=True, slots=True)
class Dialect:
    """What the first lines of a CSV file show."""

    delimiter: str
    encoding: str  # as DuckDB calls it
    plain_numbers: bool  # all numbers of the sample are like 12 or 12.5
    skip: int  # empty lines before the header
    header: tuple[str, ...]
    columns: Mapping[str, str]  # our name → the header's
    time_format: str | None
    plain_ids: frozenset[str]  # ids of which no value of the sample ends in .0, as a float's would

    @property
    def cells(self) -> Mapping[str, str]:
        """Our name → c0, c1, …: names by position, as headers may repeat names or leave them empty."""
        return {ours: f"c{self.header.index(theirs)}" for ours, theirs in self.columns.items()}

    @property
    def unmapped(self) -> list[str]:
        known = set(self.cells.values())
        return [cell for i in range(len(self.header)) if (cell := f"c{i}") not in known]


def stage_csv(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    mapping: Mapping[str, str],
    source: int,
    order: Order,
    faults: Faults | None = None,
) -> Staged:
    """Reads one CSV file into ``raw``. Raises InputError naming row and column; ``raw`` then is to be thrown away.

    With ``faults`` cells that cannot be read, or else rows of another width than the header, go there, all of them.
    """
    try:
        dialect = sniff(path, mapping)
        try:
            return _stage(connection, path, dialect, source, order, faults)
        except duckdb.Error as error:
            if dialect.encoding == "utf-8" and is_encoding_error(error):
                dialect = sniff(path, mapping, encoding="latin-1")
            elif "invalid state" in str(error) and "CSV Error on Line" not in str(error):
                return _with_one_line_end(connection, path, dialect, source, order, faults)
            elif faults is not None and uneven_rows(connection, path, _relation(path, dialect, {}), faults):
                return Staged(path.name, None, 0, dialect.columns)
            else:
                raise
        return _stage(connection, path, dialect, source, order, faults)
    except duckdb.Error as error:
        raise explained(error, path) from None
    except csv.Error as error:
        raise InputError(f"the file cannot be read as CSV ({error})", file=path.name) from None


def _with_one_line_end(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    dialect: Dialect,
    source: int,
    order: Order,
    faults: Faults | None,
) -> Staged:
    """DuckDB refuses files in which line ends of Windows and Unix are mixed: it gets a copy that has one kind."""
    folder = Path(scalar(connection, "SELECT current_setting('temp_directory')"))
    with tempfile.TemporaryDirectory(dir=folder) as name:
        copy = Path(name) / path.name
        with path.open("rb") as original, copy.open("wb") as target:
            for line in original:
                target.write(line.rstrip(b"\r\n") + b"\n" if line.endswith(b"\n") else line)
        staged = _stage(connection, copy, dialect, source, order, faults)
    staged.notes.append("The file mixes two kinds of line ends; it was read all the same.")
    return staged


@dataclass(frozen=True, slots=True)
class Top:
    """The beginning of a file, split into cells: the header and the rows that follow it in the sample."""

    delimiter: str
    encoding: str
    skip: int
    header: tuple[str, ...]
    rows: list[list[str]]


def top_of(path: Path, mapping: Mapping[str, str], encoding: str | None = None) -> Top:
    """Looks at the beginning of the file. Raises InputError where that is no text."""
    file = path.name
    with path.open("rb") as stream:
        head = stream.read(SAMPLE_BYTES)
    if not head.strip(b"\xef\xbb\xbf \r\n\t"):
        raise InputError("the file is empty", file=file)
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" in head:
        raise InputError("this is not a text file", file=file, hint="Save it as CSV in UTF-8, as XLSX or as Parquet.")
    text, encoding = _decode(head, encoding)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    skip = len(text) - len(text.lstrip("\n"))
    complete = len(head) < SAMPLE_BYTES
    delimiter = max(DELIMITERS, key=lambda one: _fitness(text, one, mapping, complete))
    rows = _records(text, delimiter, complete)
    return Top(delimiter, encoding, skip, tuple(name.strip() for name in rows[0]), rows[1:])


def sniff(path: Path, mapping: Mapping[str, str], encoding: str | None = None) -> Dialect:
    """How the file is written. Raises InputError where that is no table with our columns."""
    top, file = top_of(path, mapping, encoding), path.name
    header = top.header
    columns = resolve(header, mapping, file=file)
    values = {
        name: [row[header.index(theirs)].strip() for row in top.rows if len(row) == len(header)]
        for name, theirs in columns.items()
        if name in ("time", "quantity", "price", *ID_COLUMNS)
    }
    numbers = [value for value in values["quantity"] + values.get("price", []) if value]
    return Dialect(
        delimiter=top.delimiter,
        encoding=top.encoding,
        plain_numbers=all(re.fullmatch(r"-?\d*\.?\d+", value) for value in numbers),
        skip=top.skip,
        header=header,
        columns=columns,
        time_format=iso_format(values["time"]),
        plain_ids=frozenset(
            name
            for name in ID_COLUMNS
            if name in values and any(values[name]) and not any(value.endswith(".0") for value in values[name])
        ),
    )


def _decode(head: bytes, encoding: str | None) -> tuple[str, str]:
    if encoding is None:
        try:
            # a character cut in two by the end of the sample is no sign of another encoding
            decoder = codecs.getincrementaldecoder("utf-8-sig")()
            return decoder.decode(head, final=len(head) < SAMPLE_BYTES), "utf-8"
        except UnicodeDecodeError:
            encoding = "latin-1"
    return head.decode("latin-1" if encoding == "latin-1" else "utf-8-sig", "replace"), encoding


def _fitness(text: str, delimiter: str, mapping: Mapping[str, str], complete: bool) -> tuple[int, ...]:
    """How well a delimiter fits: columns named by the user, known spellings, rows as wide as the header, its width."""
    rows = _records(text, delimiter, complete)
    header = [name.strip() for name in rows[0]] if rows else []
    same = sum(len(row) == len(header) for row in rows[:100])
    return sum(name in header for name in named(mapping).values()), len(guess(header)), same, len(header)


def _records(text: str, delimiter: str, complete: bool) -> list[list[str]]:
    """The rows of the sample that hold anything; the last one is left out where the sample ends inside it."""
    limit = csv.field_size_limit(MAX_LINE_BYTES)
    try:
        rows = [row for row in csv.reader(io.StringIO(text), delimiter=delimiter) if row]
    finally:
        csv.field_size_limit(limit)
    return rows if complete or len(rows) < 3 else rows[:-1]


def _stage(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    dialect: Dialect,
    source: int,
    order: Order,
    faults: Faults | None,
) -> Staged:
    if dialect.time_format is not None and dialect.plain_numbers:
        try:
            return _stage_typed(connection, path, dialect, source)
        except duckdb.Error as error:
            if is_encoding_error(error):
                raise
            # something does not fit the types: the slower path finds out what, or reads it another way
    return _stage_text(connection, path, dialect, source, order, faults)


def _stage_typed(connection: duckdb.DuckDBPyConnection, path: Path, dialect: Dialect, source: int) -> Staged:
    cells = dialect.cells
    types = {cells["time"]: "TIMESTAMP"} | {cells[name]: "DOUBLE" for name in ("quantity", "price") if name in cells}
    lines = insert_lines(
        connection,
        _relation(path, dialect, types),
        cells,
        dialect.unmapped,
        source=source,
        time=cells["time"],
        quantity=cells["quantity"],
        price=cells.get("price", "NULL::DOUBLE"),
        clean_text=True,
        plain_ids=dialect.plain_ids,
    )
    # the word 'epoch' passes as this very time in any form of time
    epochs = f"SELECT count(*) FROM raw WHERE source = {source} AND time = TIMESTAMP '1970-01-01'"
    if not is_plausible(connection, source) or scalar(connection, epochs):
        remove_source(connection, source)
        raise duckdb.ConversionException("a time or number that is none")  # the slower path names the row
    return Staged(path.name, None, lines, dialect.columns, further=bool(dialect.unmapped))


def _stage_text(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    dialect: Dialect,
    source: int,
    order: Order,
    faults: Faults | None,
) -> Staged:
    """Everything as text with row numbers first: any form of time, and errors that name the row."""
    cells = dialect.cells
    connection.execute("SET preserve_insertion_order = true")
    try:
        connection.execute(
            f"""CREATE OR REPLACE TEMP TABLE text_lines AS
                SELECT row_number() OVER () + 1 AS row, {cells["time"]} AS time, *
                FROM {_relation(path, dialect, {})}"""
        )
    finally:
        connection.execute("SET preserve_insertion_order = false")
    time, notes = parse_text_times(
        connection, "text_lines", column=dialect.columns["time"], file=path.name, sheet=None, order=order, faults=faults
    )
    numbers = {}
    for name in ("quantity", "price"):
        if name in cells:
            numbers[name], remarks = parse_text_numbers(
                connection,
                cells[name],
                column=dialect.columns[name],
                file=path.name,
                delimiter=dialect.delimiter,
                faults=faults,
            )
            notes.extend(remarks)
    lines = insert_lines(
        connection,
        "text_lines",
        cells,
        dialect.unmapped,
        source=source,
        time=time,
        quantity=numbers["quantity"],
        price=numbers.get("price", "NULL::DOUBLE"),
        clean_text=True,
    )
    connection.execute("DROP TABLE text_lines")
    return Staged(path.name, None, lines, dialect.columns, notes, further=bool(dialect.unmapped))


def _relation(path: Path, dialect: Dialect, types: Mapping[str, str]) -> str:
    cells = [f"c{index}" for index in range(len(dialect.header))]
    kinds = ", ".join(f"{cell}: '{types.get(cell, 'VARCHAR')}'" for cell in cells)
    options = [
        file_literal(path),
        "auto_detect = false",
        "header = true",
        f"skip = {dialect.skip}",
        f"delim = {literal(dialect.delimiter)}",
        "quote = '\"'",
        "escape = '\"'",
        f"encoding = '{dialect.encoding}'",
        f"columns = {{{kinds}}}",
        f"max_line_size = {MAX_LINE_BYTES}",
        f"buffer_size = {BUFFER_BYTES}",
    ]
    if types and dialect.time_format:
        options.append(f"timestampformat = '{dialect.time_format}'")
    return f"read_csv({', '.join(options)})"
