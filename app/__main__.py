"""``python -m app``: what `make run` does. Checks the settings, starts the server and the preparation, ends both."""

from __future__ import annotations

import errno
import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from http import HTTPStatus
from types import FrameType

from app.settings import Settings
from core.config import PROJECT_ROOT, Config
from core.errors import ConfigError, TidemarkError

WRONG_SETTING = 2
STOP_SECONDS = 15
"""How long children may take to end before they are killed; gunicorn's own patience is 10 s."""

LEAN_MEMORY = {"MALLOC_ARENA_MAX": "2", "ARROW_DEFAULT_MEMORY_POOL": "system"}
"""Threads share two heaps, Arrow the same ones: about 40 MB less in each web worker. Set before a process starts,
so the launcher is the place; the environment may say otherwise."""


def main() -> int:
    """Runs until a signal comes or the server ends; returns the exit code."""
    try:
        settings = Settings.from_env()
        check_data(settings.core)
        check_address(settings.host, settings.port)
        from core.state.engine import upgrade

        upgrade(settings.core.database)
    except TidemarkError as error:
        sys.stderr.write(f"Tidemark cannot start: {error}\n")
        return WRONG_SETTING
    say(f"Tidemark starts at {settings.url} and keeps its state in {settings.core.data_dir}. Ctrl-C stops it.")
    return Launcher(settings).run()


def say(text: str) -> None:
    """A line for the person at the terminal, at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def check_data(config: Config) -> None:
    """Raises ConfigError if DATA_PATH is not there; what is in it is the preparation's business."""
    if config.data_path is not None and not config.data_path.exists():
        raise ConfigError(f"DATA_PATH={config.data_path} does not exist; name a file or a folder of files.")


def check_address(host: str, port: int) -> None:
    """Raises ConfigError if the server could not listen there."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            # As gunicorn does: connections of a server that has just ended do not hold the port.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            probe.listen(1)
    except socket.gaierror:
        raise ConfigError(f"HOST={host} is not known; use an address of this machine such as 127.0.0.1.") from None
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise ConfigError(
                f"port {port} on {host} is in use; stop what uses it, or choose another with PORT."
            ) from None
        if error.errno == errno.EACCES:
            raise ConfigError(f"PORT={port} needs special rights; choose one above 1023.") from None
        raise ConfigError(f"HOST={host} is not an address of this machine ({error.strerror}).") from None


def answers(settings: Settings) -> bool:
    """Whether the server answers a request."""
    host = "127.0.0.1" if settings.host == "0.0.0.0" else settings.host  # noqa: S104
    connection = http.client.HTTPConnection(host, settings.port, timeout=1)  # not urllib: no proxy may come between
    try:
        connection.request("GET", "/health/live")
        return connection.getresponse().status == HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


class Launcher:
    """The server and the preparation as children, and their end."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.children: list[subprocess.Popen[bytes]] = []
        self.stopping = threading.Event()

    def run(self) -> int:
        """Starts both children and waits; 0 after a signal, 1 if the server ended by itself."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._stop)
        server = self._start("gunicorn", "-c", str(PROJECT_ROOT / "gunicorn.conf.py"))
        try:
            self._wait(server)
        finally:
            self._end()
        if self.stopping.is_set():
            say("Tidemark has stopped.")
            return 0
        sys.stderr.write(f"The server ended by itself with code {server.returncode}; the lines above say why.\n")
        return 1

    def _start(self, *command: str, nice: int = 0) -> subprocess.Popen[bytes]:
        # A process group of its own: Ctrl-C reaches only the launcher, which ends its children in order.
        child = subprocess.Popen(  # noqa: S603 - our own modules
            [sys.executable, "-m", "app.watched", str(os.getpid()), *command],
            cwd=PROJECT_ROOT,
            env=LEAN_MEMORY | os.environ,
            stdin=subprocess.DEVNULL,
            process_group=0,
        )
        if nice:
            with suppress(OSError):  # a politeness that some systems refuse
                os.setpriority(os.PRIO_PROCESS, child.pid, nice)
        self.children.append(child)
        return child

    def _wait(self, server: subprocess.Popen[bytes]) -> None:
        """Until a signal or the end of the server; starts the preparation once the server answers.

        The server goes first, alone: its pages say what is going on, and at a later start there is nothing to prepare.
        """
        preparation, told = None, False
        while not self.stopping.is_set() and server.poll() is None:
            if preparation is None:
                if answers(self.settings):
                    say(f"Ready: open {self.settings.url} in a browser.")
                    preparation = self._start("core", "bootstrap", nice=5)
            elif not told and preparation.poll() is not None:
                told = True
                if preparation.returncode != 0:
                    say("The preparation did not finish; see above. The server goes on with what there is.")
            self.stopping.wait(0.1)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        if self.stopping.is_set():  # asked twice: at once
            for child in self.children:
                _signal_group(child, signal.SIGKILL)
        self.stopping.set()

    def _end(self) -> None:
        """Asks every child to end, waits, kills what does not."""
        for child in self.children:
            if child.poll() is None:
                child.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for child in self.children:
            try:
                child.wait(max(deadline - time.monotonic(), 0.1))
            except subprocess.TimeoutExpired:
                _signal_group(child, signal.SIGKILL)
                child.wait()


def _signal_group(child: subprocess.Popen[bytes], number: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, number)


def run(arguments: Sequence[str]) -> int:
    """``python -m app`` takes no arguments; the environment holds the settings."""
    if arguments:
        sys.stderr.write("python -m app takes no arguments; settings are environment variables, see README.md.\n")
        return WRONG_SETTING
    return main()


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
