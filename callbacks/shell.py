"""The frame: is there a forecast yet, how old is everything; theme, menu and announcements in the browser."""

from __future__ import annotations

from typing import Any

import dash
from dash import ClientsideFunction, Input, Output, State, no_update

from callbacks.now import ready_of
from callbacks.services import Services, first_run_job, services, words
from components import ids, shell, states
from components.views.monitor_head import alarming
from components.words import Words
from core.monitoring.alerts import Alerts
from core.monitoring.shown import span


def gate_of(found: Services, t: Words) -> Any:
    """What stands instead of a page: how far the preparation is, or why it failed; nothing once there is a forecast."""
    if ready_of(found):
        return None
    job = first_run_job(found)
    if job is not None and job.state in ("failed", "cancelled", "interrupted"):
        return states.failed(t, job)
    return states.preparing(t, job)


def freshness_of(found: Services, t: Words) -> Any:
    generation, version = found.store.current(), found.registry.champion()
    if generation is None or version is None:
        return None
    running = next(iter(found.jobs.active_jobs()), None)
    drift = shell.drift(t, alarming(Alerts(found.engine).open()), looked=span(found.engine, version.id) is not None)
    return shell.freshness(t, generation.manifest.last_day, version.created_at[:10], version.id, drift, running)


def look(_: str | None, known: str | None) -> tuple[Any, ...]:
    """Whenever something has changed: the state of things; a new forecast redraws the page shown."""
    found, t = services(), words()
    ready = ready_of(found)
    return gate_of(found, t), ready is None, ready if ready != known else no_update, freshness_of(found, t)


def register(app: dash.Dash) -> None:
    app.clientside_callback(
        ClientsideFunction("tidemark", "look"),
        Output(ids.NOW, "data"),
        Output(ids.CHANGED, "data"),
        Input(ids.POLL, "n_intervals"),
        State(ids.NOW, "data"),
        State(ids.CHANGED, "data"),
    )
    app.callback(
        Output(ids.GATE, "children"),
        Output(ids.PAGE, "hidden"),
        Output(ids.READY, "data"),
        Output(ids.FRESHNESS, "children"),
        Input(ids.NOW, "data"),
        State(ids.READY, "data"),
        prevent_initial_call=True,
    )(look)
    app.clientside_callback(
        ClientsideFunction("tidemark", "switchTheme"),
        Output(ids.THEME, "data"),
        Input(ids.THEME_SWITCH, "n_clicks"),
        prevent_initial_call=True,
    )
    app.clientside_callback(
        ClientsideFunction("tidemark", "menu"),
        Output(ids.NAV, "className"),
        Input(ids.NAV_TOGGLE, "n_clicks"),
        Input(ids.LOCATION, "pathname"),
    )
    app.clientside_callback(
        ClientsideFunction("tidemark", "heard"), Input(ids.LOCATION, "pathname"), Input(ids.LOCATION, "search")
    )
