"""Explore: the daily series and its profiles."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from dash import html

from components import page, states
from components.chart import chart
from components.figures.palette import Theme
from components.figures.profile import profile_figure
from components.figures.series import daily_figure, daily_keys
from components.tables import Column, text_table
from components.words import Words


def series_card(
    t: Words,
    theme: Theme,
    measure: str,
    segment: str,
    days: Any,
    values: Any,
    is_open: Any,
    trend: Any,
    spread: Any,
    monthly: Any,
) -> html.Figure:
    """``days`` … ``trend``: arrays of one length; ``spread`` and ``monthly`` from core.lifecycle.headline."""
    title = t("explore.series.title", measure=t.measure(measure), segment=t.segment(segment, inside=True))
    unit = t(f"unit.{measure}")
    first, last = days[0], days[-1]
    summary = t(
        "explore.series.summary",
        first=t.date(first, "day"),
        last=t.date(last, "day"),
        open=t.number(spread.open_days),
        closed=t.count("explore.closed", spread.closed_days),
        mean=t.about(spread.mean),
        unit=unit,
    )
    if spread.best is not None:
        summary += " " + t(
            "explore.series.best", date=t.date(spread.best.date, "long"), value=t.number(spread.best.value)
        )
    figure = daily_figure(t, theme, days, values, is_open, trend, t("unit.a_day", unit=t.measure(measure)))
    return chart(
        t,
        "daily",
        title,
        figure,
        summary,
        _monthly(t, title, monthly),
        height=360,
        keys=daily_keys(t, theme, spread.open_days),
    )


def _monthly(t: Words, caption: str, monthly: Any) -> html.Div:
    columns = [
        Column(t("table.month")),
        Column(t("table.total"), number=True),
        Column(t("table.open_days"), number=True),
        Column(t("table.per_open_day"), number=True),
    ]
    months = t.months()
    rows = [
        [
            f"{months[row['month'].month - 1]} {row['month'].year}",
            t.number(row["total"]),
            t.number(row["open_days"]),
            t.number(row["per_open_day"], 1),
        ]
        for row in monthly.to_dict("records")
    ]
    return text_table(caption, columns, rows, class_name="tm-tall")


def profile_cards(t: Words, theme: Theme, measure: str, profiles: Mapping[str, Any]) -> html.Div:
    """``profiles``: 'weekday' and 'hour' → frame with the column mean_per_open_day, or None where there is none."""
    return html.Div([_profile(t, theme, measure, by, frame) for by, frame in profiles.items()], className="tm-two")


def _profile(t: Words, theme: Theme, measure: str, by: str, frame: Any) -> Any:
    title = t(f"explore.{by}.title", measure=t.measure(measure))
    if frame is None:
        return page.titled(title, [states.nothing(t, t("explore.profile.none"))])
    if frame.empty:
        return page.titled(title, [states.nothing(t, t("explore.empty"))])
    values = frame["mean_per_open_day"].to_numpy()
    strongest = int(np.argmax(values))
    if by == "weekday":
        labels = [t.weekday(number - 1, short=True) for number in frame[by]]
        names = [t.weekday(number - 1) for number in frame[by]]
    else:
        labels = [t.number(number) for number in frame[by]]
        names = [t("explore.hour", hour=number) for number in frame[by]]
    unit = t(f"unit.{measure}")
    summary = t(f"explore.{by}.summary", best=names[strongest], value=t.about(values[strongest]), unit=unit)
    columns = [Column(t(f"table.{by}")), Column(t("table.per_open_day"), number=True)]
    rows = [[name, t.number(value, 1)] for name, value in zip(names, values, strict=True)]
    figure = profile_figure(t, theme, labels, values, unit, strongest, t(f"explore.{by}.axis"))
    return chart(t, f"by-{by}", title, figure, summary, text_table(title, columns, rows), height=260)
