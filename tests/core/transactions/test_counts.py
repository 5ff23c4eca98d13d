"""Counts by day and value: against pandas over the lines, and that days counted apart belong together."""

from __future__ import annotations

import datetime as dt
import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.config import Config
from core.transactions.counts import (
    COUNTS_FILE,
    LINE_FEATURES,
    SIGNIFICANT_DIGITS,
    DayCounts,
    FeatureDays,
    count_days,
    counts_of,
)
from core.transactions.load import prepare
from core.transactions.store import Generation
from tests.core.lifecycle.shop import write_shop
from tests.core.transactions.conftest import HEADER, write_csv

FIRST = dt.date(2024, 3, 4)
ALL_COLUMNS = ("time", "quantity", "price", "invoice", "customer", "product", "country")
Line = tuple[int, int, str | None, str, float, float | None, str | None, str | None, str]
"""Day, hour, invoice, product, quantity, price, customer, country, and the rule that dropped it ("": it counts)."""

LINES = st.lists(
    st.tuples(
        st.integers(0, 6),
        st.integers(8, 10),
        st.sampled_from(["1", "2", "3", None]),
        st.sampled_from(["A", "B", "ÄB"]),
        st.sampled_from([1.0, 2.0, 12.0, 1234.0, 80995.0, 0.5]),
        st.sampled_from([0.01, 2.55, 12.34, 999.5, 1236.0, None]),
        st.sampled_from(["x", "y", None]),
        st.sampled_from(["France", "UK", None]),
        st.sampled_from(["", "", "", "price", "duplicate"]),
    ),
    max_size=25,
)

_connection = duckdb.connect(config={"threads": 1})
_connection.execute("CREATE TABLE lines (day DATE, time TIMESTAMP, invoice VARCHAR, product VARCHAR, quantity DOUBLE, "
                    "price DOUBLE, customer VARCHAR, country VARCHAR, amount DECIMAL(18, 6))")  # fmt: skip
_connection.execute("CREATE TABLE cube (day DATE, rule VARCHAR, lines BIGINT)")


def rounded(value: float) -> float:
    """To three significant digits, halves away from zero."""
    if value == 0:
        return 0.0
    power = 10.0 ** (SIGNIFICANT_DIGITS - 1 - math.floor(math.log10(abs(value))))
    if power >= 1:
        return math.copysign(math.floor(abs(value) * power + 0.5) / power, value)
    return math.copysign(math.floor(abs(value) * power + 0.5) * round(1 / power), value)


def counted(lines: Sequence[Line], first: int, last: int, columns: Sequence[str] = ALL_COLUMNS) -> DayCounts:
    """By the product, from a store in memory that holds ``lines`` and knows nothing else."""
    _connection.execute("DELETE FROM lines; DELETE FROM cube")
    kept = [one for one in lines if not one[-1]]
    day = [FIRST + dt.timedelta(days=one[0]) for one in kept]
    if kept:
        columns_of = list(zip(*kept, strict=True))
        amount = [None if p is None else q * p for q, p in zip(columns_of[4], columns_of[5], strict=True)]
        table = pa.table({"day": day, "hour": columns_of[1], "invoice": columns_of[2], "product": columns_of[3],
                          "quantity": columns_of[4], "price": pa.array(columns_of[5], pa.float64()),
                          "customer": columns_of[6], "country": columns_of[7],
                          "amount": pa.array(amount, pa.float64())})  # fmt: skip
        _connection.register("given_lines", table)
        _connection.execute("INSERT INTO lines SELECT day, day + to_hours(hour), invoice, product, quantity, price, "
                            "customer, country, amount FROM given_lines")  # fmt: skip
        _connection.unregister("given_lines")
    cells = Counter((one[0], one[-1]) for one in lines)
    for (number, rule), n in cells.items():
        _connection.execute("INSERT INTO cube VALUES (?, ?, ?)", [FIRST + dt.timedelta(days=number), rule, n])

    def query(sql: str, params: Sequence[object] = ()) -> pa.Table:
        return _connection.sql(sql, params=list(params)).to_arrow_table()

    return count_days(query, columns, *(FIRST + dt.timedelta(days=one) for one in (first, last)))


