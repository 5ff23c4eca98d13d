"""Keys, limits, numbers, log and slow clients on a real server of two workers, which must agree with each other."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import psutil
import pytest

from app.api.guard import LOOK_EVERY
from app.patient_worker import HEAD_SECONDS
from core.access.keys import Keys
from core.config import PROJECT_ROOT, Config
from core.state.engine import open_engine
from tests.app.conftest import publish_version
from tests.app.test_metrics import Numbers, of, parsed
from tests.app.test_processes import descendants, environment, free_port, listening, until

LIMIT = 300
"""Requests a minute of one client; more than any test makes but the one of the limit."""
THREADS = 8
"""Of both workers together."""


class Server(NamedTuple):
    """A running gunicorn with two workers, whose output is in a file."""

    port: int
    process: subprocess.Popen[bytes]
    config: Config
    output: Path

    def ask(self, path: str, key: str | None = None) -> tuple[int, bytes]:
        """One request on a connection of its own: either worker may get it."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("GET", path, headers={"X-API-Key": key} if key else {})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def many(self, path: str, count: int, key: str | None = None) -> Counter[int]:
        """How often each status came, eight requests at a time."""
        with ThreadPoolExecutor(8) as pool:
            return Counter(status for status, _ in pool.map(lambda _: self.ask(path, key), range(count)))

    def numbers(self) -> Numbers:
        status, text = self.ask("/metrics")
        assert status == 200
        return parsed(text.decode())

    def workers(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children()

    def logged(self) -> list[dict[str, Any]]:
        """The lines of the access log; every one must be whole."""
        return [json.loads(line) for line in self.output.read_text().splitlines()]


@contextmanager
def serving(folder: Path, *command: str, **more: str) -> Iterator[Server]:
    """The server with two workers that ``python COMMAND`` starts, with ``more`` settings; nothing of it is left."""
    config = Config(data_dir=folder / "data")
    publish_version(config)
    port, output = free_port(), folder / "output"
    env = environment(config.data_dir, port, WORKERS="2", RATE_LIMIT=str(LIMIT), **more)
    with output.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, *command, "-c", "gunicorn.conf.py"], cwd=PROJECT_ROOT, env=env, stdout=file,
            start_new_session=True,
        )  # fmt: skip
    family: list[psutil.Process] = []
    try:
        found = Server(port, process, config, output)
        assert until(lambda: listening(port) and len(found.workers()) == 2)
        assert until(lambda: both_have_counted(found))
        family = descendants(process)
        yield found
    finally:
        for one in [*family, *descendants(process)]:
            with suppress(psutil.NoSuchProcess):
                one.kill()
        process.kill()
        process.wait()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with serving(tmp_path, "-m", "gunicorn") as found:
        yield found


def both_have_counted(server: Server) -> bool:
    """A worker has a file of counts once it has answered somebody."""
    server.many("/health/live", 16)
    return len(list(server.config.cache_dir.rglob("counter_*.db"))) == 2


def test_workers_count_and_log_together(server: Server) -> None:
    assert server.many("/predict?horizon=3", 100) == {200: 100}
    labels = {"route": "/predict", "method": "GET", "status": "200"}

    def counted() -> float | None:
        return of(server.numbers(), "tidemark_requests_total", **labels)

    assert until(lambda: counted() == 100, 10)
    assert [counted() for _ in range(5)] == [100] * 5  # whichever worker is asked
    assert of(server.numbers(), "tidemark_request_seconds_count", route="/predict") == 100

    victim = server.workers()[0]
    os.kill(victim.pid, signal.SIGKILL)  # what it counted stays
    assert until(lambda: len([one for one in server.workers() if one.pid != victim.pid]) == 2)
    assert server.many("/predict?horizon=3", 20) == {200: 20}
    assert until(lambda: counted() == 120, 10)

    def is_complete() -> bool:
        return [line["route"] for line in server.logged()].count("/predict") == 120

    assert until(is_complete, 10)
    server.many("/info", 8)
    server.process.send_signal(signal.SIGTERM)  # what was just noted is written before the end
    server.process.wait(30)
    assert [line["route"] for line in server.logged()].count("/info") == 8


