"""A real server on generated data, and a browser: what every test here works with."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlparse

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, Response, ViewportSize, expect, sync_playwright

from tests.once import copy_of, made_once

ROOT = Path(__file__).parents[2]
ROWS, SEED = 60_000, 7
LIGHT = "seasonal_naive,ets,sarima"  # the pages are tested here, not the forecasts
SCREENSHOTS = Path(__file__).parent / "screenshots"

WIDE: ViewportSize = {"width": 1280, "height": 900}
_CONTEXTS: dict[Browser, list[tuple[BrowserContext, dict[str, Any]]]] = {}

expect.set_options(timeout=30_000)  # what is to be seen, not how fast a machine under test is: that is asserted by name


@dataclass(frozen=True)
class Server:
    """A running gunicorn and the folder that its state is in."""

    url: str
    data_dir: Path
    pid: int

    def worker_pids(self) -> list[int]:
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        return [int(pid) for pid in children]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(data_dir: Path, **more: str) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    return {**kept, "DATA_DIR": str(data_dir), "OMP_NUM_THREADS": "1", "MODELS": LIGHT, **more}


@contextlib.contextmanager
def serving(data_dir: Path, **more: str) -> Iterator[Server]:
    """Starts gunicorn as the product does; ends it, and shows its log if it did not come up. ``more``: settings."""
    port = free_port()
    log = data_dir / "server.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py"],
            cwd=ROOT,
            env=environment(data_dir, **{"PORT": str(port), "WORKERS": "1", **more}),
            stdout=out,
            stderr=subprocess.STDOUT,
        )
        try:
            url = f"http://127.0.0.1:{port}"
            wait_until_it_answers(f"{url}/health/live", process, log)
            yield Server(url, data_dir, process.pid)
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def wait_until_it_answers(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=5):
            return
        time.sleep(0.1)
    raise AssertionError(f"the server did not come up:\n{log.read_text()}")


def bootstrapped(factory: pytest.TempPathFactory, rows: int, models: str = LIGHT) -> Path:
    """A folder of the caller's own with generated data, a first training run of these models and its forecasts."""

    def make(folder: Path) -> None:
        from core.transactions.sample import write

        source = folder / "sales.parquet"
        write(source, rows, SEED)
        run_core(environment(folder, DATA_PATH=str(source), MODELS=models), "bootstrap")

    name = f"{rows}-{models.replace(',', '-')}"
    return copy_of(made_once(factory, name, make), factory.mktemp("installation"))


def run_core(env: dict[str, str], *arguments: str) -> str:
    """What a command of the product prints; it must succeed."""
    command = [sys.executable, "-m", "core", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with generated data, a first training run and its forecasts."""
    return bootstrapped(tmp_path_factory, ROWS)


@pytest.fixture(scope="session")
def server(prepared: Path) -> Iterator[Server]:
    with serving(prepared) as running:
        yield running


@pytest.fixture
def empty_server(tmp_path: Path) -> Iterator[Server]:
    """A server that has no data yet."""
    with serving(tmp_path) as running:
        yield running


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    found = [path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))]
    if not found:
        pytest.fail("the browser tests need Chromium on the PATH; .ci/browser installs it")
    quiet = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]
    with sync_playwright() as playwright:
        instance = playwright.chromium.launch(executable_path=found[0], args=["--no-sandbox", "--disable-gpu", *quiet])
        yield instance
        instance.close()


@dataclass
class Visitor:
    """A browser page that remembers everything that went wrong in it."""

    page: Page
    url: str
    problems: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", lambda m: self.problems.append(f"console: {m.text}") if m.type == "error" else None)
        self.page.on("pageerror", lambda error: self.problems.append(f"page error: {error}"))
        self.page.on("requestfailed", self._failed)
        self.page.on("response", self._response)

    def _failed(self, request: Request) -> None:
        if request.failure != "net::ERR_ABORTED":  # the browser's own doing, when a page is left while it loads
            self.problems.append(f"failed: {request.url} {request.failure}")

    def _response(self, response: Response) -> None:
        if response.status >= 400:
            self.problems.append(f"{response.status}: {response.url}")
        address = urlparse(response.url)
        if address.scheme in ("http", "https") and address.netloc != urlparse(self.url).netloc:
            self.problems.append(f"from outside: {response.url}")

    def open(self, path: str, content: str = ".tm-area > :not(.tm-placeholder)") -> Page:
        """Goes to a path and waits until its content and its charts are drawn."""
        self.page.goto(self.url + path)
        self.settle(content)
        return self.page

    def settle(self, content: str = ".tm-area > :not(.tm-placeholder)") -> None:
        self.page.wait_for_selector(content, state="attached", timeout=30_000)
        self.page.wait_for_function(
            """() => ![...document.querySelectorAll('.tm-placeholder')].some(box => box.offsetParent)
               && !document.querySelector('[data-dash-is-loading="true"]')
               && [...document.querySelectorAll('[data-graph]')].every(box => box.querySelector('.main-svg'))""",
            timeout=30_000,
        )


@pytest.fixture
def visit(browser: Browser, server: Server) -> Iterator[Visitor]:
    """A visitor on a wide screen with light colours, in English; afterwards nothing may have gone wrong."""
    with visiting(browser, server.url) as visitor:
        yield visitor


@contextlib.contextmanager
def visiting(
    browser: Browser,
    url: str,
    viewport: ViewportSize = WIDE,
    color_scheme: Literal["light", "dark"] = "light",
    **settings: Any,
) -> Iterator[Visitor]:
    """Somebody who has never been here. What was compiled for earlier visitors of the same tongue is used again."""
    context = _idle_context(browser, {"locale": "en-GB", **settings})
    page = context.new_page()
    try:
        page.set_viewport_size(viewport)
        page.emulate_media(color_scheme=color_scheme)
        visitor = Visitor(page, url)
        yield visitor
        assert not visitor.problems, "\n".join(visitor.problems)
    finally:
        for one in context.pages[1:]:
            one.close()
        context.clear_cookies()  # the product keeps nothing else in the browser


def _idle_context(browser: Browser, settings: dict[str, Any]) -> BrowserContext:
    """A context that nobody uses at the moment: one that was used before keeps Chromium's caches. Its first page stays
    empty and open, so that its window does: drawing the frame of a new one takes as long as many a page in it."""
    for context, made_with in _CONTEXTS.setdefault(browser, []):
        if made_with == settings and len(context.pages) == 1:
            return context
    context = browser.new_context(**settings)
    context.new_page()
    _CONTEXTS[browser].append((context, settings))
    return context
