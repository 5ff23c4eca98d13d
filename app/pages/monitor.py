"""Monitor: has anything changed since the models learnt, are the forecasts as good as promised, what to do?"""

from __future__ import annotations

from typing import Any

from dash import ctx, dcc, html
from dash.exceptions import MissingCallbackContextException

from app.i18n import words
from components import ids, page
from components.tabs import tab_list
from components.views import monitor_head
from components.views.monitor_panels import TABS, panel, tab_of
from components.words import Words


def layout(**query: object) -> html.Div:
    """The page for ``/monitor?tab=features&feature=price&day=2011-12-08``; what a tab reads: see its panel."""
    t = words()
    here = ids.Monitor
    tab = tab_of(query)
    tabs = [(one, t(f"monitor.tab.{one}")) for one in TABS]
    return page.frame(
        t,
        "monitor",
        [],
        [
            dcc.Store(id=here.TAB, data=tab),
            dcc.Store(id=here.VIEW),
            dcc.Store(id=here.DONE),
            dcc.Store(id=here.STAMP),
            page.area(here.BODY, "lead"),
            monitor_head.look(t),
            html.Div(id=here.JOB, className="tm-told-list"),
            html.Div(id=here.JOB_ACTIONS, className="tm-actions"),
            dcc.Store(id=here.JOB_SHOWN),
            tab_list(here.TABS, t("monitor.tabs"), tabs, tab, ids.tab, here.PANEL),
            html.Div(
                everything(t) if asked_for_ids() else panel(t, query),
                id=here.PANEL,
                className="tm-area",
                role="tabpanel",
                **{"aria-labelledby": ids.tab(tab)},
            ),
        ],
    )


def asked_for_ids() -> bool:
    """Whether this is no visit: Dash calls every layout once, outside of callbacks, to learn which ids there are."""
    try:
        ctx.triggered_id  # noqa: B018 - raises outside of a callback
    except MissingCallbackContextException:
        return True
    return False


def everything(t: Words) -> list[Any]:
    """What any tab can show."""
    return [one for tab in TABS for one in panel(t, {"tab": tab})]