def test_a_new_start_counts_from_zero(server: Server) -> None:
    (folder,) = (server.config.cache_dir / "metrics").iterdir()
    (folder / "counter_1.db").write_bytes(b"left by somebody")
    server.process.kill()
    assert until(lambda: not listening(server.port))
    env = environment(server.config.data_dir, server.port)
    again = subprocess.Popen([sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py"], cwd=PROJECT_ROOT, env=env)
    try:
        assert until(lambda: listening(server.port))
        assert until(lambda: server.ask("/metrics")[0] == 200)
        asked_before = {"route": "/health/live", "method": "GET", "status": "200"}
        assert of(server.numbers(), "tidemark_requests_total", **asked_before) is None
    finally:
        again.terminate()
        again.wait(30)


def test_keys_and_limits_hold_in_both_workers(server: Server) -> None:
    keys = Keys(open_engine(server.config.database))
    made = keys.create("the till", ["predict"])
    time.sleep(LOOK_EVERY + 0.2)
    assert server.many("/predict", 40) == {401: 40}
    assert server.many("/predict", 40, made.text) == {200: 40}
    keys.revoke(made.key.id)
    assert server.many("/predict", 40, made.text) == {401: 40}

    other = keys.create("another", ["predict"]).text
    time.sleep(max(0, 20 - (60 - time.time() % 60)))  # not over the end of a minute
    if time.time() % 60 > 40:
        time.sleep(61 - time.time() % 60)
    assert server.many("/predict", LIMIT + 50, other) == {200: LIMIT, 429: 50}
    assert made.text.rsplit("_", 1)[1] not in server.output.read_text()


def test_slow_clients_do_not_hold_the_threads(server: Server) -> None:
    """Three times as many as there are threads: some say nothing, some stop in the head, some go on byte by byte."""
    with ExitStack() as stack:
        slow = [stack.enter_context(socket.create_connection(("127.0.0.1", server.port))) for _ in range(3 * THREADS)]
        for one in slow[:16]:
            one.sendall(b"GET /health/live HTTP/1.1\r\nHost: x\r\nX-Slow: ")
        dripping = slow[:8]
        begun = time.monotonic()
        slowest = 0.0
        while time.monotonic() - begun < HEAD_SECONDS / 2:
            for one in dripping:
                one.sendall(b"a")
            asked = time.monotonic()
            assert server.ask("/health/live")[0] == 200
            slowest = max(slowest, time.monotonic() - asked)
            time.sleep(0.2)
        assert slowest < 2
        busy = sum(one.cpu_percent(1.0) for one in server.workers())
        assert busy < 50  # waiting does not mean looking all the time
        slow[15].sendall(b"b\r\n\r\n")  # slow, but in time
        slow[15].settimeout(20)
        assert slow[15].recv(100).startswith(b"HTTP/1.1 200")
        for one in [*slow[:15], *slow[16:]]:
            one.settimeout(HEAD_SECONDS + 10)
            with suppress(ConnectionResetError):
                assert one.recv(100) == b""  # too late
    assert server.ask("/health/live")[0] == 200


def test_a_connection_is_used_again(server: Server) -> None:
    """Several requests, the heads in pieces, a body in between."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as client:
        for _ in range(3):
            for piece in (b"POST /predict HT", b"TP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n",
                          b"Content-Length: 13\r\n\r", b"\n", b'{"hori', b'zon":2}'):  # fmt: skip
                client.sendall(piece)
                time.sleep(0.05)
            answer = http.client.HTTPResponse(client)
            answer.begin()
            assert answer.status == 200
            assert len(json.loads(answer.read())["predictions"]) == 2


IMPATIENT = """
from gunicorn.app.wsgiapp import run
from app import patient_worker
patient_worker.BODY_SECONDS = patient_worker.SEND_SECONDS = 1
run()
"""


def test_threads_are_taken_back_from_clients_that_stop(tmp_path: Path) -> None:
    """Those that announce a body and do not send it, and those that ask for a large file and do not take it."""
    script = tmp_path / "impatient.py"
    script.write_text(IMPATIENT)
    body = b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"
    file = b"GET /_dash-component-suites/plotly/package_data/plotly.min.js HTTP/1.1\r\nHost: x\r\n\r\n"
    with serving(tmp_path, "-c", f"exec(open({str(script)!r}).read())") as server, ExitStack() as stack:
        for sent in (body, file):
            for _ in range(2 * THREADS):
                client = stack.enter_context(socket.socket())
                client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                client.connect(("127.0.0.1", server.port))
                client.sendall(sent)
            time.sleep(0.5)
            begun = time.monotonic()
            assert server.ask("/health/live")[0] == 200
            assert time.monotonic() - begun < 15
        assert "Traceback" not in server.output.read_text()
