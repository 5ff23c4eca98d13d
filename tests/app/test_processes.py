"""Real processes: the launcher, gunicorn and its workers start, serve, and leave nothing behind."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import dash
import psutil
import pytest

from app.settings import SETTINGS_TABLE
from core.config import PROJECT_ROOT as ROOT
from core.config import Config
from tests.app.conftest import publish_version

START_SECONDS = 60
"""Generous: other work may share the machine."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(condition: Callable[[], bool], seconds: float = START_SECONDS) -> bool:
    """Waits for something that another process does."""
    deadline = time.monotonic() + seconds
    while not (met := condition()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return met


def get(port: int, path: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    except OSError:
        return 0, b""
    finally:
        connection.close()


def environment(folder: Path, port: int, **more: str) -> dict[str, str]:
    """The environment of the tests without any setting of ours: COLUMNS, for one, is the terminal's width to others."""
    ours = {variable.name for variable in SETTINGS_TABLE}
    kept = {name: value for name, value in os.environ.items() if name not in ours}
    own = {"DATA_DIR": str(folder), "PORT": str(port), "WORKERS": "1", "OMP_NUM_THREADS": "1"}
    own["MODELS"] = "seasonal_naive,sarima"  # what is tested here is processes, not forecasts
    return {**kept, **own, **more}


@contextmanager
def running(*command: str, env: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """A process in its own group; whatever is left of it and its children is killed at the end."""
    process = subprocess.Popen(
        [sys.executable, "-m", *command], cwd=ROOT, env=env, text=True, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    family = []
    try:
        yield process
        family = descendants(process)
    finally:
        for one in [*family, *descendants(process)]:
            with suppress(psutil.NoSuchProcess):
                one.kill()
        process.kill()
        process.communicate()


def descendants(process: subprocess.Popen[str]) -> list[psutil.Process]:
    try:
        return psutil.Process(process.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def gone(processes: list[psutil.Process]) -> bool:
    return not any(one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in processes)


@pytest.fixture
def few_sales(tmp_path: Path) -> Path:
    """A small table of a business that grows a little and rests on Sundays; two measures, one segment."""
    rows = ["when,pieces"]
    for day in range(120):
        month, of_month = divmod(day, 28)
        if day % 7 != 6:
            rows += [
                f"2024-{month + 1:02}-{of_month + 1:02} {9 + line % 8:02}:00,{1 + line}"
                for line in range(10 + day // 20)
            ]
    file = tmp_path / "sales.csv"
    file.write_text("\n".join(rows))
    return file


def test_the_launcher_serves_prepares_and_leaves_nothing_behind(tmp_path: Path, few_sales: Path) -> None:
    port = free_port()
    columns = json.dumps({"time": "when", "quantity": "pieces"})
    env = environment(tmp_path / "data", port, DATA_PATH=str(few_sales), DATA_COLUMNS=columns)

    with running("app", env=env) as launcher:
        assert until(lambda: get(port, "/health/live")[0] == 200)
        assert get(port, "/")[0] == 200
        assert until(lambda: get(port, "/health/ready")[0] == 200, 120)
        assert json.loads(get(port, "/predict?horizon=3")[1])["data_as_of"].startswith("2024-0")
        family = descendants(launcher)
        launcher.send_signal(signal.SIGTERM)
        output, _ = launcher.communicate(timeout=30)
        assert launcher.returncode == 0, output
        assert f"http://127.0.0.1:{port}" in output
        assert "Traceback" not in output
        assert family
        assert gone(family)

    with running("app", env=env) as launcher:  # again: what is there serves at once, then the hardest end
        assert until(lambda: get(port, "/health/ready")[0] == 200)
        family = descendants(launcher)
        launcher.kill()
        assert until(lambda: gone(family), 30)


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [("PORT", "0", "PORT=0"), ("DATA_PATH", "/nowhere/at/all.csv", "DATA_PATH"), ("HOST", "no host", "HOST=no host"),
     ("DATABASE_URL", "nonsense", "DATABASE_URL")],
)  # fmt: skip
def test_a_wrong_setting_stops_the_start(tmp_path: Path, variable: str, value: str, said: str) -> None:
    env = environment(tmp_path / "data", free_port()) | {variable: value}
    ended = subprocess.run([sys.executable, "-m", "app"], cwd=ROOT, env=env, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 2
    assert said in ended.stderr
    assert ended.stderr.count("\n") == 1
    assert ended.stdout == ""


def test_a_taken_port_stops_the_start(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = subprocess.run(
            [sys.executable, "-m", "app"], cwd=ROOT, env=environment(tmp_path, port), capture_output=True, text=True,
            timeout=60,
        )  # fmt: skip
    assert ended.returncode == 2
    assert ended.stderr == (
        f"Tidemark cannot start: port {port} on 127.0.0.1 is in use; stop what uses it, or choose another with PORT.\n"
    )


@pytest.fixture
def gunicorn(tmp_path: Path) -> Iterator[tuple[int, subprocess.Popen[str]]]:
    """One fresh worker of wsgi.py with a champion of our making, not yet asked anything."""
    publish_version(Config(data_dir=tmp_path / "data"))
    port = free_port()
    with running("gunicorn", "-c", "gunicorn.conf.py", env=environment(tmp_path / "data", port)) as process:
        assert until(lambda: bool(descendants(process)))
        yield port, process


def test_a_cold_worker_answers_parallel_first_requests(gunicorn: tuple[int, subprocess.Popen[str]]) -> None:
    """A browser asks for everything at once; Dash alone answers 500 until its set-up is through.

    The URLs have no fingerprint or a query, to get past the precompressed files, which would hide it.
    """
    port, process = gunicorn
    react = max((Path(dash.__file__).parent / "deps").glob("react@18*.min.js"))
    first = [f"/_dash-component-suites/dash/deps/{react.name}?cold"] * 7 + ["/"]
    assert until(lambda: listening(port))
    with ThreadPoolExecutor(len(first)) as pool:
        answers = list(pool.map(lambda path: get(port, path), first))
    assert [status for status, _ in answers] == [200] * len(first)
    scripts = re.findall(r'src="(/_dash-component-suites/[^"]+)"', answers[-1][1].decode())
    with ThreadPoolExecutor(8) as pool:
        assert {status for status, _ in pool.map(lambda url: get(port, f"{url}?cold"), scripts)} == {200}

    (worker,) = psutil.Process(process.pid).children()
    libraries = Path(f"/proc/{worker.pid}/maps").read_text()
    assert "pyarrow" in libraries
    assert "tensorflow" not in libraries
    assert worker.memory_info().rss < 250e6


def listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_a_web_worker_imports_no_model_library(tmp_path: Path) -> None:
    """TensorFlow in a web worker would cost 600 MB and hang its forked children; the other libraries are for jobs."""
    publish_version(Config(data_dir=tmp_path / "data"))
    script = (
        "import json, sys, wsgi\n"
        "client = wsgi.server.test_client()\n"
        "paths = ['/', '/explore', '/compare', '/forecast', '/monitor', '/predict', '/health', '/info', '/docs']\n"
        "print(json.dumps([[client.get(path).status_code for path in paths], sorted(sys.modules)]))\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=environment(tmp_path / "data", free_port(), ACCESS_LOG="off"),
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    statuses, modules = json.loads(ended.stdout)
    assert statuses == [200] * 9
    assert not {"tensorflow", "keras", "xgboost", "sklearn", "statsmodels"} & set(modules)
