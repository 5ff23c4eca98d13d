"""Loading a file: where it is dropped, what stands in it, which column is which, and what of it is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import dash_bootstrap_components as dbc
from dash import dcc, html

from components import controls, ids, page, states
from components.icons import icon
from components.tables import Column, table, text_table
from components.views import models_words as told
from components.words import Words

COLUMNS = ("time", "quantity", "price", "invoice", "customer", "product", "description", "country")
REQUIRED = ("time", "quantity")
MODES = ("add", "replace")
RULES = ("duplicate", "cancellation", "quantity", "price", "customer", "product", "reversed")
SUFFIXES = ".csv,.xlsx,.parquet"
MEGABYTE, MOST_SOURCES = 2**20, 5
NONE = "none"
"""What a picker says of a column that the file does not have; others are marked by ``value``, as a name may be any."""


def drop_card(t: Words) -> html.Section:
    """assets/data.js sends what is dropped here; a callback fills in how large it may be."""
    here = ids.Intake
    said = {
        "data-accept": SUFFIXES,
        "data-sent": t("intake.sent"),
        "data-checking": t("intake.sent.checking"),
        "data-one": t("intake.refused.one"),
        "data-large": t("intake.refused.large"),
        "data-lost": t("intake.refused.lost"),
        "data-stopped": t("intake.refused.stopped"),
    }
    return page.titled(
        t("intake.title"),
        [
            html.P(id=here.SOURCE, className="tm-subtitle"),
            html.Div(
                [
                    html.Div(icon("upload"), className="tm-state-icon"),
                    html.P(t("intake.drop")),
                    html.Button(
                        t("intake.choose"),
                        id=here.CHOOSE,
                        type="button",
                        className="btn btn-primary",
                        **{"aria-describedby": here.LIMIT},
                    ),
                    html.P(id=here.LIMIT, className="tm-note"),
                ],
                id=here.DROP,
                className="tm-drop",
                **said,
            ),
            html.Div(
                [
                    html.Progress(
                        id=here.SENT,
                        value="0",
                        max="100",
                        className="tm-progress",
                        **{"aria-label": t("intake.sending")},
                    ),
                    html.P(html.Span(id=here.SENT_TEXT, role="status"), className="tm-progress-text"),
                    controls.action(t, here.STOP, "x-lg", t("intake.stop")),
                ],
                id=here.SENDING,
                hidden=True,
                className="tm-job",
            ),
            html.P(id=here.SEND_SAID, className="tm-form-error", role="alert"),
            html.Div(id=here.WAITING),
        ],
    )


def source(t: Words, manifest: Any) -> str:
    """What is in use. ``manifest``: core's, of the data in use."""
    names = list(dict.fromkeys(one.name for one in manifest.sources))
    shown = ", ".join(names[:MOST_SOURCES])
    more = len(names) - MOST_SOURCES
    return t(
        "intake.source",
        lines=t.number(manifest.lines_out),
        first=t.date(manifest.first_day, "day"),
        last=t.date(manifest.last_day, "day"),
        names=t("intake.and_more", names=shown, n=t.number(more)) if more > 0 else shown,
    )


def limit(t: Words, most_bytes: int) -> html.Span:
    """What is allowed, for people and (in bytes) for assets/data.js."""
    return html.Span(t("intake.limit", size=size(t, most_bytes)), **{"data-most": str(most_bytes)})


def size(t: Words, count: int) -> str:
    """Bytes in the unit that fits: '640 kB', '12.3 MB'."""
    if count < MEGABYTE:
        return t("intake.kb", n=t.number(max(count / 1024, 1)))
    mega = count / MEGABYTE
    return t("intake.mb", n=t.number(mega, 1 if mega < 100 and round(mega, 1) % 1 else 0))


def waiting(t: Words, uploads: Sequence[Any], shown: str | None) -> Any:
    """Files that were sent and not loaded. ``uploads``: core's Upload, the newest first."""
    others = [one for one in uploads if one.id != shown]
    if not others:
        return None
    caption = t("intake.waiting")
    columns = [Column(t("intake.file")), Column(t("intake.size"), number=True), Column(t("models.who")),
               Column(t("audit.at")), Column(t("alert.actions"))]  # fmt: skip
    rows = [
        [
            html.Span(one.name, className="tm-wrap"),
            size(t, one.size),
            html.Span(one.who, className="tm-wrap"),
            t.time(one.received_at),
            html.Div(
                [_upload_button(t, "open", "play-fill", one), _upload_button(t, "forget", "x-lg", one)],
                className="tm-row-actions",
            ),
        ]
        for one in others
    ]
    return [html.H3(caption, className="tm-subhead"), table(caption, columns, rows)]


def _upload_button(t: Words, action: str, symbol: str, upload: Any) -> html.Button:
    return html.Button(
        [icon(symbol), html.Span(t(f"intake.{action}"))],
        id=ids.upload_button(action, upload.id),
        type="button",
        className="btn btn-sm btn-outline-secondary",
        **{"aria-label": t(f"intake.{action}.of", name=upload.name)},
    )


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


def decide(t: Words, place: str, check: str, load: str) -> list[Any]:
    """Checking, what was found, and doing it."""
    return [
        dcc.Store(id=ids.place(place, "checked")),
        html.Div(controls.action(t, ids.place(place, "check"), "clipboard", check), className="tm-actions"),
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
    return table(t("intake.cleaning"), columns, rows, class_name="tm-rules tm-switched")
