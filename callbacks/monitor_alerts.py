"""Monitor, the alerts: as bars in time, as a table, one of them closely, and the silences that hold."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import dash
from dash import ALL, ClientsideFunction, Input, Output, State, ctx, dcc, no_update

from callbacks.monitor import Watched, watched
from callbacks.services import theme, words
from components import ids
from components.views import monitor_alert as one_view
from components.views import monitor_alerts as view
from components.views.monitor_timeline import timeline
from core.errors import InputError
from core.monitoring.alerting import Alert
from core.monitoring.silences import silenced, together


def number_of(text: str | None) -> int | None:
    """The alert that the address names; anything else is none."""
    return int(text) if isinstance(text, str) and text.isascii() and text.isdigit() and len(text) < 10 else None


def lived(one: Watched, wanted: str | None, show: str | None = None) -> tuple[list[Alert], dt.date, dt.date]:
    """The alerts of a while, oldest first, with its first and last day: up to today where data stopped coming."""
    first, last = one.days(wanted)
    opened = one.alerts.open()
    last = max([last, *(alert.last_day for alert in opened)])
    found = one.alerts.timeline(first, last)
    return [alert for alert in found if show != "open" or alert.state == "open"], first, last


def draw_timeline(ready: str | None, wanted: str | None, show: str | None, _: Any, __: Any) -> Any:
    alerts, first, last = lived(watched(ready), wanted, show)
    return timeline(words(), theme(), alerts, first, last)


def draw_alerts(
    ready: str | None, wanted: str | None, show: str | None, sort: str | None, shown: str | None, _: Any
) -> Any:
    alerts = lived(watched(ready), wanted, show)[0]
    return view.alerts_table(words(), alerts, number_of(shown), sort)


def draw_alert(ready: str | None, shown: str | None, _: Any) -> Any:
    number, one, t = number_of(shown), watched(ready), words()
    if number is None:
        return None
    try:
        alert = one.alerts.get(number)
    except InputError:
        return one_view.missing(t, number)
    quiet = silenced(alert, one.alerts.silences())
    return one_view.alert_card(t, alert, one.alerts.events(number), quiet)


def draw_silences(ready: str | None, _: Any) -> Any:
    return view.silences_table(words(), together(watched(ready).alerts.silences()))


def choose(clicks: list[int | None], shown: str | None) -> Any:
    """Opens the alert clicked on; a second click closes it."""
    if not any(clicks) or not isinstance(ctx.triggered_id, dict):
        return no_update
    chosen = str(ctx.triggered_id["alert"])
    return "" if chosen == shown else chosen


def choose_bar(click: dict[str, Sequence[dict[str, Any]]] | None) -> Any:
    """Opens the alert whose bar was clicked on."""
    points = (click or {}).get("points") or [{}]
    about = points[0].get("customdata")
    return str(int(about[0])) if about else no_update


def choose_sort(clicks: list[int | None], current: str | None) -> Any:
    if not any(clicks) or not isinstance(ctx.triggered_id, dict):
        return no_update
    return view.next_sort(current, str(ctx.triggered_id["column"]))


def download(clicks: int | None, ready: str | None, wanted: str | None, show: str | None, sort: str | None) -> Any:
    """What the table shows, in its order."""
    if not clicks:
        return no_update
    alerts = lived(watched(ready), wanted, show)[0]
    return dcc.send_string(view.alerts_csv(view.ordered(alerts, sort)), "tidemark_alerts.csv")


def register(app: dash.Dash) -> None:
    here = ids.Monitor
    ready, stamp = Input(ids.READY, "data"), Input(here.STAMP, "data")
    wanted, show, sort = (
        Input(ids.monitor_range("alerts"), "value"),
        Input(here.SHOW, "value"),
        Input(here.SORT, "data"),
    )
    shown = Input(here.ALERT, "data")
    app.callback(
        Output(here.TIMELINE, "children"), ready, wanted, show, stamp, Input(ids.THEME, "data")
    )(draw_timeline)  # fmt: skip
    app.callback(Output(here.ALERTS, "children"), ready, wanted, show, sort, shown, stamp)(draw_alerts)
    app.callback(Output(here.CHOSEN, "children"), ready, shown, stamp)(draw_alert)
    app.callback(Output(here.SILENCES, "children"), ready, stamp)(draw_silences)
    app.callback(
        Output(here.ALERT, "data"),
        Input(ids.alert_button("show", ALL, ALL), "n_clicks"),
        State(here.ALERT, "data"),
        prevent_initial_call=True,
    )(choose)
    app.callback(
        Output(here.ALERT, "data", allow_duplicate=True),
        Input(ids.graph("timeline"), "clickData"),
        prevent_initial_call=True,
    )(choose_bar)
    app.callback(
        Output(here.SORT, "data"),
        Input(ids.alert_sort(ALL), "n_clicks"),
        State(here.SORT, "data"),
        prevent_initial_call=True,
    )(choose_sort)
    app.callback(
        Output(here.DOWNLOAD, "data"),
        Input(here.CSV, "n_clicks"),
        State(ids.READY, "data"),
        State(ids.monitor_range("alerts"), "value"),
        State(here.SHOW, "value"),
        State(here.SORT, "data"),
        prevent_initial_call=True,
    )(download)
    app.clientside_callback(ClientsideFunction("tidemark", "monitorAlertsUrl"), wanted, show, shown, sort)
    app.clientside_callback(
        ClientsideFunction("tidemark", "monitorChosen"), Input(here.CHOSEN, "children"), State(here.ALERT, "data")
    )
    app.clientside_callback(ClientsideFunction("tidemark", "compareSorted"), Input(here.ALERTS, "children"))
    app.clientside_callback(ClientsideFunction("tidemark", "modelsDrawn"), Input(here.ALERTS, "children"))
