"""Explore, the rhythm: hours and weekdays, trend, week and year apart, and how far a day remembers earlier ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from dash import html

from components import page, states
from components.chart import chart
from components.figures import days as day_figures
from components.figures import rhythm as figures
from components.figures.palette import Theme
from components.figures.profile import profile_figure
from components.tables import Column, text_table
from components.views.explore import answer, growth
from components.words import MISSING, Words

STRONG, CLEAR = 0.6, 0.3
"""Strength of a part from which on it is called strong, or clear."""


def rhythm_answer(t: Words, parts: Any | None, staying: Any | None) -> html.P:
    """``parts``: core's Decomposition; ``staying``: core's Stationarity; None where there are too few days."""
    if parts is None:
        return answer(t("explore.parts.few"))
    verdict = staying.verdict if staying is not None else "few"
    level = t(f"explore.level.{verdict}")
    said = [t(f"explore.week.{grade(parts.strength['week'])}", **_extremes(t, parts))]
    said.append(
        t(f"explore.season.{grade(parts.strength['year'])}" if parts.year is not None else "explore.season.untold")
    )
    said.insert(len(said) if verdict in ("unclear", "few") else 0, level)
    return answer(" ".join(said))


def grade(strength: float) -> str:
    return "strong" if strength >= STRONG else "clear" if strength >= CLEAR else "weak"


def _extremes(t: Words, parts: Any) -> dict[str, str]:
    """The best and the poorest weekday in words."""
    week = parts.by_weekday
    best, poorest = int(np.nanargmax(week)), int(np.nanargmin(week))

    def more(day: int) -> str:
        return t.change(week[day] - 1) if parts.factors else ("+" if week[day] > 0 else "") + t.about(week[day])

    return {"best": t.weekday(best), "more": more(best), "poorest": t.weekday(poorest), "less": more(poorest)}


def hours_card(t: Words, theme: Theme, measure: str, hours: Any | None) -> Any:
    """``hours``: core's Hours; None where the measure cannot be told by hour, or without lines."""
    title = t("explore.hours.title", measure=t.measure(measure))
    if hours is None:
        return page.titled(title, [states.nothing(t, t("explore.profile.none"))])
    busy = np.flatnonzero(hours.by_hour != 0)
    shown = range(int(busy.min(initial=23)), int(busy.max(initial=0)) + 1)
    labels = [t("explore.hour", hour=hour) for hour in shown]
    means = [
        [float(row[hour]) if traded else None for hour in shown]
        for row, traded in zip(hours.by_weekday, hours.trading > 0, strict=True)
    ]
    day, hour = np.unravel_index(int(np.argmax(hours.by_weekday)), hours.by_weekday.shape)
    summary = t(
        "explore.hours.summary",
        day=t.weekday(int(day)),
        hour=t("explore.hour", hour=int(hour)),
        value=t.about(float(hours.by_weekday[day, hour])),
        unit=t(f"unit.{measure}"),
    )
    columns = [Column(t("table.weekday")), *(Column(label, number=True) for label in labels)]
    rows = [
        [t.weekday(number), *(t.number(value) for value in row)]
        for number, row in enumerate(means)
        if row[0] is not None
    ]
    figure = figures.hours_figure(t, theme, [t.number(hour) for hour in shown], t.weekdays(short=True), means)
    return chart(t, "hours", title, figure, summary, text_table(title, columns, rows), height=300)


def profile_cards(t: Words, theme: Theme, measure: str, by_weekday: Any, by_hour: Any | None) -> html.Div:
    """Means of a trading day. ``by_weekday``: shape (7,), NaN where there is none; ``by_hour``: shape (24,) or None."""
    return html.Div([_weekdays(t, theme, measure, by_weekday), _hours(t, theme, measure, by_hour)], className="tm-two")


def _weekdays(t: Words, theme: Theme, measure: str, means: Any) -> Any:
    there = np.flatnonzero(~np.isnan(means))
    labels = [t.weekday(int(number), short=True) for number in there]
    return _profile(t, theme, measure, "weekday", labels, [t.weekday(int(number)) for number in there], means[there])


