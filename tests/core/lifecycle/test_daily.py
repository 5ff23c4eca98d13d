"""The daily run and the processes of jobs: new data, reasons to retrain, who does what exactly once."""

import datetime as dt
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from core.config import PROJECT_ROOT, Config
from core.lifecycle import scheduler as scheduler_module
from core.lifecycle.bootstrap import TRAIN, bootstrap
from core.lifecycle.daily import PAUSE_DAYS, Findings
from core.lifecycle.files import read_manifest, seal
from core.lifecycle.jobs import Job, Jobs
from core.lifecycle.processes import alive
from core.lifecycle.registry import Registry
from core.lifecycle.schedule import DAILY, Schedule, Settings
from core.lifecycle.scheduler import Scheduler
from core.state.engine import open_engine
from core.state.tables import now
from tests.app.test_processes import until
from tests.core.lifecycle.shop import write_shop

DAY = dt.timedelta(days=1)
ALL = Settings("06:00", 10, on_drift=True, on_loss=True)


@pytest.mark.parametrize(
    ("found", "settings", "reason"),
    [
        (Findings(("price",), True, False, 30 * DAY), ALL, None),  # nothing new to learn from
        (Findings((), False, True, 10 * DAY), ALL, "schedule: every 10 days"),
        (Findings((), False, True, 9.6 * DAY), ALL, "schedule: every 10 days"),  # the last one took a while
        (Findings((), False, True, 9 * DAY), ALL, None),
        (Findings(("price", "hour"), None, True, 9 * DAY), ALL, "drift: price, hour"),
        (Findings(None, True, True, 9 * DAY), ALL, "loss: forecasts in use are worse than in any test"),
        (Findings(("price",), True, True, (PAUSE_DAYS - 1) * DAY), ALL, None),  # just retrained
        (Findings(("price",), True, True, 30 * DAY), Settings("06:00", None, on_drift=False, on_loss=False), None),
        (Findings(("price",), True, True, 30 * DAY), Settings("06:00", None, on_drift=False, on_loss=True), "loss"),
    ],
)
def test_reasons_to_retrain(found: Findings, settings: Settings, reason: str | None) -> None:
    why = found.retrain(settings)
    assert why is None if reason is None else why is not None and why.startswith(reason)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return write_shop(tmp_path / "shop.csv", 150)


@pytest.fixture
def config(tmp_path: Path, shop: Path) -> Config:
    return Config(data_dir=tmp_path / "data", data_path=shop, models=("weekday_mean",))


def run_process(config: Config, job: Job) -> None:
    env = {"DATA_DIR": str(config.data_dir), "DATA_PATH": str(config.data_path), "MODELS": ",".join(config.models)}
    command = [sys.executable, "-m", "core", "jobs", "run", str(job.id)]
    subprocess.run(command, cwd=PROJECT_ROOT, env=env, check=True, timeout=120)


def test_a_daily_run_reads_new_data_and_retrains(config: Config, shop: Path) -> None:
    bootstrap(config)
    jobs, engine = Jobs(open_engine(config.database)), open_engine(config.database)
    first = jobs.start(DAILY, "schedule", "planned")
    run_process(config, first)
    done = jobs.get(first.id)
    assert (done.state, done.error) == ("done", None)
    assert (done.result["version"], done.result["retrain"], done.result["performance"]) == ("v1", None, None)
    assert done.result["drifted"] == []
    assert len(Registry(config).versions()) == 1

    write_shop(shop, 180)
    Schedule(engine, config).change(Settings("06:00", 1, on_drift=False, on_loss=False), "ana", "often")
    age(config, 2 * DAY)
    second = jobs.start(DAILY, "schedule", "planned")
    run_process(config, second)
    done = jobs.get(second.id)
    assert done.result["retrain"] == "schedule: every 1 days"
    assert done.result["performance"]["days"] == 28
    training = jobs.latest(TRAIN)
    assert (training.state, training.who, training.why) == ("done", "schedule", "schedule: every 1 days")
    champion = Registry(config).champion()
    assert (champion.id, champion.manifest["trigger"]) == ("v2", "schedule: every 1 days")
    assert (champion.origin - dt.date(2021, 3, 1)).days > 170


def age(config: Config, by: dt.timedelta) -> None:
    """Makes the only version older: its manifest is sealed anew."""
    folder = config.models_dir / "versions" / "v1"
    manifest = read_manifest(folder)
    created = dt.datetime.fromisoformat(manifest["created_at"]) - by
    seal(folder, {**manifest, "created_at": created.isoformat()})


