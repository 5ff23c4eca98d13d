"""The main task of a business user, from the first page to the file, in English and in French."""

from __future__ import annotations

import datetime as dt
import json
import urllib.request
from pathlib import Path
from urllib.parse import urlencode

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Browser, expect

from core.config import Config
from core.lifecycle.registry import Registry
from core.lifecycle.totals import period_total
from core.series.panel import Series
from tests.browser.conftest import Server, visiting
from tests.browser.journeys import LOCALES, Traveller, words_of

pytestmark = pytest.mark.browser

SCENARIO = "Open house"
GERMANY = Series("revenue", "country:Germany")
SATURDAY = 5


def predicted(server: Server) -> list[dict]:
    query = urlencode({"measure": GERMANY.measure, "segment": GERMANY.segment, "horizon": 28})
    with urllib.request.urlopen(f"{server.url}/predict?{query}", timeout=20) as answer:
        return json.load(answer)["predictions"]


def champion(server: Server):  # type: ignore[no-untyped-def]
    version = Registry(Config(data_dir=server.data_dir)).champion()
    assert version is not None
    return version


@pytest.mark.parametrize("language", LOCALES)
def test_business(browser: Browser, server: Server, tmp_path: Path, language: str) -> None:
    """28 days of revenue for Germany: the total, what an open Saturday would bring, and the workbook."""
    with visiting(browser, server.url, locale=LOCALES[language]) as visitor:
        visitor.open("/")
        one = Traveller(visitor, words_of(language), "business")
        one.keep("overview")
        one.go("forecast")
        days = pick_germany(one, server)
        saturday = open_a_saturday(one, days)
        with one.page.expect_download() as download:
            one.button("forecast.xlsx").click()
        path = tmp_path / download.value.suggested_filename
        download.value.save_as(path)
        total = read_workbook(one, path, days, saturday)
        shown = one.page.locator(".tm-whatif-table tbody tr").nth(1)
        expect(shown).to_contain_text(one.t.about(total, 4))
        expect(shown).to_contain_text("+")


def pick_germany(one: Traveller, server: Server) -> list[dict]:
    """The total stands there with its interval, and is what the programs get."""
    page, t = one.page, one.t
    one.field("control.measure").select_option(label=t.measure("revenue"))
    one.field("control.segment").select_option(label="Germany")
    page.get_by_text("28", exact=True).click()
    expect(page.get_by_role("radio", name="28")).to_be_checked()
    days = predicted(server)
    low, high = period_total(champion(server), GERMANY, 28)[80]
    total = page.locator(".tm-totals > div").first
    expect(total).to_contain_text(t.about(sum(day["value"] for day in days), 4))
    expect(total).to_contain_text(f"{t.about(low)} – {t.about(high)}")
    assert high < 10 * sum(day["intervals"]["80"][1] for day in days)
    expect(page.locator("figure h2").first).to_contain_text("Germany")
    one.keep("total")
    return days


def open_a_saturday(one: Traveller, days: list[dict]) -> dt.date:
    """The first Saturday ahead, which is closed."""
    page, t = one.page, one.t
    dates = [dt.date.fromisoformat(day["date"]) for day in days]
    at = next(n for n, date in enumerate(dates) if date.weekday() == SATURDAY)
    assert not days[at]["open"]
    one.field("whatif.name").fill(SCENARIO)
    one.field("whatif.kind").select_option(label=t("whatif.kind.open"))
    one.field("whatif.first").fill(dates[at].isoformat())
    one.field("whatif.last").fill(dates[at].isoformat())
    one.button("whatif.add").click()
    expect(page.locator("#whatif-said")).to_contain_text(t.date(dates[at]))
    expect(page.locator(".tm-whatif-table tbody tr")).to_have_count(2)
    one.keep("what-if")
    return dates[at]


def read_workbook(one: Traveller, path: Path, days: list[dict], saturday: dt.date) -> float:
    """What the scenario brings: the days are those of the program, the scenario differs on the Saturday alone, and
    nothing is a formula."""
    t, book = one.t, load_workbook(path)
    assert all(cell.data_type != "f" for sheet in book for row in sheet.iter_rows() for cell in row)
    forecast, scenarios, by_day = (
        list(book[t(f"xlsx.sheet.{name}")].iter_rows(min_row=2, values_only=True))
        for name in ("forecast", "scenarios", "scenario_days")
    )
    assert [row[0].date().isoformat() for row in forecast] == [day["date"] for day in days]
    assert [row[2] for row in forecast] == pytest.approx([day["value"] for day in days], abs=0.0051)
    assert [row[8] == t("xlsx.open") for row in forecast] == [day["open"] for day in days]
    changed = {row[0].date(): row[4] - row[1] for row in by_day if row[4] != row[1]}
    assert list(changed) == [saturday]
    assert [row[0] for row in scenarios] == [t("whatif.baseline"), SCENARIO]
    assert scenarios[1][2] - scenarios[0][2] == pytest.approx(changed[saturday], abs=0.0151)
    assert scenarios[1][5] == pytest.approx(changed[saturday], abs=0.0151)
    return float(scenarios[1][2])
