"""Intervals by week ahead: does what is promised hold far ahead as well?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from dash import html

from components.figures.compare import cover_by_figure
from components.figures.palette import Theme
from components.legend import Key
from components.tables import Column, text_table
from components.views.compare_cover import SLACK
from components.views.compare_errors import label
from components.views.compare_models import model_chart
from components.words import Words


def cover_by_chart(t: Words, theme: Theme, errors: Any, models: Sequence[str], main: str, level: int) -> html.Figure:
    """``errors``: core's breakdown by week; ``level``: of the interval in percent; the sentence is on ``main``."""
    score = f"cover{level}"
    wide = errors[errors["model"].isin(models)].pivot(index="week", columns="model", values=score)
    wide = wide.dropna(how="all").sort_index()
    inside = {model: wide[model].tolist() for model in models if model in wide}
    labels = [label(t, "week", week) for week in wide.index]
    days = errors.groupby("week")["n_open"].max()
    title = t("compare.cover.by.title", level=level)
    columns = [
        Column(t("compare.by.week")),
        *(Column(t.model(model), number=True) for model in inside),
        Column(t("table.open_days"), number=True),
    ]
    rows = [
        [text, *(t.percent(values[i], 1) for values in inside.values()), t.number(days[week])]
        for i, (week, text) in enumerate(zip(wide.index, labels, strict=True))
    ]
    return model_chart(
        t,
        list(inside),
        "cover-by",
        title,
        cover_by_figure(t, theme, labels, inside, level),
        _sentence(t, labels, inside.get(main, []), main, level),
        text_table(title, columns, rows),
        height=320,
        keys=[Key(t("compare.cover.promise"), theme.muted, "dotted")],
    )


def _sentence(t: Words, labels: Sequence[str], values: Sequence[float], model: str, level: int) -> str:
    """Where the promise holds least; between first and last week alone a trend is not claimed."""
    known = [(value, text) for value, text in zip(values, labels, strict=False) if np.isfinite(value)]
    if not known:
        return t("compare.none")
    (low, worst), (high, best) = min(known), max(known)
    slack = SLACK[level]
    kind = "kept" if low >= level / 100 - slack and high <= level / 100 + slack else "varies"
    return t(
        f"compare.cover.by.{kind}",
        model=t.model(model),
        level=level,
        worst=worst,
        low=t.percent(low),
        best=best,
        high=t.percent(high),
    )
