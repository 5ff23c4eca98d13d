"""What DuckDB says of a CSV file that it cannot read, as sentences that name the row."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb

from core.errors import InputError
from core.transactions.faults import MOST, Faults

MAX_LINE_BYTES = 4 * 1024 * 1024


ENCODING = re.compile(r"^(?:Invalid Input Error: )?Invalid unicode \(byte sequence mismatch\)", re.MULTILINE)
"""A sentence of its own: what stands in the file, and what it is called, is told on lines that begin otherwise."""


def is_encoding_error(error: Exception) -> bool:
    return ENCODING.search(str(error)) is not None


def explained(error: duckdb.Error, path: Path) -> InputError:
    """DuckDB's report on a file it cannot split into cells, as a sentence with the row."""
    return _sentence(str(error), path)


def _sentence(text: str, path: Path) -> InputError:
    line = re.search(r"CSV Error on Line: (\d+)", text)
    row = int(line.group(1)) if line else None
    if found := re.search(r"Expected Number of Columns: (\d+) Found: (\d+)", text):
        expected, given = found.groups()
        problem = f"the row has {given} cells where the header has {expected}"
        return InputError(problem, file=path.name, row=row, hint="Put texts that hold a delimiter in double quotes.")
    size = f"{MAX_LINE_BYTES // 2**20} MB"
    if re.search(r"unterminated quote", text, re.IGNORECASE):
        problem = f"a double quote is opened and not closed within {size}"
        return InputError(problem, file=path.name, row=row)
    if re.search(r"maximum line size|max_line_size|buffer", text, re.IGNORECASE):
        return InputError(
            f"a row is longer than {size}", file=path.name, row=row, hint="Is a closing double quote missing?"
        )
    return InputError("the file cannot be read as CSV", file=path.name, row=row, hint=text.splitlines()[0][:200])


def uneven_rows(connection: duckdb.DuckDBPyConnection, path: Path, relation: str, faults: Faults) -> int:
    """Puts every row that cannot be split into the cells of the header into ``faults``; returns how many there are."""
    names = "rejects_table = 'uneven', rejects_scan = 'uneven_scan'"
    collecting = f"{relation.removesuffix(')')}, store_rejects = true, {names})"
    connection.execute(f"SELECT count(*) FROM {collecting}").fetchall()
    query = "SELECT line, any_value(error_message), count(*) OVER () FROM uneven GROUP BY line ORDER BY line"
    rows = connection.execute(f"{query} LIMIT {MOST}").fetchall()
    connection.execute("DROP TABLE uneven; DROP TABLE uneven_scan")
    for line, message, _ in rows:
        faults.add(_sentence(f"{message}\nCSV Error on Line: {line}", path))
    faults.count += rows[0][2] - len(rows) if rows else 0
    return len(rows)
