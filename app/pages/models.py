"""Models: which version is in use, what waits, training, schedule, jobs and the audit."""

from __future__ import annotations

from typing import Any

from dash import dcc, html

from app.i18n import words
from components import controls, ids, page
from components.query import measure_of, text
from components.views import models_ask, models_retrain, models_schedule
from components.words import Words


def layout(measure: str | None = None, job: str | None = None, **_: object) -> html.Div:
    """The page for ``/lifecycle?measure=revenue&job=12``."""
    t = words()
    here = ids.Models
    return page.frame(
        t,
        "models",
        [],
        [
            dcc.Store(id=here.ASKED),
            dcc.Store(id=here.JOB_SHOWN),
            dcc.Store(id=here.SCHEDULE_KNOWN),
            dcc.Store(id=here.LOG_OF, data=text(job, "", 9)),
            dcc.Download(id=here.DOWNLOAD),
            dcc.Download(id=here.AUDIT_DOWNLOAD),
            page.area(here.BODY, "lead"),
            html.Div(models_ask.name_field(t), className="tm-controls"),
            page.titled(
                t("models.work"),
                [
                    html.Div(id=here.JOB, className="tm-told-list"),
                    html.Div(id=here.JOB_ACTIONS, className="tm-actions"),
                    html.H3(t("retrain.title"), className="tm-subhead"),
                    models_retrain.form(t),
                ],
            ),
            page.card(
                [
                    _head(t, t("models.versions"), here.CSV, t("models.versions.csv")),
                    html.P(id=here.SAID, className="tm-form-said", role="status"),
                    page.area(here.VERSIONS),
                ]
            ),
            page.titled(
                t("models.versus"),
                [
                    html.Div(
                        controls.measure_picker(t, here.MEASURE, measure_of(measure)), className="tm-card-controls"
                    ),
                    page.area(here.VERSUS),
                ],
            ),
            page.titled(t("schedule.title"), _schedule(t)),
            page.titled(
                t("jobs.title"),
                [page.area(here.JOBS, "lead"), html.Div(id=here.LOG, **{"aria-live": "polite"})],
            ),
            page.card([_head(t, t("audit.title"), here.AUDIT_CSV, t("audit.csv")), page.area(here.AUDIT, "lead")]),
            models_ask.dialog(t),
        ],
    )


def _head(t: Words, title: str, button: str, label: str) -> html.Div:
    return html.Div(
        [html.H2(title, className="tm-card-title"), controls.action(t, button, "download", label)],
        className="tm-card-head",
    )


def _schedule(t: Words) -> list[Any]:
    here = ids.Models
    return [
        html.P(t("schedule.intro"), className="tm-subtitle"),
        html.Div(id=here.SCHEDULE, className="tm-told-list"),
        models_schedule.form(t),
        html.Div(
            [
                html.Button(t("schedule.save"), id=here.SAVE, type="button", className="btn btn-sm btn-primary"),
                controls.action(t, here.RESET, "arrow-counterclockwise", t("schedule.reset")),
                controls.action(t, here.RUN, "play-fill", t("schedule.run")),
            ],
            className="tm-actions",
        ),
        html.P(id=here.SCHEDULE_SAID, className="tm-form-said", role="status"),
        html.Div(id=here.LAST_DAILY, className="tm-told-list"),
    ]
