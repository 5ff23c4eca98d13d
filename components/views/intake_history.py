"""Loading: what was loaded, when and by whom, what of it is in use, and the question before it is undone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import dash_bootstrap_components as dbc
from dash import html

from components import controls, ids, states
from components.icons import icon
from components.tables import Column, table
from components.views import models_words as told
from components.views.models_ask import MOST_REASON, question
from components.words import Words

STATES: dict[str, tuple[str, told.Kind]] = {
    "in use": ("check-circle-fill", "good"),
    "superseded": ("clock-history", "none"),
    "undone": ("arrow-counterclockwise", "none"),
    "done": ("check2", "none"),
}


def history(t: Words, loads: Sequence[Any]) -> Any:
    """``loads``: core's Load, the newest first."""
    if not loads:
        return states.nothing(t, t("loads.none"))
    columns = [
        Column(t("loads.number")),
        Column(t("loads.what")),
        Column(t("jobs.state")),
        Column(t("loads.undo")),
        Column(t("audit.at")),
        Column(t("models.who")),
        Column(t("loads.lines"), number=True),
        Column(t("loads.days")),
        Column(t("models.why")),
    ]
    rows = [
        [
            str(one.number),
            html.Span(what(t, one), className="tm-wrap tm-wrap-wide"),
            _state(t, one.state),
            _undo(t, one) if one.can_undo else "",
            t.time(one.at),
            html.Span(one.who, className="tm-wrap"),
            t.number(one.lines_out),
            t("opening.span", first=t.date(one.first_day, "day"), last=t.date(one.last_day, "day")),
            html.Span(one.why, className="tm-wrap tm-wrap-wide"),
        ]
        for one in loads
    ]
    return table(t("loads.caption"), columns, rows, class_name="tm-board tm-tall", live=True)


def what(t: Words, load: Any) -> str:
    """What a load did: its files and whether they came in addition, the rules, or what it undid."""
    files = ", ".join(one.name for one in load.files)
    return t(f"loads.mode.{load.mode}", files=files or t("loads.no_file"), load=load.undoes or "")


def _state(t: Words, state: str) -> html.Span:
    symbol, kind = STATES.get(state, ("question-circle", "none"))
    return told.badge(symbol, t.get(f"loads.state.{state.replace(' ', '_')}", state), kind)


def _undo(t: Words, load: Any) -> html.Button:
    return html.Button(
        [
            icon("arrow-counterclockwise"),
            html.Span(t("loads.undo")),
            html.Span(f" {load.number}", className="visually-hidden"),
        ],
        id=ids.undo_button(load.number),
        type="button",
        className="btn btn-sm btn-outline-secondary",
    )


def dialog(t: Words) -> dbc.Modal:
    """One dialog for all loads. Escape leaves it."""
    here = ids.Intake
    box = dbc.Input(id=here.ASK_REASON, type="text", maxlength=MOST_REASON, autofocus=True)
    return question(t, here, [controls.field(t("models.ask.reason"), box, here.ASK_REASON)])


def asked(t: Words, load: Any, who: str) -> list[Any]:
    return [
        html.P(what(t, load)),
        html.P(t("loads.ask.what")),
        html.P(t("models.ask.who", who=who), className="tm-note"),
    ]


def rules_head(t: Words, chosen: bool, on: Mapping[str, bool]) -> list[Any]:
    """Where the rules in force come from."""
    text, count = (
        t("rules.head.chosen" if chosen else "rules.head.environment"),
        t.count("rules.head", sum(on.values())),
    )
    return [told.line("info-circle", f"{text} {count}")]


def failed(t: Words, job: Any) -> html.P:
    """The last load ended without a change: when and why. ``job``: core's Job."""
    why = job.error or t(f"intake.ended.{job.state}")
    when = t.time(job.finished_at or job.seen_at)
    text = t("loads.failed", job=job.id, when=when, why=why)
    return told.line("exclamation-triangle-fill", f"{text} {t('intake.unchanged')}")
