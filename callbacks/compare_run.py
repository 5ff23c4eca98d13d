"""Compare: which backtest is shown, the form that asks for a new one, and how it is getting on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import dash
from dash import Input, Output, State, no_update
from dash.exceptions import PreventUpdate

from callbacks.access import changes
from callbacks.chosen import chosen
from callbacks.compare_tested import backtests, on_tab, run_of, shown_of
from callbacks.models import data_measures, recipe_models
from callbacks.models_actions import days, who
from callbacks.services import services, words
from components import ids
from components.views import compare_run as view
from components.views import models_head as jobs_view
from core.evaluation.pool import cores
from core.lifecycle import backtests as kept_as
from core.lifecycle.backtest_job import MOST_ROWS, Request
from core.lifecycle.work import BACKTEST
from core.models.catalogue import MODEL_NAMES
from core.state.tables import now

LEAST_SECONDS = 5.0
"""A process has to be started."""


def follow(
    ready: str | None, _: str | None, run: str | None, source: str | None, options: list[dict[str, str]] | None
) -> tuple[Any, Any]:
    """What the page shows, another text when there is a better part of the backtest chosen; and what there is to
    choose. Asked every second while a job runs."""
    version, t = chosen(ready).version, words()
    kept = backtests(services())
    text = " ".join([ready or "", kept.stamp(run or "")]).strip()
    active = services().jobs.active(BACKTEST)
    known = view.options(t, version.id, kept.manifests(), kept_as.run_of(active.id) if active else "")
    return no_update if text == source else text, no_update if known == options else known


def say(source: str | None, _: str | None, run: str | None) -> Any:
    """What is shown instead of the version's own test, or will be."""
    own, found = shown_of(source)
    active = services().jobs.active(BACKTEST)
    goes_on = active is not None and kept_as.run_of(active.id) == run
    manifest = None if found is own or run_of(source) != run else found.version.manifest
    waiting = "" if run == view.OWN else run or ""
    return view.banner(words(), manifest, own.version.id, waiting, goes_on)


def draw_job(_: str | None, shown: str | None) -> tuple[Any, Any, Any]:
    """How far it is, every second; the button that cancels only when there is another, so that it keeps the focus."""
    t, job = words(), services().jobs.active(BACKTEST)
    running = [job] if job is not None else []
    buttons = " ".join(f"{one.id}{one.cancel_requested}" for one in running)
    card = jobs_view.running_jobs(t, running, now()) if running else None
    return (card, no_update, no_update) if buttons == shown else (card, jobs_view.job_actions(t, running), buttons)


def fill_form(
    ready: str | None, models: list[str] | None, measures: list[str] | None, segments: list[str] | None, measure: str
) -> tuple[Any, ...]:
    """What there is to tick, at first what a training has, and the measure of the page; a choice stays."""
    found, t = chosen(ready), words()
    every = (list(MODEL_NAMES), data_measures(found.services), found.segments)
    usual = (recipe_models(found.services), [one for one in every[1] if one == measure] or every[1][:1], every[2])
    ticked = (models, measures, segments)
    values = [
        first if some is None else [one for one in known if one in some]
        for known, first, some in zip(every, usual, ticked, strict=True)
    ]
    named = [view.choices(t, known, kind) for known, kind in zip(every, ("model", "measure", "segment"), strict=True)]
    return tuple(part for pair in zip(named, values, strict=True) for part in pair)


def estimate(
    ready: str | None,
    models: list[str] | None,
    measures: list[str] | None,
    segments: list[str] | None,
    folds: int | None,
) -> str:
    """How long the backtest of the form may take, from what the version's own took: all series are forecast, whichever
    are asked for."""
    version = chosen(ready).version
    notes, tested = version.manifest["models"], version.manifest.get("folds") or ()
    if not models or not measures or not segments or type(folds) is not int or not tested:
        return ""
    taken = [notes.get(name, {}).get("backtest_seconds") for name in alone(models, notes)]
    if any(one is None for one in taken):
        return view.guess(words(), None)
    return view.guess(words(), max(sum(taken) * folds / len(tested) / cores(), LEAST_SECONDS))


def alone(models: Sequence[str], notes: Any) -> list[str]:
    """Without those whose time is in that of a combination which is asked for too."""
    inside = {member for name in models for member in notes.get(name, {}).get("members") or ()}
    return [name for name in models if name not in inside]


