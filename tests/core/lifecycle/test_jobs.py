"""The job table: one at a time, progress, ends of every sort, dead processes."""

import errno
import logging
import subprocess
import sys
import threading

import pytest
from sqlalchemy import update
from sqlalchemy.exc import OperationalError

from core.config import Config
from core.errors import DISK_FULL, InputError
from core.lifecycle import jobs as jobs_module
from core.lifecycle.jobs import JobCancelledError, JobRun, Jobs, Pace
from core.lifecycle.processes import alive, this_process
from core.state.engine import open_engine, writing
from core.state.tables import JOBS


@pytest.fixture(autouse=True)
def every_write(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs_module, "WRITE_EVERY", 0.0)


def test_a_second_start_gets_the_running_job_and_another_kind_does_not(jobs: Jobs) -> None:
    first = jobs.start("train", "ana", "by hand")
    again = jobs.start("train", "ben", "schedule")
    other = jobs.start("prepare", "ana", "by hand")
    assert (first.is_new, again.is_new, other.is_new) == (True, False, True)
    assert again == first
    assert again.who == "ana"
    assert other.id != first.id


def test_many_threads_start_one_job(jobs: Jobs) -> None:
    barrier, got = threading.Barrier(8), []

    def start() -> None:
        barrier.wait()
        got.append(jobs.start("train", "x", "y"))

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({job.id for job in got}) == 1
    assert sum(job.is_new for job in got) == 1


def test_progress_and_result(jobs: Jobs) -> None:
    job = jobs.start("train", "ana", "by hand")
    with jobs.run(job) as run:
        run(0.25, "Testing the models")
        half = jobs.get(job.id)
        run.result = {"version": "v1"}
    assert half is not None
    assert (half.state, half.progress, half.message) == ("running", 0.25, "Testing the models")
    done = jobs.latest("train")
    assert done is not None
    assert (done.state, done.progress, done.result, done.error) == ("done", 1.0, {"version": "v1"}, None)
    assert done.created_at <= done.started_at <= done.finished_at
    assert jobs.start("train", "ana", "again").is_new


def test_a_users_error_is_kept_as_its_sentence(jobs: Jobs) -> None:
    job = jobs.start("train", "ana", "by hand")
    with pytest.raises(InputError), jobs.run(job):
        raise InputError("the file is empty", file="a.csv")
    failed = jobs.get(job.id)
    assert (failed.state, failed.error) == ("failed", "a.csv: the file is empty.")


def test_an_unexpected_error_hides_its_text_and_logs_the_traceback(
    jobs: Jobs, caplog: pytest.LogCaptureFixture
) -> None:
    job = jobs.start("train", "ana", "by hand")
    with caplog.at_level(logging.ERROR), pytest.raises(ZeroDivisionError), jobs.run(job):
        _ = 1 / 0
    assert jobs.get(job.id).error == jobs_module.UNEXPECTED
    assert "ZeroDivisionError" in caplog.text


def test_ctrl_c_leaves_no_running_job(jobs: Jobs) -> None:
    job = jobs.start("train", "ana", "by hand")
    with pytest.raises(KeyboardInterrupt), jobs.run(job):
        raise KeyboardInterrupt
    assert jobs.get(job.id).state == "interrupted"


def test_cancel_stops_at_the_next_step(jobs: Jobs) -> None:
    job = jobs.start("train", "ana", "by hand")
    steps = []

    def work(run: JobRun) -> None:
        for step in range(3):
            run(step / 3, f"step {step}")
            steps.append(step)
            assert jobs.cancel(job.id)

    with pytest.raises(JobCancelledError), jobs.run(job) as run:
        work(run)
    assert steps == [0]
    assert jobs.get(job.id).state == "cancelled"
    assert not jobs.cancel(job.id)


def test_a_job_of_a_killed_process_becomes_interrupted(jobs: Jobs, config: Config) -> None:
    code = (
        "import os, sys; from core.lifecycle.jobs import Jobs; from core.state.engine import open_engine\n"
        "jobs = Jobs(open_engine(sys.argv[1])); job = jobs.start('train', 'child', 'test')\n"
        "with jobs.run(job) as run:\n    run(0.5, 'half'); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", code, config.database], check=False, timeout=60)
    job = jobs.latest("train")
    assert (job.state, job.progress) == ("running", 0.5)
    assert jobs.reap() == 1
    assert jobs.latest("train").state == "interrupted"
    assert jobs.reap() == 0


