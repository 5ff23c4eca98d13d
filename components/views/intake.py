"""Loading a file: what stands in it, which column is which, and what of it is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import dash_bootstrap_components as dbc
from dash import dcc, html

from components import controls, ids, states
from components.icons import icon
from components.tables import Column, table, text_table
from components.views import models_words as told
from components.words import Words

COLUMNS = ("time", "quantity", "price", "invoice", "customer", "product", "description", "country")
REQUIRED = ("time", "quantity")
MODES = ("add", "replace")
RULES = ("duplicate", "cancellation", "quantity", "price", "customer", "product", "reversed")
NONE = "none"
"""What a picker says of a column that the file does not have; others are marked by ``value``, as a name may be any."""


def steps_card(t: Words) -> html.Section:
    """Everything about the file that was sent; hidden until there is one."""
    here = ids.Intake
    return html.Section(
        [
            html.Div(
                [
                    html.H2(id=here.TITLE, className="tm-card-title tm-wrap-any"),
                    controls.action(t, here.DISCARD, "x-lg", t("intake.discard")),
                ],
                className="tm-card-head",
            ),
            html.Div(id=here.PREVIEW, **{"aria-live": "polite"}),
            controls.action(t, here.AGAIN, "arrow-repeat", t("intake.again")),
            html.Div(
                [
                    html.H3(t("intake.columns"), className="tm-step-title"),
                    html.P(t("intake.columns.how"), className="tm-subtitle"),
                    html.Div([_column(t, name) for name in COLUMNS], className="tm-mapping"),
                    html.P(id=here.UNUSED, className="tm-note"),
                    html.H3(t("intake.cleaning"), className="tm-step-title"),
                    html.P(t("intake.cleaning.how"), className="tm-subtitle"),
                    rules_table(t, "file"),
                    html.H3(t("intake.mode"), className="tm-step-title"),
                    dbc.RadioItems(
                        id=here.MODE,
                        options=[{"label": t(f"intake.mode.{one}.what"), "value": one} for one in MODES],
                        value=MODES[0],
                        class_name="tm-modes",
                    ),
                    html.H3(t("intake.report"), className="tm-step-title"),
                    *decide(t, "file", t("intake.check"), t("intake.load")),
                ],
                id=here.FORM,
                hidden=True,
            ),
            html.Div(id=here.OUTCOME, className="tm-told-list", **{"aria-live": "polite"}),
            html.Div(
                html.Button(
                    [icon("arrow-repeat"), html.Span(t("opening.retrain"))],
                    id=here.RETRAIN,
                    type="button",
                    className="btn btn-primary",
                ),
                id=here.RETRAIN_BOX,
                hidden=True,
                className="tm-actions",
            ),
            html.P(id=here.RETRAIN_SAID, className="tm-form-said", role="status"),
        ],
        id=here.STEPS,
        className="tm-card tm-steps-card",
        hidden=True,
    )


def decide(t: Words, place: str, check: str, load: str, *beside: Any) -> list[Any]:
    """Checking, what was found, and doing it; ``beside``: buttons that stand beside the one that checks."""
    return [
        dcc.Store(id=ids.place(place, "checked")),
        html.Div([controls.action(t, ids.place(place, "check"), "clipboard", check), *beside], className="tm-actions"),
        html.P(id=ids.place(place, "check-said"), className="tm-form-said", role="status"),
        html.Div(id=ids.place(place, "report"), className="tm-told-list", **{"aria-live": "polite"}),
        html.Div(
            html.Button(load, id=ids.place(place, "load"), type="button", className="btn btn-primary"),
            id=ids.place(place, "load-box"),
            hidden=True,
            className="tm-actions",
        ),
        html.P(id=ids.place(place, "load-said"), className="tm-form-said", role="status"),
    ]


def _column(t: Words, name: str) -> html.Div:
    target, required = ids.column_select(name), name in REQUIRED
    label = t("intake.required", column=t(f"line.{name}")) if required else t(f"line.{name}")
    picker = dbc.Select(id=target, options=[], value=NONE, size="sm", required=required)
    return html.Div(
        [controls.field(label, picker, target), html.P(t(f"intake.gives.{name}"), className="tm-note")],
        className="tm-mapping-one",
    )


def column_options(t: Words, names: Sequence[str]) -> list[dict[str, str]]:
    found = [{"label": name, "value": value(name)} for name in names]
    return [{"label": t("intake.no_column"), "value": NONE}, *found]


def value(name: str) -> str:
    """What a picker says for a column of the file; "" is none."""
    return f"={name}" if name else NONE


def picked(field: Any) -> str:
    """Undoes ``value``; anything else is no column."""
    return field[1:] if isinstance(field, str) and field.startswith("=") else ""


def header_of(look: Any) -> list[str]:
    """Names of all columns of all sheets, each once. ``look``: core's Look."""
    return list(dict.fromkeys(name for sheet in look.sheets for name in sheet.header if name))


def guess_of(look: Any) -> dict[str, str]:
    """Our column → that of the first sheet where it is known."""
    found: dict[str, str] = {}
    for sheet in look.sheets:
        found = {**sheet.guess, **found}
    return found


def unused(t: Words, names: Sequence[str], columns: Mapping[str, str]) -> str:
    left = [name for name in names if name not in columns.values()]
    return t("intake.unused", names=", ".join(left)) if left else t("intake.unused.none")


def preview(t: Words, look: Any) -> list[Any]:
    """The first lines of every sheet as they stand in the file."""
    one = len(look.sheets) == 1
    return [
        html.H3(t("intake.preview"), className="tm-step-title"),
        *(_sheet(t, sheet, opened=one or n == 0) for n, sheet in enumerate(look.sheets)),
        None if look.sheets else states.nothing(t, t("intake.preview.none")),
    ]


def _sheet(t: Words, sheet: Any, opened: bool) -> html.Details:
    lines = t.count("intake.lines" if sheet.exact else "intake.lines.about", sheet.lines)
    title = t("intake.sheet", name=sheet.name, lines=lines) if sheet.name else lines
    width = max((len(row) for row in sheet.top), default=len(sheet.header))
    columns = [Column(name or t("intake.unnamed")) for name in sheet.header[:width]]
    rows = [[*row, *[""] * (len(columns) - len(row))][: len(columns)] for row in sheet.top]
    return html.Details(
        [
            html.Summary(title),
            told.line("exclamation-triangle-fill", sheet.problem) if sheet.problem else None,
            text_table(title, columns, rows, class_name="tm-tall tm-preview"),
            html.P(t("intake.more_columns", n=t.number(len(sheet.header) - width)), className="tm-note")
            if len(sheet.header) > width
            else None,
        ],
        className="tm-details",
        open=opened,
    )


def rules_table(t: Words, place: str) -> html.Div:
    """A switch a rule; callbacks say which are on, and what each does."""
    columns = [Column(t("table.rule")), Column(t("table.meaning")), Column(t("intake.effect"))]
    rows = [
        [
            dbc.Switch(id=ids.rule_switch(place, rule), label=t(f"rule.{rule}"), value=False),
            t(f"rule.{rule}.sentence"),
            html.Span(id=ids.rule_effect(place, rule)),
        ]
        for rule in RULES
    ]
    return table(t("intake.cleaning"), columns, rows, class_name="tm-rules tm-switched", live=True)
