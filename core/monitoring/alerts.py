"""The alerts of the monitoring: a day's signals go in; people look, acknowledge, resolve and silence."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, and_, case, func, or_, select, update

from core.errors import InputError, MissingError
from core.monitoring import alert_rows, outbox, progress, silences
from core.monitoring.alert_rows import OF_MESSAGES, AlertEvent, add_event
from core.monitoring.alerting import OTHER_DATA, Alert, Change, Policy, ended, step
from core.monitoring.outbox import Notification
from core.monitoring.outlets import Outlets
from core.monitoring.signal import SEVERITIES, Severity, Signal
from core.monitoring.silences import Silence
from core.state.base import MOST_ROWS
from core.state.engine import reading, writing
from core.state.tables import ALERT_EVENTS, ALERT_PROGRESS, ALERTS, now

FRESHNESS = "freshness"

POLICY = Policy(per_kind={"freshness": Policy(resolve_after_days=0)})
"""Data that come again end the alert that they do not come, at once."""


def freshness(
    last_day: dt.date,
    today: dt.date,
    budget_days: int = 3,
    critical_days: int = 7,
    closed: Collection[dt.date] = (),
) -> Signal | None:
    """That data stopped coming: when ``today``, of the calendar on the wall, is more than ``budget_days`` days after
    the newest data day, critical beyond ``critical_days``. Days that are ``closed`` bring no data and do not count."""
    span = (last_day + dt.timedelta(days=number) for number in range(1, (today - last_day).days + 1))
    days = sum(day not in closed for day in span)
    if days <= budget_days:
        return None
    severity: Severity = "critical" if days > critical_days else "warning"
    evidence = {"last_day": last_day.isoformat(), "today": today.isoformat()}
    return Signal("no new data", "data", "freshness", severity, float(days), float(budget_days), evidence)


class ChangedError(InputError):
    """An alert is not as it was when somebody was asked about it."""

    def __init__(self, alert_id: int) -> None:
        super().__init__(f"alert {alert_id} has changed meanwhile", hint="Look at it again.")


class Alerts:
    """Access to the alerts; safe to share between threads and processes. ``clock`` answers with an aware moment."""

    def __init__(
        self,
        engine: Engine,
        outlets: Outlets | None = None,
        policy: Policy = POLICY,
        clock: Callable[[], dt.datetime] = now,
    ) -> None:
        self._engine, self._outlets, self._policy, self._clock = engine, outlets or Outlets(), policy, clock

    def observe(
        self, connection: Connection, version_id: str, day: dt.date, signals: Iterable[Signal], *, tell: bool = True
    ) -> list[Change]:
        """What the signals of a data day change, in the caller's transaction: alerts, events and messages.

        Every day must be handed over, also one without signals, in the order of the days. While days of the past are
        made up for, ``tell`` should be false but for the newest: nobody gets messages about what is over; what still
        fires on a day with ``tell`` is told then. Raises ValueError for a signal about freshness, which has its own
        clock.
        """
        signals = list(signals)
        if any(signal.kind == FRESHNESS for signal in signals):
            raise ValueError("freshness is observed by observe_freshness")
        return self._observe(connection, version_id, day, signals, _of_these_data(), tell=tell)

    def other_data(self, connection: Connection, last_day: dt.date) -> None:
        """Ends, in the caller's transaction, what is open about data that others have taken the place of; they were
        looked at up to ``last_day``."""
        alert_rows.lock(connection)
        moment = self._clock()
        over = [
            Change("vanished", alert) if alert.state == "pending"
            else Change("resolved", ended(alert, max(alert.last_day, last_day), OTHER_DATA))
            for alert in alert_rows.read(connection, ALERTS.c.kind != FRESHNESS, _active())
        ]  # fmt: skip
        outbox.queue(connection, self._outlets, moment, alert_rows.write(connection, "", moment, over))

    def observe_freshness(
        self, connection: Connection, version_id: str, today: dt.date, signal: Signal | None
    ) -> list[Change]:
        """The same for what ``freshness`` said on this day of the calendar on the wall."""
        signals = [] if signal is None else [signal]
        return self._observe(connection, version_id, today, signals, ALERTS.c.kind == FRESHNESS, tell=True)

    def _observe(
        self,
        connection: Connection,
        version_id: str,
        day: dt.date,
        signals: list[Signal],
        which: ColumnElement[bool],
        *,
        tell: bool,
    ) -> list[Change]:
        alert_rows.lock(connection)
        earliest = day - dt.timedelta(days=self._policy.longest_cooldown)
        current = alert_rows.read(connection, which, or_(_active(), ALERTS.c.resolved_day >= earliest))
        moment = self._clock()
        changes = step(day, signals, current, self._policy)
        written = alert_rows.write(connection, version_id, moment, changes)
        outbox.queue(connection, self._outlets, moment, written, tell=tell)
        return written

    def mark(self, alert_id: int) -> int:
        """The number of the last thing that happened to an alert, messages left out, 0 of nothing. Who then does
        something about it as ``seen`` with this mark is refused if more has happened: it is another alert by now."""
        with reading(self._engine) as connection:
            return _mark(connection, alert_id)

    def acknowledge(self, alert_id: int, who: str, note: str = "", seen: int | None = None) -> Alert:
        """Somebody has seen it and looks after it: nobody else is told, except that it gets worse or ends.

        Raises InputError when there is no such alert, when it is not open, or acknowledged already, and ChangedError
        when it is not as it was ``seen``, see ``mark``.
        """
        moment = self._clock()
        with writing(self._engine) as connection:
            alert_rows.lock(connection)
            alert = _open_one(connection, alert_id)
            if alert.acknowledged_by is not None:
                raise InputError(f"alert {alert_id} was acknowledged by {alert.acknowledged_by} already")
            _refuse_other(connection, alert_id, seen)
            after = _set(connection, alert_id, {"acknowledged_at": moment, "acknowledged_by": who[:128]})
            add_event(connection, alert_id, moment, who, "acknowledged", note)
            return after

    def resolve(self, alert_id: int, who: str, note: str = "", seen: int | None = None) -> Alert:
        """Somebody says that it is over; should it fire again, it comes back. While it is silenced nobody else is told.

        Raises InputError when there is no such alert or it is not open, and ChangedError when it is not as it was
        ``seen``, see ``mark``.
        """
        moment = self._clock()
        with writing(self._engine) as connection:
            alert_rows.lock(connection)
            alert = _open_one(connection, alert_id)
            _refuse_other(connection, alert_id, seen)
            done = progress.read(connection)
            day = max(alert.last_day, done.last_day) if done and done.last_day else alert.last_day
            values = {"state": "resolved", "resolved_at": moment, "resolved_by": who[:128], "resolved_day": day}
            after = _set(connection, alert_id, values)
            add_event(connection, alert_id, moment, who, "resolved", note)
            if not silences.silenced(alert, silences.holding(connection, moment)):
                outbox.queue(connection, self._outlets, moment, [Change("resolved", after)])
            return after

    def silence(
        self, kind: str | None, subject: str | None, until: dt.datetime, who: str, reason: str, rule: str | None = None
    ) -> Silence:
        """No messages about alerts of this kind, rule and subject (None: any) until then; one that holds about the same
        is made longer. Raises InputError, see core.monitoring.silences.add."""
        with writing(self._engine) as connection:
            alert_rows.lock(connection)  # two at once would not see each other's
            return silences.add(connection, self._clock(), kind, subject, until, who, reason, rule)

    def silence_alert(
        self,
        alert_id: int,
        until: dt.datetime,
        who: str,
        reason: str,
        *,
        of_kind: bool = False,
        seen: int | None = None,
    ) -> list[Silence]:
        """No messages about what an alert is about, its subjects under its rule, or with ``of_kind`` about its kind:
        all of the silences, or none. ``seen``: see ``mark``. Raises InputError as ``silence``, and ChangedError."""
        moment = self._clock()
        with writing(self._engine) as connection:
            alert_rows.lock(connection)
            alert = _one(connection, alert_id)
            _refuse_other(connection, alert_id, seen)
            abouts = [(None, None)] if of_kind else [(alert.rule, subject) for subject in alert.subjects]
            return [
                silences.add(connection, moment, alert.kind, subject, until, who, reason, rule)
                for rule, subject in abouts
            ]

    def end_silence(self, silence_id: int, who: str) -> Silence:
        """Ends a silence before its time. Raises InputError when there is none, or it is over."""
        with writing(self._engine) as connection:
            return silences.end(connection, self._clock(), silence_id, who)

    def end_together(self, silence_id: int, who: str) -> list[Silence]:
        """The same for all that were made at once with it and hold."""
        moment = self._clock()
        with writing(self._engine) as connection:
            alert_rows.lock(connection)
            first = silences.end(connection, moment, silence_id, who)
            others = [one for one in silences.holding(connection, moment) if one.made_with == first.made_with]
            return [first, *(silences.end(connection, moment, one.id, who) for one in others)]

    def silences(self) -> list[Silence]:
        """Those that hold now."""
        with reading(self._engine) as connection:
            return silences.holding(connection, self._clock())

    def get(self, alert_id: int) -> Alert:
        """The alert with this number. Raises InputError when there is none."""
        with reading(self._engine) as connection:
            return _one(connection, alert_id)

    def open(self) -> list[Alert]:
        """Those that are open, the worst first, of equals the newest."""
        rank = case({name: number for number, name in enumerate(SEVERITIES)}, value=ALERTS.c.severity)
        query = select(ALERTS).where(ALERTS.c.state == "open").order_by(rank.desc(), ALERTS.c.id.desc())
        with reading(self._engine) as connection:
            return [alert_rows.alert_of(row._mapping) for row in connection.execute(query)]

    def recent(self, limit: int = 50) -> list[Alert]:
        """The newest alerts in any state, newest first."""
        with reading(self._engine) as connection:
            return alert_rows.read(connection, newest=limit)

    def find(self, states: Collection[str], limit: int, before: int | None = None) -> list[Alert]:
        """The newest alerts in these states, newest first; with ``before``: of those with a lower number."""
        where = [ALERTS.c.state.in_(states)] + ([] if before is None else [ALERTS.c.id < before])
        with reading(self._engine) as connection:
            return alert_rows.read(connection, *where, newest=limit)

    def timeline(self, first: dt.date, last: dt.date) -> list[Alert]:
        """Alerts whose life touches these days, both included, oldest first; those that only were pending left out."""
        ended = func.coalesce(ALERTS.c.resolved_day, last)
        with reading(self._engine) as connection:
            lived = (ALERTS.c.state != "pending", ALERTS.c.first_day <= last, ended >= first)
            found = alert_rows.read(connection, *lived)
        return sorted(found, key=lambda alert: (alert.first_day, alert.id))

    def events(self, alert_id: int) -> list[AlertEvent]:
        """What happened to an alert, in order. Raises InputError when there is none with this number."""
        query = select(ALERT_EVENTS).where(ALERT_EVENTS.c.alert_id == alert_id).order_by(ALERT_EVENTS.c.id)
        with reading(self._engine) as connection:
            _one(connection, alert_id)
            return [AlertEvent(**row._mapping) for row in connection.execute(query)]

    def notifications(self, alert_id: int) -> list[Notification]:
        """The messages about an alert and what became of them, oldest first."""
        return outbox.notifications(self._engine, alert_id)


def _active() -> ColumnElement[bool]:
    return ALERTS.c.state.in_(("pending", "open"))


def _of_these_data() -> ColumnElement[bool]:
    before = func.coalesce(select(ALERT_PROGRESS.c.after_alert).scalar_subquery(), 0)
    return and_(ALERTS.c.kind != FRESHNESS, ALERTS.c.id > before)


def _one(connection: Connection, alert_id: int) -> Alert:
    found = alert_rows.read(connection, ALERTS.c.id == alert_id) if alert_id <= MOST_ROWS else []
    if not found:
        raise MissingError(f"there is no alert {alert_id}")
    return found[0]


def _mark(connection: Connection, alert_id: int) -> int:
    mine = (ALERT_EVENTS.c.alert_id == alert_id, ALERT_EVENTS.c.event.not_in(OF_MESSAGES))
    return connection.execute(select(func.max(ALERT_EVENTS.c.id)).where(*mine)).scalar() or 0


def _refuse_other(connection: Connection, alert_id: int, seen: int | None) -> None:
    if seen is not None and seen != _mark(connection, alert_id):
        raise ChangedError(alert_id)


def _set(connection: Connection, alert_id: int, values: dict[str, Any]) -> Alert:
    change = update(ALERTS).where(ALERTS.c.id == alert_id).values(values).returning(*ALERTS.c)
    return alert_rows.alert_of(connection.execute(change).one()._mapping)


def _open_one(connection: Connection, alert_id: int) -> Alert:
    alert = _one(connection, alert_id)
    if alert.state != "open":
        raise InputError(f"alert {alert_id} is not open but {alert.state}")
    return alert
