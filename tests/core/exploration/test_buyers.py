"""Countries, products, customers and the quality of columns: as pandas has them from the lines themselves."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.config import Config
from core.exploration.customers import customers, gini, lorenz, top_share
from core.exploration.quality import column_facts, lines_by_rule
from core.exploration.ranking import ranking
from core.exploration.selection import Selection
from core.series.panel import Series
from core.transactions.load import prepare
from tests.core.transactions.conftest import write_csv

COLUMN = {"country": "Country", "product": "StockCode"}
JULY = (dt.date(2024, 7, 1), dt.date(2024, 7, 28))


def values_of(lines: pd.DataFrame, what: str, measure: str) -> pd.Series:
    groups = lines.assign(revenue=lines["Quantity"] * lines["Price"]).groupby(COLUMN[what])
    return {
        "transactions": groups.size, "orders": groups["Invoice"].nunique, "units": groups["Quantity"].sum,
        "revenue": groups["revenue"].sum, "customers": groups["Customer ID"].nunique,
    }[measure]()  # fmt: skip


def between(lines: pd.DataFrame, first: dt.date, last: dt.date) -> pd.DataFrame:
    day = lines["InvoiceDate"].dt.date
    return lines[(day >= first) & (day <= last)]


@pytest.mark.parametrize("raw", [False, True])
@pytest.mark.parametrize("measure", ["transactions", "orders", "units", "revenue", "customers"])
@pytest.mark.parametrize("what", ["country", "product"])
def test_rankings(shop, what, measure, raw):
    lines = shop.lines if raw else shop.used
    found = ranking(Selection(shop.generation, Series(measure), *JULY, raw), what)
    now = values_of(between(lines, *JULY), what, measure)
    then = values_of(between(lines, dt.date(2024, 6, 3), dt.date(2024, 6, 30)), what, measure)
    table = found.table.set_index("name")
    assert found.comparison.kind == "before"
    assert table["value"].to_dict() == pytest.approx(now.to_dict())
    assert table["value"].is_monotonic_decreasing
    for name in table.index:
        assert table.loc[name, "then"] == pytest.approx(then.get(name, 0))
        expected = now[name] / then[name] - 1 if name in then else np.nan
        assert table.loc[name, "growth"] == pytest.approx(expected, nan_ok=True)
    assert set(found.new["name"]) == set(now.index) - set(then.index)
    assert set(found.gone["name"]) == set(then.index) - set(now.index)
    if what == "product":
        assert set(found.gone["name"]) == {"P0", "P1"}
        assert table.loc["P12", "label"] == "THING 12"
        assert found.n_new == 3
    if measure not in ("orders", "customers"):
        assert table["share"].sum() == pytest.approx(1)
    assert len(ranking(Selection(shop.generation, Series(measure), *JULY, raw), what, top=2).table) == 2


def test_products_of_a_segment(shop):
    found = ranking(Selection(shop.generation, Series("units", "country:France"), *JULY), "product")
    lines = between(shop.used, *JULY)
    assert found.total == lines.loc[lines["Country"] == "France", "Quantity"].sum()


def test_new_and_returning_customers(shop):
    first, last = dt.date(2024, 3, 1), dt.date(2024, 7, 28)
    found = customers(Selection(shop.generation, Series("revenue"), first, last))
    used = shop.used.assign(day=shop.used["InvoiceDate"].dt.date, value=shop.used["Quantity"] * shop.used["Price"])
    ever = used.groupby("Customer ID")["day"].min()
    shown = between(used, first, last)
    assert found.count == shown["Customer ID"].nunique()
    assert found.new == (ever >= first).sum()
    days = shown.groupby("Customer ID")["day"].nunique()
    assert found.returned == (days > 1).sum()
    for row in found.months.itertuples():
        of_month = shown[shown["InvoiceDate"].dt.strftime("%Y-%m") == f"{row.month:%Y-%m}"]
        names = set(of_month["Customer ID"])
        fresh = {name for name in names if f"{ever[name]:%Y-%m}" == f"{row.month:%Y-%m}"}
        assert (row.new, row.returning) == (len(fresh), len(names - fresh))
        assert row.value_new + row.value_returning == pytest.approx(of_month["value"].sum())
    totals = shown.groupby("Customer ID")["value"].sum().sort_values(ascending=False)
    assert found.table["value"].tolist() == pytest.approx(totals.head(50).tolist())
    orders = shown.groupby("Customer ID")["Invoice"].nunique()
    assert found.table.set_index("customer")["orders"].to_dict() == {
        str(name): orders[name] for name in totals.head(50).index
    }
    assert found.top_ten == pytest.approx(totals.head(10).sum() / totals.sum())
    assert found.unnamed == 0


def test_customers_as_read_and_by_orders(shop):
    span = shop.generation.manifest.first_day, shop.generation.manifest.last_day
    found = customers(Selection(shop.generation, Series("customers"), *span, raw=True))
    lines = shop.lines[shop.lines["Customer ID"].notna()]
    assert found.measure == "orders"
    assert found.table["value"].iloc[0] == lines.groupby("Customer ID")["Invoice"].nunique().max()
    none = shop.lines[shop.lines["Customer ID"].isna()]["Invoice"].nunique()
    assert found.unnamed == pytest.approx(none / (none + lines["Invoice"].nunique()))


@settings(max_examples=30)
@given(st.lists(st.floats(0.01, 1e6), min_size=1, max_size=60))
def test_concentration_is_what_its_formulas_say(values):
    x = np.sort(np.array(values))
    apart = np.abs(x[:, None] - x[None, :]).mean() / (2 * x.mean())
    assert gini(x) == pytest.approx(apart, abs=1e-9)
    curve = lorenz(x, points=x.size + 1)
    assert curve[0].tolist() == [0, 0]
    assert curve[-1].tolist() == pytest.approx([1, 1])
    assert (curve[:, 1] <= curve[:, 0] + 1e-9).all()
    area = float(((curve[1:, 1] + curve[:-1, 1]) / 2 * np.diff(curve[:, 0])).sum())
    assert 1 - 2 * area == pytest.approx(apart, abs=1e-9)
    assert top_share(x, 1) == pytest.approx(x[-1] / x.sum())


def test_nobody_makes_nothing():
    assert (gini(np.empty(0)), top_share(np.empty(0), 3)) == (0, 0)
    assert lorenz(np.empty(0)).tolist() == [[0, 0], [1, 1]]


@pytest.mark.parametrize("raw", [False, True])
def test_columns(shop, raw):
    lines = shop.lines if raw else shop.used
    one = Selection(shop.generation, Series("units"), *JULY, raw)
    whole = Selection(shop.generation, Series("units"), shop.generation.manifest.first_day, JULY[1], raw)
    facts = {fact.name: fact for fact in column_facts(whole)}
    assert {fact.lines for fact in facts.values()} == {len(lines)}
    names = {"product": "StockCode", "description": "Description", "customer": "Customer ID", "quantity": "Quantity"}
    for ours, theirs in names.items():
        assert facts[ours].distinct == lines[theirs].nunique()
        assert facts[ours].missing == lines[theirs].isna().sum()
    assert facts["description"].blanks == (lines["Description"] != lines["Description"].str.strip()).sum() > 0
    assert facts["description"].odd == facts["description"].blanks  # those without a capital letter
    assert facts["quantity"].odd == (lines["Quantity"] <= 0).sum()
    assert facts["invoice"].odd == (~lines["Invoice"].str[0].str.isdigit()).sum()
    assert (facts["quantity"].lowest, facts["quantity"].highest) == (lines["Quantity"].min(), lines["Quantity"].max())
    assert facts["time"].first == lines["InvoiceDate"].min().date()
    rules = lines_by_rule(one)
    assert rules["lines"].sum() == len(between(shop.lines, *JULY))
    assert rules.set_index("rule")["lines"][""] == len(between(shop.used, *JULY))


def test_data_without_the_columns(tmp_path):
    from core.config import Config
    from core.transactions.load import prepare

    table = pd.DataFrame({"date": pd.date_range("2024-01-01 10:00", periods=40), "quantity": 2})
    table.to_csv(tmp_path / "bare.csv", index=False)
    generation = prepare(Config(data_dir=tmp_path / "data"), tmp_path / "bare.csv")
    one = Selection(generation, Series("units"), dt.date(2024, 1, 1), dt.date(2024, 1, 31))
    assert ranking(one, "product") is ranking(one, "country") is customers(one) is None
    assert [fact.name for fact in column_facts(one)] == ["time", "quantity"]


@pytest.mark.parametrize("what", ["country", "product"])
def test_a_name_without_a_value_is_not_listed(tmp_path, what):
    lines = [("2024-03-04 10:00", 1, "A1", "France", "c"), ("2024-03-05 10:00", 1, "A2", "Spain", "")]
    path = write_csv(tmp_path / "t.csv", lines, ("time", "quantity", "product", "country", "customer"))
    generation = prepare(Config(data_dir=tmp_path / "data", rules_off=frozenset({"customer"})), path)
    manifest = generation.manifest
    found = ranking(Selection(generation, Series("customers"), manifest.first_day, manifest.last_day), what)
    assert found.comparison is None
    assert (found.table["name"].tolist(), found.count) == (["France" if what == "country" else "A1"], 1)