def naive(lines: Sequence[Line]) -> dict[str, tuple[Counter[tuple[int, Any]], Counter[int]]]:
    """Of every feature: how often (day, value), and values that are missing by day. Plain loops."""
    found: dict[str, tuple[Counter[tuple[int, Any]], Counter[int]]] = {
        one.name: (Counter(), Counter()) for one in LINE_FEATURES
    }

    def note(name: str, day: int, value: Any, times: int = 1) -> None:
        there, missing = found[name]
        if value is None:
            missing[day] += times
        else:
            there[day, value] += times

    kept = [one for one in lines if not one[-1]]
    begun: dict[str | None, int] = {}
    for one in kept:
        begun[one[6]] = min(begun.get(one[6], 99), one[0])
    for day, hour, _, product, quantity, price, customer, country, _ in kept:
        note("quantity", day, rounded(quantity))
        note("price", day, None if price is None else rounded(price))
        note("amount", day, None if price is None else rounded(float(f"{quantity * price:.6f}")))
        note("hour", day, float(hour))
        note("country", day, country)
        note("product", day, product)
        note("customer_type", day, None if customer is None else "new" if begun[customer] == day else "returning")
    for (day, _), n in Counter((one[0], one[2]) for one in kept if one[2] is not None).items():
        note("basket", day, rounded(float(n)))
    for one in lines:
        note("outcome", one[0], one[-1] or "used")
    return found


def by_value(feature: FeatureDays) -> Counter[tuple[int, Any]]:
    rows = zip(feature.day.tolist(), feature.value.tolist(), feature.count.tolist(), strict=True)
    return Counter({(day, feature.values[value]): count for day, value, count in rows})


def same(one: DayCounts, other: DayCounts) -> bool:
    """To the last bit: the table that is written, and what is held in memory."""
    if not one.to_table().equals(other.to_table(), check_metadata=True):
        return False
    return all(
        first.values.tolist() == second.values.tolist()
        and all(
            np.array_equal(getattr(first, part), getattr(second, part)) for part in ("day", "value", "count", "missing")
        )
        for first, second in zip(one.features, other.features, strict=True)
    )


@settings(max_examples=20, deadline=None)
@given(LINES)
def test_a_naive_count_of_the_lines_says_the_same(lines: list[Line]) -> None:
    found, expected = counted(lines, 0, 6), naive(lines)
    assert [one.name for one in found.features] == [one.name for one in LINE_FEATURES]
    for one in found.features:
        there, missing = expected[one.name]
        assert by_value(one) == there, one.name
        assert one.missing.tolist() == [missing[day] for day in range(7)]
        order = list(zip(one.day.tolist(), one.value.tolist(), strict=True))
        assert order == sorted(set(order))
        assert one.values.tolist() == sorted(one.values.tolist())


@settings(max_examples=6, deadline=None)
@given(LINES, st.permutations(range(7)))
def test_days_counted_one_by_one_in_any_order_are_all_at_once(lines: list[Line], order: list[int]) -> None:
    """A customer of an earlier day is one that the store has, whatever was counted first."""
    total = counted(lines, order[0], order[0])
    for day in order[1:]:
        total = total.replaced(counted(lines, day, day))
    assert same(total, counted(lines, 0, 6))


@settings(max_examples=9, deadline=None)
@given(LINES, LINES, st.integers(0, 6))
def test_late_lines_and_removed_days(lines: list[Line], late: list[Line], day: int) -> None:
    """The lines of a day are replaced by others, or by none; a later day may know fewer new customers then."""
    before = counted(lines, 0, 6)
    others = [one for one in lines if one[0] != day] + [one for one in late if one[0] == day]
    anew = counted(others, 0, 6)
    assert same(before.replaced(counted(others, day, 6)), anew)
    alone, names = before.replaced(counted(others, day, day)), [one.name for one in LINE_FEATURES]
    apart = [name for name in names if by_value(alone[name]) != by_value(anew[name])]
    assert apart in ([], ["customer_type"])


