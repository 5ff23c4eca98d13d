"""The pages in a real browser on the reference data: first and second load, filter changes, ten users at once.

The product runs under gunicorn with two workers, the browser is Chromium without a window, on the same cores. Of ten
users one is that browser, so that what is compared is what somebody sees; the other nine send what a browser sends for
the same changes, recorded before, and wait a moment between two of them: nine more browsers would measure how they
fight for the cores, not the server.
"""

from __future__ import annotations

import http.client
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import brotli
from playwright.sync_api import Browser, Playwright, sync_playwright

from app.static_files import STATIC_DIR
from benchmarks.browsing import PAGES, UPDATE, Load, Passage, both, browser, passage
from benchmarks.harness import REFERENCE_DATA, Row
from benchmarks.lifecycle import free_port, get, made_ready, serving, until
from benchmarks.serving import bare_server
from core.config import PROJECT_ROOT
from core.transactions.sample import write

FIRST_SECONDS, FIRST_MB, AGAIN_SECONDS, AGAIN_KB = 2.0, 1.7, 0.8, 50
MEDIAN_MS, LATE_MS, FIGURE_KB, MOST_SLOWER = 300, 600, 300, 2.0
USERS, PAUSES = 10, (1.0, 3.0)
"""Seconds between two changes of one user, who looks at what was drawn."""
LOADS = 3
"""Times that each page is loaded; the median counts."""
MODELS = "seasonal_naive,ets,sarima"


def run(*, quick: bool = False) -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = REFERENCE_DATA
        if quick or not source.is_file():
            source = folder / "sample.parquet"
            write(source, 60_000 if quick else 400_000)
        own = {"DATA_DIR": str(folder / "data"), "DATA_PATH": str(source), "MODELS": MODELS, "MONITOR_AT": "off"}
        env = {**os.environ, **own}
        made_ready(env)
        yield from measured(env, quick=quick)


def measured(env: dict[str, str], *, quick: bool = False) -> Iterator[Row]:
    """Of a finished installation, served with the settings that it was made with: others would have it trained anew."""
    subprocess.run([sys.executable, "-m", "app.static_files"], cwd=PROJECT_ROOT, check=True, stdout=subprocess.DEVNULL)
    port = free_port()
    with serving({**env, "PORT": str(port), "WORKERS": "2"}), sync_playwright() as playwright:
        until(lambda: get(port, "/health/ready")[0] == 200, 120)
        loads = [both(playwright, port, path) for path in PAGES for _ in range(1 if quick else LOADS)]
        yield from of_loads(loads)
        yield from beside_bare(playwright, port, 1 if quick else LOADS)
        yield from of_files(port, [first for first, _ in loads])
        with browser(playwright) as chromium:
            alone = passage(chromium, port, record=True)
            yield from of_changes(alone)
            again = passage(chromium, port)
            together, others = with_others(chromium, port, alone)
            yield from of_users(again, together, others)
        yield of_figures(port, [body for bodies in alone.asked for body in bodies])


