"""The scheduler: a thread of every web worker, of which the one that holds the lease works.

It marks jobs whose process is gone, takes the planned times that are due, and starts queued jobs that nobody began, and
the merging of posted lines where it was cut off.
"""

from __future__ import annotations

import datetime as dt
import logging
import subprocess
import threading
import time

from core.config import Config
from core.intake.asked import CHECK, LOAD, LOOK
from core.lifecycle.bootstrap import MONITOR, TRAIN
from core.lifecycle.jobs import Jobs
from core.lifecycle.merging import Starter
from core.lifecycle.processes import this_process
from core.lifecycle.schedule import DAILY, Schedule
from core.lifecycle.work import BACKTEST, POWER, REPLAY, TRIAL, start_process
from core.state.engine import open_engine
from core.state.leases import Lease
from core.state.tables import now

log = logging.getLogger(__name__)

LEASE = "scheduler"
LEASE_SECONDS = 15.0
"""How long after the end of a worker another one takes over, at most."""
TICK_SECONDS = 3.0
DELIVER_SECONDS = 60.0

OWN_PROCESS = (TRAIN, DAILY, MONITOR, POWER, REPLAY, TRIAL, BACKTEST, LOOK, CHECK, LOAD)
"""Kinds of job that a process of their own can do."""

UNCLAIMED_AFTER = dt.timedelta(seconds=10)
"""A job of the page is begun by a background callback of the browser that asked; if that has left, by the scheduler."""


class Scheduler:
    """``start`` it once a process; ``tick`` is one round of its work."""

    def __init__(self, config: Config) -> None:
        engine, me = open_engine(config.database), this_process()
        self._config, self._engine, self._delivered_at = config, engine, 0.0
        self._sender: threading.Thread | None = None
        self._jobs, self._schedule = Jobs(engine), Schedule(engine, config)
        self._lease = Lease(engine, LEASE, f"{me.host} {me.pid} {me.started}", LEASE_SECONDS)
        self._children: dict[int, subprocess.Popen[bytes]] = {}
        self._merging = Starter(config)

    def start(self) -> None:
        """Begins to tick in a thread that ends with the process."""
        threading.Thread(target=self._run, name="scheduler", daemon=True).start()

    def tick(self) -> bool:
        """One round; false while another process holds the lease."""
        self._children = {job_id: child for job_id, child in self._children.items() if child.poll() is None}
        if not self._lease.hold():
            return False
        self._jobs.reap()
        taken = self._schedule.take(now())
        if taken is not None:
            late = f", {taken.missed} missed before it" if taken.missed else ""
            job = self._jobs.start(DAILY, "schedule", f"planned for {taken.planned_at:%Y-%m-%d %H:%M} UTC{late}")
            if job.is_new:
                self._children[job.id] = start_process(job.id)
            self._schedule.started(taken, job.id)
        for job in self._jobs.active_jobs():
            waiting = job.state == "queued" and job.kind in OWN_PROCESS and job.id not in self._children
            if waiting and now() - job.created_at > UNCLAIMED_AFTER:
                self._children[job.id] = start_process(job.id)
        self._merging.start_if_pending()
        self._deliver()
        return True

    def _deliver(self) -> None:
        """Sends messages about alerts whose turn has come; a slow receiver keeps nothing else waiting."""
        if time.monotonic() - self._delivered_at < DELIVER_SECONDS or (self._sender and self._sender.is_alive()):
            return
        self._delivered_at = time.monotonic()
        self._sender = threading.Thread(target=self._send, name="messages", daemon=True)
        self._sender.start()

    def _send(self) -> None:
        from core.monitoring.channels import deliver

        try:
            deliver(self._engine, self._config)
        except Exception:  # the next round may find the database again
            log.exception("messages about alerts were not sent")

    def _run(self) -> None:
        while True:
            time.sleep(TICK_SECONDS)
            try:
                self.tick()
            except Exception:  # the next round may find the database again
                log.exception("the scheduler's round failed")
