"""Two versions against each other: the error of each test period, side by side."""

from __future__ import annotations

from collections.abc import Sequence

from components.figures.palette import Theme
from components.figures.template import Figure, base_figure, trace
from components.words import Words


def versus_figure(
    t: Words, theme: Theme, folds: Sequence[str], new: Sequence[float], old: Sequence[float], names: tuple[str, str]
) -> Figure:
    """WAPE (shares) by fold, the texts of ``folds`` in order; the older version is hatched, so colour is not needed."""
    pattern = {"shape": "/", "bgcolor": theme.reference, "fgcolor": theme.surface, "size": 5, "solidity": 0.25}
    bars = [
        trace(
            "bar",
            x=list(folds),
            y=list(old),
            name=names[1],
            marker={"color": theme.reference, "pattern": pattern},
            hovertemplate="%{y:.1%}",
        ),
        trace(
            "bar", x=list(folds), y=list(new), name=names[0], marker={"color": theme.current}, hovertemplate="%{y:.1%}"
        ),
    ]
    return base_figure(
        bars,
        theme,
        t,
        barmode="group",
        xaxis={"type": "category", "title": {"text": t("compare.fold.axis")}},
        yaxis={"tickformat": ".0%", "title": {"text": t("compare.error.axis")}, "rangemode": "tozero"},
        bargap=0.25,
        bargroupgap=0.06,
    )
