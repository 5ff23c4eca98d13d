"""The cleaning waterfall: lines read, what each rule dropped, lines kept."""

from __future__ import annotations

from collections.abc import Sequence

from components.figures.palette import Theme
from components.figures.template import Figure, base_figure, trace
from components.words import Words


def waterfall_figure(t: Words, theme: Theme, lines_in: int, steps: Sequence[tuple[str, int]], lines_out: int) -> Figure:
    """``steps``: (short name of the rule, lines dropped) in order."""
    names = [t("waterfall.in"), *(name for name, _ in steps), t("waterfall.out")]
    moves = [lines_in, *(-dropped for _, dropped in steps), lines_out]
    texts = [t.number(move) for move in moves]
    bars = trace(
        "waterfall",
        orientation="h",
        y=names,
        x=moves,
        measure=["absolute", *("relative" for _ in steps), "total"],
        text=texts,
        textposition=["inside", *("outside" for _ in steps), "inside"],
        insidetextanchor="end",
        insidetextfont={"color": theme.surface},
        cliponaxis=False,
        outsidetextfont={"color": theme.ink},
        textfont={"size": 12},
        decreasing={"marker": {"color": theme.drop}},
        increasing={"marker": {"color": theme.keep}},
        totals={"marker": {"color": theme.keep}},
        connector={"line": {"color": theme.muted, "width": 1, "dash": "dot"}},
        hovertemplate="%{y}: %{text}<extra></extra>",
    )
    return base_figure(
        [bars],
        theme,
        t,
        xaxis={
            "tickformat": ",~f",
            "title": {"text": t("unit.lines")},
            "showgrid": True,
            "nticks": 4,
            "tickangle": 0,
            "range": [0, lines_in * 1.02],
        },
        yaxis={"autorange": "reversed", "showgrid": False},
        hovermode="closest",
        bargap=0.35,
    )
