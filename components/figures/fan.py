"""The fan chart: history, forecast, and how sure it is; closed days shaded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import plotly.graph_objects as go

from components.figures.bands import HIDDEN_AXIS, closed_days
from components.figures.palette import DASHES, Theme, faded
from components.figures.template import base_figure
from components.words import Words

Frame = Mapping[str, Any]
"""Columns as arrays of one length."""


def _band(t: Words, theme: Theme, days: Any, frame: Frame, level: int, colour: str) -> list[go.Scatter]:
    """The area between lo and hi of a level; two traces, one entry in the legend."""
    group = f"band{level}"
    edge = {"x": days, "mode": "lines", "line": {"width": 0}, "legendgroup": group}
    opened = np.asarray(frame["open"], dtype=bool)
    return [
        go.Scatter(**edge, y=np.asarray(frame[f"lo{level}"])[opened], showlegend=False, hoverinfo="skip"),
        go.Scatter(
            **edge,
            y=np.asarray(frame[f"hi{level}"])[opened],
            fill="tonexty",
            fillcolor=faded(colour, theme.band80 if level == 80 else theme.band95),
            name=t("chart.interval", level=level),
            hoverinfo="skip",
        ),
    ]


def fan_figure(
    t: Words,
    theme: Theme,
    history: Frame,
    forecast: Frame,
    model: str,
    unit: str,
    actual: Any = None,
    others: Mapping[str, Any] | None = None,
) -> go.Figure:
    """``history``: date, value, open; ``forecast``: date, mean, lo80 … hi95, open. ``actual`` beside the forecast,
    where it is known (a past fold); ``others``: model → frame, thin lines of further models.
    Lines join open days only; closed days are shaded instead of falling to zero.
    """
    colour = theme.model(model)
    past = np.asarray(history["date"], dtype="datetime64[s]")
    past_open = np.asarray(history["open"], dtype=bool)
    days = np.asarray(forecast["date"], dtype="datetime64[s]")
    opened = np.asarray(forecast["open"], dtype=bool)
    ahead = days[opened]
    few = ahead.size <= 31
    intervals = np.column_stack([np.asarray(forecast[name])[opened] for name in ("lo80", "hi80", "lo95", "hi95")])
    interval_text = "<br>".join(
        f"{t('chart.interval', level=level)}: %{{customdata[{i}]:,.0f}} – %{{customdata[{i + 1}]:,.0f}}"
        for level, i in ((80, 0), (95, 2))
    )
    traces: list[Any] = [
        closed_days(t, theme, np.concatenate([past, days]), np.concatenate([past_open, opened])),
        *_band(t, theme, ahead, forecast, 95, colour),
        *_band(t, theme, ahead, forecast, 80, colour),
        go.Scatter(
            x=past[past_open],
            y=np.asarray(history["value"])[past_open],
            name=t("chart.actual"),
            mode="lines",
            line={"color": theme.ink, "width": 1.4},
            hovertemplate="%{y:,.0f}",
        ),
        go.Scatter(
            x=ahead,
            y=np.asarray(forecast["mean"])[opened],
            customdata=intervals,
            name=t.model(model) if others else t("chart.forecast"),
            mode="lines+markers" if few else "lines",
            marker={"size": 5},
            line={"color": colour, "width": 2.4},
            hovertemplate="%{y:,.0f}<br>" + interval_text,
        ),
    ]
    for name, frame in (others or {}).items():
        traces.append(
            go.Scatter(
                x=ahead,
                y=np.asarray(frame["mean"])[opened],
                name=t.model(name),
                mode="lines",
                line={"color": theme.model(name), "width": 1.6, "dash": DASHES.get(name, "dash")},
                hovertemplate="%{y:,.0f}",
            )
        )
    if actual is not None:
        traces.append(
            go.Scatter(
                x=ahead,
                y=np.asarray(actual)[opened],
                name=t("chart.actual"),
                mode="lines+markers",
                marker={"size": 5, "symbol": "circle-open"},
                line={"color": theme.ink, "width": 1.4},
                hovertemplate="%{y:,.0f}",
                showlegend=False,
            )
        )
    figure = base_figure(
        traces,
        theme,
        t,
        xaxis={"hoverformat": "%a %-d %b %Y"},
        yaxis={"title": {"text": unit}, "rangemode": "tozero", "tickformat": ",~f"},
        yaxis2=HIDDEN_AXIS,
        bargap=0,
    )
    if past.size and days.size:
        start = str(days[0] - np.timedelta64(12, "h"))
        figure.add_vline(x=start, line={"color": theme.muted, "width": 1, "dash": "dot"})
    return figure
