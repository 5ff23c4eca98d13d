"""Forecast, what if: the form, the scenarios with their changes, and all of them beside the forecast."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import dash_bootstrap_components as dbc
from dash import html

from components import controls, ids, states
from components.chart import chart
from components.figures.palette import Theme
from components.figures.scenarios import scenario_keys, scenarios_figure
from components.icons import icon
from components.tables import Column, table
from components.words import Words

NEW = "new"
KINDS = ("up", "down", "open", "close")


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the comparison; the forecast itself comes first. ``frame``: date, mean, lo80 … hi95, open."""

    name: str
    changes: str
    total: float
    low: float
    high: float
    frame: Any


def form(t: Words) -> html.Div:
    """A change to add; what it is added to, and the days, a callback fills in."""
    here = ids.Forecast
    kinds = [{"label": t(f"whatif.kind.{kind}"), "value": kind} for kind in KINDS]
    name = dbc.Input(id=here.NAME, type="text", maxlength=40, size="sm", placeholder=t("whatif.name.empty"))
    percent = dbc.Input(id=here.PERCENT, type="number", min=1, max=500, step=1, value=10, size="sm")
    return html.Div(
        [
            controls.select(here.INTO, t("whatif.into"), [{"label": t("whatif.new"), "value": NEW}], NEW),
            html.Div(controls.field(t("whatif.name"), name, here.NAME), id=here.NAME_BOX),
            controls.select(here.KIND, t("whatif.kind"), kinds, KINDS[0]),
            html.Div(controls.field(t("whatif.percent"), percent, here.PERCENT), id=here.PERCENT_BOX),
            html.Div(
                [
                    controls.date_field(here.FIRST, t("whatif.first"), None, debounce=False),
                    controls.date_field(here.LAST, t("whatif.last"), None, debounce=False),
                ],
                className="tm-field-pair",
            ),
            controls.action(t, here.ADD, "check2", t("whatif.add"), below_label=True),
        ],
        className="tm-controls tm-whatif-form",
        role="group",
        **{"aria-label": t("whatif.form")},
    )


def into_options(t: Words, names: Sequence[str], most: int) -> list[dict[str, str]]:
    """What a change can be added to: a new scenario, unless there are enough, or one that there is."""
    new = [{"label": t("whatif.new"), "value": NEW}] if len(names) < most else []
    return [*new, *({"label": name, "value": str(place)} for place, name in enumerate(names))]


def listed(t: Words, scenarios: Sequence[Any], left_out: int) -> list[Any]:
    """Every scenario (name, changes) with buttons that take away a change or all of it."""
    found: list[Any] = [_scenario(t, place, one) for place, one in enumerate(scenarios)]
    if left_out:
        found.append(
            html.P([icon("exclamation-triangle-fill"), t.count("whatif.unread", left_out)], className="tm-told")
        )
    return found


def _scenario(t: Words, place: int, scenario: Any) -> html.Div:
    chips = [
        html.Li(
            [
                html.Span(said(t, change)),
                _remove(t("whatif.remove", what=said(t, change), name=scenario.name), place, number),
            ],
            className="tm-whatif-chip",
        )
        for number, change in enumerate(scenario.changes)
    ]
    return html.Div(
        [
            html.Div(
                [html.H3(scenario.name), _remove(t("whatif.remove.all", name=scenario.name), place, "all")],
                className="tm-whatif-name",
            ),
            html.Ul(chips) if chips else html.P(t("whatif.unchanged"), className="tm-quiet"),
        ],
        className="tm-whatif-scenario",
    )


def _remove(label: str, place: int, change: Any) -> html.Button:
    return html.Button(
        icon("x-lg"),
        id=ids.scenario_button(place, change),
        type="button",
        className="btn btn-sm tm-icon-button",
        title=label,
        **{"aria-label": label},
    )


def said(t: Words, change: Any) -> str:
    """A change (kind, first, last, percent) in words."""
    days = (
        t.date(change.first, "long")
        if change.first == change.last
        else t("whatif.days", first=t.date(change.first, "long"), last=t.date(change.last, "long"))
    )
    return t(f"whatif.said.{change.kind}", days=days, percent=t.percent(change.percent / 100))


def compared(
    t: Words, theme: Theme, rows: Sequence[Row], notes: Sequence[str], measure: str, model: str, level: int
) -> Any:
    """Table and chart of the forecast and every scenario; ``notes`` say what days that were opened rest on."""
    if len(rows) < 2:
        return states.nothing(t, t("whatif.none"))
    baseline, *others = rows
    unit = t(f"unit.{measure}")
    title = t("whatif.title", measure=t.measure(measure), n=t.number(len(baseline.frame)))
    return [
        _table(t, title, rows, level, unit),
        chart(
            t,
            "whatif",
            title,
            scenarios_figure(
                t,
                theme,
                baseline.frame,
                [(row.name, row.frame) for row in others],
                model,
                level,
                t("unit.a_day", unit=t.measure(measure)),
            ),
            summary(t, rows, unit),
            keys=scenario_keys(t, theme, [row.name for row in others], model, level),
        ),
        html.Ul(
            [html.Li(note) for note in (*notes, t("whatif.assumed"), t("whatif.order"))], className="tm-whatif-notes"
        ),
    ]


def summary(t: Words, rows: Sequence[Row], unit: str) -> str:
    """The scenario that differs most, in a sentence."""
    baseline, *others = rows
    far = max(others, key=lambda row: abs(row.total - baseline.total))
    difference = far.total - baseline.total
    if not difference:
        return t("whatif.summary.same", total=t.about(baseline.total), unit=unit)
    return t(
        "whatif.summary.more" if difference > 0 else "whatif.summary.less",
        name=far.name,
        total=t.about(far.total),
        unit=unit,
        difference=t.about(abs(difference)),
        percent=t.percent(abs(difference) / baseline.total) if baseline.total else t.number(None),
    )


def difference(t: Words, value: float) -> str:
    """With its sign, rounded to three figures: '+1,230'."""
    return ("+" if value > 0 else "") + t.about(value)


def _table(t: Words, title: str, rows: Sequence[Row], level: int, unit: str) -> html.Div:
    columns = [
        Column(t("whatif.column.name")),
        Column(t("whatif.column.changes")),
        Column(t("whatif.column.total", unit=unit), number=True),
        Column(t("table.interval", level=level), number=True),
        Column(t("whatif.column.difference"), number=True),
        Column(t("whatif.column.percent"), number=True),
    ]
    base = rows[0].total
    cells = [
        [
            row.name,
            html.Span(row.changes, className="tm-wrap"),
            t.about(row.total, 4),
            f"{t.about(row.low)} – {t.about(row.high)}",
            "" if place == 0 else difference(t, row.total - base),
            "" if place == 0 or not base else t.change(row.total / base - 1),
        ]
        for place, row in enumerate(rows)
    ]
    return table(title, columns, cells, class_name="tm-whatif-table")


def note(t: Words, name: str, weekday: int, days: int, like: int, known: bool) -> str:
    """What days of one weekday that a scenario opens rest on; ``like``: open ones in history, 0: none to go by."""
    key = "whatif.note.nothing" if not known else "whatif.note.like" if like else "whatif.note.around"
    return t.count(key, days, name=name, weekday=t.weekday(weekday), like=t.number(like))
