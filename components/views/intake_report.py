"""Loading: what a check has found: faults with their place, or what would change in the data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from dash import dcc, html

from components import states
from components.tables import Column, table, text_table
from components.views import models_words as told
from components.words import MISSING, Words

Stale = Literal["choices", "data"]

SHOWN_NAMES = 12
"""Countries that a sentence names."""


def report(t: Words, job: Any | None, checked: Any | None, stale: Stale | None = None) -> list[Any]:
    """``job``: core's Job of the last check, None without one; ``checked``: its result once there is one; ``stale``:
    what is another by now."""
    if job is None:
        return [states.nothing(t, t("intake.report.none"))]
    if job.active:
        return [told.line("hourglass-split", t("intake.report.running"))]
    if checked is None:
        return [told.line("exclamation-triangle-fill", _ended(t, job))]
    head = [told.line("info-circle", t(f"intake.report.stale.{stale}"))] if stale else []
    return [*head, *(faults(t, checked) if checked.faults else changes(t, checked))]


def _ended(t: Words, job: Any) -> str:
    return job.error or t(f"intake.ended.{job.state}")


def faults(t: Words, checked: Any) -> list[Any]:
    """Nothing can be loaded: where and why, and what would be right."""
    columns = [
        Column(t("intake.file")),
        Column(t("intake.row"), number=True),
        Column(t("intake.column")),
        Column(t("intake.fault")),
    ]
    rows = [
        [
            " · ".join(name for name in (one.file, one.sheet) if name) or MISSING,
            MISSING if one.row is None else t.number(one.row),
            one.column or MISSING,
            " ".join(text for text in (_sentence(one.problem), one.hint) if text),
        ]
        for one in checked.faults
    ]
    count = max(checked.fault_count, len(checked.faults))
    title = t.count("intake.faults", count)
    return [
        told.line("exclamation-diamond-fill", title, "tm-told tm-fault", role="alert"),
        html.P(t("intake.faults.shown", n=t.number(len(rows))), className="tm-note") if count > len(rows) else None,
        text_table(title, columns, rows, class_name="tm-tall tm-faults"),
    ]


def _sentence(text: str) -> str:
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "!", "?")) else f"{text}."


def changes(t: Words, checked: Any) -> list[Any]:
    """What the data would be, beside what they are."""
    sentences = [one for one in (*_of_file(t, checked), *_of_data(t, checked)) if one]
    return [
        *(told.line(symbol, text) for symbol, text in sentences),
        _beside(t, checked),
        html.Details(
            [html.Summary(t("intake.notes")), html.Ul([html.Li(note) for note in checked.notes])],
            className="tm-details",
        )
        if checked.notes
        else None,
    ]


def _of_file(t: Words, checked: Any) -> list[tuple[str, str] | None]:
    if checked.file_lines is None:
        return []
    found: list[tuple[str, str] | None] = [("check-circle-fill", t.count("intake.fine", checked.file_lines))]
    if checked.file_first and checked.file_last:
        span = {"first": t.date(checked.file_first, "day"), "last": t.date(checked.file_last, "day")}
        found.append(("calendar-check", t("intake.fine.days", **span)))
    if checked.now is not None and checked.shared_days is not None:
        if checked.shared_days == 0:
            found.append(("info-circle", t("intake.overlap.none")))
        else:
            lines = t.count("intake.overlap.lines", checked.shared_lines or 0)
            found.append(("info-circle", f"{t.count('intake.overlap', checked.shared_days)} {lines}"))
    return found


def _of_data(t: Words, checked: Any) -> list[tuple[str, str] | None]:
    now, after = checked.now, checked.after
    if after is None:
        return []
    watch = "exclamation-triangle-fill"
    measures = {"gained": checked.gained, "lost": checked.lost}
    found: list[tuple[str, str] | None] = [
        (watch if how == "lost" else "check-circle-fill", t(f"intake.measures.{how}", names=told.measures(t, names)))
        for how, names in measures.items()
        if names
    ]
    if now is not None:
        before, later = (set(_countries(one)) for one in (now, after))
        for how, names in (("gained", later - before), ("lost", before - later)):
            if names:
                symbol = watch if how == "lost" else "check-circle-fill"
                found.append((symbol, t(f"intake.segments.{how}", names=_names(t, sorted(names)))))
        if checked.file_lines and after.lines_out == now.lines_out:
            found.append((watch, t("intake.no_more")))
        if after.last_day < now.last_day:
            found.append((watch, t("intake.shorter", last=t.date(now.last_day, "day"))))
    if after.partial_day:
        found.append(("info-circle", t("intake.partial", day=t.date(after.partial_day, "day"))))
    return found


def _countries(one: Any) -> list[str]:
    """Segments that are a country by themselves. ``one``: core's Summary."""
    return [name for name in one.segments if name.startswith("country:") and name != "country:other"]


