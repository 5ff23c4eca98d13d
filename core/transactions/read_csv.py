"""CSV: delimiter, encoding and number form are found; a fast typed path, and one that can explain what is wrong."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from core.errors import InputError
from core.transactions.columns import guess, resolve
from core.transactions.staging import ID_COLUMNS, Staged, insert_lines
from core.transactions.times import iso_format, parse_text_times
from core.transactions.workspace import first_row, literal, scalar

SAMPLE_BYTES = 64 * 1024
MAX_LINE_BYTES = 4 * 1024 * 1024
BUFFER_BYTES = 4 * MAX_LINE_BYTES
"""Smaller than DuckDB's own 32 MB, so that a file of some 100 MB keeps all cores busy to its end."""

DELIMITERS = (",", ";", "\t", "|")


@dataclass(frozen=True, slots=True)
class Dialect:
    """What the first lines of a CSV file show."""

    delimiter: str
    encoding: str  # as DuckDB calls it
    decimal_comma: bool
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


def stage_csv(connection: duckdb.DuckDBPyConnection, path: Path, mapping: Mapping[str, str], source: int) -> Staged:
    """Reads one CSV file into ``raw``. Raises InputError naming row and column; ``raw`` then is to be thrown away."""
    dialect = sniff(path, mapping)
    try:
        return _stage(connection, path, dialect, source)
    except duckdb.InvalidInputException as error:
        if dialect.encoding != "utf-8" or not _is_encoding_error(error):
            raise _explained(error, path, dialect) from None
    dialect = sniff(path, mapping, encoding="latin-1")
    try:
        return _stage(connection, path, dialect, source)
    except duckdb.Error as error:
        raise _explained(error, path, dialect) from None


