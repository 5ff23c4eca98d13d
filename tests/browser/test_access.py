"""Signing in and out in a browser, what a viewer sees, and a sign-in that is over."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from core.access.users import Users
from tests.browser.conftest import SCREENSHOTS, Server, Visitor, serving, visiting
from tests.browser.test_pages import axe_violations

pytestmark = pytest.mark.browser

PASSWORD = "correct horse"
REFUSED = "Failed to load resource: the server responded with a status of 401 (UNAUTHORIZED)"


@pytest.fixture(scope="module")
def users(tmp_path_factory: pytest.TempPathFactory) -> Users:
    made = Users(tmp_path_factory.mktemp("access") / "users")
    made.add("anna", PASSWORD, "editor")
    made.add("vic <b>&", PASSWORD, "viewer")
    return made


@pytest.fixture(scope="module")
def closed(prepared: Path, users: Users) -> Iterator[Server]:
    """The prepared installation, for people who sign in."""
    with serving(prepared, USERS_FILE=str(users.path)) as running:
        yield running


def sign_in(page: Page, name: str, password: str = PASSWORD) -> None:
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    page.keyboard.press("Enter")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_page_to_sign_in(browser: Browser, closed: Server, theme: str) -> None:
    with visiting(browser, closed.url, {"width": 390, "height": 844}, theme, locale="fr-FR") as visitor:
        page = visitor.page
        page.goto(closed.url + "/explore?measure=revenue")
        expect(page.get_by_role("heading", level=1, name="Connexion")).to_be_visible()
        assert axe_violations(visitor) == []
        SCREENSHOTS.mkdir(exist_ok=True)
        page.screenshot(path=SCREENSHOTS / f"sign-in-{theme}.png")
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        page.get_by_role("link", name="English").click()
        expect(page.get_by_role("heading", level=1, name="Sign in")).to_be_visible()
        sign_in(page, "anna", "wrong words")
        expect(page.get_by_role("alert")).to_have_text(
            "The name or the password is not right. Both count capital letters."
        )
        assert axe_violations(visitor) == []
        expect(page.get_by_label("Name")).to_have_value("anna")
        sign_in(page, "anna")
        page.wait_for_url("**/explore?measure=revenue")
        visitor.settle()
        forget_refusals(visitor)


def forget_refusals(visitor: Visitor) -> None:
    """What the browser itself says of answers 401."""
    visitor.problems[:] = [one for one in visitor.problems if REFUSED not in one and not one.startswith("401: ")]


def test_a_viewer_looks_and_is_told_why_that_is_all(browser: Browser, closed: Server) -> None:
    with visiting(browser, closed.url) as visitor:
        page = visitor.page
        page.goto(closed.url + "/lifecycle")
        sign_in(page, "vic <b>&")
        page.wait_for_url("**/lifecycle")
        visitor.settle()
        expect(page.locator("#viewer-note")).to_contain_text("signed in as a viewer")
        for name in ("retrain", "schedule-save", "schedule-run", "schedule-reset"):
            expect(page.locator(f"#{name}")).to_be_disabled()
            assert page.locator(f"#{name}").get_attribute("aria-describedby") == "viewer-note"
        expect(page.locator("#versions-csv")).to_be_enabled()
        expect(page.locator("#lifecycle-name")).to_be_hidden()
        expect(page.locator(".tm-person-name")).to_contain_text("vic <b>&")
        assert axe_violations(visitor) == []
        page.screenshot(path=SCREENSHOTS / "viewer.png")
        page.get_by_role("navigation").get_by_role("link", name="Explore").click()
        visitor.settle()
        expect(page.locator("#viewer-note")).to_be_hidden()
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_role("heading", level=1, name="Sign in")).to_be_visible()
        page.go_back()
        expect(page.get_by_role("heading", level=1, name="Sign in")).to_be_visible()
        forget_refusals(visitor)


def test_an_editor_does_and_a_sign_in_that_is_over_leads_back(browser: Browser, closed: Server, users: Users) -> None:
    users.add("bea", PASSWORD, "editor")
    with visiting(browser, closed.url) as visitor:
        page = visitor.page
        page.goto(closed.url + "/lifecycle?measure=revenue")
        sign_in(page, "bea")
        page.wait_for_url("**/lifecycle?measure=revenue")
        visitor.settle()
        expect(page.locator("#retrain")).to_be_enabled()
        expect(page.locator("#viewer-note")).to_be_hidden()
        page.locator("#schedule-drift").click()
        page.locator("#schedule-save").click()
        expect(page.locator("#audit-body")).to_contain_text("bea")
        users.remove("bea")
        page.wait_for_url("**/sign-in?next=**")  # by itself, and back to the same view
        sign_in(page, "anna")
        page.wait_for_url("**/lifecycle?measure=revenue")
        forget_refusals(visitor)


def test_an_open_server_says_so(browser: Browser, prepared: Path) -> None:
    with serving(prepared, HOST="0.0.0.0") as running, visiting(browser, running.url) as visitor:
        page = visitor.open("/")
        expect(page.locator(".tm-left-open")).to_contain_text("These pages are open")
        assert axe_violations(visitor) == []
        page.screenshot(path=SCREENSHOTS / "left-open.png")
        assert "HOST=0.0.0.0: everybody" in (prepared / "server.log").read_text()
