"""The tables of the monitoring: an older database keeps its rows, and the rules that the database itself guards."""

from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, insert, inspect, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import IntegrityError
from sqlalchemy.schema import CreateIndex

from core.lifecycle import audit
from core.lifecycle.audit import entries
from core.lifecycle.jobs import Jobs
from core.state import migrate
from core.state.engine import get_engine, open_engine, reading, writing
from core.state.tables import ALERT_EVENTS, ALERTS, NOTIFICATIONS, now
from tests.core.monitoring.alert_help import alert_row


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return open_engine(f"sqlite:///{tmp_path / 'state.sqlite'}")


def add(engine: Engine, **values: Any) -> int:
    with writing(engine) as connection:
        return connection.execute(insert(ALERTS).values(alert_row(**values)).returning(ALERTS.c.id)).scalar_one()


def test_a_database_from_before_keeps_its_rows(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'old.sqlite'}"
    config = Config()
    config.set_main_option("script_location", str(migrate.FOLDER))
    with writing(get_engine(url)) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0002")
        audit.record(connection, "ana", "champion", ("v1", "v2"), "better")
        assert not inspect(connection).has_table("alerts")
    job = Jobs(get_engine(url)).start("train", "ana", "by hand")
    engine = open_engine(url)
    assert [(one.who, one.to_value) for one in entries(engine)] == [("ana", "v2")]
    assert Jobs(engine).get(job.id) == job
    with reading(engine) as connection:
        assert connection.execute(select(ALERTS)).all() == []


def test_one_active_alert_a_key_but_many_that_ended(engine: Engine) -> None:
    add(engine, state="resolved")
    add(engine, state="resolved")
    add(engine, state="pending")
    with pytest.raises(IntegrityError):
        add(engine, state="open")
    with pytest.raises(IntegrityError):
        add(engine, key="other", state="asleep")


def test_numbers_of_alerts_are_never_used_again(engine: Engine) -> None:
    first = add(engine)
    with writing(engine) as connection:
        connection.execute(ALERTS.delete())
    assert add(engine) > first


def test_events_stay_as_they_are(engine: Engine) -> None:
    number = add(engine)
    row = {"alert_id": number, "at": now(), "who": "ana", "event": "opened", "note": ""}
    with writing(engine) as connection:
        connection.execute(insert(ALERT_EVENTS).values(row))
    for change in (ALERT_EVENTS.update().values(who="eve"), ALERT_EVENTS.delete()):
        with pytest.raises(IntegrityError, match="stay as they are"), writing(engine) as connection:
            connection.execute(change)


def test_one_message_an_event_and_channel(engine: Engine) -> None:
    row = {"alert_id": add(engine), "event": "opened", "channel": "log", "state": "waiting", "attempts": 0,
           "next_at": now()}  # fmt: skip
    with writing(engine) as connection:
        connection.execute(insert(NOTIFICATIONS).values(row))
    with pytest.raises(IntegrityError), writing(engine) as connection:
        connection.execute(insert(NOTIFICATIONS).values(row))


def test_the_partial_index_is_the_same_on_postgresql() -> None:
    active = next(index for index in ALERTS.indexes if index.name == "uq_alerts_key_active")
    assert "WHERE state IN ('pending', 'open')" in str(CreateIndex(active).compile(dialect=postgresql.dialect()))
