"""What a model costs against how good it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from components.figures.palette import OTHER_SYMBOL, SYMBOLS, Theme
from components.figures.template import Figure, base_figure, trace
from components.words import Words


class Priced(NamedTuple):
    """A model with its seconds and its WAPE (a share)."""

    model: str
    seconds: float
    wape: float


def cost_figure(t: Words, theme: Theme, models: Sequence[Priced]) -> Figure:
    """A mark a model, told in the legend: to the left is cheap, at the bottom good. The axis of time is logarithmic."""
    marks = trace(
        "scatter",
        x=[one.seconds for one in models],
        y=[one.wape for one in models],
        text=[t.model(one.model) for one in models],
        mode="markers",
        cliponaxis=False,
        marker={
            "size": 12,
            "symbol": [SYMBOLS.get(one.model, OTHER_SYMBOL) for one in models],
            "color": [theme.model(one.model) for one in models],
            "line": {"width": 1.8, "color": [theme.model(one.model) for one in models]},
        },
        hovertemplate="%{text}: %{x:.3~s} s, %{y:.1%}<extra></extra>",
    )
    return base_figure(
        [marks],
        theme,
        t,
        hovermode="closest",
        xaxis={"type": "log", "title": {"text": t("compare.cost.axis")}, "showgrid": True, "dtick": 1},
        yaxis={"title": {"text": t("compare.error.axis")}, "tickformat": ".0%"},
    )
