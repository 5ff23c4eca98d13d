"""What the parts of the Models page have in common: badges, and how causes, windows and errors are written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from dash import html

from components.icons import icon
from components.words import MISSING, Words

Kind = Literal["good", "watch", "bad", "none"]

STATES: dict[str, tuple[str, Kind]] = {
    "queued": ("hourglass-split", "none"),
    "running": ("hourglass-split", "watch"),
    "done": ("check-circle-fill", "good"),
    "failed": ("exclamation-diamond-fill", "bad"),
    "cancelled": ("dash-circle", "none"),
    "interrupted": ("exclamation-triangle-fill", "watch"),
}
"""States of a job."""


def badge(symbol: str, text: str, kind: Kind) -> html.Span:
    """Icon, words and colour: any one of them is enough."""
    return html.Span([icon(symbol), html.Span(text)], className=f"tm-verdict tm-verdict-{kind}")


def state_badge(t: Words, state: str) -> html.Span:
    symbol, kind = STATES.get(state, ("question-circle", "none"))
    return badge(symbol, t.get(f"models.state.{state}", state), kind)


def kind_name(t: Words, kind: str) -> str:
    return t.get(f"models.kind.{kind}", kind)


def line(symbol: str, text: Any, class_name: str = "tm-told", **more: Any) -> html.P:
    """A sentence behind an icon."""
    return html.P([icon(symbol), html.Span(text)], className=class_name, **more)


def trigger(t: Words, text: str) -> str:
    """Why a version was made: the causes that we know are translated, what somebody wrote behind stays."""
    cause, _, rest = text.partition(":")
    known = t.get(f"models.trigger.{cause}", "")
    if not known:
        return text or MISSING
    rest = rest.strip()
    if cause == "drift":
        rest = features(t, rest.split(", "))
    elif cause == "schedule" and (days := re.fullmatch(r"every (\d{1,6}) days", rest)):
        rest = t.count("models.every_days", int(days[1]))
    elif cause == "loss":
        return known
    return t("models.trigger.with", cause=known, rest=rest) if rest else known


def features(t: Words, names: Iterable[str]) -> str:
    return ", ".join(t.get(f"feature.{name}", name).lower() for name in names if name)


def window(t: Words, days: int | None) -> str:
    return t("models.window.all") if days is None else t.count("models.window.days", days)


def measures(t: Words, names: Iterable[str]) -> str:
    return ", ".join(t.get(f"measure.{name}", name).lower() for name in names)


def models(t: Words, names: Iterable[str]) -> str:
    return ", ".join(t.model(name) for name in names)


def total_of(measure: str) -> str:
    """The name of the series of a measure's total."""
    return f"{measure}/total"


def score(facts: Any, measure: str) -> Mapping[str, Any] | None:
    """The test error of a measure's total, None where it is not known."""
    wanted = total_of(measure)
    found = next((one for one in facts.scores if one.get("series") == wanted), None)
    return found if found is not None and found.get("wape") is not None else None


def error_range(t: Words, one: Mapping[str, Any] | None) -> str:
    """'9.1% to 15.5%', empty where there are too few folds for an interval."""
    if one is None or one.get("lo") is None or one.get("hi") is None:
        return ""
    return t("models.error.range", lo=t.percent(one["lo"], 1), hi=t.percent(one["hi"], 1))


def error(t: Words, one: Mapping[str, Any] | None) -> Any:
    """The error with its interval in small below."""
    text = t.percent(one["wape"], 1) if one else MISSING
    between = error_range(t, one)
    return html.Span([text, html.Small(between)], className="tm-stacked") if between else text


def p_value(t: Words, value: float | None) -> str:
    least = 0.001
    if value is None:
        return MISSING
    return f"< {t.number(least, 3)}" if value < least else t.number(value, 3 if value < 0.1 else 2)


def gate_reason(t: Words, gate: Mapping[str, Any]) -> str:
    """Why the gate decided as it did, as the second half of a sentence."""
    code, change = str(gate.get("code", "")), gate.get("change")
    values = {
        "champion": gate.get("champion") or MISSING,
        "change": t.percent(abs(change), 1) if change is not None else MISSING,
        "limit": t.percent(gate.get("limit")),
        "measures": measures(t, gate.get("lacks") or ()),
        "segment": MISSING,
        "segment_change": MISSING,
    }
    if worst := worst_segment(gate.get("segments") or ()):
        values |= {
            "segment": t.segment(worst["segment"], inside=True),
            "segment_change": t.percent(worst["change"]),
        }
    if t.get(f"models.gate.{code}", "") == "":
        return code or MISSING
    return t(f"models.gate.{code}", **values)


def worst_segment(segments: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    known = [one for one in segments if one.get("change") is not None]
    return max(known, key=lambda one: one["change"], default=None)
