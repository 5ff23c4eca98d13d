"""Monitor: what all its tabs share: what is watched, the state of health, jobs that run, and the tab that is shown."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import dash
from dash import ClientsideFunction, Input, Output, State, no_update
from dash.exceptions import PreventUpdate

from callbacks.access import changes
from callbacks.models_actions import who
from callbacks.services import Services, services, words
from components import ids
from components.views import models_head as jobs_view
from components.views import monitor_head as view
from components.views.monitor_panels import STANDARD_RANGE, TABS, panel
from core.lifecycle.bootstrap import MONITOR
from core.lifecycle.schedule import DAILY
from core.lifecycle.work import POWER, REPLAY, TRIAL
from core.monitoring.alerts import Alerts
from core.monitoring.shown import Span, span
from core.state.tables import now

if TYPE_CHECKING:
    from core.lifecycle.version import Version
    from core.transactions.store import Generation

JOBS = (MONITOR, DAILY, REPLAY, TRIAL, POWER)
"""Jobs whose progress the page shows."""


@dataclass(frozen=True, slots=True)
class Watched:
    """The newest data, as the version in use sees them."""

    services: Services
    generation: Generation
    version: Version

    @property
    def alerts(self) -> Alerts:
        return alerts_of(self.services)

    @property
    def history(self) -> Span | None:
        return span(self.services.engine, self.version.id)

    @property
    def budget(self) -> float:
        """False alarms a year."""
        return float(self.services.settings.core.false_alarms)

    @property
    def line(self) -> float:
        """The PSI line of the settings."""
        return float(self.services.settings.core.psi_line)

    def days(self, wanted: str | None, last: dt.date | None = None) -> tuple[dt.date, dt.date]:
        """First and last day of a range preset, as far as there are data."""
        manifest = self.generation.manifest
        last = last or manifest.last_day
        wanted = wanted or STANDARD_RANGE
        if wanted == "all":
            return manifest.first_day, last
        return max(last - dt.timedelta(days=int(wanted) - 1), manifest.first_day), last


def alerts_of(found: Services) -> Alerts:
    return Alerts(found.engine, found.settings.core.outlets)


def watched(ready: str | None) -> Watched:
    """Raises PreventUpdate as long as there is no first forecast."""
    found = services()
    generation, version = found.store.current(), found.registry.champion()
    if not ready or generation is None or version is None:
        raise PreventUpdate
    return Watched(found, generation, version)


def draw(ready: str | None, _: str | None) -> tuple[Any, bool, Any]:
    """How things are; whether there is nothing to look at, and what the button says that begins a look."""
    one, t = watched(ready), words()
    done, opened, last_day = one.history, one.alerts.open(), one.generation.manifest.last_day
    label = view.look_label(t, done)
    if done is None:
        return view.without_history(t, opened), False, label
    return view.head(t, opened, done, one.version.id, one.budget, last_day), last_day <= done.last, label


def draw_job(_: str | None, shown: str | None) -> tuple[Any, Any, Any]:
    """What runs now, once a second, nothing when there is none; the buttons that cancel only when there are others, so
    that they keep the focus."""
    t, running = words(), [job for job in services().jobs.active_jobs() if job.kind in JOBS]
    buttons = " ".join(f"{job.id}{job.cancel_requested}" for job in running)
    card = jobs_view.running_jobs(t, running, now()) if running else None
    return (card, no_update, no_update) if buttons == shown else (card, jobs_view.job_actions(t, running), buttons)


def draw_panel(view: dict[str, Any] | None) -> Any:
    return no_update if not view else panel(words(), view)


@changes
def look(clicks: int | None) -> tuple[Any, Any]:
    """Queues a look at the history, which this browser then starts."""
    if not clicks:
        raise PreventUpdate
    t = words()
    job = services().jobs.start(MONITOR, who(None), "manual")
    if not job.is_new:
        return no_update, t("monitor.look.busy", job=job.id, who=job.who)
    return job.id, t("monitor.look.begun", job=job.id)


def register(app: dash.Dash) -> None:
    here = ids.Monitor
    app.clientside_callback(
        ClientsideFunction("tidemark", "monitorStamp"),
        Output(here.STAMP, "data"),
        Input(ids.CHANGED, "data"),
        Input(here.DONE, "data"),
        State(here.STAMP, "data"),
    )
    app.callback(
        Output(here.BODY, "children"),
        Output(here.LOOK_BOX, "hidden"),
        Output(here.LOOK, "children"),
        Input(ids.READY, "data"),
        Input(here.STAMP, "data"),
    )(draw)
    app.callback(
        Output(here.JOB, "children"),
        Output(here.JOB_ACTIONS, "children"),
        Output(here.JOB_SHOWN, "data"),
        Input(ids.NOW, "data"),
        State(here.JOB_SHOWN, "data"),
    )(draw_job)
    app.clientside_callback(
        ClientsideFunction("tidemark", "monitorTab"),
        Output(here.TAB, "data"),
        Output(here.VIEW, "data"),
        *(Input(ids.tab(one), "n_clicks") for one in TABS),
        State(here.TAB, "data"),
        prevent_initial_call=True,
    )
    app.clientside_callback(ClientsideFunction("tidemark", "monitorUrl"), Input(here.TAB, "data"))
    app.clientside_callback(
        ClientsideFunction("tidemark", "tabInSight"), Input(here.TAB, "data"), Input(ids.tab(TABS[0]), "id")
    )
    app.callback(Output(here.PANEL, "children"), Input(here.VIEW, "data"), prevent_initial_call=True)(draw_panel)
    app.callback(
        Output(ids.begin(MONITOR), "data"),
        Output(here.LOOK_SAID, "children"),
        Input(here.LOOK, "n_clicks"),
        prevent_initial_call=True,
    )(look)
