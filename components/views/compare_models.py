"""Models on the Compare page: their names with a sample of line and symbol, and which of them the charts show."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import dash_bootstrap_components as dbc
from dash import html

from components.chart import chart
from components.figures.palette import DASHES, OTHER_DASH, OTHER_SYMBOL, SYMBOLS
from components.legend import Key, legend
from components.words import Words

PRINCIPAL = ("ensemble", "sarima", "xgboost", "lstm", "seasonal_naive")
"""Shown at first where there are more models than a chart can carry, and drawn with a stronger line."""

_DASH = {"solid": "", "dot": "2 3", "dash": "6 3", "longdash": "10 4", "dashdot": "6 3 2 3", "longdashdot": "10 3 2 3"}
_SHAPES = {
    "circle": "<circle cx='17' cy='7' r='4.6'/>",
    "circle-open": "<circle cx='17' cy='7' r='4' fill='none' stroke='black' stroke-width='1.8'/>",
    "square": "<rect x='12.8' y='2.8' width='8.4' height='8.4'/>",
    "square-open": "<rect x='13' y='3' width='8' height='8' fill='none' stroke='black' stroke-width='1.8'/>",
    "diamond": "<path d='M17 1.4 22.6 7 17 12.6 11.4 7Z'/>",
    "triangle-up": "<path d='M17 1.6 22.6 11.4H11.4Z'/>",
    "triangle-down": "<path d='M17 12.4 22.6 2.6H11.4Z'/>",
    "cross": "<path d='M15.2 2h3.6v3.2H22v3.6h-3.2V12h-3.6V8.8H12V5.2h3.2Z'/>",
    "x": "<path d='M14 2 17 5l3-3 2 2-3 3 3 3-2 2-3-3-3 3-2-2 3-3-3-3Z'/>",
    "star": "<path d='M17 1l1.6 4.2h4.4l-3.6 2.7 1.4 4.4L17 9.6l-3.8 2.7 1.4-4.4L11 5.2h4.4Z'/>",
}


def colour(model: str) -> str:
    """The CSS colour of a model, in either theme."""
    return f"var(--tm-model-{model.replace('_', '-')}, currentColor)"


def mask(model: str) -> str:
    """A piece of the model's line with its symbol, as the picture of a CSS mask."""
    dash = DASHES.get(model, OTHER_DASH)
    pattern = _DASH.get(dash) if dash in _DASH else dash.replace("px", "").replace(",", " ")
    stroke = f" stroke-dasharray='{pattern}'" if pattern else ""
    svg = (
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 34 14'>"
        f"<path d='M1 7H33' stroke='black' stroke-width='2'{stroke}/>{_SHAPES[SYMBOLS.get(model, OTHER_SYMBOL)]}</svg>"
    )
    return f'url("data:image/svg+xml,{quote(svg)}")'


def sample(model: str) -> html.Span:
    """The mask with the colour of the model, which so follows the theme."""
    image = mask(model)
    return html.Span(
        className="tm-sample", style={"maskImage": image, "WebkitMaskImage": image, "backgroundColor": colour(model)}
    )


def name(t: Words, model: str) -> html.Span:
    """The name of a model behind its sample."""
    return html.Span([sample(model), html.Span(t.model(model))], className="tm-model")


def usual(models: Sequence[str], in_use: str) -> list[str]:
    """What the charts show as long as nobody chose: all of a few models, else the principal ones and the one in use."""
    if len(models) <= len(PRINCIPAL):
        return list(models)
    return [model for model in models if model in PRINCIPAL or model == in_use]


def asked(text: str) -> list[str]:
    """Models named in an address, separated by blanks; which of them exist is for a callback to say."""
    return [model for model in text.split() if re.fullmatch(r"[A-Za-z0-9_]+", model)]


def picker(t: Words, target: str, value: Sequence[str]) -> html.Fieldset:
    """The checklist, which is the legend of all charts too; what there is to tick is filled in by a callback."""
    return html.Fieldset(
        [
            html.Legend(t("compare.models"), className="tm-label"),
            dbc.Checklist(id=target, options=options(t, value), value=list(value), inline=True, class_name="tm-models"),
        ],
        className="tm-field",
    )


def options(t: Words, models: Sequence[str]) -> list[dict[str, Any]]:
    return [{"label": name(t, model), "value": model} for model in models]


def model_chart(t: Words, models: Sequence[str], *parts: Any, keys: Sequence[Key] = (), **more: Any) -> html.Figure:
    """``components.chart.chart`` with a legend of ``keys`` and of the models with their samples."""
    made = chart(t, *parts, **more)
    made.children[1] = legend(keys, [name(t, model) for model in models])  # where one of keys alone would stand
    return made


def listed(t: Words, models: Sequence[str]) -> str:
    """'A', 'A and B', 'A, B and C', 'A, B, C and 2 others'."""
    names = [t.model(model) for model in models]
    if len(names) > 4:
        names = [*names[:3], t.count("compare.others", len(names) - 3)]
    return t("compare.and", first=", ".join(names[:-1]), last=names[-1]) if len(names) > 1 else "".join(names)
