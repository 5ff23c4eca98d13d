"""Models: what somebody does on the page: train, cancel, put a version into use, change the schedule."""

from __future__ import annotations

import re
from typing import Any

import dash
from dash import ALL, Input, Output, State, ctx, no_update
from dash.exceptions import PreventUpdate
from flask import request

from callbacks.access import changes, person
from callbacks.models import data_measures, recipe_models
from callbacks.services import services, words
from components import ids
from components.views import models_ask as ask_view
from core.errors import InputError, TidemarkError
from core.lifecycle.audit import CHAMPION
from core.lifecycle.bootstrap import MONITOR, TRAIN
from core.lifecycle.overview import overview
from core.lifecycle.recipe import Request
from core.lifecycle.registry import ROLLED_BACK
from core.lifecycle.schedule import DAILY, Settings
from core.monitoring.shown import span

UNWRITTEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def who(name: str | None) -> str:
    """Who stands in the record: who has signed in, else the name given, else where the browser is."""
    signed_in = person()
    if signed_in is not None:
        return signed_in.name
    return line(name, ask_view.MOST_NAME) or f"browser at {request.remote_addr}"


def line(text: str | None, longest: int) -> str:
    """What somebody has typed, as one line without what a database refuses or a terminal obeys."""
    return " ".join(UNWRITTEN.sub(" ", text or "").split())[:longest]


@changes
def retrain(
    clicks: int | None,
    measures: list[str] | None,
    models: list[str] | None,
    window: str | None,
    reason: str | None,
    name: str | None,
) -> tuple[Any, Any]:
    """Queues a training, which this browser then starts; says so if one is there already."""
    if not clicks:
        raise PreventUpdate
    found, t = services(), words()
    if not measures or not models:
        return no_update, t("retrain.no_measures" if not measures else "retrain.no_models")
    asked = Request.of(
        {
            "measures": None if set(measures) >= set(data_measures(found)) else measures,
            "models": None if set(models) == set(recipe_models(found)) else models,
            "window": None if window in (None, "", "all") else days(window),
        }
    )
    why = line(reason, ask_view.MOST_REASON)
    job = found.jobs.start(TRAIN, who(name), f"manual: {why}" if why else "manual", asked.to_json() or None)
    if not job.is_new:
        return no_update, t("retrain.busy", job=job.id, who=job.who)
    return job.id, t("retrain.begun", job=job.id)


def days(text: Any) -> int | None:
    """A number of days from a field. Raises InputError for anything else."""
    if isinstance(text, str) and text.isascii() and text.isdigit() and len(text) < 7:
        return int(text)
    raise InputError(words()("retrain.bad_window"))


@changes
def cancel(clicks: list[int | None]) -> None:
    """Asks the job clicked on to stop; how far it is shows in the table of jobs."""
    if not any(clicks) or not isinstance(ctx.triggered_id, dict):
        raise PreventUpdate
    if not services().jobs.cancel(ctx.triggered_id["job"]):
        raise InputError(words()("models.job.ended"))


@changes
def ask(clicks: list[int | None], name: str | None) -> tuple[Any, ...]:
    """Opens the dialog for the version clicked on."""
    if not any(clicks) or not isinstance(ctx.triggered_id, dict):
        raise PreventUpdate
    found, t = services(), words()
    action, version = ctx.triggered_id["action"], ctx.triggered_id["version"]
    facts = next((one for one in overview(found.registry) if one.id == version), None)
    asked = {"action": action, "version": version, "instead": found.registry.aliases().get(CHAMPION)}
    return True, asked, ask_view.title(t, action, version), ask_view.text(t, facts, who(name)), "", ""


@changes
def answer(
    do: int | None, enter: int | None, asked: dict[str, str | None] | None, reason: str | None, name: str | None
) -> tuple[Any, Any, Any]:
    """Puts the version into use, if there is a reason and nobody was faster; else the dialog says what is wrong.

    A rollback was asked for by the version named on its button: that one it is, whatever came between.
    """
    if not asked or not (do or enter):
        raise PreventUpdate
    found, t, why = services(), words(), line(reason, ask_view.MOST_REASON)
    if len(why) < ask_view.LEAST_REASON:
        return no_update, t("models.ask.reason.short", n=ask_view.LEAST_REASON), no_update
    version = str(asked["version"])
    try:
        back = ROLLED_BACK if asked["action"] == "rollback" else None
        done = found.registry.promote(version, who(name), why, back, replacing=asked["instead"])
    except TidemarkError as error:
        return no_update, str(error), no_update
    if not done:
        return no_update, t("models.ask.other", version=found.registry.aliases().get(CHAMPION)), no_update
    return False, "", t("models.ask.done", version=version)


