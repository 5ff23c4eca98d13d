"""The panel: right sums, right days, additive over segments, a cut last day left out."""

from __future__ import annotations

import datetime as dt

import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.config import Config
from core.series.panel import ADDITIVE_MEASURES, MEASURES, Series
from core.transactions.load import prepare
from core.transactions.views import daily, profile, top
from tests.core.transactions.conftest import HEADER, write_csv

COUNTRIES = ("United Kingdom", "France", "Germany", "EIRE", "Spain", "Italy", "Japan", None)


def business(days: int, last_hour: int = 17, seed: int = 1) -> list[tuple[object, ...]]:
    """A shop open from 9 to 17 that sells to eight countries."""
    chance = np.random.default_rng(seed)
    lines = []
    for day in range(days):
        end = last_hour if day == days - 1 else 17
        for number in range(30):
            hour, minute = divmod(number * (end - 9) * 60 // 29, 60)
            country = COUNTRIES[chance.choice(8, p=[0.5, 0.12, 0.1, 0.08, 0.07, 0.06, 0.04, 0.03])]
            time = dt.datetime(2024, 1, 1) + dt.timedelta(days=day, hours=9 + hour, minutes=minute)
            invoice = day * 100 + number // 3
            lines.append((invoice, f"P{number}", "X", int(chance.integers(1, 9)), time, 1.25, invoice % 7, country))
    return lines


def test_a_cut_last_day_is_left_out(load, tmp_path):
    cut = load(write_csv(tmp_path / "cut.csv", business(30, last_hour=12)))
    assert cut.manifest.partial_day == dt.date(2024, 1, 30)
    assert cut.manifest.last_day == cut.panel().last_day == dt.date(2024, 1, 29)
    assert any("2024-01-30, ends at 12:00" in note for note in cut.manifest.notes)


def test_a_whole_last_day_stays(load, tmp_path):
    whole = load(write_csv(tmp_path / "whole.csv", business(30)))
    assert whole.manifest.partial_day is None
    assert whole.panel().last_day == dt.date(2024, 1, 30)


def test_days_without_a_clock_are_whole(load, tmp_path):
    lines = [(f"2024-01-{day:02d}", 1) for day in range(1, 31)]
    assert load(write_csv(tmp_path / "t.csv", lines, ("date", "qty"))).manifest.partial_day is None


def test_segments_sum_to_the_total(load, tmp_path):
    generation = load(write_csv(tmp_path / "lines.csv", business(60)))
    panel = generation.panel()
    segments = generation.manifest.segments
    assert segments[:2] == ("total", "country:United Kingdom")
    assert segments[-1] == "country:other"
    assert len(segments) == 7
    for measure in ADDITIVE_MEASURES:
        parts = sum(panel[Series(measure, segment)] for segment in segments[1:])
        np.testing.assert_allclose(parts, panel[Series(measure)], rtol=1e-12)


def test_panel_equals_pandas(load, tmp_path):
    lines = business(40)
    panel = load(write_csv(tmp_path / "lines.csv", lines)).panel()
    frame = pd.DataFrame(lines, columns=list(HEADER)).assign(day=lambda f: f["InvoiceDate"].dt.normalize())
    frame["revenue"] = frame["Quantity"] * frame["Price"]
    by_day = frame.groupby("day")
    expected = {
        "transactions": by_day.size(), "orders": by_day["Invoice"].nunique(), "units": by_day["Quantity"].sum(),
        "revenue": by_day["revenue"].sum(), "customers": by_day["Customer ID"].nunique(),
    }  # fmt: skip
    for measure in MEASURES:
        np.testing.assert_array_equal(panel[Series(measure)], expected[measure].to_numpy(float), err_msg=measure)


def test_views_agree_with_pandas(load, tmp_path):
    lines = business(21)
    generation = load(write_csv(tmp_path / "lines.csv", lines))
    frame = pd.DataFrame(lines, columns=list(HEADER))
    hours = frame.groupby(frame["InvoiceDate"].dt.hour).size() / 21
    by_hour = profile(generation, "hour", "transactions").set_index("hour")["mean_per_open_day"]
    pd.testing.assert_series_equal(by_hour, hours, check_names=False, check_index_type=False)
    by_weekday = profile(generation, "weekday", "units", "country:other").set_index("weekday")["mean_per_open_day"]
    other = frame[frame["Country"].isin(["Italy", "Japan"]) | frame["Country"].isna()]
    per_day = other.groupby(other["InvoiceDate"].dt.normalize())["Quantity"].sum()
    expected = per_day.groupby(per_day.index.isocalendar().day.to_numpy()).mean()
    np.testing.assert_allclose(by_weekday.to_numpy(), expected.to_numpy())
    countries = top(generation, "country", "transactions", 2)
    assert countries["name"].tolist() == frame["Country"].value_counts().index[:2].tolist()
    assert countries["share"][0] == pytest.approx((frame["Country"] == "United Kingdom").mean())
    assert top(generation, "product", "revenue", 3)["share"].between(0, 1).all()
    span = daily(generation, Series("orders"), dt.date(2024, 1, 5), dt.date(2024, 1, 9))
    assert span["date"].dt.day.tolist() == [5, 6, 7, 8, 9]


@pytest.mark.reference
def test_first_sheet_reproduces_the_independent_daily_table(reference_data, tmp_path):
    table = pq.read_table(reference_data / "online_retail_II.parquet").slice(0, 525_461)
    pq.write_table(table, tmp_path / "sheet.parquet")
    generation = prepare(Config(data_dir=tmp_path / "data"), tmp_path / "sheet.parquet")
    panel = generation.panel()
    known = pd.read_csv(reference_data / "daily_2009_2010_reference.csv")
    assert len(known) == panel.n_days == 374
    assert panel.first_day.isoformat() == str(pd.Timestamp(known.iloc[0, 0]).date())
    np.testing.assert_array_equal(panel[Series("transactions")], known["Num_Transactions"])
    np.testing.assert_array_equal(panel[Series("units")], known["Quantity"])
    np.testing.assert_allclose(panel[Series("revenue")], known["Revenue"], rtol=0, atol=1e-6)


@pytest.mark.reference
def test_csv_and_two_sheet_workbook_give_the_identical_panel(reference_data, tmp_path):
    """On the weeks around the overlap of the two sheets, as Excel would hold them; full size is in the benchmarks."""
    raw = pd.read_parquet(reference_data / "online_retail_II.parquet")
    month = raw["InvoiceDate"].between("2010-11-29", "2010-12-12")
    sheets = [raw[month & (raw.index < 525_461)], raw[month & (raw.index >= 525_461)]]
    book = openpyxl.Workbook(write_only=True)
    for name, sheet in zip(("Year 2009-2010", "Year 2010-2011"), sheets, strict=True):
        page = book.create_sheet(name)
        page.append(list(sheet.columns))
        for row in sheet.astype(object).where(sheet.notna(), None).itertuples(index=False):
            page.append([int(cell) if isinstance(cell, str) and cell.isdigit() else cell for cell in row])
    book.save(tmp_path / "book.xlsx")
    pd.concat(sheets).to_csv(tmp_path / "lines.csv", index=False)
    from_book = prepare(Config(data_dir=tmp_path / "x"), tmp_path / "book.xlsx")
    from_csv = prepare(Config(data_dir=tmp_path / "c"), tmp_path / "lines.csv")
    assert from_book.manifest.lines_in == sum(map(len, sheets))
    assert from_book.manifest.waterfall == from_csv.manifest.waterfall
    assert from_book.manifest.waterfall[0].dropped > 22_523
    assert from_book.panel().series == from_csv.panel().series
    np.testing.assert_array_equal(from_book.panel().values, from_csv.panel().values)


def test_panel_table_is_typed_for_parquet(load, tmp_path):
    generation = load(write_csv(tmp_path / "lines.csv", business(15)))
    schema = pq.read_schema(generation.path / "panel.parquet")
    assert schema.field("day").type == pa.date32()
