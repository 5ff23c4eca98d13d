"""Overview: reads the outlook of every measure for the period and segment chosen, and what is to be done."""

from __future__ import annotations

import datetime as dt
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
from components.views import overview_next as next_view
from components.views.monitor_head import alarming
from core.lifecycle import headline
from core.lifecycle.audit import CHALLENGER
from core.lifecycle.next_steps import closures, next_steps, stopped
from core.lifecycle.serving import forecast_table
from core.lifecycle.totals import period_total
from core.monitoring.alerts import Alerts
from core.monitoring.shown import span
from core.series.panel import Series

WEEKS, WEEKS_AHEAD = 26, 8
STRIP_DAYS = 14
LEVEL = 80
"""Percent: how sure the intervals of totals are."""


def draw(ready: str | None, horizon: str | None, segment: str | None, _: str | None = None) -> Any:
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
        version=found.version.id,
        todo=todo(found, cards[0]),
    )


def todo(found: Chosen, card: view.MeasureCard) -> list[Any]:
    """The cards of what to do next and of the alarms; the newest data, even where no version has learnt from them."""
    t, engine, registry = words(), found.services.engine, found.services.registry
    opened = Alerts(engine).open()
    alarms, waits = alarming(opened), registry.aliases().get(CHALLENGER)
    newest = found.services.store.current() or found.generation
    last_day, today = newest.manifest.last_day, dt.date.today()
    steps = next_steps(
        card.outlook,
        last_day,
        today,
        origin=found.version.origin,
        old=stopped(last_day, today, found.version.calendar()),
        alarms=alarms,
        challenger=waits if waits != found.version.id else None,
    )
    looked = span(engine, found.version.id) is not None
    return [
        next_view.steps_card(t, steps, card.measure),
        next_view.alarms_card(t, alarms, len(opened) - len(alarms), looked),
    ]


def measure_card(found: Chosen, series: Series, days: int) -> view.MeasureCard:
    panel, table, model = found.panel, forecast_table(found.version, series), found.version.best(series)
    until = panel.until(found.version.origin)
    history = until[series]
    rows = found.backtest(series, model)
    ahead = table["mean"].to_numpy(dtype=np.float64)[: 7 * WEEKS_AHEAD]
    outlook = headline.outlook(table, until.days, history, days)
    return view.MeasureCard(
        measure=series.measure,
        model=model,
        outlook=outlook,
        error=headline.typical_error(rows, days),
        between=period_total(found.version, series, days, model)[LEVEL],
        closures=closures(outlook.closed),
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
        Input(ids.CHANGED, "data"),
    )(draw)
    register_segments(app, here.SEGMENT)
    app.clientside_callback(
        ClientsideFunction("tidemark", "overviewUrl"),
        Input(here.HORIZON, "value"),
        Input(here.SEGMENT, "value"),
    )
