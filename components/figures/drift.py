"""Drift of a feature: both distributions, what every bin adds, and the index over time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from components.figures.palette import Theme, faded, mixed
from components.figures.template import DATE_AXIS, Figure, base_figure, trace
from components.words import Words

CUSTOMARY = (0.1, 0.2)
"""The lower of the customary lines of PSI, as core.monitoring.psi.PSI_LINES."""


def lines_below(line: float) -> tuple[float, ...]:
    """The customary lines that are drawn beside the one of the settings."""
    return tuple(one for one in CUSTOMARY if one < line)


def folded(labels: Sequence[str]) -> list[Markup]:
    """From … to … in two lines, so that it need not stand aslant below its bar."""
    return [Markup(" –<br>").join(label.split(" – ")) for label in labels]


def distribution_figure(
    t: Words, theme: Theme, labels: Sequence[str], reference: Any, current: Any, axis: str
) -> Figure:
    """Shares (0 to 1) by class, side by side; the reference is hatched so that colour is not needed."""
    bars: list[Any] = [
        trace(
            "bar",
            x=folded(labels),
            y=reference,
            name=t("monitor.reference"),
            marker={
                "color": theme.reference,
                # without a background of its own a pattern is drawn on nothing, in the colour of the page
                "pattern": {
                    "shape": "/",
                    "bgcolor": theme.reference,
                    "fgcolor": theme.surface,
                    "size": 5,
                    "solidity": 0.25,
                },
            },
            hovertemplate="%{y:.1%}",
        ),
        trace(
            "bar",
            x=folded(labels),
            y=current,
            name=t("monitor.current"),
            marker={"color": theme.current},
            hovertemplate="%{y:.1%}",
        ),
    ]
    return base_figure(
        bars,
        theme,
        t,
        barmode="group",
        xaxis={"type": "category", "title": {"text": axis}},
        yaxis={"tickformat": ".0%", "title": {"text": t("monitor.share")}, "rangemode": "tozero"},
        bargap=0.2,
        bargroupgap=0.06,
    )


def parts_figure(t: Words, theme: Theme, labels: Sequence[str], parts: Sequence[float], axis: str) -> Figure:
    """What every bin adds to PSI; the largest stands out."""
    largest = max(range(len(parts)), key=lambda n: parts[n], default=None)
    colours = [theme.accent if n == largest else mixed(theme.accent, theme.surface, 0.5) for n in range(len(parts))]
    bars = trace("bar", x=folded(labels), y=list(parts), marker={"color": colours}, hovertemplate="%{y:.3f}")
    return base_figure(
        [bars],
        theme,
        t,
        xaxis={"type": "category", "title": {"text": axis}},
        yaxis={"title": {"text": "PSI"}, "rangemode": "tozero"},
    )


def segments_figure(
    t: Words, theme: Theme, names: Sequence[str], parts: Sequence[float], axis: str, digits: int
) -> Figure:
    """What every segment adds, one bar a line, the first on top; those that go the other way are hatched."""
    bars: Any = trace(
        "bar",
        orientation="h",
        y=list(range(len(names))),
        x=list(parts),
        customdata=list(names),
        marker={
            "color": [theme.accent if part * sum(parts) >= 0 else theme.drop for part in parts],
            "pattern": {
                "shape": ["" if part * sum(parts) >= 0 else "/" for part in parts],
                "fgcolor": theme.surface,
                "size": 6,
                "solidity": 0.2,
            },
        },
        hovertemplate=f"%{{customdata}}: %{{x:,.{digits}f}}<extra></extra>",
    )
    return base_figure(
        [bars],
        theme,
        t,
        hovermode="closest",
        xaxis={"title": {"text": axis}, "showgrid": True, "zeroline": True, "zerolinecolor": theme.muted,
               "tickformat": ",~f"},
        yaxis={"tickvals": list(range(len(names))), "ticktext": list(names), "range": [len(names) - 0.5, -0.5],
               "showgrid": False},
    )  # fmt: skip


def psi_figure(
    t: Words,
    theme: Theme,
    days: Sequence[Any],
    psi: Sequence[float | None],
    limit: float | None,
    usual: float | None,
    shown: Any,
    reference: tuple[Any, Any],
    line: float,
) -> Figure:
    """``psi`` of the windows that end on ``days``; ``limit`` and ``usual``: without change; ``shown``: the day looked
    at; ``reference``: its first and last day, shaded; ``line``: of the settings, which stands out."""
    x = [str(day) for day in days]
    traces: list[Any] = [
        trace("scatter", x=x, y=list(psi), name="PSI", mode="lines", line={"color": theme.accent, "width": 2.2},
              hovertemplate="%{y:.3f}")
    ]  # fmt: skip
    if usual is not None:
        excess = [None if one is None else one - usual for one in psi]
        traces.append(
            trace("scatter", x=x, y=excess, name=t("monitor.excess"), mode="lines", hovertemplate="%{y:.3f}",
                  line={"color": theme.muted, "width": 1.2, "dash": "dot"})
        )  # fmt: skip
    at = x.index(str(shown)) if str(shown) in x else None
    if at is not None:
        traces.append(
            trace("scatter", x=[x[at]], y=[psi[at]], mode="markers", hoverinfo="skip", name=t("monitor.day"),
                  marker={"color": theme.surface, "size": 10, "line": {"color": theme.accent, "width": 2.5}})
        )  # fmt: skip
    across = {"type": "line", "xref": "paper", "x0": 0, "x1": 1}
    shapes: list[Any] = [
        {**across, "y0": one, "y1": one, "line": {"color": theme.drop, "width": 1.8 if one == line else 0.8,
                                                  "dash": "solid" if one == line else "dot"}}
        for one in (*lines_below(line), line)
    ]  # fmt: skip
    if limit is not None:
        shapes.append({**across, "y0": limit, "y1": limit, "line": {"color": theme.ink, "width": 1.8, "dash": "dash"}})
    first, last = (str(day) for day in reference)
    shapes.append(
        {"type": "rect", "x0": first, "x1": last, "yref": "paper", "y0": 0, "y1": 1, "line": {"width": 0},
         "fillcolor": faded(theme.reference, 0.14), "layer": "below"}
    )  # fmt: skip
    return base_figure(
        traces,
        theme,
        t,
        xaxis={**DATE_AXIS, "type": "date", "range": [x[0], x[-1]] if x else None},
        yaxis={"title": {"text": "PSI"}, "rangemode": "normal" if usual is not None else "tozero"},
        shapes=shapes,
    )