def of_loads(loads: Sequence[tuple[Load, Load]]) -> Iterator[Row]:
    charted = sorted({first.path for first, _ in loads if first.charts and not first.grids})
    for what, place, seconds_bar, unit, factor, bytes_bar in (
        ("First load, empty cache", 0, FIRST_SECONDS, "MB", 1e6, FIRST_MB),
        ("Load again", 1, AGAIN_SECONDS, "kB", 1e3, AGAIN_KB),
    ):
        times = {path: statistics.median(one[place].seconds for one in loads if one[0].path == path)
                 for path in charted}  # fmt: skip
        sizes = {path: statistics.median(one[place].bytes for one in loads if one[0].path == path) / factor
                 for path in charted}  # fmt: skip
        slowest, largest = max(times, key=times.__getitem__), max(sizes, key=sizes.__getitem__)
        usual = statistics.median(times.values())
        yield Row(f"{what}, worst of {len(charted)} pages with charts ({slowest}): usable after, seconds",
                  f"{times[slowest]:.2f} s", f"{usual:.2f} s", times[slowest], seconds_bar)  # fmt: skip
        usual = statistics.median(sizes.values())
        yield Row(f"… worst ({largest}): transferred, {unit}", f"{sizes[largest]:.2f} {unit}", f"{usual:.2f} {unit}",
                  sizes[largest], bytes_bar)  # fmt: skip
    firsts = [first for first, _ in loads]
    if both_there := [one for one in firsts if one.charts and one.grids]:
        most = max(both_there, key=lambda one: one.bytes)
        yield Row(f"First load of a page with charts and a grid ({most.path}): usable after, transferred",
                  f"{most.seconds:.2f} s", f"{most.bytes / 1e6:.2f} MB", None, None)  # fmt: skip
    without = [one for one in firsts if not one.grids]
    asked, there = (sum(one.grid_scripts for one in part) for part in (without, [one for one in firsts if one.grids]))
    yield Row(f"Requests for the grid's scripts in {len(without)} loads of pages without a grid (reference: with one)",
              f"{asked}", f"{there}", asked, 0)  # fmt: skip


def beside_bare(playwright: Playwright, port: int, loads: int) -> Iterator[Row]:
    """What Dash and plotly.js take on this machine for a single chart, in turns with a page of ours."""
    bare = free_port()
    with bare_server(bare, "benchmarks.bare_page:server"):
        until(lambda: get(bare, "/")[0] == 200, 60)
        turns = [(both(playwright, port, "/forecast"), both(playwright, bare, "/")) for _ in range(loads)]
    for what, place in (("First load", 0), ("Load again", 1)):
        ours, theirs = (statistics.median(turn[who][place].seconds for turn in turns) for who in (0, 1))
        yield Row(f"{what} of /forecast ÷ of a Dash page with nothing but one chart, usable after",
                  f"{ours:.2f} s", f"{theirs:.2f} s", ours / theirs, None)  # fmt: skip


def of_files(port: int, loads: Sequence[Load]) -> Iterator[Row]:
    """Whether scripts and styles were compressed as well as can be, and beforehand."""
    urls = {url: sent for one in loads for url, sent in one.statics.items()}
    best = {url: len(brotli.compress(get(port, url)[1], quality=11)) for url in urls}
    sent, least = sum(urls.values()), sum(best.values())
    yield Row(f"{len(urls)} scripts and styles as sent ÷ compressed anew at the best level", f"{sent / 1e6:.3f} MB",
              f"{least / 1e6:.3f} MB", sent / least, 1.01)  # fmt: skip
    largest = max(best, key=best.__getitem__)
    stored = sum(size in {file.stat().st_size for file in STATIC_DIR.iterdir()} for size in urls.values())
    times: dict[str, list[float]] = {"br": [], "identity": []}
    for _ in range(20):
        for encoding, taken in times.items():
            taken.append(seconds_of(port, largest, encoding))
    ours, plain = statistics.median(times["br"]), statistics.median(times["identity"])
    yield Row(f"The largest of them, time to send it compressed ÷ as it is ({stored} of {len(urls)} from build/static)",
              f"{ours * 1e3:.1f} ms", f"{plain * 1e3:.1f} ms", ours / plain, 1.0)  # fmt: skip


def seconds_of(port: int, url: str, encoding: str) -> float:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    began = time.perf_counter()
    connection.request("GET", url, headers={"Accept-Encoding": encoding})
    connection.getresponse().read()
    taken = time.perf_counter() - began
    connection.close()
    return taken


