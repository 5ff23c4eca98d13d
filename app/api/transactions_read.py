"""The bodies of POST /transactions: JSON, NDJSON and CSV become columns of checked values."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from operator import itemgetter
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json

from app.api.problems import ApiError, json_pointer
from app.api.schemas_transactions import MAX_LINES, MAX_TEXT, TransactionLine
from app.api.sentences import sentence_of
from core.transactions.columns import REQUIRED, guess
from core.transactions.staging import LINE_COLUMNS

JSON, NDJSON, CSV = "application/json", "application/x-ndjson", "text/csv"

MOST_FAULTS = 100
"""So many faults are listed at most."""

SLICE = 100
"""So many lines are checked at once."""
LONGEST_ROW = 64 * 1024
"""Of CSV, in characters."""
MOST_PARTS = 30 * MAX_LINES
"""Of JSON. A line with everything has 23: 8 names, 7 texts, 7 commas and a bracket; the list has a comma after each."""
PART = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[,{\[]', re.DOTALL)
"""A text, a comma or a bracket that opens. The last text may lack its end: looking for it would be quadratic."""

NUMBERS = ("quantity", "price")
PLAIN_NUMBER = re.compile(r"-?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)

_lines = TypeAdapter(list[TransactionLine])

Columns = dict[str, list[Any]]


def columns_of(kind: str, body: bytes, mapping: Mapping[str, str]) -> Columns:
    """Our column names → values by line. ``kind``: the media type; ``mapping``: the installation's names for columns.

    Raises ApiError 415 for another kind, 400 for what cannot be read as this kind, and 422 listing every fault.
    """
    match kind:
        case "application/json":
            lines = _from_json(body)
        case "application/x-ndjson":
            lines = _from_ndjson(body)
        case "text/csv":
            lines = _from_csv(body, mapping)
        case _:
            raise ApiError(415, f"Send the lines with Content-Type: {JSON}, {NDJSON} or {CSV}.")
    columns: Columns = {name: list(map(itemgetter(name), lines)) for name in REQUIRED}
    return columns | {name: [line.get(name) for line in lines] for name in LINE_COLUMNS if name not in columns}


def refused(faults: Sequence[tuple[str, str]], count: int) -> ApiError:
    """422 with the first MOST_FAULTS faults (pointer, sentence) of ``count``."""
    pointer, sentence = faults[0]
    more = f" (and {count - 1:,} more; {min(count, MOST_FAULTS)} are listed)" if count > 1 else ""
    return ApiError(422, f"Nothing was accepted. {pointer.lstrip('/') or 'The batch'}: {sentence}{more}.",
                    faults[:MOST_FAULTS])  # fmt: skip


def _faults(error: ValidationError, first: int) -> list[tuple[str, str]]:
    """Of lines that begin with number ``first``."""
    found = error.errors(include_url=False, include_input=False)
    return [(_pointer("lines", first + int(one["loc"][0]), *one["loc"][1:]), sentence_of(one)) for one in found]


def _pointer(*location: str | int) -> str:
    """Names that a client made up are cut: an answer must not be as large as the body."""
    return json_pointer([part if isinstance(part, int) else part[:MAX_TEXT] for part in location])


def _validated(lines: Sequence[object]) -> list[TransactionLine]:
    """The lines, once each is as it should be.

    In slices, and only the first faults are collected: a fault takes a hundred times the room of what is wrong.
    """
    if len(lines) > MAX_LINES:
        raise _too_many()
    if not lines:
        raise refused([("/lines", f"a batch has 1 to {MAX_LINES:,} lines, this one none")], 1)
    crowded = [(f"/lines/{number}", f"has {len(line):,} names; known are {', '.join(LINE_COLUMNS)}")
               for number, line in enumerate(lines) if isinstance(line, dict) and len(line) > MOST_FAULTS]  # fmt: skip
    if crowded:
        raise refused(crowded, len(crowded))
    found: list[TransactionLine] = []
    faults: list[tuple[str, str]] = []
    count = 0
    for first in range(0, len(lines), SLICE):
        try:
            found += _lines.validate_python(lines[first : first + SLICE])
        except ValidationError as error:
            count += error.error_count()
            if len(faults) < MOST_FAULTS:
                faults += _faults(error, first)
    if faults:
        raise refused(faults, count)
    return found


def _too_many() -> ApiError:
    return refused([("/lines", f"a batch has 1 to {MAX_LINES:,} lines, this one has more")], 1)


def _from_json(body: bytes) -> list[TransactionLine]:
    """An object with a list of lines."""
    _bound(body)
    try:
        read = from_json(body)
    except ValueError as error:
        raise ApiError(400, f"The body is not valid JSON: {error}.", [("", str(error))]) from None
    if not isinstance(read, dict):
        raise refused([("", "must be an object with lines")], 1)
    lines = read.pop("lines", None)
    faults = [] if isinstance(lines, list) else [("/lines", "must be a list of lines")]
    faults += [(_pointer(name), "is not permitted beside lines") for name in read]
    if faults:
        raise refused(faults, len(faults))
    return _validated(lines)


def _from_ndjson(body: bytes) -> list[TransactionLine]:
    """One JSON object a line of text; empty lines are left out."""
    rows = list(islice(filter(None, map(bytes.strip, io.BytesIO(body))), MAX_LINES + 1))
    if len(rows) > MAX_LINES:
        raise _too_many()
    _bound(body)
    read = []
    for number, row in enumerate(rows):
        try:
            read.append(from_json(row))
        except ValueError as error:
            # the parser counts lines too, but it has seen only this one
            reason = str(error).replace("at line 1 column", "at column")
            sentence = f"line {number + 1:,} is not valid JSON: {reason}"
            raise ApiError(400, f"{sentence}.", [(f"/lines/{number}", sentence)]) from None
    return _validated(read)


def _bound(body: bytes) -> None:
    """Refuses JSON of more parts than the largest batch has: as objects of Python they are far larger than as text."""
    # counting commas and brackets is a hundred times as fast, but those in texts are no parts
    if sum(map(body.count, (b",", b"[", b"{"))) <= MOST_PARTS:
        return
    if sum(1 for _ in islice(PART.finditer(body), MOST_PARTS + 1)) > MOST_PARTS:
        sentence = f"a batch has 1 to {MAX_LINES:,} lines of up to {len(LINE_COLUMNS)} values, this one has more"
        raise refused([("/lines", sentence)], 1)


def _from_csv(body: bytes, mapping: Mapping[str, str]) -> list[TransactionLine]:
    """A header and rows; an empty cell says that nothing is given."""
    try:
        rows = _rows(io.TextIOWrapper(io.BytesIO(body), "utf-8-sig", newline=""))
        header = next(rows, None)
        if header is None:
            raise ApiError(400, "The body is empty; the first row names the columns.")
        names = _names(header, mapping)
        found = _even(rows, len(header))
    except UnicodeDecodeError:
        raise ApiError(400, "The body is not text in UTF-8.") from None
    except csv.Error as error:
        raise ApiError(400, f"The body is not valid CSV: {error}.") from None
    columns = [_cells(name, cells) for name, cells in zip(names, zip(*found, strict=True), strict=False)]
    lines = [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]
    if any("" in one or None in one for one in columns):
        lines = [{name: value for name, value in line.items() if value is not None} for line in lines]
    return _validated(lines)


def _rows(text: Iterable[str]) -> Iterator[list[str]]:
    """Rows that are not empty. Raises csv.Error; also for a row without end, which would become millions of cells."""
    length = 0

    def pieces() -> Iterator[str]:
        nonlocal length
        for piece in text:
            length += len(piece)
            if length > LONGEST_ROW:
                raise csv.Error(f"a row has more than {LONGEST_ROW:,} characters; a double quote may be missing")
            yield piece

    for row in csv.reader(pieces(), strict=True):
        length = 0
        if row:
            yield row


def _even(rows: Iterable[list[str]], width: int) -> list[list[str]]:
    """All rows, if they have this width and are not too many; what is refused is not kept meanwhile."""
    found: list[list[str]] = []
    uneven: list[tuple[str, str]] = []
    count = 0
    for number, row in enumerate(rows):
        if number == MAX_LINES:
            raise _too_many()
        if len(row) == width:
            found.append(row)
            continue
        count += 1
        if count <= MOST_FAULTS:
            uneven.append((f"/lines/{number}", f"has {len(row)} cells where the header has {width}"))
    if uneven:
        raise refused(uneven, count)
    return found


def _names(header: Sequence[str], mapping: Mapping[str, str]) -> list[str]:
    """Our name of each column: as it stands, or as the installation's files call it, or by a known spelling."""
    given = [name.strip() for name in header]
    ours = {theirs: name for name, theirs in guess(given).items()}
    ours |= {theirs: name for name, theirs in mapping.items()} | {name: name for name in LINE_COLUMNS}
    names = [ours.get(name, "") for name in given]
    unknown = [name for name, known in zip(given, names, strict=True) if not known]
    if unknown:
        sentence = f"is not a column that can be read here; known are {', '.join(LINE_COLUMNS)}, with commas between"
        raise refused([(json_pointer([name]), sentence) for name in unknown], len(unknown))
    if len(set(names)) < len(names):
        raise refused([("", "two columns mean the same")], 1)
    return names


def _cells(name: str, cells: Sequence[str]) -> list[Any]:
    """Numbers where they can be read as such; what cannot stays text, which the check then points to."""
    if name not in NUMBERS:
        return [cell or None for cell in cells]
    return [float(cell) if PLAIN_NUMBER.fullmatch(cell.strip()) else cell or None for cell in cells]
