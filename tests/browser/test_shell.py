"""What every page shares: toasts, keyboard shortcuts, what can be taken from a chart, paper, the Back button."""

from __future__ import annotations

import contextlib
import csv
import io
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlparse

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Server, Visitor
from tests.browser.test_behaviour import predict

pytestmark = pytest.mark.browser


def rows_of(visit: Visitor, button: Any) -> tuple[str, list[dict[str, str]]]:
    """Name and rows of the CSV that a button saves."""
    with visit.page.expect_download() as waiting:
        button.click()
    text = Path(waiting.value.path()).read_bytes().decode("utf-8-sig")
    return waiting.value.suggested_filename, list(csv.DictReader(io.StringIO(text, newline="")))


def query(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlparse(page.url).query)


def test_the_end_of_a_job_is_told_once(visit: Visitor, server: Server) -> None:
    from core.config import Config
    from core.errors import InputError
    from core.lifecycle.jobs import Jobs
    from core.state.engine import open_engine

    page = visit.open("/")
    jobs = Jobs(open_engine(Config(data_dir=server.data_dir).database))
    job = jobs.start("trial", "somebody else", "test")
    with contextlib.suppress(InputError), jobs.run(job):
        raise InputError("the day is not in the data")
    toast = page.locator(".tm-toast-job:visible")
    expect(toast).to_contain_text("failed. the day is not in the data")
    expect(page.locator("#live")).to_contain_text("failed. the day is not in the data")
    expect(toast.get_by_role("link", name="See what happened")).to_have_attribute("href", f"/lifecycle?job={job.id}")
    toast.get_by_role("button", name="Close this message").click()
    expect(toast).to_have_count(0)
    page.reload()
    visit.settle()
    assert page.locator(".tm-toast-job").count() == 0


def test_shortcuts(visit: Visitor) -> None:
    page = visit.open("/")
    page.keyboard.press("g")
    page.keyboard.press("f")
    page.get_by_role("heading", level=1, name="Forecast").wait_for()
    visit.settle()
    expect(page.locator("#live")).to_have_text("Forecast")
    page.get_by_label("or 1–365").focus()
    page.keyboard.press("g")
    page.keyboard.press("e")
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("heading", level=1)).to_have_text("Forecast")

    page.locator("#forecast-curl").click()
    link = page.get_by_role("navigation").get_by_role("link", name="Explore")
    link.focus()
    page.keyboard.press("?")
    expect(dialog).to_be_visible()
    assert page.evaluate("document.activeElement.closest('dialog') !== null")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(link).to_be_focused()


def test_shortcuts_can_be_switched_off(visit: Visitor) -> None:
    page = visit.open("/")
    open_dialog, switch = (
        page.get_by_role("button", name="Keyboard shortcuts"),
        page.get_by_label("Use these shortcuts"),
    )
    open_dialog.click()
    switch.uncheck()
    page.get_by_role("button", name="Close", exact=True).click()
    page.reload()
    visit.settle()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_hidden()
    page.keyboard.press("g")
    page.keyboard.press("f")
    open_dialog.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Overview")
    expect(switch).not_to_be_checked()
    switch.check()
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("f")
    page.get_by_role("heading", level=1, name="Forecast").wait_for()
    visit.settle()


def test_numbers_of_a_chart(visit: Visitor, server: Server) -> None:
    page = visit.open("/forecast?measure=revenue&horizon=14")
    name, rows = rows_of(visit, page.get_by_role("button", name="Save the numbers (CSV): Revenue"))
    assert re.fullmatch(r"tidemark-revenue-[a-z0-9-]+\.csv", name)
    answer = predict(server, measure="revenue", horizon=14)["predictions"]
    assert [row["Date"] for row in rows] == [one["date"] for one in answer]
    for row, one in zip(rows, answer, strict=True):
        assert abs(float(row["Forecast"]) - one["value"]) <= 0.0051
        if one["open"]:
            assert abs(float(row["80% interval (max)"]) - one["intervals"]["80"][1]) <= 0.0051


