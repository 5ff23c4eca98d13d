"""How values spread: a histogram and boxes, on a scale of factors where one helps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from components.figures.palette import Theme, faded
from components.figures.template import Figure, base_figure, trace
from components.words import Words


def histogram_figure(
    t: Words, theme: Theme, edges: Any, counts: Any, unit: str, log: bool, marks: Sequence[tuple[float, str]]
) -> Figure:
    """Steps between ``edges`` (bins + 1) as high as ``counts`` (bins); ``marks``: values with a name, as lines."""
    steps = trace(
        "scatter",
        x=np.asarray(edges),
        y=[*np.asarray(counts).tolist(), 0],
        mode="lines",
        line={"shape": "hv", "color": theme.accent, "width": 1.5},
        fill="tozeroy",
        fillcolor=faded(theme.accent, 0.35),
        hovertemplate="%{y:,.0f}<extra></extra>",
    )
    return base_figure(
        [steps],
        theme,
        t,
        xaxis={"type": "log" if log else "linear", "title": {"text": unit}, "tickformat": ",~r", "hoverformat": ",.0f"}
        | ({"dtick": "D2"} if log else {}),
        yaxis={"title": {"text": t("explore.spread.days")}, "rangemode": "tozero", "tickformat": ",d"},
        shapes=[
            {"type": "line", "x0": value, "x1": value, "yref": "paper", "y0": 0, "y1": 1,
             "line": {"color": theme.drop, "width": 1.6, "dash": dash}}
            for (value, _), dash in zip(marks, ("dot", "solid", "dot"), strict=False)
        ],
        annotations=[
            {"x": np.log10(value) if log else value, "yref": "paper", "y": 1, "yanchor": "bottom", "text": name,
             "showarrow": False, "font": {"size": 12, "color": theme.muted}}
            for value, name in marks
        ],
        margin={"l": 8, "r": 12, "t": 28, "b": 8},
    )  # fmt: skip


def boxes_figure(
    t: Words, theme: Theme, names: Sequence[str], boxes: Sequence[Any], outside: Sequence[tuple[str, float, str]],
    unit: str, log: bool,
) -> Figure:  # fmt: skip
    """``boxes``: q1, median, q3, low, high of each name; ``outside``: name, value and day of what lies beyond."""
    traces: list[Any] = [
        trace(
            "box",
            x=list(names),
            q1=[one.q1 for one in boxes],
            median=[one.median for one in boxes],
            q3=[one.q3 for one in boxes],
            lowerfence=[one.low for one in boxes],
            upperfence=[one.high for one in boxes],
            line={"color": theme.accent, "width": 1.6},
            fillcolor=faded(theme.accent, 0.25),
            hoverinfo="y",
            hoverlabel={"namelength": 0},
        ),
        trace(
            "scatter",
            x=[name for name, _, _ in outside],
            y=[value for _, value, _ in outside],
            customdata=[day for _, _, day in outside],
            mode="markers",
            marker={"symbol": "circle-open", "size": 7, "color": theme.drop, "line": {"width": 1.6}},
            hovertemplate="%{customdata}: %{y:,.0f}<extra></extra>",
        ),
    ]
    return base_figure(
        traces,
        theme,
        t,
        hovermode="closest",
        xaxis={"type": "category", "categoryorder": "array", "categoryarray": list(names), "tickangle": 0},
        yaxis={"title": {"text": unit}, "tickformat": ",~r", "hoverformat": ",.0f"}
        | ({"type": "log", "dtick": "D2"} if log else {"rangemode": "tozero"}),
        boxgap=0.4,
    )
