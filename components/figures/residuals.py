"""What a model's forecasts have left over: day by day, as a distribution, and whether it repeats."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from components.figures.palette import Theme, faded
from components.figures.template import DATE_AXIS, Figure, base_figure, trace
from components.words import Words

BINS = (8, 30)
"""At least and at most."""


def time_figure(t: Words, theme: Theme, days: Any, residuals: Any, starts: Any, colour: str, unit: str) -> Figure:
    """A mark a day, above 0 where more came than was forecast; thin lines where test periods begin (``starts``)."""
    x = np.asarray(days, dtype="datetime64[s]")
    marks = trace(
        "scatter",
        x=x,
        y=np.asarray(residuals, dtype=np.float64),
        mode="markers",
        marker={"color": colour, "size": 6, "opacity": 0.85},
        name=t("compare.residuals.actual_minus"),
        hovertemplate="%{y:,.0f}",
    )
    line = {"type": "line", "yref": "paper", "y0": 0, "y1": 1, "line": {"color": theme.grid, "width": 1}}
    shapes = [{**line, "x0": str(one), "x1": str(one)} for one in np.asarray(starts, dtype="datetime64[s]")]
    return base_figure(
        [marks],
        theme,
        t,
        xaxis={**DATE_AXIS},
        yaxis={
            "title": {"text": unit},
            "tickformat": ",.0f",
            "zeroline": True,
            "zerolinecolor": theme.muted,
            "zerolinewidth": 1.2,
        },
        shapes=shapes,
    )


def edges_of(residuals: Any) -> Any:
    """The ends of bins of one width (Freedman–Diaconis), within BINS."""
    values = np.asarray(residuals, dtype=np.float64)
    low, high = float(values.min()), float(values.max())
    reach = float(np.subtract(*np.percentile(values, [75, 25])))
    width = 2 * reach / len(values) ** (1 / 3)
    count = int(np.ceil((high - low) / width)) if width > 0 else BINS[0]
    return np.linspace(low, high, min(max(count, BINS[0]), BINS[1]) + 1)


def spread_figure(
    t: Words, theme: Theme, residuals: Any, mean: float, deviation: float, colour: str, unit: str
) -> Figure:
    """How often residuals of each size come, beside what a normal distribution of the same width would give."""
    edges = edges_of(residuals)
    counts, _ = np.histogram(residuals, edges)
    x = np.linspace(min(edges[0], mean - 3 * deviation), max(edges[-1], mean + 3 * deviation), 121)
    normal = np.exp(-(((x - mean) / deviation) ** 2) / 2) / (deviation * np.sqrt(2 * np.pi))
    bars = trace(
        "bar",
        x=(edges[:-1] + edges[1:]) / 2,
        y=counts,
        width=float(edges[1] - edges[0]) * 0.94,
        name=t("compare.residuals.days"),
        marker={"color": faded(colour, 0.55), "line": {"color": colour, "width": 1}},
        hovertemplate="%{y}",
    )
    curve = trace(
        "scatter",
        x=x,
        y=normal * len(residuals) * float(edges[1] - edges[0]),
        mode="lines",
        name=t("compare.residuals.normal"),
        line={"color": theme.ink, "width": 1.8, "dash": "dash"},
        hoverinfo="skip",
    )
    return base_figure(
        [bars, curve],
        theme,
        t,
        hovermode="closest",
        xaxis={"title": {"text": unit}, "tickformat": ",.0f", "showgrid": False},
        yaxis={"title": {"text": t("compare.residuals.days")}, "rangemode": "tozero"},
        bargap=0,
    )


def acf_figure(t: Words, theme: Theme, acf: Sequence[float], limit: float, colour: str) -> Figure:
    """A stem a lag (open days), and the band that holds 95 % of them if nothing repeats; heads beyond it are filled."""
    values = np.asarray(acf, dtype=np.float64)
    lags = np.arange(1, len(values) + 1)
    beyond = np.abs(values) > limit
    stems = trace(
        "bar", x=lags, y=values, width=0.18, marker={"color": colour}, name=t("compare.residuals.acf"), hoverinfo="skip"
    )
    heads = trace(
        "scatter",
        x=lags,
        y=values,
        mode="markers",
        name=t("compare.residuals.acf"),
        marker={
            "size": 8,
            "color": np.where(beyond, colour, theme.surface).tolist(),
            "line": {"color": colour, "width": 1.6},
        },
        hovertemplate="%{x}: %{y:.2f}<extra></extra>",
    )
    reach = max(1.15 * float(np.abs(values).max(initial=0)), 1.6 * limit)
    band = {"type": "rect", "xref": "paper", "x0": 0, "x1": 1, "y0": -limit, "y1": limit, "layer": "below"}
    return base_figure(
        [stems, heads],
        theme,
        t,
        hovermode="closest",
        xaxis={"title": {"text": t("compare.residuals.lag")}, "tickformat": "d", "range": [0.3, len(values) + 0.7]},
        yaxis={"range": [-reach, reach], "zeroline": True, "zerolinecolor": theme.muted},
        shapes=[{**band, "fillcolor": faded(theme.reference, 0.22), "line": {"width": 0}}],
    )
