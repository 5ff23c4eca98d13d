"""/jobs: what is done in the background, and an end to it."""

from __future__ import annotations

from typing import Any

from app.api.fields import next_of
from app.api.operation import Operation, Operations
from app.api.parts import no_such, row_number
from app.api.problems import ApiError
from app.api.schemas_jobs import JobLogLine, JobResponse, JobsQuery, JobsResponse, JobSummary
from callbacks.services import services
from core.lifecycle.bootstrap import PREPARE
from core.lifecycle.jobs import Job
from core.state.tables import now

HIDDEN_LEVEL = "traceback"
"""Lines of the log for the operator, as on the pages."""
HIDDEN_RESULT = {PREPARE: {"source"}}
"""By kind: what is not told of a result; the source is a path of this machine."""

JOB = {"job_id": "The number of a job."}

operations = Operations("jobs")


@operations.operation(
    Operation(
        "/jobs",
        "get",
        "What is and was done in the background",
        "Loading of data, training, the daily run and what was asked for on Monitor and Compare, the newest first.",
        JobsResponse,
        "read",
        query=JobsQuery,
    )
)
def list_jobs(query: JobsQuery) -> JobsResponse:
    """The newest jobs, or those before a number."""
    found = services().jobs.recent(query.limit, query.kind, before=query.before)
    return JobsResponse(
        jobs=[JobSummary(**_summary(job)) for job in found], next=next_of([job.id for job in found], query.limit)
    )


@operations.operation(
    Operation(
        "/jobs/{job_id}",
        "get",
        "How a job is getting on",
        "State, progress, steps so far, and what came of it.",
        JobResponse,
        "read",
        errors=(404,),
        parts=JOB,
    )
)
def show_job(job_id: str) -> JobResponse:
    """One job with its log."""
    return described(_job(job_id))


@operations.operation(
    Operation(
        "/jobs/{job_id}/cancel",
        "post",
        "End a job",
        "The job stops at its next step; one that nobody has begun ends at once. 409 for one that has ended.",
        JobResponse,
        "admin",
        status=202,
        errors=(404, 409),
        parts=JOB,
    )
)
def cancel_job(job_id: str) -> JobResponse:
    """Asks for the end; the answer says how the job is then."""
    job = _job(job_id)
    if not services().jobs.cancel(job.id):
        state = _job(job_id).state
        raise ApiError(409, f"Job {job.id} has ended already; its state is {state}.")
    return described(_job(job_id))


def url_of(job_id: int) -> str:
    """Where to look how a job is getting on."""
    return f"/jobs/{job_id}"


def described(job: Job) -> JobResponse:
    """The job with its log."""
    lines = services().jobs.log(job.id)
    return JobResponse(
        **_summary(job),
        request=None if job.request is None else dict(job.request),
        result=_shown(job),
        log=[JobLogLine(at=one.at, level=one.level, text=one.text) for one in lines if one.level != HIDDEN_LEVEL],
    )


def _job(text: str) -> Job:
    number = row_number(text, "job")
    job = services().jobs.get(number)
    if job is None:
        raise no_such("job", number)
    return job


def _summary(job: Job) -> dict[str, Any]:
    told = {name: getattr(job, name) for name in JobSummary.model_fields if name not in ("url", "left_seconds")}
    return {**told, "url": url_of(job.id), "left_seconds": _left(job)}


def _left(job: Job) -> float | None:
    """The estimate was made at the last sign of life."""
    if job.left_seconds is None or not job.active or job.cancel_requested:
        return None
    return round(max(job.left_seconds - (now() - job.seen_at).total_seconds(), 0.0), 1)


def _shown(job: Job) -> Any:
    if not isinstance(job.result, dict):
        return job.result
    return {key: value for key, value in job.result.items() if key not in HIDDEN_RESULT.get(job.kind, ())}
