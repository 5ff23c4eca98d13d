"""Every page, light and dark, on a phone and on a wide screen: drawn, free of errors, inside the window, accessible."""

from __future__ import annotations

import csv
import os
import shutil
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


def axe_violations(visitor: Visitor) -> list[str]:
    result = Axe().run(visitor.page)
    return [
        f"{one['id']}: {one['nodes'][0]['html'][:200]} ({len(one['nodes'])} places)"
        for one in result.response["violations"]
        if one["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("theme", ["light", "dark"])
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


def test_walk_by_the_navigation(visit: Visitor) -> None:
    page = visit.open("/")
    for title in ("Forecast", "Explore", "Data", "Compare", "Monitor", "Models", "Overview"):
        page.get_by_role("navigation").get_by_role("link", name=title).click()
        page.get_by_role("heading", level=1, name=title).wait_for()
        visit.settle()
        assert page.title() == f"{title} · Tidemark"


def test_unknown_address(visit: Visitor) -> None:
    page = visit.open("/no-such-page", content=".tm-state")
    assert page.get_by_role("heading", name="There is no such page").is_visible()
    assert f"404: {visit.url}/no-such-page" in visit.problems  # programs are told so too
    assert len(visit.problems) == 2  # that, and the browser's own word about it
    visit.problems.clear()


@pytest.mark.skipif("TIDEMARK_README_SCREENSHOT" not in os.environ, reason="writes docs/screenshot.png only when asked")
def test_screenshot_for_the_readme(browser: Browser, server: Server) -> None:
    with visiting(browser, server.url, viewport={"width": 1280, "height": 900}, device_scale_factor=1.5) as visitor:
        visitor.open("/forecast").screenshot(path=SCREENSHOTS / "readme.png")
    shutil.copyfile(SCREENSHOTS / "readme.png", ROOT / "docs" / "screenshot.png")
