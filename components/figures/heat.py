"""Features against days or weeks: how far each had moved, in steps that differ by tone and by a sign."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from markupsafe import Markup

from components.figures.palette import Theme, mixed
from components.figures.template import Figure, base_figure, trace
from components.words import Words

STEPS = ("none", "usual", "chance", "season", "watch", "drift")
"""No verdict; as ever; beyond chance but small; large, as in the year before; to watch; drift."""
SIGNS = {"season": "~", "watch": "•", "drift": "✕"}
MOST_SIGNS = 60
"""Columns up to which a sign fits into a cell."""
ROW = 22
"""Pixels."""


class Row(NamedTuple):
    """A line of the map; a heading has no ``feature``. ``steps``: index into STEPS, None where there is nothing;
    ``days``: the ISO day that a click on the cell asks for; ``hover``: its text."""

    feature: str
    label: str
    steps: Sequence[int | None]
    days: Sequence[str]
    hover: Sequence[str]


def cell_name(feature: str, day: str) -> str:
    """'price 2011-12-08'; empty for a cell without anything to look at."""
    return f"{feature} {day}" if feature and day else ""


def colours(theme: Theme) -> dict[str, str]:
    return {
        "none": mixed(theme.muted, theme.surface, 0.12),
        "usual": mixed(theme.accent, theme.surface, 0.16),
        "chance": mixed(theme.accent, theme.surface, 0.5),
        # so far from the surface that a sign in its colour is seen on them
        "season": mixed(theme.models["xgboost"], theme.ink, 0.75 if theme.name == "dark" else 0.9),
        "watch": mixed(theme.models["ets"], theme.ink, 0.75 if theme.name == "dark" else 0.9),
        "drift": theme.drop,
    }


def heat_figure(t: Words, theme: Theme, rows: Sequence[Row], columns: Sequence[str], axis: str) -> Figure:
    """``columns``: the first day of each as ISO text."""
    made, n = colours(theme), len(STEPS)
    scale = [[edge, made[name]] for number, name in enumerate(STEPS) for edge in (number / n, (number + 1) / n)]
    signs = len(columns) <= MOST_SIGNS
    text = [[SIGNS.get(STEPS[one], "") if one is not None and signs else "" for one in row.steps] for row in rows]
    cells: Any = trace(
        "heatmap",
        x=list(columns),
        y=list(range(len(rows))),
        z=[list(row.steps) for row in rows],
        zmin=-0.5,
        zmax=n - 0.5,
        colorscale=scale,
        showscale=False,
        xgap=1,
        ygap=2,
        text=text,
        texttemplate="%{text}" if signs else None,
        textfont={"color": theme.surface, "size": 11},
        customdata=[list(row.hover) for row in rows],
        # of a cell that is clicked on Dash tells plain texts only: what it asks for is one
        hovertext=[[cell_name(row.feature, day) for day in row.days] for row in rows],
        hovertemplate="%{customdata}<extra></extra>",
        hoverongaps=False,
    )
    return base_figure(
        [cells],
        theme,
        t,
        hovermode="closest",
        xaxis={"type": "date", "title": {"text": axis}, "tickformat": "%-d %b\n%Y"},
        yaxis={
            "tickvals": list(range(len(rows))),
            "ticktext": [row.label if row.feature else Markup("<b>{}</b>").format(row.label) for row in rows],
            "range": [len(rows) - 0.5, -0.5],
            "showgrid": False,
        },
    )
