"""What a visitor does: pick, share an address, download, switch theme and language, wait for the first forecast."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import urllib.request
from pathlib import Path
from urllib.parse import parse_qs, urlparse

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import Server, Visitor, visiting

pytestmark = pytest.mark.browser


def drawn_days(visitor: Visitor) -> int:
    """Rows of the forecast's table, a day each."""
    return visitor.page.locator(".tm-details-card tbody tr").count()


def predict(server: Server, **body: object) -> dict:
    request = urllib.request.Request(
        f"{server.url}/predict", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=20) as answer:
        return json.load(answer)


def points_of_chart(visitor: Visitor) -> int:
    return visitor.page.evaluate(
        """() => document.querySelector('[data-graph="fan"] .js-plotly-plot').data
                 .find(trace => trace.name === 'Forecast').x.length"""
    )


def test_horizon_changes_chart_and_table(visit: Visitor) -> None:
    page = visit.open("/forecast")
    assert drawn_days(visit) == 28
    before = points_of_chart(visit)
    page.get_by_text("90", exact=True).click()
    expect(page.locator(".tm-details-card tbody tr")).to_have_count(90)
    expect(page.get_by_label("or 1–365")).to_have_value("90")
    assert points_of_chart(visit) > before
    page.get_by_label("or 1–365").fill("10")
    page.get_by_label("or 1–365").press("Enter")
    expect(page.locator(".tm-details-card tbody tr")).to_have_count(10)
    assert page.locator("#forecast-preset input:checked").count() == 0


def test_address_holds_the_view(visit: Visitor) -> None:
    page = visit.open("/forecast")
    page.get_by_label("Measure").select_option("revenue")
    page.get_by_text("7", exact=True).click()
    expect(page.locator(".tm-details-card tbody tr")).to_have_count(7)
    assert parse_qs(urlparse(page.url).query) == {"measure": ["revenue"], "horizon": ["7"]}

    page.reload()
    visit.settle()
    assert page.get_by_label("Measure").input_value() == "revenue"
    assert drawn_days(visit) == 7
    assert "Revenue" in page.locator("figure h2").inner_text()


def test_bad_address_falls_back(visit: Visitor) -> None:
    page = visit.open("/forecast?measure=nonsense&segment=country:Atlantis&horizon=9999&x=1&horizon=3")
    expect(page.get_by_label("Segment")).to_have_value("total")
    assert page.get_by_label("Measure").input_value() == "transactions"
    visit.open("/explore?start=2011-99-99&end=yesterday")


def test_every_segment_has_a_forecast(visit: Visitor) -> None:
    page = visit.open("/forecast")
    values = (
        page.get_by_label("Segment").locator("option").evaluate_all("all => all.map(one => one.value).filter(Boolean)")
    )
    assert values[0] == "total"
    assert len(values) > 2
    page.get_by_label("Segment").select_option(values[1])
    expect(page.locator("figure h2")).to_contain_text(values[1].removeprefix("country:"))


def test_download_equals_the_api(visit: Visitor, server: Server) -> None:
    page = visit.open("/forecast?measure=units&horizon=14")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download CSV").click()
    name, path = waiting.value.suggested_filename, waiting.value.path()
    assert re.fullmatch(r"tidemark_units_total_14-days_from-\d{4}-\d\d-\d\d\.csv", name)
    rows = list(csv.DictReader(io.StringIO(Path(path).read_text("utf-8-sig"))))
    answer = predict(server, measure="units", horizon=14)["predictions"]
    assert [row["date"] for row in rows] == [one["date"] for one in answer]
    for row, one in zip(rows, answer, strict=True):
        assert abs(float(row["forecast"]) - one["value"]) <= 0.0051
        assert abs(float(row["hi95"]) - one["intervals"]["95"][1]) <= 0.0051
        assert (row["open"] == "yes") is one["open"]


def test_curl_is_the_same_forecast(visit: Visitor, server: Server) -> None:
    page = visit.open("/forecast?horizon=7")
    expect(page.locator("#forecast-curl")).to_contain_text('"horizon": 7')
    text = page.locator("#forecast-curl").inner_text()
    body = json.loads(re.search(r"-d '(.*)'", text)[1])
    assert text.startswith(f"curl {server.url}/predict ")
    assert len(predict(server, **body)["predictions"]) == 7


def test_theme_is_remembered_and_reaches_the_charts(visit: Visitor) -> None:
    page = visit.open("/forecast")
    colour = "() => document.querySelector('[data-graph] .js-plotly-plot')._fullLayout.font.color"
    assert page.evaluate(colour) == "#1c2733"
    page.get_by_role("button", name="Dark").click()
    page.wait_for_function(f"() => ({colour})() === '#e4e9ef'")
    page.reload()
    assert page.locator("html").get_attribute("data-bs-theme") == "dark"
    visit.settle()
    assert page.evaluate(colour) == "#e4e9ef"


