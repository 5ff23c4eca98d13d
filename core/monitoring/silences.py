"""Silences: no messages about some alerts for a while. The alerts themselves go on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, update

from core.errors import InputError, MissingError
from core.monitoring.alerting import Alert
from core.monitoring.signal import KINDS
from core.state.base import MOST_ROWS
from core.state.tables import SILENCES

LONGEST = dt.timedelta(days=366)
LEAST_REASON = 3
"""Letters."""


@dataclass(frozen=True, slots=True)
class Silence:
    """A row of the table: alerts of this ``kind`` and ``subject`` (None: any) until a moment; times are aware UTC."""

    id: int
    kind: str | None
    subject: str | None
    created_at: dt.datetime
    until: dt.datetime
    who: str
    reason: str
    ended_at: dt.datetime | None
    ended_by: str | None

    def covers(self, kind: str, subject: str) -> bool:
        """Whether it is about them; not whether it holds now."""
        return self.kind in (None, kind) and self.subject in (None, subject)


def silenced(alert: Alert, silences: Iterable[Silence]) -> bool:
    """Whether every subject of the alert is covered: a new one that is not makes it heard."""
    held = list(silences)
    return all(any(one.covers(alert.kind, subject) for one in held) for subject in alert.subjects)


def holding(connection: Connection, moment: dt.datetime) -> list[Silence]:
    """Those that hold at the moment, the one that ends first first."""
    query = select(SILENCES).where(SILENCES.c.until > moment, SILENCES.c.ended_at.is_(None))
    rows = connection.execute(query.order_by(SILENCES.c.until, SILENCES.c.id))
    return [Silence(**row._mapping) for row in rows]


def add(
    connection: Connection, moment: dt.datetime, kind: str | None, subject: str | None, until: dt.datetime, who: str,
    reason: str,
) -> Silence:  # fmt: skip
    """A new silence. Raises InputError for a kind that is unknown, an empty subject, a reason that is none, an end
    that is over or more than a year ahead."""
    if kind is not None and kind not in KINDS:
        raise InputError(f"there are no alerts of the kind {kind}", hint=f"Use one of {', '.join(KINDS)}.")
    if subject is not None and not 0 < len(subject.strip()) <= 255:
        raise InputError("the subject is empty or longer than 255 letters", hint="Leave it out for any subject.")
    if len(reason.strip()) < LEAST_REASON:
        raise InputError(f"give a reason of {LEAST_REASON} letters or more")
    if until.tzinfo is None:
        raise InputError(f"{until} has no time zone")
    if not moment < until <= moment + LONGEST:
        problem = "is over" if until <= moment else "is more than a year ahead"
        raise InputError(f"{until:%Y-%m-%d %H:%M} {problem}", hint="A silence ends within a year from now.")
    values = {"kind": kind, "subject": subject and subject.strip(), "created_at": moment, "until": until,
              "who": who[:128], "reason": reason.strip()}  # fmt: skip
    return Silence(**connection.execute(insert(SILENCES).values(values).returning(*SILENCES.c)).one()._mapping)


def end(connection: Connection, moment: dt.datetime, silence_id: int, who: str) -> Silence:
    """Ends a silence before its time. Raises MissingError when there is none with this number, InputError when it is
    over."""
    if silence_id > MOST_ROWS:
        raise MissingError(f"there is no silence {silence_id}")
    mine = update(SILENCES).where(SILENCES.c.id == silence_id, SILENCES.c.until > moment, SILENCES.c.ended_at.is_(None))
    change = mine.values(ended_at=moment, ended_by=who[:128]).returning(*SILENCES.c)
    row = connection.execute(change).one_or_none()
    if row is None:
        known = connection.execute(select(SILENCES.c.id).where(SILENCES.c.id == silence_id)).one_or_none()
        if known is None:
            raise MissingError(f"there is no silence {silence_id}")
        raise InputError(f"silence {silence_id} is over already")
    return Silence(**row._mapping)
