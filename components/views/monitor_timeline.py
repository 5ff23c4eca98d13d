"""Monitor: the alerts of a while as bars in time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from dash import html
from markupsafe import Markup

from components import states
from components.chart import chart
from components.figures.alerts import LANE, Bar, alerts_figure, colour, lanes
from components.figures.palette import Theme
from components.legend import Key
from components.tables import Column, text_table
from components.views import monitor_words as said
from components.words import MISSING, Words

MARKS = {"info": "", "warning": "!", "critical": "!!"}


def timeline(t: Words, theme: Theme, alerts: Sequence[Any], first: dt.date, last: dt.date) -> html.Figure:
    """``alerts``: core's Alert whose life touches the days ``first`` to ``last``, oldest first."""
    title = t("monitor.timeline")
    if not alerts:
        return states.nothing(t, t("monitor.timeline.none", first=t.date(first, "day"), last=t.date(last, "day")))
    bars = [_bar(t, one, first, last) for one in alerts]
    kinds = {one.kind: said.kind_name(t, one.kind) for one in alerts}
    alarms = [one for one in alerts if one.severity != "info"]
    summary = t(
        "monitor.timeline.summary",
        alerts=t.count("monitor.alerts", len(alerts)),
        first=t.date(first, "day"),
        last=t.date(last, "day"),
        alarms=t.count("monitor.alarms", len(alarms)),
        open=t.count("monitor.still_open", sum(one.state == "open" for one in alerts)),
    )
    return chart(
        t,
        "timeline",
        title,
        alerts_figure(t, theme, bars, kinds, first, last),
        summary,
        _table(t, title, alerts),
        height=70 + LANE * (max(lanes(bars)) + 1) + LANE,
        subtitle=t("monitor.timeline.how"),
        keys=[Key(kinds[kind], colour(theme, kind), "band") for kind in kinds],
    )


def _bar(t: Words, one: Any, first: dt.date, last: dt.date) -> Bar:
    end = one.resolved_day or max(one.last_day, last if one.state == "open" else one.last_day)
    hover = Markup("<br>").join(
        [
            Markup("<b>{}</b> ({})").format(said.kind_name(t, one.kind), t(f"alert.severity.{one.severity}")),
            said.about(t, one),
            t("monitor.timeline.days", first=t.date(one.first_day, "day"), last=_end(t, one)),
        ]
    )
    start = max(one.opened_day or one.first_day, first)
    until = min(end, last) + dt.timedelta(days=1)
    return Bar(one.id, one.kind, min(start, last), until, hover, MARKS[one.severity], one.severity == "info")


def _end(t: Words, one: Any) -> str:
    return t.date(one.resolved_day, "day") if one.resolved_day else t("monitor.timeline.now")


def _table(t: Words, caption: str, alerts: Sequence[Any]) -> html.Div:
    columns = [
        Column(t("alert.number.head")),
        Column(t("alert.what")),
        Column(t("alert.severity")),
        Column(t("alert.about")),
        Column(t("alert.since")),
        Column(t("alert.until")),
    ]
    rows = [
        [
            str(one.id),
            said.kind_name(t, one.kind),
            t(f"alert.severity.{one.severity}"),
            said.about(t, one),
            t.date(one.opened_day or one.first_day, "day"),
            t.date(one.resolved_day, "day") if one.resolved_day else MISSING,
        ]
        for one in alerts
    ]
    return text_table(caption, columns, rows, class_name="tm-tall")