def _hours(t: Words, theme: Theme, measure: str, means: Any | None) -> Any:
    if means is None:
        title = t("explore.hour.title", measure=t.measure(measure))
        return page.titled(title, [states.nothing(t, t("explore.profile.none"))])
    there = np.flatnonzero(means != 0)
    names = [t("explore.hour", hour=int(number)) for number in there]
    return _profile(t, theme, measure, "hour", [t.number(int(number)) for number in there], names, means[there])


def _profile(t: Words, theme: Theme, measure: str, by: str, labels: list[str], names: list[str], values: Any) -> Any:
    title = t(f"explore.{by}.title", measure=t.measure(measure))
    if not len(values):
        return page.titled(title, [states.nothing(t, t("explore.empty"))])
    strongest = int(np.argmax(values))
    unit = t(f"unit.{measure}")
    summary = t(f"explore.{by}.summary", best=names[strongest], value=t.about(float(values[strongest])), unit=unit)
    columns = [Column(t(f"table.{by}")), Column(t("table.per_open_day"), number=True)]
    rows = [[name, t.number(float(value), 1)] for name, value in zip(names, values, strict=True)]
    figure = profile_figure(t, theme, labels, values.tolist(), t.measure(measure), strongest, t(f"explore.{by}.axis"))
    return chart(t, f"by-{by}", title, figure, summary, text_table(title, columns, rows), height=260)


def parts_cards(t: Words, theme: Theme, measure: str, one: Any) -> Any:
    """Trend, week and year of the days chosen. ``one``: core's Explored."""
    if one.parts is None:
        return page.titled(t("explore.parts.title"), [states.nothing(t, t("explore.parts.few"))])
    return html.Div(
        [
            _trend(t, theme, measure, one),
            html.Div([_week(t, theme, one.parts), _year(t, theme, one)], className="tm-two"),
        ],
        className="tm-area",
    )


def _trend(t: Words, theme: Theme, measure: str, one: Any) -> html.Figure:
    parts, span = one.parts, one.span
    days, trend = one.days[span], parts.trend[span]
    season = None
    if parts.year is not None:
        season = trend * parts.year[span] if parts.factors else trend + parts.year[span]
    title = t("explore.parts.title")
    summary = t(
        "explore.parts.summary",
        first=t.date(days[0], "day"),
        last=t.date(days[-1], "day"),
        before=t.about(float(trend[0])),
        after=t.about(float(trend[-1])),
        change=growth(t, float(trend[-1] / trend[0] - 1) if trend[0] > 0 else None),
    )
    figure = day_figures.trend_figure(
        t, theme, days, one.values[span], one.known[span], trend, season, t("unit.a_day", unit=t.measure(measure))
    )
    keys = day_figures.trend_keys(t, theme, season is not None)
    return chart(
        t, "parts", title, figure, summary, _parts_table(t, title, one), height=340, keys=keys,
        subtitle=t("explore.parts.factors" if parts.factors else "explore.parts.sums"),
    )  # fmt: skip


def _parts_table(t: Words, caption: str, one: Any) -> html.Div:
    parts, span = one.parts, one.span

    def shown(values: Any | None, index: int) -> str:
        if values is None or np.isnan(values[index]):
            return MISSING
        value = float(values[index])
        return t.change(round(value - 1, 3)) if parts.factors else t.number(round(value, 1))

    names = ("value", "trend", "week", "year", "rest")
    columns = [Column(t("table.date")), *(Column(t(f"explore.parts.{name}"), number=True) for name in names)]
    rows = [
        [
            t.date(one.days[index], "day"),
            t.number(float(one.values[index])),
            t.number(round(float(parts.trend[index]), 1)),
            *(shown(values, index) for values in (parts.week, parts.year, parts.rest)),
        ]
        for index in range(span.start, span.stop)
        if one.known[index]
    ]
    return text_table(caption, columns, rows, class_name="tm-tall")


def _week(t: Words, theme: Theme, parts: Any) -> html.Figure:
    there = [number for number in range(7) if not np.isnan(parts.by_weekday[number])]
    adds = [float(parts.by_weekday[number]) - (1 if parts.factors else 0) for number in there]
    title = t("explore.parts.week.title")
    summary = t(f"explore.week.{grade(parts.strength['week'])}", **_extremes(t, parts))
    said = [t.change(value) if parts.factors else t.number(value) for value in adds]
    columns = [Column(t("table.weekday")), Column(t("explore.parts.adds"), number=True)]
    rows = [[t.weekday(number), text] for number, text in zip(there, said, strict=True)]
    names = [t.weekday(number, short=True) for number in there]
    figure = figures.week_figure(t, theme, names, adds, t("explore.parts.adds"), parts.factors)
    return chart(t, "part-week", title, figure, summary, text_table(title, columns, rows), height=260)