def sniff(path: Path, mapping: Mapping[str, str], encoding: str | None = None) -> Dialect:
    """Looks at the beginning of the file. Raises InputError where that is no table with our columns."""
    file = path.name
    with path.open("rb") as stream:
        head = stream.read(SAMPLE_BYTES)
    if not head.strip():
        raise InputError("the file is empty", file=file)
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" in head:
        raise InputError("this is not a text file", file=file, hint="Save it as CSV in UTF-8, as XLSX or as Parquet.")
    text, encoding = _decode(head, encoding)
    complete = len(head) < SAMPLE_BYTES
    delimiter = max(DELIMITERS, key=lambda one: _fitness(text, one))
    rows = _records(text, delimiter, complete)
    header = tuple(name.strip() for name in rows[0])
    columns = resolve(header, mapping, file=file)
    values = {
        name: [row[header.index(theirs)].strip() for row in rows[1:] if len(row) == len(header)]
        for name, theirs in columns.items()
        if name in ("time", "quantity", "price", *ID_COLUMNS)
    }
    numbers = values["quantity"] + values.get("price", [])
    return Dialect(
        delimiter=delimiter,
        encoding=encoding,
        decimal_comma=any(re.fullmatch(r"-?\d+,\d+", value) for value in numbers) and delimiter != ",",
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
            return io.TextIOWrapper(io.BytesIO(head), "utf-8-sig", "strict", "").read(len(head) - 4), "utf-8"
        except UnicodeDecodeError:
            encoding = "latin-1"
    return head.decode("latin-1" if encoding == "latin-1" else "utf-8-sig", "replace"), encoding


def _fitness(text: str, delimiter: str) -> tuple[int, int]:
    header = next(csv.reader(io.StringIO(text), delimiter=delimiter), [])
    return len(guess(header)), len(header)


def _records(text: str, delimiter: str, complete: bool) -> list[list[str]]:
    limit = csv.field_size_limit(MAX_LINE_BYTES)
    try:
        rows = [row for row in csv.reader(io.StringIO(text), delimiter=delimiter) if row]
    finally:
        csv.field_size_limit(limit)
    return rows if complete or len(rows) < 3 else rows[:-1]


def _stage(connection: duckdb.DuckDBPyConnection, path: Path, dialect: Dialect, source: int) -> Staged:
    if dialect.time_format is not None:
        connection.execute("BEGIN")
        try:
            staged = _stage_typed(connection, path, dialect, source)
            connection.execute("COMMIT")
            return staged
        except duckdb.Error as error:
            connection.execute("ROLLBACK")
            if _is_encoding_error(error):
                raise
            # something does not fit the types: the slower path finds out what, or reads it another way
    return _stage_text(connection, path, dialect, source)


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
    # NaN sorts above infinity, so that the extremes of a column show whether all of it is finite
    fine = scalar(
        connection,
        f"""SELECT count(*) = count(time) AND isfinite(coalesce(max(quantity), 0)) AND isfinite(coalesce(max(price), 0))
                   AND isfinite(coalesce(min(quantity), 0)) AND isfinite(coalesce(min(price), 0))
            FROM raw WHERE source = {source}""",
    )
    if not fine:
        raise duckdb.ConversionException("an empty time or a number that is none")  # the slower path names the row
    return Staged(path.name, None, lines, dialect.columns)


def _stage_text(connection: duckdb.DuckDBPyConnection, path: Path, dialect: Dialect, source: int) -> Staged:
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
    time, notes = parse_text_times(connection, "text_lines", column=dialect.columns["time"], file=path.name, sheet=None)
    numbers = {}
    for name in ("quantity", "price"):
        if name in cells:
            numbers[name] = _number(cells[name], dialect.decimal_comma)
            _check_numbers(connection, cells[name], numbers[name], dialect.columns[name], path.name)
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
    return Staged(path.name, None, lines, dialect.columns, notes)


def _number(column: str, decimal_comma: bool) -> str:
    if decimal_comma:
        return f"try_cast(replace(replace(trim({column}), '.', ''), ',', '.') AS DOUBLE)"
    grouped = f"regexp_full_match(trim({column}), '-?[0-9]{{1,3}}(,[0-9]{{3}})+([.][0-9]+)?')"
    return f"try_cast(CASE WHEN {grouped} THEN replace(trim({column}), ',', '') ELSE trim({column}) END AS DOUBLE)"


def _check_numbers(connection: duckdb.DuckDBPyConnection, text: str, number: str, column: str, file: str) -> None:
    bad = first_row(
        connection,
        f"""SELECT row, {text} FROM text_lines
            WHERE ({number} IS NULL OR NOT isfinite({number})) AND trim({text}) <> '' ORDER BY row LIMIT 1""",
    )
    if bad is not None:
        value = bad[1] if len(bad[1]) <= 40 else bad[1][:40] + "…"
        raise InputError(
            f"'{value}' is not a number", file=file, row=bad[0], column=column, hint="Write numbers like 1234.56."
        )


def _relation(path: Path, dialect: Dialect, types: Mapping[str, str]) -> str:
    cells = [f"c{index}" for index in range(len(dialect.header))]
    kinds = ", ".join(f"{cell}: '{types.get(cell, 'VARCHAR')}'" for cell in cells)
    options = [
        literal(str(path)),
        "auto_detect = false",
        "header = true",
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
    if types and dialect.decimal_comma:
        options.append("decimal_separator = ','")
    return f"read_csv({', '.join(options)})"


def _is_encoding_error(error: Exception) -> bool:
    return bool(re.search(r"unicode|utf-?8|not.*encoded|byte sequence", str(error), re.IGNORECASE))


def _explained(error: duckdb.Error, path: Path, dialect: Dialect) -> InputError:
    """DuckDB's report on a file it cannot split into cells, as a sentence with the row."""
    text = str(error)
    line = re.search(r"CSV Error on Line: (\d+)", text)
    row = int(line.group(1)) if line else None
    if found := re.search(r"Expected Number of Columns: (\d+) Found: (\d+)", text):
        expected, given = found.groups()
        problem = f"the row has {given} cells where the header has {expected}"
        return InputError(problem, file=path.name, row=row, hint="Put texts that hold a delimiter in double quotes.")
    size = f"{MAX_LINE_BYTES // 2**20} MB"
    if re.search(r"unterminated quote|quote", text, re.IGNORECASE):
        problem = f"a double quote is opened and not closed within {size}"
        return InputError(problem, file=path.name, row=row)
    if re.search(r"maximum line size|max_line_size|buffer", text, re.IGNORECASE):
        return InputError(f"a row is longer than {size}", file=path.name, row=row, hint="Is this a table of lines?")
    return InputError("the file cannot be read as CSV", file=path.name, row=row, hint=text.splitlines()[0][:200])
