"""Overview: the headline, a card a measure, what to do next and the alarms, the two weeks ahead, what to prepare for,
how sure we are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dash import dcc, html

from components import page
from components.icons import icon
from components.spark import sparkline
from components.still import still
from components.words import Words


@dataclass(frozen=True, slots=True)
class MeasureCard:
    """``outlook`` and ``error`` are what core.lifecycle.headline returns; ``between``: the 80 % interval of the total;
    ``closures``: its closed days in runs; ``past`` and ``ahead`` weekly totals."""

    measure: str
    model: str
    outlook: Any
    error: Any
    between: tuple[float, float]
    closures: Sequence[Sequence[Any]]
    past: Sequence[float]
    ahead: Sequence[float]


def content(
    t: Words,
    segment: str,
    cards: Sequence[MeasureCard],
    strip: Any,
    manifest: Any,
    made: str,
    version: str,
    todo: Sequence[Any],
) -> list[Any]:
    """``strip``: frame of the days just ahead (date, mean, open, reason, lo80, hi80); ``todo``: the cards of
    overview_next."""
    main = cards[0]
    fresh = t("overview.fresh", date=t.date(manifest.last_day, "day"), made=t.date(made, "day"), version=version)
    return [
        html.Div(
            [
                html.P(headline(t, main, segment), className="tm-headline", role="status"),
                html.P(fresh, className="tm-subtitle"),
            ]
        ),
        html.Div([_card(t, card) for card in cards], className="tm-kpis"),
        html.Div(list(todo), className="tm-two tm-two-first"),
        _strip(t, strip, main.measure),
        html.Div([_prepare_for(t, main), _sure(t, main, manifest)], className="tm-two"),
    ]


def headline(t: Words, card: MeasureCard, segment: str) -> list[Any]:
    """'Next 28 days: 31,400 transactions, 29,100–33,900 with 80% confidence, 6% above the same weeks last year.'"""
    outlook = card.outlook
    where = "" if segment == "total" else t("overview.headline.where", segment=t.segment(segment, inside=True))
    parts: list[Any] = [
        t("overview.headline.period", n=t.number(outlook.horizon), where=where),
        " ",
        html.Strong(t(f"overview.headline.{card.measure}", value=t.about(outlook.total))),
    ]
    low, high = card.between
    if low < high:
        parts.append(t("overview.headline.between", low=t.about(low), high=t.about(high), level=t.percent(0.8)))
    change = outlook.change
    if change is not None:
        key = "same" if round(100 * abs(change)) == 0 else "more" if change > 0 else "less"
        parts.append(t.count(f"overview.headline.{key}", outlook.horizon // 7, change=t.percent(abs(change))))
    parts.append(".")
    return parts


def _card(t: Words, card: MeasureCard) -> html.Div:
    outlook = card.outlook
    by_day = card.measure == "customers"  # a customer who comes twice would be counted twice in a sum
    value = outlook.per_open_day if by_day else outlook.total
    low, high = card.between
    return html.Div(
        [
            html.H2(t.measure(card.measure), className="tm-kpi-name"),
            html.Div(t.about(value), className="tm-kpi-value"),
            html.Div(
                t("overview.card.a_day") if by_day else t.count("overview.card.period", outlook.horizon),
                className="tm-kpi-unit",
            ),
            html.Div(None if by_day or low >= high else _likely(t, card), className="tm-kpi-range"),
            sparkline(card.past, card.ahead, t("overview.card.spark", measure=t.measure(card.measure))),
            _change(t, outlook),
        ],
        className="tm-card tm-kpi",
    )


def _likely(t: Words, card: MeasureCard) -> list[Any]:
    """The interval; that it holds the total with 80 % confidence is said aloud, and seen in the headline."""
    low, high = map(t.about, card.between)
    return [html.Span(t("overview.card.between", level=t.percent(0.8)), className="visually-hidden"), f" {low}–{high}"]


def _change(t: Words, outlook: Any) -> html.Div:
    change, key = (
        (outlook.change, "overview.card.year")
        if outlook.change is not None
        else (outlook.change_before, "overview.card.before")
    )
    if change is None:
        return html.Div(t("overview.card.no_history"), className="tm-kpi-change")
    return html.Div([html.Strong(t.change(change)), " ", t(key)], className="tm-kpi-change")


def _strip(t: Words, strip: Any, measure: str) -> html.Section:
    """The days just ahead as bars, drawn with plain elements."""
    top = max(float(strip["hi80"].max()), 1.0)
    rows = zip(strip["date"], strip["mean"], strip["lo80"], strip["hi80"], strip["open"], strip["reason"], strict=True)
    return page.titled(
        t("overview.strip.title", measure=t.measure(measure), n=len(strip)),
        [
            html.P(t("overview.strip.text"), className="tm-subtitle"),
            still(html.Ol([_bar(t, top, *row) for row in rows], className="tm-strip")),
        ],
    )


def _bar(t: Words, top: float, date: Any, mean: float, low: float, high: float, is_open: bool, reason: str) -> html.Li:
    label = [
        html.Span(t.weekday(date.weekday(), short=True)),
        html.Span(t.date(date, "short"), className="tm-bar-date"),
    ]
    if not is_open:
        column = html.Div(html.Span(t("overview.closed"), className="visually-hidden"), className="tm-bar-closed")
        return html.Li(
            [html.Span("–", className="tm-bar-value"), column, *label], title=t.reason(reason), className="tm-bar-item"
        )
    column = html.Div(
        [
            html.Div(className="tm-bar-mean", style={"height": f"{100 * mean / top:.1f}%"}),
            html.Div(
                className="tm-bar-range",
                style={"bottom": f"{100 * low / top:.1f}%", "top": f"{100 - 100 * high / top:.1f}%"},
            ),
        ],
        className="tm-bar-column",
        **{"aria-hidden": "true"},
    )
    title = t(
        "overview.bar", date=t.date(date, "weekday"), value=t.number(mean), low=t.number(low), high=t.number(high)
    )
    return html.Li(
        [html.Span(t.about(mean), className="tm-bar-value"), column, *label], title=title, className="tm-bar-item"
    )


def _prepare_for(t: Words, card: MeasureCard) -> html.Section:
    outlook, unit = card.outlook, t(f"unit.{card.measure}")
    facts = []
    if outlook.busiest is not None:
        facts = [
            _fact(t, "arrow-up-right", "overview.busiest", outlook.busiest, unit),
            _fact(t, "arrow-down-right", "overview.quietest", outlook.quietest, unit),
        ]
    runs = card.closures
    weekly = [run for run in runs if len(run) == 1 and run[0].reason.startswith("weekday")]
    lines: list[Any] = []
    if weekly:
        names = list(dict.fromkeys(t.reason(run[0].reason) for run in weekly))
        lines.append(html.Li(t.count("overview.closed.weekly", len(weekly), days=", ".join(names))))
    lines += [_closure(t, run) for run in runs if run not in weekly]
    closed = still(html.Ul(lines)) if lines else html.P(t("overview.closed.none"))
    return page.titled(
        t("overview.prepare"),
        [
            still(html.Dl([*facts], className="tm-facts")),
            html.H3(
                [icon("calendar-x"), html.Span(t.count("overview.closed.count", len(outlook.closed)))],
                className="tm-fact-head",
            ),
            closed,
        ],
    )


def _fact(t: Words, symbol: str, key: str, peak: Any, unit: str) -> html.Div:
    return html.Div(
        [
            html.Dt([icon(symbol), html.Span(t(key))]),
            html.Dd([html.Strong(t.date(peak.date, "weekday")), html.Span(f"{t.about(peak.value)} {unit}")]),
        ]
    )


def _closure(t: Words, run: Sequence[Any]) -> html.Li:
    """'Sat 24 Dec 2011 to 3 Jan 2012 – Christmas Day, Boxing Day, yearly shutdown'."""
    first, last = run[0].date, run[-1].date
    special = [day.reason for day in run if not day.reason.startswith("weekday")] or [run[0].reason]
    reasons = ", ".join(dict.fromkeys(map(t.reason, special)))
    span = t("overview.span", first=t.date(first, "long"), last=t.date(last, "long"))
    return html.Li([html.Strong(t.date(first, "long") if first == last else span), f" – {reasons}"])


def _sure(t: Words, card: MeasureCard, manifest: Any) -> html.Section:
    lines = [html.P(t("overview.model", model=t.model(card.model)))]
    if card.error is not None:
        lines.append(
            html.P(
                t(
                    "overview.error",
                    folds=t.number(card.error.folds),
                    days=t.number(card.error.days),
                    total=t.percent(card.error.total),
                    day=t.percent(card.error.day),
                )
            )
        )
    lines.append(html.P(t("overview.data", lines=t.number(manifest.lines_out))))
    if manifest.partial_day:
        lines.append(html.P(t("overview.partial", date=t.date(manifest.partial_day, "long"))))
    lines.append(dcc.Link(t("overview.compare"), href="/compare", className="tm-link"))
    return page.titled(t("overview.sure"), lines)
