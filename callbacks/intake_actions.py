"""Loading files: what somebody does on the page: look, check, load, undo, change the rules, forget a file."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import dash
from dash import ALL, Input, Output, State, ctx, no_update
from dash.exceptions import PreventUpdate

from callbacks.access import changes
from callbacks.intake_desk import FILE, IN_FORCE, desk, seen, wanted_of_file, wanted_rules
from callbacks.models_actions import leave, line, who
from callbacks.now import state_of
from callbacks.opening import retrain
from callbacks.services import words
from components import ids
from components.views import intake as view
from components.views import intake_drop as drop_view
from components.views import intake_history as history_view
from components.views.models_ask import LEAST_REASON, MOST_REASON
from core.errors import InputError
from core.intake import asked
from core.intake.asked import CHECK, LOAD, LOOK, Wanted
from core.intake.facts import Checked
from core.lifecycle.bootstrap import TRAIN

Begun = tuple[Any, Any, Any]
"""The number of a job that this browser begins, a sentence, and that something has changed."""


@changes
def begin_look(upload: str | None, _: str | None, again: int | None, name: str | None) -> Any:
    """Queues the look at a file that nobody has looked at, which this browser then starts; after one that failed only
    when somebody asks for it. Where another file is looked at just now, the end of that asks again."""
    here = desk()
    now = seen(here, upload)
    wanted = now.state == "looking" and now.job is None
    if not upload or not (wanted or (now.state == "failed" and ctx.triggered_id == ids.Intake.AGAIN and again)):
        raise PreventUpdate
    job = asked.look(here.found.jobs, upload, who(name))
    return job.id if job.is_new else no_update


def hand_on(job: int | None) -> int:
    """The number of the queued job, to where its kind is begun."""
    if job is None:
        raise PreventUpdate
    return job


@changes
def check_file(clicks: int | None, upload: str | None, name: str | None, mode: str | None, *fields: Any) -> Begun:
    if not clicks or not upload:
        raise PreventUpdate
    t = words()
    picked = [view.picked(field) for field in fields[: len(view.COLUMNS)]]
    missing = [one for one in view.REQUIRED if not picked[view.COLUMNS.index(one)]]
    if missing:
        return no_update, t("intake.refused.column", column=t(f"line.{missing[0]}")), no_update
    twice = next((one for one in picked if one and picked.count(one) > 1), None)
    if twice is not None:
        return no_update, t("intake.refused.twice", column=twice), no_update
    return _check(wanted_of_file(desk(), upload, mode, fields), name)


@changes
def check_rules(clicks: int | None, name: str | None, *fields: Any) -> Begun:
    if not clicks:
        raise PreventUpdate
    here = desk()
    if dict(zip(view.RULES, map(bool, fields), strict=True)) == here.in_force():
        return no_update, words()("rules.same"), no_update
    return _check(wanted_rules(here, fields), name)


def _check(wanted: Wanted, name: str | None) -> Begun:
    here, t = desk(), words()
    job = asked.check(here.found.jobs, wanted, who(name))
    if not job.is_new:
        return no_update, t("intake.busy.check", job=job.id, who=job.who), no_update
    return job.id, "", state_of(here.found)["changed"]


@changes
def load_checked(clicks: int | None, number: int | None, name: str | None) -> Begun:
    """Queues what was checked, exactly: not what the form says by now."""
    if not clicks or number is None:
        raise PreventUpdate
    job = desk().found.jobs.get(number)
    if job is None or job.kind != CHECK or job.state != "done" or not job.request:
        raise InputError(words()("intake.refused.check"))
    wanted = replace(Wanted.of(job.request), data=Checked.of(job.result).data)
    return _load(wanted, name, words()(f"loads.why.{job.request['mode']}"))


def _load(wanted: Wanted, name: str | None, why: str) -> Begun:
    here, t = desk(), words()
    job = asked.load(here.found.jobs, wanted, who(name), why)
    if not job.is_new:
        return no_update, t("intake.busy.load", job=job.id, who=job.who), no_update
    said = "" if wanted.upload else t("intake.begun.load", job=job.id)  # a file has a place of its own for that
    return job.id, said, state_of(here.found)["changed"]


def reset_rules(clicks: int | None) -> list[bool]:
    """The switches as the environment has them; nothing is changed by that yet."""
    if not clicks:
        raise PreventUpdate
    standard = desk().of_environment()
    return [standard[rule] for rule in view.RULES]


@changes
def choose(clicks: list[int | None], discard: int | None, shown: str | None) -> tuple[Any, Any]:
    """Goes on with a file that waits, or forgets one; the list of those that wait is drawn anew."""
    here, t = desk(), words()
    if ctx.triggered_id == ids.Intake.DISCARD and discard and shown:
        action, upload = "forget", shown
    elif any(clicks) and isinstance(ctx.triggered_id, dict):
        action, upload = str(ctx.triggered_id["action"]), str(ctx.triggered_id["upload"])
    else:
        raise PreventUpdate
    if action == "open":
        return upload, no_update
    here.uploads.remove(upload)
    left = None if upload == shown else shown
    return left, drop_view.waiting(t, here.uploads.recent(), left)


def ask(clicks: list[int | None], name: str | None) -> tuple[Any, ...]:
    """Opens the dialog for the load clicked on."""
    if not any(clicks) or not isinstance(ctx.triggered_id, dict):
        raise PreventUpdate
    number = int(ctx.triggered_id["load"])
    load = next((one for one in desk().loads.history() if one.number == number), None)
    if load is None:
        raise PreventUpdate
    t = words()
    return True, number, t("loads.ask", load=number), history_view.asked(t, load, who(name)), "", ""


@changes
def answer(
    do: int | None, enter: int | None, number: int | None, reason: str | None, name: str | None
) -> tuple[Any, ...]:
    """Queues the undo, if there is a reason and it is still what an undo would take back."""
    if number is None or not (do or enter):
        raise PreventUpdate
    t, why = words(), line(reason, MOST_REASON)
    if len(why) < LEAST_REASON:
        return no_update, t("models.ask.reason.short", n=LEAST_REASON), *(no_update,) * 3
    if not any(one.number == number and one.can_undo for one in desk().loads.history()):
        return no_update, t("loads.ask.other"), *(no_update,) * 3
    return False, "", *_load(Wanted.of({"mode": "undo", "load": number}), name, why)


def register(app: dash.Dash) -> None:
    here = ids.Intake
    name, upload = State(ids.Models.NAME, "value"), Input(here.UPLOAD, "data")
    columns = [State(ids.column_select(one), "value") for one in view.COLUMNS]
    switches = {one: [ids.rule_switch(one, rule) for rule in view.RULES] for one in (FILE, IN_FORCE)}
    changed = Output(ids.CHANGED, "data", allow_duplicate=True)
    begin = {kind: Output(ids.begin(kind), "data", allow_duplicate=True) for kind in (CHECK, LOAD, TRAIN)}
    app.callback(
        Output(here.QUEUED, "data"),
        upload,
        Input(ids.CHANGED, "data"),
        Input(here.AGAIN, "n_clicks"),
        name,
    )(begin_look)
    # by way of a store of this page: other pages have no file to look at, and Dash reports what is not there
    app.callback(Output(ids.begin(LOOK), "data"), Input(here.QUEUED, "data"), prevent_initial_call=True)(hand_on)
    app.callback(
        begin[CHECK],
        Output(ids.place(FILE, "check-said"), "children"),
        changed,
        Input(ids.place(FILE, "check"), "n_clicks"),
        State(here.UPLOAD, "data"),
        name,
        State(here.MODE, "value"),
        *columns,
        *(State(one, "value") for one in switches[FILE]),
        prevent_initial_call=True,
    )(check_file)
    app.callback(
        begin[CHECK],
        Output(ids.place(IN_FORCE, "check-said"), "children"),
        changed,
        Input(ids.place(IN_FORCE, "check"), "n_clicks"),
        name,
        *(State(one, "value") for one in switches[IN_FORCE]),
        prevent_initial_call=True,
    )(check_rules)
    for place in (FILE, IN_FORCE):
        app.callback(
            begin[LOAD],
            Output(ids.place(place, "load-said"), "children"),
            changed,
            Input(ids.place(place, "load"), "n_clicks"),
            State(ids.place(place, "checked"), "data"),
            name,
            prevent_initial_call=True,
        )(load_checked)
    app.callback(
        *(Output(one, "value", allow_duplicate=True) for one in switches[IN_FORCE]),
        Input(here.RESET, "n_clicks"),
        prevent_initial_call=True,
    )(reset_rules)
    app.callback(
        Output(here.UPLOAD, "data"),
        Output(here.WAITING, "children", allow_duplicate=True),
        Input(ids.upload_button(ALL, ALL), "n_clicks"),
        Input(here.DISCARD, "n_clicks"),
        State(here.UPLOAD, "data"),
        prevent_initial_call=True,
    )(choose)
    app.callback(
        Output(here.ASK, "is_open"),
        Output(here.ASKED, "data"),
        Output(here.ASK_TITLE, "children"),
        Output(here.ASK_TEXT, "children"),
        Output(here.ASK_REASON, "value"),
        Output(here.ASK_ERROR, "children"),
        Input(ids.undo_button(ALL), "n_clicks"),
        name,
        prevent_initial_call=True,
    )(ask)
    app.callback(
        Output(here.ASK, "is_open", allow_duplicate=True),
        Output(here.ASK_ERROR, "children", allow_duplicate=True),
        begin[LOAD],
        Output(here.SAID, "children"),
        changed,
        Input(here.ASK_DO, "n_clicks"),
        Input(here.ASK_REASON, "n_submit"),
        State(here.ASKED, "data"),
        State(here.ASK_REASON, "value"),
        name,
        prevent_initial_call=True,
    )(answer)
    app.callback(
        Output(here.ASK, "is_open", allow_duplicate=True), Input(here.ASK_LEAVE, "n_clicks"), prevent_initial_call=True
    )(leave)
    app.callback(
        begin[TRAIN],
        Output(here.RETRAIN_SAID, "children"),
        Input(here.RETRAIN, "n_clicks"),
        name,
        prevent_initial_call=True,
    )(retrain)
