"""Loading files: what the page shows of received files, of checks and loads; every look reads the tables anew."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dash
from dash import ClientsideFunction, Input, Output, State, no_update
from dash.exceptions import PreventUpdate

from callbacks.intake_desk import FILE, IN_FORCE, Desk, chosen_rules, desk, seen, wanted_of_file, wanted_rules
from callbacks.services import words
from components import ids, states
from components.views import intake as view
from components.views import intake_drop as drop_view
from components.views import intake_history as history_view
from components.views import intake_report as report_view
from core.errors import InputError
from core.intake.asked import CHECK, LOAD, Wanted
from core.intake.facts import Checked, Look
from core.lifecycle.jobs import Job

# -- the file


def draw_drop(_: str | None, __: str | None, shown: str | None) -> tuple[Any, Any, Any]:
    """Where the data in use come from, what may be sent, and what was sent before."""
    here, t = desk(), words()
    most = here.found.settings.upload_mb * drop_view.MEGABYTE
    generation = here.found.store.current()
    source = "" if generation is None else drop_view.source(t, generation.manifest)
    return source, drop_view.limit(t, most), drop_view.waiting(t, here.uploads.recent(), shown)


def draw_file(upload: str | None, _: str | None, shown: str | None) -> tuple[Any, ...]:
    """What stands in the file, and the form with what is guessed or was asked for last; drawn only when something else
    is known of the file, so that nobody's choices are lost."""
    here, t = desk(), words()
    now = seen(here, upload)
    stamp = f"{upload} {now.state} {now.job.id if now.job is not None else ''}"
    if stamp == shown:
        raise PreventUpdate
    if now.upload is not None:
        title = t("intake.of", name=now.upload.name, size=drop_view.size(t, now.upload.size))
    else:
        title = t(f"intake.title.{now.state}") if now.state in ("gone", "refused", "loaded") else ""
    content: Any = None
    if now.state == "gone":
        content = states.nothing(t, t("intake.gone"))
    elif now.state == "looking":
        content = states.nothing(t, t("intake.looking"))
    elif now.state in ("failed", "refused"):
        content = report_view.report(t, now.job, None)
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


def draw_report(_: str | None, upload: str | None, mode: str | None, *fields: Any) -> tuple[Any, ...]:
    here = desk()
    if seen(here, upload).state != "seen" or not upload:
        return [], True, None, *([""] * len(view.RULES))
    job = here.last(CHECK, upload)
    return _report(here, job, job is not None and not _is_of(job, here, upload, mode, fields), {})


def _checked(job: Job | None) -> Checked | None:
    return Checked.of(job.result) if job is not None and job.state == "done" else None


def _is_of(job: Job, here: Desk, upload: str, mode: str | None, fields: Any) -> bool:
    """Whether the check is of what the fields say now, which may be something that cannot be asked for."""
    try:
        return wanted_of_file(here, upload, mode, fields).to_json() == job.request
    except InputError:
        return False


def draw_rules_report(_: str | None, *fields: Any) -> tuple[Any, ...]:
    """Nothing to report of rules as they are in force: then what each drops stands beside it."""
    here = desk()
    rules = here.loads.rules()
    now = report_view.dropped_now(words(), rules.on, rules.dropped)
    if chosen_rules(fields) == dict(rules.on):
        return [], True, None, *(now.get(rule, "") for rule in view.RULES)
    job = here.last(CHECK, None, IN_FORCE)
    checked = _checked(job)
    fresh = job is not None and wanted_rules(here, fields).to_json() == job.request
    fresh = fresh and (checked is None or here.is_of_these(checked))
    return _report(here, job if fresh else None, False, now)


def _report(here: Desk, job: Job | None, others: bool, otherwise: Mapping[str, str]) -> tuple[Any, ...]:
    """``others``: whether the check is of other choices."""
    t, checked = words(), _checked(job)
    stale = "choices" if others else "data" if checked is not None and not here.is_of_these(checked) else None
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
    for table in (here.HISTORY, here.WAITING):
        app.clientside_callback(ClientsideFunction("tidemark", "modelsDrawn"), Input(table, "children"))
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
