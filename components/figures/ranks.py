"""Who makes how much: bars by rank, new and returning customers by month, the curve of concentration."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from components.figures.palette import Theme, mixed
from components.figures.template import DATE_AXIS, Figure, base_figure, trace
from components.legend import Key
from components.words import Words

ROW = 30
"""Pixels a bar of a ranking takes."""


def ranks_figure(
    t: Words, theme: Theme, names: Sequence[str], values: Sequence[float], shares: Sequence[str], hovers: Sequence[str],
    unit: str, log: bool, strong: int | None = None,
) -> Figure:  # fmt: skip
    """From the top; ``names`` and ``hovers`` are safe for Plotly already. ``log``: a scale of factors from 1 on, as one
    of them is so much larger; ``strong``: the row that stands out."""
    rows = list(range(len(names)))
    plain, other = theme.accent, mixed(theme.accent, theme.surface, 0.55)
    bars = trace(
        "bar",
        orientation="h",
        x=list(values),
        y=rows,
        text=list(shares),
        textposition="outside",
        cliponaxis=False,
        outsidetextfont={"color": theme.ink},
        textfont={"size": 12},
        marker={"color": [plain if strong in (None, row) else other for row in rows]},
        customdata=list(hovers),
        hovertemplate="%{customdata}<extra></extra>",
    )
    axis: dict[str, Any] = {"title": {"text": unit}, "showgrid": True, "tickformat": ",~s", "nticks": 5, "tickangle": 0}
    return base_figure(
        [bars],
        theme,
        t,
        hovermode="closest",
        xaxis=axis | ({"type": "log", "dtick": 1} if log else {}) | {"range": _room(values, log)},
        yaxis={"tickvals": rows, "ticktext": list(names), "range": [len(names) - 0.5, -0.5], "showgrid": False},
        bargap=0.3,
    )


def _room(values: Sequence[float], log: bool) -> list[float]:
    """From nothing (or a little below the least), with room for the text behind the longest bar."""
    low, high = min(values), max(values)
    if log:
        low, high = math.log10(low), math.log10(high)
        return [low - 0.15 * (high - low), high + 0.18 * (high - low)]
    low, high = min(0.0, low), max(0.0, high)
    return [low, high + 0.18 * (high - low)]


def months_keys(t: Words, theme: Theme) -> list[Key]:
    return [
        Key(t("explore.customers.returning"), theme.accent, "band"),
        Key(t("explore.customers.new"), theme.drop, "hatched"),
    ]


def months_figure(t: Words, theme: Theme, months: Any, new: Any, returning: Any) -> Figure:
    """Customers by month, the returning ones below."""
    hatched = {"shape": "/", "fillmode": "overlay", "fgcolor": theme.surface, "size": 6, "solidity": 0.25}
    x = np.asarray(months, dtype="datetime64[s]")
    traces: list[Any] = [
        trace("bar", x=x, y=np.asarray(returning), name=t("explore.customers.returning"),
              marker={"color": theme.accent}, hovertemplate="%{y:,.0f}"),
        trace("bar", x=x, y=np.asarray(new), name=t("explore.customers.new"),
              marker={"color": theme.drop, "pattern": hatched},
              hovertemplate="%{y:,.0f}"),
    ]  # fmt: skip
    return base_figure(
        traces,
        theme,
        t,
        barmode="stack",
        xaxis={**DATE_AXIS, "hoverformat": "%B %Y"},
        yaxis={"title": {"text": t.measure("customers")}, "rangemode": "tozero", "tickformat": ",~f"},
    )


def curve_keys(t: Words, theme: Theme) -> list[Key]:
    return [
        Key(t("explore.curve.real"), theme.accent, "line"),
        Key(t("explore.curve.equal"), theme.muted, "dotted"),
    ]


def curve_figure(t: Words, theme: Theme, curve: Any) -> Figure:
    """``curve``: share of customers, the smallest first, and what they make together, shape (points, 2)."""
    points = np.asarray(curve)
    traces: list[Any] = [
        trace("scatter", x=[0, 1], y=[0, 1], mode="lines", name=t("explore.curve.equal"), hoverinfo="skip",
              line={"color": theme.muted, "width": 1.6, "dash": "dot"}),
        trace("scatter", x=points[:, 0], y=points[:, 1], mode="lines", name=t("explore.curve.real"),
              line={"color": theme.accent, "width": 2.4}, hovertemplate="%{x:.0%}: %{y:.0%}<extra></extra>"),
    ]  # fmt: skip
    return base_figure(
        traces,
        theme,
        t,
        hovermode="closest",
        xaxis={"title": {"text": t("explore.curve.x")}, "tickformat": ".0%", "range": [0, 1]},
        yaxis={"title": {"text": t("explore.curve.y")}, "tickformat": ".0%", "range": [0, 1.01]},
    )
