"""Forecast: the total, the fan chart, the table."""

from __future__ import annotations

from typing import Any

from dash import html

from components import page
from components.chart import chart
from components.figures.fan import fan_figure, fan_keys
from components.figures.palette import Theme
from components.tables import Column, text_table
from components.words import Words


def content(
    t: Words,
    theme: Theme,
    measure: str,
    segment: str,
    model: str,
    history: Any,
    forecast: Any,
    outlook: Any,
    error: Any,
) -> list[Any]:
    """``history``: date, value, open; ``forecast``: date, mean, lo80 … hi95, open, reason; the rest from headline."""
    unit = t(f"unit.{measure}")
    title = t(
        "forecast.title",
        measure=t.measure(measure),
        segment=t.segment(segment, inside=True),
        n=t.number(outlook.horizon),
    )
    return [
        _totals(t, outlook, unit, model, error),
        chart(
            t,
            "fan",
            title,
            fan_figure(t, theme, history, forecast, model, t("unit.a_day", unit=t.measure(measure))),
            summary(t, outlook, forecast, unit),
            height=400,
            keys=fan_keys(t, theme, model, t("chart.forecast")),
            extra=html.Details(
                [html.Summary(t("forecast.table", n=t.number(len(forecast)))), _table(t, title, forecast)],
                className="tm-details tm-details-card",
                open=len(forecast) <= 31,
            ),
            tabled=True,
        ),
    ]


def summary(t: Words, outlook: Any, forecast: Any, unit: str) -> str:
    """One sentence: the span, the level, the best day with its interval."""
    first = t.date(outlook.first, "short" if outlook.first.year == outlook.last.year else "day")
    if outlook.busiest is None:
        return t("forecast.summary.closed", first=first, last=t.date(outlook.last, "day"))
    best = forecast.iloc[(outlook.busiest.date - outlook.first).days]
    return t(
        "forecast.summary",
        first=first,
        last=t.date(outlook.last, "day"),
        mean=t.about(outlook.per_open_day),
        unit=unit,
        best=t.date(outlook.busiest.date, "weekday"),
        value=t.about(outlook.busiest.value),
        low=t.about(best["lo80"]),
        high=t.about(best["hi80"]),
    )


def _totals(t: Words, outlook: Any, unit: str, model: str, error: Any) -> html.Div:
    items = [
        (t.count("forecast.total", outlook.horizon), t.about(outlook.total, 4), unit),
        (t("forecast.per_day"), t.about(outlook.per_open_day, 4), unit),
        (t("forecast.open_days"), t.number(outlook.open_days), t.count("forecast.closed_days", len(outlook.closed))),
        (
            t("forecast.error"),
            t.percent(error.total) if error is not None else t.number(None),
            t("forecast.error.how", days=t.number(error.days), model=t.model(model))
            if error is not None
            else t.model(model),
        ),
    ]
    return page.card(
        html.Dl(
            [html.Div([html.Dt(name), html.Dd([html.Strong(value), html.Span(note)])]) for name, value, note in items],
            className="tm-totals",
        )
    )


def _table(t: Words, caption: str, forecast: Any) -> html.Div:
    columns = [
        Column(t("table.date")),
        Column(t("table.forecast"), number=True),
        Column(t("table.interval", level=80), number=True),
        Column(t("table.interval", level=95), number=True),
        Column(t("table.remark")),
    ]
    rows = [
        [
            t.date(row["date"]),
            t.number(row["mean"]),
            t.span(row["lo80"], row["hi80"]),
            t.span(row["lo95"], row["hi95"]),
            "",
        ]
        if row["open"]
        else [t.date(row["date"]), t.number(0), "", "", t("forecast.closed", reason=t.reason(row["reason"]))]
        for row in forecast.to_dict("records")
    ]
    classes = ["" if is_open else "tm-row-closed" for is_open in forecast["open"]]
    return text_table(caption, columns, rows, classes, class_name="tm-tall")
