"""Forecast: reads the stored forecast of the series and horizon chosen; writes the download and the request."""

from __future__ import annotations

import json
import shlex
from typing import Any

import dash
import pandas as pd
from dash import ClientsideFunction, Input, Output, State, dcc, no_update
from dash.exceptions import PreventUpdate
from flask import request

from callbacks.chosen import chosen
from callbacks.segments import register_measures, register_segments
from callbacks.services import theme, words
from components import export, ids
from components.views import forecast as view
from core.lifecycle import headline
from core.lifecycle.serving import forecast_table

LEAST_HISTORY, MOST_HISTORY = 56, 182
"""Days of history before the forecast: twice the horizon within these bounds."""


def draw(ready: str | None, measure: str | None, segment: str | None, horizon: int | None, _: str | None) -> Any:
    """Chart, sentence and table."""
    found = chosen(ready)
    if not horizon:
        raise PreventUpdate  # an unfinished number in the field
    series = found.series(measure, segment)
    until = found.panel.until(found.version.origin)
    table = forecast_table(found.version, series)
    shown = min(max(2 * horizon, LEAST_HISTORY), MOST_HISTORY, until.n_days)
    history = pd.DataFrame({"date": until.days[-shown:], "value": until[series][-shown:]})
    history["open"] = found.version.calendar().is_open(until.days[-shown:])
    model = found.version.best(series)
    rows = found.backtest(series, model)
    return view.content(
        words(),
        theme(),
        measure=series.measure,
        segment=series.segment,
        model=model,
        history=history,
        forecast=table.head(horizon),
        outlook=headline.outlook(table, until.days, until[series], horizon),
        error=headline.typical_error(rows, horizon),
    )


def curl(ready: str | None, measure: str | None, segment: str | None, horizon: int | None) -> str:
    """The same forecast over HTTP, ready to paste into a shell."""
    series = chosen(ready).series(measure, segment)
    if not horizon:
        raise PreventUpdate
    body = json.dumps({"horizon": horizon, "measure": series.measure, "segment": series.segment}, ensure_ascii=False)
    return f"curl {request.host_url}predict \\\n  -H 'Content-Type: application/json' \\\n  -d {shlex.quote(body)}"


def download(
    clicks: int | None, ready: str | None, measure: str | None, segment: str | None, horizon: int | None
) -> Any:
    """The forecast shown as a CSV file."""
    if not clicks or not horizon:
        return no_update
    found = chosen(ready)
    series = found.series(measure, segment)
    table = forecast_table(found.version, series).head(horizon)
    text = export.forecast_csv(table, series.measure, series.segment, found.version.best(series), found.version.id)
    return dcc.send_string(text, export.file_name(series.measure, series.segment, horizon, found.version.origin))


def register(app: dash.Dash) -> None:
    here = ids.Forecast
    view_of = [Input(here.MEASURE, "value"), Input(here.SEGMENT, "value"), Input(here.HORIZON, "value")]
    app.callback(Output(here.BODY, "children"), Input(ids.READY, "data"), *view_of, Input(ids.THEME, "data"))(draw)
    app.callback(Output(here.CURL, "children"), Input(ids.READY, "data"), *view_of)(curl)
    app.callback(
        Output(here.DOWNLOAD, "data"),
        Input(here.CSV, "n_clicks"),
        State(ids.READY, "data"),
        State(here.MEASURE, "value"),
        State(here.SEGMENT, "value"),
        State(here.HORIZON, "value"),
        prevent_initial_call=True,
    )(download)
    register_measures(app, here.MEASURE)
    register_segments(app, here.SEGMENT)
    app.clientside_callback(
        ClientsideFunction("tidemark", "horizon"),
        Output(here.HORIZON, "value"),
        Output(here.PRESET, "value"),
        Input(here.PRESET, "value"),
        Input(here.HORIZON, "value"),
        prevent_initial_call=True,
    )
    app.clientside_callback(ClientsideFunction("tidemark", "forecastUrl"), *view_of)
