"""Sparklines without a chart library: a mask that the theme's colour shines through."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from dash import html

WIDTH, HEIGHT, PAD = 120, 32, 3


def sparkline(past: Sequence[float], ahead: Sequence[float], label: str) -> html.Div:
    """A line of the past that goes on dotted into the forecast; ``label`` says it in words.

    The drawing is an SVG used as a CSS mask, so that its colour follows the theme without being drawn again.
    """
    values = [*past, *ahead]
    low, high = min(values, default=0.0), max(values, default=0.0)
    span = (high - low) or 1.0
    step = (WIDTH - 2 * PAD) / max(len(values) - 1, 1)
    points = [
        (round(PAD + i * step, 1), round(HEIGHT - PAD - (value - low) / span * (HEIGHT - 2 * PAD), 1))
        for i, value in enumerate(values)
    ]
    turn = len(past)
    svg = (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {HEIGHT}' preserveAspectRatio='none'>"
        f"{_line(points[:turn], '')}{_line(points[max(turn - 1, 0) :], _DOTTED)}</svg>"
    )
    image = f'url("data:image/svg+xml,{quote(svg)}")'
    return html.Div(
        role="img",
        className="tm-spark",
        style={"maskImage": image, "WebkitMaskImage": image},
        **{"aria-label": label},
    )


_DOTTED = " stroke-dasharray='1 4'"


def _line(points: Sequence[tuple[float, float]], style: str) -> str:
    if len(points) < 2:
        return ""
    path = " ".join(f"{x},{y}" for x, y in points)
    return (
        f"<polyline points='{path}' fill='none' stroke='black' stroke-width='2' stroke-linecap='round' "
        f"stroke-linejoin='round' vector-effect='non-scaling-stroke'{style}/>"
    )
