"""Profiles: how a trading day spreads over its hours, and the week over its days."""

from __future__ import annotations

from collections.abc import Sequence

from components.figures.palette import Theme, mixed
from components.figures.template import Figure, base_figure, trace
from components.words import Words


def profile_figure(
    t: Words, theme: Theme, labels: Sequence[str], values: Sequence[float], unit: str, strongest: int | None, axis: str
) -> Figure:
    """Bars in the order given; the strongest stands out."""
    colours = [theme.accent if i == strongest else mixed(theme.accent, theme.surface, 0.5) for i in range(len(labels))]
    bars = trace(
        "bar", x=list(labels), y=list(values), marker={"color": colours}, hovertemplate="%{x}: %{y:,.1f}<extra></extra>"
    )
    return base_figure(
        [bars],
        theme,
        t,
        xaxis={"type": "category", "tickangle": 0, "title": {"text": axis}},
        yaxis={"title": {"text": unit}, "rangemode": "tozero", "tickformat": ",~f"},
        hovermode="closest",
    )
