"""Monitor: where a change comes from: what every segment adds to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dash import html

from components.chart import chart
from components.figures.drift import segments_figure
from components.figures.palette import Theme
from components.legend import Key
from components.measures import MEASURES
from components.tables import Column, text_table
from components.views import monitor_words as said
from components.words import Words

ROW, FRAME = 26, 90
"""Pixels of a bar, and around them."""


def where_from(t: Words, theme: Theme, seen: Any, parts: Mapping[str, float]) -> html.Figure | None:
    """``seen``: core's Inspection; ``parts``: by segment, of PSI, or of the mean open day of a measure."""
    if not parts:
        return None
    feature = seen.drift.feature
    of_measure = feature in MEASURES
    digits = 3 if not of_measure else 0 if max(map(abs, parts.values())) >= 10 else 1
    total = sum(parts.values())
    title = t("segments.title", feature=said.feature(t, feature))
    axis = t("segments.axis") if of_measure else "PSI"
    names, values = [t.segment(name) for name in parts], list(parts.values())
    columns = [Column(t("segments.segment")), Column(axis, number=True), Column(t("table.share"), number=True)]
    rows = [[name, t.number(value, digits), t.percent(value / total if total else None)]
            for name, value in zip(names, values, strict=True)]  # fmt: skip
    rows.append([t("table.total"), t.number(total, digits), t.percent(1.0)])
    keys = [Key(t("segments.with"), theme.accent, "band"), Key(t("segments.against"), theme.drop, "hatched")]
    return chart(
        t, "segments", title, segments_figure(t, theme, names, values, axis, digits),
        sentence(t, feature, parts, digits), text_table(title, columns, rows), height=FRAME + ROW * len(rows),
        subtitle=t("segments.how.measure" if of_measure else "segments.how.psi"),
        keys=keys if any(value * total < 0 for value in values) else (),
    )  # fmt: skip


def sentence(t: Words, feature: str, parts: Mapping[str, float], digits: int) -> str:
    """The segment that adds most in the direction of the whole."""
    total = sum(parts.values())
    name = max(parts, key=lambda one: parts[one] * (1 if total >= 0 else -1))
    values = {"segment": t.segment(name, inside=True), "part": t.number(parts[name], digits),
              "total": t.number(total, digits)}  # fmt: skip
    if feature in MEASURES:
        return t("segments.measure", measure=t.measure(feature).lower(), **values)
    return t("segments.psi", **values)
