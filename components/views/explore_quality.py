"""Explore, data quality: what each column holds, misses and oddly has; lines in use and dropped, rule by rule."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import html

from components import page, states
from components.cut import cut_cell
from components.tables import Column, text_table
from components.views.explore import answer
from components.words import Words

TEXTS = ("invoice", "product", "description", "customer", "country")


def quality_cards(t: Words, facts: Sequence[Any], by_rule: Any, raw: bool) -> list[Any]:
    """``facts``: core's ColumnFacts; ``by_rule``: frame of rule ('' = in use) and lines of the span; ``raw``: whether
    the facts are of lines as read."""
    title = t("explore.columns.title.read" if raw else "explore.columns.title.use")
    if not facts or not facts[0].lines:
        return [page.titled(title, [states.nothing(t, t("explore.empty"))])]
    return [answer(_answer(t, facts, by_rule)), _columns(t, title, facts), _rules(t, by_rule)]


def _answer(t: Words, facts: Sequence[Any], by_rule: Any) -> str:
    read = int(by_rule["lines"].sum())
    used = int(by_rule.loc[by_rule["rule"] == "", "lines"].sum())
    said = [t("explore.quality.answer", read=t.number(read), share=t.percent(used / read if read else None))]
    worst = max(facts, key=lambda one: one.missing)
    if worst.missing:
        said.append(
            t(
                "explore.quality.missing",
                column=t(f"line.{worst.name}"),
                share=t.percent(worst.missing / worst.lines, 1),
            )
        )
    else:
        said.append(t("explore.quality.whole"))
    blanks = max(facts, key=lambda one: one.blanks)
    if blanks.blanks:
        said.append(t("explore.quality.blanks", column=t(f"line.{blanks.name}"), n=t.number(blanks.blanks)))
    return " ".join(said)


def _columns(t: Words, title: str, facts: Sequence[Any]) -> html.Section:
    columns = [
        Column(t("explore.columns.name")),
        Column(t("explore.columns.missing"), number=True),
        Column(t("explore.columns.odd"), number=True),
        Column(t("explore.columns.blanks"), number=True, help=t("explore.columns.blanks.help")),
        Column(t("explore.columns.distinct"), number=True),
        Column(t("explore.columns.lowest")),
        Column(t("explore.columns.highest")),
        Column(t("explore.columns.first")),
        Column(t("explore.columns.last")),
        Column(t("explore.columns.odd.what")),
    ]
    rows = [
        [
            t(f"line.{one.name}"),
            _part(t, one.missing, one.lines),
            _part(t, one.odd, one.lines),
            _part(t, one.blanks, one.lines) if one.name in TEXTS else "",
            t.number(one.distinct),
            value_cell(t, one.name, one.lowest),
            value_cell(t, one.name, one.highest),
            t.date(one.first, "day"),
            t.date(one.last, "day"),
            t(f"explore.odd_value.{one.name}"),
        ]
        for one in facts
    ]
    return page.titled(
        title,
        [
            html.P(t.count("explore.columns.lines", facts[0].lines), className="tm-subtitle"),
            text_table(title, columns, rows, class_name="tm-columns"),
        ],
    )


def _part(t: Words, count: int, lines: int) -> str:
    return f"{t.number(count)} ({t.percent(count / lines, 1)})" if count else t.number(0)


def value_cell(t: Words, column: str, value: Any) -> str | tuple[str, str]:
    """The lowest or highest value of a column as a cell."""
    if value is None:
        return t.number(None)
    if column == "time":
        return f"{t.date(value, 'day')} {value:%H:%M}"
    if column in ("quantity", "price"):
        number = float(value)
        return t.number(number, 0 if number.is_integer() else 2 if abs(number) >= 0.01 else 4)
    return cut_cell(str(value), 24)


def _rules(t: Words, by_rule: Any) -> html.Section:
    title = t("explore.rules.title")
    read = int(by_rule["lines"].sum())
    columns = [
        Column(t("table.rule")),
        Column(t("explore.rules.lines"), number=True),
        Column(t("table.share"), number=True),
    ]
    rows = [
        [
            t.get(f"rule.{row['rule']}", row["rule"]) if row["rule"] else t("explore.rules.used"),
            t.number(row["lines"]),
            t.percent(row["lines"] / read if read else None, 1),
        ]
        for row in by_rule.to_dict("records")
    ]
    return page.titled(
        title, [html.P(t("explore.rules.text"), className="tm-subtitle"), text_table(title, columns, rows)]
    )
