"""Monitor: what somebody does about an alert: acknowledge, resolve, silence; and ending a silence."""

from __future__ import annotations

import datetime as dt
from typing import Any

import dash
from dash import ALL, Input, Output, State, ctx, no_update
from dash.exceptions import PreventUpdate

from callbacks.access import changes
from callbacks.models_actions import line, who
from callbacks.monitor import alerts_of
from callbacks.now import state_of
from callbacks.services import services, words
from components import ids
from components.views import monitor_ask as view
from components.views.models_ask import MOST_REASON
from components.views.monitor_alerts import silences_about
from components.words import Words
from core.errors import TidemarkError
from core.monitoring.alerts import Alerts, ChangedError
from core.monitoring.silences import LEAST_REASON, Silence, replaced, together
from core.state.tables import now

ACTIONS = ("acknowledge", "resolve", "silence", "end")


@changes
def ask(_: list[list[int | None]], name: str | None) -> tuple[Any, ...]:
    """Opens the dialog for the button clicked on; it also hears of buttons that were only drawn, in another area than
    the one that was clicked on before."""
    if not isinstance(ctx.triggered_id, dict) or not ctx.triggered[0]["value"]:
        raise PreventUpdate
    t, alerts = words(), alerts_of(services())
    action, number = str(ctx.triggered_id["action"]), int(ctx.triggered_id["alert"])
    if action == "end":
        held = next((one for one in together(alerts.silences()) if one[0].id == number), None)
        about = "" if held is None else silences_about(t, held)
    else:
        about = view.about(t, alerts.get(number))
    # as it is seen now: what happens to it while the question is open makes the answer one to another question
    asked = {"action": action, "number": number, **({} if action == "end" else {"seen": alerts.mark(number)})}
    return (
        True, asked, view.title(t, action, number), view.text(t, action, about, who(name)), action != "silence", "", "",
        view.USUAL_UNTIL, view.SCOPES[0],
    )  # fmt: skip


@changes
def answer(
    do: int | None,
    enter: int | None,
    asked: dict[str, Any] | None,
    note: str | None,
    days: str | None,
    scope: str | None,
    name: str | None,
) -> tuple[Any, ...]:
    """Does what was asked, and says so; else the dialog says what is wrong."""
    if not asked or not (do or enter):
        raise PreventUpdate
    t, action, number = words(), str(asked["action"]), int(asked["number"])
    text = line(note, MOST_REASON)
    if action == "silence" and len(text) < LEAST_REASON:
        return no_update, t("silence.reason.short", n=LEAST_REASON), no_update, no_update
    try:
        said = _do(alerts_of(services()), asked, text, days, scope, who(name))
    except ChangedError:
        return no_update, t("alert.changed", alert=number), no_update, no_update
    except TidemarkError as error:
        return no_update, _refused(alerts_of(services()), action, number) or str(error), no_update, no_update
    return False, "", said, state_of(services())["changed"]


def _refused(alerts: Alerts, action: str, number: int) -> str | None:
    """Why not, where somebody else was faster, in the words of the page; None for any other reason."""
    t = words()
    if action == "end":
        return None if any(one.id == number for one in alerts.silences()) else t("alert.refused.silence", n=number)
    try:
        alert = alerts.get(number)
    except TidemarkError:
        return t("alert.missing", alert=number)
    if action != "silence" and alert.state != "open":
        return t("alert.refused.over", alert=number)
    if action == "acknowledge" and alert.acknowledged_by is not None:
        return t("alert.refused.acknowledged", alert=number, who=alert.acknowledged_by)
    return None


def _do(alerts: Alerts, asked: dict[str, Any], text: str, days: str | None, scope: str | None, name: str) -> str:
    t, action, number = words(), str(asked["action"]), int(asked["number"])
    seen = None if asked.get("seen") is None else int(asked["seen"])
    if action == "acknowledge":
        alerts.acknowledge(number, name, text, seen)
    elif action == "resolve":
        alerts.resolve(number, name, text, seen)
    elif action == "end":
        alerts.end_together(number, name)
    else:
        until = now() + dt.timedelta(days=int(days) if days in view.UNTIL else int(view.UNTIL[0]))
        before = alerts.silences()
        held = alerts.silence_alert(number, until, name, text, of_kind=scope == "kind", seen=seen)
        return _silenced(t, number, before, held)
    return t(f"alert.done.{action}", alert=number)


def _silenced(t: Words, number: int, before: list[Silence], held: list[Silence]) -> str:
    """Until when, whether that is anything new, and in whose place it comes."""
    until = t.time(min(one.until for one in held))
    if all(one in before for one in held):
        return t("alert.done.silence.held", alert=number, until=until)
    gone = replaced(before, held)
    told = [t("alert.done.silence", alert=number, until=until)]
    if gone:
        who = ", ".join(dict.fromkeys(f"{one.who} ({t.time(one.until)})" for one in gone))
        told.append(t("alert.done.silence.replaced", who=who))
    return " ".join(told)


def leave(clicks: int | None) -> Any:
    return False if clicks else no_update


def register(app: dash.Dash) -> None:
    here = ids.Monitor
    name = State(ids.Models.NAME, "value")
    app.callback(
        Output(here.ASK, "is_open"),
        Output(here.ASKED, "data"),
        Output(here.ASK_TITLE, "children"),
        Output(here.ASK_TEXT, "children"),
        Output(here.ASK_SILENCE, "hidden"),
        Output(here.ASK_NOTE, "value"),
        Output(here.ASK_ERROR, "children"),
        Output(here.ASK_UNTIL, "value"),
        Output(here.ASK_SCOPE, "value"),
        inputs=[[Input(ids.alert_button(one, ALL, ALL), "n_clicks") for one in ACTIONS], name],
        prevent_initial_call=True,
    )(ask)
    app.callback(
        Output(here.ASK, "is_open", allow_duplicate=True),
        Output(here.ASK_ERROR, "children", allow_duplicate=True),
        Output(here.SAID, "children"),
        Output(here.DONE, "data"),
        Input(here.ASK_DO, "n_clicks"),
        Input(here.ASK_NOTE, "n_submit"),
        State(here.ASKED, "data"),
        State(here.ASK_NOTE, "value"),
        State(here.ASK_UNTIL, "value"),
        State(here.ASK_SCOPE, "value"),
        name,
        prevent_initial_call=True,
    )(answer)
    app.callback(
        Output(here.ASK, "is_open", allow_duplicate=True),
        Input(here.ASK_LEAVE, "n_clicks"),
        prevent_initial_call=True,
    )(leave)
