"""What is shown under an address that is no page."""

from __future__ import annotations

from dash import html

from app.i18n import words
from components import states


def layout(**_: object) -> html.Div:
    t = words()
    return states.message(
        t, "question-circle", t("not_found.title"), t("not_found.text"), link=("/", t("page.overview"))
    )
