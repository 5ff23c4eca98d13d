"""Explore, customers: new and returning by month, the largest, and how concentrated the business is."""

from __future__ import annotations

from typing import Any

from dash import html

from components import page, states
from components.chart import chart
from components.cut import cut_cell
from components.figures.palette import Theme
from components.figures.ranks import curve_figure, curve_keys, months_figure, months_keys
from components.tables import Column, text_table
from components.views.explore import answer, inside, month_name
from components.words import Words


def customer_cards(t: Words, theme: Theme, found: Any | None) -> list[Any]:
    """``found``: core's Customers; None where the data name none."""
    if found is None:
        return [page.titled(t("explore.tab.customers"), [states.nothing(t, t("explore.customers.none"))])]
    whole = found.first == found.data_first  # then everybody would count as new
    said = t(
        "explore.customers.answer.whole" if whole else "explore.customers.answer",
        n=t.count("explore.customers.count", found.count),
        new=t.number(found.new),
        returned=t.percent(found.returned / found.count),
        share=t.percent(found.top_tenth),
        measure=inside(t, found.measure),
    )
    return [
        answer(said),
        html.Div([_months(t, theme, found), _curve(t, theme, found)], className="tm-two"),
        _largest(t, found),
    ]


def _months(t: Words, theme: Theme, found: Any) -> html.Figure:
    months, title = found.months, t("explore.customers.months")
    new, returning = float(months["new"].sum()), float(months["returning"].sum())
    value = float((months["value_new"] + months["value_returning"]).sum())
    summary = [
        t(
            "explore.customers.months.summary",
            returning=t.percent(returning / (new + returning)),
            share=t.percent(float(months["value_returning"].sum()) / value if value else None),
            measure=inside(t, found.measure),
        ),
        t("explore.customers.begin", date=t.date(found.data_first, "day")),
    ]
    columns = [
        Column(t("table.month")),
        Column(t("explore.customers.new"), number=True),
        Column(t("explore.customers.returning"), number=True),
        Column(t("explore.customers.value_new", measure=t.measure(found.measure)), number=True),
        Column(t("explore.customers.value_returning", measure=t.measure(found.measure)), number=True),
    ]
    rows = [
        [
            month_name(t, row["month"]),
            *(t.number(row[name]) for name in ("new", "returning", "value_new", "value_returning")),
        ]
        for row in months.to_dict("records")
    ]
    figure = months_figure(t, theme, months["month"].to_numpy(), months["new"], months["returning"])
    return chart(
        t, "customers-months", title, figure, " ".join(summary), text_table(title, columns, rows, class_name="tm-tall"),
        height=300, keys=months_keys(t, theme),
    )  # fmt: skip


def _curve(t: Words, theme: Theme, found: Any) -> html.Figure:
    title = t("explore.curve.title", measure=inside(t, found.measure))
    summary = [
        t(
            "explore.curve.summary",
            tenth=t.percent(found.top_tenth),
            ten=t.percent(found.top_ten),
            gini=t.number(found.gini, 2),
        )
    ]
    if found.negative:
        summary.append(t.count("explore.curve.negative", found.negative))
    columns = [Column(t("explore.curve.x"), number=True), Column(t("explore.curve.y"), number=True)]
    rows = [[t.percent(x, 1), t.percent(y, 1)] for x, y in found.curve.tolist()]
    return chart(
        t, "concentration", title, curve_figure(t, theme, found.curve), " ".join(summary),
        text_table(title, columns, rows, class_name="tm-tall"), height=300, keys=curve_keys(t, theme),
    )  # fmt: skip


def _largest(t: Words, found: Any) -> html.Section:
    title = t("explore.customers.largest", measure=inside(t, found.measure))
    columns = [
        Column(t("line.customer")),
        Column(t.measure(found.measure), number=True),
        Column(t("table.share"), number=True),
        Column(t("measure.orders"), number=True),
        Column(t("explore.customers.first")),
        Column(t("explore.customers.last")),
    ]
    rows = [
        [
            cut_cell(str(row["customer"])),
            t.number(row["value"]),
            t.percent(row["share"], 1),
            t.number(row["orders"]),
            t.date(row["first"], "day"),
            t.date(row["last"], "day"),
        ]
        for row in found.table.to_dict("records")
    ]
    note = (
        html.P(t("explore.customers.unnamed", share=t.percent(found.unnamed)), className="tm-note")
        if found.unnamed
        else None
    )
    return page.titled(title, [text_table(title, columns, rows, class_name="tm-tall"), note])
