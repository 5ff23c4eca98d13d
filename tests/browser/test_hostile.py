"""Every page on data whose texts are scripts, formulas, marks of direction, controls and ten thousand characters."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser

from tests import hostile
from tests.browser.conftest import Server, Visitor, environment, run_core, serving, visiting

pytestmark = pytest.mark.browser

PAGES = (
    "/?segment={}", "/forecast?segment={}", "/explore?segment={}", "/explore?tab=countries", "/explore?tab=products",
    "/data", "/compare?segment={}", "/monitor?range=all",
    "/monitor?tab=features&feature=country", "/monitor?tab=features&feature=product", "/monitor?tab=forecasts",
    "/monitor?tab=trial", "/monitor?tab=policies", "/lifecycle?job=3",
)  # fmt: skip


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, int]]:
    """A server whose texts are hostile, its records too, and the number of such an alert."""
    from core.config import Config
    from core.lifecycle.registry import Registry

    data_dir = tmp_path_factory.mktemp("hostile")
    source = hostile.write_lines(data_dir / "raw")
    env = environment(data_dir, DATA_PATH=str(source), MODELS="seasonal_naive,weekday_mean")
    run_core(env, "bootstrap")
    config = Config(data_dir=data_dir)
    champion = Registry(config).champion()
    assert champion is not None
    alert = hostile.write_records(config, champion.id)
    with serving(data_dir, MODELS="seasonal_naive,weekday_mean") as running:
        yield running, alert


def test_every_page(browser: Browser, installation: tuple[Server, int]) -> None:
    server, alert = installation
    countries = (hostile.SCRIPT, hostile.TURNED, hostile.FORMULA, hostile.CONTROLS)
    with visiting(browser, server.url, {"width": 390, "height": 900}, locale="fr-FR") as visitor:
        for number, path in enumerate(PAGES):
            page = visitor.open(path.format(quote(f"country:{countries[number % len(countries)]}")))
            page.locator("details:not([open]) > summary").evaluate_all("all => all.forEach(one => one.click())")
            visitor.settle()
            assert page.evaluate("window.pwned === undefined"), path
            assert page.locator("main img, main script, main svg[onload]").count() == 0, path
            assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path
        look_closely(visitor, alert)


def look_closely(visitor: Visitor, alert: int) -> None:
    """Dropped lines, one alert, and the log of a job hold the texts as they are."""
    page = visitor.open("/explore?tab=quality")
    page.locator("[id*=rule-examples]").first.click()
    page.wait_for_selector("#explore-examples table")
    page = visitor.open(f"/monitor?range=all&alert={alert}")
    page.wait_for_selector("#monitor-chosen h2")
    assert hostile.SCRIPT[:70] in page.locator("#monitor-chosen").inner_text()
    assert page.evaluate("window.pwned === undefined")


def test_the_log_has_an_entry_a_line(installation: tuple[Server, int]) -> None:
    server, _ = installation
    asked = urllib.request.Request(
        f"{server.url}/predict?segment=country%3A%1B%5B2J%0APWNED", headers={"User-Agent": "a\tb"}
    )
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(asked)
    log = (server.data_dir / "server.log").read_text()
    assert "\x1b" not in log
    assert not [line for line in log.splitlines() if line.startswith("PWNED")]
    assert [json.loads(line) for line in log.splitlines() if line.startswith("{")]
