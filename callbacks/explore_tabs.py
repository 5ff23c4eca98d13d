"""Explore: what each tab shows; a callback rests while the mark of its tab is not on the page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import dash
import numpy as np
from dash import ALL, Input, Output, State, ctx, no_update

from callbacks.chosen import chosen
from callbacks.explore import boxes_of, explored
from callbacks.services import theme, words
from components import ids
from components.views import cleaning as cleaning_view
from components.views import (
    explore,
    explore_customers,
    explore_odd,
    explore_quality,
    explore_ranks,
    explore_rhythm,
    explore_spread,
)
from core.exploration import correlation, customers, distribution, quality, ranking, rhythm, series, year_ago
from core.exploration import orders as orders_of
from core.exploration.stationarity import Stationarity, stationarity
from core.lifecycle import headline
from core.transactions.rules import RULES

EXAMPLES = 5

View = str | None
"""What a filter is set to: measure, segment, first and last day, lines in use or as read."""


def draw_series(ready: View, *view: View) -> Any:
    one, t = explored(ready, *view[:5]), words()
    days = one.days
    shown, values, known = days.days[days.span], days.values[days.span], days.known[days.span]
    spread = headline.spread(shown, values, known)
    year = year_ago.year_on_year(days.days, days.values, days.known, one.lines.span)
    return [
        explore.series_answer(t, one.measure, one.segment, one.lines.raw, days, spread, year),
        explore.series_card(
            t, theme(), one.measure, one.segment, days,
            headline.smooth(days.values, days.known)[days.span], spread, headline.monthly(shown, values, known),
        ),
    ]  # fmt: skip


def draw_odd(ready: View, *view: View) -> Any:
    one = explored(ready, *view[:5])
    days = one.days
    return explore_odd.odd_card(words(), one.measure, days.shown, series.why(one.lines, days), days.parts is not None)


def draw_year(ready: View, *view: View) -> Any:
    one = explored(ready, *view[:5])
    days = one.days
    year = year_ago.year_on_year(days.days, days.values, days.known, one.lines.span)
    return explore.year_card(words(), theme(), one.measure, year)


def show_order(clicks: list[int | None], ready: View, *view: View) -> Any:
    """Lines of the order whose button was used."""
    if not any(clicks) or not isinstance(ctx.triggered_id, dict):
        return no_update
    one = explored(ready, *view[:5])
    day, invoice = dt.date.fromisoformat(str(ctx.triggered_id["day"])), str(ctx.triggered_id["invoice"])
    return explore_odd.order_card(words(), day, invoice, orders_of.lines_of(one.lines, day, invoice))


def _staying(days: series.Explored) -> Stationarity | None:
    """On a scale of factors where the parts are on one."""
    values = days.values[days.span][days.known[days.span]]
    if days.parts is not None and days.parts.factors:
        values = np.log(values[values > 0])
    return stationarity(values)


def draw_rhythm(ready: View, *view: View) -> Any:
    one, t = explored(ready, *view[:5]), words()
    days = one.days
    return [
        explore_rhythm.rhythm_answer(t, days.parts, _staying(days)),
        explore_rhythm.hours_card(t, theme(), one.measure, rhythm.hours(one.lines)),
    ]


def draw_profiles(ready: View, *view: View) -> Any:
    one = explored(ready, *view[:5])
    days, hours = one.days, rhythm.hours(one.lines)
    means = rhythm.by_weekday(days.days[days.span], days.values[days.span], days.known[days.span])
    return explore_rhythm.profile_cards(words(), theme(), one.measure, means, None if hours is None else hours.by_hour)


def draw_parts(ready: View, *view: View) -> Any:
    one = explored(ready, *view[:5])
    return explore_rhythm.parts_cards(words(), theme(), one.measure, one.days)


def draw_follows(ready: View, *view: View) -> Any:
    days = explored(ready, *view[:5]).days
    found = correlation.correlations(days.values[days.span], days.known[days.span])
    return explore_rhythm.follows_card(words(), theme(), found, _staying(days))


def draw_spread(ready: View, *view: View) -> Any:
    one = explored(ready, *view[:5])
    days = one.days
    found = distribution.distribution(days.values[days.span][days.known[days.span]])
    return explore_spread.spread_cards(words(), theme(), one.measure, found)


def draw_boxes(by: View, ready: View, *view: View) -> Any:
    one = explored(ready, *view[:5])
    days = one.days
    shown, values, known = days.days[days.span], days.values[days.span], days.known[days.span]
    boxes = boxes_of(days, by)
    log = bool(known.any()) and distribution.is_skewed(values[known])
    return explore_spread.boxes_card(words(), theme(), one.measure, by or "weekday", boxes, shown, values, log)


def draw_countries(ready: View, *view: View) -> Any:
    one = explored(ready, *view[:5])
    found = ranking.ranking(one.lines, "country")
    name = one.segment.removeprefix("country:")
    return explore_ranks.rank_cards(words(), theme(), "country", one.measure, name, found)


def draw_products(ready: View, *view: View) -> Any:
    one = explored(ready, *view[:5])
    found = ranking.ranking(one.lines, "product")
    return explore_ranks.rank_cards(words(), theme(), "product", one.measure, "", found)


def draw_customers(ready: View, *view: View) -> Any:
    return explore_customers.customer_cards(words(), theme(), customers.customers(explored(ready, *view[:5]).lines))


def draw_columns(ready: View, *view: View) -> Any:
    lines = explored(ready, *view[:5]).lines
    return explore_quality.quality_cards(words(), quality.column_facts(lines), quality.lines_by_rule(lines), lines.raw)


def draw_cleaning(ready: View, *_: View) -> Any:
    manifest = chosen(ready).generation.manifest
    steps = headline.waterfall_steps(manifest.lines_in, [(one.id, one.dropped, one.on) for one in manifest.waterfall])
    sentences = {rule.id: rule.sentence for rule in RULES}
    return cleaning_view.cleaning_card(words(), theme(), manifest, steps, sentences)


def show_examples(clicks: list[int | None], ready: View) -> Any:
    """Lines that the rule clicked on dropped."""
    if not any(clicks) or not isinstance(ctx.triggered_id, dict):
        return no_update
    rule = ctx.triggered_id["rule"]
    return cleaning_view.examples(words(), rule, chosen(ready).generation.examples(rule, EXAMPLES))


DRAWN: tuple[tuple[str, str, Callable[..., Any]], ...] = (
    ("series", ids.Explore.SERIES, draw_series),
    ("series", ids.Explore.ODD, draw_odd),
    ("series", ids.Explore.YEAR, draw_year),
    ("rhythm", ids.Explore.RHYTHM, draw_rhythm),
    ("rhythm", ids.Explore.PROFILES, draw_profiles),
    ("rhythm", ids.Explore.PARTS, draw_parts),
    ("rhythm", ids.Explore.FOLLOWS, draw_follows),
    ("spread", ids.Explore.SPREAD, draw_spread),
    ("countries", ids.Explore.COUNTRIES, draw_countries),
    ("products", ids.Explore.PRODUCTS, draw_products),
    ("customers", ids.Explore.CUSTOMERS, draw_customers),
    ("quality", ids.Explore.COLUMNS, draw_columns),
)
"""Tab, area, and what fills it."""


def register(app: dash.Dash) -> None:
    here = ids.Explore
    fields = (here.MEASURE, here.SEGMENT, here.START, here.END, here.LINES)
    ready, look = Input(ids.READY, "data"), Input(ids.THEME, "data")
    view = [Input(name, "value") for name in fields]
    for tab, area, draw in DRAWN:
        mark = Input(ids.explore_shown(tab), "data")
        app.callback(Output(area, "children"), ready, *view, look, mark)(draw)
    app.callback(Output(here.BOXES, "children"), Input(here.BY, "value"), ready, *view, look)(draw_boxes)
    shown = Input(ids.explore_shown("quality"), "data")
    app.callback(Output(here.CLEANING, "children"), ready, look, shown)(draw_cleaning)
    app.callback(
        Output(here.EXAMPLES, "children"),
        Input({"type": "rule-examples", "rule": ALL}, "n_clicks"),
        State(ids.READY, "data"),
        prevent_initial_call=True,
    )(show_examples)
    app.callback(
        Output(here.ORDER, "children"),
        Input(ids.order_button(ALL, ALL), "n_clicks"),
        State(ids.READY, "data"),
        *(State(name, "value") for name in fields),
        prevent_initial_call=True,
    )(show_order)
