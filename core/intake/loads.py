"""The history of what was loaded, and what of it is in use.

Every load, undo and change of the rules is a record that nobody changes. Which one the data in use are of stands in the
manifest of the current generation, so that there is one moment at which all of it changes.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from core.config import Config
from core.intake.asked import Mode

if TYPE_CHECKING:
    from core.transactions.store import Store

State = Literal["in use", "superseded", "undone", "done"]


@dataclass(frozen=True, slots=True)
class LoadedFile:
    """A file of a load: its name for people, kind (csv, xlsx, parquet) and size in bytes."""

    name: str
    kind: str
    size: int


@dataclass(frozen=True, slots=True)
class Load:
    """A row of the history. ``number`` counts from 1; ``at`` is aware UTC; ``mode``: replace, add, rules or undo.

    ``files``, ``columns``: what was loaded by it (empty for rules and undo), the columns as they were read.
    ``rules``: rule id → on, as chosen in force after it; None: those of the environment. ``lines_in``, ``lines_out``,
    ``first_day``, ``last_day``: of all data in use after it. ``state``: "in use"; "superseded" by a later load that
    replaced all data (or, for rules, by a later choice); "undone"; "done" for an undo that was not itself undone.
    ``undoes``: for an undo the number of what it undid. ``can_undo``: whether it is what an undo would take back now;
    a later row has to be undone first otherwise.
    """

    number: int
    at: dt.datetime
    who: str
    why: str
    mode: Mode
    files: tuple[LoadedFile, ...]
    columns: Mapping[str, str]
    rules: Mapping[str, bool] | None
    lines_in: int
    lines_out: int
    first_day: dt.date
    last_day: dt.date
    state: State
    undoes: int | None
    can_undo: bool


@dataclass(frozen=True, slots=True)
class RulesInForce:
    """``on``: rule id → on, in the order of the rules. ``chosen``: whether somebody chose them, else they are the
    environment's. ``dropped``: lines that each drops in the data in use (0 where it is off)."""

    on: Mapping[str, bool]
    chosen: bool
    dropped: Mapping[str, int]


class Loads:
    """The history of an installation; reads small files only, so that a page may ask."""

    def __init__(self, config: Config, store: Store) -> None:
        self._config, self._store = config, store
        self.root = config.data_dir / "loads"

    def history(self) -> list[Load]:
        """All that came into use, the newest first."""
        raise NotImplementedError

    def source(self) -> str:
        """Where the data in use come from, one sentence for people."""
        raise NotImplementedError

    def rules(self) -> RulesInForce:
        """The cleaning rules in force."""
        raise NotImplementedError
