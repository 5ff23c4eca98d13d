"""Opening calendar: shows open and closed days, and keeps what somebody says of single ones."""

from __future__ import annotations

import datetime as dt
from typing import Any

import dash
from dash import ALL, ClientsideFunction, Input, Output, State, ctx, dcc, no_update
from dash.exceptions import PreventUpdate

from callbacks.access import changes
from callbacks.models_actions import who
from callbacks.now import state_of
from callbacks.services import Services, services, words
from components import ids
from components.export import MARK, plain_cell, safe_cell
from components.views import models_words as told
from components.views import opening as months_view
from components.views import opening_days as days_view
from core.errors import InputError
from core.lifecycle import audit
from core.lifecycle.audit import OPENING
from core.lifecycle.bootstrap import TRAIN
from core.lifecycle.opening import Changed, RefusedError, declare, opening, take_in
from core.series.overrides import read_declared, to_csv
from core.transactions.store import Generation

SHOWN_CHANGES = 20
SAYS: dict[str, bool | None] = {"open": True, "closed": False, "rule": None}
FILE = "calendar.csv"


def data_of() -> tuple[Services, Generation]:
    found = services()
    generation = found.store.current()
    if generation is None:
        raise PreventUpdate
    return found, generation


def draw(ready: str | None, _: str | None, view: str | None) -> tuple[Any, ...]:
    if not ready:
        raise PreventUpdate
    found, generation = data_of()
    t, version = words(), found.registry.champion()
    entries = audit.entries(found.engine, OPENING, SHOWN_CHANGES)
    try:
        now = opening(found.settings.core, generation, version)
    except InputError as error:  # somebody has written the file by hand
        head = told.line("exclamation-triangle-fill", str(error), role="alert")
        return head, True, None, None, days_view.changes(t, entries), *(no_update,) * 4
    first, last = now.first_day.isoformat(), now.final_day.isoformat()
    chosen = view if view in months_view.VIEWS else months_view.VIEWS[0]
    return (
        days_view.head(t, now, "" if version is None else version.id),
        not now.pending,
        months_view.months(t, now, chosen),
        days_view.by_hand(t, now),
        days_view.changes(t, entries),
        first,
        last,
        first,
        last,
    )


@changes
def save(
    clicks: int | None,
    first: str | None,
    last: str | None,
    state: str | None,
    remark: str | None,
    name: str | None,
) -> tuple[Any, Any, Any]:
    """Declares the days of the form; the last one may be left out for a single day. A remark is of one change only."""
    if not clicks:
        raise PreventUpdate
    span = _day(first), _day(last or first)
    if span[0] is None or span[1] is None or state not in SAYS:
        return words()("opening.refused.missing"), no_update, no_update
    said, changed = _declare((span[0], span[1]), state, remark, name)
    return said, changed, no_update if changed is no_update else ""


@changes
def take_back(clicks: list[int | None], name: str | None) -> tuple[Any, Any]:
    """The days of the row clicked on follow the rule again."""
    if not any(clicks) or not isinstance(ctx.triggered_id, dict):
        raise PreventUpdate
    first, last = (_day(ctx.triggered_id[end]) for end in ("first", "last"))
    if first is None or last is None:
        raise PreventUpdate
    return _declare((first, last), "rule", "", name)


def _declare(span: tuple[dt.date, dt.date], state: str, remark: str | None, name: str | None) -> tuple[Any, Any]:
    found, generation = data_of()
    core = found.settings.core
    return _answer(lambda: declare(core, found.engine, generation, span, SAYS[state], remark or "", who(name)), state)


@changes
def take_file(content: dict[str, Any] | None, name: str | None) -> tuple[Any, Any]:
    """Declares what a calendar file says; the browser has read it."""
    if not content:
        raise PreventUpdate
    found, generation = data_of()
    text, core = str(content.get("text", "")), found.settings.core
    return _answer(lambda: take_in(core, found.engine, generation, text, FILE, who(name), plain_cell), "file")


def _answer(do: Any, state: str) -> tuple[Any, Any]:
    """What happened in a sentence, and that something has changed, so that this page shows it at once."""
    t = words()
    try:
        changed: Changed = do()
    except RefusedError as error:
        return days_view.refused(t, error.code, error.values), no_update
    except InputError as error:
        return str(error), no_update
    return days_view.done(t, changed, state), state_of(services())["changed"]


def _day(text: str | None) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text or "")
    except ValueError:
        return None


def download(clicks: int | None) -> Any:
    """The calendar file, safe to open in a spreadsheet."""
    if not clicks:
        raise PreventUpdate
    days = read_declared(services().settings.core.calendar_file)
    return dcc.send_string(MARK + to_csv({day: one.with_texts(safe_cell) for day, one in days.items()}), FILE)


@changes
def retrain(clicks: int | None, name: str | None) -> tuple[Any, Any]:
    """Queues the usual training, which this browser then starts."""
    if not clicks:
        raise PreventUpdate
    t = words()
    job = services().jobs.start(TRAIN, who(name), "manual")
    if not job.is_new:
        return no_update, t("retrain.busy", job=job.id, who=job.who)
    return job.id, t("retrain.begun", job=job.id)


def register(app: dash.Dash) -> None:
    here = ids.Opening
    name = State(ids.Models.NAME, "value")
    app.callback(
        Output(here.HEAD, "children"),
        Output(here.RETRAIN_BOX, "hidden"),
        Output(here.MONTHS, "children"),
        Output(here.DAYS, "children"),
        Output(here.CHANGES, "children"),
        *(Output(field, end) for field in (here.FIRST, here.LAST) for end in ("min", "max")),
        Input(ids.READY, "data"),
        Input(ids.CHANGED, "data"),
        Input(here.VIEW, "value"),
    )(draw)
    changed = Output(ids.CHANGED, "data", allow_duplicate=True)
    app.callback(
        Output(here.SAID, "children"),
        changed,
        Output(here.REMARK, "value"),
        Input(here.SAVE, "n_clicks"),
        *(State(field, "value") for field in (here.FIRST, here.LAST, here.STATE, here.REMARK)),
        name,
        prevent_initial_call=True,
    )(save)
    said = Output(here.SAID, "children", allow_duplicate=True)
    app.callback(said, changed, Input(ids.back_button(ALL, ALL), "n_clicks"), name, prevent_initial_call=True)(
        take_back
    )
    app.callback(said, changed, Input(here.IMPORTED, "data"), name, prevent_initial_call=True)(take_file)
    app.callback(Output(here.DOWNLOAD, "data"), Input(here.EXPORT, "n_clicks"), prevent_initial_call=True)(download)
    app.callback(
        Output(ids.begin(TRAIN), "data", allow_duplicate=True),
        Output(here.RETRAIN_SAID, "children"),
        Input(here.RETRAIN, "n_clicks"),
        name,
        prevent_initial_call=True,
    )(retrain)
    app.clientside_callback(ClientsideFunction("tidemark", "modelsDrawn"), Input(here.DAYS, "children"))
    app.clientside_callback(
        ClientsideFunction("tidemark", "openingChosen"), Input(here.FIRST, "value"), Input(here.LAST, "value")
    )
