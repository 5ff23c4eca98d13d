"""The commands around versions, jobs and the schedule, as a user or a script meets them."""

import datetime as dt
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from core.cli import main
from core.config import Config
from core.lifecycle.jobs import Jobs
from core.lifecycle.registry import Registry
from core.state.engine import open_engine
from tests.core.lifecycle.conftest import MANIFEST, fill


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(one) for one in arguments])


def answer(*arguments: object) -> object:
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def failed(result: Result, *words: str) -> None:
    assert result.exit_code == 2, result.output
    assert result.stderr.startswith("Error: ")
    assert result.stderr.count("\n") == 1
    for word in words:
        assert word in result.stderr


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    """Two versions, the second in use."""
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    for name in ("DATA_PATH", "DATABASE_URL", "MONITOR_AT", "RETRAIN"):
        monkeypatch.delenv(name, raising=False)
    config = Config.from_env()
    registry = Registry(config)
    for _ in range(2):
        with registry.workspace() as folder:
            fill(folder)
            version = registry.publish(folder, MANIFEST)
        registry.promote(version.id, "ana", "first")
    return config


def test_versions_are_listed_and_moved(config: Config) -> None:
    assert [one["id"] for one in answer("versions", "list")["versions"]] == ["v2", "v1"]
    assert answer("versions", "rollback", "--why", "v2 is odd") == {"champion": "v1"}
    assert answer("versions", "promote", "v2", "--why", "mended") == {"champion": "v2"}
    assert "Version v1 serves." in run("versions", "promote", "v1", "--why", "after all").stderr
    assert Registry(config).champion().id == "v1"
    reasons = [one["reason"] for one in answer("versions", "audit")]
    assert reasons == ["after all", "mended", "v2 is odd", "first", "first"]
    assert answer("versions", "live", dt.date.today())["version"] == "v1"
    assert answer("versions", "live", "2011-01-01")["version"] is None


def test_moves_that_are_none(config: Config) -> None:
    failed(run("versions", "promote", "v2", "--why", "again"), "v2 is in use already")
    failed(run("versions", "promote", "v7", "--why", "hope"), "no version v7")
    failed(run("versions", "promote", "v1", "--why", " "), "3 letters")
    failed(run("versions", "promote", "v1"), "--why")
    failed(run("versions", "live", "2999-01-01"), "lies ahead")
    failed(run("versions", "live", "yesterday"), "yesterday")
    failed(run("versions", "frobnicate"), "frobnicate")
    assert len(Registry(config).history()) == 2


def test_jobs_are_shown_and_cancelled(config: Config) -> None:
    jobs = Jobs(open_engine(config.database))
    job = jobs.start("train", "ana", "by hand")
    assert [one["id"] for one in answer("jobs", "list")] == [job.id]
    with jobs.run(job) as work:
        work(0.5, "Testing")
        shown = answer("jobs", "show", job.id)
        assert (shown["state"], [line["text"] for line in shown["log"]][-1]) == ("running", "Testing")
        assert answer("jobs", "cancel", job.id) == {"job": job.id, "cancel_requested": True}
        assert jobs.get(job.id).cancel_requested
    failed(run("jobs", "cancel", 99), "no job 99")
    failed(run("jobs", "show", 99), "no job 99")
    failed(run("jobs", "show", "x"), "'x'")


def test_schedule_is_shown_and_changed(config: Config) -> None:
    before = answer("schedule")
    changed = answer("schedule", "--daily-at", "07:30", "--every-days", 14, "--on-drift")
    assert (changed["daily_at"], changed["every_days"], changed["on_drift"]) == ("07:30", 14, True)
    off = answer("schedule", "--every-days", "off")
    assert (off["every_days"], off["daily_at"], off["on_drift"]) == (None, "07:30", True)
    failed(run("schedule", "--every-days", "soon"), "--every-days soon")
    failed(run("schedule", "--every-days", 0), "0 days")
    failed(run("schedule", "--daily-at", "25:00"), "25:00")
    failed(run("schedule", "--environment", "--on-loss"), "stands alone")
    assert answer("schedule", "--environment") == before
    assert "Daily run:" in run("schedule").stdout
