"""What a job does: the one place that every way of starting one ends in (page, schedule, command line)."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading

from core.config import PROJECT_ROOT, Config
from core.errors import InputError, TidemarkError
from core.intake.asked import CHECK, LOAD, LOOK
from core.lifecycle.bootstrap import MERGE, MONITOR, PREPARE, TRAIN
from core.lifecycle.jobs import Job, Jobs
from core.lifecycle.processes import become_job
from core.lifecycle.schedule import DAILY
from core.state.engine import open_engine

log = logging.getLogger(__name__)

POWER = "power"
"""Kind of the jobs that work out which changes would be found; request and result: see core.monitoring.power."""

REPLAY, TRIAL = "replay", "trial"
"""Kinds of the jobs that replay retraining policies and that try a change; requests and results: see
core.monitoring.replay_job and core.monitoring.trial."""

BACKTEST = "backtest"
"""Kind of the jobs that test models on the past; request and result: see core.lifecycle.backtest_job."""

KINDS = (PREPARE, LOOK, CHECK, LOAD, MERGE, TRAIN, DAILY, MONITOR, REPLAY, TRIAL, POWER, BACKTEST)
"""All kinds of jobs; ``prepare`` and ``merge`` are done by whoever needs them, see core.lifecycle.bootstrap.as_job."""


def work_in_this_process(config: Config, job_id: int, parent: int | None = None) -> None:
    """Makes this process one of a job and does the job, then what follows from it: a retraining if the daily run found
    a reason for it, after a training the history of the monitoring for the version in use.

    How it ends is in the table: errors are not raised. ``parent``: see ``become_job``.
    """
    become_job(parent)
    jobs = Jobs(open_engine(config.database))
    job = jobs.get(job_id)
    if job is None:
        log.error("there is no job %s", job_id)
        return
    while job is not None and (following := _do(config, jobs, job)) is not None:
        kind, why = following
        started = jobs.start(kind, job.who, why)
        job = started if started.is_new else None


def _do(config: Config, jobs: Jobs, job: Job) -> tuple[str, str] | None:
    """What shall follow, a kind of job and why; or None."""
    try:
        with jobs.run(job) as run:
            if job.kind == DAILY:
                from core.lifecycle.daily import daily_run

                reason = daily_run(config, run, job.who)
                return None if reason is None else (TRAIN, reason)
            if job.kind == MONITOR:
                from core.monitoring.monitor_job import monitor_for_job

                run.result = monitor_for_job(config, run, job.request)
                return None
            if job.kind == POWER:
                from core.monitoring.monitor_job import power_for_job

                run.result = power_for_job(config, run, job.request)
                return None
            if job.kind == REPLAY:
                from core.monitoring.replay_job import replay_for_job

                run.result = replay_for_job(config, run, job.request)
                return None
            if job.kind == TRIAL:
                from core.monitoring.trial import trial_for_job

                run.result = trial_for_job(config, run, job.request)
                return None
            if job.kind in (LOOK, CHECK, LOAD):
                from core.intake.work import intake_for_job

                run.result = intake_for_job(config, run, job)
                first = job.kind == LOAD and _nothing_serves(config)
                return (TRAIN, "the first data were loaded") if first else None
            if job.kind == BACKTEST:
                from core.lifecycle.backtest_job import backtest_for_job

                run.result = backtest_for_job(config, run, job.request)
                return None
            if job.kind != TRAIN:
                raise InputError(f"there is no work of the kind {job.kind}")
            from core.lifecycle.recipe import Request
            from core.lifecycle.registry import Registry
            from core.lifecycle.training import train_for_job

            _, run.result = train_for_job(config, run, job.why, job.who, Registry(config), Request.of(job.request))
            return MONITOR, job.why
    except TidemarkError as error:
        log.warning("job %s (%s): %s", job.id, job.kind, error)
    except Exception:
        log.exception("job %s (%s) has failed", job.id, job.kind)
    return None


def _nothing_serves(config: Config) -> bool:
    from core.lifecycle.registry import Registry

    return Registry(config).champion() is None


def start_process(job_id: int) -> subprocess.Popen[bytes]:
    """A process that does a queued job; it leaves when this one, or this one's parent, is gone."""
    return subprocess.Popen(  # noqa: S603 - our own module
        [sys.executable, "-m", "core", "jobs", "run", str(job_id), "--parent", str(os.getpid())],
        cwd=PROJECT_ROOT,
        stdin=subprocess.DEVNULL,
    )


def start_watched(job_id: int) -> None:
    """``start_process`` for a process that serves others meanwhile: a thread waits for the end, so that nothing is left
    of it. Where no process can be started now, the job stays queued and the scheduler begins it."""
    try:
        process = start_process(job_id)
    except OSError:
        log.exception("the process of job %s was not started; the scheduler will try again", job_id)
        return
    threading.Thread(target=process.wait, name=f"wait for job {job_id}", daemon=True).start()
