"""What a message about an alert says, in plain words: what, since when, how far beyond the limit, what to do, where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core.monitoring.alerting import OTHER_DATA, QUIET, Alert
from core.monitoring.signal import Kind

WHAT: dict[Kind, str] = {
    "data fault": "the data look broken",
    "season": "a change that the season explains",
    "level": "the level has moved",
    "shape": "the mix of values has changed",
    "model": "the forecasts got worse",
    "freshness": "no new data",
    "psi line": "drift is over its fixed line",
}

TO_DO: dict[Kind, str] = {
    "data fault": "Look at the newest data, mend the export and load it again. Other alerts are held back meanwhile.",
    "season": "Nothing, if the season was expected; else look at the page.",
    "level": "Look whether the change is real and will stay; if so, train a new version.",
    "shape": "Look which values changed; if the change is real and will stay, train a new version.",
    "model": "Compare the forecasts with what came; train a new version, or go back to an earlier one.",
    "freshness": "Look whether the export of the transactions still runs and its files arrive.",
    "psi line": "Look at the feature's distribution; one crossing with nothing else open is no reason to act.",
}

MOST_SUBJECTS = 5
"""Names in a title; the rest are counted."""


@dataclass(frozen=True, slots=True)
class Message:
    """``title`` is one line without control characters, ``text`` several; ``payload`` is what a program reads."""

    title: str
    text: str
    payload: dict[str, Any]


def message(alert: Alert, event: str, link: str | None) -> Message:
    """The message that the alert was opened, has spread, escalated or was resolved."""
    words = {"spread": f"{alert.severity}, spreading", "escalated": f"now {alert.severity}", "resolved": "resolved"}
    word = words.get(event, alert.severity)
    title = one_line(f"Tidemark, {word}: {WHAT[alert.kind]} ({names(alert.subjects)})")
    lines = [
        title,
        f"Since: {alert.first_day}, last on {alert.last_day}",
        f"At its worst: {how_far(alert)}",
        one_line(f"Rule: {alert.evidence.get('rule', alert.key)}"),
    ]
    if event == "resolved":
        lines.append(one_line(f"Resolved: {ended_by(alert)}, on {alert.resolved_day}. There is nothing to do."))
    else:
        lines.append(f"What to do: {TO_DO[alert.kind]}")
    if link:
        lines.append(link)
    text = "\n".join(lines)
    return Message(title, text, {"event": event, "title": title, "text": text, "link": link, "alert": plain(alert)})


def trial(link: str | None) -> Message:
    """A message that only shows that messages arrive."""
    title, text = (
        "Tidemark, test: messages about alerts arrive",
        "Somebody asked for this test. There is nothing to do.",
    )
    text = f"{text}\n{link}" if link else text
    return Message(title, text, {"event": "test", "title": title, "text": text, "link": link, "alert": None})


def how_far(alert: Alert) -> str:
    """The worst value against its limit."""
    times = f", {alert.value / alert.limit:.3g} times the limit" if alert.limit > 0 else ""
    return f"{alert.value:.4g}, limit {alert.limit:.4g}{times}"


def ended_by(alert: Alert) -> str:
    """By whom, or how, an alert was resolved."""
    known = {QUIET: "by itself", OTHER_DATA: "as other data took their place"}
    return known.get(str(alert.resolved_by), f"by {alert.resolved_by}")


def names(subjects: tuple[str, ...]) -> str:
    """The subjects as one text; of many the first, and how many more."""
    shown, more = ", ".join(subjects[:MOST_SUBJECTS]), len(subjects) - MOST_SUBJECTS
    return f"{shown} and {more} more" if more > 0 else shown


def one_line(text: str, longest: int = 300) -> str:
    """The text with anything that could break a line or a header made a space: names come out of data."""
    clean = "".join(character if character.isprintable() else " " for character in text)
    clean = " ".join(clean.split())
    return clean if len(clean) <= longest else clean[: longest - 1] + "…"


def plain(alert: Alert) -> dict[str, Any]:
    """The alert for programs: days as ISO text."""
    return {
        "id": alert.id,
        "version": alert.version_id,
        "key": alert.key,
        "kind": alert.kind,
        "severity": alert.severity,
        "state": alert.state,
        "subjects": list(alert.subjects),
        "since": alert.first_day.isoformat(),
        "last_day": alert.last_day.isoformat(),
        "resolved_day": alert.resolved_day.isoformat() if alert.resolved_day else None,
        "value": alert.value,
        "limit": alert.limit,
    }
