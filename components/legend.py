"""Legends as text beside small samples: they wrap on a phone, where Plotly's own would fill half the chart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from dash import html

Mark = Literal["line", "thin", "dotted", "dashed", "band", "hatched", "mark"]


class Key(NamedTuple):
    """One entry. ``colour`` is a CSS colour; ``mark`` how it is drawn in the chart."""

    label: str
    colour: str
    mark: Mark


def mark_of(dash: str) -> Mark:
    """Of a line with this dash of Plotly."""
    return "line" if dash == "solid" else "dotted" if dash == "dot" else "dashed"


def legend(keys: Sequence[Key]) -> html.Ul:
    return html.Ul(
        [
            html.Li([html.Span(className=f"tm-key tm-key-{key.mark}", style={"color": key.colour}), key.label])
            for key in keys
        ],
        className="tm-legend",
    )
