"""/predict from the stored forecast beside a bare Flask route that returns the same bytes under the same gunicorn."""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.harness import Row
from benchmarks.lifecycle import free_port, get, made_ready, serving, until, weights
from core.config import PROJECT_ROOT, Config
from core.transactions.sample import write

CONNECTIONS, ROUNDS, SECONDS = 16, 15, 2
LEAST_GET, LEAST_POST, MOST_P99 = 0.80, 0.65, 2.0
REQUESTS, MOST_GROWTH_MB = 200_000, 5.0
QUERY = "/predict?horizon=28"

POST = """wrk.method = "POST"
wrk.body = '{"horizon": 28}'
wrk.headers["Content-Type"] = "application/json"
"""
UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0}


def run(*, quick: bool = False) -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        config = Config(data_dir=folder / "data")
        write(folder / "sample.parquet", 60_000)
        own = {"DATA_DIR": str(config.data_dir), "DATA_PATH": str(folder / "sample.parquet"), "WORKERS": "2"}
        env = {**os.environ, **own, "MODELS": "seasonal_naive", "MONITOR_AT": "off"}
        made_ready(env)
        ours, bare = free_port(), free_port()
        with serving({**env, "PORT": str(ours)}):
            until(lambda: get(ours, "/health/ready")[0] == 200, 120)
            content = folder / "content"
            content.write_bytes(get(ours, QUERY)[1])
            with bare_server(bare, "benchmarks.bare:server", BARE_CONTENT=str(content)):
                until(lambda: get(bare, QUERY)[0] == 200, 60)
                yield from measured(ours, bare, folder, ROUNDS if not quick else 2)
            yield memory(ours, REQUESTS if not quick else 20_000)


@contextmanager
def bare_server(port: int, app: str, **more: str) -> Iterator[None]:
    """Two threaded workers of gunicorn, as gunicorn.conf.py has them, without anything else."""
    command = [
        sys.executable, "-m", "gunicorn", "-c", "/dev/null", "-k", "gthread", "--workers", "2", "--threads", "4",
        "--bind", f"127.0.0.1:{port}", "--keep-alive", "5", "--log-level", "warning", app,
    ]  # fmt: skip
    process = subprocess.Popen(command, cwd=PROJECT_ROOT, env={**os.environ, **more})
    try:
        yield
    finally:
        process.terminate()
        process.wait(30)


def measured(ours: int, bare: int, folder: Path, rounds: int) -> Iterator[Row]:
    script = folder / "post.lua"
    script.write_text(POST)
    for method, options, least in (("GET", [], LEAST_GET), ("POST", ["-s", str(script)], LEAST_POST)):
        taken: dict[int, list[tuple[float, float]]] = {ours: [], bare: []}
        for number in range(rounds + 1):
            for port in (ours, bare) if number % 2 else (bare, ours):
                found = hammer(port, SECONDS, options)
                if number:  # the first round warms up
                    taken[port].append(found)
        rates = {port: statistics.median(rate for rate, _ in found) for port, found in taken.items()}
        late = {port: statistics.median(slow for _, slow in found) for port, found in taken.items()}
        # Of pairs taken one after the other: a shared machine is faster in one minute than in the next.
        pairs = list(zip(taken[ours], taken[bare], strict=True))
        share = statistics.median(mine / theirs for (mine, _), (theirs, _) in pairs)
        later = statistics.median(mine / theirs for (_, mine), (_, theirs) in pairs)
        yield Row(f"{method} /predict, 28 days, {CONNECTIONS} connections: a bare route's requests a second per ours",
                  f"{rates[ours]:,.0f}/s", f"{rates[bare]:,.0f}/s", 1 / share, round(1 / least, 3))  # fmt: skip
        yield Row("… 99th percentile of the time to answer, ratio", f"{late[ours] * 1e3:.1f} ms",
                  f"{late[bare] * 1e3:.1f} ms", later, MOST_P99)  # fmt: skip


def hammer(port: int, seconds: int, options: list[str]) -> tuple[float, float]:
    """(requests a second, 99th percentile in seconds) of wrk. Raises RuntimeError if an answer was no success."""
    command = ["wrk", "-t", "1", "-c", str(CONNECTIONS), "-d", f"{seconds}s", "--latency", *options]
    path = QUERY if not options else "/predict"
    told = subprocess.run([*command, f"http://127.0.0.1:{port}{path}"], capture_output=True, text=True, check=True)
    if "Non-2xx" in told.stdout:
        raise RuntimeError(told.stdout)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", told.stdout)
    slow = re.search(r"99%\s+([\d.]+)(us|ms|s)", told.stdout)
    assert rate is not None
    assert slow is not None
    return float(rate[1]), float(slow[1]) * UNITS[slow[2]]


def memory(port: int, requests: int) -> Row:
    """How much the heaviest worker grows over so many requests, after as many as warm it up."""
    asked, sizes = 0, []
    while asked < requests:
        rate, _ = hammer(port, SECONDS, [])
        asked += int(rate * SECONDS)
        sizes.append(max(weights(port)))
    grown = sizes[-1] - sizes[0]
    return Row(f"{asked:,} requests: the heaviest web worker grows by, MB", f"{sizes[-1]:.0f} MB",
               f"{sizes[0]:.0f} MB", grown, MOST_GROWTH_MB)  # fmt: skip
