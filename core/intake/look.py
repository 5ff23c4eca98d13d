"""Looking at a received file: its tables, their first lines as text, and which of our columns they seem to have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path

import duckdb

from core.errors import InputError
from core.intake.facts import MOST_COLUMNS, MOST_TEXT, TOP, Look, Sheet
from core.intake.uploads import Upload
from core.transactions.columns import REQUIRED, guess
from core.transactions.read_csv import top_of
from core.transactions.read_parquet import damaged
from core.transactions.read_xlsx import (
    HEADER_WITHIN,
    header_of,
    header_place,
    open_workbook,
    rows_of,
    sheet_of,
    text_of,
    time_text,
)
from core.transactions.workspace import file_literal, scalar

MOST_HEADER, MOST_NAME, MOST_TABLES = 500, 1_000, 60
"""A table with more columns or with characters of a name, and a workbook with more tables are refused: a year of weekly
sheets is not."""
PIECE = 1 << 20

Known = Sequence[Mapping[str, str]]
"""Mappings that were used before, the likeliest first."""


def look_at(upload: Upload, known: Known = ()) -> Look:
    """What stands in the file. Raises InputError for what cannot be read as a table of its kind."""
    try:
        sheets = {"csv": _csv, "xlsx": _xlsx, "parquet": _parquet}[upload.kind](upload.file, known)
    except InputError as error:
        raise InputError(
            error.problem, file=upload.name, sheet=error.sheet, row=error.row, column=error.column, hint=error.hint
        ) from None
    if not sheets:
        raise InputError("the workbook is empty", file=upload.name)
    return Look(upload.id, tuple(sheets))


def guessed(header: Sequence[str], known: Known) -> dict[str, str]:
    """Our column → the header's: by spelling, and before that by a mapping whose names all stand in the header."""
    found = guess(header)
    for mapping in known:
        if mapping and set(mapping.values()) <= {*header, ""}:
            named = set(mapping.values()) - {""}
            rest = {ours: theirs for ours, theirs in found.items() if ours not in mapping and theirs not in named}
            return rest | {ours: theirs for ours, theirs in mapping.items() if theirs}
    return found


def _mapped(header: Sequence[str], known: Known, sheet: str | None = None) -> dict[str, str]:
    """``guessed``, of a header that may be as it is. Raises InputError for one that is too large."""
    if len(header) > MOST_HEADER:
        raise InputError(f"there are {len(header):,} columns; at most {MOST_HEADER} are read", sheet=sheet)
    if longest := next((place for place, one in enumerate(header, 1) if len(one) > MOST_NAME), None):
        problem = f"the name of column {longest} has {len(header[longest - 1]):,} characters"
        raise InputError(problem, sheet=sheet, hint=f"Use {MOST_NAME:,} at most.")
    return guessed(header, known)


def _sheet(
    name: str | None,
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    lines: tuple[int, bool],
    found: Mapping[str, str],
) -> Sheet:
    named = set(found.values())
    return Sheet(
        name=name,
        header=tuple(header),
        top=tuple(tuple(_cut(cell) for cell in row[:MOST_COLUMNS]) for row in rows[:TOP]),
        lines=lines[0],
        exact=lines[1],
        guess=found,
        unused=tuple(one for one in header if one and one not in named),
        problem=_problem(header, found),
    )


def _problem(header: Sequence[str], found: Mapping[str, str]) -> str | None:
    missing = [name for name in REQUIRED if name not in found]
    if missing:
        return f"No column is known to hold the {' and the '.join(missing)}: say which it is."
    twice = [name for name in found.values() if header.count(name) > 1]
    return (
        f"The column '{twice[0]}' stands more than once in the header: name the columns differently." if twice else None
    )


def _cut(cell: str) -> str:
    return cell if len(cell) <= MOST_TEXT else f"{cell[: MOST_TEXT - 1]}…"


def _csv(file: Path, known: Known) -> list[Sheet]:
    top = top_of(file, {})
    for mapping in known:  # the delimiter for which these columns are there
        if any(mapping.values()):
            other = top_of(file, mapping)
            if set(mapping.values()) <= {*other.header, ""}:
                top = other
                break
    found = _mapped(top.header, known)
    newlines, quotes, last = 0, 0, b"\n"
    with file.open("rb") as stream:
        while piece := stream.read(PIECE):
            newlines, quotes, last = newlines + piece.count(b"\n"), quotes + piece.count(b'"'), piece[-1:]
    lines = max(newlines + (last != b"\n") - top.skip - 1, 0)
    return [_sheet(None, top.header, top.rows, (lines, not quotes), found)]


def _xlsx(file: Path, known: Known) -> list[Sheet]:
    workbook = open_workbook(file)
    sheets: list[Sheet] = []
    for name in workbook.sheet_names:
        sheet = sheet_of(workbook, name, file)
        top = list(islice(rows_of(sheet), HEADER_WITHIN + TOP))
        if not top:
            continue
        if len(sheets) == MOST_TABLES:
            hint = "Split it, or put the lines into one sheet."
            raise InputError(f"the workbook has more than {MOST_TABLES} sheets with a table", hint=hint)
        mapping = next((one for one in known if one), {})
        at = header_place(top[:HEADER_WITHIN], mapping)
        header, first = header_of(top[at][1]), top[at][0]
        end = sheet.end[0] + 1 if sheet.end is not None else first
        found = _mapped(header, known, name)
        times = {place for place, one in enumerate(header) if one == found.get("time")}
        rows = [
            [(time_text(cell) if place in times else text_of(cell)) or "" for place, cell in enumerate(row)]
            for _, row in top[at + 1 :]
        ]
        sheets.append(_sheet(name, header, rows, (end - first, False), found))
    return sheets


def _parquet(file: Path, known: Known) -> list[Sheet]:
    with duckdb.connect(config={"threads": 1, "memory_limit": "512MB"}) as connection:
        relation = f"read_parquet({file_literal(file)})"
        try:
            header = [str(name) for name, *_ in connection.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()]
            found = _mapped(header, known)
            lines = int(scalar(connection, f"SELECT count(*) FROM {relation}"))
            rows = connection.execute(
                f"SELECT COLUMNS(*)::VARCHAR FROM (SELECT * FROM {relation} LIMIT {TOP})"
            ).fetchall()
        except duckdb.Error as error:
            raise damaged(file, error) from None
    return [
        _sheet(None, header, [["" if cell is None else cell for cell in row] for row in rows], (lines, True), found)
    ]
