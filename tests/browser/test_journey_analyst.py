"""The main task of an analyst, from the filters to the result of a backtest, in English and in French."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, expect

from components.views.compare_pairs import p_text
from core.config import Config
from core.evaluation.significance import pairwise
from core.lifecycle.registry import Registry
from core.transactions.store import Store
from tests.browser.conftest import Server, serving, visiting
from tests.browser.journeys import LOCALES, Traveller, words_of
from tests.once import copy_of

pytestmark = pytest.mark.browser

FIRST = "2025-03-01"
PAIR = ("seasonal_naive", "ets")
WATCH = """() => { window.seen = []; new MutationObserver(() => {
    const bar = document.querySelector('#backtest-job progress');
    if (bar) { window.seen.push(Number(bar.value)); }
}).observe(document.getElementById('backtest-job'), { childList: true, subtree: true, attributes: true }); }"""


@pytest.fixture(scope="module")
def own(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of its own on a copy, as backtests are kept."""
    data_dir = copy_of(prepared, tmp_path_factory.mktemp("analyst"))
    with serving(data_dir) as running:
        yield running


@pytest.mark.parametrize("language", LOCALES)
def test_analyst(browser: Browser, own: Server, language: str) -> None:
    with visiting(browser, own.url, locale=LOCALES[language]) as visitor:
        visitor.open("/")
        one = Traveller(visitor, words_of(language), "analyst")
        one.go("explore")
        filter_days(one, own)
        one.go("compare")
        compare_on_one_fold(one, own)
        run_a_backtest(one)


def filter_days(one: Traveller, server: Server) -> None:
    """Revenue of Germany since a day: the sum of the panel."""
    one.field("control.measure").select_option(label=one.t.measure("revenue"))
    one.field("control.segment").select_option(label="Germany")
    one.field("control.from").fill(FIRST)
    generation = Store(Config(data_dir=server.data_dir).store_dir).current()
    assert generation is not None
    panel = generation.panel()
    series = next(each for each in panel.series if str(each) == "revenue/country:Germany")
    total = float(panel[series][panel.days >= np.datetime64(FIRST)].sum())
    expect(one.page.locator(".tm-answer")).to_contain_text(one.t.about(total, 4))
    one.keep("filtered")


def compare_on_one_fold(one: Traveller, server: Server) -> None:
    """The error on the oldest fold, and whether the lead is real, as worked out from the rows of the backtest."""
    page, t = one.page, one.t
    version = Registry(Config(data_dir=server.data_dir)).champion()
    assert version is not None
    rows = version.backtest()
    rows = rows[(rows["measure"] == "transactions") & (rows["segment"] == "total")]
    page.get_by_role("checkbox", name=t.model("sarima")).first.uncheck()
    one.tab("compare.tab.model")
    folds = one.field("compare.fold")
    oldest = folds.locator("option").last.get_attribute("value")
    folds.select_option(oldest)
    one.field("compare.fold.model").select_option(PAIR[1])
    figure = page.locator("#compare-fold-body figure")
    expect(figure.locator("h2")).to_contain_text(t.date(oldest, "day"))
    part = rows[(rows["model"] == PAIR[1]) & (rows["cutoff"] == oldest) & rows["open"]].dropna(subset="y")
    error = float((part["y"] - part["mean"]).abs().sum() / part["y"].sum())
    expect(figure.locator("figcaption")).to_contain_text(t.percent(error, 1))
    expect(figure).to_contain_text(t.model(PAIR[0]))
    one.keep("fold")
    one.tab("compare.tab.ranking")
    pairs = pairwise(rows)
    tested = pairs[[set(each) == set(PAIR) for each in zip(pairs["model_a"], pairs["model_b"], strict=True)]]
    expect(page.locator("#compare-pairs")).to_contain_text(p_text(t, float(tested["p_value"].iloc[0])))
    one.keep("significance")


def run_a_backtest(one: Traveller) -> None:
    """Two light models on five test periods: progress that never goes back, then the result in place of the old."""
    page, t = one.page, one.t
    one.tab("compare.tab.run")
    form = page.locator("#compare-panel-run")
    for box in form.get_by_role("group", name=t("retrain.models"), exact=True).get_by_role("checkbox").all():
        box.set_checked(box.get_attribute("value") in PAIR)
    one.field("backtest.folds").fill("5")
    page.evaluate(WATCH)
    one.button("backtest.do").click()
    page.wait_for_function("() => /run=b[0-9]+/.test(location.search)")
    expect(page.locator("#backtest-runs .tm-run-whole")).to_be_visible(timeout=120_000)
    expect(page.locator("#backtest-job")).to_be_empty()
    seen = page.evaluate("window.seen")
    assert seen
    assert seen == sorted(seen)
    one.keep("backtest")
    one.tab("compare.tab.ranking")
    expect(page.locator(".ag-pinned-left-cols-container .ag-row")).to_have_count(2)
    one.keep("result")
