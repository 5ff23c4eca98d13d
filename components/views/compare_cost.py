"""Time and memory of every model: what was measured, and what it would come to for a thousand series."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from dash import html

from components import page
from components.figures.cost import Priced, cost_figure
from components.figures.palette import Theme
from components.moments import duration
from components.tables import Column, table, text_table
from components.views.compare_models import model_chart, name
from components.words import Words

THOUSAND = 1000

Notes = Mapping[str, Mapping[str, Any]]
"""By model what the manifest says of it: seconds, fit_seconds, forecast_seconds, megabytes, backtest_seconds; some or
all may be missing."""


def cost_card(t: Words, notes: Notes, models: Sequence[str], series: int, folds: int) -> html.Section:
    """``series`` and ``folds``: how many were worked on; the models in their order."""
    columns = [
        Column(t("table.model")),
        Column(t("compare.cost.fit"), number=True, help=t("compare.cost.fit.help")),
        Column(t("compare.cost.forecast"), number=True, help=t("compare.cost.forecast.help")),
        Column(t("compare.cost.memory"), number=True, help=t("compare.cost.memory.help")),
        Column(t("compare.cost.thousand"), number=True, help=t("compare.cost.thousand.help")),
        Column(t("compare.cost.backtest"), number=True, help=t("compare.cost.backtest.help")),
        Column(t("compare.cost.each"), number=True, help=t("compare.cost.each.help")),
    ]
    cells = [_cells(t, notes.get(model) or {}, series, folds) for model in models]
    told = [n for n in range(len(columns) - 1) if any(row[n] != t("compare.cost.unknown") for row in cells)]
    columns = [columns[0], *(columns[n + 1] for n in told)]
    rows = [[name(t, model), *(row[n] for n in told)] for model, row in zip(models, cells, strict=True)]
    values = {"series": t.count("compare.cost.series", series), "tests": t.count("compare.tests", folds)}
    return page.titled(
        t("compare.cost.title"),
        [
            html.P(t("compare.cost.subtitle", **values), className="tm-subtitle"),
            table(t("compare.cost.title"), columns, rows, class_name="tm-board"),
            html.P(t("compare.cost.note", series=values["series"]), className="tm-note"),
        ],
    )


def _cells(t: Words, note: Mapping[str, Any], series: int, folds: int) -> list[str]:
    fit, ahead = note.get("fit_seconds"), note.get("forecast_seconds")
    whole = fit + ahead if fit is not None and ahead is not None else note.get("seconds")
    memory, tested = note.get("megabytes"), note.get("backtest_seconds")
    return [
        _time(t, fit),
        _time(t, ahead),
        t("compare.cost.megabytes", n=t.number(memory)) if memory is not None else t("compare.cost.unknown"),
        _time(t, None if whole is None or not series else whole / series * THOUSAND, about=True),
        _time(t, tested),
        _time(t, tested / (series * folds) if tested and series and folds else None),
    ]


def _time(t: Words, seconds: float | None, about: bool = False) -> str:
    """Small times in milliseconds; what was worked out from others is called 'about'."""
    if seconds is None or not math.isfinite(seconds):
        return t("compare.cost.unknown")
    text = (
        t("compare.cost.ms", n=t.number(1000 * seconds, 1 if seconds < 0.01 else 0))
        if seconds < 0.1
        else duration(t, seconds)
    )
    return t("compare.cost.about", time=text) if about else text


def cost_chart(t: Words, theme: Theme, notes: Notes, board: Any) -> html.Figure | None:
    """Error against the time of the backtest; ``board``: core's leaderboard. None where no time was measured."""
    priced = [
        Priced(row["model"], float(seconds), float(row["wape"]))
        for row in board.to_dict("records")
        if (seconds := (notes.get(row["model"]) or {}).get("backtest_seconds")) and math.isfinite(row["wape"])
    ]
    if len(priced) < 2:
        return None
    title = t("compare.cost.chart")
    columns = [
        Column(t("table.model")),
        Column(t("compare.cost.backtest"), number=True),
        Column(t("metric.wape"), number=True),
    ]
    rows = [[t.model(one.model), _time(t, one.seconds), t.percent(one.wape, 1)] for one in priced]
    return model_chart(
        t,
        [one.model for one in priced],
        "cost",
        title,
        cost_figure(t, theme, priced),
        _sentence(t, priced),
        text_table(title, columns, rows),
        height=360,
    )


def _sentence(t: Words, priced: Sequence[Priced]) -> str:
    """The best, and what a model within a tenth of its error costs less."""
    best = min(priced, key=lambda one: one.wape)
    cheaper = [one for one in priced if one.seconds < best.seconds and one.wape <= 1.1 * best.wape]
    values = {"best": t.model(best.model), "error": t.percent(best.wape, 1), "time": _time(t, best.seconds)}
    if not cheaper:
        return t("compare.cost.summary.best", **values)
    other = min(cheaper, key=lambda one: one.seconds)
    return t(
        "compare.cost.summary.cheaper",
        **values,
        other=t.model(other.model),
        other_error=t.percent(other.wape, 1),
        other_time=_time(t, other.seconds),
    )
