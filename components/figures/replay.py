"""Retraining policies: error against what they cost, and the error of each over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from markupsafe import Markup

from components.figures.palette import Theme
from components.figures.template import DATE_AXIS, Figure, base_figure, trace
from components.words import Words

SYMBOLS = {
    "never": "circle-open",
    "schedule": "square",
    "psi": "triangle-up",
    "drift": "diamond",
    "loss": "triangle-down",
    "always": "circle",
}
DASHES = {
    "never": "dot",
    "schedule": "dash",
    "psi": "dashdot",
    "drift": "solid",
    "loss": "longdash",
    "always": "2px,6px",
}
MODELS = {
    "never": "seasonal_naive",
    "schedule": "sarima",
    "psi": "ets",
    "drift": "ensemble",
    "loss": "lstm",
    "always": "xgboost",
}
"""Whose colour a policy has."""


class Point(NamedTuple):
    policy: str
    name: str
    retrainings: int
    error: float
    advised: bool


def colour(theme: Theme, policy: str) -> str:
    return theme.model(MODELS.get(policy, ""))


def dash_of(policy: str) -> str:
    return DASHES.get(policy, "solid")


def cost_figure(t: Words, theme: Theme, points: Sequence[Point]) -> Figure:
    """A mark a policy with its name beside it; the advised one is ringed."""
    traces: list[Any] = [
        trace(
            "scatter",
            x=[one.retrainings],
            y=[one.error],
            name=one.name,
            text=[Markup("<b>{}</b>").format(one.name) if one.advised else one.name],
            textposition=place,
            textfont={"color": theme.ink, "size": 12},
            mode="markers+text",
            cliponaxis=False,
            marker={
                "symbol": SYMBOLS.get(one.policy, "star"),
                "size": 15 if one.advised else 11,
                "color": colour(theme, one.policy),
                "line": {"color": theme.ink if one.advised else colour(theme, one.policy), "width": 2.5},
            },
            hovertemplate=f"{one.name}: %{{y:.1%}}<extra></extra>",
        )
        for one, place in zip(points, _places(points), strict=True)
    ]
    most = max((one.retrainings for one in points), default=1)
    errors = [one.error for one in points]
    room = 0.25 * (max(errors, default=0.1) - min(errors, default=0.0)) or 0.02
    return base_figure(
        traces,
        theme,
        t,
        hovermode="closest",
        xaxis={"title": {"text": t("replay.retrainings")}, "range": [-0.12 * most - 0.5, 1.15 * most + 0.5],
               "showgrid": True},
        yaxis={"title": {"text": t("compare.error.axis")}, "tickformat": ".1%",
               "range": [min(errors, default=0.0) - room, max(errors, default=0.1) + 1.6 * room]},
    )  # fmt: skip


def _places(points: Sequence[Point]) -> list[str]:
    """Where the names stand: those of marks that lie together on different sides of them."""
    sides = ("top center", "bottom center", "middle left", "middle right")
    width = max((one.retrainings for one in points), default=0) or 1
    height = max((one.error for one in points), default=0.0) - min((one.error for one in points), default=0.0) or 1.0
    found: list[str] = []
    for number, one in enumerate(points):
        near = sum(
            abs(one.retrainings - other.retrainings) < 0.2 * width and abs(one.error - other.error) < 0.15 * height
            for other in points[:number]
        )
        found.append(sides[near % len(sides)])
    return found


def blocks_figure(
    t: Words,
    theme: Theme,
    starts: Sequence[str],
    errors: Mapping[str, Sequence[float | None]],
    names: Mapping[str, str],
) -> Figure:
    """``errors``: policy → its error in each block of days."""
    traces = [
        trace(
            "scatter",
            x=list(starts),
            y=list(values),
            name=names[policy],
            mode="lines+markers",
            marker={"symbol": SYMBOLS.get(policy, "star"), "size": 7, "color": colour(theme, policy)},
            line={"color": colour(theme, policy), "width": 1.8, "dash": dash_of(policy)},
            hovertemplate="%{y:.1%}",
        )
        for policy, values in errors.items()
    ]
    return base_figure(
        traces,
        theme,
        t,
        xaxis={**DATE_AXIS, "type": "date"},
        yaxis={"title": {"text": t("compare.error.axis")}, "tickformat": ".0%", "rangemode": "tozero"},
    )
