"""Monitor: one alert in words: what happened, what speaks for it, what was done about it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from dash import dcc, html

from components import page
from components.icons import icon
from components.measures import MEASURES
from components.tables import Column, text_table
from components.views import monitor_words as said
from components.views.monitor_alerts import actions
from components.views.monitor_head import sentence
from components.words import Words

MONITORING = "monitoring"
"""Who did what nobody did, as core.monitoring.alert_rows.MONITORING."""
DRIFT_RULES = ("drift", "psi line")
UNITS = {
    "shift": "shift", "drift": "drift", "psi line": "psi_line", "dropped lines": "share", "missing values": "share",
    "unknown values": "share", "no new data": "no_new_data", "worse than promised": "worse_than_promised",
}  # fmt: skip
"""In which words the value and the limit of a rule are told: each has a unit of its own."""

DAY = r"(?P<day>\d{4}-\d\d-\d\d)"
NOTES = {
    "quiet": re.compile(f"quiet since {DAY}"),
    "other_data": re.compile("other data came"),
    "under": re.compile(f"fires on {DAY} under alert (?P<alert>\\d+) of broken data"),
    "fired": re.compile(
        rf"(?P<severity>info|warning|critical) on {DAY}: (?P<subjects>.+), (?P<value>\S+) over (?P<limit>\S+)"
    ),
    "given_up": re.compile(r"(?P<event>\w+): (?P<channel>\w+), given up after (?P<n>\d+) attempts: (?P<error>.+)"),
    "message": re.compile(r"(?P<event>\w+): (?P<channel>\w+)"),
}
"""What the monitoring writes beside an event, in English as all records (a test compares), and how it is told here."""


def alert_card(t: Words, one: Any, events: Sequence[Any], silenced: bool) -> html.Section:
    """``one``: core's Alert; ``events``: core's AlertEvent, in order; ``silenced``: no messages are sent about it."""
    return page.titled(
        t("alert.title", alert=one.id, kind=said.kind_inside(t, one.kind)),
        [
            html.P([said.severity(t, one.severity), said.state(t, one)], className="tm-alert-badges"),
            html.P(sentence(t, one), className="tm-alert-lead"),
            html.P(t(f"alert.todo.{said.key_of(one.kind)}"), className="tm-alert-lead")
            if one.state == "open"
            else None,
            html.Ul([html.Li(line) for line in evidence(t, one)]),
            html.P(t("alert.silenced"), className="tm-note") if silenced else None,
            html.Div([*actions(t, one, "card"), _surprises(t, one), _look(t, one)], className="tm-actions"),
            html.H3(t("alert.events"), className="tm-subhead"),
            _events(t, events, said.rule_of(one)),
        ],
    )


def missing(t: Words, number: int) -> html.Div:
    return html.Div([icon("info-circle"), html.Span(t("alert.missing", alert=number))], className="tm-nothing")


def evidence(t: Words, one: Any) -> list[str]:
    """What speaks for it, as sentences."""
    rule = said.rule_of(one)
    if rule == "shift":
        found = _shift(t, one.evidence)
    elif rule in DRIFT_RULES:
        found = _drift(t, one.value, one.evidence)
    else:
        found = _share(t, rule, one.evidence)
    about = one.evidence.get("subject")
    if about and len(one.subjects) > 1:
        found = [t("alert.evidence.worst", subject=said.subject(t, str(about), rule)), *found]
    if one.limit > 0:
        found.append(_limit(t, rule, one.value, one.limit))
    found.append(_life(t, one))
    if one.muted_by is not None:
        found.append(t("alert.evidence.muted", alert=one.muted_by))
    return found


def _limit(t: Words, rule: str, value: float, limit: float) -> str:
    """How far beyond, in the unit of the rule."""
    digits = 0 if rule == "no new data" else 2
    values = {"value": t.number(value, digits), "limit": t.number(limit, digits), "times": t.number(value / limit, 1)}
    if rule not in UNITS:
        return t("alert.evidence.limit", **values)
    return t(f"alert.evidence.limit.{UNITS[rule]}", **values)


def _shift(t: Words, given: Mapping[str, Any]) -> list[str]:
    found, removed, began = [], bool(given.get("season_removed")), t.date(given.get("began"), "day")
    keys = {"beyond": "beyond", "change": "raw"} if removed else {"change": "change"}
    shares = [
        t(f"alert.evidence.{key}", change=t.change(share), began=began)
        for name, key in keys.items()
        if isinstance(share := given.get(name), int | float)
    ]
    if isinstance(size := given.get("size"), int | float):
        found.append(t("alert.evidence.size", size=t.number(abs(size), 1)))
    found = [*shares[:1], *found, *shares[1:]]
    season = "removed" if removed else "compared" if given.get("season_known") else "unknown"
    return [*found, t(f"alert.evidence.season.{season}"), t("alert.evidence.shift")]


def _drift(t: Words, value: float, given: Mapping[str, Any]) -> list[str]:
    line = given.get("line") or 0.3
    above = "above" if given.get("beyond_line") else "below"
    found = [t(f"alert.evidence.line.{above}", psi=t.number(value, 2), line=said.line(t, line))]
    found.append(t(f"alert.evidence.chance.{'beyond' if given.get('beyond_chance') else 'within'}"))
    windows = [given.get("window"), given.get("reference")]
    if all(isinstance(one, list | tuple) and len(one) == 2 for one in windows):
        names = ("first", "last", "ref_first", "ref_last")
        days = [t.date(day, "day") for window in windows for day in window or ()]
        found.append(t("alert.evidence.windows", **dict(zip(names, days, strict=True))))
    return found


def _share(t: Words, rule: str, given: Mapping[str, Any]) -> list[str]:
    key = said.key_of(rule)
    if "share" in given and t.get(f"alert.evidence.{key}", ""):
        values = {"share": t.percent(given["share"], 1), "usual": t.percent(given.get("usual"), 1)}
        return [t(f"alert.evidence.{key}", **values, lines=t.number(given.get("lines")))]
    if rule == "worse than promised" and "promised" in given:
        values = {"error": t.percent(given.get("error"), 1), "promised": t.percent(given["promised"], 1)}
        days = t.count("control.days", int(given.get("days") or 0))
        return [t("alert.evidence.worse_than_promised", days=days, tests=t.number(given.get("tests")), **values)]
    if rule == "no trade":
        return [t("alert.evidence.no_trade")]
    if rule == "no new data":
        return [t("alert.evidence.no_new_data", day=t.date(given.get("last_day"), "day"))]
    return []


def _life(t: Words, one: Any) -> str:
    values = {"first": t.date(one.first_day, "day"), "last": t.date(one.last_day, "day")}
    text = t.count("alert.evidence.fired", one.fired_days, **values)
    if one.resolved_day is None:
        return text
    known = {"quiet": "alert.by_itself", "other data": "alert.by_other_data"}.get(one.resolved_by)
    by = t(known) if known else t("alert.by", who=one.resolved_by)
    return " ".join([text, t("alert.evidence.resolved", day=t.date(one.resolved_day, "day"), by=by)])


def _look(t: Words, one: Any) -> Any:
    """To the feature on the last day that fired, where it is one that has a distribution."""
    dropped = said.rule_of(one) == said.DROPPED
    name = "outcome" if dropped else str(one.evidence.get("subject") or one.subjects[0])
    if not t.get(f"feature.{name}", ""):
        return None
    window = one.evidence.get("window")
    day = window[1] if isinstance(window, list | tuple) and len(window) == 2 else one.last_day
    return dcc.Link(
        t("alert.look"),
        href=f"/monitor?tab=features&feature={name}&day={day}",
        className="btn btn-sm btn-outline-secondary",
    )


def _surprises(t: Words, one: Any) -> Any:
    """Of a shift: to the chart of the surprises of its measure, in which it shows."""
    if said.rule_of(one) != said.SHIFT:
        return None
    subject = str(one.evidence.get("subject", ""))
    name = subject if subject in MEASURES else next((name for name in one.subjects if name in MEASURES), MEASURES[0])
    return dcc.Link(
        t("alert.surprises"),
        href=f"/monitor?tab=forecasts&measure={name}",
        className="btn btn-sm btn-outline-secondary",
    )


def note(t: Words, text: str, rule: str) -> str:
    """What the monitoring has written beside an event, in the words of the page."""
    for key, pattern in NOTES.items():
        if not (found := pattern.fullmatch(text)):
            continue
        given: dict[str, str] = found.groupdict()
        if "day" in given:
            given["day"] = t.date(given["day"], "day")
        if "event" in given:
            given["event"] = t.get(f"alert.event.{given['event']}", given["event"])
        if key == "fired":
            given["severity"] = t(f"alert.severity.{given['severity']}")
            given["subjects"] = said.subjects(t, given["subjects"].split(", "), rule)
            given |= {name: t.number(float(given[name]), 2) for name in ("value", "limit")}
        return t(f"alert.told.{key}", **given)
    return text


def _events(t: Words, events: Sequence[Any], rule: str) -> html.Div:
    columns = [Column(t("audit.at")), Column(t("alert.event")), Column(t("models.who")), Column(t("alert.note"))]
    rows = [
        [
            t.time(one.at),
            t.get(f"alert.event.{said.key_of(one.event)}", one.event),
            t("alert.monitoring") if one.who == MONITORING else one.who,
            note(t, one.note, rule) if one.who == MONITORING else one.note,
        ]
        for one in events
    ]
    return text_table(t("alert.events"), columns, rows, class_name="tm-tall tm-log")
