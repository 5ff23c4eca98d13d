"""Models: the schedule in words, its form, and what the last daily run found."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import dash_bootstrap_components as dbc
from dash import html

from components import controls, ids
from components.views import models_words as said
from components.words import Words

STANDARD_AT, STANDARD_DAYS, MOST_DAYS = "06:00", 7, 365
"""What stands in a field whose switch is off, and the most days that it takes."""


def form(t: Words) -> html.Div:
    """Fields that callbacks fill with what holds now."""
    here = ids.Models
    return html.Div(
        [
            html.Fieldset(
                [
                    html.Legend(t("schedule.daily"), className="tm-label"),
                    dbc.Switch(id=here.DAILY_ON, label=t("schedule.daily.on"), value=False),
                    controls.field(
                        t("schedule.daily.at"), dbc.Input(id=here.DAILY_AT, type="time", size="sm"), here.DAILY_AT
                    ),
                ],
                className="tm-field",
            ),
            html.Fieldset(
                [
                    html.Legend(t("schedule.retrain"), className="tm-label"),
                    dbc.Switch(id=here.EVERY_ON, label=t("schedule.every.on"), value=False),
                    controls.field(
                        t("schedule.every"),
                        dbc.Input(id=here.EVERY, type="number", min=1, max=MOST_DAYS, step=1, size="sm"),
                        here.EVERY,
                    ),
                    dbc.Switch(id=here.DRIFT, label=t("schedule.drift"), value=False),
                    dbc.Switch(id=here.LOSS, label=t("schedule.loss"), value=False),
                ],
                className="tm-field",
            ),
        ],
        className="tm-schedule",
    )


def where_from(t: Words, settings: Any, chosen: bool, following: dt.datetime | None) -> list[Any]:
    """``settings``: core's schedule Settings; ``following``: when the next daily run is due."""
    return [
        said.line("info-circle", t("schedule.from.page" if chosen else "schedule.from.environment")),
        said.line(
            "clock-history",
            t("schedule.next", when=t.time(following)) if following else t("schedule.never"),
        ),
        None if settings.daily_at else html.P(t("schedule.never.note"), className="tm-note"),
    ]


def in_words(t: Words, values: Mapping[str, Any]) -> str:
    """Settings in one phrase, for the audit."""
    at, days = values.get("daily_at"), values.get("every_days")
    parts = [t("schedule.words.daily", at=at) if at else t("schedule.words.never")]
    if days:
        parts.append(t.count("models.every_days", int(days)))
    parts += [t(f"schedule.words.{name}") for name in ("drift", "loss") if values.get(f"on_{name}")]
    return ", ".join(parts)


def last_daily(t: Words, job: Any | None) -> html.P:
    """How the last daily run ended; ``job``: core's Job, ended, or None."""
    if job is None:
        return said.line("info-circle", t("schedule.last.none"))
    when = t("schedule.last.when", when=t.time(job.finished_at or job.seen_at))
    symbol = said.STATES.get(job.state, ("question-circle", "none"))[0]
    if job.state != "done":
        ended = t.get(f"models.state.{job.state}", job.state).lower()
        return said.line(symbol, f"{when} {ended}. {job.error or ''}".strip())
    return said.line(symbol, f"{when} {daily_found(t, job.result or {})}")


def daily_found(t: Words, result: Mapping[str, Any]) -> str:
    """Three sentences: drift, forecasts against what came, and what followed."""
    drifted, performance, reason = (result.get(name) for name in ("drifted", "performance", "retrain"))
    if drifted is None:
        drift = t("schedule.found.drift.unknown")
    else:
        drift = t("schedule.found.drift", names=said.features(t, drifted)) if drifted else t("schedule.found.stable")
    if performance is None:
        errors = t("schedule.found.errors.unknown")
    else:
        key = "schedule.found.errors.worse" if performance.get("worse") else "schedule.found.errors"
        errors = t.count(key, int(performance.get("days", 0)), error=t.percent(performance.get("error"), 1))
    then = t("schedule.found.retrain", why=said.trigger(t, reason)) if reason else t("schedule.found.keep")
    return f"{drift} {errors} {then}"