def test_data_that_cannot_be_read_are_told_and_the_rest_is_done(config: Config, shop: Path) -> None:
    bootstrap(config)
    shop.write_text("time,quantity,price\nnever,1,1\n")
    jobs = Jobs(open_engine(config.database))
    job = jobs.start(DAILY, "schedule", "planned")
    run_process(config, job)
    assert jobs.get(job.id).state == "done"
    (warning,) = [line.text for line in jobs.log(job.id) if line.level == "warning"]
    assert "shop.csv" in warning
    assert "never" in warning
    assert jobs.latest("prepare").state == "failed"
    assert jobs.latest(TRAIN).id < job.id


def test_without_a_forecast_there_is_nothing_to_watch(config: Config) -> None:
    jobs = Jobs(open_engine(config.database))
    job = jobs.start(DAILY, "schedule", "planned")
    run_process(config, job)
    assert jobs.get(job.id).state == "failed"
    assert "nothing to watch" in jobs.get(job.id).error


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Jobs for which the scheduler has started a process."""
    numbers: list[int] = []

    class Child:
        def __init__(self, number: int) -> None:
            numbers.append(number)

        def poll(self) -> None:
            return None

    monkeypatch.setattr(scheduler_module, "start_process", Child)
    return numbers


def test_one_scheduler_of_many_starts_what_is_due(
    config: Config, started: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = open_engine(config.database)
    Schedule(engine, config).take(now() - 5 * DAY)
    several = [Scheduler(config) for _ in range(3)]
    monkeypatch.setattr(several[1]._lease, "_holder", "another")
    monkeypatch.setattr(several[2]._lease, "_holder", "a third")
    assert [one.tick() for one in several] == [True, False, False]
    assert [one.tick() for one in several] == [True, False, False]
    (job,) = Jobs(engine).active_jobs()
    assert (job.kind, job.who, started) == (DAILY, "schedule", [job.id])
    assert "4 missed before it" in job.why


def test_a_job_leaves_if_who_started_it_was_gone_before_it_looked() -> None:
    """The parent that it was told is not the one it has: as after a kill during the start."""
    script = "from core.lifecycle.processes import become_job; become_job(1); import time; time.sleep(60)"
    ended = subprocess.run([sys.executable, "-c", script], cwd=PROJECT_ROOT, timeout=30, check=False)
    assert ended.returncode == 1


def test_a_queued_job_that_nobody_begins_is_begun(
    config: Config, started: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs, scheduler = Jobs(open_engine(config.database)), Scheduler(config)
    job = jobs.start(TRAIN, "ana", "by hand")
    scheduler.tick()
    assert started == []
    later = now() + scheduler_module.UNCLAIMED_AFTER
    monkeypatch.setattr(scheduler_module, "now", lambda: later)
    scheduler.tick()
    scheduler.tick()
    assert started == [job.id]


def test_the_scheduler_marks_jobs_whose_process_is_gone(config: Config, started: list[int]) -> None:
    jobs = Jobs(open_engine(config.database))
    script = (
        "import os, sys; from core.lifecycle.jobs import Jobs; from core.state.engine import open_engine\n"
        "jobs = Jobs(open_engine(sys.argv[1])); job = jobs.start('train', 'child', 'test')\n"
        "with jobs.run(job): os._exit(9)\n"
    )
    subprocess.run([sys.executable, "-c", script, config.database], cwd=PROJECT_ROOT, check=False, timeout=60)
    assert jobs.latest(TRAIN).state == "running"
    Scheduler(config).tick()
    assert jobs.latest(TRAIN).state == "interrupted"


PARENTS = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "from core.lifecycle.processes import become_job; become_job(); "
                          "print('ready', flush=True); import time; time.sleep(60)"], stdout=subprocess.PIPE)
child.stdout.readline()
print(child.pid, flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("victim", ["parent", "grandparent"])
def test_a_job_leaves_when_those_who_started_it_are_gone(victim: str) -> None:
    above = [sys.executable, "-c", f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {PARENTS!r}])"]
    grandparent = subprocess.Popen(above, cwd=PROJECT_ROOT, stdout=subprocess.PIPE, text=True)
    assert grandparent.stdout is not None
    job = psutil.Process(int(grandparent.stdout.readline()))
    parent = job.parent()
    assert parent is not None
    try:
        (parent if victim == "parent" else grandparent).kill()
        assert until(lambda: not alive(job.pid, job.create_time()), 20)
    finally:
        for one in (parent, job):
            if one.is_running():
                one.kill()
        grandparent.kill()
        grandparent.wait()
        grandparent.stdout.close()
