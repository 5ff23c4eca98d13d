"""Models: the form that asks for a training."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import dash_bootstrap_components as dbc
from dash import html

from components import controls, ids
from components.views.models_ask import MOST_REASON
from components.words import Words

WINDOWS = (("all", "all"), ("1095", "three_years"), ("730", "two_years"), ("365", "year"), ("182", "half_year"))
"""Days learnt from, and the name of the choice."""


def form(t: Words) -> html.Div:
    """What there is to tick is filled in by a callback."""
    here = ids.Models
    windows = [{"label": t(f"retrain.window.{name}"), "value": days} for days, name in WINDOWS]
    reason = dbc.Input(id=here.REASON, type="text", size="sm", maxlength=MOST_REASON)
    return html.Div(
        [
            _checklist(t("retrain.measures"), here.MEASURES),
            _checklist(t("retrain.models"), here.RECIPE),
            html.Div(
                [
                    controls.select(here.WINDOW, t("retrain.window"), windows, "all"),
                    html.Div(controls.field(t("retrain.reason"), reason, here.REASON), className="tm-grow"),
                    html.Button(
                        t("retrain.do"),
                        id=here.RETRAIN,
                        type="button",
                        className="btn btn-sm btn-primary tm-below-label",
                    ),
                ],
                className="tm-controls",
            ),
            html.P(id=here.RETRAIN_SAID, className="tm-form-said", role="status"),
            html.P(t("retrain.note"), className="tm-note"),
        ],
        className="tm-form",
    )


def _checklist(label: str, target: str) -> html.Fieldset:
    return html.Fieldset(
        [
            html.Legend(label, className="tm-label"),
            dbc.Checklist(id=target, options=[], value=None, inline=True, class_name="tm-models"),
        ],
        className="tm-field",
    )


def measure_options(t: Words, names: Iterable[str]) -> list[dict[str, Any]]:
    return [{"label": t.measure(name), "value": name} for name in names]


def model_options(t: Words, names: Iterable[str]) -> list[dict[str, Any]]:
    return [{"label": t.model(name), "value": name} for name in names]
