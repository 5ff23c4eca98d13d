"""The job table: what runs in the background, how far it is, how it ended. The table is the truth."""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine, Row, and_, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from core.errors import TidemarkError
from core.lifecycle.processes import alive, this_process
from core.state.engine import reading, writing
from core.state.tables import ACTIVE_STATES, JOBS, now

log = logging.getLogger(__name__)

SILENT_AFTER = dt.timedelta(minutes=15)
"""A job of another machine, whose process cannot be looked at, counts as gone after this long without progress."""

WRITE_EVERY = 0.25
"""Seconds between two writes of progress; calls in between are dropped."""

UNEXPECTED = "Something went wrong inside Tidemark; the log of the server has the details."


class JobCancelledError(TidemarkError):
    """The job was asked to stop and has stopped."""


@dataclass(frozen=True, slots=True)
class Job:
    """A row of the table. ``progress`` is 0..1; ``error`` a sentence for users; times are aware UTC.

    ``is_new`` is true only in the answer of the ``start`` that made the job.
    """

    id: int
    kind: str
    state: str
    progress: float
    message: str
    who: str
    why: str
    host: str
    pid: int
    pid_started: float
    cancel_requested: bool
    created_at: dt.datetime
    started_at: dt.datetime | None
    seen_at: dt.datetime
    finished_at: dt.datetime | None
    error: str | None
    result: Any
    is_new: bool = field(default=False, compare=False)

    @property
    def active(self) -> bool:
        """Queued or running."""
        return self.state in ACTIVE_STATES


def _job(row: Row[Any], *, is_new: bool = False) -> Job:
    return Job(**row._mapping, is_new=is_new)


