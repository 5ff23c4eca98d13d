"""What callbacks and the HTTP interface work with, and how they get at it: one object a web process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import current_app, request

from components.figures.palette import Theme, theme_named
from components.words import EXTENSION as WORDS
from components.words import Words

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from core.lifecycle.jobs import Job, Jobs
    from core.lifecycle.registry import Registry
    from core.lifecycle.schedule import Schedule
    from core.transactions.store import Store

EXTENSION = "tidemark"
THEME_COOKIE = "tidemark_theme"


@dataclass(frozen=True, slots=True)
class Services:
    """``settings`` is app.settings.Settings; its ``core`` is the core.config.Config of the installation."""

    settings: Any
    store: Store
    registry: Registry
    jobs: Jobs
    schedule: Schedule
    engine: Engine


def services() -> Services:
    """The services of the running application."""
    found: Services = current_app.extensions[EXTENSION]
    return found


def words() -> Words:
    """The texts in the language of the request (the wiring put the translator here)."""
    translate: Any = current_app.extensions[WORDS]
    found: Words = translate()
    return found


def theme() -> Theme:
    """The colours that the page of the request is shown in."""
    return theme_named(request.cookies.get(THEME_COOKIE, ""))


def first_run_job(found: Services) -> Job | None:
    """The job that is making, or last failed to make, what the pages need."""
    jobs = [job for kind in ("prepare", "train") if (job := found.jobs.latest(kind)) is not None]
    return max(jobs, key=lambda job: job.created_at, default=None)
