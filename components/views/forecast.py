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
    level: int,
    interval: tuple[float, float],
    kept: Any,
    last_year: Any,
) -> list[Any]:
    """``history``: date, value, open; ``forecast``: date, mean, lo80 … hi95, open, reason; outlook and error from
    headline; ``interval`` of the total at ``level`` percent; kept: inside, periods, days; ``last_year``: what came on
    the same weekdays a year before, NaN where closed or not known.
    """
    unit = t(f"unit.{measure}")
    title = t(
        "forecast.title",
        measure=t.measure(measure),
        segment=t.segment(segment, inside=True),
        n=t.number(outlook.horizon),
    )
    levels = (80,) if level == 80 else (80, 95)
    there = bool((last_year == last_year).any())
    return [
        _totals(t, outlook, unit, model, error, level, interval),
        html.P(_how(t, measure, kept), className="tm-note tm-forecast-how"),
        chart(
            t,
            "fan",
            title,
            fan_figure(
                t,
                theme,
                history,
                forecast,
                model,
                t("unit.a_day", unit=t.measure(measure)),
                levels=levels,
                last_year=last_year if there else None,
            ),
            summary(t, outlook, forecast, unit, level),
            height=400,
            subtitle=t("forecast.by", model=t.model(model)),
            keys=fan_keys(t, theme, model, t("chart.forecast"), levels, there),
            extra=html.Details(
                [html.Summary(t("forecast.table", n=t.number(len(forecast)))), _table(t, title, forecast, last_year)],
                className="tm-details tm-details-card",
                open=len(forecast) <= 31,
            ),
            tabled=True,
        ),
    ]


def _how(t: Words, measure: str, kept: Any) -> str:
    """How the interval of the total is made, and how often it held."""
    texts = [t("forecast.total.how")]
    if kept.periods:
        values = {"n": t.number(kept.inside), "of": t.number(kept.periods), "days": t.number(kept.days)}
        texts.append(t("forecast.total.kept", **values))
    if measure == "customers":
        texts.append(t("forecast.total.customers"))
    return " ".join(texts)


def summary(t: Words, outlook: Any, forecast: Any, unit: str, level: int) -> str:
    """One sentence: the span, the level, the best day with its interval at ``level`` percent."""
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
        low=t.about(best[f"lo{level}"]),
        high=t.about(best[f"hi{level}"]),
        level=t.percent(level / 100),
    )


def _totals(
    t: Words, outlook: Any, unit: str, model: str, error: Any, level: int, interval: tuple[float, float]
) -> html.Div:
    low, high = (t.about(value) for value in interval)
    held = t("forecast.total.interval", low=low, high=high, level=t.percent(level / 100))
    year = t.change(outlook.change) if outlook.change is not None else t.number(None)
    told = "forecast.year.how" if outlook.change is not None else "forecast.year.none"
    items = [
        (t.count("forecast.total", outlook.horizon), t.about(outlook.total, 4), f"{unit}, {held}"),
        (t("forecast.per_day"), t.about(outlook.per_open_day, 4), unit),
        (t("forecast.open_days"), t.number(outlook.open_days), t.count("forecast.closed_days", len(outlook.closed))),
        (t("forecast.year"), year, t(told)),
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
            className="tm-totals tm-forecast-totals",
        )
    )


def _table(t: Words, caption: str, forecast: Any, last_year: Any) -> html.Div:
    columns = [
        Column(t("table.date")),
        Column(t("table.forecast"), number=True),
        Column(t("table.interval", level=80), number=True),
        Column(t("table.interval", level=95), number=True),
        Column(t("table.last_year"), number=True),
        Column(t("table.remark")),
    ]
    rows = [
        [
            t.date(row["date"]),
            t.number(row["mean"]),
            t.span(row["lo80"], row["hi80"]),
            t.span(row["lo95"], row["hi95"]),
            t.number(before),
            "",
        ]
        if row["open"]
        else [t.date(row["date"]), t.number(0), "", "", t.number(before), closed(t, row["reason"])]
        for row, before in zip(forecast.to_dict("records"), last_year.tolist(), strict=True)
    ]
    classes = ["" if is_open else "tm-row-closed" for is_open in forecast["open"]]
    return text_table(caption, columns, rows, classes, class_name="tm-tall")


def closed(t: Words, reason: str) -> str:
    return t("forecast.closed", reason=t.reason(reason))
