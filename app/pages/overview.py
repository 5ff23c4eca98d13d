"""Overview: what the business should expect, in one sentence and a few numbers."""

from __future__ import annotations

from dash import html

from app.i18n import words
from components import controls, ids, page
from components.query import choice, text


def layout(horizon: str | None = None, segment: str | None = None, **_: object) -> html.Div:
    """The page for ``/?horizon=28&segment=total``."""
    t = words()
    return page.frame(
        t,
        "overview",
        [
            controls.periods(t, ids.Overview.HORIZON, choice(horizon, controls.PERIODS, "28")),
            controls.segment_picker(t, ids.Overview.SEGMENT, text(segment, "total")),
        ],
        [page.area(ids.Overview.BODY, "overview")],
    )
