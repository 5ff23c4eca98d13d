"""/health and its probes, and /info: how the service is, and what can be asked of it."""

from __future__ import annotations

import datetime as dt
import logging
import platform
from importlib.metadata import version as installed

from sqlalchemy.exc import SQLAlchemyError

from app.api.operation import Operation, Operations
from app.api.predict import serving_version
from app.api.schemas import MAX_HORIZON, Age, HealthResponse, InfoResponse, StatusResponse
from callbacks.services import services
from core import __version__
from core.errors import NotReadyError, TidemarkError
from core.lifecycle.serving import LEVELS, UNITS
from core.lifecycle.version import Version

PACKAGES = ("dash", "plotly", "flask", "pandas", "numpy", "duckdb")
JOB_KINDS = ("prepare", "train", "merge")

log = logging.getLogger(__name__)
operations = Operations("health")


@operations.operation(
    Operation("/health/live", "get", "Does the process answer?", "Looks at nothing else.", StatusResponse, None)
)
def live() -> StatusResponse:
    """200 as long as the process answers; looks at nothing else."""
    return StatusResponse(status="live")


@operations.operation(
    Operation(
        "/health/ready",
        "get",
        "Can a forecast be served?",
        "503 until the first forecast exists.",
        StatusResponse,
        None,
    )
)
def ready() -> StatusResponse:
    """200 once a forecast can be served, 503 before."""
    serving_version()
    return StatusResponse(status="ready")


@operations.operation(
    Operation(
        "/health",
        "get",
        "How the service is",
        "Always 200 while the process answers; problems are listed.",
        HealthResponse,
        None,
    )
)
def health() -> HealthResponse:
    """Always 200; what is wrong stands in ``problems``."""
    return _health()


@operations.operation(
    Operation(
        "/info",
        "get",
        "What can be asked for",
        "Measures, segments, models and levels in service.",
        InfoResponse,
        "read",
    )
)
def info() -> InfoResponse:
    """What can be asked for; empty lists before the first forecast."""
    try:
        version = serving_version()
    except NotReadyError:
        version = None
    series = version.series() if version else ()
    measures = dict.fromkeys(one.measure for one in series)
    return InfoResponse(
        name="Tidemark",
        version=version.id if version else None,
        software={"tidemark": __version__, "python": platform.python_version()}
        | {name: installed(name) for name in PACKAGES},
        measures={measure: UNITS[measure] for measure in measures},
        segments=list(dict.fromkeys(one.segment for one in series)),
        models=list(version.models) if version else [],
        levels=list(LEVELS),
        max_horizon=MAX_HORIZON,
        data_as_of=version.origin if version else None,
        trained_at=version.created_at if version else None,
    )


def _health() -> HealthResponse:
    version, problems = None, []
    try:
        version = services().registry.champion()
        problems += [str(one) for one in services().registry.problems()]
        problems += _failed_jobs()
    except SQLAlchemyError:
        log.exception("the database does not answer")
        problems.append("The database does not answer.")
    except (TidemarkError, OSError):
        log.exception("the state cannot be read")
        problems.append("The stored state cannot be read.")
    status = "degraded" if problems else "ok" if version else "preparing"
    return HealthResponse(
        status=status,
        version=version.id if version else None,
        data_as_of=version.origin if version else None,
        age=_age(version),
        problems=problems,
    )


def _failed_jobs() -> list[str]:
    """A sentence for each kind of job whose last run did not end well."""
    latest = [services().jobs.latest(kind) for kind in JOB_KINDS]
    return [
        f"The last {job.kind} job {'failed' if job.state == 'failed' else 'was interrupted'}: "
        f"{job.error or 'it ended before its work was done.'}"
        for job in latest
        if job is not None and job.state in ("failed", "interrupted")
    ]


def _age(version: Version | None) -> Age:
    if version is None:
        return Age(data_days=None, version_hours=None)
    now = dt.datetime.now(dt.UTC)
    created = dt.datetime.fromisoformat(version.created_at)
    created = created if created.tzinfo else created.replace(tzinfo=dt.UTC)
    today = dt.date.today()
    hours = round((now - created).total_seconds() / 3600, 2)
    return Age(data_days=(today - version.origin).days, version_hours=hours)
