"""Forecast: what is on the screen as files: CSV, workbook, calendar."""

from __future__ import annotations

import datetime as dt
from typing import Any

import dash
from dash import Input, Output, State, ctx, dcc
from dash.exceptions import PreventUpdate

from callbacks.chosen import Chosen, chosen
from callbacks.forecast import last_year, level_of, model_of
from callbacks.forecast_scenarios import comparison
from callbacks.services import words
from components import export, ics, ids, workbook
from components.views.forecast_whatif import Row
from components.words import Words
from core.lifecycle.serving import forecast_table
from core.series.panel import Series

ENDINGS = {ids.Forecast.CSV: "csv", ids.Forecast.XLSX: "xlsx", ids.Forecast.ICS: "ics"}


def download(
    _: int | None,
    __: int | None,
    ___: int | None,
    ready: str | None,
    measure: str | None,
    segment: str | None,
    horizon: int | None,
    model: str | None,
    level: str | None,
    texts: list[str] | None,
) -> Any:
    """The file whose button was pressed."""
    ending = ENDINGS.get(str(ctx.triggered_id))
    if not ending or not ctx.triggered[0]["value"] or not horizon:
        raise PreventUpdate
    found = chosen(ready)
    series = found.series(measure, segment)
    name = export.file_name(series.measure, series.segment, horizon, found.version.origin, ending)
    content = file_of(ending, found, series, horizon, model_of(found, series, model), level_of(level), texts)
    return dcc.send_bytes(content, name)


def file_of(
    ending: str, found: Chosen, series: Series, horizon: int, model: str, level: int, texts: list[str] | None
) -> bytes:
    t = words()
    table = forecast_table(found.version, series, model).head(horizon)
    if ending == "ics":
        planned = ics.entries(t, table, series.measure, series.segment, level)
        title = t("ics.name", measure=t.measure(series.measure), segment=t.segment(series.segment, inside=True))
        made = dt.datetime.fromisoformat(found.version.created_at)
        return ics.calendar(planned, title, made, str(series))
    rows, _ = comparison(t, found, series, model, horizon, level, texts)
    if ending == "csv":
        others = [(row.name, row.frame) for row in rows[1:]]
        text = export.forecast_csv(table, series.measure, series.segment, model, found.version.id, others)
        return text.encode()
    before = last_year(found, series, table).tolist()
    notes = notes_of(t, found, series, model, level, rows)
    return workbook.workbook(workbook.forecast_sheets(t, table, before, rows, level, notes))


def notes_of(t: Words, found: Chosen, series: Series, model: str, level: int, rows: list[Row]) -> list[Any]:
    """What the workbook is about, in pairs."""
    total = rows[0]
    held = t("forecast.total.interval", low=t.about(total.low), high=t.about(total.high), level=t.percent(level / 100))
    about = [
        (t("control.measure"), t.measure(series.measure)),
        (t("control.segment"), t.segment(series.segment)),
        (t("control.model"), t.model(model)),
        (t("xlsx.version"), found.version.id),
        (t("xlsx.origin"), found.version.origin),
        (t("table.total"), total.total),
        (t("xlsx.total.interval"), held),
        (t("xlsx.how"), t("forecast.total.how")),
    ]
    return [*about, *([(t("xlsx.scenarios"), f"{t('whatif.assumed')} {t('whatif.order')}")] if len(rows) > 1 else [])]


def register(app: dash.Dash) -> None:
    here = ids.Forecast
    names = (here.MEASURE, here.SEGMENT, here.HORIZON, here.MODEL, here.LEVEL)
    app.callback(
        Output(here.DOWNLOAD, "data"),
        *(Input(button, "n_clicks") for button in ENDINGS),
        State(ids.READY, "data"),
        *(State(name, "value") for name in names),
        State(here.SCENARIOS, "data"),
        prevent_initial_call=True,
    )(download)
