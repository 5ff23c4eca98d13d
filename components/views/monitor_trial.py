"""Monitor: try a change: would it be found, after how many days, and as what?"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any

import dash_bootstrap_components as dbc
from dash import html

from components import controls, ids, page, states
from components.chart import chart
from components.figures.palette import Theme
from components.figures.trial import trial_figure
from components.legend import Key
from components.tables import Column, text_table
from components.views import monitor_words as said
from components.views.monitor_made import outcome
from components.words import Words

KINDS = ("level", "trend", "variance", "weekday", "mix", "missing_days", "duplicates", "returns", "currency")
"""As core.monitoring.injection.KINDS (a test compares)."""
POSITIVE = ("variance", "weekday", "mix", "missing_days", "duplicates", "returns")
STANDARD = {"level": -20, "trend": -30, "variance": 100, "weekday": 30, "mix": 30, "missing_days": 20, "duplicates": 20,
            "returns": 20, "currency": -15}  # fmt: skip
"""Percent that the form begins with."""
LEAST, MOST = -99, 1000
"""Percent that an address can fill in."""
FAILURES = {
    "start": re.compile(r"a change on \S+ cannot be tried\. Begin it from (?P<first>\S+) to (?P<last>\S+)\."),
    "days": re.compile(r"there are \d+ days before the change, too few\. .*"),
    "weekdays": re.compile(r"fewer than two weekdays are open: .*"),
    "countries": re.compile(r"the data have no two countries: .*"),
}
"""What core says of a change that cannot be (a test compares), and how it is told here."""
WATCHED_DAYS = 90
"""As core.monitoring.trial.WATCHED_DAYS."""


def form(t: Words, kind: str, size: float | None, start: str | None) -> html.Div:
    """The first day is filled in by a callback unless somebody has named one. The size has no bounds in the browser,
    which would hand over nothing for what lies outside of them: the answer says what is possible."""
    here = ids.Monitor
    kinds = [{"label": t(f"trial.kind.{one}"), "value": one} for one in KINDS]
    number = dbc.Input(
        id=here.SIZE, type="number", value=STANDARD[kind] if size is None else size, size="sm", debounce=True
    )  # fmt: skip
    return html.Div(
        [
            html.Div(
                [
                    controls.select(here.KIND, t("trial.kind"), kinds, kind),
                    controls.field(t("trial.size"), number, here.SIZE),
                    controls.date_field(here.START, t("trial.start"), start, debounce=False),
                    html.Button(
                        t("trial.do"), id=here.TRY, type="button", className="btn btn-sm btn-primary tm-below-label"
                    ),
                ],
                className="tm-controls",
            ),
            html.P(id=here.SIZE_HELP, className="tm-note"),
            html.P(id=here.TRY_SAID, className="tm-form-said", role="status"),
            html.P(id=here.TRIAL_OTHER, className="tm-note", role="status"),
        ],
        className="tm-form",
    )


def answer(t: Words, theme: Theme, job: Any | None, done: Any | None = None, stamp: Any = None) -> Any:
    """``job``: the newest of its kind that has ended, or None; ``done``: the newest with an answer; ``stamp``: of what
    that was made."""
    if job is None:
        return states.nothing(t, t("trial.none"))
    note, shown = outcome(t, job, done, Mapping, t("trial.cancelled"), t("trial.failed"), failure)
    if shown is None:
        return note
    found: Mapping[str, Any] = shown.result
    return html.Div(
        [
            note,
            html.P(
                [
                    said.severity(t, found["found"]["severity"]) if found["found"] else None,
                    html.Span(sentence(t, found)),
                ],
                className="tm-alert-badges tm-alert-lead",
            ),
            html.P(noted(t, found), className="tm-note"),
            _chart(t, theme, found),
            stamp,
        ],
        className="tm-area",
    )


def failure(t: Words, error: str) -> str:
    """Why a change could not be tried, which core says in English, in the language of the page."""
    for key, pattern in FAILURES.items():
        if found := pattern.fullmatch(error):
            given = {name: t.date(value, "day") for name, value in found.groupdict().items()}
            return t(f"trial.error.{key}", **given)
    return error


def what(t: Words, found: Mapping[str, Any]) -> str:
    """'a level 20 % lower from 1 Sep 2011 on'"""
    size = found["size"]
    text = t.percent(abs(size)) if found["kind"] in POSITIVE else t.change(size)
    return t(f"trial.what.{found['kind']}", size=text, day=t.date(found["start"], "day"))


def sentence(t: Words, found: Mapping[str, Any]) -> str:
    """The answer first."""
    change, hit = what(t, found), found["found"]
    if hit is None:
        return _not_found(t, found, change)
    return t.count(
        "trial.found",
        hit["after"] + 1,  # its first day counts as 1, as in the curves of what would be found
        change=change,
        day=t.date(hit["day"], "day"),
        kind=said.kind_inside(t, hit["kind"]),
        subject=said.subject(t, hit["subject"], hit.get("rule", "")),
    )


def _not_found(t: Words, found: Mapping[str, Any], change: str) -> str:
    """Too small only where nothing hides it and all days were there to look at."""
    last, days = t.date(found["last"], "day"), (_day(found["last"]) - _day(found["start"])).days
    if found.get("alarms"):
        return t("trial.not_found.alarms", change=change, last=last)
    if days < WATCHED_DAYS:
        return t("trial.not_found.short", change=change, last=last, days=t.count("control.days", days))
    return t("trial.not_found", change=change, last=last)


def _day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def noted(t: Words, found: Mapping[str, Any]) -> str:
    parts = []
    if note := found["noted"]:
        parts.append(
            t(
                "trial.noted",
                day=t.date(note["day"], "day"),
                kind=said.kind_inside(t, note["kind"]),
                subject=said.subject(t, note["subject"], note.get("rule", "")),
            )
        )
    parts.append(t.count("trial.alarms", found["alarms"], budget=said.budget(t, found["budget"])))
    return " ".join(parts)


def _chart(t: Words, theme: Theme, found: Mapping[str, Any]) -> html.Figure:
    rows = [
        (day, before, after)
        for day, before, after, is_open in zip(
            found["days"], found["before"], found["after"], found["open"], strict=True
        )
        if is_open
    ]
    days, before, after = ([row[n] for row in rows] for n in range(3))
    name, segment = t.measure(found["measure"]), found.get("segment", "total")
    if segment != "total":
        name = f"{name}, {t.segment(segment)}"
    title = t("trial.chart", measure=name)
    hit = found["found"]["day"] if found["found"] else None
    figure = trial_figure(t, theme, days, before, after, found["start"], hit, name)
    columns = [Column(t("table.date")), Column(t("trial.before"), number=True), Column(t("trial.after"), number=True)]
    lines = [[t.date(day, "day"), t.number(one), t.number(other)] for day, one, other in rows]
    keys = [Key(t("trial.before"), theme.muted, "dotted"), Key(t("trial.after"), theme.accent, "line")]
    table = text_table(title, columns, lines, class_name="tm-tall")
    return chart(t, "trial", title, figure, sentence(t, found), table, height=320, keys=keys)


def card(t: Words, children: list[Any]) -> html.Section:
    return page.titled(t("trial.title"), [html.P(t("trial.intro"), className="tm-subtitle"), *children])
