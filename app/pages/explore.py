"""Explore: the days, their rhythm, who buys what, and what cleaning dropped, as far as the filters say."""

from __future__ import annotations

from typing import Any

from dash import dcc, html

from app.i18n import words
from app.pages.monitor import asked_for_ids
from components import controls, ids, page
from components.query import choice, day, measure_of, text
from components.tabs import tab_list
from components.views.explore_panels import LINES, TABS, lines_picker, panel, tab_of
from components.words import Words


def layout(**query: object) -> html.Div:
    """The page for ``/explore?tab=products&measure=revenue&segment=total&start=2011-01-01&end=2011-06-30``."""
    t = words()
    here = ids.Explore
    tab = tab_of(query)
    return page.frame(
        t,
        "explore",
        [
            controls.measure_picker(t, here.MEASURE, measure_of(query.get("measure"))),
            controls.segment_picker(t, here.SEGMENT, text(query.get("segment"), "total")),
            controls.date_field(here.START, t("control.from"), day(query.get("start"))),
            controls.date_field(here.END, t("control.to"), day(query.get("end"))),
            lines_picker(t, choice(query.get("lines"), LINES, LINES[0])),
            controls.action(t, here.WHOLE, "arrow-counterclockwise", t("control.whole"), below_label=True),
            controls.action(t, here.CSV, "download", t("explore.csv"), below_label=True),
        ],
        [
            dcc.Store(id=here.TAB, data=tab),
            dcc.Download(id=here.DOWNLOAD),
            tab_list(here.TABS, t("explore.tabs"), [(one, t(f"explore.tab.{one}")) for one in TABS], tab,
                     ids.explore_tab, here.PANEL),
            html.Div(
                everything(t) if asked_for_ids() else panel(t, query),
                id=here.PANEL,
                className="tm-area",
                role="tabpanel",
                **{"aria-labelledby": ids.explore_tab(tab)},
            ),
        ],
    )  # fmt: skip


def everything(t: Words) -> list[Any]:
    """What any tab can show."""
    return [one for tab in TABS for one in panel(t, {"tab": tab})]
