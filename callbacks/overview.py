"""Overview: reads the outlook of every measure for the period and segment chosen."""

from __future__ import annotations

from typing import Any

import dash
import numpy as np
from dash import ClientsideFunction, Input, Output

from callbacks.chosen import Chosen, chosen
from callbacks.segments import register_segments
from callbacks.services import words
from components import ids
from components.measures import MEASURES
from components.views import overview as view
from core.lifecycle import headline
from core.lifecycle.serving import forecast_table
from core.series.panel import Series

WEEKS, WEEKS_AHEAD = 26, 8
STRIP_DAYS = 14


def draw(ready: str | None, horizon: str | None, segment: str | None) -> Any:
    """The content of the page; ``horizon`` in days."""
    found = chosen(ready)
    days = int(horizon or 28)
    main = found.series(None, segment)
    cards = [
        measure_card(found, Series(measure, main.segment), days)
        for measure in MEASURES
        if Series(measure, main.segment) in found.known
    ]
    table = forecast_table(found.version, main)
    return view.content(
        words(),
        segment=main.segment,
        cards=cards,
        strip=table.head(STRIP_DAYS),
        manifest=found.generation.manifest,
        made=found.version.created_at[:10],
    )


def measure_card(found: Chosen, series: Series, days: int) -> view.MeasureCard:
    panel, table, model = found.panel, forecast_table(found.version, series), found.version.best(series)
    until = panel.until(found.version.origin)
    history = until[series]
    rows = found.backtest(series, model)
    ahead = table["mean"].to_numpy(dtype=np.float64)[: 7 * WEEKS_AHEAD]
    return view.MeasureCard(
        measure=series.measure,
        model=model,
        outlook=headline.outlook(table, until.days, history, days),
        error=headline.typical_error(rows, days),
        past=headline.weekly_totals(history, WEEKS).tolist(),
        ahead=headline.weekly_totals(ahead, WEEKS_AHEAD).tolist(),
    )


def register(app: dash.Dash) -> None:
    here = ids.Overview
    app.callback(
        Output(here.BODY, "children"),
        Input(ids.READY, "data"),
        Input(here.HORIZON, "value"),
        Input(here.SEGMENT, "value"),
    )(draw)
    register_segments(app, here.SEGMENT)
    app.clientside_callback(
        ClientsideFunction("tidemark", "overviewUrl"),
        Input(here.HORIZON, "value"),
        Input(here.SEGMENT, "value"),
    )
