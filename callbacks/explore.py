"""Explore: what its tabs share: the lines that the filters choose, the tab shown, the address, the download."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import dash
from dash import ClientsideFunction, Input, Output, State, dcc, no_update

from callbacks.chosen import Chosen, chosen
from callbacks.segments import register_measures, register_segments
from callbacks.services import words
from components import ids
from components.views import explore_csv as files
from components.views.explore_panels import GROUPS, TABS, panel
from core.exploration import customers, distribution, quality, ranking, series
from core.exploration.selection import Selection

EVERYTHING = 1_000_000
"""Rows of a file: all there are, as far as a spreadsheet goes."""


@dataclass(frozen=True, slots=True)
class Explored:
    """What the filters choose, and the days of it."""

    found: Chosen
    lines: Selection

    @property
    def measure(self) -> str:
        return self.lines.series.measure

    @property
    def segment(self) -> str:
        return self.lines.series.segment

    @property
    def days(self) -> series.Explored:
        return series.explore(self.lines, self.found.version.calendar())


def span(found: Chosen, start: str | None, end: str | None) -> tuple[dt.date, dt.date]:
    """The days asked for, kept within the data and in order."""
    first, last = found.panel.first_day, found.panel.last_day
    low = dt.date.fromisoformat(start) if start else first
    high = dt.date.fromisoformat(end) if end else last
    low, high = min(low, high), max(low, high)
    return min(max(low, first), last), max(min(high, last), first)


def explored(
    ready: str | None, measure: str | None, segment: str | None, start: str | None, end: str | None, lines: str | None
) -> Explored:
    """Raises PreventUpdate as long as there is no first forecast."""
    found = chosen(ready)
    first, last = span(found, start, end)
    return Explored(
        found, Selection(found.generation, found.series(measure, segment), first, last, raw=lines == "read")
    )


def draw_panel(tab: str | None) -> Any:
    return panel(words(), {"tab": tab})


def bounds(ready: str | None, start: str | None, end: str | None) -> tuple[Any, ...]:
    """First and last day that the date fields offer, and stand at unless the address says otherwise."""
    panel = chosen(ready).panel
    first, last = panel.first_day.isoformat(), panel.last_day.isoformat()
    return first, last, first, last, start or first, end or last


def download(clicks: int | None, tab: str | None, ready: str | None, *view: str | None) -> Any:
    """What the tab is about as a CSV file, with all its rows."""
    if not clicks:
        return no_update
    one = explored(ready, *view)
    lines = view[-1] or "use"
    name = files.file_name(tab or TABS[0], one.measure, one.segment, *one.lines.span, lines)
    return dcc.send_string(_file(one, tab or TABS[0]), name)


def _file(one: Explored, tab: str) -> str:
    days = one.days
    if tab == "rhythm":
        return files.rhythm_csv(days)
    if tab == "spread":
        return files.boxes_csv({by: boxes_of(days, by) for by in GROUPS})
    if tab in ("countries", "products"):
        columns = ["rank", "name", "label", "value", "share", "now", "then", "growth"]
        found = ranking.ranking(one.lines, "country" if tab == "countries" else "product", EVERYTHING)
        return files.table_csv(found.table, columns) if found is not None else files.csv_text(columns, [])
    if tab == "customers":
        columns = ["customer", "value", "share", "orders", "first", "last"]
        known = customers.customers(one.lines, EVERYTHING)
        return files.table_csv(known.table, columns) if known is not None else files.csv_text(columns, [])
    if tab == "quality":
        return files.quality_csv(quality.column_facts(one.lines))
    return files.series_csv(words(), days, series.why(one.lines, days))


def boxes_of(days: series.Explored, by: str | None) -> tuple[distribution.Box, ...]:
    """Of the days chosen; their indices point into those."""
    group: distribution.By = "month" if by == "month" else "weekday"
    return distribution.boxes(days.days[days.span], days.values[days.span], days.known[days.span], group)


def register(app: dash.Dash) -> None:
    here = ids.Explore
    view = [Input(name, "value") for name in (here.MEASURE, here.SEGMENT, here.START, here.END, here.LINES)]
    ready = Input(ids.READY, "data")
    app.callback(
        Output(here.START, "min"),
        Output(here.START, "max"),
        Output(here.END, "min"),
        Output(here.END, "max"),
        Output(here.START, "value"),
        Output(here.END, "value"),
        ready,
        State(here.START, "value"),
        State(here.END, "value"),
    )(bounds)
    register_measures(app, here.MEASURE)
    register_segments(app, here.SEGMENT)
    app.clientside_callback(
        ClientsideFunction("tidemark", "wholeHistory"),
        Output(here.START, "value", allow_duplicate=True),
        Output(here.END, "value", allow_duplicate=True),
        Input(here.WHOLE, "n_clicks"),
        prevent_initial_call=True,
    )
    app.clientside_callback(
        ClientsideFunction("tidemark", "exploreTab"),
        Output(here.TAB, "data"),
        *(Input(ids.explore_tab(one), "n_clicks") for one in TABS),
        State(here.TAB, "data"),
        prevent_initial_call=True,
    )
    app.callback(Output(here.PANEL, "children"), Input(here.TAB, "data"), prevent_initial_call=True)(draw_panel)
    app.clientside_callback(ClientsideFunction("tidemark", "exploreUrl"), Input(here.TAB, "data"), *view)
    # the bounds come when the page stands
    app.clientside_callback(
        ClientsideFunction("tidemark", "tabInSight"), Input(here.TAB, "data"), Input(here.START, "min")
    )
    app.clientside_callback(ClientsideFunction("tidemark", "exploreByUrl"), Input(here.BY, "value"))
    app.callback(
        Output(here.DOWNLOAD, "data"),
        Input(here.CSV, "n_clicks"),
        State(here.TAB, "data"),
        State(ids.READY, "data"),
        *(State(one.component_id, "value") for one in view),
        prevent_initial_call=True,
    )(download)
