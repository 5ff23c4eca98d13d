"""The tables of the state database, as the newest migration leaves them."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    text,
)

from core.state.base import METADATA, UtcTime, now, quoted
from core.state.interface_tables import API_KEYS, BATCHES, PREDICTION_LOG
from core.state.monitoring_tables import (
    ALERT_EVENTS,
    ALERT_PROGRESS,
    ALERTS,
    FORECAST_LOG,
    MONITOR_DAYS,
    NOTIFICATIONS,
    SILENCES,
    STATISTICS,
)

__all__ = [
    "ACTIVE_STATES",
    "ALERTS",
    "ALERT_EVENTS",
    "ALERT_PROGRESS",
    "ALIASES",
    "API_KEYS",
    "AUDIT",
    "BATCHES",
    "FORECAST_LOG",
    "JOBS",
    "JOB_LOG",
    "JOB_STATES",
    "LEASES",
    "METADATA",
    "MONITOR_DAYS",
    "NOTIFICATIONS",
    "PREDICTION_LOG",
    "REVISION",
    "SCHEDULED_RUNS",
    "SCHEDULES",
    "SILENCES",
    "STATISTICS",
    "UtcTime",
    "now",
    "quoted",
]

REVISION = "0004"
"""The newest migration; a database that says this is up to date."""

JOB_STATES = ("queued", "running", "done", "failed", "cancelled", "interrupted")
ACTIVE_STATES = ("queued", "running")


ALIASES = Table(
    "aliases",
    METADATA,
    Column("name", String(64), primary_key=True),
    Column("version_id", String(64), nullable=False),
    Column("changed_at", UtcTime, nullable=False),
)
"""Which version carries a name such as ``champion`` now. Versions themselves live on disk."""

AUDIT = Table(
    "audit",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("at", UtcTime, nullable=False),
    Column("who", String(128), nullable=False),
    Column("subject", String(64), nullable=False, index=True),
    Column("from_value", Text),
    Column("to_value", Text),
    Column("reason", Text, nullable=False),
    Column("evidence", JSON),
)
"""Every change that matters, for ever. ``subject``: an alias (champion, challenger; the values are version ids), the
``schedule`` (settings as JSON), ``versions`` (from an id to nothing: removed), ``data`` (numbers of loads) or
``opening`` (days as JSON). The database refuses to change or delete a row (triggers of the migration)."""

_ACTIVE = text(f"state IN ({quoted(ACTIVE_STATES)})")

JOBS = Table(
    "jobs",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("kind", String(64), nullable=False, index=True),
    Column("state", String(16), nullable=False),
    Column("progress", Float, nullable=False),
    Column("message", Text, nullable=False),
    Column("who", String(128), nullable=False),
    Column("why", Text, nullable=False),
    Column("host", String(255), nullable=False),
    Column("pid", Integer, nullable=False),
    Column("pid_started", Float, nullable=False),
    Column("cancel_requested", Boolean, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("started_at", UtcTime),
    Column("seen_at", UtcTime, nullable=False),
    Column("finished_at", UtcTime),
    Column("error", Text),
    Column("result", JSON),
    Column("request", JSON),
    Column("left_seconds", Float),
    CheckConstraint(f"state IN ({quoted(JOB_STATES)})", name="state"),
    Index("uq_jobs_kind_active", "kind", unique=True, sqlite_where=_ACTIVE, postgresql_where=_ACTIVE),
)
"""Work in the background. At most one job of a kind is queued or running; ``progress`` runs from 0 to 1;
``pid_started`` (seconds since 1970) tells a process from a later one with the same number; ``seen_at`` is its last
sign of life; ``error`` is the sentence for the user; ``request`` what was asked for beyond the kind; ``left_seconds``
an estimate of the time until the end, made at ``seen_at``."""

JOB_LOG = Table(
    "job_log",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("job_id", Integer, ForeignKey("jobs.id"), nullable=False, index=True),
    Column("at", UtcTime, nullable=False),
    Column("level", String(16), nullable=False),
    Column("text", Text, nullable=False),
)
"""What a job did, step by step. ``level``: info, warning, error, or traceback (for the operator, not for the pages)."""

SCHEDULES = Table(
    "schedules",
    METADATA,
    Column("name", String(64), primary_key=True),
    Column("settings", JSON, nullable=False),
    Column("changed_at", UtcTime, nullable=False),
)
"""Settings of the schedule that somebody chose in the page; without a row those of the environment hold."""

SCHEDULED_RUNS = Table(
    "scheduled_runs",
    METADATA,
    Column("schedule", String(64), primary_key=True),
    Column("planned_at", UtcTime, primary_key=True),
    Column("taken_at", UtcTime, nullable=False),
    Column("missed", Integer, nullable=False),
    Column("job_id", Integer),
)
"""One row a planned time: whoever inserts it does the work, so nothing is done twice. ``missed``: how many planned
times before it had passed without anybody there; they are not made up one by one; -1: no run, only the beginning."""

LEASES = Table(
    "leases",
    METADATA,
    Column("name", String(64), primary_key=True),
    Column("holder", String(128), nullable=False),
    Column("until", UtcTime, nullable=False),
)
"""Who does what only one process may do, until when."""
