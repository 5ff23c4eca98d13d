"""What stands where there is nothing to show yet, or something went wrong."""

from __future__ import annotations

from typing import Any

from dash import dcc, html

from components.icons import icon
from components.words import Words


def message(
    t: Words,
    symbol: str,
    title: str,
    text: str,
    detail: Any = None,
    link: tuple[str, str] | None = None,
    bad: bool = False,
) -> html.Section:
    """A calm full-page message."""
    return html.Section(
        [
            html.Div(icon(symbol), className="tm-state-icon tm-state-bad" if bad else "tm-state-icon"),
            html.H1(title),
            html.P(text),
            detail,
            dcc.Link(link[1], href=link[0], className="btn btn-outline-secondary") if link else None,
        ],
        className="tm-state",
    )


def preparing(t: Words, job: Any | None) -> html.Section:
    """Shown until the first forecast exists. ``job`` has kind, progress (0..1) and message, or is None."""
    progress = float(job.progress) if job is not None else 0.0
    text = job.message if job is not None and job.message else t("prepare.waiting")
    percent = t.percent(progress)
    training = job is not None and job.kind == "train"
    steps = [
        _step(t, "prepare.step.data", done=training, now=not training),
        _step(t, "prepare.step.train", done=False, now=training),
    ]
    return message(
        t,
        "hourglass-split",
        t("prepare.title"),
        t("prepare.text"),
        html.Div(
            [
                html.Ol(steps, className="tm-steps"),
                html.Progress(
                    value=str(round(100 * progress)),
                    max="100",
                    className="tm-progress",
                    **{"aria-label": t("prepare.title")},
                ),
                html.P([html.Span(text), html.Span(percent)], className="tm-progress-text", role="status"),
            ]
        ),
    )


def _step(t: Words, key: str, done: bool, now: bool) -> html.Li:
    state = "done" if done else "now" if now else "next"
    return html.Li(t(key), className=f"tm-step tm-step-{state}")


def failed(t: Words, job: Any) -> html.Section:
    """The preparation ended without a result: why, and what to do."""
    return message(
        t,
        "exclamation-triangle-fill",
        t("prepare.failed.title"),
        job.error or t("prepare.failed.unknown"),
        html.P(t("prepare.failed.todo"), className="tm-note"),
        bad=True,
    )


def nothing(t: Words, text: str) -> html.Div:
    """A small note where a chart would be."""
    return html.Div([icon("info-circle"), html.Span(text)], className="tm-nothing")
