"""Colours by meaning, light and dark: a model has the same colour everywhere (as in assets/10-tokens.css)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Theme:
    """Hex colours. ``models``: told apart by people with any colour vision, and by dash and symbol besides."""

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
        "seasonal_naive": "#7a8797",
        "sarima": "#0a5f9e",
        "ets": "#9a6b00",
        "theta": "#2f8f9d",
        "ets_theta": "#9a6b00",
        "xgboost": "#00785a",
        "lstm": "#9c3f86",
        "ensemble": "#c2570c",
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
        "seasonal_naive": "#95a2b1",
        "sarima": "#6cb4ee",
        "ets": "#e0b54a",
        "theta": "#6fcbd6",
        "ets_theta": "#e0b54a",
        "xgboost": "#43c59e",
        "lstm": "#e28fcd",
        "ensemble": "#f0a15e",
    },
    other_model="#c0c0c0",
)

DASHES = {"seasonal_naive": "dot", "sarima": "solid", "ensemble": "solid", "xgboost": "dash", "lstm": "dashdot"}
SYMBOLS = {
    "seasonal_naive": "circle-open",
    "sarima": "circle",
    "ensemble": "diamond",
    "xgboost": "square",
    "lstm": "triangle-up",
}


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
