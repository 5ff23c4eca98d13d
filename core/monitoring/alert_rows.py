"""Alerts and their events in the database; inside the caller's transaction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, insert, select, text, update

from core.monitoring.alerting import OTHER_DATA, Alert, Change
from core.state.tables import ALERT_EVENTS, ALERTS

MONITORING = "monitoring"
"""Who did what nobody did."""

TOLD = ("opened", "reopened", "spread", "escalated", "muted", "resolved")
"""Changes that become events; that an open alert fires once more is in its last day."""

OF_MESSAGES = ("sent", "not sent")
"""Events that tell of messages and change nothing about the alert."""


@dataclass(frozen=True, slots=True)
class AlertEvent:
    """What happened to an alert: opened, reopened, spread, escalated, muted, acknowledged, resolved, sent, not sent."""

    id: int
    alert_id: int
    at: dt.datetime
    who: str
    event: str
    note: str


def read(connection: Connection, *where: ColumnElement[bool], newest: int | None = None) -> list[Alert]:
    """The alerts for which all of this holds, oldest first; with ``newest``: so many, newest first."""
    query = select(ALERTS).where(*where)
    query = query.order_by(ALERTS.c.id) if newest is None else query.order_by(ALERTS.c.id.desc()).limit(newest)
    return [alert_of(row._mapping) for row in connection.execute(query)]


def alert_of(row: Any) -> Alert:
    """An alert from a row of the table."""
    return Alert(**{**row, "subjects": tuple(row["subjects"])})


def lock(connection: Connection) -> None:
    """Until the end of the transaction nobody else changes alerts. SQLite's transactions lock everything anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("LOCK TABLE alerts IN SHARE ROW EXCLUSIVE MODE"))


def write(connection: Connection, version_id: str, moment: dt.datetime, changes: Sequence[Change]) -> list[Change]:
    """Writes the changes of a day in their order; returns them with the numbers the alerts got."""
    return [_write(connection, version_id, moment, change) for change in changes]


def _write(connection: Connection, version_id: str, moment: dt.datetime, change: Change) -> Change:
    alert = change.alert
    if change.event == "vanished":  # it was never open: no event or message points to it
        connection.execute(delete(ALERTS).where(ALERTS.c.id == alert.id))
        return change
    if change.muted_by is not None:
        fault = select(ALERTS.c.id).where(ALERTS.c.key == change.muted_by).order_by(ALERTS.c.id.desc()).limit(1)
        alert = replace(alert, muted_by=connection.execute(fault).scalar_one())
    if change.event == "opened":
        alert = replace(alert, opened_at=moment)
    if change.event == "resolved":
        alert = replace(alert, resolved_at=moment)
    alert = _save(connection, replace(alert, version_id=alert.version_id or version_id))
    if change.event in TOLD and alert.state != "pending":
        add_event(connection, alert.id, moment, MONITORING, change.event, _note(change.event, alert))
    return replace(change, alert=alert)


def _save(connection: Connection, alert: Alert) -> Alert:
    values = {**asdict(alert), "subjects": list(alert.subjects), "evidence": dict(alert.evidence)}
    del values["id"]
    if alert.id:
        connection.execute(update(ALERTS).where(ALERTS.c.id == alert.id).values(values))
        return alert
    return replace(alert, id=connection.execute(insert(ALERTS).values(values).returning(ALERTS.c.id)).scalar_one())


def add_event(connection: Connection, alert_id: int, moment: dt.datetime, who: str, event: str, note: str) -> None:
    """Adds a line to the history of an alert."""
    values = {"alert_id": alert_id, "at": moment, "who": who[:128], "event": event, "note": note}
    connection.execute(insert(ALERT_EVENTS).values(values))


def _note(event: str, alert: Alert) -> str:
    if event == "resolved" and alert.resolved_by == OTHER_DATA:
        return "other data came"
    if event == "resolved":
        return f"quiet since {alert.last_day}"
    if event == "muted":
        return f"fires on {alert.last_day} under alert {alert.muted_by} of broken data"
    return f"{alert.severity} on {alert.last_day}: {', '.join(alert.subjects)}, {alert.value:g} over {alert.limit:g}"