def test_no_flash_of_the_other_theme(visit: Visitor) -> None:
    """From the first frame to the last, one background only."""
    visit.page.context.add_cookies([{"name": "tidemark_theme", "value": "dark", "url": visit.url}])
    visit.page.add_init_script(
        """window.seen = new Set();
           const look = () => { if (document.body) seen.add(getComputedStyle(document.documentElement).backgroundColor);
                                requestAnimationFrame(look); };
           look();"""
    )
    visit.open("/")
    seen = visit.page.evaluate("[...window.seen]")
    assert seen == ["rgb(16, 22, 28)"]


def test_language_is_remembered(visit: Visitor) -> None:
    page = visit.open("/forecast?measure=revenue")
    page.get_by_role("button", name="Français").click()
    page.get_by_role("heading", level=1, name="Prévoir").wait_for()
    visit.settle()
    assert page.locator("html").get_attribute("lang") == "fr"
    assert "measure=revenue" in page.url
    assert "Chiffre d’affaires" in page.locator("figure h2").inner_text()
    visit.open("/monitor")
    assert page.title() == "Surveiller · Tidemark"
    visit.open("/?lang=en")
    assert page.get_by_role("heading", level=1).inner_text() == "Overview"


def test_menu_on_a_phone(browser: Browser, server: Server) -> None:
    with visiting(browser, server.url, viewport={"width": 390, "height": 844}) as visitor:
        page = visitor.open("/")
        menu = page.get_by_role("button", name="Menu")
        expect(menu).to_have_attribute("aria-expanded", "false")
        assert not page.get_by_role("link", name="Monitor").is_visible()
        menu.click()
        expect(menu).to_have_attribute("aria-expanded", "true")
        page.get_by_role("link", name="Monitor").click()
        page.get_by_role("heading", level=1, name="Monitor").wait_for()
        expect(menu).to_have_attribute("aria-expanded", "false")


def test_skip_link_comes_first(visit: Visitor) -> None:
    page = visit.open("/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "tm-skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_examples_of_dropped_lines(visit: Visitor) -> None:
    page = visit.open("/explore?tab=quality")
    page.get_by_role("button", name="Show lines dropped as “Cancellations”").click()
    rows = page.locator("#explore-examples tbody tr")
    expect(rows).to_have_count(5)
    assert rows.nth(0).locator("td").nth(0).inner_text().startswith("C")


def test_dates_and_whole_history(visit: Visitor) -> None:
    page = visit.open("/explore")
    whole = page.locator("figure figcaption").first.inner_text()
    first = page.get_by_label("From", exact=True).input_value()
    year = int(first[:4]) + 1
    page.get_by_label("From", exact=True).fill(f"{year}-03-01")
    expect(page.locator("figure figcaption").first).to_contain_text(f"1 Mar {year}")
    page.get_by_role("button", name="Whole history").click()
    expect(page.locator("figure figcaption").first).to_have_text(whole)
    assert "start=" not in page.url


def test_preparing_then_failed_then_ready(browser: Browser, empty_server: Server, prepared: Path) -> None:
    """Without data: calm, with the progress of the job; its failure in one sentence; the page by itself when ready."""
    from core.config import Config
    from core.errors import InputError
    from core.lifecycle.jobs import Jobs
    from core.lifecycle.registry import Registry
    from core.state.engine import open_engine
    from core.transactions.store import POINTER

    config = Config(data_dir=empty_server.data_dir)
    jobs = Jobs(open_engine(config.database))
    with visiting(browser, empty_server.url) as visitor:
        page = visitor.page
        page.goto(f"{empty_server.url}/forecast")
        page.get_by_role("heading", name="Preparing your forecast").wait_for()

        try:
            with jobs.run(jobs.start("prepare", "test", "test")) as run:
                run(0.4, "Reading sales.csv")
                page.get_by_text("Reading sales.csv").wait_for()
                page.get_by_text("40%").wait_for()
                raise InputError("'yesterday' is not a date", file="sales.csv", row=12, column="Time")
        except InputError:
            pass
        page.get_by_role("heading", name="The preparation stopped").wait_for()
        assert page.get_by_text("sales.csv, row 12, column Time: 'yesterday' is not a date.").is_visible()
        assert not page.get_by_role("heading", level=1, name="Forecast").is_visible()
        page.get_by_role("navigation").get_by_role("link", name="Data").click()  # where a better file is loaded
        expect(page.get_by_role("button", name="Choose a file")).to_be_visible()
        page.go_back()

        for folder in ("store", "models"):  # the pointer last, as the product does it
            shutil.copytree(
                prepared / folder, empty_server.data_dir / folder, ignore=lambda *_: [POINTER], dirs_exist_ok=True
            )
        shutil.copy(prepared / "store" / POINTER, empty_server.data_dir / "store" / POINTER)
        Registry(config).promote("v1", "test", "test")
        page.get_by_role("heading", level=1, name="Forecast").wait_for()
        visitor.settle()
        assert drawn_days(visitor) == 28