@settings(max_examples=8, deadline=None)
@given(LINES, LINES, st.integers(0, 5))
def test_a_day_does_not_depend_on_later_ones(lines: list[Line], later: list[Line], day: int) -> None:
    others = [one for one in lines if one[0] <= day] + [one for one in later if one[0] > day]
    assert same(counted(lines, 0, day), counted(others, 0, day))
    for one, other in zip(counted(lines, 0, 6).features, counted(others, 0, 6).features, strict=True):
        told = [{key: n for key, n in by_value(each).items() if key[0] <= day} for each in (one, other)]
        assert told[0] == told[1]


@settings(max_examples=12, deadline=None)
@given(LINES)
def test_through_the_file_and_back(lines: list[Line]) -> None:
    found = counted(lines, 0, 6)
    sink = pa.BufferOutputStream()
    pq.write_table(found.to_table(), sink, compression="zstd")
    back = DayCounts.from_table(pq.ParquetFile(pa.BufferReader(sink.getvalue())).read())
    assert same(found, back)
    assert (back.first_day, back.n_days) == (FIRST, 7)


@settings(max_examples=12, deadline=None)
@given(LINES, st.integers(0, 6), st.integers(0, 6))
def test_sums_over_days_and_bins(lines: list[Line], one: int, other: int) -> None:
    first, last = min(one, other), max(one, other)
    for feature in counted(lines, 0, 6).features:
        expected = Counter[Any]()
        for (day, value), n in by_value(feature).items():
            expected[value] += n * (first <= day <= last)
        assert feature.between(first, last).tolist() == [expected[value] for value in feature.values.tolist()]
        bins = np.arange(len(feature.values)) % 3
        table = feature.binned(bins, 3)
        assert table.shape == (7, 3)
        assert table.sum(axis=0).tolist() == [int(feature.between(0, 6)[bins == n].sum()) for n in range(3)]
        assert table.sum(axis=1).tolist() == [int(feature.between(day, day).sum()) for day in range(7)]


def test_only_what_the_columns_allow() -> None:
    found = counted([], 0, 0, ("time", "quantity"))
    assert [one.name for one in found.features] == ["quantity", "hour", "outcome"]
    assert found.n_days == 1
    assert counted([], 0, 6).number(FIRST + dt.timedelta(days=4)) == 4


@pytest.mark.parametrize(("value", "expected"), [(0.0, 0.0), (0.01, 0.01), (999.5, 1000.0), (80995.0, 81000.0)])
def test_three_digits(value: float, expected: float) -> None:
    line: Line = (0, 9, "1", "A", value, 1.0, None, None, "")
    assert counted([line], 0, 0)["quantity"].values.tolist() == [expected]


@pytest.fixture
def generation(tmp_path: Path) -> Generation:
    return prepare(Config(data_dir=tmp_path / "data"), write_csv(tmp_path / "lines.csv"))


def test_every_generation_has_its_counts(generation: Generation) -> None:
    """Of the file of ten lines in conftest: who bought, and which rule dropped what."""
    assert (generation.path / COUNTS_FILE).is_file()
    found = counts_of(generation)
    assert (found.first_day, found.n_days) == (FIRST, 3)
    assert by_value(found["outcome"]) == {
        (0, "used"): 3, (0, "duplicate"): 1, (1, "cancellation"): 1, (1, "quantity"): 1, (1, "price"): 1,
        (1, "customer"): 1, (2, "used"): 2,
    }  # fmt: skip
    assert by_value(found["customer_type"]) == {(0, "new"): 3, (2, "new"): 2}
    assert by_value(found["basket"]) == {(0, 2.0): 1, (0, 1.0): 1, (2, 1.0): 2}
    assert by_value(found["amount"]) == {(0, 5.0): 1, (0, 10.0): 2, (2, 18.0): 1, (2, 12.0): 1}


def test_counts_of_an_earlier_version_are_made_when_they_are_asked_for(generation: Generation) -> None:
    before = counts_of(generation)
    (generation.path / COUNTS_FILE).unlink()
    assert same(counts_of(generation), before)
    assert (generation.path / COUNTS_FILE).is_file()
    assert not list(generation.path.glob(f".{COUNTS_FILE}*"))