def test_no_formula_leaves_a_chart(visit: Visitor) -> None:
    page = visit.open("/forecast")
    page.evaluate(
        """cells => {
             const figure = document.createElement('figure');
             figure.className = 'tm-chart';
             figure.innerHTML = '<button data-csv="x" data-title="../=A b">save</button>'
               + '<table><thead><tr><th>=a</th><th>b</th></tr></thead><tbody></tbody></table>';
             for (const text of cells) {
               const row = figure.querySelector('tbody').insertRow();
               row.insertCell().textContent = text;
               row.insertCell().textContent = 'b';
             }
             document.getElementById('main').prepend(figure);
           }""",
        ["=1+1", "+a", "@x", "-1.5", "-1+2", 'a "b", c', "–", "<b>"],
    )
    name, rows = rows_of(visit, page.locator('[data-csv="x"]'))
    assert name == "tidemark-a-b.csv"
    assert [row["'=a"] for row in rows] == ["'=1+1", "'+a", "'@x", "-1.5", "'-1+2", 'a "b", c', "", "<b>"]


def test_paper(visit: Visitor) -> None:
    """No navigation, nothing to press, tables open, charts inside the page; then all is as it was."""
    page = visit.open("/explore")
    page.get_by_role("button", name="Dark").click()
    page.wait_for_function(
        "() => document.querySelector('[data-graph] .js-plotly-plot')._fullLayout.font.color === '#e4e9ef'"
    )
    page.set_viewport_size({"width": 704, "height": 1000})
    page.emulate_media(media="print")
    page.wait_for_function("() => document.documentElement.classList.contains('tm-printing')")
    assert page.locator("html").get_attribute("data-bs-theme") == "light"
    assert not page.locator(".tm-side").is_visible()
    assert page.locator("button:visible").count() == 0
    assert page.locator("main details:not([open])").count() == 0
    assert page.locator("figure details table:visible").count() == page.locator("figure details").count() >= 2
    widths = page.evaluate(
        """() => [...document.querySelectorAll('[data-graph]')].map(box =>
             [box.querySelector('.main-svg').getBoundingClientRect().right, box.getBoundingClientRect().right])"""
    )
    assert widths
    assert all(drawn <= room + 1 for drawn, room in widths)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.emulate_media(media="screen")
    page.wait_for_function("() => !document.documentElement.classList.contains('tm-printing')")
    assert page.locator("html").get_attribute("data-bs-theme") == "dark"
    assert page.locator("figure details[open]").count() == 0


def test_back_returns_to_the_view_before(visit: Visitor) -> None:
    page = visit.open("/")
    page.get_by_role("navigation").get_by_role("link", name="Forecast").click()
    visit.settle()
    measure, days = page.get_by_label("Measure"), page.get_by_label("or 1–365")
    entries = page.evaluate("history.length")
    measure.select_option("revenue")
    page.wait_for_function("() => location.search === '?measure=revenue'")
    visit.settle()
    page.get_by_text("7", exact=True).click()
    expect(page.locator("figure h2")).to_contain_text("next 7 days")
    assert page.evaluate("history.length") == entries + 2
    page.go_back()
    expect(page.locator("figure h2")).to_contain_text("next 28 days")
    expect(page.locator("figure h2")).to_contain_text("Revenue")
    visit.settle()
    page.go_back()  # the address that the link led to, of which Dash has heard last
    expect(page.locator("figure h2")).to_contain_text("Transactions")
    expect(measure).to_have_value("transactions")
    visit.settle()
    page.go_forward()
    page.go_forward()
    expect(days).to_have_value("7")
    expect(measure).to_have_value("revenue")
    assert query(page) == {"measure": ["revenue"], "horizon": ["7"]}
    visit.settle()
    for _ in range(3):
        page.go_back()
    expect(page.get_by_role("heading", level=1, name="Overview")).to_be_visible()
    visit.settle()


def test_overview_answers_at_a_glance(visit: Visitor) -> None:
    page = visit.open("/?horizon=7")
    headline = page.locator(".tm-headline").inner_text()
    assert re.match(r"Next 7 days: [\d,.]+ transactions, [\d,.]+–[\d,.]+ with 80% confidence", headline)
    for heading in ("What to do next", "Open alarms", "What to prepare for", "How sure we are"):
        assert page.get_by_role("heading", name=heading).is_visible()
    page.get_by_role("link", name="See all alerts").click()
    page.get_by_role("heading", level=1, name="Monitor").wait_for()
    visit.settle()
