"""Explore: what was read, what cleaning dropped, and the rhythm of the business."""

from __future__ import annotations

from dash import html

from app.i18n import words
from components import controls, ids, page
from components.query import day, measure_of, text


def layout(
    measure: str | None = None,
    segment: str | None = None,
    start: str | None = None,
    end: str | None = None,
    **_: object,
) -> html.Div:
    """The page for ``/explore?measure=revenue&segment=total&start=2011-01-01&end=2011-06-30``."""
    t = words()
    here = ids.Explore
    return page.frame(
        t,
        "explore",
        [
            controls.measure_picker(t, here.MEASURE, measure_of(measure)),
            controls.segment_picker(t, here.SEGMENT, text(segment, "total")),
            controls.date_field(here.START, t("control.from"), day(start)),
            controls.date_field(here.END, t("control.to"), day(end)),
            controls.action(t, here.WHOLE, "arrow-counterclockwise", t("control.whole"), below_label=True),
        ],
        [
            page.area(here.SERIES, "chart"),
            page.area(here.PROFILES, "two"),
            page.area(here.CLEANING, "chart"),
            html.Div(id=here.EXAMPLES, **{"aria-live": "polite"}),
        ],
    )
