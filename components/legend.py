"""Legends as text beside small samples: they wrap on a phone, where Plotly's own would fill half the chart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

from dash import html

from components.still import still

Mark = Literal["line", "thin", "dotted", "dashed", "band", "hatched", "mark"]


class Key(NamedTuple):
    """One entry. ``colour`` is a CSS colour; ``mark`` how it is drawn in the chart."""

    label: str
    colour: str
    mark: Mark


def mark_of(dash: str) -> Mark:
    """Of a line with this dash of Plotly."""
    return "line" if dash == "solid" else "dotted" if dash == "dot" else "dashed"


def legend(keys: Sequence[Key], more: Sequence[Any] = ()) -> html.Ul:
    """``more``: entries after those of the keys, each a text or a plain element."""
    told = [[html.Span(className=f"tm-key tm-key-{key.mark}", style={"color": key.colour}), key.label] for key in keys]
    return still(html.Ul([html.Li(one) for one in (*told, *more)], className="tm-legend"))
