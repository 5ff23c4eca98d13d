"""Compare: which model is better, where, and by how much."""

from __future__ import annotations

from dash import dcc, html

from app.i18n import words
from components import controls, ids, page
from components.query import measure_of, text
from components.tabs import tab_list
from components.views import compare_models as models_view
from components.views.compare_board import sort_of
from components.views.compare_panels import TABS, panels, tab_of
from components.views.compare_run import OWN


def layout(
    measure: str | None = None,
    segment: str | None = None,
    models: str | None = None,
    sort: str | None = None,
    run: str | None = None,
    **query: object,
) -> html.Div:
    """The page for ``/compare?measure=revenue&models=sarima+lstm&sort=-mape&run=b7&tab=errors&by=weekday``; the rest
    of what it reads: see components.views.compare_panels."""
    t = words()
    here = ids.Compare
    ticked, shown = models_view.asked(text(models, "", 300)), text(run, OWN, 12)
    chosen = [{"label": "…", "value": shown}]
    tab = tab_of(query.get("tab"))
    return page.frame(
        t,
        "compare",
        [
            controls.measure_picker(t, here.MEASURE, measure_of(measure)),
            controls.segment_picker(t, here.SEGMENT, text(segment, "total")),
            controls.select(here.RUN, t("backtest.which"), chosen, shown),
        ],
        [
            dcc.Store(id=here.SOURCE),
            dcc.Store(id=here.SORT, data=sort_of(sort)),
            dcc.Store(id=here.USUAL),
            dcc.Store(id=here.TAB, data=tab),
            dcc.Store(id=here.JOB_SHOWN),
            dcc.Download(id=here.DOWNLOAD),
            html.Div(id=here.RUNS, className="tm-filled"),
            html.Div(id=here.JOB, className="tm-told-list tm-filled"),
            html.Div(id=here.JOB_ACTIONS, className="tm-actions"),
            page.area(here.BODY, "lead"),
            html.Div(
                [
                    page.card(models_view.picker(t, here.MODELS, ticked), "tm-models-card"),
                    tab_list(
                        here.TABS,
                        t("compare.tabs"),
                        [(one, t(f"compare.tab.{one}")) for one in TABS],
                        tab,
                        ids.compare_tab,
                        here.PANEL,
                    ),
                    html.Div(
                        panels(t, query),
                        id=here.PANEL,
                        role="tabpanel",
                        **{"aria-labelledby": ids.compare_tab(tab)},
                    ),
                ],
                id=here.REST,
                className="tm-rest",
            ),
        ],
    )
