"""The Compare page with many models: what a visitor picks is drawn, stays in the address, and works by keyboard."""

from __future__ import annotations

import contextlib
import csv
import io
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlparse

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import ROWS, SCREENSHOTS, SEED, Server, Visitor, serving, visiting
from tests.browser.test_pages import SCREENS, axe_violations
from tests.callbacks.many_models import MODELS, installation

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose champion has all models."""
    folder = tmp_path_factory.mktemp("many")
    installation(folder, ROWS, SEED)
    with serving(folder) as running:
        yield running


@pytest.fixture
def visit_many(browser: Browser, many: Server) -> Iterator[Visitor]:
    with visiting(browser, many.url) as visitor:
        yield visitor


@contextlib.contextmanager
def sharing(browser: Browser, page: Page) -> Iterator[Page]:
    """Somebody else who opens the same address."""
    address = urlparse(page.url)
    with visiting(browser, f"{address.scheme}://{address.netloc}") as other:
        yield other.open(f"{address.path}?{address.query}")


def query(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlparse(page.url).query)


def drawn(page: Page, graph: str) -> list[str]:
    """Names of the models that a chart shows."""
    return page.evaluate(
        "name => document.querySelector(`[data-graph=${name}] .js-plotly-plot`).data.map(trace => trace.name)", graph
    )


def first_cells(page: Page) -> list[str]:
    return page.locator(".tm-board tbody th .tm-model").all_inner_texts()


def test_models_are_ticked_and_stay_in_the_address(visit_many: Visitor, browser: Browser) -> None:
    page = visit_many.open("/compare")
    expect(page.locator("#compare-models input")).to_have_count(len(MODELS))
    assert "models" not in query(page)
    before = drawn(page, "folds")
    assert "Theta" not in before
    page.get_by_role("checkbox", name="Theta").check()
    page.wait_for_function("() => location.search.includes('theta')")
    with sharing(browser, page) as other:
        assert other.get_by_role("checkbox", name="Theta").is_checked()
        assert set(drawn(other, "folds")) == set(drawn(other, "by")) == {*before, "Theta"}
    page.wait_for_function(
        "() => document.querySelector('[data-graph=folds] .js-plotly-plot').data.some(one => one.name === 'Theta')"
    )
    page.get_by_role("checkbox", name="Theta").uncheck()
    page.wait_for_function("() => !location.search.includes('models')")


def test_nothing_ticked(visit_many: Visitor) -> None:
    page = visit_many.open("/compare?models=sarima")
    page.get_by_role("checkbox", name="SARIMA").uncheck()
    expect(page.locator("#compare-charts .tm-nothing")).to_contain_text("Tick at least one model")
    expect(page.locator("#compare-by-body .tm-nothing")).to_be_visible()
    page.get_by_role("checkbox", name="LSTM").check()
    expect(page.locator("[data-graph=folds] .main-svg").first).to_be_visible()


@pytest.mark.parametrize("by", ["horizon", "weekday", "month", "segment"])
def test_errors_by_a_dimension(visit_many: Visitor, browser: Browser, by: str) -> None:
    page = visit_many.open("/compare")
    picker = page.get_by_label("Break the error down by")
    picker.select_option(by)
    label = picker.locator("option:checked").inner_text()
    expect(page.locator("#compare-by-body thead th").first).to_have_text(label)
    assert query(page) == {"by": [by]}
    with sharing(browser, page) as other:
        assert other.get_by_label("Break the error down by").input_value() == by
        other.locator("#compare-by-body").get_by_text("Show as table").click()
        assert other.locator("#compare-by-body tbody tr").count() > 1


def test_headings_sort_by_keyboard(visit_many: Visitor, browser: Browser) -> None:
    page = visit_many.open("/compare")
    by_wape = first_cells(page)
    heading = page.get_by_role("button", name="MAPE", exact=True)
    heading.focus()
    page.keyboard.press("Enter")
    column = page.get_by_role("columnheader", name="MAPE", exact=True)
    expect(column).to_have_attribute("aria-sort", "ascending")
    assert query(page)["sort"] == ["mape"]
    expect(page.get_by_role("button", name="MAPE", exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    expect(column).to_have_attribute("aria-sort", "descending")
    falling = first_cells(page)
    assert sorted(falling) == sorted(by_wape)
    with sharing(browser, page) as other:
        assert first_cells(other) == falling
    page.get_by_role("button", name="WAPE", exact=True).click()
    expect(page.locator(".tm-board tbody th .tm-model").first).to_have_text(by_wape[0])
    assert first_cells(page) == by_wape


def test_download_is_the_table(visit_many: Visitor) -> None:
    page = visit_many.open("/compare?measure=units&sort=-rmse")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download CSV").click()
    lines = list(csv.DictReader(io.StringIO(Path(waiting.value.path()).read_text("utf-8"))))
    shown = [cell.replace(",", "") for cell in page.locator(".tm-board tbody td:nth-child(5)").all_inner_texts()]
    assert [float(one) for one in shown] == pytest.approx([float(line["rmse"]) for line in lines], rel=0.01)
    assert waiting.value.suggested_filename.startswith("tidemark_leaderboard_units_total_v")


def test_model_of_a_test_period(visit_many: Visitor, browser: Browser) -> None:
    page = visit_many.open("/compare?models=gp+lstm")
    model = page.get_by_label("Model", exact=True)
    assert model.locator("option").evaluate_all("all => all.map(one => one.value).filter(Boolean)") == ["gp", "lstm"]
    model.select_option("lstm")
    expect(page.locator("#compare-fold-body figure h2")).to_contain_text("LSTM: forecast of")
    page.wait_for_function("() => location.search.includes('model=lstm')")
    with sharing(browser, page) as other:
        expect(other.locator("#compare-fold-body figure h2")).to_contain_text("LSTM: forecast of")


def test_a_choice_of_models_outlives_a_change_of_segment(visit_many: Visitor) -> None:
    page = visit_many.open("/compare?models=gp+lstm")
    segment = page.get_by_label("Segment", exact=True)
    segment.select_option("country:United Kingdom")
    expect(page.locator(".tm-headline")).not_to_contain_text("all countries")
    expect(page.get_by_role("checkbox", name="Gaussian process")).to_be_checked()
    expect(page.get_by_role("checkbox", name="SARIMA")).not_to_be_checked()


def test_odd_addresses(visit_many: Visitor) -> None:
    page = visit_many.open("/compare?models=%3Cb%3E+nonsense&sort=--x&by=moon&model=none&fold=2011-01-01")
    page.wait_for_function("() => !location.search.includes('fold=2011-01-01')")  # the controls have been filled
    assert set(query(page)) <= {"model"}
    assert len(drawn(page, "folds")) > 1


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_all_models_fit(browser: Browser, many: Server, theme: str, screen: str) -> None:
    width, height = SCREENS[screen]
    options = {"viewport": {"width": width, "height": height}, "color_scheme": theme, "locale": "fr-FR"}
    with visiting(browser, many.url, **options) as visitor:
        page = visitor.open(f"/compare?by=segment&models={'+'.join(MODELS)}")
        page.get_by_text("Ce que disent les colonnes").click()
        SCREENSHOTS.mkdir(exist_ok=True)
        page.screenshot(path=SCREENSHOTS / f"compare-all-{theme}-{screen}.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "wider than the window"
        assert axe_violations(visitor) == []
