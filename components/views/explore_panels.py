"""Explore: what stands in each of its tabs before callbacks fill it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dash import dcc, html

from components import controls, ids, page
from components.query import choice
from components.words import Words

TABS = ("series", "rhythm", "spread", "countries", "products", "customers", "quality")
LINES = ("use", "read")
"""Lines in use, or as they were read."""
GROUPS = ("weekday", "month")

Query = Mapping[str, Any]


def tab_of(query: Query) -> str:
    return choice(query.get("tab"), TABS, TABS[0])


def panel(t: Words, query: Query) -> list[Any]:
    """The tab that the address names, with the mark that wakes its callbacks."""
    tab = tab_of(query)
    areas: dict[str, Callable[[Words, Query], list[Any]]] = {
        "series": series,
        "rhythm": rhythm,
        "spread": spread,
        "countries": lambda *_: [page.area(ids.Explore.COUNTRIES)],
        "products": lambda *_: [page.area(ids.Explore.PRODUCTS)],
        "customers": lambda *_: [page.area(ids.Explore.CUSTOMERS)],
        "quality": quality,
    }
    return [dcc.Store(id=ids.explore_shown(tab), data=tab), *areas[tab](t, query)]


def lines_picker(t: Words, value: str) -> html.Fieldset:
    options = [{"label": t(f"explore.lines.{one}"), "value": one} for one in LINES]
    return controls.buttons(ids.Explore.LINES, t("explore.lines"), options, value)


def series(_: Words, __: Query) -> list[Any]:
    here = ids.Explore
    return [
        page.area(here.SERIES, "chart"),
        page.area(here.ODD, "lead"),
        html.Div(id=here.ORDER, className="tm-area", **{"aria-live": "polite"}),
        page.area(here.YEAR, "chart"),
    ]


def rhythm(_: Words, __: Query) -> list[Any]:
    here = ids.Explore
    return [
        page.area(here.RHYTHM, "chart"),
        page.area(here.PROFILES, "two"),
        page.area(here.PARTS, "chart"),
        page.area(here.FOLLOWS, "chart"),
    ]


def spread(t: Words, query: Query) -> list[Any]:
    here = ids.Explore
    options = [{"label": t(f"explore.by.{one}"), "value": one} for one in GROUPS]
    by = controls.buttons(here.BY, t("explore.by"), options, choice(query.get("by"), GROUPS, GROUPS[0]))
    return [
        page.area(here.SPREAD, "chart"),
        html.Div(by, className="tm-controls"),
        page.area(here.BOXES, "chart"),
    ]


def quality(_: Words, __: Query) -> list[Any]:
    here = ids.Explore
    return [
        page.area(here.COLUMNS, "chart"),
        page.area(here.CLEANING, "chart"),
        html.Div(id=here.EXAMPLES, **{"aria-live": "polite"}),
    ]
