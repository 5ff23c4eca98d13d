"""The tables of the monitoring: what was measured each day, what was forecast, alerts and their messages."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from core.state.base import METADATA, UtcTime, quoted

ALERT_STATES = ("pending", "open", "resolved")
ACTIVE_ALERTS = ("pending", "open")
MESSAGE_STATES = ("waiting", "sent", "failed")

MONITOR_DAYS = Table(
    "monitor_days",
    METADATA,
    Column("version_id", String(64), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("at", UtcTime, nullable=False),
    Column("generation", String(64), nullable=False),
    Column("facts", JSON),
)
"""One row a data day that the monitoring has done for a version, from which generation of the data."""

STATISTICS = Table(
    "statistics",
    METADATA,
    Column("version_id", String(64), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("feature", String(128), primary_key=True),
    Column("level", String(8), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("psi", Float),
    Column("psi_excess", Float),
    Column("psi_limit", Float),
    Column("ks", Float),
    Column("ks_p", Float),
    Column("ks_limit", Float),
    Column("wasserstein", Float),
    Column("js", Float),
    Column("cramers_v", Float),
    Column("missing", Float),
    Column("n_ref", Integer, nullable=False),
    Column("n_cur", Integer, nullable=False),
    Column("verdict", String(24), nullable=False),
)
"""The drift measures of a feature on a day; a measure that does not fit the feature is null. ``n_*``: how many values
were in the two windows."""

FORECAST_LOG = Table(
    "forecast_log",
    METADATA,
    Column("version_id", String(64), primary_key=True),
    Column("series", String(255), primary_key=True),
    Column("target", Date, primary_key=True),
    Column("origin", Date, nullable=False),
    Column("made_at", UtcTime, nullable=False),
    Column("horizon", Integer, nullable=False),
    Column("model", String(64), nullable=False),
    Column("mean", Float, nullable=False),
    Column("lo80", Float),
    Column("hi80", Float),
    Column("lo95", Float),
    Column("hi95", Float),
)
"""What was forecast for the day ``target`` knowing the days up to ``origin``, in the unit of the series."""

ALERT_PROGRESS = Table(
    "alert_progress",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("last_day", Date),
    Column("news_from", Date, nullable=False),
    Column("after_alert", Integer, nullable=False),
    Column("totals", JSON, nullable=False),
    Column("at", UtcTime, nullable=False),
    sqlite_autoincrement=True,
)
"""How far the alerts have looked at the data: at most one row, with another number for other data. ``last_day``: the
last day that was looked at; ``news_from``: the first that may send messages; ``after_alert``: alerts up to this number
are about data before; ``totals``: values of the newest days of the data, by which they are known again; ``at``: when
anything was written."""

_ACTIVE = text(f"state IN ({quoted(ACTIVE_ALERTS)})")

ALERTS = Table(
    "alerts",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("version_id", String(64), nullable=False),
    Column("key", String(128), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("severity", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("first_day", Date, nullable=False),
    Column("opened_day", Date),
    Column("last_day", Date, nullable=False),
    Column("resolved_day", Date),
    Column("fired_days", Integer, nullable=False),
    Column("opened_at", UtcTime),
    Column("resolved_at", UtcTime),
    Column("acknowledged_at", UtcTime),
    Column("acknowledged_by", String(128)),
    Column("resolved_by", String(128)),
    Column("subjects", JSON, nullable=False),
    Column("value", Float, nullable=False),
    Column("limit", Float, nullable=False),
    Column("evidence", JSON, nullable=False),
    Column("muted_by", Integer),
    CheckConstraint(f"state IN ({quoted(ALERT_STATES)})", name="state"),
    Index("uq_alerts_key_active", "key", unique=True, sqlite_where=_ACTIVE, postgresql_where=_ACTIVE),
    Index("ix_alerts_resolved_day", "resolved_day"),
    sqlite_autoincrement=True,  # the number of a pending one that vanished is in muted_by of others: never used again
)
"""What was noticed. At most one alert of a key is pending or open. Days are data days: ``first_day`` and ``last_day``
those that fired first and last, ``fired_days`` how many did. ``value``, ``limit``,
``evidence``: of the worst moment. ``resolved_by``: a person, "quiet" when it ended by itself, "other data" when others
took their place. ``muted_by``: the
alert of broken data under which it fired last."""

ALERT_EVENTS = Table(
    "alert_events",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("alert_id", Integer, ForeignKey("alerts.id"), nullable=False, index=True),
    Column("at", UtcTime, nullable=False),
    Column("who", String(128), nullable=False),
    Column("event", String(32), nullable=False),
    Column("note", Text, nullable=False),
)
"""What happened to an alert from its opening on, for ever: the database refuses to change or delete a row (triggers of
the migration)."""

SILENCES = Table(
    "silences",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("kind", String(16)),
    Column("rule", String(64)),
    Column("subject", String(255)),
    Column("created_at", UtcTime, nullable=False),
    Column("until", UtcTime, nullable=False),
    Column("who", String(128), nullable=False),
    Column("reason", Text, nullable=False),
    Column("ended_at", UtcTime),
    Column("ended_by", String(128)),
    Index("ix_silences_ended_at", "ended_at"),
)
"""No messages about alerts of this kind, rule and subject (null: any) until a moment, or until somebody ended it."""

NOTIFICATIONS = Table(
    "notifications",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("alert_id", Integer, ForeignKey("alerts.id"), nullable=False),
    Column("event", String(16), nullable=False),
    Column("channel", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_at", UtcTime, nullable=False),
    Column("sent_at", UtcTime),
    Column("error", Text),
    CheckConstraint(f"state IN ({quoted(MESSAGE_STATES)})", name="state"),
    UniqueConstraint("alert_id", "event", "channel"),
    Index("ix_notifications_state_next_at", "state", "next_at"),
)
"""Messages to send: written with the change of the alert, sent later by whoever claims the row. ``next_at``: not tried
before; a claim moves it, so that a message whose sender died is tried again."""
