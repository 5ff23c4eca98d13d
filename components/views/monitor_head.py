"""Monitor, at the top: is anything unusual, since when, and what to do; what was looked at, and how strictly."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from dash import dcc, html

from components import controls, ids
from components.icons import icon
from components.views import models_words as told
from components.views import monitor_words as said
from components.words import Words

SERIOUS = ("warning", "critical")


def empty(t: Words, key: str) -> html.Section:
    """No history yet: what fills it."""
    return html.Section(
        [
            html.Div(icon("clock-history"), className="tm-state-icon"),
            html.H2(t(f"monitor.empty.{key}.title"), className="tm-card-title"),
            html.P(t(f"monitor.empty.{key}.text")),
        ],
        className="tm-state tm-state-inside",
    )


def alarming(opened: Sequence[Any]) -> list[Any]:
    """Of the alerts that are open those that are more than a note and not held back, in their order."""
    return [one for one in opened if one.severity in SERIOUS and one.muted_by is None]


def head(t: Words, opened: Sequence[Any], done: Any, version: str, per_year: float, last_day: dt.date) -> list[Any]:
    """``opened``: core's alerts that are open, the worst first; ``done``: core's Span; ``last_day``: of the data."""
    alarms = alarming(opened)
    symbol, kind = said.SEVERITIES[alarms[0].severity] if alarms else ("check-circle-fill", "good")
    return [
        _headline(symbol, kind, alarm(t, alarms) if alarms else quiet(t, done)),
        _links(t, alarms[0]) if alarms else None,
        *_notes(t, [one for one in opened if one not in alarms]),
        _facts(t, done, version, per_year, last_day),
    ]


def without_history(t: Words, opened: Sequence[Any]) -> list[Any]:
    """Of a version that has none yet: what stays open under it, then what will fill the page."""
    alarms = alarming(opened)
    return [
        _headline(*said.SEVERITIES[alarms[0].severity], alarm(t, alarms)) if alarms else None,
        _links(t, alarms[0]) if alarms else None,
        *_notes(t, [one for one in opened if one not in alarms]),
        empty(t, "version" if opened else "all"),
    ]


def _headline(symbol: str, kind: str, text: str) -> html.P:
    return html.P([icon(symbol), html.Span(text)], className=f"tm-headline tm-health tm-health-{kind}", role="status")


def look(t: Words) -> html.Div:
    """Begins a look at the history, where there is something to look at; it stays while what is above is drawn anew."""
    here = ids.Monitor
    return html.Div(
        [
            controls.action(t, here.LOOK, "play-fill", t("monitor.look.now")),
            html.P(id=here.LOOK_SAID, className="tm-form-said", role="status"),
        ],
        id=here.LOOK_BOX,
        className="tm-actions tm-look",
        hidden=True,
    )


def look_label(t: Words, done: Any | None) -> list[Any]:
    return [icon("play-fill"), html.Span(t("monitor.look" if done is None else "monitor.look.now"))]


def quiet(t: Words, done: Any) -> str:
    return t.count("monitor.quiet", done.features, day=t.date(done.last, "day"))


def alarm(t: Words, alarms: Sequence[Any]) -> str:
    """The worst in words, what to do, and how many others there are."""
    worst = alarms[0]
    parts = [sentence(t, worst), t(f"alert.todo.{said.key_of(worst.kind)}")]
    if len(alarms) > 1:
        parts.append(t.count("monitor.more", len(alarms) - 1))
    return " ".join(parts)


def sentence(t: Words, alert: Any) -> str:
    """What happened to what, and since when; the change is that of the subject that moved most."""
    key = said.key_of(alert.kind)
    change, how = change_of(alert.evidence)
    values = {
        "since": t.date(min(str(alert.evidence.get("began") or alert.first_day), str(alert.first_day)), "day"),
    }
    if key != "level" or change is None:
        return t(f"alert.sentence.{key}", subjects=said.about(t, alert), **values)
    worst = str(alert.evidence.get("subject", ""))
    others = [one for one in alert.subjects if one != worst]
    if worst not in alert.subjects or not others:
        return t(f"alert.sentence.level.{how}", change=t.change(change), subjects=said.about(t, alert), **values)
    moved = {"change": t.change(change), "worst": said.subject(t, worst), "others": said.subjects(t, others)}
    return t(f"alert.sentence.level.{how}.also", **moved, **values)


def change_of(evidence: Mapping[str, Any]) -> tuple[float | None, str]:
    """By what share the level moved, and against what: "beyond" what the season led to expect, where that was taken off
    first, as a "change" of the days as they are would tell of the season too."""
    how = "beyond" if evidence.get("season_removed") else "change"
    value = evidence.get(how)
    return (float(value) if isinstance(value, int | float) else None), how


def _links(t: Words, alert: Any) -> html.P:
    return html.P(
        dcc.Link(t("monitor.open_alert", alert=alert.id), href=f"/monitor?alert={alert.id}"), className="tm-told"
    )


def _notes(t: Words, others: Sequence[Any]) -> list[html.P]:
    """What is open without being an alarm, quietly: by kind, with what mutes it."""
    return [
        told.line(
            "info-circle",
            sentence(t, one) if one.muted_by is None else t("alert.muted", what=sentence(t, one), alert=one.muted_by),
            "tm-told tm-quiet",
        )
        for one in others
    ]


def _facts(t: Words, done: Any, version: str, per_year: float, last_day: dt.date) -> html.Ul:
    facts = [
        t("monitor.fact.day", day=t.date(done.last, "day")),
        t("monitor.fact.version", version=version),
        said.budget(t, per_year),
    ]
    if last_day > done.last:
        facts.append(t("monitor.fact.behind", day=t.date(last_day, "day")))
    return html.Ul([html.Li(one) for one in facts], className="tm-chips")
