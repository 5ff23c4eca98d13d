"""Compare: which model is better, where, and by how much."""

from __future__ import annotations

from dash import html

from app.i18n import words
from components import controls, ids, page
from components.query import day, measure_of, text


def layout(measure: str | None = None, segment: str | None = None, fold: str | None = None, **_: object) -> html.Div:
    """The page for ``/compare?measure=revenue&segment=total&fold=2011-11-10``."""
    t = words()
    here = ids.Compare
    return page.frame(
        t,
        "compare",
        [
            controls.measure_picker(t, here.MEASURE, measure_of(measure)),
            controls.segment_picker(t, here.SEGMENT, text(segment, "total")),
        ],
        [
            page.area(here.BODY, "chart"),
            page.card(
                [
                    html.Div(
                        controls.select(here.FOLD, t("compare.fold"), [], day(fold) or ""),
                        className="tm-card-controls",
                    ),
                    page.area(here.FOLD_BODY, "chart"),
                ]
            ),
        ],
    )
