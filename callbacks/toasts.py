"""Toasts: every open page says once how a job ended, whoever began it."""

from __future__ import annotations

from typing import Any

import dash
from dash import ClientsideFunction, Input, Output, Patch, State, no_update, set_props

from callbacks.now import ready_of
from callbacks.services import Services, services, words
from components import ids, toasts
from core.lifecycle.jobs import Job

NEWEST = 20
SILENT = ("merge", "look", "check")
"""Kinds that run with every posted batch, or that somebody waits for on the page: only what goes wrong is said."""


def known_of(found: Services) -> dict[str, Any]:
    """What a page knows of the jobs: those that run or wait, and the number of the newest."""
    return _known(_jobs(found, []))


def tell(_: str | None, known: dict[str, Any] | None) -> tuple[Any, Any]:
    """New toasts, which the live region says as well, and what the page knows from now on. Until there is a first
    forecast the frame itself says how the preparation goes."""
    found, t = services(), words()
    jobs = _jobs(found, known["active"] if known else [])
    news = _ended(jobs, known) if known and ready_of(found) else []
    if not news:
        return no_update, _known(jobs)
    set_props(ids.LIVE, {"children": " ".join(toasts.sentence(t, job) for job in news)})
    shown = Patch()
    shown.extend([toasts.job_toast(t, job) for job in news])
    return shown, _known(jobs)


def _jobs(found: Services, numbers: list[int]) -> list[Job]:
    """Those that run or wait, the newest, and those with these numbers; oldest first."""
    jobs = {job.id: job for job in (*found.jobs.active_jobs(), *found.jobs.recent(NEWEST))}
    others = (found.jobs.get(number) for number in numbers if number not in jobs)
    return sorted([*jobs.values(), *(job for job in others if job is not None)], key=lambda job: job.id)


def _known(jobs: list[Job]) -> dict[str, Any]:
    return {"active": [job.id for job in jobs if job.active], "newest": max((job.id for job in jobs), default=0)}


def _ended(jobs: list[Job], known: dict[str, Any]) -> list[Job]:
    """The jobs that have ended since a page knew of so much."""
    news = [job for job in jobs if not job.active and (job.id > known["newest"] or job.id in known["active"])]
    return [job for job in news if job.state != "done" or job.kind not in SILENT]


def register(app: dash.Dash) -> None:
    app.callback(
        Output(ids.TOASTS, "children"),
        Output(ids.TOASTS_KNOWN, "data"),
        Input(ids.CHANGED, "data"),
        State(ids.TOASTS_KNOWN, "data"),
        prevent_initial_call=True,
    )(tell)
    app.clientside_callback(ClientsideFunction("tidemark", "toasts"), Input(ids.TOASTS, "children"))
