"""What is said in the corner: an error at once, the end of a job with where to look."""

from __future__ import annotations

from typing import Any

import dash_bootstrap_components as dbc
from dash import dcc, html

from components import ids
from components.icons import icon
from components.views import models_words as said
from components.views.models_jobs import result
from components.words import MISSING, Words

PLACES = {
    "prepare": "/explore",
    "load": "/data",
    "backtest": "/compare",
    "train": "/lifecycle",
    "daily": "/lifecycle",
    "monitor": "/monitor",
    "trial": "/monitor?tab=try",
    "power": "/monitor?tab=try",
    "replay": "/monitor?tab=policies",
}
"""Where the result of a kind of job stands; of others, as of all that went wrong, the log is shown."""

UNNAMED = ("prepare", "load")
"""Kinds whose result is the name of a generation, which means nothing to a reader."""


def corner(t: Words) -> html.Div:
    return html.Div(
        [
            html.Div([], id=ids.TOASTS, className="tm-toasts-jobs"),
            dbc.Toast(
                html.Span(id=ids.TOAST_TEXT),
                id=ids.TOAST,
                header=t("error.title"),
                is_open=False,
                dismissable=True,
                duration=12_000,
                class_name="tm-toast",
            ),
        ],
        className="tm-toasts",
    )


def sentence(t: Words, job: Any) -> str:
    """How a job ended, in one sentence: 'Training (job 12): done – v3, came into use'. ``job``: core's Job."""
    found = MISSING if job.state == "done" and job.kind in UNNAMED else result(t, job)
    values = {"kind": said.kind_name(t, job.kind), "job": job.id}
    if job.state in ("done", "failed") and found != MISSING:
        return t(f"toast.{job.state}.what", what=found, **values)
    return t(f"toast.{job.state}", **values)


def job_toast(t: Words, job: Any) -> html.Div:
    """The end of a job. One that went well goes by itself (assets/toasts.js); others stay until they are closed."""
    symbol, kind = said.STATES[job.state]
    log = f"/lifecycle?job={job.id}"
    place = PLACES.get(job.kind, log) if job.state == "done" else log
    return html.Div(
        [
            icon(symbol),
            html.Div(
                [
                    html.P(sentence(t, job)),
                    dcc.Link(t("toast.log" if place == log else "toast.result"), href=place),
                ]
            ),
            html.Button(
                icon("x-lg"),
                type="button",
                className="btn btn-sm tm-icon-button",
                **{"aria-label": t("toast.close"), "data-dismiss": "toast"},
            ),
        ],
        className=f"tm-toast-job tm-toast-{kind}",
        **{"data-goes": "true" if job.state == "done" else "false"},
    )
