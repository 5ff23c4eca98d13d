"""Models against each other: the error of every test period."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from components.figures.palette import DASHES, SYMBOLS, Theme
from components.figures.template import DATE_AXIS, Figure, base_figure, trace
from components.words import Words


def fold_figure(t: Words, theme: Theme, folds: Any, errors: Mapping[str, Sequence[float]]) -> Figure:
    """``folds``: origins as datetime64, in order; ``errors``: model → WAPE (share) for each of them."""
    traces: list[Any] = [
        trace(
            "scatter",
            x=np.asarray(folds, dtype="datetime64[s]"),
            y=list(values),
            name=t.model(model),
            mode="lines+markers",
            marker={"size": 9, "symbol": SYMBOLS.get(model, "circle"), "color": theme.model(model)},
            line={"color": theme.model(model), "width": 2, "dash": DASHES.get(model, "solid")},
            hovertemplate="%{y:.1%}",
        )
        for model, values in errors.items()
    ]
    return base_figure(
        traces,
        theme,
        t,
        xaxis={**DATE_AXIS, "title": {"text": t("compare.fold.axis")}},
        yaxis={"title": {"text": t("metric.wape")}, "tickformat": ".0%", "rangemode": "tozero"},
    )