class Jobs:
    """Access to the job table; safe to share between threads."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def start(self, kind: str, who: str, why: str) -> Job:
        """Queues a job, or returns the one of this kind that is queued or running (``is_new`` says which)."""
        me, moment = this_process(), now()
        row = {
            "kind": kind, "state": "queued", "progress": 0.0, "message": "", "who": who, "why": why,
            "host": me.host, "pid": me.pid, "pid_started": me.started, "cancel_requested": False,
            "created_at": moment, "seen_at": moment,
        }  # fmt: skip
        while True:
            self.reap()
            try:
                with writing(self._engine) as connection:
                    made = connection.execute(insert(JOBS).values(row).returning(*JOBS.c)).one()
                return _job(made, is_new=True)
            except IntegrityError:
                running = self.active(kind)
                if running is not None:  # else it ended between the two looks: try again
                    return running

    def get(self, job_id: int) -> Job | None:
        """The job with this number."""
        with reading(self._engine) as connection:
            row = connection.execute(select(JOBS).where(JOBS.c.id == job_id)).one_or_none()
        return None if row is None else _job(row)

    def active(self, kind: str) -> Job | None:
        """The job of this kind that is queued or running."""
        with reading(self._engine) as connection:
            query = select(JOBS).where(JOBS.c.kind == kind, JOBS.c.state.in_(ACTIVE_STATES))
            row = connection.execute(query).one_or_none()
        return None if row is None else _job(row)

    def latest(self, kind: str | None = None) -> Job | None:
        """The job of this kind (or of any) that was queued last."""
        found = self.recent(1, kind)
        return found[0] if found else None

    def recent(self, limit: int = 20, kind: str | None = None) -> list[Job]:
        """The newest jobs, newest first."""
        query = select(JOBS).order_by(JOBS.c.id.desc()).limit(limit)
        if kind is not None:
            query = query.where(JOBS.c.kind == kind)
        with reading(self._engine) as connection:
            return [_job(row) for row in connection.execute(query)]

    def cancel(self, job_id: int) -> bool:
        """Asks an active job to stop at its next step; false when it had ended already."""
        with writing(self._engine) as connection:
            change = update(JOBS).where(JOBS.c.id == job_id, JOBS.c.state.in_(ACTIVE_STATES))
            return connection.execute(change.values(cancel_requested=True)).rowcount == 1

    def reap(self) -> int:
        """Marks jobs whose process is gone as interrupted; returns how many."""
        with reading(self._engine) as connection:
            rows = connection.execute(select(JOBS).where(JOBS.c.state.in_(ACTIVE_STATES))).all()
        gone = [row for row in rows if not _is_there(_job(row))]
        if not gone:
            return 0
        with writing(self._engine) as connection:
            same = or_(*(and_(JOBS.c.id == row.id, JOBS.c.seen_at == row.seen_at) for row in gone))
            change = update(JOBS).where(same, JOBS.c.state.in_(ACTIVE_STATES))
            values = {"state": "interrupted", "finished_at": now(), "error": "The process that did this work ended."}
            return connection.execute(change.values(values)).rowcount

    @contextmanager
    def run(self, job: Job) -> Iterator[JobRun]:
        """Marks a queued job as running in this process and records how the block ends; exceptions pass on.

        A TidemarkError's sentence becomes the job's ``error``; of anything else the user gets UNEXPECTED and the
        log the traceback. Raises JobCancelledError when the job is no longer queued.
        """
        me = this_process()
        run = JobRun(self._engine, job.id)
        begun = {"state": "running", "host": me.host, "pid": me.pid, "pid_started": me.started, "started_at": now()}
        if not run.write(begun, only_from=("queued",)):
            raise JobCancelledError("The job was stopped before it began.")
        try:
            yield run
        except JobCancelledError as error:
            run.finish("cancelled", error=str(error))
            raise
        except TidemarkError as error:
            run.finish("failed", error=str(error))
            raise
        except Exception:
            log.exception("job %s (%s) failed", job.id, job.kind)
            run.finish("failed", error=UNEXPECTED)
            raise
        except BaseException:  # the terminal's Ctrl-C, or the process was told to leave
            run.finish("interrupted", error="The process that did this work was stopped.")
            raise
        run.finish("done", progress=1.0, result=run.result)


class JobRun:
    """A running job: call it with (fraction 0..1, message) to report progress; put the answer into ``result``."""

    def __init__(self, engine: Engine, job_id: int) -> None:
        self._engine, self.job_id = engine, job_id
        self.result: Any = None
        self._written_at, self._message = 0.0, ""

    def __call__(self, fraction: float, message: str = "") -> None:
        """Records progress, at most a few times a second. Raises JobCancelledError when the job was asked to stop."""
        if message in ("", self._message) and time.monotonic() - self._written_at < WRITE_EVERY:
            return
        self._written_at, self._message = time.monotonic(), message or self._message
        self.check()
        if not self.write({"progress": min(max(fraction, 0.0), 1.0), "message": self._message}):
            raise JobCancelledError("The job was ended from outside.")

    def check(self) -> None:
        """Raises JobCancelledError when the job was asked to stop."""
        with reading(self._engine) as connection:
            query = select(JOBS.c.cancel_requested).where(JOBS.c.id == self.job_id)
            if connection.execute(query).scalar_one():
                raise JobCancelledError("The job was cancelled.")

    def finish(self, state: str, **values: Any) -> None:
        """Writes the end of the job; nothing happens if it was ended from outside before."""
        self.write({"state": state, "finished_at": now(), **values})

    def write(self, values: dict[str, Any], only_from: tuple[str, ...] = ("running",)) -> bool:
        """Changes the row if it is still in one of the states given; says whether it was."""
        with writing(self._engine) as connection:
            change = update(JOBS).where(JOBS.c.id == self.job_id, JOBS.c.state.in_(only_from))
            return connection.execute(change.values(seen_at=now(), **values)).rowcount == 1


def _is_there(job: Job) -> bool:
    if job.host == this_process().host:
        return alive(job.pid, job.pid_started)
    return now() - job.seen_at < SILENT_AFTER
