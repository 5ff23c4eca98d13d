"""The Data page in a browser: days are closed by keyboard; a file with other column names is mapped, checked, loaded
and undone."""

from __future__ import annotations

import csv
import datetime as dt
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlparse

import pytest
from playwright.sync_api import Browser, Page, expect

from core.config import Config
from core.lifecycle.registry import Registry
from tests.browser.conftest import Server, Visitor, serving, visiting
from tests.browser.test_pages import axe_violations

pytestmark = pytest.mark.browser

HOSTILE = "=cmd|<img src=x onerror=alert(1)>"
DAYS = 60


@pytest.fixture(scope="module")
def own(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of its own on copies, as these tests change its data."""
    data_dir = tmp_path_factory.mktemp("data")
    for folder in ("store", "models"):
        shutil.copytree(prepared / folder, data_dir / folder)
    Registry(Config(data_dir=data_dir)).promote("v1", "test", "test")
    with serving(data_dir) as running:
        yield running


@pytest.fixture
def visitor(browser: Browser, own: Server) -> Iterator[Visitor]:
    with visiting(browser, own.url) as one:
        yield one


def sold(folder: Path, name: str) -> Path:
    """Sixty days of two sales each under names that nobody can guess."""
    path = folder / name
    with path.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(["Tag", "Wie viele", "Je Stück", "Beleg", HOSTILE])
        for day in range(DAYS):
            date = dt.date(2026, 3, 2) + dt.timedelta(days=day)
            for sale in range(2):
                writer.writerow([f"{date} 1{sale}:00", 1 + sale, "2.50", f"{day}-{sale}", HOSTILE])
    return path


def send(page: Page, path: Path) -> None:
    with page.expect_file_chooser() as waiting:
        page.get_by_role("button", name="Choose a file").press("Enter")
    waiting.value.set_files(path)


def map_columns(page: Page) -> None:
    for ours, theirs in (("Time (required)", "Tag"), ("Quantity (required)", "Wie viele"), ("Price", "Je Stück")):
        page.get_by_role("combobox", name=ours, exact=True).select_option(theirs)


def test_a_file_with_other_names_is_loaded_and_undone(visitor: Visitor, tmp_path: Path) -> None:
    page = visitor.open("/data")
    send(page, sold(tmp_path, f"{HOSTILE.replace('/', '')}.csv"))
    form = page.locator("#intake-form")
    expect(form).to_be_visible()
    assert "upload" in parse_qs(urlparse(page.url).query)
    expect(page.locator(".tm-preview td").first).to_have_text("1")
    page.get_by_role("button", name="Check what this would do").click()
    expect(page.locator("#intake-file-check-said")).to_contain_text("Choose the column for Time")
    map_columns(page)
    expect(page.locator("#intake-unused")).to_have_text(f"Not used: Beleg, {HOSTILE}.")
    page.get_by_label("Replace the data in use").check()
    page.get_by_role("button", name="Check what this would do").click()
    report = page.locator("#intake-file-report")
    expect(report).to_contain_text(f"all {2 * DAYS} lines can be read")
    assert axe_violations(visitor) == []

    page.reload()  # choices, report and the way on are still there
    visitor.settle()
    expect(report).to_contain_text(f"all {2 * DAYS} lines can be read")
    expect(page.get_by_label("Time (required)", exact=True)).to_have_value("=Tag")
    page.get_by_role("button", name="Load", exact=True).click()
    expect(page.locator("#intake-outcome")).to_contain_text(f"{2 * DAYS} lines are in use now")
    expect(page.locator("#intake-retrain")).to_be_visible()
    row = page.locator("#intake-history tbody tr").first
    expect(row).to_contain_text("In use")

    row.get_by_role("button", name="Undo").click()
    page.get_by_label("Reason (required)").fill("the wrong file")
    page.get_by_role("button", name="Confirm").click()
    expect(row).to_contain_text("Undo of load")
    expect(row).to_contain_text("the wrong file")


def test_what_cannot_be_read_is_refused_with_a_sentence(visitor: Visitor, tmp_path: Path) -> None:
    page = visitor.open("/data")
    fake = tmp_path / "sales.xlsx"
    fake.write_bytes(b"MZ\x90\x00" + bytes(2_000))
    send(page, fake)
    expect(page.locator("#intake-send-said")).to_contain_text("sales.xlsx")
    expect(page.locator("#intake-steps")).to_be_hidden()
    assert [one for one in visitor.problems if not re.search(r"40\d|41\d|status of 4", one)] == []
    visitor.problems.clear()


def test_days_are_closed_by_keyboard(visitor: Visitor) -> None:
    page = visitor.open("/data?tab=calendar")
    page.get_by_role("tab", name="Files").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Opening calendar")).to_be_focused()
    day = page.locator(".tm-calendar [data-day].tm-day-open").nth(40)
    date = day.get_attribute("data-day")
    day.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("From", exact=True)).to_have_value(str(date))
    page.get_by_label("Remark (optional)").fill(HOSTILE)
    page.get_by_role("button", name="Save").press("Enter")
    expect(page.locator("#opening-said")).to_contain_text("1 day is now closed")
    expect(page.locator(f'[data-day="{date}"]')).to_have_class(re.compile("tm-day-hand_closed tm-day-pending"))
    expect(page.locator("#opening-days")).to_contain_text(HOSTILE)
    expect(page.locator("#opening-retrain")).to_be_visible()
    assert axe_violations(visitor) == []
    page.get_by_role("button", name="Back to the rule:").click()
    expect(page.locator("#opening-head")).to_contain_text("No day is set by hand")
