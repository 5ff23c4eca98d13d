"""Forecasts as they came: the error and the coverage of the last weeks, day by day, against what was promised."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from components.figures.palette import Theme, faded
from components.figures.template import DATE_AXIS, Figure, base_figure, trace
from components.words import Words


class Line(NamedTuple):
    """``promised``: the level it is held against, a dotted line of its own."""

    name: str
    values: Sequence[float | None]
    promised: float | None
    colour: str
    dash: str


def record_figure(
    t: Words, theme: Theme, days: Sequence[str | None], lines: Sequence[Line], stand_in: tuple[str, str] | None,
    axis: str, top: float | None = None,
) -> Figure:  # fmt: skip
    """``days``: ISO days, None where a line breaks; ``stand_in``: first and last day of tests that stand in."""
    traces: list[Any] = [
        trace("scatter", x=list(days), y=list(one.values), name=one.name, mode="lines", connectgaps=False,
              line={"color": one.colour, "width": 2.2, "dash": one.dash}, hovertemplate="%{y:.1%}")
        for one in lines
    ]  # fmt: skip
    shapes: list[Any] = [
        {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": one.promised, "y1": one.promised,
         "line": {"color": theme.ink, "width": 1.6, "dash": "dot"}}
        for one in lines if one.promised is not None
    ]  # fmt: skip
    if stand_in is not None:
        first, last = stand_in
        shapes.append(
            {"type": "rect", "x0": first, "x1": last, "yref": "paper", "y0": 0, "y1": 1, "line": {"width": 0},
             "fillcolor": faded(theme.reference, 0.14), "layer": "below"}
        )  # fmt: skip
    return base_figure(
        traces,
        theme,
        t,
        xaxis={**DATE_AXIS, "type": "date"},
        yaxis={"title": {"text": axis}, "tickformat": ".0%", "rangemode": "tozero",
               "range": None if top is None else [0, top]},
        shapes=shapes,
    )  # fmt: skip
