"""Scenarios as plain values, and as the short texts that stand in an address.

A scenario is its name and its changes, joined by ``*``: ``Spring sale*up15.2011-12-10.2011-12-20*open.2011-12-17``.
A change is what is done, the first and, where it is another, the last day, joined by points. All of it survives in an
address without escapes but a blank.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, cast

from core.errors import InputError

Kind = Literal["open", "close", "up", "down"]
KINDS: tuple[Kind, ...] = ("open", "close", "up", "down")
MOST_SCENARIOS, MOST_CHANGES, LONGEST_NAME = 5, 12, 40
MOST_PERCENT: dict[Kind, int] = {"up": 500, "down": 99}
LONGEST_TEXT = LONGEST_NAME + 32 * MOST_CHANGES

_CHANGE = re.compile(r"(open|close|up|down)(\d{0,3})\.(\d{4}-\d\d-\d\d)(?:\.(\d{4}-\d\d-\d\d))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Change:
    """From ``first`` to ``last``, both included. ``percent``: whole, by how much the level goes up or down."""

    kind: Kind
    first: dt.date
    last: dt.date
    percent: int = 0

    def __post_init__(self) -> None:
        """Raises InputError for what cannot be meant; ``column`` names the field."""
        if self.last < self.first:
            raise InputError("the last day is before the first", column="last", hint="Choose a later last day.")
        most = MOST_PERCENT.get(self.kind)
        if most is None and self.percent:
            raise InputError("a day is opened or closed without any percent", column="percent")
        if most is not None and not 1 <= self.percent <= most:
            raise InputError("the percent are not within the limits", column="percent", hint=f"Give 1 to {most}.")

    @property
    def factor(self) -> float:
        """What the level of open days is multiplied by."""
        return 1 + (self.percent if self.kind == "up" else -self.percent) / 100

    def __str__(self) -> str:
        size = str(self.percent) if self.percent else ""
        days = (self.first,) if self.first == self.last else (self.first, self.last)
        return ".".join([f"{self.kind}{size}", *(day.isoformat() for day in days)])


@dataclass(frozen=True, slots=True)
class Scenario:
    """``changes`` may be none: then it is the forecast as it stands."""

    name: str
    changes: tuple[Change, ...] = ()

    def __post_init__(self) -> None:
        """Raises InputError; ``column`` names the field."""
        if not self.name or self.name != plain_name(self.name):
            raise InputError("the scenario has no name", column="name", hint=f"Give up to {LONGEST_NAME} characters.")
        if len(self.changes) > MOST_CHANGES:
            raise InputError(f"a scenario has at most {MOST_CHANGES} changes", column="changes")

    def __str__(self) -> str:
        return "*".join([self.name, *map(str, self.changes)])


def plain_name(text: str) -> str:
    """A name as it can stand in an address and in a list: printable, single blanks, no ``*``, not too long."""
    kept = "".join(one if one.isprintable() and one != "*" else " " for one in text[: 4 * LONGEST_NAME])
    return " ".join(kept.split())[:LONGEST_NAME].strip()


def read_change(text: str) -> Change:
    """Raises InputError for what is not a change."""
    found = _CHANGE.fullmatch(text)
    if found is None:
        raise InputError("this is not a change", hint="Write one like up15.2011-12-10.2011-12-20.")
    kind, percent, first, last = found.groups()
    try:
        days = dt.date.fromisoformat(first), dt.date.fromisoformat(last or first)
    except ValueError:
        raise InputError("this is not a day", column="first", hint="Write days like 2011-12-10.") from None
    return Change(cast("Kind", kind), *days, int(percent or 0))


def read_scenario(text: str) -> Scenario:
    """Undoes ``str``. Raises InputError for anything that is not exactly a scenario."""
    if len(text) > LONGEST_TEXT:
        raise InputError("the text of the scenario is too long")
    name, *changes = text.split("*")
    if len(changes) > MOST_CHANGES:
        raise InputError(f"a scenario has at most {MOST_CHANGES} changes", column="changes")
    return Scenario(plain_name(name), tuple(map(read_change, changes)))


def read_scenarios(texts: Iterable[str]) -> tuple[list[Scenario], int]:
    """Those of the first MOST_SCENARIOS texts that can be read, each name once; and how many texts were left out."""
    wanted = list(texts)
    found: list[Scenario] = []
    for text in wanted[:MOST_SCENARIOS]:
        try:
            one = read_scenario(text)
        except InputError:
            continue
        if one.name not in {other.name for other in found}:
            found.append(one)
    return found, len(wanted) - len(found)
