"""Colours by meaning, light and dark: a model has the same colour everywhere (as in assets/10-tokens.css)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Theme:
    """Hex colours. ``models``: told apart with any colour vision (a test simulates it), and by dash and symbol."""

    name: str
    ink: str
    muted: str
    grid: str
    surface: str
    accent: str
    closed: str
    band80: str
    band95: str
    keep: str
    drop: str
    reference: str
    current: str
    models: Mapping[str, str]
    other_model: str

    def model(self, name: str) -> str:
        return self.models.get(name, self.other_model)


LIGHT = Theme(
    name="light",
    ink="#1c2733",
    muted="#566373",
    grid="#e6eaef",
    surface="#ffffff",
    accent="#0a5f9e",
    closed="rgba(86, 99, 115, 0.13)",
    band80="0.30",
    band95="0.14",
    keep="#0a5f9e",
    drop="#c2570c",
    reference="#7a8797",
    current="#0a5f9e",
    models={
        "seasonal_naive": "#5e5f6d",
        "weekday_mean": "#653c2e",
        "ets": "#a48004",
        "theta": "#109dad",
        "gp": "#fb4b55",
        "sarima": "#0a5f9e",
        "xgboost": "#679e63",
        "lstm": "#c967e2",
        "ensemble": "#9b3f00",
    },
    other_model="#4d4d4d",
)

DARK = Theme(
    name="dark",
    ink="#e4e9ef",
    muted="#a3afbd",
    grid="#2c3641",
    surface="#19212a",
    accent="#6cb4ee",
    closed="rgba(163, 175, 189, 0.16)",
    band80="0.34",
    band95="0.16",
    keep="#6cb4ee",
    drop="#f0a15e",
    reference="#95a2b1",
    current="#6cb4ee",
    models={
        "seasonal_naive": "#929aac",
        "weekday_mean": "#e1b3a3",
        "ets": "#9b7d16",
        "theta": "#4be2f8",
        "gp": "#e32e5c",
        "sarima": "#6cb4ee",
        "xgboost": "#098058",
        "lstm": "#9552c6",
        "ensemble": "#fd9854",
    },
    other_model="#c0c0c0",
)

DASHES = {
    "seasonal_naive": "dot",
    "weekday_mean": "2px,7px",
    "ets": "longdash",
    "theta": "longdashdot",
    "gp": "9px,3px,2px,3px,2px,3px",
    "sarima": "solid",
    "xgboost": "dash",
    "lstm": "dashdot",
    "ensemble": "solid",
}
SYMBOLS = {
    "seasonal_naive": "circle-open",
    "weekday_mean": "square-open",
    "ets": "triangle-down",
    "theta": "cross",
    "gp": "x",
    "sarima": "circle",
    "xgboost": "square",
    "lstm": "triangle-up",
    "ensemble": "diamond",
}
"""No two models share both dash and symbol."""
OTHER_DASH, OTHER_SYMBOL = "dash", "star"
"""Of a model that has none of its own."""


def theme_named(name: str) -> Theme:
    return DARK if name == "dark" else LIGHT


def mixed(colour: str, ground: str, share: float) -> str:
    """``share`` of a colour on a ground, opaque: grid lines do not shine through."""
    parts = [(int(colour[i : i + 2], 16), int(ground[i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(share * top + (1 - share) * below):02x}" for top, below in parts)


def faded(colour: str, alpha: float | str) -> str:
    """'#0a5f9e' with an opacity, as Plotly takes it."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, {alpha})"
