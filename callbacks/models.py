"""Models: what the page shows of versions, jobs, schedule and audit; every look reads the tables anew."""

from __future__ import annotations

from typing import Any

import dash
from dash import ALL, ClientsideFunction, Input, Output, State, ctx, dcc, no_update
from dash.exceptions import PreventUpdate

from callbacks.segments import register_measures
from callbacks.services import Services, services, theme, words
from components import ids
from components.views import models_audit as audit_view
from components.views import models_head as head_view
from components.views import models_jobs as jobs_view
from components.views import models_retrain as retrain_view
from components.views import models_schedule as schedule_view
from components.views import models_versions as versions_view
from components.views.models_versus import pair_of, versus
from core.lifecycle import audit
from core.lifecycle.bootstrap import TRAIN
from core.lifecycle.overview import Facts, overview
from core.lifecycle.recipe import Recipe
from core.lifecycle.schedule import DAILY
from core.models.catalogue import MODEL_NAMES
from core.series.panel import MEASURES
from core.state.tables import now

SHOWN_JOBS, SHOWN_AUDIT = 20, 50


def known(ready: str | None) -> tuple[Services, list[Facts], str]:
    """The services, every version, and the id of the one that serves; nothing before the first forecast."""
    found = services()
    serving = found.registry.champion()
    if not ready or serving is None:
        raise PreventUpdate
    return found, overview(found.registry), serving.id


def draw_head(ready: str | None, _: str | None) -> Any:
    found, versions, serving = known(ready)
    return head_view.head(words(), serving, versions, [str(one) for one in found.registry.problems()])


def draw_job(_: str | None, shown: str | None) -> tuple[Any, Any, Any]:
    """What runs now, once a second; the buttons only when there are others, so that they keep the focus."""
    found, t = services(), words()
    running = found.jobs.active_jobs()
    buttons = " ".join(f"{job.id}{job.cancel_requested}" for job in running)
    last = next((job for job in found.jobs.recent(2, TRAIN) if not job.active), None)
    card = head_view.job_card(t, running, last, now())
    return (card, no_update, no_update) if buttons == shown else (card, head_view.job_actions(t, running), buttons)


def data_measures(found: Services) -> list[str]:
    """What the newest data can give, in the usual order."""
    generation = found.store.current()
    there = set() if generation is None else {series.measure for series in generation.panel().series}
    return [measure for measure in MEASURES if measure in there]


def recipe_models(found: Services) -> list[str]:
    """What a training run fits unless asked otherwise."""
    return list(found.settings.core.models or Recipe.models)


def fill(ready: str | None, measures: list[str] | None, models: list[str] | None) -> tuple[Any, ...]:
    """What there is to tick; at first all of it that a usual training has."""
    if not ready:
        raise PreventUpdate
    found, t = services(), words()
    there = data_measures(found)
    return (
        retrain_view.measure_options(t, there),
        there if measures is None else [one for one in there if one in measures],
        retrain_view.model_options(t, MODEL_NAMES),
        recipe_models(found) if models is None else no_update,
    )


def draw_versions(ready: str | None, _: str | None) -> Any:
    found, versions, serving = known(ready)
    return versions_view.versions_table(words(), versions, serving, found.registry.previous(), now())


def download_versions(clicks: int | None, ready: str | None) -> Any:
    if not clicks:
        return no_update
    _, versions, serving = known(ready)
    return dcc.send_string(versions_view.versions_csv(versions, serving), "tidemark_versions.csv")


def draw_versus(ready: str | None, _: str | None, measure: str | None, __: str | None) -> Any:
    _, versions, serving = known(ready)
    return versus(words(), theme(), pair_of(versions, serving), serving, measure or MEASURES[0])


def draw_schedule(_: str | None, shown: dict[str, Any] | None) -> tuple[Any, ...]:
    """What holds now; the fields change only when the settings did, so that nobody's typing is lost."""
    found, t = services(), words()
    settings, chosen = found.schedule.settings()
    last = next((job for job in found.jobs.recent(2, DAILY) if not job.active), None)
    told = schedule_view.where_from(t, settings, chosen, found.schedule.next_time(now()))
    values = settings.to_json()
    fields: tuple[Any, ...] = (no_update,) * 7
    if values != shown:
        fields = (
            settings.daily_at is not None,
            settings.daily_at or schedule_view.STANDARD_AT,
            settings.every_days is not None,
            settings.every_days or schedule_view.STANDARD_DAYS,
            settings.on_drift,
            settings.on_loss,
            values,
        )
    return told, schedule_view.last_daily(t, last), *fields


