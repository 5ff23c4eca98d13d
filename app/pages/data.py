"""Data: load files, the cleaning rules in force, the opening calendar."""

from __future__ import annotations

from dash import dcc, html

from app.i18n import words
from components import ids, page
from components.query import choice, text
from components.tabs import tab_list
from components.views import intake_panel, models_ask, opening, opening_days

TABS = ("load", "calendar")


def layout(tab: str | None = None, view: str | None = None, upload: str | None = None, **_: object) -> html.Div:
    """The page for ``/data?tab=calendar&view=past``, or for a file that was sent: ``/data?upload=…``."""
    t = words()
    here = ids.Data
    shown = choice(tab, TABS, TABS[0])
    panels = {
        "load": intake_panel.panel(t, text(upload, "", 64) or None),
        "calendar": opening_days.panel(t, choice(view, opening.VIEWS, opening.VIEWS[0])),
    }
    tabs = [(one, t(f"data.tab.{one}")) for one in TABS]
    return page.frame(
        t,
        "data",
        [],
        [
            dcc.Store(id=here.TAB, data=shown),
            dcc.Store(id=here.JOB_SHOWN),
            html.Div(models_ask.name_field(t), className="tm-controls"),
            html.Div(id=here.JOB, className="tm-told-list"),
            html.Div(id=here.JOB_ACTIONS, className="tm-actions"),
            tab_list(here.TABS, t("data.tabs"), tabs, shown, ids.data_tab, ids.data_panel(shown)),
            *(
                html.Div(
                    panels[one],
                    id=ids.data_panel(one),
                    className="tm-area",
                    role="tabpanel",
                    hidden=one != shown,
                    **{"aria-labelledby": ids.data_tab(one)},
                )
                for one in TABS
            ),
        ],
    )
