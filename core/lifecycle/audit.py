"""The audit: who changed what, when, from what to what, why, and on what evidence. Rows are only ever added."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, func, insert, select

from core.state.engine import reading
from core.state.tables import AUDIT, now

CHAMPION, CHALLENGER = "champion", "challenger"
SCHEDULE, VERSIONS, DATA, OPENING = "schedule", "versions", "data", "opening"
"""Subjects beside the aliases: settings of the schedule, versions that were removed, what the data are made from
(values are numbers of loads; an undo and a change of the cleaning rules have numbers too), and single days declared
open or closed."""
SUBJECTS = (CHAMPION, CHALLENGER, SCHEDULE, VERSIONS, DATA, OPENING)


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the audit. ``subject``: one of SUBJECTS; values of an alias are version ids; ``at`` is aware UTC."""

    id: int
    at: dt.datetime
    who: str
    subject: str
    from_value: str | None
    to_value: str | None
    reason: str
    evidence: Any


def record(
    connection: Connection,
    who: str,
    subject: str,
    values: tuple[str | None, str | None],
    reason: str,
    evidence: Mapping[str, Any] | None = None,
) -> None:
    """Adds a row, inside the transaction of what it tells of; ``values`` are from and to."""
    before, after = values
    kept = None if evidence is None else dict(evidence)
    row = {"at": now(), "who": who, "subject": subject, "from_value": before, "to_value": after, "reason": reason}
    connection.execute(insert(AUDIT).values(**row, evidence=kept))


def entries(
    engine: Engine, subject: str | None = None, limit: int | None = None, before: int | None = None
) -> list[Entry]:
    """The audit of one subject or of all, newest first; with ``before``: of the rows with a lower number."""
    query = select(AUDIT).order_by(AUDIT.c.id.desc()).limit(limit)
    if subject is not None:
        query = query.where(AUDIT.c.subject == subject)
    if before is not None:
        query = query.where(AUDIT.c.id < before)
    with reading(engine) as connection:
        return [Entry(**row._mapping) for row in connection.execute(query)]


def length(engine: Engine) -> int:
    """The number of the newest row, 0 without any."""
    with reading(engine) as connection:
        return connection.execute(select(func.max(AUDIT.c.id))).scalar() or 0


def ever(connection: Connection, subject: str) -> set[str]:
    """Every value that a subject ever had."""
    rows = connection.execute(select(AUDIT.c.from_value, AUDIT.c.to_value).where(AUDIT.c.subject == subject))
    return {value for row in rows for value in row if value is not None}
