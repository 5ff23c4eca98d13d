"""Monitor: how much would be found: the share of changes found within a month, and how soon, by their size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dash import html

from components import ids, page, states
from components.chart import chart
from components.figures.palette import Theme
from components.figures.power import power_figure
from components.tables import Column, text_table
from components.views import models_words as told
from components.views.monitor_made import outcome
from components.views.monitor_trial import failure
from components.words import MISSING, Words

WITHIN_DAYS = 30
"""As core.monitoring.power.WATCH_DAYS (a test compares)."""
MOST = 0.8
"""A size is called found when so many of its starts are."""

Rows = Sequence[Mapping[str, Any]]


def card(t: Words) -> html.Section:
    here = ids.Monitor
    return page.titled(
        t("power.title"),
        [
            html.P(t("power.intro"), className="tm-subtitle"),
            html.Button(t("power.do"), id=here.POWER_DO, type="button", className="btn btn-sm btn-outline-secondary"),
            html.P(id=here.POWER_SAID, className="tm-form-said", role="status"),
        ],
    )


def answer(t: Words, theme: Theme, job: Any | None, done: Any | None = None, stamp: Any = None) -> Any:
    """``job``: the newest of its kind that has ended, or None; ``done``: the newest with an answer; ``stamp``: of what
    that was made."""
    if job is None:
        return states.nothing(t, t("power.none"))
    note, shown = outcome(t, job, done, (Mapping, Sequence), t("power.cancelled"), t("power.failed"), failure)
    if shown is None:
        return note
    known = shown.result["found"] if isinstance(shown.result, Mapping) else shown.result  # a list in earlier versions
    rows = sorted(known, key=lambda one: float(one["size"]))
    return [
        *([note] if note is not None else []),
        told.line("info-circle", sentence(t, rows)),
        html.Div([_shares(t, theme, rows), _delays(t, theme, rows)], className="tm-two"),
        stamp,
    ]


def sentence(t: Words, rows: Rows) -> str:
    """The smallest change that is mostly found, and how soon."""
    kind = t(f"trial.kind.{rows[0]['kind']}")
    found = next((one for one in sorted(rows, key=lambda one: abs(one["size"])) if one["share"] >= MOST), None)
    if found is None:
        most = max(rows, key=lambda one: abs(one["size"]))
        return t(
            "power.sentence.none", kind=kind, size=_size(t, most), share=t.percent(most["share"]), days=WITHIN_DAYS
        )
    return t("power.sentence", kind=kind, size=_size(t, found), share=t.percent(found["share"]), days=WITHIN_DAYS,
             median=t.count("control.days", round(found["median"])))  # fmt: skip


def _size(t: Words, row: Mapping[str, Any]) -> str:
    return t.percent(row["size"])


def _shares(t: Words, theme: Theme, rows: Rows) -> html.Figure:
    title = t("power.share.title", kind=t(f"trial.kind.{rows[0]['kind']}"), days=WITHIN_DAYS)
    values = [float(one["share"]) for one in rows]
    figure = power_figure(t, theme, [float(one["size"]) for one in rows], values, t("power.share"), 1.04, ".0%")
    columns = [Column(t("power.size"), number=True), Column(t("power.share"), number=True),
               Column(t("power.starts"), number=True), Column(t("power.median"), number=True)]  # fmt: skip
    cells = [[_size(t, one), t.percent(one["share"]), t.number(len(one["starts"])), t.number(one["median"], 1)]
             for one in rows]  # fmt: skip
    return chart(t, "power-share", title, figure, sentence(t, rows), text_table(title, columns, cells), height=300,
                 subtitle=t("power.how", n=t.number(len(rows[0]["starts"]))))  # fmt: skip


def _delays(t: Words, theme: Theme, rows: Rows) -> html.Figure:
    title = t("power.delay.title")
    values = [one["median"] for one in rows]
    figure = power_figure(t, theme, [float(one["size"]) for one in rows], values, t("power.median"), WITHIN_DAYS, "d")
    known = [one for one in rows if one["median"] is not None]
    summary = (
        t("power.delay.none")
        if not known
        else t(
            "power.delay.summary", size=_size(t, known[-1]), days=t.count("control.days", round(known[-1]["median"]))
        )
    )
    columns = [Column(t("power.size"), number=True), *(Column(t.date(day, "day"), number=True)
               for day in rows[0]["starts"])]  # fmt: skip
    cells = [[_size(t, one), *(MISSING if day is None else t.number(day) for day in one["days"])] for one in rows]
    return chart(t, "power-delay", title, figure, summary, text_table(title, columns, cells), height=300,
                 subtitle=t("power.delay.how"))  # fmt: skip