@changes
def ask(
    clicks: int | None,
    models: list[str] | None,
    measures: list[str] | None,
    segments: list[str] | None,
    folds: int | None,
    step: int | None,
    horizon: int | None,
    window: str | None,
) -> tuple[Any, Any, Any]:
    """Queues a backtest, which this browser then starts and the page shows; what cannot be is refused in words."""
    if not clicks:
        raise PreventUpdate
    t = words()
    for value, missing in ((models, "models"), (measures, "measures"), (segments, "segments")):
        if not value:
            return no_update, t(f"backtest.no.{missing}"), no_update
    numbers = {"folds": folds, "step": step, "horizon": horizon}
    for name, (least, most) in view.BOUNDS.items():
        value = numbers[name]  # the field gives None for what it does not take
        if type(value) is not int or not least <= value <= most:
            wrong = {"field": t(f"backtest.{name}"), "least": t.number(least), "most": t.number(most)}
            return no_update, t("backtest.wrong", **wrong), no_update
    size = len(models or ()) * len(measures or ()) * len(segments or ()) * (folds or 0) * (horizon or 0)
    if size > MOST_ROWS:
        return no_update, t("backtest.too_many", n=t.number(size), most=t.number(MOST_ROWS)), no_update
    window_days = None if window in (None, "", "all") else days(window)
    asked = Request.of({"models": models, "measures": measures, "segments": segments, **numbers, "window": window_days})
    job = services().jobs.start(BACKTEST, who(None), "manual", asked.to_json())
    if not job.is_new:
        return no_update, t("backtest.busy", job=job.id, who=job.who), kept_as.run_of(job.id)
    return job.id, t("backtest.begun", job=job.id), kept_as.run_of(job.id)


def last_words(_: str | None, said: str | None) -> Any:
    """What is said of a job that was begun goes when it has ended, or becomes why it did not end well."""
    t, job = words(), next(iter(services().jobs.recent(1, BACKTEST)), None)
    if not said or job is None or job.active or said != t("backtest.begun", job=job.id):
        return no_update
    if job.state == "done":
        return ""
    return t("backtest.cancelled") if job.state == "cancelled" else t("backtest.failed", why=job.error or "")


def register(app: dash.Dash) -> None:
    here = ids.Compare
    ready, run = Input(ids.READY, "data"), Input(here.RUN, "value")
    changed, ticking = Input(ids.CHANGED, "data"), Input(ids.NOW, "data")
    app.callback(
        Output(here.SOURCE, "data"),
        Output(here.RUN, "options"),
        ready,
        ticking,
        run,
        State(here.SOURCE, "data"),
        State(here.RUN, "options"),
    )(follow)
    app.callback(Output(here.RUNS, "children"), Input(here.SOURCE, "data"), changed, run)(say)
    app.callback(
        Output(here.JOB, "children"),
        Output(here.JOB_ACTIONS, "children"),
        Output(here.JOB_SHOWN, "data"),
        ticking,
        State(here.JOB_SHOWN, "data"),
    )(draw_job)
    ticks = (here.ASK_MODELS, here.ASK_MEASURES, here.ASK_SEGMENTS)
    app.callback(
        *(Output(one, kind) for one in ticks for kind in ("options", "value")),
        ready,
        *(State(one, "value") for one in ticks),
        State(here.MEASURE, "value"),
    )(fill_form)
    app.callback(
        Output(here.GUESS, "children"),
        Input(here.TAB, "data"),
        ready,
        *(Input(one, "value") for one in (*ticks, here.ASK_FOLDS)),
    )(on_tab("run", estimate))
    numbers = (here.ASK_FOLDS, here.ASK_STEP, here.ASK_HORIZON, here.ASK_WINDOW)
    app.callback(
        Output(ids.begin(BACKTEST), "data"),
        Output(here.SAID, "children"),
        Output(here.RUN, "value"),
        Input(here.ASK, "n_clicks"),
        *(State(one, "value") for one in (*ticks, *numbers)),
        prevent_initial_call=True,
    )(ask)
    app.callback(
        Output(here.SAID, "children", allow_duplicate=True),
        changed,
        State(here.SAID, "children"),
        prevent_initial_call=True,
    )(last_words)
