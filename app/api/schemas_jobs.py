"""What the API says of jobs, as pydantic models."""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal

from pydantic import BaseModel, Field

from app.api.fields import PageQuery
from core.lifecycle.work import KINDS

JobState = Literal["queued", "running", "done", "failed", "cancelled", "interrupted"]
JobKind = Literal[KINDS]


class JobsQuery(PageQuery):
    """Which jobs."""

    kind: JobKind | None = Field(None, description="Jobs of this kind only.")


class JobSummary(BaseModel):
    """How a piece of work in the background is getting on."""

    id: int
    url: str = Field(description="Where to look again.")
    kind: str
    state: JobState
    progress: float = Field(ge=0, le=1)
    message: str = Field(description="The step that it is at.")
    left_seconds: float | None = Field(description="An estimate of the time until the end; null while there is none.")
    who: str
    why: str
    cancel_requested: bool
    created_at: dt.datetime
    started_at: dt.datetime | None
    seen_at: dt.datetime = Field(description="Its last sign of life.")
    finished_at: dt.datetime | None
    error: str | None = Field(description="Why it did not end well.")


class JobsResponse(BaseModel):
    """Jobs, the newest first."""

    jobs: list[JobSummary]
    next: int | None = Field(description="Give it as `before` to get what follows; null at the end.")


class JobLogLine(BaseModel):
    """A step of a job."""

    at: dt.datetime
    level: Literal["info", "warning", "error"]
    text: str


class JobResponse(JobSummary):
    """A job with all that is known of it."""

    request: dict[str, Any] | None = Field(description="What was asked for beyond its kind.")
    result: Any = Field(description="What came of it, different for every kind; null before the end.")
    log: list[JobLogLine] = Field(description="Its newest 500 steps in order; the operator sees more on the machine.")
