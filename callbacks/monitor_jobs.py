"""Monitor: what is worked out by jobs: a change tried, which changes would be found, retraining policies replayed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any, cast

import dash
from dash import ClientsideFunction, Input, Output, State, no_update
from dash.exceptions import PreventUpdate

from callbacks.access import changes
from callbacks.models_actions import who
from callbacks.monitor import watched
from callbacks.segments import register_measures
from callbacks.services import services, theme, words
from components import ids, states
from components.views import monitor_power as power_view
from components.views import monitor_replay as replay_view
from components.views import monitor_trial as trial_view
from components.views.monitor_made import stamp
from core.errors import InputError
from core.lifecycle.bootstrap import MONITOR
from core.lifecycle.work import POWER, REPLAY, TRIAL
from core.monitoring import replay_job, trial
from core.monitoring.injection import Kind, bounds
from core.monitoring.made import made_of

BEFORE_END = 60
"""A change begins so many days before the end of the data unless somebody says otherwise."""
NEWEST = 20


def newest(kind: str) -> Any | None:
    """The last job of a kind that has ended, without the failures of others: why they failed is said to who asked."""
    jobs, me = services().jobs, who(None)
    ended = (job for job in jobs.recent(NEWEST, kind) if not job.active)
    mine = next((job for job in ended if job.state == "done" or job.who == me), None)
    return mine or next(iter(jobs.recent(1, kind, "done")), None)


def answered(kind: str) -> tuple[Any | None, Any]:
    """The last job of a kind that has an answer, and of what that was made beside what there is now."""
    found, t = services(), words()
    done = next(iter(found.jobs.recent(1, kind, "done")), None)
    generation = found.store.current()
    if done is None or generation is None:
        return done, None
    return done, stamp(t, done, made_of(generation, found.registry.champion(), found.settings.core))


def running(kind: str) -> bool:
    return any(job.kind == kind for job in services().jobs.active_jobs())


def shown(kind: str, view: Callable[..., Any]) -> Any:
    """What a kind of job has found. How the last one ended without an answer is told to who asked for it, and only
    until the next one runs; while one does there is not nothing."""
    job, (done, made) = newest(kind), answered(kind)
    active = running(kind)
    if active or (job is not None and job.who != who(None)):
        job = done
    if active and job is None:
        return states.nothing(words(), words()("made.running"))
    return view(words(), theme(), job, done, made)


def draw_trial(_: str | None, __: Any) -> Any:
    return shown(TRIAL, trial_view.answer)


def draw_power(_: str | None, __: Any) -> Any:
    return shown(POWER, power_view.answer)


def draw_replay(_: str | None, __: Any) -> Any:
    return shown(REPLAY, replay_view.answer)


def say_other(_: str | None, kind: str | None, size: float | None, start: str | None) -> Any:
    """The answer shown is the last that anybody got: where the form asks for another change, that is said above it."""
    done = answered(TRIAL)[0]
    found = done.result if done is not None else None
    if not isinstance(found, Mapping) or not found or size is None or not start:
        return ""
    same = (found["kind"], round(100 * found["size"], 6), found["start"]) == (kind, round(size, 6), start)
    return "" if same else words()("trial.other", change=trial_view.what(words(), found))


def clear(kind: str, begun: str, busy: str) -> Callable[[str | None, str | None], Any]:
    """What is said of a job that was begun goes when it has ended; what was refused stays. ``begun``, ``busy``: keys of
    the texts."""

    def cleared(_: str | None, said: str | None) -> Any:
        job = newest(kind)
        if not said or running(kind) or job is None:
            return no_update
        told = (words()(begun, job=job.id), words()(busy, job=job.id, who=job.who))
        return "" if said in told else no_update

    return cleared


def register_clear(app: dash.Dash, said: str, kind: str, begun: str, busy: str) -> None:
    app.callback(
        Output(said, "children", allow_duplicate=True),
        Input(ids.CHANGED, "data"),
        State(said, "children"),
        prevent_initial_call=True,
    )(clear(kind, begun, busy))


def starts(manifest: Any) -> tuple[dt.date, dt.date]:
    """The first and the last day on which a change can begin."""
    first = manifest.first_day + dt.timedelta(days=trial.LEAST_BEFORE)
    return first, manifest.last_day - dt.timedelta(days=trial.LEAST_AFTER)


def fill_start(ready: str | None, start: str | None) -> tuple[Any, Any, Any]:
    """The first day of the change, and the days that are possible."""
    manifest = watched(ready).generation.manifest
    first, last = starts(manifest)
    usual = max(manifest.last_day - dt.timedelta(days=BEFORE_END), first)
    return start or usual.isoformat(), first.isoformat(), last.isoformat()


def fill_size(kind: str | None) -> int:
    return trial_view.STANDARD.get(kind or "", trial_view.STANDARD["level"])


def explain(kind: str | None) -> str:
    return words()(f"trial.help.{kind if kind in trial_view.KINDS else 'level'}")


@changes
def try_change(clicks: int | None, kind: str | None, size: float | None, start: str | None) -> tuple[Any, Any]:
    """Queues a trial, which this browser then starts; a request that cannot be is refused at once."""
    if not clicks:
        raise PreventUpdate
    t = words()
    if size is None or not start or kind not in trial_view.KINDS:
        return no_update, t("trial.incomplete")
    low, high = bounds(cast(Kind, kind))
    if not low < size / 100 <= high or not size:
        limits = {"size": t.number(size, 0 if size == int(size) else 1), "low": t.percent(low), "high": t.percent(high)}
        return no_update, t("trial.impossible", kind=t(f"trial.kind.{kind}"), **limits)
    try:
        asked = trial.Request.of({"kind": kind, "size": size / 100, "start": start})
    except InputError:
        return no_update, t("trial.incomplete")
    generation = services().store.current()
    if generation is not None:
        first, last = starts(generation.manifest)
        if not first <= asked.start <= last:
            return no_update, t("trial.error.start", first=t.date(first, "day"), last=t.date(last, "day"))
    job = services().jobs.start(TRIAL, who(None), "manual", asked.to_json())
    return (job.id, t("trial.begun")) if job.is_new else (no_update, t("trial.busy", job=job.id))


@changes
def find_out(clicks: int | None, kind: str | None) -> tuple[Any, Any]:
    """Queues the power curve of a kind of change, which this browser then starts."""
    if not clicks:
        raise PreventUpdate
    t = words()
    asked = {"kind": kind if kind in trial_view.KINDS else trial_view.KINDS[0]}
    job = services().jobs.start(POWER, who(None), "manual", asked)
    return (job.id, t("power.begun")) if job.is_new else (no_update, t("power.busy", job=job.id))


@changes
def replay(clicks: int | None, measure: str | None, every: int | None) -> tuple[Any, Any]:
    """Queues a replay, which this browser then starts."""
    if not clicks:
        raise PreventUpdate
    t = words()
    least, most = replay_job.EVERY
    if type(every) is not int or not least <= every <= most:  # the field gives None for what it does not take
        return no_update, t("replay.every.wrong", least=t.number(least), most=t.number(most))
    asked = replay_job.Request.of({"measure": measure, "every": every})
    job = services().jobs.start(REPLAY, who(None), "manual", asked.to_json())
    return (job.id, t("replay.begun")) if job.is_new else (no_update, t("replay.busy", job=job.id))


def register(app: dash.Dash) -> None:
    here = ids.Monitor
    changed, theme_now = Input(ids.CHANGED, "data"), Input(ids.THEME, "data")
    kind, size, start = Input(here.KIND, "value"), Input(here.SIZE, "value"), Input(here.START, "value")
    app.callback(Output(here.TRIAL, "children"), changed, theme_now)(draw_trial)
    app.callback(Output(here.TRIAL_OTHER, "children"), changed, kind, size, start)(say_other)
    app.callback(Output(here.POWER, "children"), changed, theme_now)(draw_power)
    app.callback(Output(here.REPLAYED, "children"), changed, theme_now)(draw_replay)
    app.callback(
        Output(here.START, "value"),
        Output(here.START, "min"),
        Output(here.START, "max"),
        Input(ids.READY, "data"),
        State(here.START, "value"),
    )(fill_start)
    app.callback(Output(here.SIZE, "value"), kind, prevent_initial_call=True)(fill_size)
    app.callback(Output(here.SIZE_HELP, "children"), kind)(explain)
    app.callback(
        Output(ids.begin(TRIAL), "data"),
        Output(here.TRY_SAID, "children"),
        Input(here.TRY, "n_clicks"),
        State(here.KIND, "value"),
        State(here.SIZE, "value"),
        State(here.START, "value"),
        prevent_initial_call=True,
    )(try_change)
    app.callback(
        Output(ids.begin(POWER), "data"),
        Output(here.POWER_SAID, "children"),
        Input(here.POWER_DO, "n_clicks"),
        State(here.KIND, "value"),
        prevent_initial_call=True,
    )(find_out)
    app.callback(
        Output(ids.begin(REPLAY), "data"),
        Output(here.REPLAY_SAID, "children"),
        Input(here.REPLAY, "n_clicks"),
        State(here.REPLAY_MEASURE, "value"),
        State(here.EVERY, "value"),
        prevent_initial_call=True,
    )(replay)
    register_clear(app, here.TRY_SAID, TRIAL, "trial.begun", "trial.busy")
    register_clear(app, here.POWER_SAID, POWER, "power.begun", "power.busy")
    register_clear(app, here.REPLAY_SAID, REPLAY, "replay.begun", "replay.busy")
    register_clear(app, here.LOOK_SAID, MONITOR, "monitor.look.begun", "monitor.look.busy")
    register_measures(app, here.REPLAY_MEASURE)
    app.clientside_callback(ClientsideFunction("tidemark", "monitorTrialUrl"), kind, size, start)
    app.clientside_callback(
        ClientsideFunction("tidemark", "monitorPoliciesUrl"),
        Input(here.REPLAY_MEASURE, "value"),
        Input(here.EVERY, "value"),
    )
