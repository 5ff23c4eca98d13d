"""Monitor: the question before something is done about an alert, with a note for the record."""

from __future__ import annotations

from typing import Any

import dash_bootstrap_components as dbc
from dash import html

from components import controls, ids
from components.views import monitor_words as said
from components.views.models_ask import MOST_REASON, question
from components.words import Words

UNTIL, USUAL_UNTIL = ("1", "7", "30"), "7"
"""Days of a silence, and those that it has unless somebody chooses others."""
SCOPES = ("subjects", "kind")


def dialog(t: Words) -> dbc.Modal:
    """One dialog for all alerts and actions; a callback says what is asked. Escape leaves it."""
    here = ids.Monitor
    lengths = [{"label": t.count("silence.days", int(days)), "value": days} for days in UNTIL]
    scopes = [{"label": t(f"silence.scope.{one}"), "value": one} for one in SCOPES]
    how_long = [
        controls.select(here.ASK_UNTIL, t("silence.length"), lengths, USUAL_UNTIL),
        controls.select(here.ASK_SCOPE, t("silence.scope"), scopes, SCOPES[0]),
    ]
    box = dbc.Input(id=here.ASK_NOTE, type="text", maxlength=MOST_REASON, autofocus=True)
    return question(
        t,
        here,
        [
            html.Div(how_long, id=here.ASK_SILENCE, hidden=True, className="tm-ask-fields"),
            controls.field(t("alert.ask.note"), box, here.ASK_NOTE),
        ],
    )


def title(t: Words, action: str, number: int) -> str:
    return t(f"alert.ask.{action}", alert=number)


def text(t: Words, action: str, about: str, who: str) -> list[Any]:
    """What will happen, to what, and who will stand in the record."""
    return [
        html.P(html.Strong(about)) if about else None,
        html.P(t(f"alert.ask.{action}.what")),
        html.P(t("models.ask.who", who=who), className="tm-note"),
    ]


def about(t: Words, alert: Any) -> str:
    return f"{said.kind_name(t, alert.kind)}: {said.about(t, alert)}"
