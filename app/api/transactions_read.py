"""The bodies of POST /transactions: JSON, NDJSON and CSV become columns of checked values."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json

from app.api.problems import ApiError, json_pointer, refusal
from app.api.schemas_transactions import MAX_LINES, TransactionBatch, TransactionLine
from core.transactions.columns import REQUIRED, guess
from core.transactions.staging import LINE_COLUMNS

JSON, NDJSON, CSV = "application/json", "application/x-ndjson", "text/csv"

MOST_FAULTS = 100
"""So many faults are listed at most."""

NUMBERS = ("quantity", "price")
PLAIN_NUMBER = re.compile(r"-?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)

_lines = TypeAdapter(list[TransactionLine])

Columns = dict[str, list[Any]]


def columns_of(kind: str, body: bytes, mapping: Mapping[str, str]) -> Columns:
    """Our column names → values by line. ``kind``: the media type; ``mapping``: the installation's names for columns.

    Raises ApiError 415 for another kind, 400 for what cannot be read as this kind, and 422 listing every fault.
    """
    try:
        match kind:
            case "application/json":
                lines = TransactionBatch.model_validate_json(body).lines
            case "application/x-ndjson":
                lines = _from_ndjson(body)
            case "text/csv":
                lines = _from_csv(body, mapping)
            case _:
                raise ApiError(415, f"Send the lines with Content-Type: {JSON}, {NDJSON} or {CSV}.")
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[:1]
        if first[0]["type"] == "json_invalid":
            raise refusal(first) from None
        raise refused(_faults(error), error.error_count()) from None
    columns: Columns = {name: list(map(itemgetter(name), lines)) for name in REQUIRED}
    return columns | {name: [line.get(name) for line in lines] for name in LINE_COLUMNS if name not in columns}


def refused(faults: Sequence[tuple[str, str]], count: int) -> ApiError:
    """422 with the first MOST_FAULTS faults (pointer, sentence) of ``count``."""
    pointer, sentence = faults[0]
    more = f" (and {count - 1:,} more; {min(count, MOST_FAULTS)} are listed)" if count > 1 else ""
    return ApiError(422, f"Nothing was accepted. {pointer.lstrip('/') or 'The batch'}: {sentence}{more}.",
                    faults[:MOST_FAULTS])  # fmt: skip


def _faults(error: ValidationError) -> list[tuple[str, str]]:
    found = error.errors(include_url=False, include_context=False, include_input=False)[:MOST_FAULTS]
    return [(json_pointer(one["loc"]), _sentence(one)) for one in found]


def _sentence(one: Mapping[str, Any]) -> str:
    if one["type"] != "string_pattern_mismatch":
        return str(one["msg"])
    if one["loc"][-1] == "time":
        return "must be a time without a zone, such as 2011-12-09T12:50:00, of the years 1900 to 2199"
    return "must not hold the character NUL"


def _validated(lines: Sequence[object]) -> list[TransactionLine]:
    """Lines that were read from another form than JSON, with pointers as if they stood in a list ``lines``."""
    if not 1 <= len(lines) <= MAX_LINES:
        raise refused([("/lines", f"a batch has 1 to {MAX_LINES:,} lines, this one {len(lines):,}")], 1)
    try:
        return _lines.validate_python(lines)
    except ValidationError as error:
        faults = [("/lines" + pointer, sentence) for pointer, sentence in _faults(error)]
        raise refused(faults, error.error_count()) from None


def _from_ndjson(body: bytes) -> list[TransactionLine]:
    """One JSON object a line of text; empty lines are left out."""
    rows = [row for row in body.splitlines() if row.strip()]
    try:
        read = from_json(b"[" + b",".join(rows) + b"]")
    except ValueError:
        read = []
    if len(read) != len(rows):  # some row is not one JSON value
        for number, row in enumerate(rows):
            try:
                from_json(row)
            except ValueError as error:
                sentence = f"line {number + 1:,} is not valid JSON: {error}"
                raise ApiError(400, f"{sentence}.", [(f"/lines/{number}", sentence)]) from None
        raise ApiError(400, "Write one JSON object a line.")
    return _validated(read)


def _from_csv(body: bytes, mapping: Mapping[str, str]) -> list[TransactionLine]:
    """A header and rows; an empty cell says that nothing is given."""
    try:
        rows = [row for row in csv.reader(io.StringIO(body.decode("utf-8-sig"), newline=""), strict=True) if row]
    except UnicodeDecodeError:
        raise ApiError(400, "The body is not text in UTF-8.") from None
    except csv.Error as error:
        raise ApiError(400, f"The body is not valid CSV: {error}.") from None
    if not rows:
        raise ApiError(400, "The body is empty; the first row names the columns.")
    header, *found = rows
    names = _names(header, mapping)
    uneven = [(f"/lines/{number}", f"has {len(row)} cells where the header has {len(header)}")
              for number, row in enumerate(found) if len(row) != len(header)]  # fmt: skip
    if uneven:
        raise refused(uneven, len(uneven))
    columns = [_cells(name, cells) for name, cells in zip(names, zip(*found, strict=True), strict=False)]
    lines = [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]
    if any("" in one or None in one for one in columns):
        lines = [{name: value for name, value in line.items() if value is not None} for line in lines]
    return _validated(lines)


def _names(header: Sequence[str], mapping: Mapping[str, str]) -> list[str]:
    """Our name of each column: as it stands, or as the installation's files call it, or by a known spelling."""
    given = [name.strip() for name in header]
    ours = {theirs: name for name, theirs in guess(given).items()}
    ours |= {theirs: name for name, theirs in mapping.items()} | {name: name for name in LINE_COLUMNS}
    names = [ours.get(name, "") for name in given]
    unknown = [name for name, known in zip(given, names, strict=True) if not known]
    if unknown:
        sentence = f"is not a column that can be read here; known are {', '.join(LINE_COLUMNS)}"
        raise refused([(json_pointer([name]), sentence) for name in unknown], len(unknown))
    if len(set(names)) < len(names):
        raise refused([("", "two columns mean the same")], 1)
    return names


def _cells(name: str, cells: Sequence[str]) -> list[Any]:
    """Numbers where they can be read as such; what cannot stays text, which the check then points to."""
    if name not in NUMBERS:
        return [cell or None for cell in cells]
    return [float(cell) if PLAIN_NUMBER.fullmatch(cell) else cell or None for cell in cells]
