"""Monitor, the forecasts: their error since the origin against their tests, and what the days' surprises add up to."""

from __future__ import annotations

from typing import Any

import dash
from dash import ClientsideFunction, Input, Output

from callbacks.monitor import Watched, watched
from callbacks.segments import register_measures
from callbacks.services import theme, words
from components import ids
from components.views import monitor_promise as view
from components.views import monitor_record as record_view
from core.monitoring import evidence, record
from core.monitoring.findings import SHARES
from core.monitoring.performance import Performance, performance
from core.monitoring.shown import give_back
from core.series.panel import MEASURES, Panel, Series


def found_of(one: Watched) -> Performance | None:
    """Kept with the version for the data as they are."""
    return one.version.keep("performance", lambda: _found(one), of=one.generation.id)


def _found(one: Watched) -> Performance | None:
    found = performance(one.version, one.generation.panel())
    give_back()
    return found


def draw_promise(ready: str | None, _: Any) -> Any:
    one = watched(ready)
    return view.promise(words(), theme(), found_of(one), one.version.id)


def draw_record(ready: str | None, measure: str | None, wanted: str | None, _: Any, __: Any) -> Any:
    one = watched(ready)
    panel = one.generation.panel()
    name = measure_in(panel, measure)
    found = record.record(one.services.engine, one.version, panel, Series(name))
    give_back()
    return record_view.record(words(), theme(), found, name, record.moved(one.alerts.open()), one.days(wanted)[0])


def measure_in(panel: Panel, measure: str | None) -> str:
    """The one asked for, or the first that there is."""
    there = [name for name in MEASURES if Series(name) in panel.series]
    return measure if measure in there else there[0]


def draw_evidence(ready: str | None, measure: str | None, wanted: str | None, _: Any) -> Any:
    one = watched(ready)
    panel = one.generation.panel()
    name = measure_in(panel, measure)
    found = one.version.keep(
        ("scores", name),
        lambda: evidence.scores(panel, one.version.calendar().is_open(panel.days), name),
        of=one.generation.id,
    )
    per_year = one.budget * SHARES["level"]
    course = evidence.course(found, one.days(wanted)[0], per_year)
    return view.evidence(words(), theme(), course, name, evidence.LIMITS, per_year)


def register(app: dash.Dash) -> None:
    here = ids.Monitor
    ready, theme_now = Input(ids.READY, "data"), Input(ids.THEME, "data")
    measure, wanted = Input(here.MEASURE, "value"), Input(ids.monitor_range("forecasts"), "value")
    app.callback(Output(here.PROMISE, "children"), ready, theme_now)(draw_promise)
    app.callback(Output(here.RECORD, "children"), ready, measure, wanted, Input(ids.CHANGED, "data"), theme_now)(
        draw_record
    )
    app.callback(Output(here.EVIDENCE, "children"), ready, measure, wanted, theme_now)(draw_evidence)
    register_measures(app, here.MEASURE)
    app.clientside_callback(ClientsideFunction("tidemark", "monitorForecastsUrl"), measure, wanted)
