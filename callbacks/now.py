"""What goes on now, for every open page once a second: a small answer beside Dash, so that idle pages cost next to
nothing; and the background callbacks that do jobs."""

from __future__ import annotations

import json
from typing import Any

import dash
from dash import Input, Output
from flask import Flask, Response
from sqlalchemy.exc import SQLAlchemyError

from callbacks.access import changes
from callbacks.services import Services, services
from components import ids
from core.intake.asked import CHECK, LOAD, LOOK
from core.lifecycle.bootstrap import MONITOR, TRAIN
from core.lifecycle.schedule import DAILY
from core.lifecycle.work import BACKTEST, POWER, REPLAY, TRIAL
from core.monitoring.shown import moves

PATH = "/_tidemark/now"
KINDS = (TRAIN, DAILY, MONITOR, TRIAL, POWER, REPLAY, BACKTEST, LOOK, CHECK, LOAD)
"""Jobs that a page can begin."""
NEWEST = 5
"""So many of the newest jobs are looked at for something that began or ended."""


def ready_of(found: Services) -> str | None:
    """Names the data and the champion in use; None until there are both."""
    generation, version = found.store.current(), found.registry.champion()
    return f"{generation.id} {version.id}" if generation is not None and version is not None else None


def state_of(found: Services) -> dict[str, Any]:
    """``ready``; ``jobs``: those that run or wait, with their progress; ``changed``: another text whenever a job began
    or ended, the audit got longer, or somebody or the monitoring did something about an alert."""
    active = found.jobs.active_jobs()
    told = [[job.id, job.state, round(job.progress, 3), job.message, job.cancel_requested] for job in active]
    states = {job.id: job.state for job in (*found.jobs.recent(NEWEST), *active)}
    told_of = [str(found.registry.moves()), moves(found.engine)]
    changed = " ".join([*told_of, *(f"{number}{state}" for number, state in sorted(states.items()))])
    return {"ready": ready_of(found), "jobs": told, "changed": changed}


def text_of(state: dict[str, Any]) -> str:
    """As the route answers and the page keeps it: compared letter by letter."""
    return json.dumps(state, ensure_ascii=False)


def register_route(server: Flask) -> None:
    """Adds the route; a database that does not answer now may do so in a second."""

    @server.get(PATH)
    def now() -> Response:
        try:
            answer = text_of(state_of(services()))
        except SQLAlchemyError:
            return Response("{}", 503, content_type="application/json")
        return Response(answer, headers={"Cache-Control": "no-store"}, content_type="application/json")


@changes
def begin(job_id: int | None) -> int | None:
    """Does a queued job in the process that Dash has started for it; the job table says how it ends."""
    if job_id is not None:
        import multiprocess

        from core.config import Config
        from core.lifecycle.work import work_in_this_process

        worker = multiprocess.parent_process()
        work_in_this_process(Config.from_env(), job_id, None if worker is None else worker.pid)
    return job_id


def register(app: dash.Dash) -> None:
    for kind in KINDS:  # each for itself: Dash ends what a callback does when it is called again
        app.callback(
            Output(ids.begun(kind), "data"),
            Input(ids.begin(kind), "data"),
            background=True,
            prevent_initial_call=True,
        )(begin)