@changes
def look_anew(said: str | None) -> Any:
    """A version that has just come into use and has not seen the newest days gets its history, begun by this browser:
    until then Monitor has little to show of it."""
    found = services()
    generation, version = found.store.current(), found.registry.champion()
    if not said or generation is None or version is None:
        raise PreventUpdate
    done = span(found.engine, version.id)
    if done is not None and done.last >= generation.manifest.last_day:
        raise PreventUpdate
    job = found.jobs.start(MONITOR, who(None), "manual")
    return job.id if job.is_new else no_update


def leave(clicks: int | None) -> Any:
    return False if clicks else no_update


@changes
def save(
    clicks: int | None,
    daily_on: bool | None,
    daily_at: str | None,
    every_on: bool | None,
    every: int | None,
    on_drift: bool | None,
    on_loss: bool | None,
    name: str | None,
) -> Any:
    """Keeps the schedule of the form. Raises InputError for what cannot be."""
    if not clicks:
        raise PreventUpdate
    found, t = services(), words()
    if daily_on and not daily_at:
        return t("schedule.no_time")
    if every_on and every is None:
        return t("schedule.no_days")
    values = {
        "daily_at": daily_at[:5] if daily_on and daily_at else None,
        "every_days": every if every_on else None,
        "on_drift": on_drift,
        "on_loss": on_loss,
    }
    settings = Settings.read(values)
    if found.schedule.settings() == (settings, True):
        return t("schedule.same")
    found.schedule.change(settings, who(name), t("schedule.saved.reason"))
    return t("schedule.saved")


@changes
def reset(clicks: int | None, name: str | None) -> Any:
    """Back to the settings of the environment."""
    if not clicks:
        raise PreventUpdate
    found, t = services(), words()
    if not found.schedule.settings()[1]:
        return t("schedule.same")
    found.schedule.change(None, who(name), t("schedule.reset.reason"))
    return t("schedule.reset.done")


@changes
def run_daily(clicks: int | None, name: str | None) -> tuple[Any, Any]:
    """Queues the daily run, which this browser then starts."""
    if not clicks:
        raise PreventUpdate
    t = words()
    job = services().jobs.start(DAILY, who(name), "manual")
    if not job.is_new:
        return no_update, t("schedule.busy", job=job.id, who=job.who)
    return job.id, t("schedule.begun", job=job.id)


def register(app: dash.Dash) -> None:
    here = ids.Models
    name = State(here.NAME, "value")
    said = Output(here.SCHEDULE_SAID, "children", allow_duplicate=True)
    app.callback(
        Output(ids.begin(TRAIN), "data"),
        Output(here.RETRAIN_SAID, "children"),
        Input(here.RETRAIN, "n_clicks"),
        *(State(one, "value") for one in (here.MEASURES, here.RECIPE, here.WINDOW, here.REASON)),
        name,
        prevent_initial_call=True,
    )(retrain)
    app.callback(Input(ids.cancel_button(ALL), "n_clicks"), prevent_initial_call=True)(cancel)
    app.callback(
        Output(here.ASK, "is_open"),
        Output(here.ASKED, "data"),
        Output(here.ASK_TITLE, "children"),
        Output(here.ASK_TEXT, "children"),
        Output(here.ASK_REASON, "value"),
        Output(here.ASK_ERROR, "children"),
        Input(ids.version_button(ALL, ALL), "n_clicks"),
        name,
        prevent_initial_call=True,
    )(ask)
    app.callback(
        Output(here.ASK, "is_open", allow_duplicate=True),
        Output(here.ASK_ERROR, "children", allow_duplicate=True),
        Output(here.SAID, "children"),
        Input(here.ASK_DO, "n_clicks"),
        Input(here.ASK_REASON, "n_submit"),
        State(here.ASKED, "data"),
        State(here.ASK_REASON, "value"),
        name,
        prevent_initial_call=True,
    )(answer)
    app.callback(
        Output(ids.begin(MONITOR), "data", allow_duplicate=True),
        Input(here.SAID, "children"),
        prevent_initial_call=True,
    )(look_anew)
    app.callback(
        Output(here.ASK, "is_open", allow_duplicate=True),
        Input(here.ASK_LEAVE, "n_clicks"),
        prevent_initial_call=True,
    )(leave)
    app.callback(
        Output(here.SCHEDULE_SAID, "children"),
        Input(here.SAVE, "n_clicks"),
        *(
            State(one, "value")
            for one in (here.DAILY_ON, here.DAILY_AT, here.EVERY_ON, here.EVERY, here.DRIFT, here.LOSS)
        ),
        name,
        prevent_initial_call=True,
    )(save)
    app.callback(said, Input(here.RESET, "n_clicks"), name, prevent_initial_call=True)(reset)
    app.callback(Output(ids.begin(DAILY), "data"), said, Input(here.RUN, "n_clicks"), name, prevent_initial_call=True)(
        run_daily
    )
