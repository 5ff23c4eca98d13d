"""Data: what its tabs share: which one is shown, and the jobs that run."""

from __future__ import annotations

from typing import Any

import dash
from dash import ClientsideFunction, Input, Output, State, no_update

from callbacks.services import services, words
from components import ids
from components.views import models_head as jobs_view
from core.state.tables import now

TABS = ("load", "calendar")


def draw_job(_: str | None, shown: str | None) -> tuple[Any, Any, Any]:
    """What runs now, once a second; the buttons only when there are others, so that they keep the focus."""
    t, running = words(), services().jobs.active_jobs()
    buttons = " ".join(f"{job.id}{job.cancel_requested}" for job in running)
    card = jobs_view.running_jobs(t, running, now()) if running else None
    return (card, no_update, no_update) if buttons == shown else (card, jobs_view.job_actions(t, running), buttons)


def register(app: dash.Dash) -> None:
    here = ids.Data
    app.callback(
        Output(here.JOB, "children"),
        Output(here.JOB_ACTIONS, "children"),
        Output(here.JOB_SHOWN, "data"),
        Input(ids.NOW, "data"),
        State(here.JOB_SHOWN, "data"),
    )(draw_job)
    app.clientside_callback(
        ClientsideFunction("tidemark", "dataTab"),
        Output(here.TAB, "data"),
        *(Input(ids.data_tab(one), "n_clicks") for one in TABS),
        prevent_initial_call=True,
    )
