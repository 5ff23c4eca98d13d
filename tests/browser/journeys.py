"""Somebody on the way through the pages in one language: the words they read, and pictures of what they see."""

from __future__ import annotations

import json
from dataclasses import dataclass

from playwright.sync_api import Locator, Page

from components.words import Words
from tests.browser.conftest import ROOT, SCREENSHOTS, Visitor

LOCALES = {"en": "en-GB", "fr": "fr-FR"}


def words_of(language: str) -> Words:
    return Words(language, json.loads((ROOT / "app" / "locale" / f"{language}.json").read_text("utf-8")))


@dataclass
class Traveller:
    """``task`` names the pictures: screenshots/journey-business-fr-2-what-if.png."""

    visitor: Visitor
    t: Words
    task: str
    pictures: int = 0

    @property
    def page(self) -> Page:
        return self.visitor.page

    def go(self, name: str) -> None:
        """To a page by the navigation."""
        title = self.t(f"page.{name}")
        self.page.get_by_role("navigation").get_by_role("link", name=title, exact=True).click()
        self.page.get_by_role("heading", level=1, name=title, exact=True).wait_for()
        self.visitor.settle()

    def field(self, key: str) -> Locator:
        return self.page.get_by_label(self.t(key), exact=True)

    def button(self, key: str, **values: object) -> Locator:
        return self.page.get_by_role("button", name=self.t(key, **values), exact=True)

    def tab(self, key: str) -> None:
        self.page.get_by_role("tab", name=self.t(key), exact=True).click()
        self.visitor.settle()

    def keep(self, name: str) -> None:
        """A picture of the whole page, which must not be wider than the window."""
        self.visitor.settle()
        self.page.evaluate("window.scrollTo(0, 0)")  # the navigation stays in sight while one scrolls
        self.pictures += 1
        SCREENSHOTS.mkdir(exist_ok=True)
        file = f"journey-{self.task}-{self.t.lang}-{self.pictures}-{name}.png"
        self.page.screenshot(path=SCREENSHOTS / file, full_page=True)
        assert self.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "wider than the window"
