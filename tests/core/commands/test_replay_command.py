"""The command ``replay`` and the job behind its page, on a small shop."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from core.cli import main
from core.config import PROJECT_ROOT, Config
from core.errors import InputError
from core.lifecycle.jobs import JobCancelledError, Jobs
from core.lifecycle.work import REPLAY
from core.monitoring.policies import POLICY_NAMES
from core.monitoring.replay_job import Request, replay_for_job
from core.monitoring.replay_result import Replay
from core.state.engine import open_engine
from core.transactions.load import prepare
from tests.core.lifecycle.shop import write_shop

MODELS = "seasonal_naive,weekday_mean"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the data of 560 days prepared."""
    folder = tmp_path_factory.mktemp("replay")
    prepare(Config(data_dir=folder / "data"), write_shop(folder / "shop.csv", 560))
    return folder / "data"


@pytest.fixture
def run(home: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DATA_DIR", str(home))
    monkeypatch.setenv("MODELS", MODELS)
    for name in ("DATA_PATH", "DATABASE_URL", "HOLIDAYS_COUNTRY"):
        monkeypatch.delenv(name, raising=False)
    return lambda *arguments: CliRunner().invoke(main, ["replay", *map(str, arguments)])


def failed(result: Result, *words: str) -> None:
    assert result.exit_code == 2, result.output
    assert result.stderr.count("\n") == 1
    for word in ("Error: ", *words):
        assert word in result.stderr


def test_a_table_and_an_advice(run) -> None:
    result = run()
    assert result.exit_code == 0, result.output
    rows = [line.split()[0] for line in result.stdout.splitlines() if line.split()[:1]]
    assert [name for name in rows if name in POLICY_NAMES] == list(POLICY_NAMES)
    assert "Advice: " in result.stdout
    assert "100%  Replay done" in result.stderr


def test_json(run) -> None:
    result = run("--json", "--measure", "units", "--policies", "always,never", "--step", 28, "--models", MODELS)
    assert result.stderr == ""
    found = Replay.from_json(json.loads(result.stdout))
    assert [one.policy for one in found.outcomes] == ["never", "always"]
    assert (found.measure, found.segment, found.step) == ("units", "total", 28)
    assert found.models == tuple(MODELS.split(","))
    assert len(found.outcomes[1].retrainings) == 6


def test_a_schedule_and_days_of_ones_own(run) -> None:
    days = ("--first", "2022-03-01", "--last", "2022-09-01")
    found = Replay.from_json(json.loads(run("--json", "--policies", "schedule", "--every", 56, *days).stdout))
    (outcome,) = found.outcomes
    assert (str(found.first), str(found.last), outcome.settings) == ("2022-03-01", "2022-09-01", {"days": 56})
    assert len(outcome.retrainings) == 3


def test_a_change_put_into_the_data(run) -> None:
    change = ("--change", "level", -0.5, "2022-06-01")
    found = Replay.from_json(json.loads(run("--json", *change).stdout))
    delays = {one.policy: one.delay for one in found.outcomes}
    assert str(found.change) == "2022-06-01"
    assert delays["never"] is None
    assert 0 <= delays["always"] <= delays["loss"] <= 28
    assert delays["drift"] <= 28
    lines = run(*change, "--policies", "always").stdout
    assert "delay: days from the change on 2022-06-01" in lines


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--measure", "cats"), ("no series cats/total", "transactions/total")),
        (("--segment", "country:Mars"), ("no series",)),
        (("--models", "oracle"), ("no model oracle",)),
        (("--models", ","), ("names no model",)),
        (("--policies", "sometimes"), ("no sometimes", "always")),
        (("--policies", ""), ("policies: there is none named",)),
        (("--step", 3), ("step: 3 days", "7 to 91")),
        (("--step", "often"), ("step",)),
        (("--every", 0), ("every: 0 days",)),
        (("--first", "2021-06-01"), ("fewer than 365 days", "Begin on 2022-02-28")),
        (("--last", "2031-06-01"), ("does not lie in the data",)),
        (("--first", "2022-08-01"), ("fewer than 182 days",)),
        (("--change", "flood", 0.5, "2022-06-01"), ("no change of the kind flood", "level")),
        (("--change", "level", "much", "2022-06-01"), ("much is not the size",)),
        (("--change", "level", -0.5, "soon"), ("soon is not a day",)),
        (("--change", "level", -0.5, "2021-06-01"), ("change on 2021-06-01 is not replayed", "days replayed are")),
    ],
)
def test_wrong_calls(run, arguments: tuple[object, ...], words: tuple[str, ...]) -> None:
    failed(run(*arguments), *words)


def test_no_data_and_too_few(run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    failed(run(), "no data yet")
    prepare(Config(data_dir=tmp_path / "data"), write_shop(tmp_path / "shop.csv", 200))
    failed(run(), "cover 200 days", "needs 365 to learn from and 182 more")


def test_requests_are_plain_values() -> None:
    values = {"measure": "units", "models": ["ets"], "policies": ["always", "never"], "step": 28, "first": "2022-03-01"}
    values["change"] = {"kind": "level", "start": "2022-06-01", "size": -0.5}
    request = Request.of(values)
    assert request.policies == ("never", "always")
    assert Request.of(request.to_json()) == request
    assert Request.of(None) == Request.of({}) == Request()
    for wrong in (
        {"weather": 1},
        {"step": "14"},
        {"step": True},
        {"every": 400},
        {"first": "soon"},
        {"models": ["x"]},
        {"change": {"kind": "level"}},
        {"step": 6},
    ):
        with pytest.raises(InputError):
            Request.of(wrong)


def test_a_job_keeps_request_and_result(home: Path) -> None:
    jobs = Jobs(open_engine(Config(data_dir=home).database))
    request = Request.of({"models": MODELS.split(","), "policies": ["never", "schedule"]}).to_json()
    job = jobs.start(REPLAY, "ana", "which policy?", request)
    env = {**os.environ, "DATA_DIR": str(home)}
    subprocess.run(
        [sys.executable, "-m", "core", "jobs", "run", str(job.id)], cwd=PROJECT_ROOT, env=env, check=True, timeout=120
    )
    done = jobs.get(job.id)
    assert (done.state, done.error, done.progress, done.request) == ("done", None, 1.0, request)
    assert [one.policy for one in Replay.from_json(done.result).outcomes] == ["never", "schedule"]
    assert any("Replaying the policy schedule" in line.text for line in jobs.log(job.id))


def test_a_job_that_asks_for_nonsense_says_so(home: Path) -> None:
    config = Config(data_dir=home)
    with pytest.raises(InputError, match="no series"):
        replay_for_job(config, lambda fraction, text: None, {"measure": "cats"})


def test_a_job_stops_soon_after_it_was_asked_to(home: Path) -> None:
    config = Config(data_dir=home, models=("weekday_mean",))
    jobs = Jobs(open_engine(config.database))
    job = jobs.start(REPLAY, "ana", "which policy?")
    asked: list[float] = []

    def stopped_in_between() -> None:
        with jobs.run(job) as run:

            def tell(fraction: float, text: str) -> None:
                if not asked and "past" in text:
                    jobs.cancel(job.id)
                    asked.append(time.monotonic())
                run(fraction, text)

            replay_for_job(config, tell, {"policies": ["never"]})

    with pytest.raises(JobCancelledError):
        stopped_in_between()
    assert time.monotonic() - asked[0] < 2
    assert jobs.get(job.id).state == "cancelled"
