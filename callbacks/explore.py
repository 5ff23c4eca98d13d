"""Explore: reads the daily series, the profiles and the cleaning of the data."""

from __future__ import annotations

import datetime as dt
from typing import Any

import dash
from dash import ALL, ClientsideFunction, Input, Output, State, ctx, no_update

from callbacks.chosen import Chosen, chosen
from callbacks.segments import register_measures, register_segments
from callbacks.services import theme, words
from components import ids
from components.measures import BY_THE_HOUR
from components.views import cleaning as cleaning_view
from components.views import explore as view
from core.lifecycle import headline
from core.transactions import views
from core.transactions.rules import RULES

EXAMPLES = 5


def span(found: Chosen, start: str | None, end: str | None) -> tuple[dt.date, dt.date]:
    """The days asked for, kept within the data and in order."""
    first, last = found.panel.first_day, found.panel.last_day
    low = dt.date.fromisoformat(start) if start else first
    high = dt.date.fromisoformat(end) if end else last
    low, high = min(low, high), max(low, high)
    return min(max(low, first), last), max(min(high, last), first)


def draw_series(
    ready: str | None, measure: str | None, segment: str | None, start: str | None, end: str | None, _: str | None
) -> Any:
    found = chosen(ready)
    series = found.series(measure, segment)
    first, last = span(found, start, end)
    panel = found.panel
    days, values = panel.days, panel[series]
    is_open = found.version.calendar().is_open(days)
    shown = (days >= first) & (days <= last)
    return view.series_card(
        words(),
        theme(),
        measure=series.measure,
        segment=series.segment,
        days=days[shown],
        values=values[shown],
        is_open=is_open[shown],
        trend=headline.smooth(values, is_open)[shown],
        spread=headline.spread(days[shown], values[shown], is_open[shown]),
        monthly=headline.monthly(days[shown], values[shown], is_open[shown]),
    )


def draw_profiles(
    ready: str | None, measure: str | None, segment: str | None, start: str | None, end: str | None, _: str | None
) -> Any:
    found = chosen(ready)
    series = found.series(measure, segment)
    first, last = span(found, start, end)
    by_hour = series.measure if series.measure in BY_THE_HOUR else None
    profiles = {
        by: views.profile(found.generation, by, by_hour, series.segment, first, last) if by_hour else None
        for by in ("weekday", "hour")
    }
    return view.profile_cards(words(), theme(), series.measure, profiles)


def draw_cleaning(ready: str | None, _: str | None) -> Any:
    manifest = chosen(ready).generation.manifest
    steps = headline.waterfall_steps(manifest.lines_in, [(one.id, one.dropped, one.on) for one in manifest.waterfall])
    sentences = {rule.id: rule.sentence for rule in RULES}
    return cleaning_view.cleaning_card(words(), theme(), manifest, steps, sentences)


def show_examples(clicks: list[int | None], ready: str | None) -> Any:
    """Lines that the rule clicked on dropped."""
    if not any(clicks) or not isinstance(ctx.triggered_id, dict):
        return no_update
    rule = ctx.triggered_id["rule"]
    return cleaning_view.examples(words(), rule, chosen(ready).generation.examples(rule, EXAMPLES))


def bounds(ready: str | None, start: str | None, end: str | None) -> tuple[Any, ...]:
    """First and last day that the date fields offer, and stand at unless the address says otherwise."""
    panel = chosen(ready).panel
    first, last = panel.first_day.isoformat(), panel.last_day.isoformat()
    return first, last, first, last, start or first, end or last


def register(app: dash.Dash) -> None:
    here = ids.Explore
    view_of = [
        Input(here.MEASURE, "value"),
        Input(here.SEGMENT, "value"),
        Input(here.START, "value"),
        Input(here.END, "value"),
    ]
    ready, theme_now = Input(ids.READY, "data"), Input(ids.THEME, "data")
    app.callback(Output(here.SERIES, "children"), ready, *view_of, theme_now)(draw_series)
    app.callback(Output(here.PROFILES, "children"), ready, *view_of, theme_now)(draw_profiles)
    app.callback(Output(here.CLEANING, "children"), ready, theme_now)(draw_cleaning)
    app.callback(
        Output(here.EXAMPLES, "children"),
        Input({"type": "rule-examples", "rule": ALL}, "n_clicks"),
        State(ids.READY, "data"),
        prevent_initial_call=True,
    )(show_examples)
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
    app.clientside_callback(ClientsideFunction("tidemark", "exploreUrl"), *view_of)
