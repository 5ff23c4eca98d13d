"""Explore, days that stand out: each with its value, what was to be expected and a plain reason; lines of an order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import html

from components import ids, page, states
from components.icons import icon
from components.tables import Column, table, text_table
from components.views.cleaning import line_cell
from components.views.explore import growth
from components.words import Words, shown

LINE_COLUMNS = ("time", "product", "description", "quantity", "price", "customer", "country")
LONGEST_INVOICE = 24


def odd_card(t: Words, measure: str, odd: Sequence[Any], causes: Sequence[Any], judged: bool) -> html.Section:
    """``odd``: core's OddDay, in order of time, with the Cause of each; ``judged``: whether days could be judged."""
    title = t("explore.odd.title")
    if not judged:
        return page.titled(title, [states.nothing(t, t("explore.odd.few"))])
    if not odd:
        return page.titled(title, [states.nothing(t, t("explore.odd.none"))])
    columns = [
        Column(t("table.date")),
        Column(t("explore.odd.why")),
        Column(t.measure(measure), number=True),
        Column(t("explore.odd.expected"), number=True),
        Column(t("explore.odd.apart"), number=True, help=t("explore.odd.apart.help")),
        Column(t("explore.odd.lines")),
    ]
    rows = [
        _row(t, day, cause) for day, cause in sorted(zip(odd, causes, strict=True), key=lambda both: -both[0].index)
    ]
    return page.titled(
        title,
        [
            html.P(t("explore.odd.intro"), className="tm-subtitle"),
            table(title, columns, rows, class_name="tm-tall tm-odd", live=True),
        ],
    )


def _row(t: Words, day: Any, cause: Any) -> list[Any]:
    return [
        t.date(day.day, "long"),
        _reason(t, cause),
        t.number(day.value),
        t.about(day.expected),
        growth(t, day.value / day.expected - 1) if day.expected > 0 else t.number(day.more),
        _button(t, cause),
    ]


def _reason(t: Words, cause: Any) -> html.Span:
    return html.Span(
        [icon(ICONS.get(cause.kind, "question-circle")), html.Span(reason(t, cause))], className="tm-cause"
    )


ICONS = {
    "no_trade": "exclamation-triangle-fill",
    "repeated": "exclamation-triangle-fill",
    "dropped": "exclamation-triangle-fill",
    "hours": "exclamation-triangle-fill",
    "order": "info-circle",
    "order_back": "arrow-counterclockwise",
    "orders": "info-circle",
    "after_shutdown": "calendar-x",
    "before_shutdown": "calendar-x",
    "after_holiday": "calendar-x",
    "before_holiday": "calendar-x",
    "many_orders": "arrow-up-right",
    "few_orders": "arrow-down-right",
}


def reason(t: Words, cause: Any) -> str:
    """In a sentence; texts of the data in it are cut."""
    said: dict[str, str] = {"share": t.percent(cause.share)} if cause.share is not None else {}
    if cause.order is not None:
        said |= {
            "invoice": shown(cause.order.invoice, LONGEST_INVOICE),
            "lines": t.count("explore.odd.count", cause.order.lines),
            "units": t.number(cause.order.units),
        }
        if cause.order.back is not None:
            back = cause.order.back
            said["when"] = f"{t.date(back, 'day')}, {back:%H:%M}"
    if cause.distance is not None:
        said["days"] = t.count("explore.odd.days", cause.distance)
    if cause.name is not None:
        said["name"] = t.holiday(cause.name)
    return t(f"explore.cause.{cause.kind}", **said)


def _button(t: Words, cause: Any) -> Any:
    if cause.order is None:
        return ""
    return html.Button(
        [icon("eye-fill"), html.Span(t("explore.show"))],
        id=ids.order_button(cause.order.day.isoformat(), cause.order.invoice),
        type="button",
        className="btn btn-sm btn-outline-secondary",
        **{"aria-label": t("explore.show.order", invoice=shown(cause.order.invoice, LONGEST_INVOICE))},
    )


def order_card(t: Words, day: Any, invoice: str, lines: Any) -> html.Section:
    """The lines of an order, the largest first."""
    title = t("explore.order.title", invoice=shown(invoice, LONGEST_INVOICE), date=t.date(day, "long"))
    if lines.empty:
        return page.titled(title, [states.nothing(t, t("explore.order.none"))])
    names = [name for name in LINE_COLUMNS if name in lines.columns]
    columns = [Column(t(f"line.{name}"), number=name in ("quantity", "price")) for name in names]
    rows = [[line_cell(t, name, row[name]) for name in names] for row in lines.to_dict("records")]
    return page.titled(title, [text_table(title, columns, rows, class_name="tm-tall")])