def _year(t: Words, theme: Theme, one: Any) -> Any:
    parts = one.parts
    title = t("explore.parts.year.title")
    if parts.year is None:
        return page.titled(title, [states.nothing(t, t("explore.season.untold"))])
    days = one.days[-365:]
    adds = parts.year[-365:] - (1 if parts.factors else 0)
    order = np.argsort(days - days.astype("datetime64[Y]"), kind="stable")  # from January on
    days, adds = days[order].astype("datetime64[D]"), adds[order]
    of_year = np.datetime64("2000-01-01") + (days - days.astype("datetime64[Y]"))
    high, low = int(np.argmax(adds)), int(np.argmin(adds))

    def more(value: float) -> str:
        return t.change(value) if parts.factors else t.about(value)

    summary = t(
        "explore.parts.year.summary",
        strength=t(f"explore.season.{grade(parts.strength['year'])}"),
        high=t.date(days[high], "short"),
        more=more(float(adds[high])),
        low=t.date(days[low], "short"),
        less=more(float(adds[low])),
    )
    columns = [Column(t("table.month")), Column(t("explore.parts.adds"), number=True)]
    month = days.astype("datetime64[M]").astype(int) % 12
    rows = [
        [t.months()[number], more(float(adds[month == number].mean()))]
        for number in range(12)
        if (month == number).any()
    ]
    figure = day_figures.curve_figure(t, theme, of_year, adds, t("explore.parts.adds"), parts.factors)
    return chart(t, "part-year", title, figure, summary, text_table(title, columns, rows), height=260)


def follows_card(t: Words, theme: Theme, found: Any | None, staying: Any | None) -> Any:
    """``found``: core's Correlations; ``staying``: core's Stationarity."""
    title = t("explore.follows.title")
    if found is None:
        return page.titled(title, [states.nothing(t, t("explore.follows.few"))])
    best = int(np.nanargmax(np.abs(found.acf)))
    summary = t(
        "explore.follows.summary",
        lag=t.count("control.days", int(found.lags[best])),
        value=t.number(float(found.acf[best]), 2),
        band=t.number(found.band, 2),
    )
    columns = [Column(t("explore.acf.axis"), number=True), Column(t("explore.acf"), number=True),
               Column(t("explore.pacf"), number=True)]  # fmt: skip
    rows = [
        [t.number(int(lag)), t.number(float(acf), 2), t.number(float(pacf), 2)]
        for lag, acf, pacf in zip(found.lags, found.acf, found.pacf, strict=True)
    ]
    figure = figures.follows_figure(t, theme, found.lags.tolist(), _plain(found.acf), _plain(found.pacf), found.band)
    return chart(
        t, "follows", title, figure, summary, text_table(title, columns, rows, class_name="tm-tall"), height=300,
        keys=figures.follows_keys(t, theme), extra=_tests(t, staying),
    )  # fmt: skip


def _plain(values: Any) -> Sequence[float | None]:
    return [None if np.isnan(value) else float(value) for value in values]


def _tests(t: Words, staying: Any | None) -> html.Div | None:
    """The sentence first, then both tests."""
    if staying is None:
        return None
    columns = [
        Column(t("explore.test")),
        Column(t("explore.test.asks")),
        Column(t("explore.test.statistic"), number=True),
        Column("p", number=True),
        Column(t("explore.test.lags"), number=True),
        Column(t("explore.test.says")),
    ]
    rows = []
    for name, one in (("adf", staying.adf), ("kpss", staying.kpss)):
        said = "no" if one.p < 0.05 else "open"
        rows.append([t(f"explore.test.{name}"), t(f"explore.test.{name}.asks"), t.number(one.statistic, 2),
                     t.number(one.p, 3), t.number(one.lags), t(f"explore.test.{name}.{said}")])  # fmt: skip
    title = t("explore.test.title")
    return html.Div(
        [
            html.H3(title, className="tm-subhead"),
            html.P(t(f"explore.level.{staying.verdict}")),
            text_table(title, columns, rows, class_name="tm-tests"),
        ]
    )
