"""Scenarios beside the forecast that they start from: one line each, and the interval of the forecast."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from components.figures.bands import HIDDEN_AXIS, closed_days
from components.figures.fan import Frame, band, broken, open_runs
from components.figures.palette import Theme, faded
from components.figures.template import DATE_AXIS, Figure, base_figure, trace
from components.legend import Key, mark_of
from components.words import Words

LIGHT = ("#0072b2", "#b84a00", "#00724f", "#a8477f", "#6b5600")
DARK = ("#56b4e9", "#f09a4a", "#3fd3a5", "#e59ac5", "#e6d94a")
DASHES = ("dash", "dot", "dashdot", "longdash", "longdashdot")
SYMBOLS = ("square", "diamond", "triangle-up", "x", "star")
"""No two scenarios share colour, dash or symbol."""


def colours(theme: Theme) -> tuple[str, ...]:
    return DARK if theme.name == "dark" else LIGHT


def scenarios_figure(
    t: Words,
    theme: Theme,
    baseline: Frame,
    scenarios: Sequence[tuple[str, Frame]],
    model: str,
    level: int,
    unit: str,
) -> Figure:
    """``baseline`` and every frame: date, mean, lo80 … hi95, open, on the same days; the names are the user's words."""
    days = np.asarray(baseline["date"], dtype="datetime64[s]")
    few = days.size <= 31
    traces: list[Any] = [
        closed_days(t, theme, days, baseline["open"]),
        band(t, theme, days, baseline, level, theme.model(model)),
    ]
    shown = [(t("whatif.baseline"), baseline, theme.model(model), "solid", "circle"), *_drawn(theme, scenarios)]
    for name, frame, colour, dash, symbol in shown:
        runs = open_runs(frame["open"])
        traces.append(
            trace(
                "scatter",
                x=broken(days, runs),
                y=broken(frame["mean"], runs),
                name=name,
                mode="lines+markers" if few else "lines",
                marker={"size": 6, "symbol": symbol},
                line={"color": colour, "width": 2, "dash": dash},
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


def _drawn(theme: Theme, scenarios: Sequence[tuple[str, Frame]]) -> list[tuple[str, Frame, str, str, str]]:
    looks = zip(scenarios, colours(theme), DASHES, SYMBOLS, strict=False)
    return [(name, frame, colour, dash, symbol) for (name, frame), colour, dash, symbol in looks]


def scenario_keys(t: Words, theme: Theme, names: Sequence[str], model: str, level: int) -> list[Key]:
    colour = theme.model(model)
    alpha = theme.band80 if level == 80 else theme.band95
    own = zip(names, colours(theme), DASHES, strict=False)
    return [
        Key(t("whatif.baseline"), colour, "line"),
        Key(t("chart.interval", level=level), faded(colour, alpha), "band"),
        *(Key(name, shade, mark_of(dash)) for name, shade, dash in own),
        Key(t("chart.closed"), theme.closed, "band"),
    ]
