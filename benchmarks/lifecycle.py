"""A retraining on the reference data while the pages are in use: how long it takes, how fast pages answer meanwhile,
and what the web workers weigh."""

from __future__ import annotations

import http.client
import itertools
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from benchmarks.harness import REFERENCE_DATA, Row
from core.config import PROJECT_ROOT, Config
from core.lifecycle.bootstrap import TRAIN
from core.lifecycle.jobs import Job, Jobs
from core.lifecycle.registry import Registry
from core.state.engine import open_engine
from core.transactions.load import prepare
from core.transactions.sample import write

TRAIN_SECONDS, PAGE_SECONDS, WORKER_MB, MOVED_SECONDS = 180, 0.5, 250, 2
PATHS = ("/", "/forecast", "/explore", "/compare", "/monitor")
PAUSE_SECONDS = 0.25
"""Between two requests of one visitor; there are two of them."""
ASK_SECONDS, ASK_FROM = 0.05, 0.9
"""Between two looks at which version /predict answers from, once the training has come so far."""

VIEW = {
    "overview-horizon": "28", "overview-segment": "total", "forecast-measure": "revenue", "forecast-segment": "total",
    "forecast-horizon": 28, "explore-measure": "transactions", "explore-segment": "total",
    "explore-start": None, "explore-end": None, "explore-lines": "use", "compare-measure": "orders",
    "compare-segment": "total", "compare-sort": "wape", "compare-tab": "ranking",
    "compare-models": ["ensemble", "sarima"], "monitor-feature": "price", "theme": "light",
}  # fmt: skip
"""What the controls of the pages say."""
CONTENT = (
    "overview-body", "forecast-body", "explore-series", "explore-profiles", "explore-cleaning", "compare-board",
    "compare-folds", "compare-pairs", "monitor-body", "monitor-detail",
)  # fmt: skip
"""What callbacks fill when a page is opened."""


