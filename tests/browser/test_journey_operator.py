"""The main task of an operator, from a file with names of its own to a new champion and back, in English and in
French."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import Browser, expect

from components.views.models_words import gate_reason
from core.config import Config
from core.lifecycle.overview import overview
from core.lifecycle.registry import Registry
from core.transactions.store import Manifest, Store
from tests.browser.conftest import Server, bootstrapped, serving, visiting
from tests.browser.journeys import LOCALES, Traveller, words_of

pytestmark = pytest.mark.browser

WEEK = dt.timedelta(days=7)
REASON = "the till was set wrong"
NAMES = {
    "time": ("InvoiceDate", "till stamp"),
    "quantity": ("Quantity", "how many"),
    "price": ("Price", "each"),
    "invoice": ("Invoice", "slip"),
    "customer": ("Customer ID", "card"),
    "product": ("StockCode", "what"),
    "description": ("Description", "its label"),
    "country": ("Country", "where to"),
}
"""Our column: its name in the sample, and one that nobody can guess."""


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """v1 serves, made by the poorest model, so that the next training is promoted."""
    data_dir = bootstrapped(tmp_path_factory, 20_000, "seasonal_naive")
    with serving(data_dir, MODELS="seasonal_naive,weekday_mean,ets") as running:
        yield running


@pytest.mark.parametrize("language", LOCALES)
def test_operator(browser: Browser, own: Server, tmp_path: Path, language: str) -> None:
    """A further week in each language; v1 serves again in the end."""
    with visiting(browser, own.url, locale=LOCALES[language]) as visitor:
        visitor.open("/")
        one = Traveller(visitor, words_of(language), "operator")
        one.go("data")
        load_a_week(one, own, tmp_path / "till.csv")
        one.go("models")
        retrain(one, own)
        roll_back(one, own)


def in_use(server: Server) -> Manifest:
    generation = Store(Config(data_dir=server.data_dir).store_dir).current()
    assert generation is not None
    return generation.manifest


def champion(server: Server) -> str:
    version = Registry(Config(data_dir=server.data_dir)).champion()
    assert version is not None
    return version.id


def write_week(server: Server, path: Path, last_day: dt.date) -> int:
    """The last whole week of the sample, as if it had come again after ``last_day``; only lines that no rule of
    cleaning drops. Returns how many."""
    lines = pd.read_parquet(server.data_dir / "sales.parquet").drop_duplicates().dropna()
    days = lines["InvoiceDate"].dt.normalize()
    end = days.max() - dt.timedelta(days=1)  # the last day of the sample was cut at noon
    goods = lines["StockCode"].astype(str).str.match(r"\d{5}") & (lines["Quantity"] > 0) & (lines["Price"] > 0)
    lines = lines[goods & (days > end - WEEK) & (days <= end)].copy()
    lines["InvoiceDate"] += pd.Timestamp(last_day) + WEEK - end
    lines["Customer ID"] = lines["Customer ID"].astype(int)
    lines.rename(columns=dict(NAMES.values())).to_csv(path, index=False)
    return len(lines)


def load_a_week(one: Traveller, server: Server, path: Path) -> None:
    """The file is mapped by hand; the report tells what comes, and after the load that is in use."""
    page, t, before = one.page, one.t, in_use(server)
    count = write_week(server, path, before.last_day)
    with page.expect_file_chooser() as waiting:
        one.button("intake.choose").click()
    waiting.value.set_files(path)
    for ours, (_, theirs) in NAMES.items():
        label = t("intake.required", column=t(f"line.{ours}")) if ours in ("time", "quantity") else t(f"line.{ours}")
        page.get_by_role("combobox", name=label, exact=True).select_option(theirs)
    expect(page.locator("#intake-unused")).to_have_text(t("intake.unused.none"))
    one.keep("mapped")
    page.get_by_role("radio", name=t("intake.mode.add.what"), exact=True).check()
    one.button("intake.check").click()
    report = page.locator("#intake-file-report")
    expect(report).to_contain_text(t.count("intake.fine", count))
    shared = t.count("intake.overlap", 1) if before.partial_day else t("intake.overlap.none")
    expect(report).to_contain_text(shared)
    row = report.get_by_role("row").filter(has_text=t("intake.of.lines_out"))
    expect(row).to_contain_text(t.number(before.lines_out + count))
    expect(report).to_contain_text(t.date(before.last_day + WEEK, "day"))
    one.keep("report")
    one.button("intake.load").click()
    expect(page.locator("#intake-outcome")).to_contain_text(t.number(before.lines_out + count))
    expect(page.locator("#intake-history tbody tr").first).to_contain_text(t("loads.state.in_use"))
    after = in_use(server)
    assert (after.last_day, after.lines_out) == (before.last_day + WEEK, before.lines_out + count)
    one.keep("loaded")


def retrain(one: Traveller, server: Server) -> None:
    """The training is watched; what it made comes into use, and the page says why."""
    page, t, before = one.page, one.t, champion(server)
    one.button("retrain.do").click()
    expect(page.locator("#lifecycle-job").get_by_label(t("models.kind.train"), exact=True)).to_be_visible()
    expect(page.locator("#freshness")).not_to_contain_text(f"{before} ·", timeout=120_000)
    new = champion(server)
    assert new != before
    expect(page.locator("#freshness")).to_contain_text(f"{new} ·")
    facts = next(each for each in overview(Registry(Config(data_dir=server.data_dir))) if each.id == new)
    assert facts.gate["promote"]
    why = gate_reason(t, facts.gate)
    expect(page.locator("#versus-body")).to_contain_text(t("models.verdict.promoted", version=new, why=why))
    expect(page.locator("#lifecycle-body")).to_contain_text(t.date(in_use(server).last_day, "day"))
    expect(one.button("models.job.cancel", kind=t("models.kind.train").lower())).to_have_count(0)
    one.keep("champion")


def roll_back(one: Traveller, server: Server) -> None:
    """The version before serves again, and the record says why."""
    page, t = one.page, one.t
    one.button("models.rollback", version="v1").click()
    expect(page.get_by_role("dialog")).to_have_accessible_name(t("models.ask.rollback", version="v1"))
    one.field("models.ask.reason").fill(REASON)
    one.button("models.ask.do").click()
    expect(page.locator("#lifecycle-said")).to_have_text(t("models.ask.done", version="v1"))
    expect(page.locator("#freshness")).to_contain_text("v1 ·")
    expect(page.locator("#audit-body tbody tr").first).to_contain_text(REASON)
    assert champion(server) == "v1"
    one.keep("back")
