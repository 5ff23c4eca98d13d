"""Opening calendar: open and closed days month by month, and why; built in the browser by assets/calendar.js."""

from __future__ import annotations

import calendar
import datetime as dt
import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from dash import html

from components.words import Words

VIEWS = ("coming", "past")
"""The twelve months behind the last day of the data, and those up to it."""
MONTHS = 12
KINDS = ("open", "idle", "weekday", "holiday", "shutdown", "yearly", "hand_closed", "hand_open")
"""How a day is drawn. ``idle``: open, but there was no trade; ``hand``: declared by somebody."""


class Day(NamedTuple):
    """``reason`` and ``by_rule``: why it is closed, "" for open; ``said``: core's Declared or None; ``pending``: the
    forecasts in use have not heard of what is said."""

    date: dt.date
    reason: str
    by_rule: str
    traded: bool
    past: bool
    said: Any
    pending: bool


def days_of(opening: Any) -> list[Day]:
    """``opening``: core's Opening."""
    pending = set(opening.pending)
    return [
        Day(day, reason, by_rule, traded, day <= opening.last_day, opening.declared.get(day), day in pending)
        for day, reason, by_rule, traded in zip(
            opening.days.tolist(), opening.reasons.tolist(), opening.by_rule.tolist(), opening.traded.tolist(),
            strict=True,
        )
    ]  # fmt: skip


def kind(day: Day) -> str:
    if day.said is not None and not day.traded:
        return "hand_closed" if day.reason else "hand_open"
    if day.reason:
        first = day.reason.partition(":")[0]
        return first if first in KINDS else "yearly"
    return "idle" if day.past and not day.traded else "open"


def label(t: Words, day: Day) -> str:
    """All that there is to say of a day, for who cannot see it and for who points at it."""
    what = kind(day)
    parts = [t("opening.day", date=t.date(day.date), state=state(t, day.reason))]
    if what == "idle":
        parts.append(t("opening.day.idle"))
    if what in ("hand_closed", "hand_open"):
        parts.append(t("opening.day.rule", state=state(t, day.by_rule)))
    if day.said is not None and day.said.remark:
        parts.append(t("opening.day.remark", remark=day.said.remark))
    if day.pending:
        parts.append(t("opening.day.pending"))
    return " ".join(parts)


def state(t: Words, reason: str) -> str:
    return t("opening.closed", reason=t.reason(reason)) if reason else t("opening.open")


def window(last_day: dt.date, view: str) -> tuple[dt.date, dt.date]:
    """The first day of the first month shown, and of the month behind the last."""
    here = 12 * last_day.year + last_day.month - 1
    start = here if view == "coming" else here - MONTHS + 1
    return _month(start), _month(start + MONTHS + (view == "coming"))


def _month(number: int) -> dt.date:
    return dt.date(number // 12, number % 12 + 1, 1)


def months(t: Words, opening: Any, view: str) -> html.Div:
    """Months as tables of days; a day that can be declared is a button."""
    first, end = window(opening.last_day, view)
    shown: dict[tuple[int, int], list[list[Any]]] = {}
    there = {day.date: day for day in days_of(opening)}
    for number in range((end - first).days):
        date = first + dt.timedelta(days=number)
        shown.setdefault((date.year, date.month), []).append(_cell(t, date, there.get(date)))
    content = {
        "weekdays": list(zip(t.weekdays(short=True), t.weekdays(), strict=True)),
        "months": [
            {"name": f"{t.months()[month - 1]} {year}", "before": calendar.weekday(year, month, 1), "days": cells}
            for (year, month), cells in shown.items()
        ],
        "chosen": t("opening.chosen"),
    }
    return html.Div(className="tm-calendar", **{"data-calendar": json.dumps(content, ensure_ascii=False)})


def _cell(t: Words, date: dt.date, day: Day | None) -> list[Any]:
    """ISO date, kind, text; the kind is empty where nothing is known of the day and nothing can be said."""
    return [date.isoformat(), kind(day) + (" pending" if day.pending else ""), label(t, day)] if day else [
        date.isoformat(), "", "",
    ]  # fmt: skip


def legend(t: Words) -> html.Ul:
    keys = [*KINDS, "pending"]
    return html.Ul(
        [
            html.Li([html.Span(className=f"tm-day tm-day-{one}", **{"aria-hidden": "true"}), t(f"opening.kind.{one}")])
            for one in keys
        ],
        className="tm-legend tm-calendar-legend",
    )


def in_words(t: Words, values: Mapping[str, Any]) -> str:
    """What the audit says of a change: '24–31 Dec 2011: closed'."""
    text = span(t, str(values.get("first")), str(values.get("last")))
    said = t.get(f"opening.said.{values.get('state')}", str(values.get("state")))
    return t("opening.change", days=text, state=said)


def span(t: Words, first: Any, last: Any) -> str:
    """One day, or from one to another."""
    return t.date(first) if str(first) == str(last) else t("opening.span", first=t.date(first), last=t.date(last))
