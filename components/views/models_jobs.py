"""Models: the newest jobs in a table, and the log of one of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dash import html

from components import ids, states
from components.icons import icon
from components.moments import duration
from components.tables import Column, table, text_table
from components.views import models_words as said
from components.views.models_schedule import daily_found
from components.words import MISSING, Words

HIDDEN_LEVEL = "traceback"
"""Lines for the operator, which no page shows."""
MADE_A_VERSION = "train"
"""Kind of the jobs whose result is a version; what others have found stands on the page Monitor."""


def jobs_table(t: Words, jobs: Sequence[Any], shown: int | None) -> Any:
    """``jobs``: core's Job, newest first; ``shown``: the one whose log is open."""
    if not jobs:
        return states.nothing(t, t("jobs.none"))
    columns = [
        Column(t("jobs.number")),
        Column(t("jobs.kind")),
        Column(t("jobs.state")),
        Column(t("jobs.log")),
        Column(t("jobs.begun")),
        Column(t("models.took"), number=True),
        Column(t("models.who")),
        Column(t("models.why")),
        Column(t("jobs.result")),
    ]
    rows = [
        [
            str(job.id),
            said.kind_name(t, job.kind),
            said.state_badge(t, job.state),
            _log_button(t, job, job.id == shown),
            t.time(job.started_at or job.created_at),
            duration(t, _seconds(job)),
            html.Span(job.who, className="tm-wrap"),
            html.Span(said.trigger(t, job.why), className="tm-wrap"),
            html.Span(result(t, job), className="tm-wrap tm-wrap-wide"),
        ]
        for job in jobs
    ]
    classes = ["tm-row-chosen" if job.id == shown else "" for job in jobs]
    return table(t("jobs.caption"), columns, rows, classes, class_name="tm-board tm-tall", live=True)


def _seconds(job: Any) -> float | None:
    """None while it runs: the table is drawn when a job begins or ends, and the time would stand still."""
    if job.started_at is None or job.finished_at is None:
        return None
    return float((job.finished_at - job.started_at).total_seconds())


def _log_button(t: Words, job: Any, pressed: bool) -> html.Button:
    return html.Button(
        [icon("file-text"), html.Span(t("jobs.log.show")), html.Span(f" {job.id}", className="visually-hidden")],
        id=ids.log_button(job.id),
        type="button",
        className="btn btn-sm btn-outline-secondary",
        **{"aria-expanded": "true" if pressed else "false", "aria-controls": ids.Models.LOG},
    )


def result(t: Words, job: Any) -> str:
    """What came of a job in words; nothing while it runs."""
    if job.error:
        return str(job.error)
    found: Mapping[str, Any] = job.result if isinstance(job.result, Mapping) else {}
    if job.state != "done" or not found:
        return MISSING
    if job.kind == "daily":
        return daily_found(t, found)
    if job.kind == "prepare":
        return t("jobs.result.data")
    if job.kind != MADE_A_VERSION:
        return MISSING
    end = {True: "champion", False: "challenger"}.get(found.get("champion"), "version")
    return t(f"jobs.result.{end}", version=found.get("version", MISSING))


def job_log(t: Words, job: Any | None, number: int, lines: Sequence[Any]) -> html.Div:
    """``lines``: core's LogLine; tracebacks are left out, and a sentence says where they are."""
    if job is None:
        return html.Div(states.nothing(t, t("jobs.missing", job=number)))
    seen = [one for one in lines if one.level != HIDDEN_LEVEL]
    columns = [Column(t("jobs.log.at")), Column(t("jobs.log.level")), Column(t("jobs.log.text"))]
    title = t("jobs.log.title", job=number, kind=said.kind_name(t, job.kind).lower())
    rows = [[f"{one.at.astimezone():%H:%M:%S}", t.get(f"jobs.level.{one.level}", one.level), one.text] for one in seen]
    return html.Div(
        [
            html.H3(title, className="tm-subhead"),
            text_table(title, columns, rows, class_name="tm-tall tm-log")
            if rows
            else states.nothing(t, t("jobs.log.none")),
            html.P([t("jobs.log.traceback"), " ", html.Code(f"python -m core jobs show {number}")], className="tm-note")
            if len(seen) < len(lines)
            else None,
        ]
    )
