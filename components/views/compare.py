"""Compare: who leads, by how much, in which test period, and what one of them looked like."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
from dash import html

from components import page
from components.chart import chart
from components.figures.compare import fold_figure
from components.figures.fan import fan_figure, fan_keys
from components.figures.palette import DASHES, Theme
from components.icons import icon
from components.legend import Key
from components.tables import Column, table, text_table
from components.words import Words

ERRORS = ("wape", "mape", "rmse", "mae", "mase")
"""Scores where the lowest is the best, in the order of the table."""


def model_name(t: Words, model: str) -> html.Span:
    """The name of a model behind a dot of its colour."""
    dot = html.Span(
        className="tm-dot", style={"backgroundColor": f"var(--tm-model-{model.replace('_', '-')}, currentColor)"}
    )
    return html.Span([dot, t.model(model)], className="tm-model")


def lead_sentence(t: Words, lead: Any, measure: str, segment: str) -> str:
    values = {
        "model": t.model(lead.model),
        "error": t.percent(lead.wape, 1),
        "measure": t.measure(measure).lower(),
        "segment": t.segment(segment, inside=True),
    }
    if lead.second is None:
        return t("compare.lead.only", **values)
    return t("compare.lead", **values, margin=t.percent(lead.margin), second=t.model(lead.second))


def content(
    t: Words,
    theme: Theme,
    measure: str,
    segment: str,
    board: Any,
    lead: Any,
    chosen: str,
    errors: Any,
    horizon: int,
) -> list[Any]:
    """``board``: leaderboard; ``errors``: model, cutoff, wape; ``chosen``: the model whose forecast is shown."""
    folds = sorted(errors["cutoff"].unique())
    by_model = {
        model: errors[errors["model"] == model].set_index("cutoff")["wape"].reindex(folds).to_numpy()
        for model in board["model"]
    }
    labels = [f"{t.date(day, 'short')} {day:%y}" for day in folds]
    sentence = lead_sentence(t, lead, measure, segment) if lead is not None else t("compare.none")
    won = dict.fromkeys(by_model, 0)
    for column in zip(*by_model.values(), strict=True):
        if not np.isnan(column).all():
            won[list(by_model)[int(np.nanargmin(column))]] += 1
    best = max(won, key=lambda model: won[model])
    summary = t("compare.folds.summary", model=t.model(best), won=t.number(won[best]), n=t.number(len(folds)))
    title = t("compare.folds.title")
    return [
        html.P([icon("trophy-fill"), html.Span(sentence)], className="tm-headline tm-headline-small", role="status"),
        page.titled(
            t("compare.board.title", n=t.count("compare.tests", len(folds)), horizon=t.number(horizon)),
            [
                _board(t, board, chosen, measure),
                html.P(t("compare.board.note"), className="tm-note"),
            ],
        ),
        chart(
            t,
            "folds",
            title,
            fold_figure(t, theme, folds, by_model),
            summary,
            _fold_table(t, title, labels, by_model),
            height=300,
            keys=[Key(t.model(model), theme.model(model), _mark(model)) for model in by_model],
        ),
    ]


def _board(t: Words, board: Any, chosen: str, measure: str) -> html.Div:
    unit = t(f"unit.{measure}")
    columns = [
        Column(t("table.model")),
        *(Column(t(f"metric.{name}"), number=True, help=t(f"metric.{name}.help", unit=unit)) for name in ERRORS),
        Column(t("metric.bias"), number=True, help=t("metric.bias.help")),
        Column(t("metric.cover", level=80), number=True, help=t("metric.cover.help", level=80)),
        Column(t("metric.cover", level=95), number=True, help=t("metric.cover.help", level=95)),
    ]
    lowest = {name: board[name].min() for name in ERRORS}
    rows = []
    for row in board.to_dict("records"):
        name: list[Any] = [model_name(t, row["model"])]
        if row["model"] == chosen:
            name.append(html.Span([icon("check2"), t("compare.in_use")], className="tm-badge"))
        cells = [_score(t, one, row[one], row[one] == lowest[one]) for one in ERRORS]
        cells += [t.change(row["bias"]), t.percent(row["cover80"]), t.percent(row["cover95"])]
        rows.append([html.Span(name), *cells])
    return table(t("compare.board.caption"), columns, rows)


def _score(t: Words, name: str, value: float, best: bool) -> Any:
    if name in ("wape", "mape"):
        text = t.percent(value, 1)
    else:
        text = t.number(value, 2 if abs(value) < 10 else 1 if abs(value) < 100 else 0)
    return html.Strong(text) if best else text


def _fold_table(t: Words, caption: str, labels: list[str], by_model: Mapping[str, Any]) -> html.Div:
    columns = [Column(t("compare.fold.axis")), *(Column(t.model(model), number=True) for model in by_model)]
    rows = [
        [label, *(t.percent(value, 1) for value in values)]
        for label, values in zip(labels, zip(*by_model.values(), strict=True), strict=True)
    ]
    return text_table(caption, columns, rows)


def fold_card(
    t: Words,
    theme: Theme,
    measure: str,
    fold: str,
    model: str,
    history: Any,
    forecasts: Mapping[str, Any],
    board: Any,
) -> html.Figure:
    """The forecast of the model in use from one origin, beside what came."""
    shown = forecasts[model] if model in forecasts else next(iter(forecasts.values()))
    others = {name: frame for name, frame in forecasts.items() if frame is not shown}
    figure = fan_figure(
        t, theme, history, shown, model, t("unit.a_day", unit=t.measure(measure)), actual=shown["y"], others=others
    )
    error = board.set_index("model").loc[model, "wape"] if model in set(board["model"]) else None
    inside = board.set_index("model").loc[model, "cover80"] if error is not None else None
    title = t("compare.fold.title", date=t.date(fold, "day"), model=t.model(model))
    summary = t("compare.fold.summary", error=t.percent(error, 1), inside=t.percent(inside))
    keys = [
        *fan_keys(t, theme, model, t.model(model)),
        *(Key(t.model(name), theme.model(name), _mark(name)) for name in others),
    ]
    return chart(t, "fold", title, figure, summary, _fold_days(t, title, shown, others), height=340, keys=keys)


def _mark(model: str) -> Literal["line", "dotted"]:
    return "line" if DASHES.get(model, "dash") == "solid" else "dotted"


def _fold_days(t: Words, caption: str, shown: Any, others: Mapping[str, Any]) -> html.Div:
    columns = [
        Column(t("table.date")),
        Column(t("chart.actual"), number=True),
        Column(t("table.forecast"), number=True),
        Column(t("table.interval", level=80), number=True),
        *(Column(t.model(name), number=True) for name in others),
    ]
    extra = [frame["mean"].to_numpy() for frame in others.values()]
    rows = [
        [
            t.date(row["date"]),
            t.number(row["y"]),
            t.number(row["mean"]),
            f"{t.number(row['lo80'])} – {t.number(row['hi80'])}",
            *(t.number(values[i]) for values in extra),
        ]
        for i, row in enumerate(shown.to_dict("records"))
    ]
    return text_table(caption, columns, rows, class_name="tm-tall")
