"""Loading files: what the page shows of received files, of checks and loads; every look reads the tables anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import dash
from dash import ClientsideFunction, Input, Output, State, no_update
from dash.exceptions import PreventUpdate

from callbacks.services import Services, services, words
from components import ids, states
from components.views import intake as view
from components.views import intake_history as history_view
from components.views import intake_report as report_view
from core.intake.asked import CHECK, LOAD, LOOK, Wanted
from core.intake.facts import Checked, Look
from core.intake.loads import Loads
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


# -- the file


def draw_drop(_: str | None, __: str | None, shown: str | None) -> tuple[Any, Any, Any]:
    """Where the data in use come from, what may be sent, and what was sent before."""
    here, t = desk(), words()
    most = here.found.settings.upload_mb * view.MEGABYTE
    generation = here.found.store.current()
    source = "" if generation is None else view.source(t, generation.manifest)
    return source, view.limit(t, most), view.waiting(t, here.uploads.recent(), shown)


@dataclass(frozen=True, slots=True)
class Seen:
    """How far the look at a file is. ``state``: none, gone, loaded, looking, failed or seen."""

    state: str
    upload: Upload | None = None
    look: Look | None = None
    job: Job | None = None


def seen(here: Desk, upload: str | None) -> Seen:
    if not upload:
        return Seen("none")
    file = here.uploads.get(upload)
    if file is None:
        job = here.last(LOAD, upload)
        return Seen("loaded" if job is not None and job.state == "done" else "gone", job=job)
    look = here.uploads.look(upload)
    if look is not None:
        return Seen("seen", file, look)
    job = here.last(LOOK, upload)
    failed = job is not None and not job.active and job.state != "done"
    return Seen("failed" if failed else "looking", file, job=job)


def draw_file(upload: str | None, _: str | None, shown: str | None) -> tuple[Any, ...]:
    """What stands in the file, and the form with what is guessed or was asked for last; drawn only when something else
    is known of the file, so that nobody's choices are lost."""
    here, t = desk(), words()
    now = seen(here, upload)
    stamp = f"{upload} {now.state} {now.job.id if now.job is not None else ''}"
    if stamp == shown:
        raise PreventUpdate
    if now.upload is not None:
        title = t("intake.of", name=now.upload.name, size=view.size(t, now.upload.size))
    else:
        title = t(f"intake.title.{now.state}") if now.state in ("gone", "loaded") else ""
    content: Any = None
    if now.state == "gone":
        content = states.nothing(t, t("intake.gone"))
    elif now.state == "looking":
        content = states.nothing(t, t("intake.looking"))
    elif now.state == "failed":
        content = report_view.report(t, now.job, None, stale=False)
    elif now.look is not None:
        content = view.preview(t, now.look)
    return (
        now.state == "none",
        title,
        content,
        now.state != "failed",
        now.upload is None,
        now.state != "seen",
        stamp,
        *(_form(here, now.look) if now.look is not None else (no_update,) * FORM_FIELDS),
    )


FORM_FIELDS = 1 + 2 * len(view.COLUMNS) + len(view.RULES)


def _form(here: Desk, look: Look) -> tuple[Any, ...]:
    """Mode, options and value of every column, every rule: as asked for last, else guessed and as in force."""
    header, job = view.header_of(look), here.last(CHECK, look.upload)
    asked = Wanted.of(job.request) if job is not None and job.request else None
    columns = dict(asked.columns) if asked else view.guess_of(look)
    rules = dict(asked.rules) if asked and asked.rules is not None else here.in_force()
    usual = "add" if here.loads.history() else "replace"
    options = view.column_options(words(), header)
    known = {name: theirs for name, theirs in columns.items() if theirs in header}
    fields = [(options, view.value(known.get(name, ""))) for name in view.COLUMNS]
    return (
        asked.mode if asked else usual,
        *(part for field in fields for part in field),
        *(rules.get(rule, False) for rule in view.RULES),
    )


def draw_unused(upload: str | None, _: str | None, *columns: str | None) -> str:
    look = desk().uploads.look(upload) if upload else None
    if look is None:
        raise PreventUpdate
    return view.unused(words(), view.header_of(look), dict(zip(view.COLUMNS, map(view.picked, columns), strict=True)))


# -- what is asked for, and what was found


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


def draw_report(_: str | None, upload: str | None, mode: str | None, *fields: Any) -> tuple[Any, ...]:
    here = desk()
    if seen(here, upload).state != "seen" or not upload:
        return [], True, None, *([""] * len(view.RULES))
    job = here.last(CHECK, upload)
    stale = job is not None and wanted_of_file(here, upload, mode, fields).to_json() != job.request
    return _report(here, job, stale, {})


def draw_rules_report(_: str | None, *fields: Any) -> tuple[Any, ...]:
    """Nothing to report of rules as they are in force: then what each drops stands beside it."""
    here = desk()
    rules = here.loads.rules()
    now = report_view.dropped_now(words(), rules.on, rules.dropped)
    if chosen_rules(fields) == dict(rules.on):
        return [], True, None, *(now.get(rule, "") for rule in view.RULES)
    job = here.last(CHECK, None, IN_FORCE)
    fresh = job is not None and wanted_rules(here, fields).to_json() == job.request
    return _report(here, job if fresh else None, False, now)


