"""Models against each other: errors by test period and by anything else, and what their intervals held."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import wrap
from typing import Any

import numpy as np
from markupsafe import Markup

from components.figures.palette import DASHES, OTHER_DASH, OTHER_SYMBOL, SYMBOLS, Theme
from components.figures.template import DATE_AXIS, Figure, Trace, base_figure, trace
from components.words import Words

Errors = Mapping[str, Sequence[float]]
"""Model → its WAPE (share) for each place on the axis."""
LONGEST = 16
"""Characters of a row's name in one line: on a phone the names would leave no room for the marks."""


def error_figure(
    t: Words, theme: Theme, places: Any, errors: Errors, axis: str, strong: Sequence[str] = (), kind: str = "category"
) -> Figure:
    """A line a model. ``places``: datetime64 for ``kind`` "date", numbers for "linear" (days), else texts, in order;
    ``strong``: models whose lines are thicker.
    """
    x = np.asarray(places, dtype="datetime64[s]") if kind == "date" else list(places)
    xaxis = {**DATE_AXIS} if kind == "date" else {"type": kind}
    if kind == "linear":
        xaxis |= {
            "tickformat": "d",
            "tick0": 7,
            "dtick": 7,
            "range": [min(x, default=1) - 0.6, max(x, default=1) + 0.6],
        }
    return base_figure(
        [_line(t, theme, model, x, values, model in strong) for model, values in errors.items()],
        theme,
        t,
        xaxis={**xaxis, "title": {"text": axis}},
        yaxis={"title": {"text": t("compare.error.axis")}, "tickformat": ".0%", "rangemode": "tozero"},
    )


def _line(t: Words, theme: Theme, model: str, x: Any, values: Sequence[float], strong: bool) -> Trace:
    few = len(values) <= 16
    return trace(
        "scatter",
        x=x,
        y=list(values),
        name=t.model(model),
        mode="lines+markers",
        marker={**_marker(theme, model), "size": 9 if few else 6},
        line={
            "color": theme.model(model),
            "width": 2.4 if strong else 1.6,
            "dash": DASHES.get(model, OTHER_DASH),
        },
        hovertemplate="%{y:.1%}",
    )


def _marker(theme: Theme, model: str) -> dict[str, Any]:
    colour = theme.model(model)
    return {"symbol": SYMBOLS.get(model, OTHER_SYMBOL), "color": colour, "line": {"color": colour, "width": 1.5}}


def dot_figure(t: Words, theme: Theme, places: Sequence[str], errors: Errors) -> Figure:
    """For places without an order, such as segments: a row each, from the top, and in it a mark a model."""
    step = 0.72 / max(len(errors), 1)
    traces: list[Any] = [
        trace(
            "scatter",
            x=list(values),
            y=np.arange(len(places)) + (number - (len(errors) - 1) / 2) * step,
            customdata=list(places),
            name=t.model(model),
            mode="markers",
            marker={**_marker(theme, model), "size": 9},
            hovertemplate="%{customdata}: %{x:.1%}",
        )
        for number, (model, values) in enumerate(errors.items())
    ]
    between = {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "line": {"color": theme.grid, "width": 1}}
    return base_figure(
        traces,
        theme,
        t,
        hovermode="closest",
        xaxis={
            "title": {"text": t("compare.error.axis")},
            "tickformat": ".0%",
            "rangemode": "tozero",
            "showgrid": True,
        },
        yaxis=_rows(places),
        shapes=[{**between, "y0": row + 0.5, "y1": row + 0.5} for row in range(len(places) - 1)],
    )


def _rows(names: Sequence[str]) -> dict[str, Any]:
    """A y axis of rows from the top; marks may lie a little above or below the middle of theirs."""
    numbers, texts = list(range(len(names))), [Markup("<br>").join(wrap(name, LONGEST)) for name in names]
    return {"tickvals": numbers, "ticktext": texts, "range": [len(names) - 0.5, -0.5], "showgrid": False}


def coverage_figure(
    t: Words,
    theme: Theme,
    models: Sequence[str],
    realised: Mapping[int, Sequence[float]],
    worst: Mapping[int, Sequence[float]],
) -> Figure:
    """``realised`` and ``worst`` (test period): level in percent → share of open days inside, a value a model.

    A row a model, from the top; in it a mark a level, and a thin line down to its worst test period.
    """
    looks = zip(realised, (theme.accent, theme.ink), ("circle", "diamond"), (-0.15, 0.15), strict=True)
    traces: list[Any] = []
    shapes, notes = [], []
    for level, colour, symbol, shift in looks:
        inside, lowest = np.asarray(realised[level], dtype=float), np.asarray(worst[level], dtype=float)
        traces.append(
            trace(
                "scatter",
                x=inside,
                y=np.arange(len(models)) + shift,
                customdata=np.column_stack([[t.model(model) for model in models], lowest.astype(object)]).tolist(),
                name=t("compare.cover.realised", level=level),
                mode="markers",
                marker={"size": 11, "symbol": symbol, "color": colour},
                error_x={
                    "type": "data",
                    "symmetric": False,
                    "array": np.zeros(len(models)),
                    "arrayminus": inside - lowest,
                    "color": colour,
                    "thickness": 1.4,
                    "width": 4,
                },
                hovertemplate="%{customdata[0]}: %{x:.1%}<br>"
                + f"{t('compare.cover.worst')}: %{{customdata[1]:.1%}}<extra>%{{fullData.name}}</extra>",
            )
        )
        line = {"color": colour, "width": 1.5, "dash": "dot"}
        shapes.append(
            {"type": "line", "x0": level / 100, "x1": level / 100, "yref": "paper", "y0": 0, "y1": 1, "line": line}
        )
        notes.append(
            {
                "x": level / 100,
                "yref": "paper",
                "y": 1,
                "yanchor": "bottom",
                "xanchor": "right" if shift < 0 else "center",
                "text": t.percent(level / 100),
                "showarrow": False,
                "font": {"color": colour, "size": 12},
            }
        )
    lowest_of_all = min((value for values in worst.values() for value in values), default=0.0)
    return base_figure(
        traces,
        theme,
        t,
        hovermode="closest",
        xaxis={
            "title": {"text": t("compare.cover.axis")},
            "tickformat": ".0%",
            "range": [max(-0.02, min(lowest_of_all, 0.7) - 0.04), 1.02],
            "showgrid": True,
        },
        yaxis=_rows([t.model(model) for model in models]),
        shapes=shapes,
        annotations=notes,
        margin={"l": 8, "r": 12, "t": 24, "b": 8},
    )


def cover_by_figure(t: Words, theme: Theme, weeks: Sequence[str], inside: Errors, level: int) -> Figure:
    """A line a model: the share of open days inside the interval by week ahead; the promise is dotted."""
    promise = {"color": theme.muted, "width": 1.5, "dash": "dot"}
    line = {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": level / 100, "y1": level / 100, "line": promise}
    lowest = min((value for values in inside.values() for value in values if np.isfinite(value)), default=0.5)
    return base_figure(
        [_line(t, theme, model, list(weeks), values, False) for model, values in inside.items()],
        theme,
        t,
        xaxis={"type": "category", "title": {"text": t("compare.by.week")}},
        yaxis={
            "title": {"text": t("compare.cover.axis")},
            "tickformat": ".0%",
            "range": [min(lowest, level / 100) - 0.06, 1.03],
        },
        shapes=[line],
    )
