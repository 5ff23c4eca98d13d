"""What the frame says of who has signed in, of what viewers may not do, and of pages that are open to everybody."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from dash import html

from components import ids
from components.icons import icon
from components.words import Words, shown


def signed_in(t: Words, person: Any | None, leave: str) -> html.Div | None:
    """Name and role of callbacks' Person, and the way out where it is ours; ``leave``: where that is posted."""
    if person is None:
        return None
    button = html.Button(
        [icon("box-arrow-right"), html.Span(t("access.leave"))], type="submit", className="btn btn-sm tm-switch"
    )
    name = html.Bdi(shown(person.name), title=person.name)
    role = [html.Span(t(f"access.{person.role}")), html.Form(button, action=leave, method="POST")]
    return html.Div(
        [
            html.Div([icon("person-circle"), name], className="tm-person-name"),
            html.Div(role if person.signed_in_here else role[:1], className="tm-person-role"),
        ],
        className="tm-person",
    )


def marks(person: Any | None, switches: Sequence[Any]) -> dict[str, str]:
    """Attributes of the frame: that somebody has signed in; for viewers what assets/access.js switches off."""
    if person is None:
        return {}
    kept = {} if person.role == "editor" else {"data-switches": json.dumps(switches)}
    return {"data-role": person.role, **kept}


def viewer_note(t: Words) -> html.P:
    """Why buttons are switched off; assets/access.js shows it where there are any."""
    text = [icon("lock"), html.Span(t("access.viewer.note"))]
    return html.P(text, id=ids.VIEWER_NOTE, hidden=True, className="tm-viewer-note")


def left_open(t: Words) -> html.Div:
    """Everybody who reaches the address may do everything."""
    text = [html.Strong(t("access.open.title")), " ", html.Span(t("access.open.text")), " ",
            html.Code("python -m core users add NAME --role editor")]  # fmt: skip
    return html.Div([icon("exclamation-triangle-fill"), html.Div(text)], className="tm-left-open", role="note")
