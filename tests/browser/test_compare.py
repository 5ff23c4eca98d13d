"""The Compare page with many models: what a visitor picks is drawn, stays in the address, and works by keyboard."""

from __future__ import annotations

import contextlib
import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlparse

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

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
    """Names of the models of the grid, in the order shown."""
    expect(page.locator(".ag-pinned-left-cols-container .ag-row")).to_have_count(len(MODELS))
    return page.locator(".ag-pinned-left-cols-container .ag-row").evaluate_all(
        """rows => rows.sort((a, b) => a.getAttribute("row-index") - b.getAttribute("row-index"))
           .map(row => row.querySelector(".tm-model > span:nth-child(2)").innerText)"""
    )


def heading(page: Page, name: str) -> Locator:
    return page.get_by_role("columnheader", name=name, exact=True)


def tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name).click()
    expect(page.get_by_role("tab", name=name)).to_have_attribute("aria-selected", "true")


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
        assert set(drawn(other, "folds")) == {*before, "Theta"}
        tab(other, "Where the errors are")
        other.wait_for_selector("[data-graph=by] .main-svg")
        assert set(drawn(other, "by")) == {*before, "Theta"}
    page.wait_for_function(
        "() => document.querySelector('[data-graph=folds] .js-plotly-plot').data.some(one => one.name === 'Theta')"
    )
    page.get_by_role("checkbox", name="Theta").uncheck()
    page.wait_for_function("() => !location.search.includes('models')")


def test_nothing_ticked(visit_many: Visitor) -> None:
    page = visit_many.open("/compare?models=sarima")
    page.get_by_role("checkbox", name="SARIMA").uncheck()
    expect(page.locator("#compare-folds .tm-nothing")).to_contain_text("Tick at least one model")
    tab(page, "Where the errors are")
    expect(page.locator("#compare-by-body .tm-nothing")).to_be_visible()
    tab(page, "Ranking")
    page.get_by_role("checkbox", name="LSTM").check()
    expect(page.locator("[data-graph=folds] .main-svg").first).to_be_visible()


def test_errors_by_a_dimension(visit_many: Visitor, browser: Browser) -> None:
    page = visit_many.open("/compare?tab=errors")
    picker = page.get_by_label("Break the error down by")
    for by in ("horizon", "month", "segment", "weekday"):
        picker.select_option(by)
        label = picker.locator("option:checked").inner_text()
        expect(page.locator("#compare-by-body thead th").first).to_have_text(label)
        page.wait_for_function("by => location.search === `?tab=errors&by=${by}`", arg=by)
    with sharing(browser, page) as other:
        assert other.get_by_label("Break the error down by").input_value() == by
        other.locator("#compare-by-body").get_by_text("Show as table").click()
        assert other.locator("#compare-by-body tbody tr").count() > 1


def test_headings_sort_by_keyboard(visit_many: Visitor, browser: Browser) -> None:
    page = visit_many.open("/compare")
    by_wape = first_cells(page)
    heading(page, "MAPE").focus()
    page.keyboard.press("Enter")
    expect(heading(page, "MAPE")).to_have_attribute("aria-sort", "ascending")
    page.wait_for_function("() => location.search.includes('sort=mape')")
    expect(heading(page, "MAPE")).to_be_focused()
    page.keyboard.press("Enter")
    expect(heading(page, "MAPE")).to_have_attribute("aria-sort", "descending")
    page.wait_for_function("() => location.search.includes('sort=-mape')")
    falling = first_cells(page)
    assert sorted(falling) == sorted(by_wape)
    with sharing(browser, page) as other:
        assert first_cells(other) == falling
    heading(page, "WAPE").click()
    page.wait_for_function("() => !location.search.includes('sort')")
    assert first_cells(page) == by_wape


def test_the_grid_filters_and_speaks_french(browser: Browser, many: Server) -> None:
    with visiting(browser, many.url, locale="fr-FR") as visitor:
        page = visitor.open("/compare")
        first_cells(page)
        page.get_by_role("columnheader", name="Position").hover()
        page.locator(".ag-header-cell[col-id=standing] .ag-header-cell-filter-button").click()
        expect(page.locator(".ag-filter")).to_contain_text("contient")
        page.locator(".ag-filter input[type=text]").first.fill("erreur la plus basse")
        expect(page.locator(".ag-pinned-left-cols-container .ag-row")).to_have_count(1)


