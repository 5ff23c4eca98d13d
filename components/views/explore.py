"""Explore, the series: its answer in a sentence, every day with those that stand out, and the year before."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from dash import html

from components import page, states
from components.chart import chart
from components.figures import days as figures
from components.figures.palette import Theme
from components.figures.series import daily_figure, daily_keys
from components.legend import Key
from components.tables import Column, text_table
from components.words import MISSING, Shown, Words

SUMMED = ("transactions", "orders", "units", "revenue")
"""Measures whose days may be added up; a customer may come on several."""


def answer(text: str) -> html.P:
    """The sentence at the top of a tab."""
    return html.P(text, className="tm-headline tm-answer")


def growth(t: Words, share: float | None) -> str:
    """A signed percentage, with a decimal where it is small: '+58%', '−0.3%'."""
    if share is None or not math.isfinite(share):
        return MISSING
    digits = 1 if abs(share) < 0.0995 else 0
    return Shown(("+" if round(share, 2 + digits) > 0 else "") + t.percent(share, digits), float(share))


def inside(t: Words, measure: str) -> str:
    """The name of a measure inside of a sentence."""
    name = t.measure(measure)
    return name[0].lower() + name[1:]


def about(t: Words, measure: str, segment: str, first: Any, last: Any, raw: bool) -> str:
    """'Revenue, all countries, 9 Dec 2010 to 8 Dec 2011'."""
    return t(
        "explore.about.read" if raw else "explore.about",
        measure=t.measure(measure),
        segment=t.segment(segment, inside=True),
        first=t.date(first, "day"),
        last=t.date(last, "day"),
    )


def series_answer(t: Words, measure: str, segment: str, raw: bool, one: Any, spread: Any, year: Any | None) -> html.P:
    """``one``: core's Explored; ``spread`` from core.lifecycle.headline; ``year``: core's YearOnYear."""
    days, values = one.days[one.span], one.values[one.span]
    start = about(t, measure, segment, days[0], days[-1], raw)
    mean, unit = t.about(spread.mean), t(f"unit.{measure}")
    total = float(values[one.known[one.span]].sum())
    said = [
        t("explore.series.answer", about=start, total=t.about(total, 4), unit=unit, mean=mean)
        if measure in SUMMED
        else t("explore.series.answer.mean", about=start, unit=unit, mean=mean)
    ]
    if year is not None and year.growth is not None:
        said.append(t("explore.series.growth", change=growth(t, year.growth)))
    said.append(t.count("explore.series.odd", len(one.shown)))
    return answer(" ".join(said))


def series_card(
    t: Words, theme: Theme, measure: str, segment: str, one: Any, trend: Any, spread: Any, monthly: Any
) -> html.Figure:
    """``trend``: mean of four weeks, shape of the days chosen; ``spread``, ``monthly`` from core.lifecycle.headline."""
    title = t("explore.series.title", measure=t.measure(measure), segment=t.segment(segment, inside=True))
    days, values, known = one.days[one.span], one.values[one.span], one.known[one.span]
    summary = t(
        "explore.series.summary",
        first=t.date(days[0], "day"),
        last=t.date(days[-1], "day"),
        open=t.number(spread.open_days),
        closed=t.count("explore.closed", spread.closed_days),
        mean=t.about(spread.mean),
        unit=t(f"unit.{measure}"),
    )
    if spread.best is not None:
        summary += " " + t(
            "explore.series.best", date=t.date(spread.best.date, "long"), value=t.number(spread.best.value)
        )
    figure = daily_figure(t, theme, days, values, known, trend, t("unit.a_day", unit=t.measure(measure)))
    keys = daily_keys(t, theme, spread.open_days)
    if one.shown:
        figures.add_odd_days(t, theme, figure, [day.day for day in one.shown], [day.value for day in one.shown])
        keys.append(Key(t("explore.odd"), theme.drop, "mark"))
    return chart(t, "daily", title, figure, summary, _monthly(t, title, monthly), height=360, keys=keys)


def _monthly(t: Words, caption: str, monthly: Any) -> html.Div:
    columns = [
        Column(t("table.month")),
        Column(t("table.total"), number=True),
        Column(t("table.open_days"), number=True),
        Column(t("table.per_open_day"), number=True),
    ]
    rows = [
        [
            month_name(t, row["month"]),
            t.number(row["total"]),
            t.number(row["open_days"]),
            t.number(row["per_open_day"], 1),
        ]
        for row in monthly.to_dict("records")
    ]
    return text_table(caption, columns, rows, class_name="tm-tall")


def month_name(t: Words, month: Any) -> str:
    """'March 2011'."""
    return f"{t.months()[month.month - 1]} {month.year}"


def year_card(t: Words, theme: Theme, measure: str, year: Any | None) -> Any:
    """``year``: core's YearOnYear, None where no year before is known."""
    title = t("explore.year.title", measure=t.measure(measure))
    if year is None:
        return page.titled(title, [states.nothing(t, t("explore.year.none"))])
    said = [
        t(
            "explore.year.summary",
            first=t.date(year.first, "day"),
            last=t.date(year.last, "day"),
            now=t.about(year.now, 4),
            then=t.about(year.then, 4),
            change=growth(t, year.growth),
        )
    ]
    if year.growth_per_open_day is not None:
        said.append(
            t(
                "explore.year.open",
                now=t.number(year.open_now),
                then=t.number(year.open_then),
                change=growth(t, year.growth_per_open_day),
            )
        )
    columns = [
        Column(t("explore.year.week")),
        Column(t("explore.year.now"), number=True),
        Column(t("explore.year.then"), number=True),
        Column(t("explore.growth"), number=True),
    ]
    figure = figures.year_figure(
        t, theme, year.weeks, year.weeks_now, year.weeks_then, t("explore.year.axis", unit=t.measure(measure))
    )
    table = text_table(title, columns, _weeks(t, year), class_name="tm-tall")
    return chart(t, "year", title, figure, " ".join(said), table, height=320, keys=figures.year_keys(t, theme))


def _weeks(t: Words, year: Any) -> Sequence[Sequence[str]]:
    rows = zip(year.weeks, year.weeks_now.tolist(), year.weeks_then.tolist(), strict=True)
    return [
        [t.date(week, "day"), t.number(now), t.number(then), growth(t, now / then - 1 if then > 0 else None)]
        for week, now, then in rows
    ]
