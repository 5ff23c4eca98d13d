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
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    text,
)

REVISION = "0001"
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

ALIAS_EVENTS = Table(
    "alias_events",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("at", UtcTime, nullable=False),
    Column("who", String(128), nullable=False),
    Column("alias", String(64), nullable=False, index=True),
    Column("from_version", String(64)),
    Column("to_version", String(64), nullable=False),
    Column("reason", Text, nullable=False),
    Column("evidence", JSON),
)
"""Every move of an alias, for ever: rows are only ever added."""

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
    CheckConstraint(f"state IN ({quoted(JOB_STATES)})", name="state"),
    Index("uq_jobs_kind_active", "kind", unique=True, sqlite_where=_ACTIVE, postgresql_where=_ACTIVE),
)
"""Work in the background. At most one job of a kind is queued or running; ``progress`` runs from 0 to 1;
``pid_started`` (seconds since 1970) tells a process from a later one with the same number; ``seen_at`` is its last
sign of life; ``error`` is the sentence for the user."""
