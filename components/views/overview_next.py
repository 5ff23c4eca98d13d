"""Overview: what to do next, in ranked sentences, and the alarms that are open."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import dcc, html

from components import page
from components.icons import icon
from components.views import monitor_head as alarms_view
from components.views import monitor_words as said
from components.words import Words

MOST_ALARMS = 3
PLACES = {
    "other data": ("arrow-repeat", "/lifecycle"),
    "old data": ("cloud-upload", "/data"),
    "alarm": ("exclamation-triangle-fill", "/monitor"),
    "challenger": ("layers", "/lifecycle"),
    "closure": ("calendar-x", "/forecast"),
    "peak": ("arrow-up-right", "/forecast"),
}
"""Kind of a step → icon, and the page where it is done."""


def steps_card(t: Words, steps: Sequence[Any], measure: str) -> html.Section:
    """``steps``: core's Step, the most urgent first; what they count is of ``measure``."""
    if not steps:
        return page.titled(t("overview.next"), [_line("check-circle-fill", t("overview.next.none"), "good")])
    return page.titled(t("overview.next"), [html.Ol([_step(t, step, measure) for step in steps], className="tm-next")])


def _step(t: Words, step: Any, measure: str) -> html.Li:
    symbol, place = PLACES[step.kind]
    if step.kind == "alarm":
        place = f"{place}?alert={step.facts['alert'].id}"
    link = dcc.Link(t(f"overview.next.{said.key_of(step.kind)}.do"), href=place)
    return html.Li([icon(symbol), html.Div([sentence(t, step, measure), " ", link])])


def sentence(t: Words, step: Any, measure: str) -> str:
    facts = step.facts
    if step.kind == "other data":
        days = {name: t.date(facts[name], "day") for name in ("origin", "last_day")}
        return t("overview.next.other_data", **days)
    if step.kind == "old data":
        return t.count("overview.next.old_data", facts["days"], date=t.date(facts["last_day"], "day"))
    if step.kind == "alarm":
        key = said.key_of(facts["alert"].kind)
        return t("overview.next.alarm", kind=t(f"alert.kind.{key}"), todo=t(f"alert.todo.{key}"))
    if step.kind == "challenger":
        return t("overview.next.challenger", version=facts["version"])
    if step.kind == "closure":
        first, last = facts["first"], facts["last"]
        reasons = ", ".join(dict.fromkeys(map(t.reason, facts["reasons"])))
        if first == last:
            return t("overview.next.closure.day", date=t.date(first, "weekday"), reasons=reasons)
        span = t("overview.span", first=t.date(first, "long"), last=t.date(last, "long"))
        return t("overview.next.closure.days", span=span, reasons=reasons)
    value = f"{t.about(facts['value'])} {t(f'unit.{measure}')}"
    return t("overview.next.peak", date=t.date(facts["day"], "weekday"), value=value, share=t.percent(facts["share"]))


def alarms_card(t: Words, alarms: Sequence[Any], notes: int, looked: bool) -> html.Section:
    """``alarms``: core's alerts that matter, the worst first; ``notes``: how many others are open; ``looked``: whether
    the monitoring has a history yet."""
    if not alarms:
        text = t("overview.alarms.none" if looked else "overview.alarms.unlooked")
        shown: list[Any] = [_line("check-circle-fill" if looked else "dash-circle", text, "good" if looked else "none")]
    else:
        shown = [html.Ul([_alarm(t, one) for one in alarms[:MOST_ALARMS]], className="tm-next")]
    more = len(alarms) - MOST_ALARMS
    if more > 0:
        shown.append(html.P(t.count("monitor.more", more), className="tm-note"))
    if notes:
        shown.append(html.P(t.count("overview.alarms.notes", notes), className="tm-note"))
    return page.titled(
        t("overview.alarms"), [*shown, dcc.Link(t("overview.alarms.all"), href="/monitor", className="tm-link")]
    )


def _alarm(t: Words, alert: Any) -> html.Li:
    text = alarms_view.sentence(t, alert)
    details = dcc.Link(t("monitor.open_alert", alert=alert.id), href=f"/monitor?alert={alert.id}")
    return html.Li(html.Div([said.severity(t, alert.severity), html.P(text), details]))


def _line(symbol: str, text: str, kind: str) -> html.P:
    return html.P([icon(symbol, f"tm-tone-{kind}"), html.Span(text)], className="tm-told")
