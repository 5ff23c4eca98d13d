"""What takes long to make is made once a run of the tests, by whichever process needs it first; the others copy it."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """The folder that ``make`` fills, to be read only. What fails is tried again by the next that needs it.

    name: says what is in the folder, whoever asks: no two kinds of content under one name.
    """
    # Under xdist each worker has a folder of its own in the one of the run.
    run = factory.getbasetemp().parent if "PYTEST_XDIST_WORKER" in os.environ else factory.getbasetemp()
    folder, unfinished = run / f"once-{name}", run / f"unfinished-{name}"
    with (run / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # let go when the file is closed, also by a process that is killed
        if not folder.exists():
            shutil.rmtree(unfinished, ignore_errors=True)
            unfinished.mkdir()
            make(unfinished)
            unfinished.rename(folder)
    return folder


def copy_of(folder: Path, target: Path) -> Path:
    """A copy that may be changed; returns ``target``."""
    return Path(shutil.copytree(folder, target, dirs_exist_ok=True))
