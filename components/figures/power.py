"""Power: how much of a kind of change would be found, and after how many days, against its size."""

from __future__ import annotations

from collections.abc import Sequence

from components.figures.palette import Theme
from components.figures.template import Figure, base_figure, trace
from components.words import Words


def power_figure(
    t: Words, theme: Theme, sizes: Sequence[float], values: Sequence[float | None], axis: str, top: float,
    tickformat: str,
) -> Figure:  # fmt: skip
    """``sizes``: fractions, ascending; nothing is drawn where a value is None."""
    line = trace(
        "scatter", x=list(sizes), y=list(values), mode="lines+markers", cliponaxis=False,
        line={"color": theme.accent, "width": 2.2}, marker={"color": theme.accent, "size": 9},
        hovertemplate=f"%{{x:+.0%}}: %{{y:{tickformat}}}<extra></extra>",
    )  # fmt: skip
    return base_figure(
        [line],
        theme,
        t,
        hovermode="closest",
        xaxis={"title": {"text": t("power.size")}, "tickformat": ".0%", "tickvals": list(sizes), "showgrid": True},
        yaxis={"title": {"text": axis}, "tickformat": tickformat, "range": [0, top]},
    )
