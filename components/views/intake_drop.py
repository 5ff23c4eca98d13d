"""Loading a file: where it is dropped, what is allowed, and which files wait."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import html

from components import controls, ids, page
from components.icons import icon
from components.tables import Column, table
from components.words import Words

SUFFIXES = ".csv,.xlsx,.parquet"
MEGABYTE, MOST_SOURCES = 2**20, 5


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
    return [html.H3(caption, className="tm-subhead"), table(caption, columns, rows, live=True)]


def _upload_button(t: Words, action: str, symbol: str, upload: Any) -> html.Button:
    return html.Button(
        [icon(symbol), html.Span(t(f"intake.{action}"))],
        id=ids.upload_button(action, upload.id),
        type="button",
        className="btn btn-sm btn-outline-secondary",
        **{"aria-label": t(f"intake.{action}.of", name=upload.name)},
    )
