"""Forecasts against their promise, and what the surprises of a measure add up to: CUSUM and evidence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from components.figures.palette import Theme, mixed
from components.figures.template import DATE_AXIS, Figure, base_figure, trace
from components.words import Words

LIMIT_DASHES = ("dot", "dash")
"""Of the lower and the higher limit of the evidence."""


def _across(y: float, colour: str, dash: str, width: float = 1.6) -> dict[str, Any]:
    return {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": y, "y1": y,
            "line": {"color": colour, "width": width, "dash": dash}}  # fmt: skip


def cusum_figure(t: Words, theme: Theme, days: Sequence[Any], up: Any, down: Any, limit: float) -> Figure:
    """The sum upwards above zero, the one downwards below it, each with its limit."""
    x = [str(day) for day in days]
    traces: list[Any] = [
        trace("scatter", x=x, y=list(up), name=t("evidence.up"), mode="lines", fill="tozeroy",
              fillcolor=mixed(theme.accent, theme.surface, 0.2), line={"color": theme.accent, "width": 2},
              hovertemplate="%{y:.2f}"),
        trace("scatter", x=x, y=[-one for one in down], name=t("evidence.down"), mode="lines", fill="tozeroy",
              fillcolor=mixed(theme.drop, theme.surface, 0.2), line={"color": theme.drop, "width": 2, "dash": "dash"},
              customdata=list(down), hovertemplate="%{customdata:.2f}"),
    ]  # fmt: skip
    reach = 1.15 * max(limit, max(up, default=0.0), max(down, default=0.0))
    return base_figure(
        traces,
        theme,
        t,
        xaxis={**DATE_AXIS, "type": "date"},
        yaxis={"title": {"text": t("evidence.cusum.axis")}, "range": [-reach, reach], "tickformat": ".0f"},
        shapes=[_across(limit, theme.ink, "dash"), _across(-limit, theme.ink, "dash")],
    )


def evidence_figure(t: Words, theme: Theme, days: Sequence[Any], evidence: Any, limits: Sequence[float]) -> Figure:
    """On a scale of factors; 1 says nothing, above the limits something has changed."""
    line = trace(
        "scatter", x=[str(day) for day in days], y=list(evidence), name=t("evidence.evidence"), mode="lines",
        line={"color": theme.accent, "width": 2.2}, hovertemplate="%{y:.3~g}",
    )  # fmt: skip
    return base_figure(
        [line],
        theme,
        t,
        xaxis={**DATE_AXIS, "type": "date"},
        yaxis={"title": {"text": t("evidence.evidence")}, "type": "log", "dtick": 1, "tickformat": "~g"},
        shapes=[
            _across(limit, theme.ink, dash) for limit, dash in zip(limits, LIMIT_DASHES, strict=True)
        ] + [_across(1.0, theme.muted, "solid", 0.8)],
    )  # fmt: skip


def promise_figure(t: Words, theme: Theme, error: float, tests: Sequence[float]) -> Figure:
    """The errors of the tests, sorted, and a line at the error since the origin."""
    bars = trace(
        "bar", x=list(range(1, len(tests) + 1)), y=sorted(tests), name=t("promise.tests"),
        marker={"color": mixed(theme.accent, theme.surface, 0.5)}, hovertemplate="%{y:.1%}<extra></extra>",
    )  # fmt: skip
    return base_figure(
        [bars],
        theme,
        t,
        hovermode="closest",
        xaxis={"title": {"text": t("promise.axis")}, "tickformat": "d", "dtick": max(len(tests) // 10, 1)},
        yaxis={"title": {"text": t("compare.error.axis")}, "tickformat": ".0%", "rangemode": "tozero"},
        shapes=[_across(error, theme.drop, "solid", 2.2)],
    )
