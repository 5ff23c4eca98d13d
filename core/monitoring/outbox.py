"""The outbox: messages are written with the change they tell of, in one transaction, and sent later.

Whoever claims a row sends it. A claim counts an attempt and moves the next one ahead, so that two processes never send
the same row at once, and a row whose sender died is tried again: at least once, seldom twice.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, delete, exists, insert, select, update

from core.monitoring.alerting import Alert, Change
from core.monitoring.outlets import Outlets
from core.monitoring.silences import holding, silenced
from core.state.engine import reading, writing
from core.state.tables import NOTIFICATIONS

ATTEMPTS = 8
"""After so many a message is given up."""

FIRST_WAIT = dt.timedelta(minutes=2)
WAIT_FACTOR = 3
"""The waits between the eight attempts grow from two minutes to a day: a day and a half in all."""

OPENED, SPREAD, ESCALATED, RESOLVED = "opened", "spread", "escalated", "resolved"


@dataclass(frozen=True, slots=True)
class Notification:
    """A message in the outbox. ``event``: opened, spread, escalated or resolved; ``state``: waiting, sent or failed;
    times are aware UTC; ``error``: why the last attempt did not succeed."""

    id: int
    alert_id: int
    event: str
    channel: str
    state: str
    attempts: int
    next_at: dt.datetime
    sent_at: dt.datetime | None
    error: str | None


def queue(
    connection: Connection, outlets: Outlets, moment: dt.datetime, changes: Sequence[Change], *, tell: bool = True
) -> None:
    """Writes the messages that these changes call for. ``changes``: as they were written, with the alerts' numbers.

    An alert is told when it is open, bad enough, neither muted nor silenced nor acknowledged, once a channel; what was
    held back is told when it fires and the reason is gone. That it spread, got worse or ended is told where it was told
    before. Without ``tell`` all of them are held back, but for the end: whoever heard of the beginning hears of it.
    """
    silences = holding(connection, moment)
    for change in changes:
        if change.event == "reopened":  # it is told as if it were new
            connection.execute(delete(NOTIFICATIONS).where(NOTIFICATIONS.c.alert_id == change.alert.id))
        heard = tell and outlets.sends(change.alert.severity) and not silenced(change.alert, silences)
        if heard or change.event == "resolved":
            _queue(connection, outlets, moment, change.event, change.alert)


def _queue(connection: Connection, outlets: Outlets, moment: dt.datetime, event: str, alert: Alert) -> None:
    mine = select(NOTIFICATIONS).where(NOTIFICATIONS.c.alert_id == alert.id)
    rows = {(row.event, row.channel): row for row in connection.execute(mine)}
    for channel in outlets.channels:
        told = (OPENED, channel) in rows
        what = _message(event, alert, told=told)
        if what is None:
            continue
        values = {"state": "waiting", "attempts": 0, "next_at": moment, "sent_at": None, "error": None}
        if (what, channel) in rows:  # it spread or got worse once more
            same = NOTIFICATIONS.c.id == rows[what, channel].id
            connection.execute(update(NOTIFICATIONS).where(same).values(values))
        else:
            row = {"alert_id": alert.id, "event": what, "channel": channel, **values}
            connection.execute(insert(NOTIFICATIONS).values(row))


def _message(event: str, alert: Alert, *, told: bool) -> str | None:
    if event == "resolved":
        return RESOLVED if told else None
    if alert.state != "open" or alert.muted_by is not None:
        return None
    if event in (SPREAD, ESCALATED):
        return event if told else OPENED
    return None if told or alert.acknowledged_at else OPENED


def notifications(engine: Engine, alert_id: int) -> list[Notification]:
    """The messages about an alert, oldest first."""
    query = select(NOTIFICATIONS).where(NOTIFICATIONS.c.alert_id == alert_id).order_by(NOTIFICATIONS.c.id)
    with reading(engine) as connection:
        return [Notification(**row._mapping) for row in connection.execute(query)]


def claim(engine: Engine, moment: dt.datetime, skipped: frozenset[str]) -> Notification | None:
    """The next message that is due, now ours to send; None when there is none. ``skipped``: channels to leave out.

    A message waits for earlier ones of its alert and channel, so that nobody hears of an end before the beginning.
    """
    earlier = NOTIFICATIONS.alias()
    first = ~exists().where(
        earlier.c.alert_id == NOTIFICATIONS.c.alert_id,
        earlier.c.channel == NOTIFICATIONS.c.channel,
        earlier.c.state == "waiting",
        earlier.c.id < NOTIFICATIONS.c.id,
    )
    due = (NOTIFICATIONS.c.state == "waiting", NOTIFICATIONS.c.next_at <= moment)
    query = select(NOTIFICATIONS).where(*due, first, NOTIFICATIONS.c.channel.not_in(skipped))
    while True:
        with reading(engine) as connection:
            row = connection.execute(query.order_by(NOTIFICATIONS.c.id).limit(1)).one_or_none()
        if row is None:
            return None
        attempts = row.attempts + 1
        change = update(NOTIFICATIONS).where(NOTIFICATIONS.c.id == row.id, *due)
        values = {"attempts": attempts, "next_at": moment + FIRST_WAIT * WAIT_FACTOR ** (attempts - 1)}
        with writing(engine) as connection:
            mine = connection.execute(change.values(values).returning(*NOTIFICATIONS.c)).one_or_none()
        if mine is not None:  # else another process was first: look for another
            return Notification(**mine._mapping)


def succeeded(connection: Connection, one: Notification, moment: dt.datetime) -> None:
    """Marks a claimed message as sent."""
    _mark(connection, one, {"state": "sent", "sent_at": moment, "error": None})


def failed(connection: Connection, one: Notification, reason: str, *, for_good: bool) -> str:
    """Notes why a claimed message was not sent; its state now: waiting, or failed after the last attempt."""
    state = "failed" if for_good or one.attempts >= ATTEMPTS else "waiting"
    _mark(connection, one, {"state": state, "error": reason})
    return state


def _mark(connection: Connection, one: Notification, values: dict[str, object]) -> None:
    # only as it was claimed: a row that was written anew or claimed by another meanwhile is not ours any more
    same = (NOTIFICATIONS.c.id == one.id) & (NOTIFICATIONS.c.attempts == one.attempts)
    connection.execute(update(NOTIFICATIONS).where(same).values(values))
