"""Loading files: what core knows of received files, checks and loads, put together for the callbacks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from callbacks.services import Services, services
from components.views import intake as view
from core.intake.asked import LOAD, LOOK, Wanted
from core.intake.facts import Checked, Look
from core.intake.loads import Loads
from core.intake.states import data_of
from core.intake.uploads import Upload, Uploads
from core.lifecycle.jobs import Job
from core.transactions.rules import standard

NEWEST = 30
"""So many of the newest jobs of a kind are looked at for those of one file."""
FILE, IN_FORCE = "file", "rules"
"""The two forms with cleaning rules."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What the tab works with."""

    found: Services
    uploads: Uploads
    loads: Loads

    def last(self, kind: str, upload: str | None, mode: str | None = None) -> Job | None:
        """The newest job of a kind about a file; of a mode where there is no file."""
        for job in self.found.jobs.recent(NEWEST, kind):
            asked = job.request or {}
            if (asked.get("upload") == upload) if upload else (asked.get("mode") == mode):
                return job
        return None

    def is_of_these(self, checked: Checked) -> bool:
        """Whether the data are still those that were checked."""
        return checked.data == data_of(self.found.store.current())

    def in_force(self) -> dict[str, bool]:
        """Rule id → on."""
        return dict(self.loads.rules().on)

    def of_environment(self) -> dict[str, bool]:
        """Those that hold unless somebody chooses others."""
        core = self.found.settings.core
        return dict(standard(core.rules_on, core.rules_off))


def desk() -> Desk:
    found = services()
    core = found.settings.core
    return Desk(found, Uploads(core), Loads(core, found.store))


@dataclass(frozen=True, slots=True)
class Seen:
    """How far the look at a file is. ``state``: none, gone, refused (not a table: it was forgotten), loaded, looking,
    failed or seen."""

    state: str
    upload: Upload | None = None
    look: Look | None = None
    job: Job | None = None


def seen(here: Desk, upload: str | None) -> Seen:
    if not upload:
        return Seen("none")
    file = here.uploads.get(upload)
    if file is None:
        job, looked = here.last(LOAD, upload), here.last(LOOK, upload)
        if job is None and looked is not None and looked.state == "failed":
            return Seen("refused", job=looked)
        return Seen("loaded" if job is not None and job.state == "done" else "gone", job=job)
    look = here.uploads.look(upload)
    if look is not None:
        return Seen("seen", file, look)
    job = here.last(LOOK, upload)
    failed = job is not None and not job.active and job.state != "done"
    return Seen("failed" if failed else "looking", file, job=job)


def wanted_of_file(here: Desk, upload: str, mode: str | None, fields: Sequence[Any]) -> Wanted:
    """The request of the form; ``fields``: a column of the file for each of ours, then on or off for each rule."""
    count = len(view.COLUMNS)
    columns = {name: view.picked(field) for name, field in zip(view.COLUMNS, fields[:count], strict=True)}
    rules = chosen_rules(fields[count:])
    same = rules == here.in_force()
    return Wanted.of({"mode": mode, "upload": upload, "columns": columns, "rules": None if same else rules})


def wanted_rules(here: Desk, fields: Sequence[Any]) -> Wanted:
    rules = chosen_rules(fields)
    return Wanted.of({"mode": IN_FORCE, "rules": None if rules == here.of_environment() else rules})


def chosen_rules(fields: Sequence[Any]) -> dict[str, bool]:
    return {rule: bool(field) for rule, field in zip(view.RULES, fields, strict=True)}
