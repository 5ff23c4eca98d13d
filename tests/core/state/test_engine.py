"""The state database: migrations, concurrency, refusals."""

import datetime as dt
import sqlite3
import threading
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import insert, inspect, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import IntegrityError
from sqlalchemy.schema import CreateIndex, CreateTable

from core.errors import ConfigError
from core.lifecycle.audit import entries
from core.state import leases, migrate
from core.state.engine import get_engine, open_engine, reading, upgrade, writing
from core.state.leases import Lease
from core.state.tables import ALIASES, METADATA, REVISION, now


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'sub' / 'state.sqlite'}"


def test_migrations_lead_exactly_to_the_tables_of_the_code(url: str) -> None:
    upgrade(url)
    with get_engine(url).connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []
        indexes = {one["name"]: one for one in inspect(connection).get_indexes("jobs")}
    assert indexes["uq_jobs_kind_active"]["unique"]


def test_the_code_names_the_newest_migration(url: str) -> None:
    upgrade(url)
    with get_engine(url).connect() as connection:
        assert MigrationContext.configure(connection).get_current_heads() == (REVISION,)
    config = Config()
    config.set_main_option("script_location", str(migrate.FOLDER))
    assert ScriptDirectory.from_config(config).get_heads() == [REVISION]


def test_upgrading_again_changes_nothing_and_keeps_rows(url: str) -> None:
    upgrade(url)
    with writing(get_engine(url)) as connection:
        connection.execute(insert(ALIASES).values(name="champion", version_id="v1", changed_at=now()))
    upgrade(url)
    with reading(get_engine(url)) as connection:
        row = connection.execute(select(ALIASES)).one()
    assert row.version_id == "v1"
    assert row.changed_at.tzinfo is not None


def test_pragmas(url: str) -> None:
    with reading(open_engine(url)) as connection:
        ask = lambda pragma: connection.exec_driver_sql(f"PRAGMA {pragma}").scalar()  # noqa: E731
        assert (ask("journal_mode"), ask("foreign_keys"), ask("synchronous")) == ("wal", 1, 2)
        assert ask("busy_timeout") >= 5000


def test_a_newer_database_is_refused_with_a_clear_sentence(url: str, tmp_path: Path) -> None:
    upgrade(url)
    get_engine(url).dispose()
    with sqlite3.connect(tmp_path / "sub" / "state.sqlite") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    with pytest.raises(ConfigError, match=r"newer than this version of Tidemark \(revision 9999"):
        upgrade(url)


def test_many_at_once_make_one_database(tmp_path: Path) -> None:
    """Separate engines stand for separate processes: every URL spelling gets its own."""
    folder = tmp_path / "sub"
    folder.mkdir()
    urls = [f"sqlite:///{tmp_path}/{'./' * n}sub/state.sqlite" for n in range(6)]
    errors: list[BaseException] = []

    def run(one: str) -> None:
        try:
            upgrade(one)
        except BaseException as error:  # noqa: BLE001 - handed to the test
            errors.append(error)

    threads = [threading.Thread(target=run, args=(one,)) for one in urls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []


def test_a_failed_transaction_leaves_nothing(url: str) -> None:
    engine = open_engine(url)

    def half() -> None:
        with writing(engine) as connection:
            connection.execute(insert(ALIASES).values(name="champion", version_id="v1", changed_at=now()))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        half()
    with reading(engine) as connection:
        assert connection.execute(select(ALIASES)).all() == []


@pytest.mark.parametrize(
    ("url", "words"),
    [("nonsense", "cannot be read"), ("mysterydb://x/y", "cannot be read"), ("sqlite:////proc/no/x.sqlite", "cannot")],
)
def test_wrong_urls_get_one_clear_line(url: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        upgrade(url)


def test_the_tables_compile_for_postgresql() -> None:
    dialect = postgresql.dialect()
    for table in METADATA.sorted_tables:
        assert "CREATE TABLE" in str(CreateTable(table).compile(dialect=dialect))
    active = next(index for index in METADATA.tables["jobs"].indexes if index.name == "uq_jobs_kind_active")
    assert "WHERE state IN ('queued', 'running')" in str(CreateIndex(active).compile(dialect=dialect))


def test_the_audit_of_the_first_form_is_kept_and_rows_stay_as_they_are(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'old.sqlite'}"
    engine = get_engine(url)
    config = Config()
    config.set_main_option("script_location", str(migrate.FOLDER))
    with writing(engine) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.exec_driver_sql(
            "INSERT INTO alias_events (at, who, alias, from_version, to_version, reason) "
            "VALUES ('2026-11-20 10:00:00.000000', 'ana', 'champion', 'v1', 'v2', 'better')"
        )
    (row,) = entries(open_engine(url))
    assert (row.who, row.subject, row.from_value, row.to_value, row.reason) == ("ana", "champion", "v1", "v2", "better")
    for change in ("UPDATE audit SET who = 'eve'", "DELETE FROM audit"):
        with pytest.raises(IntegrityError, match="stay as they are"), writing(engine) as connection:
            connection.exec_driver_sql(change)
    assert entries(engine) == [row]


def test_one_holder_at_a_time_and_a_lease_runs_out(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    engine, clock = open_engine(url), [now()]
    monkeypatch.setattr(leases, "now", lambda: clock[0])
    first, second = (Lease(engine, "scheduler", holder, 15) for holder in ("a", "b"))
    assert (first.hold(), second.hold(), first.hold()) == (True, False, True)
    clock[0] += dt.timedelta(seconds=14)
    assert (second.hold(), first.hold()) == (False, True)
    clock[0] += dt.timedelta(seconds=16)
    assert (second.hold(), first.hold()) == (True, False)


def test_many_threads_get_one_lease(url: str) -> None:
    engine = open_engine(url)
    barrier, got = threading.Barrier(8), []

    def take(holder: str) -> None:
        barrier.wait()
        got.append(Lease(engine, "scheduler", holder, 15).hold())

    threads = [threading.Thread(target=take, args=(str(number),)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(got) == 1
