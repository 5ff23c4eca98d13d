"""Models: every version in a row, with what to do with it; and the same as a CSV file."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from dash import html

from components import ids
from components.export import csv_text
from components.icons import icon
from components.measures import MEASURES
from components.moments import ago, duration
from components.tables import Column, table
from components.views import models_words as said
from components.words import MISSING, Words

SHOWN_ERRORS = ("transactions", "revenue")
SHOWN_PERIODS = 2
CSV_COLUMNS = (
    *("id", "status", "serving", "created_at", "first_day", "last_day", "lines", "trigger", "who", "parent"),
    *("models", "measures", "window_days", "duration_s", "gate", "gate_change", "gate_p_value", "in_use"),
)


def versions_table(
    t: Words, versions: Sequence[Any], serving: str, previous: str | None, now: dt.datetime
) -> list[Any]:
    """``versions``: core's Facts, newest first; ``previous``: what a rollback goes to."""
    columns = [
        Column(t("models.version")),
        Column(t("models.status")),
        Column(t("models.action")),
        Column(t("models.created")),
        Column(t("models.data")),
        Column(t("models.lines"), number=True, help=t("models.lines.help")),
        *(
            Column(t("models.error.of", measure=t.measure(one).lower()), number=True, help=t("models.error.help"))
            for one in SHOWN_ERRORS
        ),
        Column(t("models.why")),
        Column(t("models.who")),
        Column(t("models.models"), number=True),
        Column(t("models.window"), help=t("models.window.help")),
        Column(t("models.live")),
        Column(t("models.took"), number=True),
    ]
    rows = [_row(t, one, serving, now) for one in versions]
    classes = ["tm-row-chosen" if one.id == serving else "" for one in versions]
    return [
        _roll_back(t, previous),
        table(t("models.versions.caption"), columns, rows, classes, class_name="tm-board tm-versions", live=True),
    ]


def _roll_back(t: Words, previous: str | None) -> html.Div:
    if previous is None:
        return html.P(t("models.rollback.none"), className="tm-note")
    return html.Div(
        html.Button(
            [icon("clock-history"), html.Span(t("models.rollback", version=previous))],
            id=ids.version_button("rollback", previous),
            type="button",
            className="btn btn-sm btn-outline-secondary",
        ),
        className="tm-actions",
    )


def status_badge(t: Words, facts: Any, serving: str) -> html.Span:
    if facts.id == serving:
        return said.badge("check-circle-fill", t("models.status.champion"), "good")
    if facts.status == "champion":  # it carries the name, but another one has to stand in for it
        return said.badge("exclamation-diamond-fill", t("models.status.damaged"), "bad")
    if facts.status == "challenger":
        return said.badge("hourglass-split", t("models.status.challenger"), "watch")
    symbol = "clock-history" if facts.status == "past" else "dash-circle"
    return said.badge(symbol, t(f"models.status.{facts.status}"), "none")


def _row(t: Words, one: Any, serving: str, now: dt.datetime) -> list[Any]:
    return [
        html.Strong(one.id),
        status_badge(t, one, serving),
        _action(t, one, serving),
        _stacked(t.time(one.created_at), ago(t, one.created_at, now)),
        _stacked(
            t("models.data.to", day=t.date(one.last_day, "day")),
            t("models.data.from", day=t.date(one.first_day, "day")),
        ),
        t.number(one.rows) if one.rows else MISSING,
        *(said.error(t, said.score(one, measure)) for measure in SHOWN_ERRORS),
        html.Span(said.trigger(t, one.trigger), className="tm-wrap"),
        html.Span(one.who or MISSING, className="tm-wrap"),
        html.Abbr(t.number(len(one.models)), title=said.models(t, one.models)),
        said.window(t, one.window),
        _periods(t, one.live),
        duration(t, one.seconds),
    ]


def _action(t: Words, one: Any, serving: str) -> Any:
    if one.id == serving:
        return MISSING
    return html.Button(
        [icon("check2"), html.Span(t("models.promote")), html.Span(f" {one.id}", className="visually-hidden")],
        id=ids.version_button("promote", one.id),
        type="button",
        className="btn btn-sm btn-outline-secondary",
    )


def _stacked(text: str, below: str) -> html.Span:
    return html.Span([text, html.Small(below)], className="tm-stacked")


def _periods(t: Words, live: Sequence[tuple[dt.datetime, dt.datetime | None]]) -> Any:
    """The latest times in use, the newest first."""
    if not live:
        return MISSING
    texts = [
        t("models.live.since", begun=t.time(begun))
        if ended is None
        else t("models.live.span", begun=t.time(begun), ended=t.time(ended))
        for begun, ended in reversed(live[-SHOWN_PERIODS:])
    ]
    earlier = len(live) - len(texts)
    if earlier > 0:
        texts.append(t.count("models.live.earlier", earlier))
    first, *rest = texts
    return html.Span([first, *(html.Small(one) for one in rest)], className="tm-stacked")


def versions_csv(versions: Sequence[Any], serving: str) -> str:
    """Everything there is of every version; times in UTC, errors as shares, missing values empty."""
    errors = [f"{name}_{measure}" for measure in MEASURES for name in ("wape", "lo95", "hi95", "bias")]
    return csv_text([*CSV_COLUMNS, *errors], (_csv_row(one, serving) for one in versions))


def _csv_row(one: Any, serving: str) -> list[Any]:
    gate = one.gate or {}
    scores = [said.score(one, measure) or {} for measure in MEASURES]
    return [
        one.id, one.status, one.id == serving, one.created_at, one.first_day, one.last_day, one.rows, one.trigger,
        one.who, one.parent, " ".join(one.models), " ".join(one.measures), one.window, one.seconds, gate.get("code"),
        gate.get("change"), gate.get("p_value"), _spans(one.live),
        *(found.get(name) for found in scores for name in ("wape", "lo", "hi", "bias")),
    ]  # fmt: skip


def _spans(live: Sequence[tuple[dt.datetime, dt.datetime | None]]) -> str:
    return "; ".join(f"{begun.isoformat()}/{'' if ended is None else ended.isoformat()}" for begun, ended in live)
