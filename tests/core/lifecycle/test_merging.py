"""Who starts the process that merges, and when a process that was started before is believed to do it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from core.config import Config
from core.lifecycle import merging
from core.lifecycle.merging import Starter

SLEEPS = [sys.executable, "-c", "import time; time.sleep(60)"]
"""A process that lives and does not have the lock: it begins, or it is about to end."""


class Started(list[subprocess.Popen[bytes]]):
    """The processes, and a clock that goes when it is told to."""

    now = 1000.0


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Any:
    found, popen = Started(), subprocess.Popen

    def sleeps(command: list[str], **_: Any) -> subprocess.Popen[bytes]:
        assert "merge" in command
        found.append(popen(SLEEPS))
        return found[-1]

    monkeypatch.setattr("core.lifecycle.merging.subprocess.Popen", sleeps)
    monkeypatch.setattr("core.lifecycle.merging.time.monotonic", lambda: found.now)
    yield found
    for one in found:
        one.kill()
        one.wait()


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(data_dir=tmp_path / "data")


def test_a_process_that_has_just_begun_is_not_started_again(config: Config, started: Started) -> None:
    starter = Starter(config)
    starter.start()
    started.now += 1
    starter.start()
    assert len(started) == 1
    started[0].kill()
    started[0].wait()
    starter.start()  # it is gone before it had the lock
    assert len(started) == 2


def test_a_process_that_is_about_to_end_merges_nothing(config: Config, started: Started) -> None:
    """It has given up its lock and looked for batches for the last time, but it still lives."""
    starter = Starter(config)
    starter.start()
    started.now += merging.IDLE_SECONDS
    with merging._alone(config):  # while it has the lock
        starter.start()
    assert len(started) == 1
    starter.start()
    assert len(started) == 2
