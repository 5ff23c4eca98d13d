"""How the forecast of one day changed: a point with its interval for every time it was made, and what came."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from components.figures.palette import Theme
from components.figures.template import DATE_AXIS, Figure, base_figure, trace
from components.legend import Key
from components.words import Words

FEW = 8
"""Times that are all named on the axis."""


def revisions_figure(t: Words, theme: Theme, made: Mapping[str, Any], actual: float | None, unit: str) -> Figure:
    """``made``: origin (the last day known), mean, lo80, hi80, stand_in, in order; tests have hollow markers."""
    when = np.asarray(made["origin"], dtype="datetime64[s]")
    mean, tested = np.asarray(made["mean"], dtype=np.float64), np.asarray(made["stand_in"], dtype=bool)
    traces: list[Any] = [
        trace(
            "scatter",
            x=when[which],
            y=mean[which],
            customdata=np.column_stack([made["lo80"], made["hi80"]])[which],
            error_y={
                "type": "data",
                "symmetric": False,
                "array": (np.asarray(made["hi80"]) - mean)[which],
                "arrayminus": (mean - np.asarray(made["lo80"]))[which],
                "thickness": 1.6,
                "width": 6,
            },
            name=t(f"made.{name}"),
            mode="markers" if name == "test" else "lines+markers",
            marker={"size": 9, "symbol": "circle-open" if name == "test" else "circle", "color": theme.accent},
            line={"color": theme.accent, "width": 1, "dash": "dot"},
            hovertemplate=f"%{{y:,.0f}}<br>{t('chart.interval', level=80)}: %{{customdata[0]:,.0f}} – "
            "%{customdata[1]:,.0f}",
        )
        for name, which in (("test", tested), ("issued", ~tested))
        if which.any()
    ]
    if actual is not None and when.size:
        traces.append(
            trace(
                "scatter",
                x=_ends(when),
                y=np.array([actual, actual]),
                name=t("chart.actual"),
                mode="lines",
                line={"color": theme.ink, "width": 1.6},
                hovertemplate="%{y:,.0f}",
            )
        )
    few = {"tickvals": when} if when.size <= FEW else {}
    return base_figure(
        traces,
        theme,
        t,
        xaxis={**DATE_AXIS, "title": {"text": t("made.axis")}, **few},
        yaxis={"title": {"text": unit}, "rangemode": "tozero", "tickformat": ",~f"},
        hovermode="closest",
    )


def _ends(when: Any) -> Any:
    """Somewhat before the first and after the last: of one point too there is an axis to see."""
    return np.array([when.min() - np.timedelta64(2, "D"), when.max() + np.timedelta64(2, "D")])


def revisions_keys(t: Words, theme: Theme, tests: bool, issued: bool, actual: bool) -> list[Key]:
    keys = [
        Key(t("made.issued"), theme.accent, "line") if issued else None,
        Key(t("made.test"), theme.accent, "dashed") if tests else None,
        Key(t("chart.actual"), theme.ink, "thin") if actual else None,
    ]
    return [key for key in keys if key is not None]
