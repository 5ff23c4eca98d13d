"""A change tried: the days as they were and with the change, where it begins and where it is found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from components.figures.palette import Theme
from components.figures.template import DATE_AXIS, Figure, base_figure, trace
from components.words import Words


def trial_figure(
    t: Words, theme: Theme, days: Sequence[str], before: Sequence[Any], after: Sequence[Any], start: str,
    found: str | None, unit: str,
) -> Figure:  # fmt: skip
    """Open days only, ISO days; ``start`` of the change, ``found``: the day of the alarm."""
    traces: list[Any] = [
        trace("scatter", x=list(days), y=list(before), name=t("trial.before"), mode="lines",
              line={"color": theme.muted, "width": 1.6, "dash": "dot"}, hovertemplate="%{y:,.0f}"),
        trace("scatter", x=list(days), y=list(after), name=t("trial.after"), mode="lines",
              line={"color": theme.accent, "width": 2.2}, hovertemplate="%{y:,.0f}"),
    ]  # fmt: skip
    marks = [(start, t("trial.start.mark"), theme.muted, "dash")]
    if found is not None:
        marks.append((found, t("trial.found.mark"), theme.drop, "solid"))
    down = {"type": "line", "yref": "paper", "y0": 0, "y1": 1}
    return base_figure(
        traces,
        theme,
        t,
        xaxis={**DATE_AXIS, "type": "date"},
        yaxis={"title": {"text": unit}, "rangemode": "tozero", "tickformat": ",~f"},
        shapes=[{**down, "x0": day, "x1": day, "line": {"color": colour, "width": 1.8, "dash": dash}}
                for day, _, colour, dash in marks],
        annotations=[{"x": day, "yref": "paper", "y": 1.0 - 0.09 * n, "text": text, "showarrow": False,
                      "xanchor": "left", "xshift": 4, "yanchor": "top", "font": {"color": colour, "size": 12}}
                     for n, (day, text, colour, _) in enumerate(marks)],
    )  # fmt: skip
