"""The two Plotly templates and what every chart shares: thin grid, system font, numbers and dates of the language."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
from markupsafe import Markup, escape

from components.figures.palette import Theme
from components.words import Words

FONT = (
    "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'Noto Sans', 'Liberation Sans', Arial, sans-serif"
)


Trace = dict[str, Any]
Figure = dict[str, Any]
"""Plain values of Plotly's schema: building graph objects would cost a hundred times as much a request.
That they are valid is what the tests check."""

DATE_AXIS = {
    "hoverformat": "%a %-d %b %Y",
    "tickformatstops": [
        {"dtickrange": [None, 2_419_200_000], "value": "%-d %b\n%Y"},
        {"dtickrange": ["M1", "M6"], "value": "%b\n%Y"},
        {"dtickrange": ["M6", None], "value": "%b %Y"},
    ],
}
"""Day before month, as in the rest of the page; the year only where it changes."""


FORMATS = ("tickformat", "hoverformat", "hovertemplate", "texttemplate")
TAG = re.compile("[<&]")
PERCENT = re.compile(r"\.\d%")


def template(theme: Theme) -> dict[str, Any]:
    """A Plotly template in the colours of the theme; background transparent, the card's shows through."""
    axis = {
        "gridcolor": theme.grid,
        "gridwidth": 1,
        "linecolor": theme.grid,
        "zeroline": False,
        "tickcolor": theme.grid,
        "tickfont": {"color": theme.muted, "size": 12},
        "title": {"font": {"color": theme.muted, "size": 12}, "standoff": 8},
        "automargin": True,
    }
    return {
        "layout": {
            "font": {"family": FONT, "size": 13, "color": theme.ink},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "colorway": [theme.models[name] for name in ("sarima", "ensemble", "xgboost", "lstm", "ets")],
            "xaxis": {**axis, "showgrid": False, "ticks": "outside", "ticklen": 4},
            "yaxis": {**axis, "nticks": 7, "ticklabelstandoff": 4},
            "hoverlabel": {
                "bgcolor": theme.surface,
                "bordercolor": theme.muted,
                "font": {"color": theme.ink, "family": FONT, "size": 13},
                "align": "left",
            },
            "legend": {
                "orientation": "h",
                "x": 0,
                "xanchor": "left",
                "y": 1.02,
                "yanchor": "bottom",
                "font": {"size": 12, "color": theme.ink},
                "bgcolor": "rgba(0,0,0,0)",
            },
            "margin": {"l": 8, "r": 12, "t": 12, "b": 8},
            "showlegend": False,
            "bargap": 0.25,
            "hovermode": "x unified",
            "dragmode": False,
            "separators": ".,",
        }
    }


def trace(kind: str, **settings: Any) -> Trace:
    """One trace of a figure."""
    return {"type": kind, **settings}


def brief(values: Any) -> Any:
    """Rounded to a ten-thousandth of the largest, finer than any screen: all digits of means and trends would be
    most of what a page loads."""
    array = np.asarray(values, dtype=np.float64)
    top = float(np.nanmax(np.abs(array), initial=0.0))
    return np.round(array, max(4 - math.floor(math.log10(top)), 0)) if top > 0 else array


def base_figure(traces: list[Any], theme: Theme, t: Words, **layout: Any) -> Figure:
    """A figure in the theme; ``layout`` are further settings of Plotly's layout.

    Plotly reads tags in every text. Here texts are text, whatever users' data hold: tags are those of a Markup
    (``Markup("<br>").join(names)``) and of templates such as ``hovertemplate``, where only our own texts may stand.
    """
    traces, layout = as_text(traces), as_text(layout)
    if t.lang == "fr":
        traces, layout = spaced(traces), spaced(layout)
    separators = ",\u202f" if t.lang == "fr" else ".,"
    return {"data": traces, "layout": {"template": template(theme), "separators": separators, **layout}}


def as_text(settings: Any, key: str = "") -> Any:
    """The same with every text escaped that is neither Markup nor a template of ours."""
    if isinstance(settings, str):
        ours = key in FORMATS or isinstance(settings, Markup) or not TAG.search(settings)
        return settings if ours else str(escape(settings))
    if isinstance(settings, dict):
        return {name: as_text(value, name) for name, value in settings.items()}
    if isinstance(settings, list | tuple):
        return [as_text(one, key) for one in settings]
    kind = getattr(getattr(settings, "dtype", None), "kind", "")
    return as_text(settings.tolist(), key) if kind in ("O", "U", "T") else settings


def spaced(settings: Any) -> Any:
    """The same with a space before every percent sign that Plotly writes: as the currency of ``graph_config``, the only
    thing that it puts behind a number."""
    if isinstance(settings, dict):
        return {
            key: PERCENT.sub(r"$\g<0>", value) if key in FORMATS and isinstance(value, str) else spaced(value)
            for key, value in settings.items()
        }
    if isinstance(settings, list) and settings and isinstance(settings[0], dict):
        return [spaced(one) for one in settings]
    return settings


def graph_config(t: Words) -> dict[str, Any]:
    """Options of dcc.Graph: no button bar; dates in the language of the page."""
    config: dict[str, Any] = {"displayModeBar": False, "responsive": True, "scrollZoom": False, "doubleClick": False}
    if t.lang != "en":
        config["locale"] = t.lang
        config["locales"] = {
            t.lang: {
                "dictionary": {},
                "format": {
                    "days": t("date.weekdays.sunday_first").split("|"),
                    "shortDays": t("date.weekdays.short.sunday_first").split("|"),
                    "months": t.months(),
                    "shortMonths": t.months(short=True),
                    "date": "%d/%m/%Y",
                    "currency": ["", "\u202f%"],
                },
            }
        }
    return config
