"""Monitor: compares the last 30 days with the reference; reads nothing else."""

from __future__ import annotations

import json
from typing import Any

import dash
from dash import ALL, ClientsideFunction, Input, Output, ctx, no_update

from callbacks.chosen import Chosen, chosen
from callbacks.services import theme, words
from components import ids, states
from components.views import monitor as view
from core.errors import NotReadyError
from core.lifecycle.version import DRIFT
from core.monitoring.drift import DriftReport, drift_report


def report_of(found: Chosen) -> DriftReport:
    """As of the training of the version in use, stored with it: reading a million lines is no work for a page.

    Raises NotReadyError while the data are too short to compare.
    """
    version = found.version
    if DRIFT not in version.manifest["files"]:
        return drift_report(found.generation, calendar=version.calendar())
    return version.keep(DRIFT, lambda: DriftReport.from_json(json.loads(version.read(DRIFT))))


def draw(ready: str | None, feature: str | None) -> Any:
    t = words()
    try:
        report = report_of(chosen(ready))
    except NotReadyError as error:
        return states.nothing(t, str(error))
    return view.content(t, report, view.shown_feature(report, feature))


def draw_detail(ready: str | None, feature: str | None, _: str | None) -> Any:
    try:
        report = report_of(chosen(ready))
    except NotReadyError:
        return None
    return view.detail(words(), theme(), report, view.shown_feature(report, feature))


def choose(clicks: list[int | None]) -> Any:
    """The feature clicked on."""
    return ctx.triggered_id["feature"] if any(clicks) and isinstance(ctx.triggered_id, dict) else no_update


def register(app: dash.Dash) -> None:
    here = ids.Monitor
    ready, feature = Input(ids.READY, "data"), Input(here.FEATURE, "data")
    app.callback(Output(here.BODY, "children"), ready, feature)(draw)
    app.callback(Output(here.DETAIL, "children"), ready, feature, Input(ids.THEME, "data"))(draw_detail)
    app.callback(
        Output(here.FEATURE, "data"),
        Input({"type": "feature", "feature": ALL}, "n_clicks"),
        prevent_initial_call=True,
    )(choose)
    app.clientside_callback(ClientsideFunction("tidemark", "monitorUrl"), feature)
