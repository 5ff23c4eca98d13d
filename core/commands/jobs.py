"""The commands around jobs: what runs, what ran, its log, and an end to it."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from core.commands.output import Commands, json_option, print_json, say
from core.errors import InputError

if TYPE_CHECKING:
    from core.lifecycle.jobs import Jobs

JOB = click.argument("job_id", type=int)


@click.group(cls=Commands)
def jobs() -> None:
    """Work in the background: list, show, cancel."""


@jobs.command("list")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(min=1), help="How many, newest first.")
@json_option
def list_jobs(limit: int, as_json: bool) -> None:
    """The newest jobs."""
    found = _jobs().recent(limit)
    if as_json:
        print_json([asdict(job) for job in found])
        return
    for job in found:
        what = job.error or job.message
        say(f"{job.id:>5} {job.kind:8} {job.state:12}{job.progress:>5.0%} {job.created_at:%Y-%m-%d %H:%M} {what}")


@jobs.command()
@JOB
@json_option
def show(job_id: int, as_json: bool) -> None:
    """One job with its log, tracebacks included."""
    found = _jobs()
    job = found.get(job_id)
    if job is None:
        raise InputError(f"there is no job {job_id}")
    lines = found.log(job_id)
    if as_json:
        print_json({**asdict(job), "log": [asdict(line) for line in lines]})
        return
    say(f"Job {job.id} ({job.kind}) of {job.who}: {job.state}. Why: {job.why}")
    for line in lines:
        first, *more = line.text.splitlines() or [""]
        say(f"{line.at:%H:%M:%S} {line.level:9} {first}")
        for one in more:  # of a traceback
            say(f"{'':19}{one}")


@jobs.command()
@JOB
@json_option
def cancel(job_id: int, as_json: bool) -> None:
    """Ask a job to stop at its next step."""
    found = _jobs()
    if found.get(job_id) is None:
        raise InputError(f"there is no job {job_id}")
    if not found.cancel(job_id):
        raise InputError(f"job {job_id} is not queued or running")
    if as_json:
        print_json({"job": job_id, "cancel_requested": True})
        return
    say(f"Job {job_id} was asked to stop.", err=True)


@jobs.command(hidden=True)
@JOB
@click.option("--parent", type=int, help="The process that starts this one; it ends with it.")
def run(job_id: int, parent: int | None) -> None:
    """Do a queued job in this process: how the scheduler starts one."""
    from core.config import Config
    from core.lifecycle.work import work_in_this_process

    work_in_this_process(Config.from_env(), job_id, parent)


def _jobs() -> Jobs:
    from core.config import Config
    from core.lifecycle.jobs import Jobs
    from core.state.engine import open_engine

    found = Jobs(open_engine(Config.from_env().database))
    found.reap()
    return found