def run(*, quick: bool = False) -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = REFERENCE_DATA
        if quick or not source.is_file():
            source = folder / "sample.parquet"
            write(source, 60_000 if quick else 400_000)
        config = Config(data_dir=folder / "data")
        prepare(config, source)
        env = {
            **os.environ,
            "DATA_DIR": str(config.data_dir),
            "DATA_PATH": "",
            "PORT": str(free_port()),
            "WORKERS": "2",
        }
        # the version that serves while the other one is made; its folds must not come from the cache
        subprocess.run(
            [sys.executable, "-m", "core", "train", "--models", "seasonal_naive"], cwd=PROJECT_ROOT, env=env,
            check=True, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        with serving(env):
            yield from measured(config, int(env["PORT"]))


def measured(config: Config, port: int) -> Iterator[Row]:
    jobs, registry = Jobs(open_engine(config.database)), Registry(config)
    until(lambda: get(port, "/health/ready")[0] == 200, 120)
    job = jobs.start(TRAIN, "benchmark", "to measure")
    times: list[float] = []
    over = threading.Event()
    visitors = [threading.Thread(target=visit, args=(port, registry, over, times, number)) for number in range(2)]
    answered: list[tuple[float, str]] = []
    asking = threading.Thread(target=ask, args=(port, over, answered))
    until(lambda: state(jobs, job) == "running", 60)
    for visitor in visitors:
        visitor.start()
    until(lambda: state(jobs, job) != "running" or progress(jobs, job) >= ASK_FROM, 900)
    asking.start()
    until(lambda: state(jobs, job) not in ("queued", "running"), 900)
    ended_at = time.time()
    until(lambda: answered[-1][0] > ended_at + MOVED_SECONDS, 60)
    over.set()
    for visitor in (*visitors, asking):
        visitor.join()
    ended = jobs.get(job.id)
    assert ended is not None
    assert ended.state == "done", ended.error
    assert ended.started_at is not None
    assert ended.finished_at is not None
    seconds = (ended.finished_at - ended.started_at).total_seconds()
    yield Row("Retraining on the reference data, all models, pages in use, seconds", f"{seconds:.0f} s", "", seconds,
              TRAIN_SECONDS)  # fmt: skip
    slow = statistics.quantiles(times, n=20)[-1]
    yield Row(f"… {len(times):,} pages and callbacks meanwhile, 95th percentile, seconds", f"{slow:.3f} s", "", slow,
              PAGE_SECONDS)  # fmt: skip
    yield Row("… median, seconds", f"{statistics.median(times):.3f} s", "", None, None)
    move = registry.history(limit=1)[0]
    assert move.at > ended.started_at, "the new version was not put into use"
    late = [at - move.at.timestamp() for at, version in answered if version != move.to_value]
    yield Row("From the new champion to the last /predict of either worker by the one before, seconds",
              f"{max([0.0, *late]):.2f} s", f"{len(late):,} of {len(answered):,} answers before", max([0.0, *late]),
              MOVED_SECONDS)  # fmt: skip
    heaviest = max(weights(port))
    yield Row("… heaviest web worker after it, MB", f"{heaviest:.0f} MB", "", heaviest, WORKER_MB)


def state(jobs: Jobs, job: Job) -> str:
    found = jobs.get(job.id)
    assert found is not None
    return found.state


def progress(jobs: Jobs, job: Job) -> float:
    found = jobs.get(job.id)
    assert found is not None
    return found.progress


def until(condition: Any, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(0.1)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def made_ready(env: dict[str, str]) -> None:
    """Data, a first version and its monitoring are there, so that the server has nothing to do in the background."""
    command = [sys.executable, "-m", "core", "bootstrap"]
    subprocess.run(command, cwd=PROJECT_ROOT, env=env, check=True, stderr=subprocess.DEVNULL)


@contextmanager
def serving(env: dict[str, str]) -> Iterator[None]:
    """The product, as ``make run`` starts it."""
    process = subprocess.Popen([sys.executable, "-m", "app"], cwd=PROJECT_ROOT, env=env, stdout=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait(60)


def get(port: int, path: str, body: dict[str, Any] | None = None) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        if body is None:
            connection.request("GET", path)
        else:
            connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer.status, answer.read()
    except OSError:
        return 0, b""
    finally:
        connection.close()


def visit(port: int, registry: Registry, over: threading.Event, times: list[float], number: int) -> None:
    """Opens one page after the other and asks for what its callbacks would fill."""
    callbacks = json.loads(get(port, "/_dash-dependencies")[1])
    first = [one for one in callbacks if "@" not in one["output"]]  # not those that draw the same area again
    asked = [one for one in first if one["output"].rpartition(".")[0] in CONTENT]
    for step in itertools.count(number):
        ready = json.loads(get(port, "/_tidemark/now")[1])["ready"]
        for path, body in (
            (PATHS[step % len(PATHS)], None),
            ("/_dash-update-component", filled(asked[step % len(asked)], ready)),
        ):
            began = time.perf_counter()
            status, answer = get(port, path, body)
            times.append(time.perf_counter() - began)
            assert status == 200, (path, body, answer[:500])
            if over.wait(PAUSE_SECONDS):
                return


def ask(port: int, over: threading.Event, answered: list[tuple[float, str]]) -> None:
    """When /predict, asked on a new connection each time, began to answer from which version."""
    while not over.wait(ASK_SECONDS):
        began = time.time()
        status, answer = get(port, "/predict?horizon=1")
        assert status == 200, answer
        answered.append((began, json.loads(answer)["version"]))


def filled(callback: dict[str, Any], ready: str) -> dict[str, Any]:
    """The request that a browser would send for a callback."""
    view = {**VIEW, "ready": ready, "compare-source": ready}
    name, _, prop = callback["output"].rpartition(".")
    return {
        "output": callback["output"],
        "outputs": {"id": name, "property": prop},
        "inputs": [{**one, "value": view.get(one["id"])} for one in callback["inputs"]],
        "state": [{**one, "value": view.get(one["id"])} for one in callback["state"]],
        "changedPropIds": ["ready.data"],
    }


def weights(port: int) -> list[float]:
    """Resident memory of the web workers, MB."""
    listening = {one.pid for one in psutil.net_connections("tcp") if one.laddr.port == port and one.status == "LISTEN"}
    masters = {psutil.Process(pid).ppid() for pid in listening if pid}
    return [psutil.Process(pid).memory_info().rss / 1e6 for pid in listening if pid and pid not in masters]
