"""Who merges posted lines: one process of its own for an installation, started when a batch comes and none runs.

It needs DuckDB, which web workers must not carry; it stays for some minutes, because batches seldom come alone. What is
posted is in the database before anybody is told so: this process may be killed at any moment, the next one goes on.
"""

from __future__ import annotations

import fcntl
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from core.config import PROJECT_ROOT, Config
from core.lifecycle.bootstrap import MERGE, as_job
from core.lifecycle.jobs import Jobs
from core.state.engine import open_engine
from core.transactions.posted import batches_of
from core.transactions.store import Store

log = logging.getLogger(__name__)

POLL_SECONDS = 0.1
IDLE_SECONDS = 600.0
"""How long the process stays without work."""
PAUSE_SECONDS = 2.0
LONGEST_PAUSE_SECONDS = 600.0
"""After a merge that failed the next try waits: first the one, then twice as long each time, up to the other."""

START_SECONDS = 10.0
"""So long a process that was started may need until it has the lock."""

LOCK = ".merging"
"""File in the store's folder, locked by the process that merges."""


def pending(config: Config) -> bool:
    """Whether there are data, and batches that are not in them yet."""
    current, batches = Store(config.store_dir).current(), batches_of(config)
    return current is not None and batches is not None and batches.last_id() > current.manifest.posted


def follow(config: Config, idle_seconds: float = IDLE_SECONDS) -> None:
    """Merges what comes until nothing has come for so long; returns at once where another process does it."""
    while True:
        with _alone(config) as alone:
            if not alone:
                return
            _until_idle(config, idle_seconds)
        # who posted just before the lock was given back saw it taken, and has started nobody
        if not pending(config):
            return


def _until_idle(config: Config, idle_seconds: float) -> None:
    worked_at, failures = time.monotonic(), 0
    while time.monotonic() - worked_at < idle_seconds:
        if pending(config):
            failures = 0 if _try(config, failures) else failures + 1
            worked_at = time.monotonic()
        time.sleep(min(PAUSE_SECONDS * 2 ** (failures - 1), LONGEST_PAUSE_SECONDS) if failures else POLL_SECONDS)


def _try(config: Config, failures: int) -> bool:
    """Merges; a failure is a job that failed, for /health and the page of jobs, and so is the try that ends it."""
    from core.transactions.merge import merge  # readers of spreadsheets come with it: not for web workers

    jobs = Jobs(open_engine(config.database))
    try:
        if failures == 0:
            last = jobs.latest(MERGE)
            if last is None or last.state == "done":
                merge(config)
                return True
        as_job(jobs, MERGE, "api", "lines were posted", _nobody, lambda run: (None, merge(config, run).id))
        return True
    except Exception as error:
        log.exception("posted lines could not be merged")
        if failures == 0:
            _note(jobs, error)
        return False


def _note(jobs: Jobs, error: Exception) -> None:
    """A job that failed with this error, unless one has told so already."""
    last = jobs.latest(MERGE)
    if last is not None and last.state in ("failed", "interrupted"):
        return

    def fail(run: object) -> tuple[None, None]:
        raise error

    with suppress(Exception):
        as_job(jobs, MERGE, "api", "lines were posted", _nobody, fail)


def _nobody(_share: float, _text: str) -> None:
    """Progress that nobody waits for."""


@contextmanager
def _alone(config: Config) -> Iterator[bool]:
    """Whether this process is the one that merges, as long as the block runs."""
    config.store_dir.mkdir(parents=True, exist_ok=True)
    with (config.store_dir / LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


class Starter:
    """Starts the process where none runs: after each batch, and by the scheduler for what a killed one left."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._started_at = 0.0

    def start_if_pending(self) -> None:
        """For rounds that know nothing of a new batch."""
        if pending(self._config):
            self.start()

    def start(self) -> None:
        """Starts it unless it runs, here or in another worker. Two at once do no harm: the second one leaves."""
        with self._lock:
            # Later only the lock tells: a process that is about to end has given it up, and looks for batches no more.
            young = time.monotonic() - self._started_at < START_SECONDS
            if young and self._child is not None and self._child.poll() is None:
                return
            with _alone(self._config) as nobody:
                if not nobody:
                    return
            self._child = subprocess.Popen(  # noqa: S603 - our own module
                [sys.executable, "-m", "core", "merge", "--follow", "--parent", str(os.getpid())],
                cwd=PROJECT_ROOT,
                env={**os.environ, "DATA_DIR": str(self._config.data_dir)},
                stdin=subprocess.DEVNULL,
            )
            self._started_at = time.monotonic()
            # so that nothing is left of it
            threading.Thread(target=self._child.wait, name="wait for the merging", daemon=True).start()
