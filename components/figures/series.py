"""The daily series: every open day thin, the four-week mean bold, closed days shaded."""

from __future__ import annotations

from typing import Any

import numpy as np

from components.figures.bands import HIDDEN_AXIS, closed_days
from components.figures.palette import Theme, faded
from components.figures.template import DATE_AXIS, Figure, base_figure, brief, trace
from components.legend import Key
from components.words import Words

MANY = 120
"""Open days from which on the daily line is pale and the mean of four weeks is drawn over it."""


def daily_keys(t: Words, theme: Theme, open_days: int) -> list[Key]:
    """The legend of the daily series."""
    thin = open_days > MANY
    keys = [Key(t("chart.day"), faded(theme.accent, 0.6) if thin else theme.accent, "thin")]
    if thin:
        keys.append(Key(t("chart.trend"), theme.ink, "line"))
    return [*keys, Key(t("chart.closed"), theme.closed, "band")]


def daily_figure(t: Words, theme: Theme, dates: Any, values: Any, is_open: Any, trend: Any, unit: str) -> Figure:
    """``dates`` datetime64, ``values``, ``is_open`` and ``trend``: arrays of one length, a row a calendar day."""
    days = np.asarray(dates, dtype="datetime64[s]")
    opened = np.asarray(is_open, dtype=bool)
    thin = opened.sum() > MANY
    traces = [
        closed_days(t, theme, days, opened),
        trace(
            "scatter",
            x=days[opened],
            y=np.asarray(values)[opened],
            name=t("chart.day"),
            mode="lines",
            line={"color": faded(theme.accent, 0.6) if thin else theme.accent, "width": 1 if thin else 1.8},
            hovertemplate="%{y:,.0f}",
        ),
    ]
    if thin:
        traces.append(
            trace(
                "scatter",
                x=days,
                y=brief(trend),
                name=t("chart.trend"),
                mode="lines",
                line={"color": theme.ink, "width": 2.2},
                hovertemplate="%{y:,.0f}",
            )
        )
    return base_figure(
        traces,
        theme,
        t,
        xaxis=DATE_AXIS,
        yaxis={"title": {"text": unit}, "rangemode": "tozero", "tickformat": ",~f"},
        yaxis2=HIDDEN_AXIS,
        bargap=0,
    )
