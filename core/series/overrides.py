"""Days that the business itself says to be open or closed, from a file kept by hand or by the page Data."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from core.errors import InputError

OPEN = frozenset({"yes", "true", "1", "open"})
CLOSED = frozenset({"no", "false", "0", "closed"})
HEADER = ("date", "open")
REMARK = "remark"


@dataclass(frozen=True, slots=True)
class Declared:
    """What is said of a day. ``more``: (name, text) of the file's further columns, which are kept as they are."""

    is_open: bool
    remark: str = ""
    more: tuple[tuple[str, str], ...] = ()

    def with_texts(self, change: Callable[[str], str]) -> Declared:
        """The same with all its texts changed."""
        return Declared(self.is_open, change(self.remark), tuple((change(n), change(x)) for n, x in self.more))


def read_overrides(path: Path) -> dict[dt.date, bool]:
    """Day → open or closed; see ``read_declared``."""
    return {day: one.is_open for day, one in read_declared(path).items()}


def read_declared(path: Path) -> dict[dt.date, Declared]:
    """Day → what is said of it, from a CSV with the columns ``date`` (2026-12-24), ``open`` (yes or no) and perhaps
    ``remark``. No file means that nothing is said. Raises InputError naming file, row and column."""
    try:
        text = path.read_text("utf-8-sig")
    except FileNotFoundError:
        return {}
    except (UnicodeDecodeError, OSError):
        raise InputError("the file cannot be read as text", file=path.name, hint="Save it as CSV in UTF-8.") from None
    return parse_declared(text, path.name)


def parse_declared(text: str, file: str) -> dict[dt.date, Declared]:
    """``read_declared`` of the text of a file that is called ``file``."""
    rows = csv.DictReader(text.splitlines())
    try:
        return _declared(rows, file)
    except csv.Error:
        hint = "Is a quotation mark not closed?"
        raise InputError("a cell is too long", file=file, row=rows.reader.line_num, hint=hint) from None


def _declared(rows: csv.DictReader[str], file: str) -> dict[dt.date, Declared]:
    names = [name.strip().lower() for name in rows.fieldnames or ()]
    rows.fieldnames = names
    if missing := [name for name in HEADER if name not in names]:
        hint = "Its first line must be: date,open"
        raise InputError(f"there is no column {' and '.join(missing)}", file=file, row=1, hint=hint)
    further = [name for name in names if name and name not in (*HEADER, REMARK)]
    found: dict[dt.date, Declared] = {}
    for number, row in enumerate(rows, start=2):
        day, said = (row["date"] or "").strip(), (row["open"] or "").strip().lower()
        try:
            date = dt.date.fromisoformat(day)
        except ValueError:
            hint = "Write days like 2026-12-24."
            raise InputError(f"'{day}' is not a day", file=file, row=number, column="date", hint=hint) from None
        if said not in OPEN | CLOSED:
            hint = "Write yes or no."
            raise InputError(f"'{said}' is not an answer", file=file, row=number, column="open", hint=hint)
        more = tuple((name, row[name] or "") for name in further)
        one = Declared(said in OPEN, (row.get(REMARK) or "").strip(), more)
        if found.setdefault(date, one).is_open != one.is_open:
            raise InputError(f"{date} is both open and closed", file=file, row=number, column="open")
    return found


def to_csv(days: Mapping[dt.date, Declared]) -> str:
    """The text of the file, in order of the days; ``parse_declared`` undoes it."""
    further = list(dict.fromkeys(name for one in days.values() for name, _ in one.more))
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*HEADER, REMARK, *further])
    for day, one in sorted(days.items(), key=lambda pair: pair[0]):
        more = dict(one.more)
        row = [day.isoformat(), "yes" if one.is_open else "no", one.remark, *(more.get(name, "") for name in further)]
        writer.writerow([" ".join(cell.splitlines()) for cell in row])
    return out.getvalue()
