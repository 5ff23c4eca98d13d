"""The process that waits for work: one piece at a time, and never in anybody's way for long."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator

import psutil
import pytest

from core.errors import NotReadyError
from core.evaluation.pool import WorkerLostError
from core.own.standby import Standby


def who(shared: str) -> tuple[str, int]:
    return shared, os.getpid()


def sleep(_shared: str, seconds: float) -> float:
    time.sleep(seconds)
    return seconds


def fail(_shared: str) -> None:
    raise ValueError("on purpose")


@pytest.fixture
def standby() -> Iterator[Standby]:
    made = Standby("shared")
    yield made
    made.end()


def test_the_same_process_does_one_piece_after_the_other(standby: Standby) -> None:
    assert standby.pid is None
    first, second = standby.do(who), standby.do(who)
    assert first == second == ("shared", standby.pid)
    assert first[1] != os.getpid()


def test_an_error_over_there_is_raised_here(standby: Standby) -> None:
    with pytest.raises(ValueError, match="on purpose"):
        standby.do(fail)
    assert standby.do(who)[0] == "shared"


def test_what_hangs_is_stopped(standby: Standby) -> None:
    pid = standby.do(who)[1]
    with pytest.raises(NotReadyError, match="too long"):
        standby.do(sleep, 60.0, seconds=0.1)
    assert not psutil.pid_exists(pid)
    assert standby.do(who)[1] != pid


def test_a_process_that_was_killed_is_replaced(standby: Standby) -> None:
    pid = standby.do(who)[1]
    os.kill(pid, signal.SIGKILL)
    while psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        time.sleep(0.01)
    assert standby.do(who)[1] != pid


def test_a_process_that_is_killed_at_work(standby: Standby) -> None:
    pid = standby.do(who)[1]
    threading.Timer(0.3, os.kill, (pid, signal.SIGKILL)).start()
    with pytest.raises(WorkerLostError):
        standby.do(sleep, 60.0)
    assert standby.do(who)[0] == "shared"


def test_one_waits_and_more_are_refused(standby: Standby) -> None:
    standby.do(who)
    results: list[object] = []

    def ask() -> None:
        try:
            with standby.place():
                results.append(standby.do(sleep, 0.5))
        except NotReadyError as error:
            results.append(error)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results.count(0.5) == 2
    assert sum(isinstance(one, NotReadyError) for one in results) == 2


def test_it_ends_when_nobody_needs_it() -> None:
    standby = Standby("shared", idle_seconds=0.2)
    pid = standby.do(who)[1]
    until = time.monotonic() + 20
    while (standby.pid is not None or psutil.pid_exists(pid)) and time.monotonic() < until:
        time.sleep(0.05)
    assert standby.pid is None
    assert not psutil.pid_exists(pid)
