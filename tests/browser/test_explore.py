"""Explore in a real browser: tabs by mouse, keyboard and Back; filters that hold; what stands out; files."""

from __future__ import annotations

from urllib.parse import parse_qs, urlparse

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Server, Visitor, visiting
from tests.browser.test_pages import axe_violations

pytestmark = pytest.mark.browser

TABS = ("Series", "Rhythm", "Distribution", "Countries", "Products", "Customers", "Data quality")


def query(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlparse(page.url).query)


def choose(visitor: Visitor, name: str) -> None:
    visitor.page.get_by_role("tab", name=name, exact=True).click()
    expect(visitor.page.get_by_role("tab", name=name, exact=True)).to_have_attribute("aria-selected", "true")
    visitor.settle()


def test_tabs_filters_and_back(visit: Visitor) -> None:
    page = visit.open("/explore?measure=revenue")
    answer = page.locator(".tm-answer")
    expect(answer).to_contain_text("Revenue, all countries")
    choose(visit, "Products")
    expect(answer).to_contain_text("of revenue")
    assert query(page) == {"tab": ["products"], "measure": ["revenue"]}
    page.get_by_label("Measure").select_option("units")
    expect(answer).to_contain_text("of units")
    page.get_by_role("tab", name="Products").press("ArrowRight")
    expect(page.get_by_role("tab", name="Customers")).to_be_focused()
    expect(answer).to_contain_text("The largest tenth")
    page.wait_for_function("() => location.search.includes('tab=customers')")
    page.get_by_text("As read", exact=True).click()
    page.wait_for_function("() => location.search.includes('lines=read')")
    page.go_back()
    expect(page.get_by_label("In use")).to_be_checked()
    page.go_back()
    expect(page.get_by_role("tab", name="Products")).to_have_attribute("aria-selected", "true")
    expect(answer).to_contain_text("of units")
    page.go_back()
    expect(answer).to_contain_text("of revenue")
    page.go_back()
    expect(answer).to_contain_text("Revenue, all countries")
    page.go_forward()
    expect(answer).to_contain_text("of revenue")
    page.go_forward()
    expect(answer).to_contain_text("of units")
    page.reload()
    visit.settle()
    expect(answer).to_contain_text("of units")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download CSV").click()
    assert waiting.value.suggested_filename.startswith("tidemark_products_units_total_")


def test_boxes_by_month(visit: Visitor) -> None:
    page = visit.open("/explore?tab=spread")
    page.get_by_text("Month", exact=True).click()
    expect(page.locator("figure h2").last).to_contain_text("by month of the year")
    page.wait_for_function("() => location.search.includes('by=month')")


def test_what_stands_out(visit: Visitor) -> None:
    page = visit.open("/explore?measure=revenue")
    rows = page.locator(".tm-odd tbody tr")
    assert rows.count() >= 1
    show = page.locator(".tm-odd button").first
    if show.count():
        show.click()
        expect(page.locator("#explore-order h2")).to_contain_text("Order")


@pytest.mark.parametrize(
    ("theme", "width", "tabs"), [("light", 390, TABS[1:]), ("dark", 1280, ("Rhythm", "Products", "Data quality"))]
)
def test_every_tab_is_accessible_and_inside_the_window(
    browser: Browser, server: Server, theme: str, width: int, tabs: tuple[str, ...]
) -> None:
    options = {"viewport": {"width": width, "height": 900}, "color_scheme": theme}
    with visiting(browser, server.url, **options) as visitor:
        page = visitor.open("/explore")
        for tab in tabs:
            choose(visitor, tab)
            assert page.locator(".tm-answer").count() == 1
            assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), tab
            assert axe_violations(visitor) == [], tab
            charts = page.locator("figure.tm-chart")
            for i in range(charts.count()):
                assert len(charts.nth(i).locator("figcaption").inner_text()) > 20
                assert charts.nth(i).locator("table").count() >= 1