def test_only_pages_with_a_grid_load_its_scripts(visit_many: Visitor) -> None:
    """By direct load and by navigation; the visitor fails on any error of the console."""
    asked: list[str] = []
    visit_many.page.on("request", lambda request: asked.append(request.url))
    for path in ("/", "/forecast", "/monitor"):
        visit_many.open(path)
    page = visit_many.page
    assert not [url for url in asked if "dash_ag_grid" in url]
    page.get_by_role("link", name="Compare", exact=True).click()
    first_cells(page)
    assert [url for url in asked if "dash_ag_grid" in url]
    page.get_by_role("link", name="Forecast", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Forecast")
    visit_many.settle()
    page.get_by_role("link", name="Compare", exact=True).click()
    first_cells(page)
    visit_many.open("/compare")
    first_cells(page)


def test_download_is_the_table(visit_many: Visitor) -> None:
    page = visit_many.open("/compare?measure=units&sort=-rmse")
    first_cells(page)
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download CSV").click()
    lines = list(csv.DictReader(io.StringIO(Path(waiting.value.path()).read_text("utf-8-sig"))))
    page.locator(".tm-board-plain summary").click()
    shown = [cell.replace(",", "") for cell in page.locator(".tm-board-plain tbody td:nth-child(6)").all_inner_texts()]
    assert [float(one) for one in shown] == pytest.approx([float(line["rmse"]) for line in lines], rel=0.01)
    assert waiting.value.suggested_filename.startswith("tidemark_leaderboard_units_total_v")


def test_slider_of_test_periods_by_keyboard(visit_many: Visitor, browser: Browser) -> None:
    page = visit_many.open("/compare?tab=model")
    folds = page.get_by_label("Test period", exact=True)
    values = folds.locator("option").evaluate_all("all => all.map(one => one.value).filter(Boolean)")
    slider = page.get_by_label("Move through the test periods")
    slider.focus()
    page.keyboard.press("ArrowLeft")
    expect(folds).to_have_value(values[1])
    page.wait_for_function("text => location.search.includes(text)", arg=values[1])
    expect(slider).to_have_attribute("aria-valuetext", re.compile("Forecast made on"))
    page.keyboard.press("Home")
    expect(folds).to_have_value(values[-1])
    title = page.locator("#compare-fold-body figure h2")
    expect(title).to_contain_text(f"forecast of {int(values[-1][8:])}")
    expect(title).to_contain_text(values[-1][:4])
    folds.select_option(values[0])
    expect(slider).to_have_value(str(len(values) - 1))
    expect(page.locator("#compare-residuals figure")).to_have_count(3)


def test_back_returns_to_the_tab_before(visit_many: Visitor) -> None:
    page = visit_many.open("/compare?measure=units")
    tab(page, "Where the errors are")
    page.get_by_label("Measure", exact=True).select_option("revenue")
    page.wait_for_function("() => location.search.includes('measure=revenue')")
    page.go_back()
    expect(page.get_by_label("Measure", exact=True)).to_have_value("units")
    expect(page.get_by_role("tab", name="Where the errors are")).to_have_attribute("aria-selected", "true")
    page.go_back()
    expect(page.get_by_role("tab", name="Ranking")).to_have_attribute("aria-selected", "true")
    expect(page.locator("#compare-board")).to_be_visible()
    page.go_forward()
    expect(page.get_by_role("tab", name="Where the errors are")).to_have_attribute("aria-selected", "true")
    page.go_forward()
    expect(page.get_by_label("Measure", exact=True)).to_have_value("revenue")
    page.get_by_role("tab", name="Where the errors are").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="One model closely")).to_be_focused()
    expect(page.locator("[data-graph=fold] .main-svg").first).to_be_visible()


def test_a_backtest_of_ones_own(visit_many: Visitor, browser: Browser) -> None:
    """Asked for by the form; watched; shown instead of the version's own, by its address as well; back by Back."""
    page = visit_many.open("/compare?measure=units&tab=run")
    form = page.locator("#compare-panel-run")
    for name in ("XGBoost", "LSTM", "Ensemble", "Gaussian process", "Theta", "SARIMA"):
        form.get_by_role("checkbox", name=name).uncheck()
    page.get_by_label("Test periods", exact=True).fill("5")
    page.get_by_role("button", name="Start the backtest").click()
    expect(page.locator("#backtest-runs")).to_contain_text("backtest no.", ignore_case=True)
    page.wait_for_function("() => /run=b[0-9]+/.test(location.search)")
    expect(page.locator("#backtest-runs")).to_contain_text("Shown is backtest no.", timeout=120_000)
    expect(page.locator("#backtest-job")).to_be_empty()
    tab(page, "Ranking")
    expect(page.locator(".ag-pinned-left-cols-container .ag-row")).to_have_count(2)
    expect(page.locator("#compare-versus h2")).to_contain_text("beside that of version")
    with sharing(browser, page) as other:
        expect(other.locator("#backtest-runs")).to_contain_text("Shown is backtest no.")
    page.get_by_label("Backtest shown").select_option("own")
    expect(page.locator(".ag-pinned-left-cols-container .ag-row")).to_have_count(len(MODELS))
    page.go_back()
    expect(page.locator("#backtest-runs")).to_contain_text("Shown is backtest no.")


def test_model_of_a_test_period(visit_many: Visitor, browser: Browser) -> None:
    page = visit_many.open("/compare?models=gp+lstm&tab=model")
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
    visit_many.open("/compare?tab=model&fold=2011-13-01")


@pytest.mark.parametrize(("theme", "screen"), [("light", "phone"), ("dark", "wide")])
def test_all_models_fit(browser: Browser, many: Server, theme: str, screen: str) -> None:
    width, height = SCREENS[screen]
    options = {"viewport": {"width": width, "height": height}, "color_scheme": theme, "locale": "fr-FR"}
    with visiting(browser, many.url, **options) as visitor:
        page = visitor.open(f"/compare?by=segment&models={'+'.join(MODELS)}")
        first_cells(page)
        page.get_by_text("Ce que disent les colonnes").click()
        SCREENSHOTS.mkdir(exist_ok=True)
        for name in ("Classement", "Où sont les erreurs", "Un modèle de près", "Temps et coût", "Nouveau test"):
            tab(page, name)
            visitor.settle()
            page.screenshot(path=SCREENSHOTS / f"compare-all-{theme}-{screen}-{name}.png", full_page=True)
            assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "wider than the window"
            assert axe_violations(visitor) == []
