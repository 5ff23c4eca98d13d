"""Days closely: those that stand out, this year over the last, and the trend and the year that lie in a series."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from components.figures.bands import HIDDEN_AXIS, closed_days
from components.figures.palette import Theme, faded
from components.figures.template import DATE_AXIS, Figure, base_figure, brief, trace
from components.legend import Key
from components.words import Words


def add_odd_days(t: Words, theme: Theme, figure: Figure, days: Sequence[Any], values: Sequence[float]) -> None:
    """Marks days on a daily figure."""
    figure["data"].append(
        trace(
            "scatter",
            x=np.asarray(days, dtype="datetime64[s]"),
            y=list(values),
            name=t("explore.odd"),
            mode="markers",
            marker={"symbol": "diamond-open", "size": 11, "color": theme.drop, "line": {"width": 2}},
            hovertemplate="%{y:,.0f}",
        )
    )


def year_keys(t: Words, theme: Theme) -> list[Key]:
    return [
        Key(t("explore.year.now"), theme.accent, "line"),
        Key(t("explore.year.then"), theme.muted, "dashed"),
    ]


def year_figure(t: Words, theme: Theme, weeks: Any, now: Any, then: Any, unit: str) -> Figure:
    """Sums of weeks; ``weeks``: the first day of each, of the later year."""
    x = np.asarray(weeks, dtype="datetime64[s]")
    looks = (
        (then, t("explore.year.then"), {"color": theme.muted, "width": 1.8, "dash": "dash"}),
        (now, t("explore.year.now"), {"color": theme.accent, "width": 2.2}),
    )
    lines: list[Any] = [
        trace("scatter", x=x, y=np.asarray(values), name=name, mode="lines", line=line, hovertemplate="%{y:,.0f}")
        for values, name, line in looks
    ]
    return base_figure(
        lines,
        theme,
        t,
        xaxis=DATE_AXIS,
        yaxis={"title": {"text": unit}, "rangemode": "tozero", "tickformat": ",~f"},
    )


def trend_keys(t: Words, theme: Theme, with_year: bool) -> list[Key]:
    keys = [Key(t("chart.day"), faded(theme.accent, 0.5), "thin"), Key(t("explore.parts.trend"), theme.ink, "line")]
    if with_year:
        keys.append(Key(t("explore.parts.season"), theme.drop, "dashed"))
    return [*keys, Key(t("chart.closed"), theme.closed, "band")]


def trend_figure(
    t: Words, theme: Theme, days: Any, values: Any, known: Any, trend: Any, season: Any | None, unit: str
) -> Figure:
    """``season``: the trend with the year in it, or None; arrays of one length, a row a calendar day."""
    x, shown = np.asarray(days, dtype="datetime64[s]"), np.asarray(known, dtype=bool)
    pale = {"color": faded(theme.accent, 0.5), "width": 1}
    traces: list[Any] = [
        closed_days(t, theme, x, shown),
        _line(t("chart.day"), x[shown], np.asarray(values)[shown], pale),
        _line(t("explore.parts.trend"), x, trend, {"color": theme.ink, "width": 2.4}),
    ]
    if season is not None:
        look = {"color": theme.drop, "width": 2, "dash": "dash"}
        traces.append(_line(t("explore.parts.season"), x, season, look))
    return base_figure(
        traces,
        theme,
        t,
        xaxis=DATE_AXIS,
        yaxis={"title": {"text": unit}, "tickformat": ",~f"},
        yaxis2=HIDDEN_AXIS,
        bargap=0,
    )


def _line(name: str, x: Any, y: Any, line: dict[str, Any]) -> dict[str, Any]:
    return trace("scatter", x=x, y=brief(y), name=name, mode="lines", line=line, hovertemplate="%{y:,.0f}")


def curve_figure(t: Words, theme: Theme, days: Any, values: Any, axis: str, percent: bool) -> Figure:
    """What the time of the year adds or takes: around zero."""
    line = trace(
        "scatter",
        x=np.asarray(days, dtype="datetime64[s]"),
        y=brief(values),
        mode="lines",
        line={"color": theme.accent, "width": 2.4},
        fill="tozeroy",
        fillcolor=faded(theme.accent, 0.15),
        hovertemplate=("%{y:+.0%}" if percent else "%{y:+,.0f}") + "<extra></extra>",
    )
    return base_figure(
        [line],
        theme,
        t,
        xaxis={**DATE_AXIS, "tickformat": "%b", "tickformatstops": [], "hoverformat": "%-d %b"},
        yaxis=around_zero(theme, axis, percent),
    )


def around_zero(theme: Theme, axis: str, percent: bool) -> dict[str, Any]:
    """A y axis of differences."""
    return {
        "title": {"text": axis},
        "tickformat": ".0%" if percent else ",~f",
        "zeroline": True,
        "zerolinecolor": theme.muted,
        "zerolinewidth": 1,
    }
