"""Closed days as shading behind a daily chart: one trace for all of them, however many."""

from __future__ import annotations

from typing import Any

import numpy as np

from components.figures.palette import Theme
from components.figures.template import Trace, trace
from components.words import Words

DAY = 86_400_000
HIDDEN_AXIS = {"overlaying": "y", "range": [0, 1], "visible": False, "fixedrange": True}


def closed_days(t: Words, theme: Theme, dates: Any, is_open: Any) -> Trace:
    """Full-height bars on the second y axis where ``is_open`` is false."""
    days = np.asarray(dates, dtype="datetime64[s]")[~np.asarray(is_open, dtype=bool)]
    return trace(
        "bar",
        x=days,
        y=np.ones(days.size),
        yaxis="y2",
        name=t("chart.closed"),
        width=DAY,
        marker={"color": theme.closed, "line": {"width": 0}},
        hoverinfo="skip",
        showlegend=bool(days.size),
    )
