"""Both distributions of a feature: the reference and the last days."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from components.figures.palette import Theme
from components.figures.template import Figure, base_figure, trace
from components.words import Words


def distribution_figure(
    t: Words, theme: Theme, labels: Sequence[str], reference: Any, current: Any, axis: str
) -> Figure:
    """Shares (0 to 1) by class, side by side; the reference is hatched so that colour is not needed."""
    bars: list[Any] = [
        trace(
            "bar",
            x=list(labels),
            y=reference,
            name=t("monitor.reference"),
            marker={
                "color": theme.reference,
                # without a background of its own a pattern is drawn on nothing, in the colour of the page
                "pattern": {
                    "shape": "/",
                    "bgcolor": theme.reference,
                    "fgcolor": theme.surface,
                    "size": 5,
                    "solidity": 0.25,
                },
            },
            hovertemplate="%{y:.1%}",
        ),
        trace(
            "bar",
            x=list(labels),
            y=current,
            name=t("monitor.current"),
            marker={"color": theme.current},
            hovertemplate="%{y:.1%}",
        ),
    ]
    return base_figure(
        bars,
        theme,
        t,
        barmode="group",
        xaxis={"type": "category", "title": {"text": axis}},
        yaxis={"tickformat": ".0%", "title": {"text": t("monitor.share")}, "rangemode": "tozero"},
        bargap=0.2,
        bargroupgap=0.06,
    )
