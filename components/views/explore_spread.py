"""Explore, the distribution: where most days lie, which lie far outside, by weekday or by month."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import html

from components import page, states
from components.chart import chart
from components.figures.palette import Theme
from components.figures.spread import boxes_figure, histogram_figure
from components.tables import Column, text_table
from components.views.explore import answer
from components.words import Words

RARE = 0.25
"""A weekday or month with fewer days than this share of the fullest one is neither best nor poorest."""
SKEWED = 0.5
"""Skewness from which on a long end is spoken of."""


def spread_cards(t: Words, theme: Theme, measure: str, found: Any | None) -> list[Any]:
    """``found``: core's Distribution of the open days; None without any."""
    title = t("explore.spread.title", measure=t.measure(measure))
    if found is None:
        return [page.titled(title, [states.nothing(t, t("explore.empty"))])]
    q, unit = found.quantiles, t(f"unit.{measure}")
    shape = "even" if abs(found.skew) < SKEWED else "high" if found.skew > 0 else "low"
    said = t(
        "explore.spread.answer",
        low=t.about(q[0.25]), high=t.about(q[0.75]), below=t.about(q[0.05]), above=t.about(q[0.95]), unit=unit,
    )  # fmt: skip
    summary = t(
        "explore.spread.summary",
        n=t.count("explore.open", found.count), median=t.about(q[0.5]), mean=t.about(found.mean),
        shape=t(f"explore.spread.{shape}"),
    )  # fmt: skip
    if found.log:
        summary += " " + t("explore.spread.log")
    rows = [
        [t("explore.spread.lowest"), t.number(found.lowest)],
        *([t("explore.spread.quantile", share=t.percent(level)), t.number(value)] for level, value in q.items()),
        [t("explore.spread.highest"), t.number(found.highest)],
        [t("explore.spread.mean"), t.number(found.mean, 1)],
        [t("explore.spread.deviation"), t.number(found.deviation, 1)],
        [t("explore.spread.skew"), t.number(found.skew, 2)],
    ]
    table = text_table(title, [Column(t("explore.spread.what")), Column(t.measure(measure), number=True)], rows)
    marks = [
        (q[0.25], t("explore.spread.quarter")),
        (q[0.5], t("explore.spread.half")),
        (q[0.75], t("explore.spread.three")),
    ]
    figure = histogram_figure(t, theme, found.edges, found.counts, t.measure(measure), found.log, marks)
    under = t("explore.spread.marks")
    return [answer(said), chart(t, "spread", title, figure, summary, table, height=320, subtitle=under)]


def boxes_card(
    t: Words, theme: Theme, measure: str, by: str, boxes: Sequence[Any], days: Any, values: Any, log: bool
) -> html.Figure | html.Section:
    """``boxes``: core's Box by weekday or month; ``days``, ``values``: what their indices point into."""
    title = t(f"explore.boxes.{by}.title", measure=t.measure(measure))
    if not boxes:
        return page.titled(title, [states.nothing(t, t("explore.empty"))])
    names = [_name(t, by, one.group, short=True) for one in boxes]
    outside = [
        (name, float(values[index]), t.date(days[index], "long"))
        for name, one in zip(names, boxes, strict=True)
        for index in one.outside
    ]
    usual = [one for one in boxes if one.count >= RARE * max(box.count for box in boxes)]
    best, poorest = max(usual, key=lambda one: one.median), min(usual, key=lambda one: one.median)
    summary = t(
        "explore.boxes.summary",
        best=_name(t, by, best.group), high=t.about(best.median), poorest=_name(t, by, poorest.group),
        low=t.about(poorest.median), outside=t.count("explore.boxes.outside", len(outside)),
    )  # fmt: skip
    columns = [
        Column(t(f"table.{by}")),
        Column(t("table.open_days"), number=True),
        *(Column(t(f"explore.boxes.{name}"), number=True) for name in ("low", "q1", "median", "q3", "high", "n")),
    ]
    rows = [
        [
            _name(t, by, one.group),
            t.number(one.count),
            *(t.number(value) for value in (one.low, one.q1, one.median, one.q3, one.high)),
            t.number(len(one.outside)),
        ]
        for one in boxes
    ]
    figure = boxes_figure(t, theme, names, boxes, outside, t.measure(measure), log)
    note = html.P(t("explore.boxes.note"), className="tm-note")
    return chart(t, "boxes", title, figure, summary, text_table(title, columns, rows), height=340, extra=note)


def _name(t: Words, by: str, group: int, short: bool = False) -> str:
    return t.weekday(group, short) if by == "weekday" else t.months(short)[group - 1]
