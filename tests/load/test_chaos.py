"""Retrainings that are killed at random moments, and a disk that is full: what serves goes on serving.

TIDEMARK_CHAOS says how many retrainings are killed; the default keeps the suite quick, 100 is the full test.
"""

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from core.config import PROJECT_ROOT, Config
from core.errors import DISK_FULL
from core.lifecycle.bootstrap import TRAIN
from core.lifecycle.jobs import Jobs
from core.lifecycle.registry import Registry
from core.lifecycle.training import train
from core.lifecycle.work import work_in_this_process
from core.state.engine import open_engine
from core.transactions.load import prepare
from tests.core.lifecycle.shop import write_shop

KILLS = int(os.environ.get("TIDEMARK_CHAOS", "8"))
MODELS = ("seasonal_naive", "weekday_mean")


@pytest.mark.timeout(60 + 20 * KILLS)
def test_kill_9_at_random_moments(tmp_path: Path) -> None:
    """Each time: the champion serves, no half version is listed, the job is marked, the next retraining succeeds."""
    config = Config(data_dir=tmp_path / "data", models=MODELS)
    prepare(config, write_shop(tmp_path / "shop.csv", 200))
    train(config)
    env = {**os.environ, "DATA_DIR": str(config.data_dir), "MODELS": ",".join(MODELS)}
    jobs = Jobs(open_engine(config.database))
    whole = seconds_of(jobs, env)
    dice, states = random.Random(4), []
    for _ in range(KILLS):
        before = Registry(config).champion()
        assert before is not None
        job = jobs.start(TRAIN, "chaos", "to be killed")
        assert job.is_new
        process = start(job.id, env)
        wait_for(jobs, job.id, process, dice.uniform(-0.2, 1.0))
        time.sleep(dice.uniform(0.0, 0.1) * whole)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        jobs.reap()
        ended = jobs.get(job.id)
        assert ended is not None
        if ended.state == "queued":  # killed before it began: the process that queued it lives
            assert jobs.cancel(job.id)
        states.append(ended.state)
        assert ended.state in ("queued", "interrupted", "done")
        registry = Registry(config)
        champion = registry.champion()
        assert champion is not None
        assert registry.problems() == ()
        assert ended.state == "done" or champion.id in (before.id, f"v{int(before.id[1:]) + 1}")
        for version in registry.versions():
            registry.open(version.id)
            assert len(version.forecasts()) == len(MODELS) * 3 * 365
        following = jobs.start(TRAIN, "chaos", "to succeed")
        assert following.is_new
        with jobs.run(following) as run:
            train(config, run, registry=registry)
        assert Registry(config).champion().id == registry.versions()[0].id
    assert not list((config.models_dir / "versions").glob(".tmp-*"))
    sys.stdout.write(
        f"{KILLS} killed: " + ", ".join(f"{states.count(one)} {one}" for one in sorted(set(states))) + "\n"
    )
    assert states.count("interrupted") >= KILLS / 4


def start(job_id: int, env: dict[str, str]) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "core", "jobs", "run", str(job_id)]
    return subprocess.Popen(command, cwd=PROJECT_ROOT, env=env, start_new_session=True)


def wait_for(jobs: Jobs, job_id: int, process: subprocess.Popen[bytes], part: float) -> None:
    """Until that part of the work is done, or the process has ended; not at all for parts below 0. The pace of a
    machine that is busy with other tests changes: a moment of the clock would hit some of the work too often."""
    while process.poll() is None:
        job = jobs.get(job_id)
        if part < 0 or job is None or (job.state != "queued" and job.progress >= part):
            return
        time.sleep(0.005)


def seconds_of(jobs: Jobs, env: dict[str, str]) -> float:
    """How long a retraining in a process of its own takes, start included."""
    began = time.monotonic()
    assert start(jobs.start(TRAIN, "chaos", "to time it").id, env).wait(120) == 0
    return time.monotonic() - began


ROOMS = (0, 8, 40, 100, 160)
"""kB that are left: full for the database, for the first file, for the last, for the manifest."""


def test_a_full_disk_fails_the_job_and_loses_nothing(tmp_path: Path) -> None:
    """On a file system of a few MB in a mount namespace of its own."""
    folder = tmp_path / "small"
    folder.mkdir()
    rights = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    inside = f"mount -t tmpfs -o size=6m tmpfs {folder} && exec {sys.executable} -m tests.load.test_chaos {folder}"
    ended = subprocess.run(
        ["unshare", *rights, "--mount", "sh", "-c", inside],
        cwd=PROJECT_ROOT, capture_output=True, text=True, timeout=240,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr[-3000:]
    found = json.loads(ended.stdout)
    assert [one["room"] for one in found] == list(ROOMS)
    for one in found:
        assert one["champion"] == "v1", one
        assert one["versions"] == ["v1"], one
        assert one["rubbish"] == [], one
        assert one["state"] == "failed", one
        assert one["error"] == DISK_FULL, one
    last = found[-1]["after"]
    assert last == {"state": "done", "champion": "v2"}


def fill(ballast: Path, room: int) -> None:
    """Writes until the disk is full, then gives ``room`` kB back."""
    with ballast.open("wb", buffering=0) as stream:
        with contextlib.suppress(OSError):
            while stream.write(bytes(4096)):
                pass
        stream.truncate(max(stream.tell() - room * 1024, 0))


def on_a_small_disk(folder: Path) -> list[dict[str, object]]:
    """Trains, fills the disk but for a little room, trains again; at last with room."""
    config = Config(data_dir=folder / "data", models=MODELS)
    prepare(config, write_shop(folder / "shop.csv", 200))
    train(config)
    jobs, ballast, found = Jobs(open_engine(config.database)), folder / "ballast", []
    for room in ROOMS:
        job = jobs.start(TRAIN, "test", "on a full disk")
        fill(ballast, room)
        work_in_this_process(config, job.id)
        ended, registry = jobs.get(job.id), Registry(config)
        champion = registry.champion()
        assert ended is not None
        rubbish = [path.name for path in (config.models_dir / "versions").glob(".*")]
        found.append(
            {
                "room": room, "state": ended.state, "error": ended.error, "rubbish": rubbish,
                "champion": champion.id if champion else None, "versions": [one.id for one in registry.versions()],
            }
        )  # fmt: skip
        ballast.unlink()
        jobs.reap()
    job = jobs.start(TRAIN, "test", "with room")
    work_in_this_process(config, job.id)
    ended = jobs.get(job.id)
    assert ended is not None
    found[-1]["after"] = {"state": ended.state, "champion": Registry(config).champion().id}  # type: ignore[union-attr]
    return found


if __name__ == "__main__":
    sys.stdout.write(json.dumps(on_a_small_disk(Path(sys.argv[1]))))
