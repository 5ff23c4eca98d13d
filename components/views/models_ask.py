"""Models: the question before a version comes into use, with a reason for the record."""

from __future__ import annotations

from typing import Any

import dash_bootstrap_components as dbc
from dash import html

from components import controls, ids
from components.views import models_words as said
from components.words import Words

LEAST_REASON, MOST_REASON, MOST_NAME = 3, 500, 100
"""Characters."""


def name_field(t: Words) -> html.Div:
    """Who does what on this page; the browser remembers it."""
    target = ids.Models.NAME
    box = dbc.Input(
        id=target, type="text", size="sm", maxlength=MOST_NAME, persistence=True, persistence_type="local",
        autocomplete="name", placeholder=t("models.name.empty"),
    )  # fmt: skip
    return controls.field(t("models.name"), box, target)


def dialog(t: Words) -> dbc.Modal:
    """One dialog for all versions; a callback says what is asked. Escape leaves it."""
    here = ids.Models
    box = dbc.Input(id=here.ASK_REASON, type="text", maxlength=MOST_REASON, autofocus=True)
    return question(t, here, [controls.field(t("models.ask.reason"), box, here.ASK_REASON)])


def question(t: Words, here: Any, fields: list[Any]) -> dbc.Modal:
    """A dialog before something is done: what is asked, the fields, an error, do it or leave. ``here``: the ids ASK,
    ASK_TITLE, ASK_TEXT, ASK_ERROR, ASK_LEAVE and ASK_DO of a page."""
    return dbc.Modal(
        [
            dbc.ModalHeader(dbc.ModalTitle(id=here.ASK_TITLE, tag="h2"), close_button=False),
            dbc.ModalBody(
                [
                    html.Div(id=here.ASK_TEXT),
                    *fields,
                    html.P(id=here.ASK_ERROR, className="tm-form-error", role="alert"),
                ]
            ),
            dbc.ModalFooter(
                [
                    html.Button(
                        t("models.ask.leave"), id=here.ASK_LEAVE, type="button", className="btn btn-outline-secondary"
                    ),
                    html.Button(t("models.ask.do"), id=here.ASK_DO, type="button", className="btn btn-primary"),
                ]
            ),
        ],
        id=here.ASK,
        is_open=False,
        centered=True,
        labelledby=here.ASK_TITLE,
        class_name="tm-ask",
    )


def title(t: Words, action: str, version: str) -> str:
    return t("models.ask.rollback" if action == "rollback" else "models.ask.promote", version=version)


def text(t: Words, facts: Any | None, who: str) -> list[Any]:
    """What will happen, what the gate said of the version, and who will stand in the record."""
    refused = facts is not None and facts.gate and not facts.gate.get("promote")
    return [
        html.P(t("models.ask.what")),
        said.line(
            "exclamation-triangle-fill",
            t("models.ask.refused", version=facts.id, why=said.gate_reason(t, facts.gate)),
        )
        if refused and facts is not None
        else None,
        html.P(t("models.ask.who", who=who), className="tm-note"),
    ]