def job_number(shown: str | None) -> int | None:
    """The job whose log is open; anything else in the address is none."""
    return int(shown) if isinstance(shown, str) and shown.isascii() and shown.isdigit() and len(shown) < 10 else None


def draw_jobs(_: str | None, shown: str | None) -> Any:
    return jobs_view.jobs_table(words(), services().jobs.recent(SHOWN_JOBS), job_number(shown))


def draw_log(shown: str | None, _: str | None) -> Any:
    number, jobs = job_number(shown), services().jobs
    return None if number is None else jobs_view.job_log(words(), jobs.get(number), number, jobs.log(number))


def choose_log(clicks: list[int | None], shown: str | None) -> Any:
    """Opens the log of the job clicked on; a second click closes it."""
    if not any(clicks) or not isinstance(ctx.triggered_id, dict):
        return no_update
    chosen = str(ctx.triggered_id["job"])
    return "" if chosen == shown else chosen


def draw_audit(_: str | None) -> Any:
    return audit_view.audit_table(words(), audit.entries(services().engine, limit=SHOWN_AUDIT))


def download_audit(clicks: int | None) -> Any:
    if not clicks:
        return no_update
    return dcc.send_string(audit_view.audit_csv(audit.entries(services().engine)), "tidemark_audit.csv")


def register(app: dash.Dash) -> None:
    here = ids.Models
    ready, changed, now_told = Input(ids.READY, "data"), Input(ids.CHANGED, "data"), Input(ids.NOW, "data")
    measure, log_of = Input(here.MEASURE, "value"), Input(here.LOG_OF, "data")
    app.callback(Output(here.BODY, "children"), ready, changed)(draw_head)
    app.callback(
        Output(here.JOB, "children"),
        Output(here.JOB_ACTIONS, "children"),
        Output(here.JOB_SHOWN, "data"),
        now_told,
        State(here.JOB_SHOWN, "data"),
    )(draw_job)
    app.callback(
        Output(here.MEASURES, "options"),
        Output(here.MEASURES, "value"),
        Output(here.RECIPE, "options"),
        Output(here.RECIPE, "value"),
        ready,
        State(here.MEASURES, "value"),
        State(here.RECIPE, "value"),
    )(fill)
    app.callback(Output(here.VERSIONS, "children"), ready, changed)(draw_versions)
    app.callback(
        Output(here.DOWNLOAD, "data"),
        Input(here.CSV, "n_clicks"),
        State(ids.READY, "data"),
        prevent_initial_call=True,
    )(download_versions)
    app.callback(Output(here.VERSUS, "children"), ready, changed, measure, Input(ids.THEME, "data"))(draw_versus)
    app.callback(
        Output(here.SCHEDULE, "children"),
        Output(here.LAST_DAILY, "children"),
        *(
            Output(field, "value")
            for field in (here.DAILY_ON, here.DAILY_AT, here.EVERY_ON, here.EVERY, here.DRIFT, here.LOSS)
        ),
        Output(here.SCHEDULE_KNOWN, "data"),
        changed,
        State(here.SCHEDULE_KNOWN, "data"),
    )(draw_schedule)
    app.callback(Output(here.JOBS, "children"), changed, log_of)(draw_jobs)
    app.callback(Output(here.LOG, "children"), log_of, now_told)(draw_log)
    app.callback(
        Output(here.LOG_OF, "data"),
        Input(ids.log_button(ALL), "n_clicks"),
        State(here.LOG_OF, "data"),
        prevent_initial_call=True,
    )(choose_log)
    app.callback(Output(here.AUDIT, "children"), changed)(draw_audit)
    app.callback(Output(here.AUDIT_DOWNLOAD, "data"), Input(here.AUDIT_CSV, "n_clicks"), prevent_initial_call=True)(
        download_audit
    )
    register_measures(app, here.MEASURE)
    app.clientside_callback(ClientsideFunction("tidemark", "modelsUrl"), measure, log_of)
    for table in (here.VERSIONS, here.JOBS):
        app.clientside_callback(ClientsideFunction("tidemark", "modelsDrawn"), Input(table, "children"))
