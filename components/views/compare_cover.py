"""Promised against realised coverage of the intervals, with the worst test period of every model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import html

from components.chart import chart
from components.figures.compare import coverage_figure
from components.figures.palette import Theme
from components.legend import Key
from components.tables import Column, text_table
from components.views.compare_errors import height_for
from components.words import Words

LEVELS = (80, 95)
SLACK = {80: 0.04, 95: 0.02}
"""How far from its promise an interval may be before that is said (the product's own aim)."""


def cover_chart(t: Words, theme: Theme, cover: Any, models: Sequence[str], main: str) -> html.Figure:
    """``cover``: core's realised_coverage (model, level, realised, worst_fold, n); the sentence is on ``main``."""
    rows = {(row["model"], round(100 * row["level"])): row for row in cover.to_dict("records")}
    shown = [model for model in models if (model, LEVELS[0]) in rows]
    title = t("compare.cover.title")
    figure = coverage_figure(
        t,
        theme,
        shown,
        {level: [rows[model, level]["realised"] for model in shown] for level in LEVELS},
        {level: [rows[model, level]["worst_fold"] for model in shown] for level in LEVELS},
    )
    colours = dict(zip(LEVELS, (theme.accent, theme.ink), strict=True))
    keys = [Key(t("compare.cover.realised", level=level), colours[level], "band") for level in LEVELS]
    keys += [
        Key(t("compare.cover.worst"), theme.muted, "thin"),
        Key(t("compare.cover.promise"), theme.muted, "dotted"),
    ]
    summary = _summary(t, {level: rows[main, level] for level in LEVELS}, main) if main in shown else t("compare.none")
    return chart(
        t,
        "coverage",
        title,
        figure,
        summary,
        _table(t, title, shown, rows),
        height=height_for(shown),
        keys=keys,
    )


def verdict(realised: dict[int, float]) -> str:
    """'kept', 'narrow' or 'wide': too narrow at either level counts for more than too wide."""
    if any(realised[level] < level / 100 - SLACK[level] for level in LEVELS):
        return "narrow"
    return "wide" if any(realised[level] > level / 100 + SLACK[level] for level in LEVELS) else "kept"


def _summary(t: Words, rows: dict[int, Any], model: str) -> str:
    low, high = LEVELS
    found = verdict({level: row["realised"] for level, row in rows.items()})
    return t(
        "compare.cover.summary",
        verdict=t(f"compare.cover.verdict.{found}"),
        model=t.model(model),
        r80=t.percent(rows[low]["realised"]),
        r95=t.percent(rows[high]["realised"]),
        w80=t.percent(rows[low]["worst_fold"]),
        w95=t.percent(rows[high]["worst_fold"]),
    )


def _table(t: Words, caption: str, models: Sequence[str], rows: dict[Any, Any]) -> html.Div:
    columns = [Column(t("table.model"))]
    for level in LEVELS:
        meaning = t("compare.cover.realised.help", level=level)
        columns += [
            Column(t("compare.cover.realised", level=level), number=True, help=meaning),
            Column(t("compare.cover.worst.level", level=level), number=True),
        ]
    columns.append(Column(t("table.open_days"), number=True))
    lines = []
    for model in models:
        line = [t.model(model)]
        for level in LEVELS:
            line += [t.percent(rows[model, level]["realised"], 1), t.percent(rows[model, level]["worst_fold"], 1)]
        lines.append([*line, t.number(rows[model, LEVELS[0]]["n"])])
    return text_table(caption, columns, lines)
