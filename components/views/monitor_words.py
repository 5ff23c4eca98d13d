"""What the parts of the Monitor page have in common: how alerts, their kinds and what they are about are written."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dash import html

from components.measures import MEASURES
from components.views.models_words import Kind, badge
from components.words import MISSING, Words, shown

SEVERITIES: dict[str, tuple[str, Kind]] = {
    "info": ("info-circle", "none"),
    "warning": ("exclamation-triangle-fill", "watch"),
    "critical": ("exclamation-diamond-fill", "bad"),
}
"""From the least to the worst, as core.monitoring.signal.SEVERITIES."""

STATES: dict[str, tuple[str, Kind]] = {
    "pending": ("hourglass-split", "none"),
    "open": ("exclamation-triangle-fill", "watch"),
    "resolved": ("check-circle-fill", "good"),
}

VERDICTS: dict[str, tuple[str, Kind]] = {
    "stable": ("check-circle-fill", "good"),
    "season": ("calendar-check", "none"),
    "watch": ("exclamation-triangle-fill", "watch"),
    "drift": ("exclamation-diamond-fill", "bad"),
    "not enough data": ("dash-circle", "none"),
}

GROUPS = ("day", "input", "line")
"""Features of days, what the models are told, features of lines."""
INPUTS = ("recent_level", "spread", "weekday_effect", "growth")
"""The same as core.monitoring.features.MODEL_INPUTS (a test compares)."""
DROPPED, CLEANING = "dropped lines", "rule:"
"""The rule whose subjects are rules of the cleaning; before its name where a subject says so itself."""
SHIFT = "shift"
"""The rule that looks at the days' totals, where others look at how values are distributed."""
MOST_SUBJECTS = 5
PER_YEAR_ONE = 1.0


def key_of(kind: str) -> str:
    """'data fault' → 'data_fault', as keys of texts are."""
    return kind.replace(" ", "_")


def kind_name(t: Words, kind: str) -> str:
    return t.get(f"alert.kind.{key_of(kind)}", kind)


def kind_inside(t: Words, kind: str) -> str:
    """The name of a kind inside a sentence."""
    name = kind_name(t, kind)
    return name[:1].lower() + name[1:]


def rule(t: Words, name: str) -> str:
    """The name of a rule inside a sentence."""
    return t.get(f"alert.rule.{key_of(name)}", name)


def verdict(t: Words, name: str) -> html.Span:
    """Icon, words and colour: any one of them is enough."""
    symbol, kind = VERDICTS[name]
    return badge(symbol, t(f"verdict.{key_of(name)}"), kind)


def severity(t: Words, name: str) -> html.Span:
    symbol, kind = SEVERITIES[name]
    return badge(symbol, t(f"alert.severity.{name}"), kind)


def state(t: Words, alert: Any) -> html.Span:
    """Open, resolved; with what somebody has said of it."""
    if alert.state == "open" and alert.acknowledged_by:
        return badge("eye-fill", t("alert.state.acknowledged"), "watch")
    symbol, kind = STATES[alert.state]
    if alert.state == "open" and alert.severity == "info":
        symbol, kind = "info-circle", "none"
    return badge(symbol, t(f"alert.state.{alert.state}"), kind)


def feature(t: Words, name: str) -> str:
    return t.get(f"feature.{name}", name)


def group(name: str, level: str) -> str:
    return "input" if name in INPUTS else level


def subject(t: Words, name: str, rule: str = "") -> str:
    """What an alert is about, inside a sentence: a measure, a feature, a cleaning rule, a series. ``rule``: of the
    monitoring, that fired; price and quantity are both features and rules of the cleaning."""
    if (rule == DROPPED or name.startswith(CLEANING)) and (found := t.get(f"rule.{name.removeprefix(CLEANING)}", "")):
        return t("alert.subject.rule", rule=found.lower())
    if name in ("all measures", "data", "forecasts"):
        return t(f"alert.subject.{key_of(name)}")
    if name in MEASURES:
        return t.measure(name).lower()
    if found := t.get(f"feature.{name}", ""):
        return found[0].lower() + found[1:]
    if found := t.get(f"rule.{name}", ""):
        return t("alert.subject.rule", rule=found.lower())
    measure, _, segment = name.partition("/")
    if measure in MEASURES and segment:
        return t("alert.subject.series", measure=t.measure(measure).lower(), segment=t.segment(segment, inside=True))
    return shown(name)


def subjects(t: Words, names: Iterable[str], rule: str = "") -> str:
    """Some of them by name, the rest counted."""
    found = [subject(t, one, rule) for one in names]
    if len(found) <= MOST_SUBJECTS:
        return ", ".join(found)
    return t("alert.subjects.more", names=", ".join(found[:MOST_SUBJECTS]), n=t.number(len(found) - MOST_SUBJECTS))


def about(t: Words, alert: Any) -> str:
    """What an alert is about."""
    return subjects(t, alert.subjects, rule_of(alert))


def rule_of(alert: Any) -> str:
    """The rule that fired, of the worst moment; alerts about dropped lines have no other."""
    return str(alert.evidence.get("rule", ""))


def line(t: Words, value: float) -> str:
    """A PSI line: the customary ones with one digit, another as it was set."""
    return t.number(value, 1 if value == round(value, 1) else 2)


def small(t: Words, value: float | None, digits: int = 3) -> str:
    """A number near 0: never a bare 0.000."""
    if value is None:
        return MISSING
    least = 10.0**-digits
    return f"< {t.number(least, digits)}" if 0 < value < least else t.number(value, digits)


def budget(t: Words, per_year: float) -> str:
    """'at most one false alarm a year'"""
    if per_year == PER_YEAR_ONE:
        return t("monitor.budget.one")
    return t("monitor.budget", n=t.number(per_year, 0 if per_year == int(per_year) else 1))
