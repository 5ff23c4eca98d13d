"""The rhythm in pictures: hours against weekdays, what a weekday adds, how far a day remembers the days before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from components.figures.days import around_zero
from components.figures.palette import Theme, faded, mixed
from components.figures.template import Figure, base_figure, trace
from components.legend import Key
from components.words import Words

MOST_NAMED = 12
"""Hours."""


def hours_figure(
    t: Words, theme: Theme, hours: Sequence[str], weekdays: Sequence[str], means: Sequence[Sequence[float | None]]
) -> Figure:
    """``means``: a row a weekday, Monday first; None where there is no trade. The darker the more, from nothing on.

    Of many hours every second is named, as on a phone there is no room for more.
    """
    named = list(hours)[:: 2 if len(hours) > MOST_NAMED else 1]
    tones = [mixed(theme.accent, theme.surface, share) for share in (0.05, 0.3, 0.55, 0.8, 1.0)]
    highest = max((value for row in means for value in row if value is not None), default=0.0)
    cells = trace(
        "heatmap",
        x=list(hours),
        y=list(weekdays),
        z=[list(row) for row in means],
        zmin=0,
        zmax=highest or 1,
        colorscale=[[i / 4, tone] for i, tone in enumerate(tones)],
        xgap=2,
        ygap=2,
        hoverongaps=False,
        hovertemplate="%{y} %{x} h: %{z:,.0f}<extra></extra>",
        colorbar={"thickness": 10, "len": 1, "outlinewidth": 0, "tickformat": ",~f", "nticks": 5, "x": 1.01,
                  "tickfont": {"color": theme.muted, "size": 12}},
    )  # fmt: skip
    return base_figure(
        [cells],
        theme,
        t,
        hovermode="closest",
        xaxis={
            "type": "category",
            "tickangle": 0,
            "title": {"text": t("explore.hour.axis")},
            "ticks": "",
            "tickvals": named,
        },
        yaxis={"type": "category", "autorange": "reversed", "showgrid": False},
    )


def week_figure(
    t: Words, theme: Theme, names: Sequence[str], adds: Sequence[float], axis: str, percent: bool
) -> Figure:
    """What each weekday adds to a usual day or takes from it; above and below differ in colour and side."""
    bars = trace(
        "bar",
        x=list(names),
        y=list(adds),
        marker={"color": [theme.accent if value >= 0 else theme.drop for value in adds]},
        hovertemplate=("%{x}: %{y:+.0%}" if percent else "%{x}: %{y:+,.0f}") + "<extra></extra>",
    )
    return base_figure(
        [bars], theme, t, hovermode="closest", xaxis={"type": "category"}, yaxis=around_zero(theme, axis, percent)
    )


def _reach(values: Sequence[float | None]) -> list[float]:
    """A range that holds them, not much wider, and never so narrow that chance looks large."""
    there = [value for value in values if value is not None]
    return [min([-0.25, *there]) - 0.05, max([0.6, *there]) + 0.05]


def follows_keys(t: Words, theme: Theme) -> list[Key]:
    return [
        Key(t("explore.acf"), theme.accent, "band"),
        Key(t("explore.pacf"), theme.drop, "mark"),
        Key(t("explore.acf.band"), theme.closed, "band"),
    ]


def follows_figure(
    t: Words,
    theme: Theme,
    lags: Sequence[float],
    acf: Sequence[float | None],
    pacf: Sequence[float | None],
    band: float,
) -> Figure:
    """Bars of the autocorrelation, diamonds of the partial one, and the band that chance stays within."""
    traces: list[Any] = [
        trace("bar", x=list(lags), y=list(acf), name=t("explore.acf"), marker={"color": faded(theme.accent, 0.75)},
              hovertemplate="%{y:.2f}"),
        trace("scatter", x=list(lags), y=list(pacf), name=t("explore.pacf"), mode="markers",
              marker={"symbol": "diamond", "size": 8, "color": theme.drop}, hovertemplate="%{y:.2f}"),
    ]  # fmt: skip
    return base_figure(
        traces,
        theme,
        t,
        xaxis={"title": {"text": t("explore.acf.axis")}, "tick0": 0, "dtick": 7, "range": [0.3, len(lags) + 0.7]},
        yaxis={"range": _reach([*acf, *pacf]), "tickformat": ".1f", "zeroline": True, "zerolinecolor": theme.muted},
        shapes=[
            {"type": "rect", "xref": "paper", "x0": 0, "x1": 1, "y0": -band, "y1": band, "layer": "below",
             "line": {"width": 0}, "fillcolor": theme.closed}
        ],
        bargap=0.35,
    )  # fmt: skip
