"""Data: everything about files on one tab: sending one, its steps, the history of loads, the rules in force."""

from __future__ import annotations

from typing import Any

from dash import dcc, html

from components import controls, ids, page
from components.views import intake, intake_drop, intake_history
from components.words import Words


def panel(t: Words, upload: str | None) -> list[Any]:
    """``upload``: id of the file that the address names. Callbacks fill it."""
    here = ids.Intake
    return [
        dcc.Store(id=here.UPLOAD, data=upload),
        dcc.Store(id=here.SHOWN),
        dcc.Store(id=here.QUEUED),
        dcc.Store(id=here.RULES_KNOWN),
        dcc.Store(id=here.ASKED),
        intake_drop.drop_card(t),
        intake.steps_card(t),
        page.titled(
            t("loads.title"),
            [
                html.P(t("loads.intro"), className="tm-subtitle"),
                html.P(id=here.SAID, className="tm-form-said", role="status"),
                page.area(here.HISTORY, "lead"),
            ],
        ),
        page.titled(
            t("rules.title"),
            [
                html.P(t("rules.intro"), className="tm-subtitle"),
                html.Div(id=here.RULES_HEAD, className="tm-told-list"),
                intake.rules_table(t, "rules"),
                *intake.decide(
                    t,
                    "rules",
                    t("rules.check"),
                    t("rules.load"),
                    controls.action(t, here.RESET, "arrow-counterclockwise", t("rules.reset")),
                ),
            ],
        ),
        intake_history.dialog(t),
    ]