def test_reap_leaves_live_jobs_and_jobs_of_machines_that_report(jobs: Jobs, config: Config) -> None:
    here, there = jobs.start("train", "a", ""), jobs.start("prepare", "b", "")
    with writing(open_engine(config.database)) as connection:
        change = update(JOBS).where(JOBS.c.id == there.id)
        connection.execute(change.values(host="elsewhere", pid=1, pid_started=1.0))
    assert jobs.reap() == 0
    with writing(open_engine(config.database)) as connection:
        long_ago = there.seen_at - 2 * jobs_module.SILENT_AFTER
        connection.execute(update(JOBS).where(JOBS.c.id == there.id).values(seen_at=long_ago))
    assert jobs.reap() == 1
    assert jobs.get(here.id).state == "queued"


def test_a_reused_process_number_is_not_the_same_process() -> None:
    me = this_process()
    assert alive(me.pid, me.started)
    assert not alive(me.pid, me.started - 3600)
    child = subprocess.Popen([sys.executable, "-c", "pass"])
    child.wait()
    assert not alive(child.pid, me.started)


def test_a_job_ended_from_outside_cannot_be_run_or_finished(jobs: Jobs, config: Config) -> None:
    job = jobs.start("train", "a", "")
    with writing(open_engine(config.database)) as connection:
        connection.execute(update(JOBS).values(state="interrupted"))
    with pytest.raises(JobCancelledError), jobs.run(job):
        pytest.fail("must not begin")
    assert jobs.get(job.id).state == "interrupted"


def test_the_log_has_every_step_and_the_traceback(jobs: Jobs) -> None:
    job = jobs.start("train", "ana", "by hand", {"models": ["ets"]})
    assert job.request == {"models": ["ets"]}

    def work(run: JobRun) -> None:
        run(0.1, "Testing")
        run(0.2, "Testing")
        run.note("a file was passed over", "warning")
        _ = 1 / 0

    with pytest.raises(ZeroDivisionError), jobs.run(job) as run:
        work(run)
    lines = jobs.log(job.id)
    assert [(line.level, line.text) for line in lines[:3]] == [
        ("info", "Testing"), ("warning", "a file was passed over"), ("error", jobs_module.UNEXPECTED),
    ]  # fmt: skip
    assert lines[3].level == "traceback"
    assert "ZeroDivisionError" in lines[3].text
    assert jobs.log(job.id + 1) == []


def test_a_job_that_nobody_began_is_cancelled_at_once(jobs: Jobs) -> None:
    job = jobs.start("train", "ana", "by hand")
    assert jobs.cancel(job.id)
    assert jobs.get(job.id).state == "cancelled"
    with pytest.raises(JobCancelledError, match="before it began"), jobs.run(job):
        pass
    assert jobs.active_jobs() == []


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), DISK_FULL),
        (RuntimeError("OSError: [Errno 28] No space left on device: 'x'"), DISK_FULL),
        (OperationalError("INSERT", {}, Exception("database or disk is full")), DISK_FULL),
        (MemoryError(), jobs_module.NO_MEMORY),
        (OSError(errno.EACCES, "Permission denied"), jobs_module.UNEXPECTED),
        (ValueError("x"), jobs_module.UNEXPECTED),
    ],
)
def test_known_causes_get_a_sentence(error: Exception, sentence: str) -> None:
    assert jobs_module.sentence_of(error) == sentence
    outer = ValueError("outer")
    outer.__cause__ = error
    assert jobs_module.sentence_of(outer) == sentence


def test_time_left_follows_the_recent_pace() -> None:
    pace = Pace(100.0)
    assert pace.left(100.5, 0.1) is None  # too soon
    assert pace.left(110.0, 0.2) == pytest.approx(40.0)
    assert pace.left(120.0, 0.6) == pytest.approx(40 / 3)  # from a cache
    for moment in range(121, 200):
        left = pace.left(float(moment), 0.6 + 0.002 * (moment - 120))
    assert left == pytest.approx((1 - 0.6 - 0.002 * 79) / 0.002, rel=0.05)
    assert Pace(0.0).left(50.0, 0.0) is None
