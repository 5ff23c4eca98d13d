"""The job table: what runs in the background, how far it is, how it ended. The table is the truth."""

from __future__ import annotations

import datetime as dt
import errno
import logging
import time
import traceback
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Engine, Row, and_, insert, or_, select, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from core.errors import DISK_FULL, DiskFullError, TidemarkError
from core.lifecycle.processes import alive, this_process
from core.state.engine import keep_room, reading, spare_room, writing
from core.state.tables import ACTIVE_STATES, JOB_LOG, JOBS, now

log = logging.getLogger(__name__)

SILENT_AFTER = dt.timedelta(minutes=15)
"""A job of another machine, whose process cannot be looked at, counts as gone after this long without progress."""

WRITE_EVERY = 0.25
"""Seconds between two writes of progress; calls in between are dropped."""

UNEXPECTED = "Something went wrong inside Tidemark; the log of the server has the details."
NO_MEMORY = "There was not enough memory. Nothing was lost; close other programs, or train fewer models or measures."

PACE_OVER = 30.0
"""Seconds of the past from which the time left is estimated; earlier parts may have come from a cache."""

LOG_KEPT = 500
"""Lines that ``log`` returns at most, the newest."""


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
    request: Mapping[str, Any] | None
    left_seconds: float | None
    is_new: bool = field(default=False, compare=False)

    @property
    def active(self) -> bool:
        """Queued or running."""
        return self.state in ACTIVE_STATES


@dataclass(frozen=True, slots=True)
class LogLine:
    """One step of a job; ``level`` is info, warning, error or traceback."""

    at: dt.datetime
    level: str
    text: str


def _job(row: Row[Any], *, is_new: bool = False) -> Job:
    return Job(**row._mapping, is_new=is_new)


