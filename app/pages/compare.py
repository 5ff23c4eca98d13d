"""Compare: which model is better, where, and by how much."""

from __future__ import annotations

from dash import dcc, html

from app.i18n import words
from components import controls, ids, page
from components.query import choice, day, measure_of, text
from components.views import compare_models as models_view
from components.views.compare_board import sort_of
from components.views.compare_errors import DEFAULT_DIMENSION, DIMENSIONS


def layout(
    measure: str | None = None,
    segment: str | None = None,
    models: str | None = None,
    sort: str | None = None,
    by: str | None = None,
    fold: str | None = None,
    model: str | None = None,
    **_: object,
) -> html.Div:
    """The page for ``/compare?measure=revenue&models=sarima+lstm&sort=-mape&by=weekday&fold=2011-11-10&model=lstm``."""
    t = words()
    here = ids.Compare
    ticked = models_view.asked(text(models, "", 300))
    return page.frame(
        t,
        "compare",
        [
            controls.measure_picker(t, here.MEASURE, measure_of(measure)),
            controls.segment_picker(t, here.SEGMENT, text(segment, "total")),
        ],
        [
            dcc.Store(id=here.SORT, data=sort_of(sort)),
            dcc.Store(id=here.USUAL),
            dcc.Download(id=here.DOWNLOAD),
            page.area(here.BODY, "lead"),
            html.Div(
                [
                    page.card(
                        [
                            html.Div(
                                [
                                    html.H2(t("compare.board.heading"), className="tm-card-title"),
                                    controls.action(t, here.CSV, "download", t("compare.board.csv")),
                                ],
                                className="tm-card-head",
                            ),
                            page.area(here.BOARD),
                        ]
                    ),
                    page.card(models_view.picker(t, here.MODELS, ticked), "tm-models-card"),
                    page.area(here.CHARTS, "two"),
                    page.card(
                        [
                            html.Div(
                                controls.select(
                                    here.BY,
                                    t("compare.by"),
                                    [{"label": t(f"compare.by.{one}"), "value": one} for one in DIMENSIONS],
                                    choice(by, DIMENSIONS, DEFAULT_DIMENSION),
                                ),
                                className="tm-card-controls",
                            ),
                            page.area(here.BY_BODY),
                        ]
                    ),
                    page.card(
                        [
                            html.Div(
                                [
                                    controls.select(here.FOLD, t("compare.fold"), [], day(fold) or ""),
                                    controls.select(here.MODEL, t("compare.fold.model"), [], text(model, "", 60)),
                                ],
                                className="tm-card-controls tm-card-pickers",
                            ),
                            page.area(here.FOLD_BODY),
                        ]
                    ),
                ],
                id=here.REST,
                className="tm-rest",
            ),
        ],
    )
