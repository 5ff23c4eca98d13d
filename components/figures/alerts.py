"""The alerts of a while as bars in time, a lane or more a kind; kinds differ by colour, by pattern and by place."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, NamedTuple

from components.figures.palette import Theme, mixed
from components.figures.template import DATE_AXIS, Figure, Trace, base_figure, trace
from components.words import Words

DAY = 86_400_000
LANE = 22
"""Pixels."""

PATTERNS = {
    "data fault": "x",
    "freshness": "+",
    "level": "",
    "model": "\\",
    "shape": "/",
    "season": ".",
    "psi line": "-",
}
"""From the top of the chart down."""


class Bar(NamedTuple):
    """``end``: the day after its last; ``mark``: text in it; ``faint``: it is no alarm."""

    alert: int
    kind: str
    start: dt.date
    end: dt.date
    hover: str
    mark: str
    faint: bool


def colour(theme: Theme, kind: str) -> str:
    return {
        "data fault": theme.drop,
        "freshness": theme.models["gp"],
        "level": theme.accent,
        "model": theme.models["lstm"],
        "shape": theme.models["xgboost"],
        "season": theme.reference,
        "psi line": theme.models["ets"],
    }.get(kind, theme.muted)


def lanes(bars: Sequence[Bar]) -> list[int]:
    """The lane of every bar, from 0: kinds one below the other, bars of a kind that overlap too."""
    order = [kind for kind in PATTERNS if any(one.kind == kind for one in bars)]
    found, base = [0] * len(bars), 0
    for kind in order:
        ends: list[dt.date] = []
        for number in sorted((n for n, one in enumerate(bars) if one.kind == kind), key=lambda n: bars[n].start):
            lane = next((n for n, end in enumerate(ends) if end <= bars[number].start), len(ends))
            ends[lane : lane + 1] = [bars[number].end]
            found[number] = base + lane
        base += len(ends)
    return found


def alerts_figure(t: Words, theme: Theme, bars: Sequence[Bar], names: dict[str, str], first: Any, last: Any) -> Figure:
    """``names``: of the kinds; ``first``, ``last``: days of the axis."""
    lane = lanes(bars)
    groups = [(kind, faint) for kind in PATTERNS for faint in (False, True)]
    traces = [
        _bars(theme, mine, kind, faint, names)
        for kind, faint in groups
        if (mine := [(bars[n], lane[n]) for n in range(len(bars)) if (bars[n].kind, bars[n].faint) == (kind, faint)])
    ]
    places = {
        kind: min(lane[n] for n, one in enumerate(bars) if one.kind == kind) for kind in {one.kind for one in bars}
    }
    return base_figure(
        traces,
        theme,
        t,
        hovermode="closest",
        bargap=0.2,
        barmode="overlay",
        clickmode="event",
        xaxis={**DATE_AXIS, "type": "date", "range": [str(first), str(last + dt.timedelta(days=1))], "showgrid": True},
        yaxis={
            "tickvals": list(places.values()),
            "ticktext": [names[kind] for kind in places],
            "range": [max(lane, default=0) + 0.6, -0.6],
            "showgrid": False,
        },
    )


def _bars(theme: Theme, bars: Sequence[tuple[Bar, int]], kind: str, faint: bool, names: dict[str, str]) -> Trace:
    """The bars of a kind, alarms or notes: a pattern takes its colours from the whole trace only."""
    strong = colour(theme, kind)
    fill = mixed(strong, theme.surface, 0.5) if faint else strong
    return trace(
        "bar",
        orientation="h",
        name=names[kind],
        y=[lane for _, lane in bars],
        base=[one.start.isoformat() for one, _ in bars],
        x=[max((one.end - one.start).days, 1) * DAY for one, _ in bars],
        width=[0.8] * len(bars),
        text=[one.mark for one, _ in bars],
        textposition="inside",
        insidetextanchor="end",
        textangle=0,
        textfont={"color": theme.surface, "size": 12},
        customdata=[[one.alert, one.hover] for one, _ in bars],
        hovertemplate="%{customdata[1]}<extra></extra>",
        marker={
            "color": fill,
            "line": {"color": theme.ink, "width": 0 if faint else 1.5},
            "pattern": {
                "shape": PATTERNS[kind],
                "bgcolor": fill,
                "fgcolor": theme.surface,
                "size": 6,
                "solidity": 0.2,
            },
        },
    )
