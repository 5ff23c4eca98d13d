"""One test period: the forecast of a model beside what came, with the other models as thin lines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dash import html

from components.figures.fan import fan_figure, fan_keys
from components.figures.palette import Theme
from components.tables import Column, text_table
from components.views.compare_models import model_chart
from components.words import Words


def fold_card(
    t: Words,
    theme: Theme,
    measure: str,
    fold: str,
    model: str,
    history: Any,
    forecasts: Mapping[str, Any],
    scores: Mapping[str, Any],
) -> html.Figure:
    """``forecasts``: model → its rows of the fold, ``model`` among them; ``scores``: its wape and cover80 there."""
    shown = forecasts[model]
    others = {name: frame for name, frame in forecasts.items() if name != model}
    unit = t("unit.a_day", unit=t.measure(measure))
    title = t("compare.fold.title", date=t.date(fold, "day"), model=t.model(model))
    return model_chart(
        t,
        list(others),
        "fold",
        title,
        fan_figure(t, theme, history, shown, model, unit, actual=shown["y"], others=others),
        t("compare.fold.summary", error=t.percent(scores["wape"], 1), inside=t.percent(scores["cover80"])),
        _days(t, title, shown, others),
        height=360,
        keys=fan_keys(t, theme, model, t.model(model)),
    )


def _days(t: Words, caption: str, shown: Any, others: Mapping[str, Any]) -> html.Div:
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
            t.span(row["lo80"], row["hi80"]),
            *(t.number(values[i]) for values in extra),
        ]
        for i, row in enumerate(shown.to_dict("records"))
    ]
    return text_table(caption, columns, rows, class_name="tm-tall")
