"""The tables of the state database, as the newest migration leaves them."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    text,
)

REVISION = "0002"
"""The newest migration; a database that says this is up to date."""

JOB_STATES = ("queued", "running", "done", "failed", "cancelled", "interrupted")
ACTIVE_STATES = ("queued", "running")


class UtcTime(TypeDecorator[dt.datetime]):
    """A moment: aware in Python, UTC without zone in the database, the same on SQLite and PostgreSQL."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> Any:
        return None if value is None else value.astimezone(dt.UTC).replace(tzinfo=None)

    def process_result_value(self, value: Any, dialect: Dialect) -> dt.datetime | None:
        return None if value is None else value.replace(tzinfo=dt.UTC)


def now() -> dt.datetime:
    """This moment in UTC, aware."""
    return dt.datetime.now(dt.UTC)


def quoted(words: tuple[str, ...]) -> str:
    """The words as an SQL list; for constants of this module only."""
    return ", ".join(f"'{word}'" for word in words)


METADATA = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    }
)

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
``schedule`` (settings as JSON) or ``versions`` (from an id to nothing: removed). The database refuses to change or
delete a row (triggers of the migration)."""

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
