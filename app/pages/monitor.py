"""Monitor: has the business changed since the models learnt from it?"""

from __future__ import annotations

from dash import dcc, html

from app.i18n import words
from components import ids, page
from components.query import text


def layout(feature: str | None = None, **_: object) -> html.Div:
    """The page for ``/monitor?feature=quantity``."""
    t = words()
    here = ids.Monitor
    return page.frame(
        t,
        "monitor",
        [],
        [
            dcc.Store(id=here.FEATURE, data=text(feature, "")),
            page.area(here.BODY, "chart"),
            page.area(here.DETAIL, "chart"),
        ],
    )