def _names(t: Words, segments: Sequence[str]) -> str:
    named = ", ".join(t.segment(one) for one in segments[:SHOWN_NAMES])
    left = len(segments) - SHOWN_NAMES
    return t("intake.and_more", names=named, n=t.number(left)) if left > 0 else named


def _beside(t: Words, checked: Any) -> Any:
    now, after = checked.now, checked.after
    if after is None:
        return None
    caption = t("intake.beside")
    columns = [Column(caption), Column(t("intake.now"), number=True), Column(t("intake.after"), number=True)]

    def row(name: str, of: Any) -> list[Any]:
        before, later = (MISSING if now is None else of(now)), of(after)
        return [t(f"intake.of.{name}"), before, html.Strong(later) if later != before else later]

    rows = [
        row("lines_in", lambda one: t.number(one.lines_in)),
        row("lines_out", lambda one: t.number(one.lines_out)),
        row("first_day", lambda one: t.date(one.first_day, "day")),
        row("last_day", lambda one: t.date(one.last_day, "day")),
        row("days", lambda one: t.number((one.last_day - one.first_day).days + 1)),
        row("measures", lambda one: t.number(len(one.measures))),
        row("countries", lambda one: t.number(len(_countries(one)))),
        row("sources", lambda one: t.number(len(one.sources))),
    ]
    return table(caption, columns, rows, class_name="tm-beside")


def effects(t: Words, rules: Sequence[Any], total: Any) -> dict[str, str]:
    """Rule → what its switch does in the data as they would be. ``rules``: core's RuleEffect; ``total``: its lines in
    use."""
    return {one.id: _effect(t, one, total) for one in rules}


def _effect(t: Words, one: Any, lines_out: int) -> str:
    if not one.possible:
        return t("intake.effect.impossible")
    parts = [t.count("intake.effect.drops", one.dropped)] if one.on else []
    if one.lines_out_switched is not None:
        change = one.lines_out_switched - lines_out
        key = "intake.effect.off" if one.on else "intake.effect.on"
        parts.append(t(key, n=t.number(one.lines_out_switched), change=_signed(t, change)))
    return " ".join(parts)


def _signed(t: Words, change: int) -> str:
    return ("+" if change > 0 else "±" if change == 0 else "") + t.number(change)


def dropped_now(t: Words, on: Mapping[str, bool], dropped: Mapping[str, int]) -> dict[str, str]:
    """Rule → what it does in the data in use."""
    return {
        rule: t.count("intake.effect.drops", dropped.get(rule, 0)) if is_on else t("intake.effect.is_off")
        for rule, is_on in on.items()
    }


def outcome(t: Words, job: Any | None, undone: bool = False) -> list[Any]:
    """How a load went. ``job``: core's Job of the last load of this file, None without one; ``undone``: it is not in
    use any more."""
    if job is None:
        return []
    if job.active:
        return [told.line("hourglass-split", t("intake.loading"))]
    if job.state != "done":
        text = _ended(t, job)
        return [told.line("exclamation-triangle-fill", f"{text} {t('intake.unchanged')}", role="alert")]
    if undone:
        return [told.line("info-circle", t("intake.not_in_use"))]
    found: Mapping[str, Any] = job.result or {}
    numbers = {"load": found.get("load", MISSING), "n": t.number(found.get("lines_out"))}
    return [
        html.H3(t("intake.then"), className="tm-subhead"),
        told.line("check-circle-fill", t("intake.loaded", **numbers), role="status"),
        html.P(t("intake.then.what")),
        html.P(
            [
                dcc.Link(t("intake.then.explore"), href="/explore", className="tm-link"),
                " · ",
                dcc.Link(t("intake.then.models"), href="/lifecycle", className="tm-link"),
            ]
        ),
    ]
