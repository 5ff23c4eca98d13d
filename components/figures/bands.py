"""Closed days as shading behind a daily chart: one trace for all of them, however many."""

from __future__ import annotations

from typing import Any

import numpy as np

from components.figures.palette import Theme
from components.figures.template import Trace, trace
from components.words import Words

DAY = 86_400_000
LONG = 200
"""Days of a chart in which every week's closed day is a thin line."""
HIDDEN_AXIS = {"overlaying": "y", "range": [0, 1], "visible": False, "fixedrange": True}


def closed_days(t: Words, theme: Theme, dates: Any, is_open: Any) -> Trace:
    """Full-height bars on the second y axis where ``is_open`` is false; in a long time the weekly ones are paler, so
    that they do not hide the line and the long ones are seen."""
    shut = ~np.asarray(is_open, dtype=bool)
    days = np.asarray(dates, dtype="datetime64[s]")[shut]
    beside = np.concatenate([[False], shut, [False]])
    alone = (shut & ~beside[:-2] & ~beside[2:])[shut]
    pale = {"opacity": np.where(alone, 0.4, 1.0)} if shut.size > LONG else {}
    return trace(
        "bar",
        x=days,
        y=np.ones(days.size),
        yaxis="y2",
        name=t("chart.closed"),
        width=DAY,
        marker={"color": theme.closed, "line": {"width": 0}, **pale},
        hoverinfo="skip",
        showlegend=bool(days.size),
    )
