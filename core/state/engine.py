"""The database connection: one engine a process and URL, opened when first needed, brought up to date once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, OperationalError

from core.errors import ConfigError, DiskFullError
from core.state.tables import REVISION

BUSY_SECONDS = 15
SPARE_BYTES = 262_144
"""Kept free beside an SQLite file: some dozen pages of the database and its log."""

_lock = threading.RLock()
_engines: dict[str, Engine] = {}
_upgraded: set[str] = set()


def get_engine(url: str) -> Engine:
    """The engine of ``url`` in this process. Nothing is connected yet; the folder of an SQLite file is made.

    Raises ConfigError when the URL cannot be read or its driver is not installed.
    """
    with _lock:
        if url not in _engines:
            _engines[url] = _create(url)
        return _engines[url]


def open_engine(url: str) -> Engine:
    """The engine of a database that has all tables: ``upgrade`` runs once a process. Raises ConfigError."""
    with _lock:
        if url not in _upgraded:
            upgrade(url)
            keep_room(get_engine(url))
            _upgraded.add(url)
        return get_engine(url)


def upgrade(url: str) -> None:
    """Brings the tables to the newest form this code knows; harmless when they are, and when several do it at once.

    Raises ConfigError when the database was made by a newer Tidemark, or cannot be opened.
    """
    engine = get_engine(url)
    try:
        if _is_newest(engine):  # as at nearly every start: spares loading Alembic
            return
        from core.state.migrate import migrate

        with writing(engine) as connection:
            migrate(connection)
    except OperationalError as error:
        shown = make_url(url).render_as_string(hide_password=True)
        raise ConfigError(f"The database {shown} cannot be opened: {error.orig}.") from error


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction that may write: committed at the end, undone on any exception.

    On SQLite it takes the write lock at once: a transaction that reads first and writes later would fail instead
    of waiting when another writer came between. Raises DiskFullError when there is no room.
    """
    try:
        with engine.begin() as connection:
            yield connection
    except OperationalError as error:
        if "disk is full" in str(error.orig):
            raise DiskFullError from error
        raise


@contextmanager
def spare_room(engine: Engine) -> Iterator[None]:
    """Inside, the room that is kept for it beside an SQLite file is free: that a job has failed for want of room must
    still be written."""
    spare = _spare_file(engine)
    if spare is not None:
        spare.unlink(missing_ok=True)
    try:
        yield
    finally:
        keep_room(engine)


def _spare_file(engine: Engine) -> Path | None:
    url = engine.url
    if url.get_backend_name() != "sqlite" or url.database in (None, "", ":memory:"):
        return None
    return Path(f"{url.database}.spare")


def keep_room(engine: Engine) -> None:
    """Makes the file that ``spare_room`` gives up, where it is missing and there is room."""
    spare = _spare_file(engine)
    if spare is None or spare.exists():
        return
    try:
        spare.write_bytes(bytes(SPARE_BYTES))
    except OSError:  # no room now; the next start tries again
        spare.unlink(missing_ok=True)


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection for single SELECTs; takes no lock and never waits for a writer."""
    with engine.connect() as connection:
        yield connection.execution_options(isolation_level="AUTOCOMMIT")


def _is_newest(engine: Engine) -> bool:
    with reading(engine) as connection:
        if not inspect(connection).has_table("alembic_version"):
            return False
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all() == [REVISION]


def _create(url: str) -> Engine:
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite" and parsed.database not in (None, "", ":memory:"):
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(parsed, pool_pre_ping=parsed.get_backend_name() != "sqlite")
    except (ArgumentError, NoSuchModuleError):
        raise ConfigError(
            "DATABASE_URL cannot be read; write it like postgresql+psycopg://user:password@host/database."
        ) from None
    except ModuleNotFoundError as error:
        raise ConfigError(f"DATABASE_URL needs the Python package {error.name}, which is not installed.") from None
    except OSError as error:
        raise ConfigError(f"The folder of the database {parsed.database} cannot be made: {error.strerror}.") from None
    if parsed.get_backend_name() == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # The driver's own transaction handling commits before DDL; with None it leaves BEGIN to us.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout = {BUSY_SECONDS * 1000}",
        "journal_mode = WAL",
        "synchronous = FULL",  # an alias that moved has moved, even if the power goes
        "foreign_keys = ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    if connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT":
        connection.exec_driver_sql("BEGIN IMMEDIATE")
