"""The monitoring: days done, statistics, logged forecasts, alerts with their events, silences and messages."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

REFUSE_SQLITE = """CREATE TRIGGER alert_events_no_{verb} BEFORE {verb} ON alert_events
BEGIN SELECT RAISE(ABORT, 'events of alerts stay as they are'); END"""

REFUSE_POSTGRESQL = (
    """CREATE FUNCTION alert_events_refuse() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'events of alerts stay as they are'; END $$""",
    "CREATE TRIGGER alert_events_no_change BEFORE UPDATE OR DELETE ON alert_events "
    "FOR EACH ROW EXECUTE FUNCTION alert_events_refuse()",
)


def upgrade() -> None:
    _measurements()
    _alerts()
    _make_append_only()
    _messages()


def _measurements() -> None:
    op.create_table(
        "monitor_days",
        sa.Column("version_id", sa.String(64), nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("generation", sa.String(64), nullable=False),
        sa.Column("facts", sa.JSON),
        sa.PrimaryKeyConstraint("version_id", "day", name="pk_monitor_days"),
    )
    measures = ("psi", "psi_excess", "psi_limit", "ks", "ks_p", "ks_limit", "wasserstein", "js", "cramers_v", "missing")
    op.create_table(
        "statistics",
        sa.Column("version_id", sa.String(64), nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("feature", sa.String(128), nullable=False),
        sa.Column("level", sa.String(8), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        *(sa.Column(measure, sa.Float) for measure in measures),
        sa.Column("n_ref", sa.Integer, nullable=False),
        sa.Column("n_cur", sa.Integer, nullable=False),
        sa.Column("verdict", sa.String(24), nullable=False),
        sa.PrimaryKeyConstraint("version_id", "day", "feature", name="pk_statistics"),
    )
    op.create_table(
        "forecast_log",
        sa.Column("version_id", sa.String(64), nullable=False),
        sa.Column("series", sa.String(255), nullable=False),
        sa.Column("target", sa.Date, nullable=False),
        sa.Column("origin", sa.Date, nullable=False),
        sa.Column("made_at", sa.DateTime, nullable=False),
        sa.Column("horizon", sa.Integer, nullable=False),
        sa.Column("model", sa.String(64), nullable=False),
        sa.Column("mean", sa.Float, nullable=False),
        *(sa.Column(bound, sa.Float) for bound in ("lo80", "hi80", "lo95", "hi95")),
        sa.PrimaryKeyConstraint("version_id", "series", "target", name="pk_forecast_log"),
    )


def _alerts() -> None:
    op.create_table(
        "alerts",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("version_id", sa.String(64), nullable=False),
        sa.Column("key", sa.String(128), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("severity", sa.String(16), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("first_day", sa.Date, nullable=False),
        sa.Column("opened_day", sa.Date),
        sa.Column("last_day", sa.Date, nullable=False),
        sa.Column("resolved_day", sa.Date),
        sa.Column("fired_days", sa.Integer, nullable=False),
        sa.Column("opened_at", sa.DateTime),
        sa.Column("resolved_at", sa.DateTime),
        sa.Column("acknowledged_at", sa.DateTime),
        sa.Column("acknowledged_by", sa.String(128)),
        sa.Column("resolved_by", sa.String(128)),
        sa.Column("subjects", sa.JSON, nullable=False),
        sa.Column("value", sa.Float, nullable=False),
        sa.Column("limit", sa.Float, nullable=False),
        sa.Column("evidence", sa.JSON, nullable=False),
        sa.Column("muted_by", sa.Integer),
        sa.PrimaryKeyConstraint("id", name="pk_alerts"),
        sa.CheckConstraint("state IN ('pending', 'open', 'resolved')", name=op.f("ck_alerts_state")),
        sqlite_autoincrement=True,
    )
    active = sa.text("state IN ('pending', 'open')")
    op.create_index(
        "uq_alerts_key_active", "alerts", ["key"], unique=True, sqlite_where=active, postgresql_where=active
    )
    op.create_index("ix_alerts_resolved_day", "alerts", ["resolved_day"])
    op.create_table(
        "alert_events",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("alert_id", sa.Integer, nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("who", sa.String(128), nullable=False),
        sa.Column("event", sa.String(32), nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_alert_events"),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name="fk_alert_events_alert_id_alerts"),
    )
    op.create_index("ix_alert_events_alert_id", "alert_events", ["alert_id"])
    op.create_table(
        "alert_progress",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("last_day", sa.Date),
        sa.Column("news_from", sa.Date, nullable=False),
        sa.Column("after_alert", sa.Integer, nullable=False),
        sa.Column("totals", sa.JSON, nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_alert_progress"),
        sqlite_autoincrement=True,
    )


def _make_append_only() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(REFUSE_SQLITE.format(verb=verb))
    elif op.get_bind().dialect.name == "postgresql":
        for statement in REFUSE_POSTGRESQL:
            op.execute(statement)


def _messages() -> None:
    op.create_table(
        "silences",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("kind", sa.String(16)),
        sa.Column("rule", sa.String(64)),
        sa.Column("subject", sa.String(255)),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("until", sa.DateTime, nullable=False),
        sa.Column("who", sa.String(128), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("ended_at", sa.DateTime),
        sa.Column("ended_by", sa.String(128)),
        sa.PrimaryKeyConstraint("id", name="pk_silences"),
    )
    op.create_index("ix_silences_ended_at", "silences", ["ended_at"])
    op.create_table(
        "notifications",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("alert_id", sa.Integer, nullable=False),
        sa.Column("event", sa.String(16), nullable=False),
        sa.Column("channel", sa.String(16), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("next_at", sa.DateTime, nullable=False),
        sa.Column("sent_at", sa.DateTime),
        sa.Column("error", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_notifications"),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name="fk_notifications_alert_id_alerts"),
        sa.UniqueConstraint("alert_id", "event", "channel", name="uq_notifications_alert_id_event_channel"),
        sa.CheckConstraint("state IN ('waiting', 'sent', 'failed')", name=op.f("ck_notifications_state")),
    )
    op.create_index("ix_notifications_state_next_at", "notifications", ["state", "next_at"])


def downgrade() -> None:
    raise NotImplementedError("events of alerts are append-only: going back would lose rows; restore a copy")
