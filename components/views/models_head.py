"""Models, at the top: which version is in use and how good it is, what waits, what is damaged, what is being done."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from dash import html

from components import ids, page
from components.icons import icon
from components.moments import left
from components.views import models_words as said
from components.words import Words

HEADLINE_MEASURE = "transactions"


TRAIN = "train"
"""The kind of a training's job."""


def head(t: Words, serving: str, versions: Sequence[Any], problems: Sequence[str]) -> list[Any]:
    """``serving``: id of the version that answers; ``versions``: core's Facts; ``problems``: sentences."""
    facts = next((one for one in versions if one.id == serving), None)
    waiting = next((one for one in versions if one.status == "challenger"), None)
    symbol, kind = ("exclamation-triangle-fill", "watch") if problems else ("check-circle-fill", "good")
    return [
        said.line(
            symbol,
            t("models.head.unknown", version=serving) if facts is None else headline(t, facts),
            f"tm-headline tm-health tm-health-{kind}",
            role="status",
        ),
        said.line("hourglass-split", challenger_sentence(t, waiting)) if waiting else None,
        _problems(t, problems) if problems else None,
    ]


def headline(t: Words, facts: Any) -> str:
    """One answer: which version, since when, from which data, how far off."""
    since = next((begun for begun, ended in reversed(facts.live) if ended is None), None)
    first = t(
        "models.head" if since else "models.head.stand_in",
        version=facts.id,
        since=t.time(since),
        created=t.date(facts.created_at.astimezone(), "day"),
        last_day=t.date(facts.last_day, "day"),
    )
    measure = HEADLINE_MEASURE if said.score(facts, HEADLINE_MEASURE) else next(iter(facts.measures), "")
    one = said.score(facts, measure)
    if one is None:
        return f"{first} {t('models.head.no_error')}"
    values = {"measure": t.measure(measure).lower(), "error": t.percent(one["wape"], 1)}
    between = said.error_range(t, one)
    second = t("models.head.error", **values, range=between) if between else t("models.head.error.bare", **values)
    return f"{first} {second}"


def challenger_sentence(t: Words, facts: Any) -> str:
    if not facts.gate:
        return t("models.head.waits.bare", version=facts.id)
    if facts.gate.get("promote"):
        return t("models.head.waits.moved", version=facts.id)
    return t("models.head.waits", version=facts.id, why=said.gate_reason(t, facts.gate))


def _problems(t: Words, problems: Sequence[str]) -> html.Section:
    return page.titled(
        t("models.problems"),
        [
            html.Ul(
                [html.Li([icon("exclamation-triangle-fill"), html.Span(one)]) for one in problems],
                className="tm-problems",
            ),
            html.P(t("models.problems.todo"), className="tm-note"),
        ],
    )


def job_card(t: Words, running: Sequence[Any], last: Any | None, now: dt.datetime) -> list[Any]:
    """What is being done and, unless that is a training, how the last one ended. ``running``, ``last``: core's Job."""
    shown = running_jobs(t, running, now)
    return shown if any(job.kind == TRAIN for job in running) else [*shown, _outcome(t, last)]


def running_jobs(t: Words, running: Sequence[Any], now: dt.datetime) -> list[Any]:
    """What is being done alone."""
    return [_running(t, job, now) for job in running]


def _running(t: Words, job: Any, now: dt.datetime) -> html.Div:
    name = said.kind_name(t, job.kind)
    if job.cancel_requested:
        message = t("models.job.stopping")
    elif job.state == "queued":
        message = t("models.job.queued")
    else:
        message = job.message or t("models.job.begun")
    remaining = None
    if job.left_seconds is not None and not job.cancel_requested:  # told at seen_at, some time ago
        remaining = max(job.left_seconds - (now - job.seen_at).total_seconds(), 0.0)
    numbers = " · ".join(part for part in (t.percent(job.progress), left(t, remaining)) if part)
    return html.Div(
        [
            html.H3(t("models.job.title", kind=name, job=job.id), className="tm-subhead"),
            html.Progress(
                value=str(round(100 * job.progress)), max="100", className="tm-progress", **{"aria-label": name}
            ),
            html.P([html.Span(message, role="status"), html.Span(numbers)], className="tm-progress-text"),
            html.P(
                t("models.job.by", who=job.who, when=t.time(job.created_at), why=said.trigger(t, job.why)),
                className="tm-note",
            ),
        ],
        className="tm-job",
    )


def job_actions(t: Words, running: Sequence[Any]) -> list[html.Button]:
    """A button a job, apart from what changes every second, so that it keeps the focus."""
    return [
        html.Button(
            [
                icon("x-lg"),
                html.Span(
                    t(
                        "models.job.stopping" if job.cancel_requested else "models.job.cancel",
                        kind=said.kind_name(t, job.kind).lower(),
                    )
                ),
            ],
            id=ids.cancel_button(job.id),
            type="button",
            disabled=bool(job.cancel_requested),
            className="btn btn-sm btn-outline-secondary",
        )
        for job in running
    ]


def _outcome(t: Words, job: Any | None) -> html.P:
    if job is None:
        return said.line("info-circle", t("models.last.none"))
    values = {"when": t.time(job.finished_at or job.seen_at), "job": job.id}
    if job.state == "done":
        result: Mapping[str, Any] = job.result or {}
        end = {True: "champion", False: "challenger"}.get(result.get("champion"), "done")
        return said.line("check-circle-fill", t(f"models.last.{end}", version=result.get("version", "–"), **values))
    symbol = said.STATES.get(job.state, ("question-circle", "none"))[0]
    text = t(f"models.last.{job.state}", **values)
    return said.line(symbol, f"{text} {job.error}" if job.error and job.state == "failed" else text)
