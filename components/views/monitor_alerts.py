"""Monitor: the alerts of a while in a table with what can be done about them, and the silences that hold."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from dash import html

from components import ids, states
from components.export import csv_text
from components.icons import icon
from components.tables import Column, table
from components.views import monitor_words as said
from components.words import Words

SORTS: dict[str, Callable[[Any], Any]] = {
    "kind": lambda one: one.kind,
    "severity": lambda one: list(said.SEVERITIES).index(one.severity),
    "state": lambda one: (one.state == "open", one.acknowledged_by is None),
    "first": lambda one: one.first_day,
    "last": lambda one: one.last_day,
}
STANDARD_SORT = "-state"
ACTIONS = (("acknowledge", "check2"), ("resolve", "check-circle-fill"), ("silence", "dash-circle"))
CSV_COLUMNS = (
    "id", "kind", "severity", "state", "subjects", "first_day", "opened_day", "last_day", "resolved_day", "fired_days",
    "rule", "value", "limit", "acknowledged_by", "acknowledged_at", "resolved_by", "muted_by", "version", "evidence",
)  # fmt: skip


def sort_of(value: str | None) -> str:
    """The column sorted by, '-' in front for the highest first."""
    return value if isinstance(value, str) and value.removeprefix("-") in SORTS else STANDARD_SORT


def next_sort(current: str | None, column: str) -> str:
    """A second click on a heading turns the order round."""
    return f"-{column}" if sort_of(current) == column else column


def ordered(alerts: Sequence[Any], sort: str | None) -> list[Any]:
    """Of equals the newest first."""
    wanted = sort_of(sort)
    newest = sorted(alerts, key=lambda one: (one.first_day, one.id), reverse=True)
    return sorted(newest, key=SORTS[wanted.removeprefix("-")], reverse=wanted.startswith("-"))


def alerts_table(t: Words, alerts: Sequence[Any], shown: int | None, sort: str | None) -> Any:
    """``alerts``: core's Alert; ``shown``: the one whose details are below."""
    if not alerts:
        return states.nothing(t, t("alert.none"))
    wanted = sort_of(sort)
    columns = [
        ("kind", "alert.what"), ("severity", "alert.severity"), ("state", "alert.state"), (None, "alert.about"),
        ("first", "alert.since"), ("last", "alert.last"), (None, "alert.actions"),
    ]  # fmt: skip
    head = [_heading(t, column, t(key), wanted) for column, key in columns]
    rows = [_row(t, one, one.id == shown) for one in ordered(alerts, sort)]
    caption = t("alert.caption")
    return html.Div(
        html.Table(
            [html.Caption(caption, className="visually-hidden"), html.Thead(html.Tr(head)), html.Tbody(rows)],
            className="tm-table",
        ),
        className="tm-scroll tm-board tm-tall tm-alerts",
        tabIndex="0",
        role="region",
        **{"aria-label": caption},
    )


def _heading(t: Words, column: str | None, title: str, sort: str) -> html.Th:
    if column is None:
        return html.Th(title, scope="col")
    state = {column: "ascending", f"-{column}": "descending"}.get(sort)
    button = html.Button(title, id=ids.alert_sort(column), type="button", className="tm-sort")
    return html.Th(button, scope="col", **({"aria-sort": state} if state else {}))


def _row(t: Words, one: Any, chosen: bool) -> html.Tr:
    cells = [
        said.severity(t, one.severity),
        said.state(t, one),
        html.Span(said.about(t, one), className="tm-wrap"),
        t.date(one.first_day, "day"),
        t.date(one.last_day, "day"),
    ]
    return html.Tr(
        [
            html.Th(_show(t, one, chosen), scope="row"),
            *(html.Td(cell) for cell in cells),
            html.Td(html.Div(actions(t, one), className="tm-row-actions")),
        ],
        className="tm-row-chosen" if chosen else "",
    )


def _show(t: Words, one: Any, chosen: bool) -> html.Button:
    return html.Button(
        [html.Span(said.kind_name(t, one.kind)), html.Small(t("alert.number", alert=one.id))],
        id=ids.alert_button("show", one.id, "row"),
        type="button",
        className="btn btn-link tm-feature",
        **{"aria-expanded": "true" if chosen else "false", "aria-controls": ids.Monitor.CHOSEN},
    )


def actions(t: Words, one: Any, place: str = "row") -> list[html.Button]:
    """What can be done about an open alert; nothing about one that is over. ``place``: see ids.alert_button."""
    if one.state != "open":
        return []
    return [
        _button(t, action, symbol, one.id, place, t("alert.number", alert=one.id))
        for action, symbol in ACTIONS
        if not (action == "acknowledge" and one.acknowledged_by)
    ]


def _button(t: Words, action: str, symbol: str, number: int, place: str, about: str) -> html.Button:
    return html.Button(
        [icon(symbol), html.Span(t(f"alert.do.{action}")), html.Span(f" {about}", className="visually-hidden")],
        id=ids.alert_button(action, number, place),
        type="button",
        className="btn btn-sm btn-outline-secondary",
    )


def silences_table(t: Words, silences: Sequence[Sequence[Any]]) -> Any:
    """``silences``: core's Silence, those that hold; side by side those that were made at once."""
    if not silences:
        return states.nothing(t, t("silence.none"))
    columns = [
        Column(t("silence.about")),
        Column(t("silence.until")),
        Column(t("models.who")),
        Column(t("audit.reason")),
        Column(t("alert.actions")),
    ]
    rows = [
        [
            silences_about(t, group),
            t.time(one.until),
            one.who,
            html.Span(one.reason, className="tm-wrap"),
            _button(t, "end", "x-lg", one.id, "silence", silences_about(t, group)),
        ]
        for group in silences
        for one in group[:1]
    ]
    return table(t("silence.caption"), columns, rows, class_name="tm-tall", live=True)


def silences_about(t: Words, group: Sequence[Any]) -> str:
    """What silences that were made at once are about: one kind, perhaps several subjects."""
    others = [said.subject(t, one.subject) for one in group[1:] if one.subject is not None]
    return ", ".join([silence_about(t, group[0]), *others])


def silence_about(t: Words, one: Any) -> str:
    kind = t("silence.any") if one.kind is None else said.kind_name(t, one.kind)
    if one.rule not in (None, one.kind):
        kind = t("silence.kind_rule", kind=kind, rule=said.rule(t, one.rule))
    return kind if one.subject is None else t("silence.kind_subject", kind=kind, subject=said.subject(t, one.subject))


def alerts_csv(alerts: Sequence[Any]) -> str:
    """Every alert with its evidence as JSON; moments in UTC."""
    return csv_text(CSV_COLUMNS, (_csv_row(one) for one in alerts))


def _csv_row(one: Any) -> list[Any]:
    return [
        one.id, one.kind, one.severity, one.state, "; ".join(one.subjects), one.first_day, one.opened_day, one.last_day,
        one.resolved_day, one.fired_days, str(one.evidence.get("rule", "")), float(one.value), float(one.limit),
        one.acknowledged_by, one.acknowledged_at, one.resolved_by, one.muted_by, one.version_id,
        json.dumps(dict(one.evidence), ensure_ascii=False, sort_keys=True),
    ]  # fmt: skip
