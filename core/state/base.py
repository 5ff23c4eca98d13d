"""What all tables of the state database share: one catalogue, how moments are kept, names of constraints."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import DateTime, Dialect, MetaData, TypeDecorator

MOST_ROWS = 2**31 - 1
"""The highest number a row can have; databases refuse to look for a higher one."""


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
    """The words as an SQL list; for constants of the tables only."""
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