def of_changes(found: Passage) -> Iterator[Row]:
    for path, times in found.drawn.items():
        middle, late = statistics.median(times), statistics.quantiles(times, n=20)[-1]
        done = statistics.median(found.done[path])
        yield Row(f"{path}: {len(times)} filter changes to the last figure drawn, median, ms (reference: all done)",
                  f"{middle:.0f} ms", f"{done:.0f} ms", middle, MEDIAN_MS)  # fmt: skip
        done = statistics.quantiles(found.done[path], n=20)[-1]
        yield Row("… 95th percentile, ms", f"{late:.0f} ms", f"{done:.0f} ms", late, LATE_MS)


@dataclass
class Others:
    """What the nine other users saw."""

    seconds: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    requests: int = 0


def with_others(chromium: Browser, port: int, recorded: Passage) -> tuple[Passage, Others]:
    found, over = Others(), threading.Event()
    changes = [one for one in recorded.asked if one]
    users = [threading.Thread(target=play, args=(port, changes, number, over, found)) for number in range(1, USERS)]
    for user in users:
        user.start()
    try:
        seen = passage(chromium, port)
    finally:
        over.set()
        for user in users:
            user.join()
    return seen, found


def play(port: int, changes: Sequence[list[bytes]], number: int, over: threading.Event, found: Others) -> None:
    """One change after the other, from a place of its own on; what a change asks for is asked at once, as browsers
    do."""
    chance = random.Random(number)
    at = number * len(changes) // USERS
    with ThreadPoolExecutor(6) as connections:
        while not over.wait(chance.uniform(*PAUSES)):
            bodies = changes[at % len(changes)]
            began = time.perf_counter()
            answers = list(connections.map(lambda body: post(port, body), bodies))
            found.seconds.append(time.perf_counter() - began)
            found.requests += len(bodies)
            found.errors.extend(f"{status}: {text[:200]!r}" for status, text in answers if status not in (200, 204))
            at += 1


def post(port: int, body: bytes) -> tuple[int, bytes]:
    """What a callback answers, uncompressed; status 0 for no answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("POST", UPDATE, body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer.status, answer.read()
    except OSError as error:
        return 0, str(error).encode()
    finally:
        connection.close()


def of_users(alone: Passage, together: Passage, others: Others) -> Iterator[Row]:
    yield Row(f"{USERS} users at once: errors in {others.requests:,} requests of the other nine, ms of their changes",
              f"{len(others.errors)}", f"{statistics.median(others.seconds) * 1e3:.0f} ms", len(others.errors),
              0)  # fmt: skip
    one, ten = alone.all_drawn, together.all_drawn
    middle, middle_alone = statistics.median(ten), statistics.median(one)
    yield Row(f"… {len(ten)} filter changes to the last figure drawn ÷ alone, median", f"{middle:.0f} ms",
              f"{middle_alone:.0f} ms", middle / middle_alone, MOST_SLOWER)  # fmt: skip
    late, late_alone = (statistics.quantiles(times, n=20)[-1] for times in (ten, one))
    yield Row("… 95th percentile", f"{late:.0f} ms", f"{late_alone:.0f} ms", late / late_alone, MOST_SLOWER)


def of_figures(port: int, bodies: Sequence[bytes]) -> Row:
    sizes = [size for body in dict.fromkeys(bodies) for size in figure_sizes(post(port, body)[1])]
    largest, usual = max(sizes), statistics.median(sizes)
    return Row(f"The largest of {len(sizes):,} figures in answers, kB", f"{largest / 1e3:.0f} kB",
               f"{usual / 1e3:.0f} kB", largest / 1e3, FIGURE_KB)  # fmt: skip


def figure_sizes(answer: bytes) -> list[int]:
    """Bytes of every figure in the answer of a callback."""
    sizes: list[int] = []

    def look(part: Any) -> None:
        if isinstance(part, dict):
            if part.get("type") == "Graph" and "props" in part:
                sizes.append(len(json.dumps(part["props"].get("figure"), separators=(",", ":"), ensure_ascii=False)))
            for one in part.values():
                look(one)
        elif isinstance(part, list):
            for one in part:
                look(one)

    look(json.loads(answer or b"null"))
    return sizes
