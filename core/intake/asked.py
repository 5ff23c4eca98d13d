"""What somebody asks for: the requests of the jobs LOOK, CHECK and LOAD, and how they are queued.

A page gives ``job.id`` to ``ids.begin(kind)``, as for every other job. A job of the same kind that runs already comes
back with ``is_new`` False.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, get_args

from core.config import COLUMN_NAMES
from core.errors import InputError
from core.transactions.rules import RULE_IDS

if TYPE_CHECKING:
    from core.lifecycle.jobs import Job, Jobs

LOOK, CHECK, LOAD = "look", "check", "load"
"""Kinds of job. LOOK: request {"upload"}, result {"upload", "sheets", "lines"}; what was seen is then in
``Uploads.look``. CHECK: request Wanted, result Checked. LOAD: request Wanted, result {"load": number, "lines_in",
"lines_out"}."""

Mode = Literal["replace", "add", "rules", "undo"]
MODES: tuple[Mode, ...] = get_args(Mode)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A load. ``mode``: "replace" and "add" need ``upload``; "rules" changes the switches for what is in use; "undo"
    needs ``load``, the number of what shall be undone.

    ``columns``: our column name → the file's; "" says that the file has no such column; what it leaves out is guessed.
    ``rules``: rule id → on, for all rules that somebody chose; None: as they are in force. With mode "rules" None means
    those of the environment again. ``data``: for a load of what was checked, Checked.data: nothing is loaded where
    others are in use by then. None where nothing was checked.
    """

    mode: Mode
    upload: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    rules: Mapping[str, bool] | None = None
    load: int | None = None
    data: str | None = None

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Wanted:
        """Reads plain JSON values. Raises InputError naming the field and what would be right."""
        mode, upload, load = values.get("mode"), values.get("upload"), values.get("load")
        if mode not in MODES:
            raise InputError(f"there is no way of loading called {mode}", hint=f"Use one of {', '.join(MODES)}.")
        if mode in ("replace", "add") and not isinstance(upload, str):
            raise InputError("no file is named", hint="Send one first.")
        if mode == "undo" and type(load) is not int:
            raise InputError("no load is named", hint="Say the number of what shall be undone.")
        data = values.get("data")
        if not isinstance(data, str | None):
            raise InputError("data must name what was in use when it was checked")
        return cls(mode, upload, _columns(values.get("columns") or {}), _rules(values.get("rules")), load, data)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "mode": self.mode,
            "upload": self.upload,
            "columns": dict(self.columns),
            "rules": None if self.rules is None else dict(self.rules),
            "load": self.load,
            "data": self.data,
        }


def look(jobs: Jobs, upload: str, who: str) -> Job:
    """Queues the look at a received file."""
    return jobs.start(LOOK, who, "a file was received", {"upload": upload})


def check(jobs: Jobs, wanted: Wanted, who: str) -> Job:
    """Queues a check: nothing changes by it. Raises InputError for a request that cannot be (also for mode "undo")."""
    if wanted.mode == "undo":
        raise InputError("an undo needs no check")
    return jobs.start(CHECK, who, "asked for on the page Data", Wanted.of(wanted.to_json()).to_json())


def load(jobs: Jobs, wanted: Wanted, who: str, why: str = "") -> Job:
    """Queues a load, an undo or a change of the rules. ``why``: the reason that the audit keeps. Raises InputError."""
    return jobs.start(LOAD, who, why or "asked for on the page Data", Wanted.of(wanted.to_json()).to_json())


def _columns(values: Any) -> dict[str, str]:
    if not isinstance(values, Mapping) or not all(isinstance(one, str) for one in values.values()):
        raise InputError("columns must name a column of the file for each of ours")
    if unknown := sorted(set(values) - set(COLUMN_NAMES)):
        raise InputError(f"there is no column {', '.join(unknown)}", hint=f"Known are {', '.join(COLUMN_NAMES)}.")
    twice = [theirs for theirs in values.values() if theirs and list(values.values()).count(theirs) > 1]
    if twice:
        raise InputError(f"the column '{twice[0]}' cannot stand for two of ours")
    return dict(values)


def _rules(values: Any) -> dict[str, bool] | None:
    if values is None:
        return None
    if not isinstance(values, Mapping) or not all(isinstance(one, bool) for one in values.values()):
        raise InputError("rules must say true or false for each rule")
    if unknown := sorted(set(values) - set(RULE_IDS)):
        raise InputError(f"there is no rule {', '.join(unknown)}", hint=f"Known are {', '.join(RULE_IDS)}.")
    return dict(values)
