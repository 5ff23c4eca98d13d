"""The pickers of every page: the measures and segments that there are data and forecasts of."""

from __future__ import annotations

from typing import Any

import dash
from dash import Input, Output, State, no_update

from callbacks.chosen import chosen
from callbacks.services import words
from components import controls, ids


def fill(ready: str | None, value: str | None) -> tuple[Any, Any]:
    """Options, and the value: an unknown segment becomes the first one, the total."""
    known = chosen(ready).segments
    return controls.segment_options(words(), known), no_update if value in known else known[0]


def register_segments(app: dash.Dash, name: str) -> None:
    app.callback(
        Output(name, "options"),
        Output(name, "value"),
        Input(ids.READY, "data"),
        State(name, "value"),
    )(fill)


def fill_measures(ready: str | None, value: str | None) -> tuple[Any, Any]:
    """Options, and the value: a measure that the data cannot give becomes the first one that they can."""
    known = chosen(ready).measures
    return controls.measure_options(words(), known), no_update if value in known else known[0]


def register_measures(app: dash.Dash, name: str) -> None:
    app.callback(
        Output(name, "options"),
        Output(name, "value"),
        Input(ids.READY, "data"),
        State(name, "value"),
    )(fill_measures)
