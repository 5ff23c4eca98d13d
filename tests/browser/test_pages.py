"""Every page, light and dark, on a phone and on a wide screen: drawn, free of errors, inside the window, accessible."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from tests.browser.conftest import ROOT, SCREENSHOTS, Server, Visitor, visiting

pytestmark = pytest.mark.browser

PAGES = {
    "overview": "/",
    "forecast": "/forecast",
    "explore": "/explore",
    "data": "/data",
    "calendar": "/data?tab=calendar",
    "compare": "/compare",
    "monitor": "/monitor",
    "models": "/lifecycle",
}
SCREENS = {"phone": (390, 844), "wide": (1280, 900)}
WIDEST = (1920, 1080)
FOR_THE_README = {
    "overview": ("/", "light", "h1"),
    "what-if": ("/forecast?s1=Sale*up15.2011-12-10.2011-12-20", "light", ".tm-tabs"),
    "compare": ("/compare", "light", "h1"),
    "monitor": ("/monitor?tab=features", "dark", "h1"),
}
"""Address, theme, and what stands at the top of the picture."""


LONG_LINES = """() => [...document.querySelectorAll('p, figcaption, li')].filter(box => {
  const text = document.createRange();
  text.selectNodeContents(box);
  const lines = [...text.getClientRects()].map(line => line.width);
  return box.textContent.length > 160 && Math.max(...lines) / parseFloat(getComputedStyle(box).fontSize) > 75;
}).map(box => box.textContent.slice(0, 60))"""
"""Texts of more than a line or two that are wider than is easily read."""


def axe_violations(visitor: Visitor) -> list[str]:
    result = Axe().run(visitor.page, options={"resultTypes": ["violations"]})
    return [
        f"{one['id']}: {one['nodes'][0]['html'][:200]} ({len(one['nodes'])} places)"
        for one in result.response["violations"]
        if one["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize(("theme", "screen"), [("light", "wide"), ("dark", "phone")])
@pytest.mark.parametrize("name", PAGES)
def test_page(browser: Browser, server: Server, name: str, theme: str, screen: str) -> None:
    width, height = SCREENS[screen]
    options = {"viewport": {"width": width, "height": height}, "color_scheme": theme}
    with visiting(browser, server.url, **options) as visitor:
        page = visitor.open(PAGES[name])
        SCREENSHOTS.mkdir(exist_ok=True)
        page.screenshot(path=SCREENSHOTS / f"{name}-{theme}-{screen}.png", full_page=True)
        assert page.locator("html").get_attribute("data-bs-theme") == theme
        assert page.locator("h1:visible").count() == 1
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "wider than the window"
        assert axe_violations(visitor) == []


def test_widest(browser: Browser, server: Server) -> None:
    width, height = WIDEST
    with visiting(browser, server.url, viewport={"width": width, "height": height}) as visitor:
        for name, path in PAGES.items():
            page = visitor.open(path)
            page.screenshot(path=SCREENSHOTS / f"{name}-light-widest.png", full_page=True)
            assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), name
            long = page.evaluate(LONG_LINES)
            assert not long, (name, long)


def test_every_chart_has_a_sentence_a_table_and_its_numbers(visit: Visitor) -> None:
    for path in ("/explore", "/compare", "/monitor?tab=features"):
        page = visit.open(path)
        charts = page.locator("figure.tm-chart")
        assert charts.count() >= 1
        for i in range(charts.count()):
            assert len(charts.nth(i).locator("figcaption").inner_text()) > 20
            assert charts.nth(i).locator("table").count() >= 1
            with page.expect_download() as waiting:
                charts.nth(i).locator("[data-csv]").click()
            rows = list(csv.reader(Path(waiting.value.path()).read_text("utf-8-sig").splitlines()))
            assert len(rows) > 1
            assert {len(row) for row in rows} == {len(rows[0])}


def test_overview_needs_no_chart_library(visit: Visitor) -> None:
    loaded: list[str] = []
    visit.page.on("request", lambda request: loaded.append(request.url))
    visit.open("/")
    assert not [url for url in loaded if "plotly" in url]


def test_walk_by_the_navigation(visit: Visitor, server: Server) -> None:
    """After every page was served, no worker has TensorFlow's library in memory."""
    page = visit.open("/")
    for title in ("Forecast", "Explore", "Data", "Compare", "Monitor", "Models", "Overview"):
        page.get_by_role("navigation").get_by_role("link", name=title).click()
        page.get_by_role("heading", level=1, name=title).wait_for()
        visit.settle()
        assert page.title() == f"{title} · Tidemark"
    workers = server.worker_pids()
    assert workers
    for pid in workers:
        assert "tensorflow" not in Path(f"/proc/{pid}/maps").read_text()


def test_unknown_address(visit: Visitor) -> None:
    page = visit.open("/no-such-page", content=".tm-state")
    assert page.get_by_role("heading", name="There is no such page").is_visible()
    assert f"404: {visit.url}/no-such-page" in visit.problems  # programs are told so too
    assert len(visit.problems) == 2  # that, and the browser's own word about it
    visit.problems.clear()


@pytest.mark.parametrize("name", FOR_THE_README)
@pytest.mark.skipif(
    "TIDEMARK_README_SHOTS" not in os.environ, reason="writes docs/*.png, of the server at that address"
)
def test_screenshots_for_the_readme(browser: Browser, name: str) -> None:
    path, theme, top = FOR_THE_README[name]
    with visiting(browser, os.environ["TIDEMARK_README_SHOTS"], color_scheme=theme) as visitor:
        page = visitor.open(path)
        page.locator(top).evaluate("box => window.scrollTo(0, box.getBoundingClientRect().top + window.scrollY - 16)")
        page.screenshot(path=ROOT / "docs" / f"{name}.png")
