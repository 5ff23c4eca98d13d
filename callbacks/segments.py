"""The pickers of every page: the measures and segments that there are data and forecasts of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import dash
from dash import Input, Output, State, no_update

from callbacks.chosen import chosen
from callbacks.services import words
from components import controls, ids

Options = tuple[Any, Any]
"""Options of a picker, and its value: one that does not exist becomes the first."""


def fill(ready: str | None, value: str | None) -> Options:
    known = chosen(ready).segments
    return controls.segment_options(words(), known), no_update if value in known else known[0]


def fill_measures(ready: str | None, value: str | None) -> Options:
    known = chosen(ready).measures
    return controls.measure_options(words(), known), no_update if value in known else known[0]


def register_segments(app: dash.Dash, name: str) -> None:
    _register(app, name, fill)


def register_measures(app: dash.Dash, name: str) -> None:
    _register(app, name, fill_measures)


def _register(app: dash.Dash, name: str, filling: Callable[[str | None, str | None], Options]) -> None:
    app.callback(
        Output(name, "options"),
        Output(name, "value"),
        Input(ids.READY, "data"),
        State(name, "value"),
    )(filling)
