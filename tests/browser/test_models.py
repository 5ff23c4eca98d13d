"""The Models page in a browser: put a version into use by keyboard, go back, train, schedule, share an address."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlparse

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Server, Visitor, bootstrapped, environment, run_core, serving, visiting
from tests.browser.test_pages import axe_violations

pytestmark = pytest.mark.browser

SECONDS = 1_000


@pytest.fixture(scope="module")
def two_versions(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of its own, as these tests change what is in use: v1 serves, v2 (one measure) waits."""
    models = "seasonal_naive,weekday_mean,gp"
    data_dir = bootstrapped(tmp_path_factory, 20_000, models)
    env = environment(data_dir, DATA_PATH=str(data_dir / "sales.parquet"), MODELS=models)
    run_core(env, "train", "--measure", "transactions", "--why", "manual: <b>one</b> measure")
    with serving(data_dir) as running:
        yield running


@pytest.fixture
def visitor(browser: Browser, two_versions: Server) -> Iterator[Visitor]:
    with visiting(browser, two_versions.url) as one:
        yield one


def headline(page: Page) -> str:
    return page.locator("#lifecycle-body").inner_text()


def test_promotion_and_rollback_by_keyboard(visitor: Visitor) -> None:
    page = visitor.open("/lifecycle")
    assert "Version v1 has been in use" in headline(page)
    assert "v2 waits as challenger" in headline(page)
    page.get_by_label("Your name").fill("Ann")
    dialog, reason = page.get_by_role("dialog"), page.get_by_label("Reason (required)")

    button = page.get_by_role("button", name="Put into use v2")
    button.focus()
    page.wait_for_timeout(1.5 * SECONDS)  # the first look draws the table anew, and the focus stays
    expect(button).to_be_focused()
    page.keyboard.press("Enter")
    expect(dialog).to_be_visible()
    expect(dialog).to_have_accessible_name("Put v2 into use?")
    expect(reason).to_be_focused()
    expect(dialog).to_contain_text("The record will say: Ann.")
    assert axe_violations(visitor) == []
    page.keyboard.press("Enter")
    expect(page.locator("#ask-error")).to_contain_text("at least 3 characters")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    assert "Version v1 has been in use" in headline(page)

    looks = page.locator("#jobs-body tr").filter(has_text="Look at the history")
    before = looks.count()
    page.keyboard.press("Enter")  # the button has the focus again
    expect(reason).to_be_focused()
    page.keyboard.type("only one measure counts")
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    expect(page.locator("#lifecycle-said")).to_have_text("Version v2 is in use now.")
    expect(page.locator("#lifecycle-body")).to_contain_text("Version v2 has been in use")
    audit = page.locator("#audit-body tbody tr")
    expect(audit.nth(1)).to_contain_text("only one measure counts")

    # v2 gets its history; the page draws the job meanwhile, and a click into a button that is drawn anew is lost
    expect(looks.nth(before)).to_contain_text("Done", timeout=60 * SECONDS)
    visitor.settle()
    page.get_by_role("button", name="Roll back to v1").click()
    expect(dialog).to_have_accessible_name("Roll back to v1?")
    reason.fill("enough seen")
    page.get_by_role("button", name="Confirm").click()
    expect(page.locator("#lifecycle-body")).to_contain_text("Version v1 has been in use")
    expect(audit.first).to_contain_text("Ann")
    page.reload()
    visitor.settle()
    assert page.get_by_label("Your name").input_value() == "Ann"
    expect(looks.nth(before)).to_be_visible(timeout=30 * SECONDS)  # v2 got its history


def test_training_is_seen_by_everybody_and_cancelled_by_anybody(
    browser: Browser, visitor: Visitor, two_versions: Server
) -> None:
    page = visitor.open("/lifecycle")
    page.locator("#retrain-models").get_by_text("LSTM").click()
    page.get_by_label("Reason (optional)").fill("a test")
    page.get_by_role("button", name="Retrain").click()
    expect(page.locator("#retrain-said")).to_contain_text("The training was started")
    with visiting(browser, two_versions.url) as other:
        there = other.open("/lifecycle")
        expect(there.locator("#lifecycle-job").get_by_label("Training", exact=True)).to_be_visible()
        expect(there.locator("#lifecycle-job")).to_contain_text("by hand: a test")
        there.get_by_role("button", name="Retrain").click()
        expect(there.locator("#retrain-said")).to_contain_text("A training is running already")
        there.get_by_role("button", name="Cancel: training").click()
        expect(there.locator("#lifecycle-job")).to_contain_text("was cancelled", timeout=60 * SECONDS)
    expect(page.locator("#lifecycle-job")).to_contain_text("was cancelled")
    expect(page.get_by_role("button", name="Cancel: training")).to_have_count(0)


def test_schedule(visitor: Visitor) -> None:
    page = visitor.open("/lifecycle")
    schedule = page.locator("#schedule-body")
    expect(schedule).to_contain_text("come from the environment")
    page.get_by_label("at (clock of the server)").fill("04:30")
    page.get_by_label("the data have drifted").check()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(schedule).to_contain_text("chosen on this page")
    expect(schedule).to_contain_text("04:30")
    page.get_by_label("Days until then").fill("")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#schedule-said")).to_contain_text("1 to 365")
    page.get_by_role("button", name="Back to the environment").click()
    expect(schedule).to_contain_text("come from the environment")
    expect(page.get_by_label("at (clock of the server)")).to_have_value("06:00")
    expect(page.get_by_label("the data have drifted")).not_to_be_checked()


def test_address_and_downloads(visitor: Visitor) -> None:
    page = visitor.open("/lifecycle?measure=nonsense&job=%3Cscript%3E")
    assert page.title() == "Models · Tidemark"
    page.get_by_role("button", name="Log 1", exact=True).click()
    expect(page.get_by_role("heading", name="Log of job 1")).to_be_visible()
    page.get_by_label("Measure", exact=True).select_option("transactions")
    assert parse_qs(urlparse(page.url).query) == {"job": ["1"]}
    page.reload()
    visitor.settle()
    expect(page.get_by_role("heading", name="Log of job 1")).to_be_visible()
    for number, name in enumerate(("tidemark_versions.csv", "tidemark_audit.csv")):
        with page.expect_download() as waiting:
            page.get_by_role("button", name="Download CSV").nth(number).click()
        assert waiting.value.suggested_filename == name
        assert len(list(csv.DictReader(io.StringIO(Path(waiting.value.path()).read_text("utf-8-sig"))))) >= 2
