"""Monitor: what is worked out by jobs: a change tried, which changes would be found, retraining policies replayed."""

from __future__ import annotations

import datetime as dt
from typing import Any, cast

import dash
from dash import ClientsideFunction, Input, Output, State, no_update
from dash.exceptions import PreventUpdate

from callbacks.models_actions import who
from callbacks.monitor import watched
from callbacks.segments import register_measures
from callbacks.services import services, theme, words
from components import ids
from components.views import monitor_power as power_view
from components.views import monitor_replay as replay_view
from components.views import monitor_trial as trial_view
from components.views.monitor_made import stamp
from core.errors import InputError
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


def draw_trial(_: str | None, __: Any) -> Any:
    return trial_view.answer(words(), theme(), newest(TRIAL), *answered(TRIAL))


def draw_power(_: str | None, __: Any) -> Any:
    return power_view.answer(words(), theme(), newest(POWER), *answered(POWER))


def draw_replay(_: str | None, __: Any) -> Any:
    return replay_view.answer(words(), theme(), newest(REPLAY), *answered(REPLAY))


def fill_start(ready: str | None, start: str | None) -> tuple[Any, Any, Any]:
    """The first day of the change, and the days that are possible."""
    manifest = watched(ready).generation.manifest
    first = manifest.first_day + dt.timedelta(days=trial.LEAST_BEFORE)
    last = manifest.last_day - dt.timedelta(days=trial.LEAST_AFTER)
    usual = max(manifest.last_day - dt.timedelta(days=BEFORE_END), first)
    return start or usual.isoformat(), first.isoformat(), last.isoformat()


def fill_size(kind: str | None) -> int:
    return trial_view.STANDARD.get(kind or "", trial_view.STANDARD["level"])


def explain(kind: str | None) -> str:
    return words()(f"trial.help.{kind if kind in trial_view.KINDS else 'level'}")


def try_change(clicks: int | None, kind: str | None, size: float | None, start: str | None) -> tuple[Any, Any]:
    """Queues a trial, which this browser then starts; a request that cannot be is refused at once."""
    if not clicks:
        raise PreventUpdate
    t = words()
    if size is None or not start or kind not in trial_view.KINDS:
        return no_update, t("trial.incomplete")
    low, high = bounds(cast(Kind, kind))
    if not low < size / 100 <= high or not size:
        limits = {"size": t.number(size), "low": t.percent(low), "high": t.percent(high)}
        return no_update, t("trial.impossible", kind=t(f"trial.kind.{kind}"), **limits)
    try:
        asked = trial.Request.of({"kind": kind, "size": size / 100, "start": start})
    except InputError:
        return no_update, t("trial.incomplete")
    job = services().jobs.start(TRIAL, who(None), "manual", asked.to_json())
    return (job.id, t("trial.begun")) if job.is_new else (no_update, t("trial.busy", job=job.id))


def find_out(clicks: int | None, kind: str | None) -> tuple[Any, Any]:
    """Queues the power curve of a kind of change, which this browser then starts."""
    if not clicks:
        raise PreventUpdate
    t = words()
    asked = {"kind": kind if kind in trial_view.KINDS else trial_view.KINDS[0]}
    job = services().jobs.start(POWER, who(None), "manual", asked)
    return (job.id, t("power.begun")) if job.is_new else (no_update, t("power.busy", job=job.id))


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
    register_measures(app, here.REPLAY_MEASURE)
    app.clientside_callback(ClientsideFunction("tidemark", "monitorTrialUrl"), kind, size, start)
    app.clientside_callback(
        ClientsideFunction("tidemark", "monitorPoliciesUrl"),
        Input(here.REPLAY_MEASURE, "value"),
        Input(here.EVERY, "value"),
    )
