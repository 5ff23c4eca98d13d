"""The Forecast page as business people use it: total, what if, an address to share, files; keyboard, French."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from python_calamine import CalamineWorkbook

from tests.browser.conftest import Server, Visitor, visiting
from tests.browser.test_pages import axe_violations

pytestmark = pytest.mark.browser


def closed_day(visitor: Visitor) -> str:
    """A Saturday ahead, as the field for a day takes it."""
    script = """() => { const day = new Date(document.getElementById('whatif-first').min + 'T00:00:00Z');
        while (day.getUTCDay() !== 6) { day.setUTCDate(day.getUTCDate() + 1); }
        return day.toISOString().slice(0, 10); }"""
    visitor.page.wait_for_function("document.getElementById('whatif-first').value")
    return str(visitor.page.evaluate(script))


def test_a_scenario_from_the_form_to_the_file(visit: Visitor, browser: Browser, server: Server, tmp_path: Path) -> None:
    page = visit.open("/forecast?measure=revenue")
    assert re.search(r"[\d,]+ – [\d,]+ with 80% confidence", page.locator(".tm-totals").inner_text())
    saturday = closed_day(visit)
    page.get_by_label("Name", exact=True).fill("Open house")
    page.get_by_label("What happens").select_option("open")
    expect(page.get_by_label("Percent", exact=True)).to_be_hidden()
    page.get_by_label("First day").fill(saturday)
    page.get_by_label("Last day").fill(saturday)
    page.get_by_role("button", name="Add the change").click()
    expect(page.locator("#whatif-said")).to_contain_text("Open house now has: open Sat")
    table = page.locator(".tm-whatif-table tbody tr")
    expect(table).to_have_count(2)
    expect(table.nth(1)).to_contain_text("+")
    visit.settle()
    expect(page.locator(".tm-whatif-notes")).to_contain_text("history has no Saturday")
    page.get_by_label("What happens").select_option("up")
    page.get_by_label("Percent", exact=True).fill("0")
    page.get_by_role("button", name="Add the change").click()
    expect(page.locator("#whatif-said")).to_contain_text("Percent: give a whole number")
    assert f"s1=Open+house*open.{saturday}" in page.url
    assert axe_violations(visit) == []
    with page.expect_download() as download:
        page.get_by_role("button", name="Workbook").click()
    path = tmp_path / "forecast.xlsx"
    download.value.save_as(path)
    assert CalamineWorkbook.from_path(path).get_sheet_by_name("Scenarios").to_python()[2][0] == "Open house"
    with visiting(browser, server.url, locale="fr-FR") as other:  # who gets the link, on another machine
        shown = other.open(page.url.removeprefix(server.url))
        expect(shown.locator(".tm-whatif-table tbody tr")).to_have_count(2)
        expect(shown.locator(".tm-whatif-chip")).to_contain_text("ouvert sam")
        shown.get_by_role("button", name="Supprimer Open house").click()
        expect(shown.locator("#whatif-compared")).to_contain_text("pas encore de scénario")
        assert "s1=" not in shown.url


def test_tabs_by_keyboard_and_in_the_address(visit: Visitor) -> None:
    page = visit.open("/forecast")
    page.get_by_role("tab", name="What if").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="How it changed")).to_be_focused()
    expect(page.locator("#forecast-made figcaption")).to_contain_text("One forecast of this day is known")
    expect(page.locator("#forecast-panel-whatif")).to_be_hidden()
    page.keyboard.press("End")
    expect(page.locator("#forecast-why")).to_contain_text("next training")
    assert "tab=why" in page.url
    page.reload()
    visit.settle()
    expect(page.locator("#forecast-why")).to_contain_text("next training")
    assert axe_violations(visit) == []


def test_model_level_and_a_day_of_the_chart(visit: Visitor) -> None:
    page = visit.open("/forecast?tab=made&model=sarima")
    expect(page.locator("figure", has=page.locator('[data-graph="fan"]'))).to_contain_text("Forecast by SARIMA")
    page.get_by_text("95%", exact=True).click()
    expect(page.locator(".tm-totals")).to_contain_text("with 95% confidence")
    visit.settle()
    assert "model=sarima" in page.url
    assert "level=95" in page.url
    day = page.evaluate(
        """() => { const box = document.querySelector('[data-graph="fan"] .js-plotly-plot');
            const line = box.data.find(trace => trace.name === 'Forecast'), day = line.x[3];
            box.emit('plotly_click', { points: [{ x: day, y: 1, curveNumber: 3, pointNumber: 3, data: line }] });
            return String(day).slice(0, 10); }"""
    )
    expect(page.locator("#forecast-day")).to_have_value(day)
    assert f"day={day}" in page.url


def test_typing_keeps_its_place(visit: Visitor) -> None:
    """However late the rest of the page hears of it."""
    page = visit.open("/forecast")
    field = page.get_by_label("Name", exact=True)
    field.press_sequentially("Sale")
    field.press("Home")
    field.press_sequentially("Summer ")
    assert field.input_value() == "Summer Sale"
    assert field.evaluate("field => field.selectionStart") == len("Summer ")


def test_components_hear_of_many_steps_at_once(visit: Visitor) -> None:
    page = visit.open("/forecast")
    page.evaluate(
        """() => { window.steps = window.told = 0;
                   store.subscribe(() => { steps += 1; });
                   store.subscribe(function onStateChange() { told += 1; }); }"""
    )
    page.get_by_label("Measure").select_option("revenue")
    expect(page.locator("figure h2").first).to_contain_text("Revenue")
    steps, told = page.evaluate("[steps, told]")
    assert steps > 3 * told > 0
