"""Days that the business itself says to be open or closed, from a file kept by hand."""

from __future__ import annotations

import csv
import datetime as dt
from pathlib import Path

from core.errors import InputError

OPEN = frozenset({"yes", "true", "1", "open"})
CLOSED = frozenset({"no", "false", "0", "closed"})
HEADER = ("date", "open")


def read_overrides(path: Path) -> dict[dt.date, bool]:
    """Day → open or closed, from a CSV with the columns ``date`` (2026-12-24) and ``open`` (yes or no).

    Further columns are for the reader. No file means no overrides. Raises InputError naming file, row and column.
    """
    try:
        text = path.read_text("utf-8-sig")
    except FileNotFoundError:
        return {}
    except (UnicodeDecodeError, OSError):
        raise InputError("the file cannot be read as text", file=path.name, hint="Save it as CSV in UTF-8.") from None
    rows = csv.DictReader(text.splitlines())
    names = [name.strip().lower() for name in rows.fieldnames or ()]
    rows.fieldnames = names
    if missing := [name for name in HEADER if name not in names]:
        hint = "Its first line must be: date,open"
        raise InputError(f"there is no column {' and '.join(missing)}", file=path.name, row=1, hint=hint)
    found: dict[dt.date, bool] = {}
    for number, row in enumerate(rows, start=2):
        day, said = (row["date"] or "").strip(), (row["open"] or "").strip().lower()
        try:
            date = dt.date.fromisoformat(day)
        except ValueError:
            hint = "Write days like 2026-12-24."
            raise InputError(f"'{day}' is not a day", file=path.name, row=number, column="date", hint=hint) from None
        if said not in OPEN | CLOSED:
            hint = "Write yes or no."
            raise InputError(f"'{said}' is not an answer", file=path.name, row=number, column="open", hint=hint)
        if found.setdefault(date, said in OPEN) != (said in OPEN):
            raise InputError(f"{date} is both open and closed", file=path.name, row=number, column="open")
    return found