def test_pandas_over_the_lines_of_a_store(tmp_path: Path) -> None:
    generation = prepare(Config(data_dir=tmp_path / "data"), write_shop(tmp_path / "shop.csv", 40))
    found = counts_of(generation)
    assert [one.name for one in found.features] == ["quantity", "price", "amount", "hour", "outcome"]
    lines = generation.query("SELECT day, quantity, price, hour(time) AS hour FROM lines").to_pandas()
    lines["day"] = (pd.to_datetime(lines["day"]) - pd.Timestamp(found.first_day)).dt.days
    for name in ("quantity", "price", "hour"):
        values = lines[name].astype(float).map(rounded)
        assert by_value(found[name]) == Counter(zip(lines["day"].tolist(), values.tolist(), strict=True))
    days = generation.panel().n_days
    cube = generation.cube()
    assert int(found["outcome"].count.sum()) == int(cube["lines"].sum())
    assert int(found["hour"].between(0, days - 1).sum()) == len(lines)


def test_lines_around_midnight_belong_to_their_day(tmp_path: Path) -> None:
    lines = [("9", "A", "x", 1, f"2024-03-0{day} {time}", 1.0, "c", "UK") for day, time in
             ((4, "23:59:59"), (4, "23:59:58"), (5, "00:00:00"), (6, "10:00:00"))]  # fmt: skip
    generation = prepare(Config(data_dir=tmp_path / "data"), write_csv(tmp_path / "a.csv", lines, HEADER))
    assert by_value(counts_of(generation)["basket"]) == {(0, 2.0): 1, (1, 1.0): 1, (2, 1.0): 1}


@pytest.mark.reference
def test_real_data(reference_generation: Generation) -> None:
    """Every line has one value or none in every feature of lines, and every line read one outcome."""
    generation, found = reference_generation, counts_of(reference_generation)
    manifest = generation.manifest
    inside = [manifest.first_day, manifest.last_day]
    lines = generation.query("SELECT count(*) AS n FROM lines WHERE day BETWEEN $1 AND $2", inside)["n"][0].as_py()
    cube = "SELECT sum(lines)::BIGINT AS n FROM cube WHERE day BETWEEN $1 AND $2"
    read = generation.query(cube, inside)["n"][0].as_py()
    assert read > lines > 700_000
    for one in found.features:
        total = int(one.count.sum() + one.missing.sum())
        if one.name == "outcome":
            assert total == read
        elif one.name != "basket":
            assert total == lines, one.name
    orders = generation.query(
        "SELECT count(*) AS n FROM (SELECT DISTINCT invoice, day FROM lines WHERE day BETWEEN $1 AND $2)", inside
    )["n"][0].as_py()
    assert int(found["basket"].count.sum()) == orders
    baskets = found["basket"]
    assert int((baskets.values[baskets.value] * baskets.count).sum()) == pytest.approx(lines, rel=0.005)
    day = manifest.last_day
    apart = count_days(generation.query, manifest.columns, day, day)
    assert same(found.replaced(apart), found)


def test_what_is_counted_a_day_stays_so() -> None:
    """Of days as of lines: a day put to others, before or after them, is still a feature of days."""

    def of(first: int, values: list[float]) -> DayCounts:
        distinct, value = np.unique(values, return_inverse=True)
        size = len(values)
        feature = FeatureDays("revenue", "numeric", distinct, np.arange(size), value.astype(np.int64),
                              np.ones(size, np.int64), np.zeros(size, np.int64), "day")  # fmt: skip
        return DayCounts(FIRST + dt.timedelta(days=first), (feature,))

    for added, expected in ((of(3, [2.0]), [5.0, 1.0, 5.0, 2.0]), (of(-1, [7.0]), [7.0, 5.0, 1.0, 5.0])):
        found = of(0, [5.0, 1.0, 5.0]).replaced(added)["revenue"]
        assert found.level == "day"
        assert found.values[found.value].tolist() == expected
        assert found.day.tolist() == [0, 1, 2, 3]
