"""The fan chart: history, forecast, and how sure it is; closed days shaded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from components.figures.bands import HIDDEN_AXIS, closed_days
from components.figures.palette import DASHES, Theme, faded
from components.figures.template import DATE_AXIS, Figure, Trace, base_figure, trace
from components.legend import Key
from components.words import Words

Frame = Mapping[str, Any]
"""Columns as arrays of one length."""


LONG_CLOSURE = 3
"""Closed days in a row from which on lines and bands break instead of being drawn across."""


def open_runs(is_open: Any) -> list[Any]:
    """Indices of the open days, in runs that are at most a weekend apart."""
    where = np.flatnonzero(np.asarray(is_open, dtype=bool))
    return [run for run in np.split(where, np.flatnonzero(np.diff(where) > LONG_CLOSURE) + 1) if run.size]


def broken(values: Any, runs: Sequence[Any]) -> Any:
    """The values of the runs with a gap between them (NaN; a date is said twice). Rows of a 2-D array stay rows."""
    values = np.asarray(values)
    if not runs:
        return values[:0]
    if values.dtype.kind == "M":
        dates = values.astype("datetime64[s]")
        return np.concatenate([np.append(dates[run], dates[run[-1]]) for run in runs])[:-1]
    gap = np.full((1, *values.shape[1:]), np.nan)
    return np.concatenate([part for run in runs for part in (values[run].astype(np.float64), gap)])[:-1]


def band(t: Words, theme: Theme, days: Any, frame: Frame, level: int, colour: str) -> Trace:
    """The area between lo and hi of a level, one outline for every run of open days."""
    low, high = np.asarray(frame[f"lo{level}"]), np.asarray(frame[f"hi{level}"])
    outlines = [np.concatenate([run, run[::-1]]) for run in open_runs(frame["open"])]
    turned = [np.arange(run.size) >= run.size // 2 for run in outlines]
    edges = [np.where(back, low[run], high[run]) for run, back in zip(outlines, turned, strict=True)]
    between = [np.append(edge, np.nan) for edge in edges]
    return trace(
        "scatter",
        x=broken(days, outlines),
        y=np.concatenate(between)[:-1] if between else np.zeros(0),
        mode="lines",
        line={"width": 0},
        fill="toself",
        fillcolor=faded(colour, theme.band80 if level == 80 else theme.band95),
        name=t("chart.interval", level=level),
        hoverinfo="skip",
    )


def fan_keys(
    t: Words, theme: Theme, model: str, name: str, levels: Sequence[int] = (80, 95), last_year: bool = False
) -> list[Key]:
    """The legend of the fan chart; ``name`` stands for its forecast."""
    colour = theme.model(model)
    alphas = {80: theme.band80, 95: theme.band95}
    return [
        Key(t("chart.actual"), theme.ink, "thin"),
        Key(name, colour, "line"),
        *(Key(t("chart.interval", level=level), faded(colour, alphas[level]), "band") for level in levels),
        *([Key(t("chart.last_year"), theme.muted, "dotted")] if last_year else []),
        Key(t("chart.closed"), theme.closed, "band"),
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
    levels: Sequence[int] = (80, 95),
    last_year: Any = None,
) -> Figure:
    """``history``: date, value, open; ``forecast``: date, mean, lo80 … hi95, open. ``actual`` beside the forecast,
    where it is known (a past fold); ``others``: model → frame, thin lines of further models; ``levels``: of the bands;
    ``last_year``: of the same weekdays a year before the days ahead, NaN where closed or not known.
    Closed days are shaded instead of falling to zero; lines are drawn across weekends and break at longer closures.
    """
    colour = theme.model(model)
    past = np.asarray(history["date"], dtype="datetime64[s]")
    past_open = np.asarray(history["open"], dtype=bool)
    past_runs, runs = open_runs(past_open), open_runs(forecast["open"])
    days = np.asarray(forecast["date"], dtype="datetime64[s]")
    opened = np.asarray(forecast["open"], dtype=bool)
    ahead = broken(days, runs)
    few = ahead.size <= 31
    intervals = broken(np.column_stack([forecast[name] for name in ("lo80", "hi80", "lo95", "hi95")]), runs)
    interval_text = "<br>".join(
        f"{t('chart.interval', level=level)}: %{{customdata[{i}]:,.0f}} – %{{customdata[{i + 1}]:,.0f}}"
        for level, i in ((80, 0), (95, 2))
    )
    traces: list[Any] = [
        closed_days(t, theme, np.concatenate([past, days]), np.concatenate([past_open, opened])),
        *(band(t, theme, days, forecast, level, colour) for level in reversed(levels)),
        trace(
            "scatter",
            x=broken(past, past_runs),
            y=broken(history["value"], past_runs),
            name=t("chart.actual"),
            mode="lines",
            line={"color": theme.ink, "width": 1.4},
            hovertemplate="%{y:,.0f}",
        ),
        trace(
            "scatter",
            x=ahead,
            y=broken(forecast["mean"], runs),
            customdata=intervals,
            name=t.model(model) if others else t("chart.forecast"),
            mode="lines+markers" if few else "lines",
            marker={"size": 5},
            line={"color": colour, "width": 2.4},
            hovertemplate="%{y:,.0f}<br>" + interval_text,
        ),
    ]
    if last_year is not None:
        before = open_runs(~np.isnan(last_year))
        traces.append(
            trace(
                "scatter",
                x=broken(days, before),
                y=broken(last_year, before),
                name=t("chart.last_year"),
                mode="lines",
                line={"color": theme.muted, "width": 1.4, "dash": "dot"},
                hovertemplate="%{y:,.0f}",
            )
        )
    for name, frame in (others or {}).items():
        traces.append(
            trace(
                "scatter",
                x=ahead,
                y=broken(frame["mean"], runs),
                name=t.model(name),
                mode="lines",
                line={"color": theme.model(name), "width": 1.6, "dash": DASHES.get(name, "dash")},
                hovertemplate="%{y:,.0f}",
            )
        )
    if actual is not None:
        traces.append(
            trace(
                "scatter",
                x=ahead,
                y=broken(actual, runs),
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
        xaxis=DATE_AXIS,
        yaxis={"title": {"text": unit}, "rangemode": "tozero", "tickformat": ",~f"},
        yaxis2=HIDDEN_AXIS,
        bargap=0,
    )
    if past.size and days.size:
        start = str(days[0] - np.timedelta64(12, "h"))
        line = {"color": theme.muted, "width": 1, "dash": "dot"}
        border = {"type": "line", "x0": start, "x1": start, "yref": "paper", "y0": 0, "y1": 1, "line": line}
        figure["layout"]["shapes"] = [border]
    return figure
