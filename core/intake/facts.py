"""What is found out about a received file: by looking at it, and by checking what loading it would do."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

TOP = 20
"""Lines of a table that are shown."""
MOST_COLUMNS, MOST_TEXT = 60, 100
"""Columns that are shown, and characters of a cell; longer ones end in …"""
MOST_FAULTS = 100


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table of a file. ``name``: of the sheet of a workbook, else None. ``header``: all names, as they stand in it.

    ``top``: its first lines as text, at most TOP lines of MOST_COLUMNS cells. ``lines``: how many there are, an
    estimate unless ``exact``. ``guess``: our column name → its name, for those whose spelling is known (or that the
    installation names); ``unused``: names that none of ours stands for. ``problem``: why it cannot be read with the
    guess alone (a sentence, such as that no column holds times), else None.
    """

    name: str | None
    header: tuple[str, ...]
    top: tuple[tuple[str, ...], ...]
    lines: int
    exact: bool
    guess: Mapping[str, str]
    unused: tuple[str, ...]
    problem: str | None


@dataclass(frozen=True, slots=True)
class Look:
    """What stands in a file; empty sheets are left out. ``upload``: its id."""

    upload: str
    sheets: tuple[Sheet, ...]

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Look:
        sheets = [
            Sheet(
                **dict(one)
                | {
                    "header": tuple(one["header"]),
                    "top": tuple(map(tuple, one["top"])),
                    "unused": tuple(one["unused"]),
                }
            )
            for one in values["sheets"]
        ]
        return cls(values["upload"], tuple(sheets))


@dataclass(frozen=True, slots=True)
class Fault:
    """What keeps a file from being loaded. ``row`` as a spreadsheet counts them (the header is row 1); ``problem`` and
    ``hint`` (what would be right) are sentences without the place; ``sentence`` is all of it."""

    file: str | None
    sheet: str | None
    row: int | None
    column: str | None
    problem: str
    hint: str | None
    sentence: str


@dataclass(frozen=True, slots=True)
class RuleEffect:
    """A cleaning rule in the data as they would be. ``possible``: false where the data lack its columns.

    ``dropped``: lines that it takes, after the rules before it. ``lines_out_switched``: lines that would be in use if
    only this rule were switched the other way; None where it is not possible.
    """

    id: str
    on: bool
    possible: bool
    dropped: int
    lines_out_switched: int | None


@dataclass(frozen=True, slots=True)
class Summary:
    """Data as a whole. ``sources``: (file or sheet, lines). ``partial_day``: a last day left out as a part of one."""

    lines_in: int
    lines_out: int
    first_day: dt.date
    last_day: dt.date
    partial_day: dt.date | None
    columns: tuple[str, ...]
    measures: tuple[str, ...]
    segments: tuple[str, ...]
    sources: tuple[tuple[str, int], ...]

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Summary:
        day = dt.date.fromisoformat
        return cls(
            **dict(values)
            | {
                "first_day": day(values["first_day"]),
                "last_day": day(values["last_day"]),
                "partial_day": day(values["partial_day"]) if values["partial_day"] else None,
                "sources": tuple((name, lines) for name, lines in values["sources"]),
            }
            | {name: tuple(values[name]) for name in ("columns", "measures", "segments")}
        )


@dataclass(frozen=True, slots=True)
class Checked:
    """What a load would do; the result of a job of the kind CHECK is its ``to_json``.

    With ``faults`` (the first MOST_FAULTS of ``fault_count``) nothing can be loaded and all that follows is None or
    empty. ``after``: the data as they would be; ``now``: as they are in use (None before the first). ``rules``: in
    order, with the effect of each switch. ``file_lines``, ``file_first``, ``file_last``: of the received file alone,
    before cleaning. ``shared_days``: days with lines both in the file and in use; ``shared_lines``: different lines of
    the file that are in use already (they count once). ``gained``, ``lost``: measures that the data would have more or
    less. ``notes``: remarks of reading, sentences. ``data``: the data in use that were checked, see
    core.intake.states.data_of.
    """

    faults: tuple[Fault, ...] = ()
    fault_count: int = 0
    after: Summary | None = None
    now: Summary | None = None
    rules: tuple[RuleEffect, ...] = ()
    file_lines: int | None = None
    file_first: dt.date | None = None
    file_last: dt.date | None = None
    shared_days: int | None = None
    shared_lines: int | None = None
    gained: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    data: str = ""

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; days as ISO text."""
        found: dict[str, Any] = _plain(asdict(self))
        return found

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Checked:
        def day(text: str | None) -> dt.date | None:
            return None if text is None else dt.date.fromisoformat(text)

        return cls(
            **dict(values)
            | {
                "faults": tuple(Fault(**one) for one in values["faults"]),
                "after": values["after"] and Summary.of(values["after"]),
                "now": values["now"] and Summary.of(values["now"]),
                "rules": tuple(RuleEffect(**one) for one in values["rules"]),
                "file_first": day(values["file_first"]),
                "file_last": day(values["file_last"]),
            }
            | {name: tuple(values[name]) for name in ("gained", "lost", "notes")}
        )


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value.isoformat() if isinstance(value, dt.date) else value
