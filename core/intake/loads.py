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
from core.intake.records import Record, Records, can_undo
from core.transactions.rules import RULES, standard

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

    ``files``, ``columns``: what was loaded by it, by which columns (as they were chosen); empty for rules and undo.
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
        self._config, self._store, self._records = config, store, Records(config)

    def history(self) -> list[Load]:
        """All that came into use, the newest first."""
        current = self._in_use()
        found = self._records.published(current)
        states = _states(found, current)
        return [
            _load(one, states[one.number], can_undo(found, current, one.number)) for one in reversed(found.values())
        ]

    def mappings(self) -> list[Mapping[str, str]]:
        """How columns were named in loads, each way once, the newest first: a further file may well have the same."""
        loaded = [one.columns for one in reversed(self._records.published(self._in_use()).values())]
        distinct = {tuple(sorted(one.items())): one for one in [*loaded, self._config.columns] if one}
        return list(distinct.values())

    def rules(self) -> RulesInForce:
        """The cleaning rules in force."""
        current = self._store.current()
        manifest = None if current is None else current.manifest
        chosen = None if manifest is None else manifest.rules
        dropped = {} if manifest is None else {one.id: one.dropped for one in manifest.waterfall}
        on = {**standard(self._config.rules_on, self._config.rules_off), **(chosen or {})}
        return RulesInForce(on, chosen is not None, {rule.id: dropped.get(rule.id, 0) for rule in RULES})

    def _in_use(self) -> int:
        current = self._store.current()
        return 0 if current is None else current.manifest.load


def _states(found: Mapping[int, Record], current: int) -> dict[int, State]:
    """What became of each record. The loads that led to the data in use are a chain, from the last one back; there is
    none after other data were prepared by hand."""
    states: dict[int, State] = {}
    for number in sorted(found, reverse=True):  # an undo counts unless a later one, which counts, took it back
        taken_back = any(states[one] == "done" and found[one].undoes == number for one in states)
        default: State = "done" if found[number].mode == "undo" else "superseded"
        states[number] = "undone" if taken_back else default
    node = found[current].after.node if current in found else 0
    replaced = chosen = False
    while node in found:
        one = found[node]
        if not (chosen if one.mode == "rules" else replaced):
            states[node] = "in use"
        replaced = replaced or one.mode == "replace"
        chosen = chosen or one.after.rules != one.before.rules
        node = one.before.node
    return states


def _load(one: Record, state: State, undoable: bool) -> Load:
    return Load(
        number=one.number,
        at=dt.datetime.fromisoformat(one.at),
        who=one.who,
        why=one.why,
        mode=one.mode,
        files=tuple(LoadedFile(file.name, file.kind, file.size) for file in one.files),
        columns=one.columns,
        rules=one.after.rules,
        lines_in=one.lines_in,
        lines_out=one.lines_out,
        first_day=dt.date.fromisoformat(one.first_day),
        last_day=dt.date.fromisoformat(one.last_day),
        state=state,
        undoes=one.undoes,
        can_undo=undoable,
    )
