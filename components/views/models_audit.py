"""Models: who changed what, when and why; on the page the newest, as a CSV file everything."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from components import states
from components.export import csv_text
from components.tables import Column, text_table
from components.views import opening
from components.views.models_schedule import in_words
from components.views.models_words import gate_reason
from components.words import MISSING, Words

COLUMNS = ("id", "at", "who", "subject", "from", "to", "reason", "evidence")


def audit_table(t: Words, entries: Sequence[Any]) -> Any:
    """``entries``: core's audit.Entry, newest first."""
    if not entries:
        return states.nothing(t, t("audit.none"))
    columns = [
        Column(t("audit.at")),
        Column(t("models.who")),
        Column(t("audit.subject")),
        Column(t("audit.change")),
        Column(t("audit.reason")),
    ]
    rows = [
        [
            t.time(one.at),
            one.who,
            t.get(f"audit.subject.{one.subject}", one.subject),
            f"{value(t, one.subject, one.from_value)} → {value(t, one.subject, one.to_value)}",
            reason(t, one),
        ]
        for one in entries
    ]
    return text_table(t("audit.caption"), columns, rows, class_name="tm-tall tm-audit-table")


def reason(t: Words, entry: Any) -> str:
    """What a person wrote as it is; what the gate decided in the reader's language, from its evidence."""
    gate = entry.evidence if isinstance(entry.evidence, dict) else {}
    return gate_reason(t, gate) if t.get(f"models.gate.{gate.get('code')}", "") else str(entry.reason)


def value(t: Words, subject: str, text: str | None) -> str:
    """A version as it is; settings of the schedule and days of the calendar in words."""
    if text is None:
        return MISSING
    words = {"schedule": in_words, "opening": opening.in_words}.get(subject)
    if words is None:
        return text
    try:
        values = json.loads(text)
    except json.JSONDecodeError:
        return text
    return words(t, values) if isinstance(values, dict) else text


def audit_csv(entries: Sequence[Any]) -> str:
    """Every row with its evidence as JSON; times in UTC."""
    rows = (
        [one.id, one.at, one.who, one.subject, one.from_value, one.to_value, one.reason,
         None if one.evidence is None else json.dumps(one.evidence, ensure_ascii=False)]
        for one in entries
    )  # fmt: skip
    return csv_text(COLUMNS, rows)
