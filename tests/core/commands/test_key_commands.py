"""The commands around keys and the prediction log, as an operator or a script meets them."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from core.access.keys import Keys
from core.access.prediction_log import Given, add
from core.config import Config
from core.state.engine import open_engine
from tests.core.commands.test_lifecycle_commands import answer, failed, run


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    return Config.from_env()


def test_a_key_is_made_listed_and_revoked(config: Config) -> None:
    assert answer("keys", "list") == []
    assert "open to everybody" in run("keys", "list").stderr
    made = answer("keys", "create", "--scope", "predict", "--scope", "read", "--name", "the till")
    assert (made["name"], made["scopes"], made["revoked_at"]) == ("the till", ["read", "predict"], None)
    keys = Keys(open_engine(config.database))
    assert keys.check(made["key"]).id == made["id"]
    listed = run("keys", "list")
    assert made["key"].rsplit("_", 1)[1] not in listed.stdout
    assert f"{made['id']} " in listed.stdout
    assert "in force" in listed.stdout
    assert answer("keys", "revoke", made["id"])["revoked_at"] is not None
    assert keys.check(made["key"]) is None
    assert "revoked 2" in run("keys", "list").stdout


def test_the_text_of_a_key_stands_alone_on_the_output(config: Config) -> None:
    made = run("keys", "create", "--scope", "admin", "--name", "x")
    assert Keys(open_engine(config.database)).check(made.stdout.strip()) is not None
    assert "cannot be shown again" in made.stderr


def test_what_cannot_be_done(config: Config) -> None:
    failed(run("keys", "create", "--name", "x"), "--scope")
    failed(run("keys", "create", "--scope", "root", "--name", "x"), "root", "predict")
    failed(run("keys", "create", "--scope", "read", "--name", " "), "name")
    failed(run("keys", "create", "--scope", "read"), "--name")
    failed(run("keys", "revoke", "123"), "no key 123")
    failed(run("predictions", "--limit", 0), "--limit")


def test_given_forecasts_are_shown(config: Config) -> None:
    moment = dt.datetime(2026, 11, 27, 12, 0, tzinfo=dt.UTC)
    one = Given(moment, "r1", "127.0.0.1", "v1", "revenue/total", "sarima", {"horizon": 3}, "abc")
    add(open_engine(config.database), [one])
    assert answer("predictions")[0] == {
        "at": "2026-11-27T12:00:00+00:00", "request_id": "r1", "who": "127.0.0.1", "version_id": "v1",
        "series": "revenue/total", "model": "sarima", "asked": {"horizon": 3}, "tag": "abc",
    }  # fmt: skip
    assert "revenue/total" in run("predictions").stdout