def _report(here: Desk, job: Job | None, stale: bool, otherwise: Mapping[str, str]) -> tuple[Any, ...]:
    t = words()
    checked = Checked.of(job.result) if job is not None and job.state == "done" else None
    good = checked is not None and not checked.faults and not stale
    effects = dict(otherwise)
    if checked is not None and checked.after is not None:
        effects = report_view.effects(t, checked.rules, checked.after.lines_out)
    return (
        report_view.report(t, job, checked, stale),
        not good,
        job.id if good and job is not None else None,
        *(effects.get(rule, "") for rule in view.RULES),
    )


def draw_outcome(_: str | None, upload: str | None) -> tuple[Any, Any]:
    here = desk()
    job = here.last(LOAD, upload) if upload else None
    undone = job is not None and job.state == "done" and not _in_use(here, job)
    return report_view.outcome(words(), job, undone), undone or job is None or job.state != "done"


def _in_use(here: Desk, job: Job) -> bool:
    number = (job.result or {}).get("load")
    return any(one.number == number and one.state == "in use" for one in here.loads.history())


# -- history and rules


def draw_history(_: str | None) -> tuple[Any, Any, Any]:
    """The loads, and above them why the last one came to nothing; what was said when it began goes with its end."""
    here, t = desk(), words()
    job = here.found.jobs.latest(LOAD)
    failed = job is not None and job.state in ("failed", "interrupted", "cancelled")
    shown = [history_view.failed(t, job) if failed else None, history_view.history(t, here.loads.history())]
    said = no_update if job is not None and job.active else ""
    return shown, said, said


def draw_rules(_: str | None, known: Any) -> tuple[Any, ...]:
    """The rules in force; the switches move only when those did, so that nobody's choice is lost."""
    rules = desk().loads.rules()
    head = history_view.rules_head(words(), rules.chosen, rules.on)
    now = {"on": dict(rules.on), "chosen": rules.chosen}
    values = [no_update] * len(view.RULES) if now == known else [rules.on.get(rule, False) for rule in view.RULES]
    return head, now, *values


def register(app: dash.Dash) -> None:
    here = ids.Intake
    changed, upload = Input(ids.CHANGED, "data"), Input(here.UPLOAD, "data")
    columns = [ids.column_select(name) for name in view.COLUMNS]
    switches = {name: [ids.rule_switch(name, rule) for rule in view.RULES] for name in (FILE, IN_FORCE)}
    app.callback(
        Output(here.SOURCE, "children"),
        Output(here.LIMIT, "children"),
        Output(here.WAITING, "children"),
        Input(ids.READY, "data"),
        changed,
        upload,
    )(draw_drop)
    app.callback(
        Output(here.STEPS, "hidden"),
        Output(here.TITLE, "children"),
        Output(here.PREVIEW, "children"),
        Output(here.AGAIN, "hidden"),
        Output(here.DISCARD, "hidden"),
        Output(here.FORM, "hidden"),
        Output(here.SHOWN, "data"),
        Output(here.MODE, "value"),
        *(Output(one, prop) for one in columns for prop in ("options", "value")),
        *(Output(one, "value") for one in switches[FILE]),
        upload,
        changed,
        State(here.SHOWN, "data"),
    )(draw_file)
    app.callback(
        Output(here.UNUSED, "children"), upload, Input(here.SHOWN, "data"), *(Input(one, "value") for one in columns)
    )(draw_unused)
    app.callback(
        *_report_outputs(FILE),
        changed,
        upload,
        Input(here.MODE, "value"),
        *(Input(one, "value") for one in (*columns, *switches[FILE])),
    )(draw_report)
    app.callback(*_report_outputs(IN_FORCE), changed, *(Input(one, "value") for one in switches[IN_FORCE]))(
        draw_rules_report
    )
    app.callback(Output(here.OUTCOME, "children"), Output(here.RETRAIN_BOX, "hidden"), changed, upload)(draw_outcome)
    app.callback(
        Output(here.HISTORY, "children"),
        *(Output(one, "children", allow_duplicate=True) for one in (here.SAID, ids.place(IN_FORCE, "load-said"))),
        changed,
        prevent_initial_call="initial_duplicate",
    )(draw_history)
    app.callback(
        Output(here.RULES_HEAD, "children"),
        Output(here.RULES_KNOWN, "data"),
        *(Output(one, "value") for one in switches[IN_FORCE]),
        changed,
        State(here.RULES_KNOWN, "data"),
    )(draw_rules)
    app.clientside_callback(
        ClientsideFunction("tidemark", "dataUrl"),
        Input(ids.Data.TAB, "data"),
        Input(ids.Opening.VIEW, "value"),
        upload,
    )


def _report_outputs(name: str) -> list[Output]:
    return [
        Output(ids.place(name, "report"), "children"),
        Output(ids.place(name, "load-box"), "hidden"),
        Output(ids.place(name, "checked"), "data"),
        *(Output(ids.rule_effect(name, rule), "children") for rule in view.RULES),
    ]
