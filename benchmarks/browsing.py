"""What is done in Chromium for benchmarks.pages: pages loaded, and filters changed one after the other."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Playwright, Request, Response

UPDATE = "/_dash-update-component"
SCRIPT = Path(__file__).with_name("pages.js")
SCREEN: Any = {"width": 1280, "height": 900}

PAGES = (
    "/", "/forecast", "/forecast?tab=made", "/forecast?tab=why", "/explore", "/explore?tab=rhythm",
    "/explore?tab=spread", "/explore?tab=countries", "/explore?tab=products", "/explore?tab=customers",
    "/explore?tab=quality", "/compare", "/compare?tab=errors", "/compare?tab=model", "/compare?tab=cost", "/monitor",
    "/monitor?tab=features", "/monitor?tab=forecasts", "/data", "/data?tab=calendar", "/lifecycle",
)  # fmt: skip

Change = tuple[str, float]
"""The id of what is used, and for a date or a slider the share of its range that it is set to (see pages.js)."""


def _view(page: str, *more: str) -> list[Change]:
    return [(f"{page}-{name}", 0.0) for name in ("measure", "segment", "measure", *more, "measure", "segment")]


def _explore() -> list[Change]:
    found: list[Change] = []
    for number, tab in enumerate(("series", "rhythm", "spread", "countries", "products", "customers")):
        dates = [("explore-start", 0.1 + 0.1 * number), ("explore-end", 0.95 - 0.05 * number)]
        opened = [] if tab == "series" else [(f"explore-tab-{tab}", 0.0)]
        found += [*opened, *_view("explore", "lines")[:5], dates[number % 2], ("explore-lines", 0.0)]
        found += [("explore-by", 0.0)] if tab == "spread" else []
    return found


CHANGES: dict[str, list[Change]] = {
    "/forecast": [
        *_view("forecast", "preset", "model", "level", "preset", "model", "preset"),
        ("forecast-tab-made", 0.0), *_view("forecast")[:4], ("forecast-day", 0.9),
        ("forecast-tab-why", 0.0), *_view("forecast", "preset"),
    ],
    "/explore": _explore(),
    "/compare": [
        *_view("compare"),
        ("compare-tab-errors", 0.0), *_view("compare", "by", "level", "by", "by"),
        ("compare-tab-model", 0.0), *_view("compare", "fold", "model", "fold", "slider"),
        ("compare-tab-cost", 0.0), *_view("compare")[:2],
    ],
    "/monitor": [
        ("monitor-range-alerts", 0.0), ("monitor-range-alerts", 0.0),
        ("monitor-tab-features", 0.0), ("monitor-range-features", 0.0), *[("monitor-feature", 0.0)] * 5,
        *[("monitor-days", 0.0)] * 3, *[("monitor-choice", 0.0)] * 2, ("monitor-day", 0.5), ("monitor-feature", 0.0),
        ("monitor-tab-forecasts", 0.0), ("monitor-range-forecasts", 0.0), *[("monitor-measure", 0.0)] * 4,
    ],
}  # fmt: skip
"""What is used one after the other on each page."""


@dataclass
class Load:
    """One load of a page. ``statics``: bytes sent by URL."""

    path: str
    seconds: float
    bytes: int
    charts: int
    grids: int
    grid_scripts: int
    statics: dict[str, int]


@dataclass
class Passage:
    """All changes of all pages once. By page milliseconds to the figure; of each change what was asked for it."""

    drawn: dict[str, list[float]] = field(default_factory=dict)
    done: dict[str, list[float]] = field(default_factory=dict)
    asked: list[list[bytes]] = field(default_factory=list)

    @property
    def all_drawn(self) -> list[float]:
        return [one for page in self.drawn.values() for one in page]


@contextlib.contextmanager
def browser(playwright: Playwright) -> Iterator[Browser]:
    found = [path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))]
    quiet = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]
    instance = playwright.chromium.launch(executable_path=found[0], args=["--no-sandbox", "--disable-gpu", *quiet])
    try:
        yield instance
    finally:
        instance.close()


@contextlib.contextmanager
def visitor(chromium: Browser) -> Iterator[BrowserContext]:
    context = chromium.new_context(viewport=SCREEN, locale="en-GB")
    context.add_init_script(path=SCRIPT)
    try:
        yield context
    finally:
        context.close()


def both(playwright: Playwright, port: int, path: str) -> tuple[Load, Load]:
    """A page in a browser that was never used, and once more in another tab of it."""
    with browser(playwright) as chromium, visitor(chromium) as context:
        return load(context, port, path), load(context, port, path)


def load(context: BrowserContext, port: int, path: str) -> Load:
    page = context.new_page()
    sent: list[int] = []
    statics: dict[str, int] = {}
    scripts: list[str] = []

    def note(response: Response) -> None:
        url = response.url.partition(f":{port}")[2]
        if urlsplit(url).path.endswith((".js", ".css")) and not response.from_service_worker:
            statics[url] = int(response.headers.get("content-length", "0"))
        scripts.extend([url] if "/dash_ag_grid/" in url else [])

    page.on("response", note)
    network = context.new_cdp_session(page)
    network.on("Network.loadingFinished", lambda event: sent.append(int(event["encodedDataLength"])))
    network.send("Network.enable")
    page.goto(f"http://127.0.0.1:{port}{path}", wait_until="commit")
    taken = page.wait_for_function("() => window.bench && window.bench.usableAt()", timeout=60_000).json_value()
    charts, grids = (page.locator(one).count() for one in ("[data-graph]", ".ag-root"))
    page.close()
    return Load(path, taken / 1000, sum(sent), charts, grids, len(scripts), statics)


def passage(chromium: Browser, port: int, *, record: bool = False) -> Passage:
    """Makes every change of every page in one tab, each after the one before is done."""
    found = Passage()
    with visitor(chromium) as context:
        for path, changes in CHANGES.items():
            page = context.new_page()
            asked: list[bytes] = []
            if record:
                page.on("request", lambda one, asked=asked: asked.extend(body_of(one)))
            page.goto(f"http://127.0.0.1:{port}{path}", wait_until="commit")
            page.wait_for_function("() => window.bench && window.bench.usableAt()", timeout=60_000)
            found.drawn[path], found.done[path] = [], []
            for name, share in changes:
                found.asked.append(list(asked))
                asked.clear()
                drawn, done = page.evaluate("([name, share]) => window.bench.change(name, share)", [name, share])
                if drawn is not None:
                    found.drawn[path].append(drawn)
                found.done[path].append(done)
            found.asked.append(list(asked))
            page.close()
    return found


def body_of(request: Request) -> list[bytes]:
    body = request.post_data_buffer if urlsplit(request.url).path == UPDATE else None
    return [body] if body else []
