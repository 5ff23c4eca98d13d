"""The Monitor page in a browser: health, time line, actions, the map and a cell of it, tabs by keyboard, addresses."""

from __future__ import annotations

import csv
import datetime as dt
import io
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlparse

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import delete

from core.config import Config
from core.state.engine import open_engine, writing
from core.state.tables import MONITOR_DAYS, STATISTICS
from tests.browser.conftest import SCREENSHOTS, Server, Visitor, environment, run_core, serving, visiting
from tests.browser.test_pages import SCREENS, axe_violations
from tests.callbacks.monitored import write_monitored

pytestmark = pytest.mark.browser

SECONDS = 1_000
TABS = ("alerts", "features", "forecasts", "try", "policies")


@pytest.fixture(scope="module")
def halved(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of its own on a shop whose level was halved in its last four weeks; the history is there."""
    data_dir = tmp_path_factory.mktemp("halved")
    more = {"DATA_PATH": str(write_monitored(data_dir / "sales.csv")), "MODELS": "seasonal_naive", "MONITOR_AT": "off"}
    run_core(environment(data_dir, **more), "bootstrap")
    with serving(data_dir, **more) as running:
        yield running


@pytest.fixture
def visitor(browser: Browser, halved: Server) -> Iterator[Visitor]:
    with visiting(browser, halved.url) as one:
        yield one


def query(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlparse(page.url).query)


def level_alert(page: Page) -> str:
    """The number of the alert that the level has moved."""
    href = page.locator("#monitor-body a").first.get_attribute("href") or ""
    return href.rpartition("=")[2]


def test_health_comes_first_and_leads_to_the_alert(visitor: Visitor) -> None:
    page = visitor.open("/monitor")
    headline = page.locator("#monitor-body .tm-headline")
    expect(headline).to_contain_text("the level has moved by −")
    expect(headline).to_contain_text("train a new version")
    expect(page.locator("#monitor-body")).to_contain_text("At most one false alarm a year")
    assert page.locator('[data-graph="timeline"] .bars path').count() >= 1
    number = level_alert(page)
    page.locator("#monitor-body a").first.click()
    expect(page.get_by_role("heading", name=f"Alert {number}: level moved")).to_be_visible()
    assert query(page)["alert"] == [number]
    page.reload()
    visitor.settle()
    expect(page.get_by_role("heading", name=f"Alert {number}: level moved")).to_be_visible()


def test_a_bar_opens_its_alert(visitor: Visitor) -> None:
    page = visitor.open("/monitor?range=90")
    page.locator('[data-graph="timeline"] .bars path').last.click(force=True)
    expect(page.locator("#monitor-chosen h2")).to_contain_text("Alert")
    page.get_by_text("All", exact=True).first.click()
    page.wait_for_function("() => location.search.includes('range=all')")


def test_acknowledge_and_silence_by_keyboard(visitor: Visitor) -> None:
    page = visitor.open("/monitor")
    page.get_by_label("Your name").fill("Ann")
    number = level_alert(page)
    dialog, note = page.get_by_role("dialog"), page.get_by_label("Note for the record")
    table = page.locator("#monitor-alerts")
    table.get_by_role("button", name=f"Acknowledge alert {number}").focus()
    page.keyboard.press("Enter")
    expect(dialog).to_have_accessible_name(f"Acknowledge alert {number}?")
    expect(note).to_be_focused()
    expect(dialog).to_contain_text("The record will say: Ann.")
    expect(page.get_by_label("For", exact=True)).to_be_hidden()
    assert axe_violations(visitor) == []
    page.keyboard.type("looking after it")
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    expect(page.locator("#monitor-said")).to_have_text(f"Alert {number} is acknowledged.")
    expect(table).to_contain_text("Open, seen")

    table.get_by_role("button", name=f"Silence alert {number}").click()
    expect(dialog).to_have_accessible_name(f"Silence what alert {number} is about?")
    page.get_by_label("For", exact=True).select_option("30")
    page.get_by_role("button", name="Confirm").click()
    expect(page.locator("#alert-ask-error")).to_contain_text("at least 3 characters")
    note.fill("=a known sale")
    page.get_by_role("button", name="Confirm").click()
    expect(dialog).to_be_hidden()
    silences = page.locator("#monitor-silences")
    expect(silences).to_contain_text("=a known sale")
    expect(silences).to_contain_text("Ann")

    page.locator("#monitor-alerts").get_by_role("button", name=f"alert {number}", exact=False).first.click()
    chosen = page.locator("#monitor-chosen")
    expect(chosen).to_contain_text("a silence holds")
    expect(chosen).to_contain_text("looking after it")
    while silences.get_by_role("button", name="End").count():
        before = silences.get_by_role("button", name="End").count()
        silences.get_by_role("button", name="End").first.click()
        page.get_by_role("button", name="Confirm").click()
        expect(silences.get_by_role("button", name="End")).to_have_count(before - 1)
    expect(silences).to_contain_text("Nothing is silenced")


def test_no_dialog_opens_by_itself(visitor: Visitor) -> None:
    """Alerts are shown and hidden after one was asked about and left: that draws buttons, none is pressed."""
    page = visitor.open("/monitor?range=all")
    number, dialog = level_alert(page), page.get_by_role("dialog")
    page.locator("#monitor-alerts").get_by_role("button", name=f"Silence alert {number}").click()
    expect(dialog).to_be_visible()
    page.get_by_role("button", name="Cancel", exact=True).click()
    expect(dialog).to_be_hidden()
    page.locator("#monitor-body a").first.click()
    expect(page.get_by_role("heading", name=f"Alert {number}: level moved")).to_be_visible()
    visitor.settle()
    ids = page.locator("[id]").evaluate_all("found => found.map(one => one.id)")
    assert len(ids) == len(set(ids)), [one for one in ids if ids.count(one) > 1]
    page.locator("#monitor-chosen").get_by_role("button", name="Resolve").click()
    expect(dialog).to_have_accessible_name(f"Resolve alert {number}?")
    page.get_by_role("button", name="Cancel", exact=True).click()
    expect(dialog).to_be_hidden()
    for _ in range(2):
        page.locator("#monitor-alerts tbody button.tm-feature").last.click()
        visitor.settle()
        page.wait_for_timeout(500)
        expect(dialog).to_be_hidden()


def test_links_lead_where_they_say_again_and_again(visitor: Visitor) -> None:
    page = visitor.open("/monitor")
    number, headline = level_alert(page), page.get_by_role("heading", name="level moved")
    details = page.get_by_role("link", name=f"Details of alert {number}")
    for _ in range(2):  # shown, closed, shown
        details.click()
        expect(headline).to_be_visible()
        assert query(page) == {"alert": [number]}
        visitor.settle()
        page.locator("#monitor-alerts tbody [aria-expanded=true]").click()
        expect(headline).to_be_hidden()
        page.wait_for_function("() => !location.search.includes('alert=')")
    for _ in range(2):  # to the feature, back to the alerts, to the feature
        details.click()
        expect(headline).to_be_visible()
        page.get_by_role("link", name="Look at the feature").click()
        expect(page.get_by_role("heading", name="Look closely")).to_be_visible()
        expect(page.get_by_role("tab", name="Features")).to_have_attribute("aria-selected", "true")
        visitor.settle()
        page.get_by_role("tab", name="Alerts").click()
        expect(page.get_by_role("heading", name="List of alerts")).to_be_visible()
        visitor.settle()
    for tab, heading in (("Features", "Look closely"), ("Forecasts", "Forecasts against their promise")):
        page.get_by_role("link", name="Monitor", exact=True).click()
        expect(page.get_by_role("heading", name="List of alerts")).to_be_visible()
        expect(page.get_by_role("tab", name="Alerts")).to_have_attribute("aria-selected", "true")
        assert query(page) == {}
        visitor.settle()
        page.get_by_role("tab", name=tab).click()
        expect(page.get_by_role("heading", name=heading)).to_be_visible()
        visitor.settle()
    page.go_back()  # from the tab to the page that it was chosen on
    expect(page.get_by_role("heading", name="List of alerts")).to_be_visible()
    assert query(page) == {}
    page.go_back()
    expect(page.get_by_role("heading", name="Look closely")).to_be_visible()


def test_back_returns_to_the_tab_and_the_alert_before(visitor: Visitor) -> None:
    page = visitor.open("/explore")
    page.get_by_role("link", name="Monitor", exact=True).click()
    visitor.settle()
    number, heading = level_alert(page), page.locator("#monitor-chosen h2")
    page.locator("#monitor-alerts").get_by_role("button", name=f"alert {number}", exact=False).first.click()
    expect(heading).to_contain_text(f"Alert {number}")
    page.wait_for_function("() => location.search.includes('alert=')")
    page.get_by_text("90 days", exact=True).first.click()  # replaces: no entry of its own
    page.wait_for_function("() => location.search.includes('range=90')")
    visitor.settle()
    page.get_by_role("tab", name="Features").click()
    expect(page.get_by_role("heading", name="Look closely")).to_be_visible()
    visitor.settle()
    page.go_back()
    expect(page.get_by_role("tab", name="Alerts")).to_have_attribute("aria-selected", "true")
    expect(heading).to_contain_text(f"Alert {number}")
    assert query(page) == {"alert": [number], "range": ["90"]}
    visitor.settle()
    page.go_back()
    expect(page.get_by_role("heading", name="List of alerts")).to_be_visible()
    expect(heading).to_be_hidden()
    assert query(page) == {}
    visitor.settle()
    page.go_forward()
    expect(heading).to_contain_text(f"Alert {number}")
    page.go_forward()
    expect(page.get_by_role("tab", name="Features")).to_have_attribute("aria-selected", "true")
    expect(page.get_by_role("heading", name="Look closely")).to_be_visible()
    visitor.settle()
    for _ in range(3):
        page.go_back()
    expect(page.get_by_role("heading", level=1, name="Explore")).to_be_visible()


def test_on_a_phone_what_is_opened_comes_into_sight(browser: Browser, halved: Server) -> None:
    width, height = SCREENS["phone"]
    options = {"viewport": {"width": width, "height": height}}
    with visiting(browser, halved.url, **options) as visitor:
        page = visitor.open("/monitor?range=all")
        number, heading = level_alert(page), page.locator("#monitor-chosen h2")
        table = page.locator("#monitor-alerts")
        for open_it in (
            lambda: table.get_by_role("button", name=f"alert {number}", exact=False).first.click(),
            lambda: page.get_by_role("link", name=f"Details of alert {number}").click(),
        ):
            open_it()
            expect(heading).to_be_focused()
            expect(heading).to_be_in_viewport(ratio=1)
            visitor.settle()
            expect(heading).to_be_in_viewport(ratio=1)
            table.locator("tbody [aria-expanded=true]").click()
            expect(heading).to_be_hidden()
        table.get_by_role("button", name=f"alert {number}", exact=False).first.click()
        page.get_by_role("link", name="Look at the feature").click()
        closely = page.locator("#monitor-detail h2").first
        expect(closely).to_be_focused()
        visitor.settle()
        expect(closely).to_be_in_viewport(ratio=1)


def test_a_silence_makes_a_phone_no_wider(browser: Browser, halved: Server) -> None:
    width, height = SCREENS["phone"]
    options = {"viewport": {"width": width, "height": height}}
    with visiting(browser, halved.url, **options) as visitor:
        page = visitor.open("/monitor")
        number = level_alert(page)
        page.locator("#monitor-alerts").get_by_role("button", name=f"Silence alert {number}").click()
        page.get_by_label("Note for the record").fill("a known sale with a long story that goes on and on")
        page.get_by_role("button", name="Confirm").click()
        ends = page.locator("#monitor-silences").get_by_role("button", name="End")
        expect(ends.first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "wider than the window"
        while left := ends.count():
            ends.first.click()
            page.get_by_role("button", name="Confirm").click()
            expect(ends).to_have_count(left - 1)


def test_the_button_takes_what_the_fields_show(visitor: Visitor) -> None:
    page = visitor.open("/monitor?tab=try")
    size, start = page.get_by_label("By how much (%)"), page.get_by_label("From", exact=True)
    other, said, button = (
        page.locator("#trial-other"),
        page.locator("#trial-said"),
        page.get_by_role("button", name="Try it"),
    )
    size.fill("-150")
    button.click()
    expect(said).to_contain_text("more than −100% and at most 1,000%")
    size.fill("30")
    start.fill("2022-03-01")
    button.click()  # at once
    answer = page.locator("#trial-body")
    expect(answer).to_contain_text("A level changed by +30% from 1 Mar 2022", timeout=90 * SECONDS)
    expect(said).to_be_hidden()
    expect(other).to_be_hidden()
    start.fill("2022-03-02")
    expect(other).to_contain_text("is of another change than the one in the form")


def test_a_picked_feature_stays_in_the_address(visitor: Visitor) -> None:
    page = visitor.open("/monitor?tab=features")
    feature, day = page.get_by_label("Feature", exact=True), page.get_by_label("Day", exact=True)
    usual = feature.input_value(), day.input_value()
    assert all(usual)
    page.get_by_label("Show").get_by_text("90 days").click()
    page.wait_for_function("() => location.search.includes('range=90')")
    visitor.settle()
    assert set(query(page)) == {"tab", "range"}  # what the page chose moves on with the data
    feature.select_option("price")
    page.wait_for_function("() => location.search.includes('feature=price')")
    feature.select_option(usual[0])
    page.wait_for_function("name => location.search.includes('feature=' + name)", arg=usual[0])
    assert set(query(page)) == {"tab", "range", "feature"}
    earlier = (dt.date.fromisoformat(usual[1]) - dt.timedelta(days=7)).isoformat()
    day.fill(earlier)
    page.wait_for_function("name => location.search.includes('day=' + name)", arg=earlier)
    page.reload()
    visitor.settle()
    assert (feature.input_value(), day.input_value()) == (usual[0], earlier)
    assert set(query(page)) == {"tab", "range", "feature", "day"}


def test_alarms_stay_and_the_look_answers_where_it_was_asked_for(
    browser: Browser, halved: Server, tmp_path: Path
) -> None:
    """A version that has just come into use has no history: alerts of the one before stay open over it."""
    shutil.copytree(halved.data_dir, tmp_path / "data")
    more = {"DATA_PATH": str(tmp_path / "data" / "sales.csv"), "MODELS": "seasonal_naive", "MONITOR_AT": "off"}
    with serving(tmp_path / "data", **more) as server, visiting(browser, server.url) as visitor:
        page = visitor.open("/monitor")
        button, said = page.get_by_role("button", name="Look at the history now"), page.locator("#monitor-look-said")
        expect(page.locator("#monitor-look-box")).to_be_hidden()
        engine = open_engine(Config(data_dir=tmp_path / "data").database)
        with writing(engine) as connection:
            for table in (STATISTICS, MONITOR_DAYS):
                connection.execute(delete(table))
        page.reload()
        visitor.settle()
        expect(page.locator("#monitor-body .tm-headline")).to_contain_text("the level has moved by −")
        expect(page.locator("#monitor-body")).to_contain_text("This version has no history yet")
        assert axe_violations(visitor) == []
        page.screenshot(path=SCREENSHOTS / "monitor-without-history.png", full_page=True)
        button.focus()
        page.keyboard.press("Enter")
        expect(said).to_contain_text("was started")
        page.wait_for_timeout(2 * SECONDS)
        expect(button).to_be_focused()  # the page was drawn anew when the job began
        expect(said).to_contain_text("was started")
        expect(page.locator("#monitor-look-box")).to_be_hidden(timeout=90 * SECONDS)
        expect(page.locator("#monitor-body")).to_contain_text("Last day looked at")


def test_download_and_sorting(visitor: Visitor) -> None:
    page = visitor.open("/monitor?range=all")
    page.get_by_role("button", name="Severity").click()
    page.wait_for_function("() => location.search.includes('sort=severity')")
    expect(page.locator("#monitor-alerts th[aria-sort='ascending']")).to_have_text("Severity")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download CSV").click()
    lines = list(csv.DictReader(io.StringIO(Path(waiting.value.path()).read_text("utf-8-sig"))))
    assert len(lines) == page.locator("#monitor-alerts tbody tr").count()
    ranks = [["info", "warning", "critical"].index(line["severity"]) for line in lines]
    assert ranks == sorted(ranks)


def test_a_cell_of_the_map_shows_the_feature(visitor: Visitor) -> None:
    page = visitor.open("/monitor?tab=features&range=90")
    graph = page.locator('[data-graph="heat"] .js-plotly-plot')
    graph.evaluate("plot => plot.scrollIntoView({block: 'center', behavior: 'instant'})")
    place = graph.evaluate(
        """plot => {
            const names = plot.data[0].hovertext;
            const row = names.findIndex(one => one.some(name => name.startsWith('price ')));
            const layout = plot._fullLayout, box = plot.querySelector('.nsewdrag').getBoundingClientRect();
            const column = names[row].length - 10;
            return {x: box.left + layout.xaxis.d2p(plot.data[0].x[column]), y: box.top + layout.yaxis.d2p(row)};
        }"""
    )
    page.mouse.move(place["x"], place["y"])
    page.mouse.click(place["x"], place["y"])
    expect(page.get_by_label("Feature", exact=True)).to_have_value("price")
    expect(page.locator("#monitor-detail h2").first).to_contain_text("Price on")
    page.wait_for_function("() => location.search.includes('feature=price') && location.search.includes('day=')")
    day = page.get_by_label("Day", exact=True).input_value()
    page.get_by_label("Compare with").select_option("fixed")
    expect(page.locator("#monitor-detail")).to_contain_text("in order")
    page.get_by_label("From", exact=True).fill("2021-04-01")
    page.get_by_label("To", exact=True).fill("2021-08-31")
    expect(page.locator("#monitor-detail")).to_contain_text("against 1 Apr 2021 to 31 Aug 2021")
    visitor.settle()
    wanted = {"tab", "range", "feature", "day", "ref", "from", "to"}
    page.wait_for_function("() => location.search.includes('to=2021-08-31')")
    assert set(query(page)) == wanted
    page.reload()
    visitor.settle()
    assert page.get_by_label("Day", exact=True).input_value() == day
    expect(page.locator("#monitor-detail")).to_contain_text("against 1 Apr 2021 to 31 Aug 2021")
    assert set(query(page)) == wanted


def test_tabs_by_keyboard(visitor: Visitor) -> None:
    page = visitor.open("/monitor")
    page.get_by_role("tab", name="Alerts").focus()
    for name, heading in (
        ("Features", "Look closely"),
        ("Forecasts", "Forecasts against their promise"),
        ("Try a change", "Would a change be found?"),
        ("Retraining policies", "Which retraining policy pays?"),
    ):
        page.keyboard.press("ArrowRight")
        tab = page.get_by_role("tab", name=name)
        expect(tab).to_be_focused()
        expect(tab).to_have_attribute("aria-selected", "true")
        expect(page.get_by_role("heading", name=heading)).to_be_visible()
        visitor.settle()
    assert query(page)["tab"] == ["policies"]
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Alerts")).to_be_focused()
    expect(page.locator("#monitor-alerts table")).to_be_visible()


def test_a_change_is_tried(visitor: Visitor) -> None:
    page = visitor.open("/monitor?tab=try")
    page.get_by_label("What changes").select_option("currency")
    expect(page.get_by_label("By how much (%)")).to_have_value("-15")
    page.get_by_label("By how much (%)").fill("-60")
    page.get_by_label("From", exact=True).fill("2022-03-01")
    page.wait_for_function("() => location.search.includes('start=2022-03-01')")
    page.get_by_role("button", name="Try it").click()
    answer = page.locator("#trial-body")
    expect(answer).to_contain_text("Revenue changed by −60% from 1 Mar 2022", timeout=90 * SECONDS)
    expect(answer).to_contain_text("would be found after")
    visitor.settle()
    assert axe_violations(visitor) == []


@pytest.mark.parametrize(("theme", "screen"), [("light", "wide"), ("dark", "phone")])
@pytest.mark.parametrize("tab", TABS)
def test_every_tab_fits(browser: Browser, halved: Server, tab: str, theme: str, screen: str) -> None:
    width, height = SCREENS[screen]
    options = {"viewport": {"width": width, "height": height}, "color_scheme": theme, "locale": "fr-FR"}
    with visiting(browser, halved.url, **options) as visitor:
        page = visitor.open(f"/monitor?tab={tab}&alert=1")
        SCREENSHOTS.mkdir(exist_ok=True)
        page.screenshot(path=SCREENSHOTS / f"monitor-{tab}-{theme}-{screen}.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "wider than the window"
        assert axe_violations(visitor) == []


def test_a_saved_picture_has_the_numbers_of_the_page(browser: Browser, halved: Server) -> None:
    with visiting(browser, halved.url, locale="fr-FR") as visitor:
        page = visitor.open("/monitor?tab=forecasts")
        page.evaluate("window.Plotly.downloadImage = what => { window.saved = what; }")
        page.locator("[data-export]").first.click()
        drawn = page.evaluate("window.Plotly.toImage(window.saved, {format: 'svg'}).then(decodeURIComponent)")
        assert "20\u202f%" in drawn
        assert "$" not in drawn


def test_odd_addresses(visitor: Visitor) -> None:
    for address in (
        "?tab=%3Cb%3E&alert=%3Cscript%3E&sort=--x&range=9",
        "?alert=999",
        "?tab=features&feature=%3Cscript%3E&day=1999-01-01&days=7&ref=x&from=y",
        "?tab=try&kind=x&size=abc&start=0",
        "?tab=try&size=--5",
        "?tab=try&size=%C2%B2",
        "?tab=policies&every=-4&measure=x",
    ):
        visitor.open(f"/monitor{address}")
    assert visitor.page.get_by_role("heading", level=1, name="Monitor").is_visible()
