"""Errors of the models by test period, and by week ahead, weekday, month or segment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from dash import html

from components.figures.compare import dot_figure, error_figure
from components.figures.palette import Theme
from components.tables import Column, text_table
from components.views.compare_models import PRINCIPAL, listed, model_chart
from components.words import Words

DIMENSIONS = ("week", "horizon", "weekday", "month", "segment")
DEFAULT_DIMENSION = "week"


def height_for(models: Sequence[Any] | Mapping[str, Any]) -> int:
    """Of the two charts side by side, one of which has a row a model."""
    return max(300, 90 + 42 * len(models))


def fold_chart(t: Words, theme: Theme, errors: Any, models: Sequence[str]) -> html.Figure:
    """``errors``: core's breakdown by fold; the models shown, in order."""
    folds, by_model = _table_of(errors, "fold", models)
    labels = [f"{t.date(day, 'short')} {day:%y}" for day in folds]
    won = dict.fromkeys(by_model, 0)
    for column in zip(*by_model.values(), strict=True):
        if not np.isnan(column).all():
            won[list(by_model)[int(np.nanargmin(column))]] += 1
    most = max(won.values())
    best = [model for model, count in won.items() if count == most]
    title, axis = t("compare.folds.title"), t("compare.fold.axis")
    return model_chart(
        t,
        list(by_model),
        "folds",
        title,
        error_figure(t, theme, folds, by_model, axis, PRINCIPAL, kind="date"),
        t("compare.folds.summary", models=listed(t, best), won=t.number(most), n=t.number(len(folds))),
        _numbers(t, title, axis, labels, by_model),
        height=height_for(by_model),
    )


def by_chart(
    t: Words, theme: Theme, errors: Any, dimension: str, models: Sequence[str], main: str, segments: Sequence[str]
) -> html.Figure:
    """``errors``: core's breakdown by ``dimension``; the sentence is about ``main``; ``segments`` in their order."""
    places, by_model = _table_of(errors, dimension, models)
    if dimension == "segment":
        order = [places.index(one) for one in segments if one in places]
        places = [places[i] for i in order]
        by_model = {model: [values[i] for i in order] for model, values in by_model.items()}
    labels = [label(t, dimension, place) for place in places]
    title, axis = t(f"compare.by.{dimension}.title"), t(f"compare.by.{dimension}")
    height = 340
    if dimension == "segment":
        figure, height = dot_figure(t, theme, labels, by_model), 60 + len(places) * (18 + 8 * len(by_model))
    elif dimension == "month":
        figure = error_figure(t, theme, places, by_model, axis, PRINCIPAL, kind="date")
        figure["layout"]["xaxis"] |= {"hoverformat": "%b %Y"}
    elif dimension == "horizon":
        figure = error_figure(t, theme, places, by_model, axis, PRINCIPAL, kind="linear")
    else:
        figure = error_figure(t, theme, labels, by_model, axis, PRINCIPAL)
    days = errors.groupby(dimension)["n_open"].max()
    return model_chart(
        t,
        list(by_model),
        "by",
        title,
        figure,
        _extremes(t, labels, by_model.get(main, []), main),
        _numbers(t, title, axis, labels, by_model, [t.number(days[place]) for place in places]),
        height=height,
        subtitle=t("compare.by.horizon.note") if dimension == "horizon" else None,
    )


def _table_of(errors: Any, dimension: str, models: Sequence[str]) -> tuple[list[Any], dict[str, list[float]]]:
    """The places of a dimension that any of the models has an error at, in order, and model → WAPE at each."""
    wide = errors[errors["model"].isin(models)].pivot(index=dimension, columns="model", values="wape")
    wide = wide.dropna(how="all").sort_index()
    return list(wide.index), {model: wide[model].tolist() for model in models if model in wide}


def label(t: Words, dimension: str, place: Any) -> str:
    """The name of a place of a dimension."""
    if dimension == "week":
        return t("compare.by.week.label", n=t.number(place))
    if dimension == "horizon":
        return t("compare.by.horizon.label", n=t.number(place))
    if dimension == "weekday":
        return t.weekday(int(place))
    if dimension == "month":
        return f"{t.months()[place.month - 1]} {place.year}"
    return t.segment(str(place))


def _extremes(t: Words, labels: Sequence[str], values: Sequence[float], model: str) -> str:
    known = [(value, label) for value, label in zip(values, labels, strict=False) if np.isfinite(value)]
    if not known:
        return t("compare.none")
    (low, best), (high, worst) = min(known), max(known)
    return t(
        "compare.by.summary",
        model=t.model(model),
        worst=worst,
        high=t.percent(high, 1),
        best=best,
        low=t.percent(low, 1),
    )


def _numbers(
    t: Words,
    caption: str,
    axis: str,
    labels: Sequence[str],
    by_model: Mapping[str, Sequence[float]],
    days: Sequence[str] = (),
) -> html.Div:
    """The errors as a table; ``days``: open days behind each row."""
    columns = [Column(axis), *(Column(t.model(model), number=True) for model in by_model)]
    rows = [
        [label, *(t.percent(value, 1) for value in values)]
        for label, values in zip(labels, zip(*by_model.values(), strict=True), strict=True)
    ]
    if days:
        columns.append(Column(t("table.open_days"), number=True))
        rows = [[*row, count] for row, count in zip(rows, days, strict=True)]
    return text_table(caption, columns, rows, class_name="tm-tall")
