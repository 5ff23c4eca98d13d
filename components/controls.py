"""Pickers: plain form fields with labels, so that keyboard and screen reader work as everywhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import dash_bootstrap_components as dbc
from dash import html

from components.icons import icon
from components.measures import MEASURES
from components.words import Words

PRESETS = (7, 14, 28, 90, 365)
PERIODS = ("7", "28", "90")


def field(label: str, control: Any, target: str | None = None) -> html.Div:
    return html.Div([dbc.Label(label, html_for=target, class_name="tm-label"), control], className="tm-field")


def select(name: str, label: str, options: Sequence[dict[str, str]], value: str) -> html.Div:
    return field(label, dbc.Select(id=name, options=list(options), value=value, size="sm"), name)


def measure_picker(t: Words, name: str, value: str) -> html.Div:
    """What the data can give is filled in by a callback; until then the one asked for stands there."""
    return select(name, t("control.measure"), measure_options(t, [value if value in MEASURES else MEASURES[0]]), value)


def measure_options(t: Words, measures: Sequence[str]) -> list[dict[str, str]]:
    return [{"label": t.measure(measure), "value": measure} for measure in measures]


def segment_picker(t: Words, name: str, value: str) -> html.Div:
    """The segments of the data are filled in by a callback; until then the one asked for stands there."""
    return select(name, t("control.segment"), segment_options(t, [value]), value)


def segment_options(t: Words, segments: Sequence[str]) -> list[dict[str, str]]:
    return [{"label": t.segment(segment), "value": segment} for segment in segments]


def date_field(name: str, label: str, value: str | None, debounce: bool | int = 250) -> html.Div:
    """``debounce``: milliseconds without typing before the day counts; False where a button reads the field."""
    return field(label, dbc.Input(id=name, type="date", value=value, size="sm", debounce=debounce), name)


def buttons(name: str, label: str, options: Sequence[dict[str, Any]], value: Any) -> html.Fieldset:
    """One of a few: radio buttons drawn as a row of buttons."""
    return html.Fieldset(
        [
            html.Legend(label, className="tm-label"),
            dbc.RadioItems(
                id=name,
                options=list(options),
                value=value,
                class_name="btn-group btn-group-sm tm-buttons",
                input_class_name="btn-check",
                label_class_name="btn btn-outline-secondary",
                label_checked_class_name="active",
                inline=True,
            ),
        ],
        className="tm-field",
    )


def periods(t: Words, name: str, value: str) -> html.Fieldset:
    options = [{"label": t.count("control.days", int(days)), "value": days} for days in PERIODS]
    return buttons(name, t("control.period"), options, value)


def horizon_picker(t: Words, preset: str, number: str, value: int) -> html.Div:
    """Presets and a number of days from 1 to 365; the two are kept equal in the browser."""
    options = [{"label": t.number(days), "value": days} for days in PRESETS]
    return html.Div(
        [
            buttons(preset, t("control.horizon"), options, value if value in PRESETS else None),
            field(
                t("control.horizon.exact"),
                dbc.Input(id=number, type="number", min=1, max=365, step=1, value=value, size="sm", debounce=True),
                number,
            ),
        ],
        className="tm-field-pair",
    )


def action(t: Words, name: Any, symbol: str, label: str, below_label: bool = False) -> html.Button:
    """A button that does something."""
    extra = " tm-below-label" if below_label else ""
    return html.Button(
        [icon(symbol), html.Span(label)], id=name, type="button", className=f"btn btn-sm btn-outline-secondary{extra}"
    )


def copy_button(t: Words, source: str) -> html.Button:
    """Copies the text of the element with the id ``source`` (assets/app.js does it)."""
    return html.Button(
        [icon("clipboard"), html.Span(t("control.copy"))],
        type="button",
        className="btn btn-sm btn-outline-secondary",
        **{"data-copy": source, "data-done": t("control.copied")},
    )
