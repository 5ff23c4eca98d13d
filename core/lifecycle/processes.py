"""Who is running: tells a live process from a dead one whose number was given to another."""

from __future__ import annotations

import os
import socket
from typing import NamedTuple

import psutil

CLOCK_TOLERANCE = 2.0
"""Seconds by which the start time of one process may read differently after the machine's clock was set."""


class Identity(NamedTuple):
    """A process: its machine, number, and start in seconds since 1970."""

    host: str
    pid: int
    started: float


def this_process() -> Identity:
    """The calling process."""
    return Identity(socket.gethostname(), os.getpid(), psutil.Process().create_time())


def alive(pid: int, started: float) -> bool:
    """Is the process ``pid`` of this machine still the one that started at ``started``, and not a zombie?"""
    try:
        process = psutil.Process(pid)
        same = abs(float(process.create_time()) - started) <= CLOCK_TOLERANCE
        return same and bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
