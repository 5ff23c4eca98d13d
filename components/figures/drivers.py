"""What drives a forecast: a bar to the right for what adds to it, to the left for what takes off."""

from __future__ import annotations

from collections.abc import Sequence

from components.figures.palette import Theme
from components.figures.template import Figure, base_figure, trace
from components.words import Words


def drivers_figure(t: Words, theme: Theme, names: Sequence[str], shares: Sequence[float]) -> Figure:
    """``shares``: by how much each multiplies the level, less 1 (.12: +12 %), the first on top."""
    texts = [t.change(share) for share in shares]
    ups = [share >= 0 for share in shares]
    reach = max([abs(share) for share in shares], default=0.0) or 0.1
    bars = trace(
        "bar",
        orientation="h",
        x=list(shares),
        y=list(names),
        text=texts,
        textposition="outside",
        cliponaxis=False,
        marker={
            "color": [theme.keep if up else theme.drop for up in ups],
            "pattern": {"shape": ["" if up else "/" for up in ups], "size": 6, "solidity": 0.35, "fillmode": "overlay"},
        },
        hoverinfo="skip",
    )
    return base_figure(
        [bars],
        theme,
        t,
        xaxis={
            "tickformat": "+.0%",
            "title": {"text": t("why.axis")},
            "zeroline": True,
            "zerolinecolor": theme.muted,
            # on a phone the text behind the longest bar is as long as that bar
            "range": [-1.8 * reach if not all(ups) else -0.1 * reach, 1.8 * reach if any(ups) else 0.1 * reach],
        },
        yaxis={"autorange": "reversed", "type": "category"},
        hovermode=False,
    )
