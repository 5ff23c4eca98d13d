"""The forecast as a calendar: what somebody plans by, not one entry a day.

The busiest day of every week, and the days closed beyond the weekly ones, neighbours as one entry. Entries are all-day,
leave their day free, and keep their number, so that a newer file replaces an older one.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from typing import Any, NamedTuple

from components.words import Words

DAY = dt.timedelta(days=1)


class Entry(NamedTuple):
    """An all-day entry from ``first`` to ``last``; ``kind`` tells entries of a day apart."""

    kind: str
    first: dt.date
    last: dt.date
    title: str
    text: str


def entries(t: Words, forecast: Any, measure: str, segment: str, level: int) -> list[Entry]:
    """``forecast``: date, mean, lo80 … hi95, open, reason, by date. In order of their first day."""
    return sorted([*_busiest(t, forecast, measure, segment, level), *_closed(t, forecast)], key=lambda one: one.first)


def _busiest(t: Words, forecast: Any, measure: str, segment: str, level: int) -> list[Entry]:
    """Of every calendar week (from Monday on) that has at least two open days."""
    opened = forecast[forecast["open"].astype(bool)]
    week = opened["date"].dt.to_period("W")
    found = []
    for _, days in opened.groupby(week):
        if len(days) < 2:
            continue
        best = days.loc[days["mean"].idxmax()]
        unit, value = t(f"unit.{measure}"), t.about(best["mean"])
        text = t(
            "ics.busiest.text",
            measure=t.measure(measure),
            segment=t.segment(segment, inside=True),
            low=t.about(best[f"lo{level}"]),
            high=t.about(best[f"hi{level}"]),
            level=t.percent(level / 100),
        )
        day = best["date"].date()
        found.append(Entry("busiest", day, day, t("ics.busiest", value=value, unit=unit), text))
    return found


def _closed(t: Words, forecast: Any) -> list[Entry]:
    """Runs of closed days with one that the week does not explain."""
    days = zip(forecast["date"], forecast["open"].astype(bool), forecast["reason"].astype(str), strict=True)
    runs: list[list[tuple[dt.date, str]]] = []
    for stamp, is_open, reason in days:
        day = stamp.date()
        if is_open:
            continue
        if runs and runs[-1][-1][0] + DAY == day:
            runs[-1].append((day, reason))
        else:
            runs.append([(day, reason)])
    found = []
    for run in runs:
        reasons = list(dict.fromkeys(reason for _, reason in run if not reason.startswith("weekday:")))
        if reasons:
            said = ", ".join(t.reason(reason) for reason in reasons)
            found.append(Entry("closed", run[0][0], run[-1][0], t("ics.closed", reason=said), t("ics.closed.text")))
    return found


def calendar(found: Sequence[Entry], name: str, made: dt.datetime, about: str) -> bytes:
    """An iCalendar file (RFC 5545). ``made``: aware; ``about``: what tells one forecast from another, such as its
    series."""
    from icalendar import Calendar, Event  # here: most visitors never download one

    book = Calendar()
    book.add("prodid", "-//Tidemark//forecast//EN")
    book.add("version", "2.0")
    book.add("method", "PUBLISH")
    book.add("x-wr-calname", name)
    for one in found:
        event = Event()
        event.add("uid", f"{_number(about, one)}@tidemark")
        event.add("dtstamp", made)
        event.add("dtstart", one.first)
        event.add("dtend", one.last + DAY)
        event.add("summary", one.title)
        event.add("description", one.text)
        event.add("transp", "TRANSPARENT")
        book.add_component(event)
    return bytes(book.to_ical())


def _number(about: str, one: Entry) -> str:
    """The busiest day of a week may move within it: its entry goes along."""
    year, week, _ = one.first.isocalendar()
    when = f"{year}-W{week:02}" if one.kind == "busiest" else one.first.isoformat()
    return f"{one.kind}-{when}-{hashlib.sha256(about.encode()).hexdigest()[:12]}"
