"""Opening calendar: the form for single days, the days set by hand, and what was changed when by whom."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import dash_bootstrap_components as dbc
from dash import dcc, html

from components import controls, ids, page, states
from components.icons import icon
from components.tables import Column, table, text_table
from components.views import models_words as told
from components.views import opening as view
from components.views.models_audit import value
from components.words import MISSING, Words

STATES = ("closed", "open", "rule")
MOST_REMARK = 200
"""Characters."""


class Run(NamedTuple):
    """Days in a row of which the same is said."""

    first: dt.date
    last: dt.date
    said: Any
    pending: bool
    by_rule: tuple[str, ...]


def panel(t: Words, shown: str) -> list[Any]:
    """The whole part of the page; ``shown``: one of the views. Callbacks fill it."""
    here = ids.Opening
    views = [{"label": t(f"opening.view.{one}"), "value": one} for one in view.VIEWS]
    return [
        dcc.Store(id=here.IMPORTED),
        dcc.Download(id=here.DOWNLOAD),
        page.titled(
            t("opening.title"),
            [
                html.P(t("opening.intro"), className="tm-subtitle"),
                html.Div(id=here.HEAD, className="tm-told-list"),
                html.Div(
                    controls.action(t, here.RETRAIN, "arrow-repeat", t("opening.retrain")),
                    id=here.RETRAIN_BOX,
                    hidden=True,
                    className="tm-actions",
                ),
                html.P(id=here.RETRAIN_SAID, className="tm-form-said", role="status"),
                html.Div(
                    [
                        html.Div(
                            [
                                html.Div(
                                    controls.buttons(here.VIEW, t("opening.view"), views, shown),
                                    className="tm-card-controls",
                                ),
                                view.legend(t),
                                page.area(here.MONTHS),
                            ]
                        ),
                        form(t),
                    ],
                    className="tm-calendar-columns",
                ),
            ],
        ),
        page.card(
            [
                html.Div(
                    [
                        html.H2(t("opening.by_hand"), className="tm-card-title"),
                        html.Div(
                            [
                                controls.action(t, here.EXPORT, "download", t("opening.export")),
                                controls.action(t, here.IMPORT, "upload", t("opening.import")),
                            ],
                            className="tm-head-actions",
                        ),
                    ],
                    className="tm-card-head",
                ),
                html.P(t("opening.file"), className="tm-subtitle"),
                page.area(here.DAYS, "lead"),
            ]
        ),
        page.titled(t("opening.changes"), [page.area(here.CHANGES, "lead")]),
    ]


def head(t: Words, opening: Any, version: str) -> list[Any]:
    """How many days are set by hand, and whether the forecasts in use know it."""
    count = len(opening.declared)
    first = t.count("opening.head", count) if count else t("opening.head.none")
    if not opening.pending:
        second = t("opening.head.known", version=version) if count else ""
        return [told.line("check-circle-fill" if count else "info-circle", f"{first} {second}".strip())]
    second = t.count("opening.head.pending", len(opening.pending), version=version)
    return [told.line("exclamation-triangle-fill", f"{first} {second}")]


def form(t: Words) -> html.Div:
    """The days chosen in the calendar stand here too, and can be written here without it."""
    here = ids.Opening
    options = [{"label": t(f"opening.set.{one}"), "value": one} for one in STATES]
    remark = dbc.Input(id=here.REMARK, type="text", size="sm", maxlength=MOST_REMARK)
    return html.Div(
        [
            html.H3(t("opening.form"), className="tm-subhead", id=here.FORM),
            html.P(t("opening.form.how"), className="tm-subtitle"),
            html.Div(
                [
                    controls.date_field(here.FIRST, t("control.from"), None),
                    controls.date_field(here.LAST, t("control.to"), None),
                    controls.select(here.STATE, t("opening.set"), options, STATES[0]),
                ],
                className="tm-controls",
            ),
            controls.field(t("opening.remark"), remark, here.REMARK),
            html.Div(
                html.Button(t("opening.save"), id=here.SAVE, type="button", className="btn btn-sm btn-primary"),
                className="tm-actions",
            ),
            html.P(id=here.SAID, className="tm-form-said", role="status"),
        ],
        className="tm-form tm-calendar-form",
    )


def runs(opening: Any) -> list[Run]:
    """Days set by hand in order; neighbours of which the same is said are one. ``by_rule``: the reasons among them."""
    by_rule = dict(zip(opening.days.tolist(), opening.by_rule.tolist(), strict=True))
    pending, found = set(opening.pending), list[Run]()
    for day, said in sorted(opening.declared.items()):
        one = Run(day, day, said, day in pending, (by_rule.get(day, ""),))
        last = found[-1] if found else None
        if last is not None and (day - last.last).days == 1 and (last.said, last.pending) == (said, one.pending):
            found[-1] = last._replace(last=day, by_rule=tuple(dict.fromkeys((*last.by_rule, *one.by_rule))))
        else:
            found.append(one)
    return found


def by_hand(t: Words, opening: Any) -> Any:
    """The days set by hand, each with a way back to the rule."""
    found = runs(opening)
    if not found:
        return states.nothing(t, t("opening.none"))
    columns = [
        Column(t("opening.days")),
        Column(t("opening.set")),
        Column(t("opening.back")),
        Column(t("opening.by_rule")),
        Column(t("opening.forecasts")),
        Column(t("table.remark")),
    ]
    rows = [
        [
            view.span(t, one.first, one.last),
            t("opening.said.open" if one.said.is_open else "opening.said.closed"),
            _back(t, one),
            html.Span(" · ".join(view.state(t, reason) for reason in one.by_rule), className="tm-wrap"),
            told.badge("hourglass-split", t("opening.not_yet"), "watch")
            if one.pending
            else told.badge("check-circle-fill", t("opening.yes"), "good"),
            html.Span(one.said.remark or MISSING, className="tm-wrap"),
        ]
        for one in found
    ]
    return table(t("opening.by_hand"), columns, rows, class_name="tm-tall", live=True)


def _back(t: Words, run: Run) -> html.Button:
    text = t("opening.back.of", days=view.span(t, run.first, run.last))
    return html.Button(
        [icon("arrow-counterclockwise"), html.Span(t("opening.back"))],
        id=ids.back_button(run.first.isoformat(), run.last.isoformat()),
        type="button",
        className="btn btn-sm btn-outline-secondary",
        **{"aria-label": text},
    )


def changes(t: Words, entries: Sequence[Any]) -> Any:
    """``entries``: core's audit.Entry of the calendar, newest first."""
    if not entries:
        return states.nothing(t, t("audit.none"))
    columns = [
        Column(t("audit.at")),
        Column(t("models.who")),
        Column(t("audit.subject")),
        Column(t("table.remark")),
    ]
    rows = [[t.time(one.at), one.who, value(t, one.subject, one.to_value), one.reason or MISSING] for one in entries]
    return text_table(t("opening.changes"), columns, rows, class_name="tm-tall tm-audit-table")


def done(t: Words, changed: Any, state: str) -> str:
    """What was changed, what stays although it was asked for, and that forecasts follow."""
    parts = [t.count(f"opening.done.{state}", len(changed.days))]
    if changed.traded:
        parts.append(t.count("opening.done.traded", len(changed.traded)))
    return " ".join([*parts, t("opening.done.training")])


def refused(t: Words, code: str, values: Mapping[str, Any]) -> str:
    """Why nothing was changed. ``code``, ``values``: of core's RefusedError."""
    words = {name: t.date(one, "day") if isinstance(one, dt.date) else t.number(one) for name, one in values.items()}
    return t(f"opening.refused.{code}", **words)