class Jobs:
    """Access to the job table; safe to share between threads."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def start(self, kind: str, who: str, why: str, request: Mapping[str, Any] | None = None) -> Job:
        """Queues a job, or returns the one of this kind that is queued or running (``is_new`` says which).

        ``request``: what is asked for beyond the kind, as plain JSON values.
        """
        me, moment = this_process(), now()
        row = {
            "kind": kind, "state": "queued", "progress": 0.0, "message": "", "who": who, "why": why,
            "host": me.host, "pid": me.pid, "pid_started": me.started, "cancel_requested": False,
            "created_at": moment, "seen_at": moment, "request": None if request is None else dict(request),
        }  # fmt: skip
        keep_room(self._engine)
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

    def active_jobs(self) -> list[Job]:
        """Every job that is queued or running, oldest first."""
        with reading(self._engine) as connection:
            rows = connection.execute(select(JOBS).where(JOBS.c.state.in_(ACTIVE_STATES)).order_by(JOBS.c.id))
            return [_job(row) for row in rows]

    def log(self, job_id: int) -> list[LogLine]:
        """What the job did, in order; the newest LOG_KEPT lines."""
        query = select(JOB_LOG.c.at, JOB_LOG.c.level, JOB_LOG.c.text).where(JOB_LOG.c.job_id == job_id)
        with reading(self._engine) as connection:
            rows = connection.execute(query.order_by(JOB_LOG.c.id.desc()).limit(LOG_KEPT)).all()
        return [LogLine(*row) for row in reversed(rows)]

    def latest(self, kind: str | None = None) -> Job | None:
        """The job of this kind (or of any) that was queued last."""
        found = self.recent(1, kind)
        return found[0] if found else None

    def recent(
        self, limit: int = 20, kind: str | None = None, state: str | None = None, before: int | None = None
    ) -> list[Job]:
        """The newest jobs, newest first; of one kind or in one state only where it is named, and with ``before`` of
        those with a lower number."""
        query = select(JOBS).order_by(JOBS.c.id.desc()).limit(limit)
        if kind is not None:
            query = query.where(JOBS.c.kind == kind)
        if state is not None:
            query = query.where(JOBS.c.state == state)
        if before is not None:
            query = query.where(JOBS.c.id < before)
        with reading(self._engine) as connection:
            return [_job(row) for row in connection.execute(query)]

    def cancel(self, job_id: int) -> bool:
        """Asks an active job to stop at its next step; one that nobody has begun ends here. False: it had ended."""
        with writing(self._engine) as connection:
            mine = update(JOBS).where(JOBS.c.id == job_id)
            ended = {"state": "cancelled", "finished_at": now(), "error": "The job was cancelled.",
                     "cancel_requested": True}  # fmt: skip
            if connection.execute(mine.where(JOBS.c.state == "queued").values(ended)).rowcount:
                return True
            asked = mine.where(JOBS.c.state == "running").values(cancel_requested=True)
            return connection.execute(asked).rowcount == 1

    def reap(self) -> int:
        """Marks jobs whose process is gone as interrupted; returns how many."""
        gone = [job for job in self.active_jobs() if not _is_there(job)]
        if not gone:
            return 0
        with writing(self._engine) as connection:
            same = or_(*(and_(JOBS.c.id == job.id, JOBS.c.seen_at == job.seen_at) for job in gone))
            change = update(JOBS).where(same, JOBS.c.state.in_(ACTIVE_STATES))
            values = {"state": "interrupted", "finished_at": now(), "error": "The process that did this work ended."}
            return connection.execute(change.values(values)).rowcount

    @contextmanager
    def run(self, job: Job) -> Iterator[JobRun]:
        """Marks a queued job as running in this process and records how the block ends; exceptions pass on.

        A TidemarkError's sentence becomes the job's ``error``; of anything else the user gets what ``sentence_of``
        says and the logs the traceback. Raises JobCancelledError when the job is no longer queued.
        """
        me = this_process()
        run = JobRun(self._engine, job.id)
        begun = {"state": "running", "host": me.host, "pid": me.pid, "pid_started": me.started, "started_at": now()}
        if not run.write_surely(begun, only_from=("queued",)):
            raise JobCancelledError("The job was stopped before it began.")
        try:
            yield run
        except JobCancelledError as error:
            run.finish("cancelled", error=str(error))
            raise
        except TidemarkError as error:
            run.finish("failed", error=str(error))
            raise
        except Exception as error:
            log.exception("job %s (%s) failed", job.id, job.kind)
            run.finish("failed", error=sentence_of(error), details=traceback.format_exc())
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
        self._pace = Pace(time.monotonic())

    def __call__(self, fraction: float, message: str = "") -> None:
        """Records progress, at most a few times a second. Raises JobCancelledError when the job was asked to stop."""
        if message in ("", self._message) and time.monotonic() - self._written_at < WRITE_EVERY:
            return
        self._written_at, news = time.monotonic(), message not in ("", self._message)
        self._message = message or self._message
        self.check()
        part = min(max(fraction, 0.0), 1.0)
        values = {"progress": part, "message": self._message, "left_seconds": self._pace.left(self._written_at, part)}
        if not self.write(values, lines=[("info", self._message)] if news else ()):
            raise JobCancelledError("The job was ended from outside.")

    def check(self) -> None:
        """Raises JobCancelledError when the job was asked to stop."""
        with reading(self._engine) as connection:
            query = select(JOBS.c.cancel_requested).where(JOBS.c.id == self.job_id)
            if connection.execute(query).scalar_one():
                raise JobCancelledError("The job was cancelled.")

    def note(self, text: str, level: str = "info") -> None:
        """Adds a line to the job's log."""
        with writing(self._engine) as connection:
            _add_line(connection, self.job_id, level, text)

    def finish(self, state: str, details: str | None = None, **values: Any) -> None:
        """Writes the end of the job; nothing happens if it was ended from outside before."""
        lines = [("error" if state == "failed" else "warning", values["error"])] if values.get("error") else []
        if details is not None:
            lines.append(("traceback", details))
        try:
            self.write_surely({"state": state, "finished_at": now(), "left_seconds": None, **values}, lines=lines)
        except (SQLAlchemyError, DiskFullError):  # the error that is on its way tells more than this one
            log.exception("the end of job %s (%s) cannot be written", self.job_id, state)

    def write_surely(self, values: dict[str, Any], **how: Any) -> bool:
        """``write``, on a full disk with the room that is kept for it."""
        try:
            return self.write(values, **how)
        except DiskFullError:
            with spare_room(self._engine):
                return self.write(values, **how)

    def write(
        self,
        values: dict[str, Any],
        only_from: tuple[str, ...] = ("running",),
        *,
        lines: Sequence[tuple[str, str]] = (),
    ) -> bool:
        """Changes the row if it is still in one of the states given, and adds (level, text) to the log; was it?"""
        with writing(self._engine) as connection:
            change = update(JOBS).where(JOBS.c.id == self.job_id, JOBS.c.state.in_(only_from))
            if connection.execute(change.values(seen_at=now(), **values)).rowcount != 1:
                return False
            for level, text in lines:
                _add_line(connection, self.job_id, level, text)
        return True


class Pace:
    """How long the rest takes, if it goes on as in the last PACE_OVER seconds."""

    def __init__(self, started: float) -> None:
        self._seen: deque[tuple[float, float]] = deque([(started, 0.0)])

    def left(self, moment: float, fraction: float) -> float | None:
        """Seconds until 1 from ``fraction`` at ``moment`` (seconds of any clock); None while nothing can be said."""
        while len(self._seen) > 1 and moment - self._seen[1][0] >= PACE_OVER:
            self._seen.popleft()
        since, before = self._seen[0]
        self._seen.append((moment, fraction))
        if fraction <= before or moment - since < 1.0:
            return None
        return (1 - fraction) * (moment - since) / (fraction - before)


def sentence_of(error: BaseException) -> str:
    """What a user is told of an error that was not foreseen: known causes by name, else UNEXPECTED.

    A full disk and a lack of memory show in many shapes: of the system, of SQLite, of Arrow, of a child process.
    """
    seen: BaseException | None = error
    while seen is not None:
        text = str(seen)
        full = isinstance(seen, OSError) and seen.errno in (errno.ENOSPC, errno.EDQUOT)
        if full or "No space left on device" in text or "disk is full" in text:
            return DISK_FULL
        if isinstance(seen, MemoryError):
            return NO_MEMORY
        seen = seen.__cause__ or seen.__context__
    return UNEXPECTED


def _add_line(connection: Connection, job_id: int, level: str, text: str) -> None:
    connection.execute(insert(JOB_LOG).values(job_id=job_id, at=now(), level=level, text=text))


def _is_there(job: Job) -> bool:
    if job.host == this_process().host:
        return alive(job.pid, job.pid_started)
    return now() - job.seen_at < SILENT_AFTER
