"""Silences: no messages about some alerts for a while. The alerts themselves go on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, update

from core.errors import InputError, MissingError
from core.monitoring.alerting import Alert
from core.monitoring.signal import BY_RULE, KINDS
from core.state.base import MOST_ROWS
from core.state.tables import SILENCES

LONGEST = dt.timedelta(days=366)
LEAST_REASON = 3
"""Letters."""
AS_LONG = dt.timedelta(minutes=1)
"""A silence that ends so much later than one that holds is no longer than it: somebody asked twice."""


@dataclass(frozen=True, slots=True)
class Silence:
    """A row of the table: alerts of this ``kind``, ``rule`` and ``subject`` (None: any) until a moment; times are aware
    UTC. Only alerts of a kind in BY_RULE have a rule: prices may be missing and unknown, which is not the same."""

    id: int
    kind: str | None
    rule: str | None
    subject: str | None
    created_at: dt.datetime
    until: dt.datetime
    who: str
    reason: str
    ended_at: dt.datetime | None
    ended_by: str | None

    @property
    def made_with(self) -> tuple[object, ...]:
        """The same of those that somebody made at once, one for each subject of an alert."""
        return self.created_at, self.until, self.who, self.reason, self.kind, self.rule

    def covers(self, alert: Alert, subject: str) -> bool:
        """Whether it is about this subject of an alert; not whether it holds now."""
        return self.kind in (None, alert.kind) and self.rule in (None, alert.rule) and self.subject in (None, subject)


def silenced(alert: Alert, silences: Iterable[Silence]) -> bool:
    """Whether every subject of the alert is covered: a new one that is not makes it heard."""
    held = list(silences)
    return all(any(one.covers(alert, subject) for one in held) for subject in alert.subjects)


def together(silences: Iterable[Silence]) -> list[tuple[Silence, ...]]:
    """Those that were made at once, side by side; in the order of the first of each."""
    groups: dict[tuple[object, ...], list[Silence]] = {}
    for one in silences:
        groups.setdefault(one.made_with, []).append(one)
    return [tuple(group) for group in groups.values()]


def replaced(before: Iterable[Silence], made: Iterable[Silence]) -> list[Silence]:
    """Those that held ``before`` in whose place one that was ``made`` has come."""
    new = {(one.kind, one.rule, one.subject): one.id for one in made}
    return [one for one in before if new.get((one.kind, one.rule, one.subject), one.id) != one.id]


def holding(connection: Connection, moment: dt.datetime) -> list[Silence]:
    """Those that hold at the moment, the one that ends first first."""
    query = select(SILENCES).where(SILENCES.c.until > moment, SILENCES.c.ended_at.is_(None))
    rows = connection.execute(query.order_by(SILENCES.c.until, SILENCES.c.id))
    return [Silence(**row._mapping) for row in rows]


def check(moment: dt.datetime, kind: str | None, until: dt.datetime, reason: str, rule: str | None = None,
          subject: str | None = None) -> None:  # fmt: skip
    """Raises InputError for a kind that is unknown, a rule where the kind's are one alert, an empty subject, a reason
    that is none, an end that is over or more than a year ahead."""
    if kind is not None and kind not in KINDS:
        raise InputError(f"there are no alerts of the kind {kind}", hint=f"Use one of {', '.join(KINDS)}.")
    if rule is not None and kind not in BY_RULE:
        raise InputError("only some kinds of alerts have rules", hint=f"Name one of {', '.join(sorted(BY_RULE))} too.")
    if rule is not None and not 0 < len(rule.strip()) <= 64:
        raise InputError("the rule is empty or longer than 64 letters", hint="Leave it out for any rule.")
    if subject is not None and not 0 < len(subject.strip()) <= 255:
        raise InputError("the subject is empty or longer than 255 letters", hint="Leave it out for any subject.")
    if len(reason.strip()) < LEAST_REASON:
        raise InputError(f"give a reason of {LEAST_REASON} letters or more")
    if until.tzinfo is None:
        raise InputError(f"{until} has no time zone")
    if not moment < until <= moment + LONGEST:
        problem = "is over" if until <= moment else "is more than a year ahead"
        raise InputError(f"{until:%Y-%m-%d %H:%M} {problem}", hint="A silence ends within a year from now.")


def add(
    connection: Connection, moment: dt.datetime, kind: str | None, subject: str | None, until: dt.datetime, who: str,
    reason: str, rule: str | None = None,
) -> Silence:  # fmt: skip
    """The silence that holds about just this from now on: a new one, or one that holds as long already. A shorter one
    ends, so that there are never two of the same and the record keeps who wanted which.

    Raises InputError, see ``check``.
    """
    check(moment, kind, until, reason, rule, subject)
    about = {"kind": kind, "rule": rule and rule.strip(), "subject": subject and subject.strip()}
    for held in holding(connection, moment):
        if {name: getattr(held, name) for name in about} == about:
            if until <= held.until + AS_LONG:
                return held
            end(connection, moment, held.id, who)
    values = {**about, "created_at": moment, "until": until, "who": who[:128], "reason": reason.strip()}
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
