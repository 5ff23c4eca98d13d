"""Compare: its tabs, and the controls and places of each; what they show is filled in by callbacks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dash_bootstrap_components as dbc
from dash import html

from components import controls, ids, page
from components.query import choice, day, text
from components.views import compare_run as run_view
from components.views.compare_cover import LEVELS
from components.views.compare_errors import DEFAULT_DIMENSION, DIMENSIONS
from components.words import Words

TABS = ("ranking", "errors", "model", "cost", "run")
SLIDER_WAITS = 120
"""Milliseconds that the slider stands still before its test period is drawn."""


def tab_of(value: object) -> str:
    return choice(value, TABS, TABS[0])


def panels(t: Words, query: Mapping[str, object]) -> list[html.Div]:
    """One a tab; only the one asked for is in sight."""
    made = {
        "ranking": _ranking(t),
        "errors": _errors(t, query),
        "model": _model(t, query),
        "cost": _cost(),
        "run": _run(t),
    }
    shown = tab_of(query.get("tab"))
    return [
        html.Div(made[name], id=ids.compare_panel(name), className="tm-area", hidden=name != shown) for name in TABS
    ]


def _ranking(t: Words) -> list[Any]:
    here = ids.Compare
    return [
        page.card(
            [
                html.Div(
                    [
                        html.H2(t("compare.board.heading"), className="tm-card-title"),
                        controls.action(t, here.CSV, "download", t("compare.board.csv")),
                    ],
                    className="tm-card-head",
                ),
                page.area(here.BOARD),
            ]
        ),
        html.Div(id=here.VERSUS, className="tm-filled"),
        html.Div([page.area(here.WHY), page.area(here.FOLDS)], className="tm-two tm-two-late"),
        page.area(here.PAIRS, "two"),
    ]


def _errors(t: Words, query: Mapping[str, object]) -> list[Any]:
    here = ids.Compare
    dimensions = [{"label": t(f"compare.by.{one}"), "value": one} for one in DIMENSIONS]
    levels = [{"label": t("table.interval", level=one), "value": str(one)} for one in LEVELS]
    by = choice(query.get("by"), DIMENSIONS, DEFAULT_DIMENSION)
    level = choice(query.get("level"), [one["value"] for one in levels], levels[0]["value"])
    return [
        page.card(
            [
                html.Div(controls.select(here.BY, t("compare.by"), dimensions, by), className="tm-card-controls"),
                page.area(here.BY_BODY),
            ]
        ),
        html.Div(
            [
                page.area(here.COVER),
                page.card(
                    [
                        html.Div(
                            controls.select(here.LEVEL, t("compare.cover.level"), levels, level),
                            className="tm-card-controls",
                        ),
                        page.area(here.COVER_BY),
                    ]
                ),
            ],
            className="tm-two",
        ),
    ]


def _model(t: Words, query: Mapping[str, object]) -> list[Any]:
    here = ids.Compare
    slider = dbc.Input(
        id=here.SLIDER, type="range", min=0, max=0, step=1, value=0, debounce=SLIDER_WAITS, class_name="form-range"
    )
    return [
        page.card(
            [
                html.Div(
                    [
                        controls.select(here.MODEL, t("compare.fold.model"), [], text(query.get("model"), "", 60)),
                        controls.select(here.FOLD, t("compare.fold"), [], day(query.get("fold")) or ""),
                        html.Div(
                            controls.field(t("compare.fold.slider"), slider, here.SLIDER),
                            id=here.SLIDER_BOX,
                            className="tm-slider",
                        ),
                    ],
                    className="tm-card-controls tm-card-pickers",
                ),
                page.area(here.FOLD_BODY),
            ]
        ),
        page.area(here.RESIDUALS, "two"),
    ]


def _cost() -> list[Any]:
    return [page.area(ids.Compare.COST)]


def _run(t: Words) -> list[Any]:
    return [page.titled(t("backtest.title"), [html.P(t("backtest.intro"), className="tm-subtitle"), run_view.form(t)])]
