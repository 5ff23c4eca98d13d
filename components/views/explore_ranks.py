"""Explore, countries and products: share, growth and rank of each, who is new and who is gone."""

from __future__ import annotations

from typing import Any

from dash import html

from components import page, states
from components.chart import chart
from components.cut import cut_cell
from components.figures.palette import Theme
from components.figures.ranks import ROW, ranks_figure
from components.tables import Column, text_table
from components.views.explore import answer, growth, inside
from components.words import Words, shown

BARS = 12
SHOWN = 50
LOG_FROM = 15.0
"""The first is so many times the second: on a common scale the others could not be told apart."""
LONGEST_NAME, LONGEST_LISTED = 22, 40


def versus(t: Words, comparison: Any | None) -> str:
    """What growth is measured against, in a sentence."""
    if comparison is None:
        return t("explore.versus.none")
    days = [t.date(day, "day") for day in (*comparison.now, *comparison.then)]
    return t(f"explore.versus.{comparison.kind}", now=f"{days[0]} – {days[1]}", then=f"{days[2]} – {days[3]}")


def name_of(t: Words, what: str, name: str | None, label: str | None = None) -> str:
    """As a reader calls it: a product by its description, with its code where there is room."""
    if name is None:
        return t(f"explore.{what}.unnamed")
    return str(label or name)


def rank_cards(t: Words, theme: Theme, what: str, measure: str, segment: str, found: Any | None) -> list[Any]:
    """``what``: country or product; ``found``: core's Ranking, None where the data do not have the column."""
    title = t(f"explore.{what}.title", measure=t.measure(measure))
    if found is None:
        return [page.titled(title, [states.nothing(t, t(f"explore.{what}.none"))])]
    rows = found.table.to_dict("records")
    cards: list[Any] = [
        answer(_answer(t, what, measure, rows, found)),
        _bars(t, theme, what, measure, segment, rows, found),
    ]
    if what == "product" and found.comparison is not None:
        lists = [("new", found.new, found.n_new), ("gone", found.gone, found.n_gone)]
        cards.append(html.Div([_list(t, *one, measure, found.comparison) for one in lists], className="tm-two"))
    return cards


def _answer(t: Words, what: str, measure: str, rows: list[Any], found: Any) -> str:
    first = rows[0]
    ten = sum(row["value"] for row in rows[:10]) / found.total if found.total else None
    said = [
        t.count(
            f"explore.{what}.answer",
            found.count,
            first=shown(name_of(t, what, first["name"], first["label"])),
            share=_part(t, first["share"]),
            measure=inside(t, measure),
        )
    ]
    if found.count > 10 and measure not in ("orders", "customers"):
        said.append(t("explore.ten", share=_part(t, ten)))
    growing = [row for row in rows[:10] if row["growth"] > 0]  # which NaN is not
    if growing and found.count > 1:
        best = max(growing, key=lambda row: row["growth"])
        said.append(
            t(
                "explore.growing",
                name=shown(name_of(t, what, best["name"], best["label"])),
                change=growth(t, best["growth"]),
            )
        )
    return " ".join(said)


def _part(t: Words, share: float | None) -> str:
    """A small share with one digit more, as in the table."""
    return t.percent(share, 1 if share is not None and share < 0.1 else 0)


def _bars(t: Words, theme: Theme, what: str, measure: str, segment: str, rows: list[Any], found: Any) -> html.Figure:
    top = [row for row in rows if row["value"] > 0][:BARS] or rows[:BARS]
    log = len(top) > 1 and top[-1]["value"] >= 1 and top[0]["value"] > LOG_FROM * top[1]["value"]
    names = [shown(name_of(t, what, row["name"], row["label"]), LONGEST_NAME) for row in top]
    shares = [t.percent(row["share"], 1) for row in top]
    hovers = [
        f"{shown(name_of(t, what, row['name'], row['label']), 80)}: {t.number(row['value'])} ({share})"
        for row, share in zip(top, shares, strict=True)
    ]
    chosen = [row["name"] for row in top].index(segment) if segment in [row["name"] for row in top] else None
    title = t(f"explore.{what}.title", measure=t.measure(measure))
    summary = [versus(t, found.comparison)]
    if log:
        summary.insert(0, t("explore.ranks.log", first=shown(name_of(t, what, top[0]["name"], top[0]["label"]))))
    if measure in ("orders", "customers"):
        summary.append(t(f"explore.ranks.{measure}"))
    if found.count > SHOWN:
        summary.append(t("explore.ranks.first", n=t.number(SHOWN), count=t.number(found.count)))
    return chart(
        t, what, title,
        ranks_figure(
            t, theme, names, [row["value"] for row in top], shares, hovers, t.measure(measure), log, chosen
        ),
        " ".join(summary),
        height=80 + ROW * len(top),
        extra=_table(t, what, measure, title, rows),
        tabled=True,
    )  # fmt: skip


def _table(t: Words, what: str, measure: str, caption: str, rows: list[Any]) -> html.Details:
    with_code = what == "product"
    columns = [
        Column(t("line.description" if with_code else f"line.{what}")),
        Column(t.measure(measure), number=True),
        Column(t("table.share"), number=True),
        Column(t("explore.growth"), number=True),
        Column(t("explore.rank"), number=True),
        *([Column(t("line.product"))] if with_code else []),
    ]
    cells = [
        [
            cut_cell(name_of(t, what, row["name"], row["label"]), LONGEST_LISTED),
            t.number(row["value"]),
            t.percent(row["share"], 1),
            growth(t, row["growth"]),
            t.number(row["rank"]),
            *([cut_cell(row["name"] or "", 16)] if with_code else []),
        ]
        for row in rows
    ]
    table = text_table(caption, columns, cells, class_name="tm-tall tm-named")
    return html.Details([html.Summary(t("chart.as_table")), table], className="tm-details", open=True)


def _list(t: Words, kind: str, rows: Any, count: int, measure: str, comparison: Any) -> html.Section:
    """Products that are new, or gone, against the days compared with."""
    title = t.count(f"explore.product.{kind}", count)
    if rows.empty:
        return page.titled(title, [states.nothing(t, t(f"explore.product.{kind}.none"))])
    columns = [Column(t("line.description")), Column(t.measure(measure), number=True), Column(t("line.product"))]
    cells = [
        [cut_cell(row["label"] or row["name"], LONGEST_LISTED), t.number(row["value"]), cut_cell(row["name"], 16)]
        for row in rows.to_dict("records")
    ]
    span = comparison.now if kind == "new" else comparison.then
    when = t(f"explore.product.{kind}.text", first=t.date(span[0], "day"), last=t.date(span[1], "day"))
    return page.titled(
        title, [html.P(when, className="tm-subtitle"), text_table(title, columns, cells, class_name="tm-tall tm-named")]
    )
