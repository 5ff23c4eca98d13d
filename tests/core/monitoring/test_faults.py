"""Faults of the data: what was put in is found and named, chance is not, and no day knows a later one."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from core.monitoring.faults import FAR, LEAST_DAYS, LEAST_LINES, LEAST_SHARE, fault_signals
from core.monitoring.signal import Signal
from core.transactions.counts import DayCounts
from tests.core.monitoring.business import FIRST, Business, business
from tests.core.monitoring.counted import feature_of, feature_of_table

DAYS = 150


def faults(of: Business, first: int = 0, last: int | None = None) -> list[tuple[int, Signal]]:
    watched = of.watched(told=False)
    last = of.n_days - 1 if last is None else last
    return list(fault_signals(watched.counts, watched.panel, watched.is_open, first, last))


def short(found: list[tuple[int, Signal]]) -> list[tuple[int, str, str, str]]:
    return [(day, one.rule, one.subject, one.kind) for day, one in found]


@pytest.fixture(scope="module")
def calm() -> Business:
    return business(DAYS, 1)


def test_calm_data_have_no_faults(calm: Business) -> None:
    assert faults(calm) == []


def test_duplicated_lines_on_a_day_are_a_fault_of_the_data(calm: Business) -> None:
    """A file that was read twice: as many duplicates as lines that count."""
    outcome = calm.tables["outcome"].copy()
    outcome[140, 1] += outcome[140, 2]
    ((day, signal),) = faults(replace(calm, tables={**calm.tables, "outcome": outcome}))
    assert (day, signal.rule, signal.subject, signal.kind, signal.severity) == (
        140, "dropped lines", "duplicate", "data fault", "warning",
    )  # fmt: skip
    assert signal.value > FAR == signal.limit
    assert signal.evidence["lines"] == int(outcome[140].sum())
    assert signal.evidence["share"] == pytest.approx(0.5, abs=0.02)
    assert signal.evidence["usual"] == pytest.approx(0.01, abs=0.01)


def test_an_open_day_without_trade_is_told_and_a_closed_one_is_not(calm: Business) -> None:
    values = calm.values.copy()
    values[:, 135:140] = 0.0  # Wednesday to Sunday, which is closed anyway
    tables = {name: np.where(np.isin(np.arange(DAYS), range(135, 140))[:, None], 0, one)
              for name, one in calm.tables.items()}  # fmt: skip
    found = faults(replace(calm, values=values, tables=tables))
    closed = [day for day in range(135, 140) if not calm.is_open[day]]
    assert len(closed) == 1
    expected = [day for day in range(135, 140) if day not in closed]
    assert short(found) == [(day, "no trade", "transactions", "data fault") for day in expected]


def test_a_business_that_sells_now_and_then_has_days_without_trade() -> None:
    rng = np.random.default_rng(3)
    calm = business(DAYS, 2)
    values = np.where(rng.random(DAYS) < 0.5, 0.0, calm.values)
    assert [day for day, _ in faults(replace(calm, values=values), 60) if True] == []


def test_days_without_trade_now_and_then_are_how_the_shop_is() -> None:
    of = business(500, 8)
    idle = np.random.default_rng(1).random(500) < 0.1
    of.values[:, idle] = 0.0
    told = [day for day, one in faults(of, 300) if one.rule == "no trade"]
    assert len(told) <= 1
    of.values[:, 450:470] = 0.0
    assert any(450 <= day < 470 for day, one in faults(of, 300) if one.rule == "no trade")


def test_what_lasts_is_no_fault_of_the_day() -> None:
    """A till that begins to cancel every third line: told for some two weeks, then it is how things are."""
    of = business(460, 9)
    of.tables["outcome"][400:, 0] += (0.5 * of.tables["outcome"][400:, 2]).astype(np.int64)
    days = [day for day, one in faults(of, 380) if (one.rule, one.subject) == ("dropped lines", "cancellation")]
    assert days[0] == 400
    assert 7 <= len(days) <= 16


def test_before_the_first_trade_nothing_is_missing(calm: Business) -> None:
    values = calm.values.copy()
    values[:, :20] = 0.0
    assert faults(replace(calm, values=values), 0, 60) == []


def test_lines_without_a_value_are_told(calm: Business) -> None:
    missing = np.zeros(DAYS, np.int64)
    missing[[100, 145]] = 2, 80
    found = faults(replace(calm, missing={"country": missing}))
    assert short(found) == [(145, "missing values", "country", "data fault")]


def test_a_number_beyond_any_before_is_a_fault_and_a_new_category_is_news(calm: Business) -> None:
    quantity = np.concatenate([calm.tables["quantity"], np.zeros((DAYS, 1), np.int64)], axis=1)
    quantity[141, -1] = 40
    country = np.concatenate([calm.tables["country"], np.zeros((DAYS, 1), np.int64)], axis=1)
    country[142:, -1] = 60
    found = faults(replace(calm, tables={**calm.tables, "quantity": quantity, "country": country}))
    assert short(found) == [
        (141, "unknown values", "quantity", "data fault"),
        (142, "unknown values", "country", "shape"),
    ]
    assert [one.severity for _, one in found] == ["warning", "info"]


def test_a_few_lines_or_a_small_share_are_no_fault(calm: Business) -> None:
    quantity = np.concatenate([calm.tables["quantity"], np.zeros((DAYS, 1), np.int64)], axis=1)
    lines = int(quantity[141].sum())
    quantity[141, -1] = int(LEAST_SHARE * lines) - 1
    assert faults(replace(calm, tables={**calm.tables, "quantity": quantity})) == []
    small = {name: table.copy() for name, table in calm.tables.items()}
    small["outcome"][141] = [0, LEAST_LINES // 2, LEAST_LINES // 2 - 1]
    assert faults(replace(calm, tables=small)) == []


def test_too_few_days_before_are_no_measure(calm: Business) -> None:
    outcome = calm.tables["outcome"].copy()
    outcome[:, 1] = 0
    outcome[[65, 85], 1] = 100
    found = faults(replace(calm, tables={**calm.tables, "outcome": outcome}))
    known = {day: int((outcome[:day].sum(axis=1) > 0).sum()) for day in (65, 85)}
    assert known[65] < LEAST_DAYS <= known[85]
    assert [day for day, _ in found] == [85]


def slow(part: list[int], whole: list[int]) -> dict[int, float]:
    """Robust deviations of the days that are a fault, on Anscombe's scale."""
    found = {}
    angle = [math.asin(math.sqrt((p + 3 / 8) / (w + 3 / 4))) for p, w in zip(part, whole, strict=True)]
    for day, (p, w) in enumerate(zip(part, whole, strict=True)):
        before = [angle[at] for at in range(max(day - 365, 0), day) if whole[at] > 0]
        if w < LEAST_LINES or p / w < LEAST_SHARE or len(before) < LEAST_DAYS:
            continue
        spread = max(1.4826 * stats.median_abs_deviation(before), 0.5 / math.sqrt(w), 0.01)
        recent = [angle[at] for at in range(max(day - 27, 0), day + 1) if whole[at] > 0]
        as_of_late = len(recent) >= 7 and angle[day] <= np.median(recent) + FAR * 0.5 / math.sqrt(w)
        if (angle[day] - np.median(before)) / spread > FAR and not as_of_late:
            found[day] = (angle[day] - np.median(before)) / spread
    return found


@pytest.mark.parametrize("usual", [0.002, 0.02, 0.2])
def test_chance_is_no_fault_whatever_is_usual(usual: float) -> None:
    """Shares that are binomial: six deviations are hardly ever chance, of rare lines and of frequent ones."""
    rng = np.random.default_rng(9)
    days = 2000
    lines = rng.integers(20, 300, days)
    missing = rng.binomial(lines, usual)
    feature = replace(feature_of_table((lines - missing)[:, None]), name="price", missing=missing)
    watched = business(days, 1).watched(told=False)
    found = fault_signals(DayCounts(FIRST, (feature,)), watched.panel, watched.is_open, 0, days - 1)
    assert [day for day, one in found if one.rule == "missing values"] == []


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.0, 0.3), st.integers(80, 500))
def test_missing_values_as_a_slow_loop(seed: int, share: float, days: int) -> None:
    rng = np.random.default_rng(seed)
    lines = rng.integers(0, 60, days)
    missing = rng.binomial(lines, np.where(rng.random(days) < 0.1, share, 0.02))
    feature = replace(feature_of_table((lines - missing)[:, None]), name="price", missing=missing)
    calm = business(days, 1)
    watched = calm.watched(told=False)
    counts = DayCounts(FIRST, (feature,))
    found = dict(fault_signals(counts, watched.panel, watched.is_open, 0, days - 1))
    expected = slow(missing.tolist(), lines.tolist())
    assert {day: one.value for day, one in found.items() if one.rule == "missing values"} == pytest.approx(expected)


def test_unknown_values_by_hand() -> None:
    """Each day is judged by what the days before it had, not by what it brings itself."""
    days = [[1.0, 2.0] * 15] * 70 + [[3.0] * 30] + [[3.0, 1.0] * 15] + [[0.5] * 15 + [2.5] * 15]
    counts = DayCounts(FIRST, (replace(feature_of(days), name="price"),))
    calm = business(len(days), 1).watched(told=False)
    found = list(fault_signals(counts, calm.panel, calm.is_open, 0, len(days) - 1))
    assert [(day, one.evidence["share"]) for day, one in found] == [(70, 1.0), (72, 0.5)]
    labels = [["a", "b"] * 15] * 70 + [["c"] * 30] + [["c"] * 30]
    names = DayCounts(FIRST, (replace(feature_of(labels, "category"), name="country"),))
    assert [day for day, _ in fault_signals(names, calm.panel, calm.is_open, 0, 71)] == [70]


@pytest.mark.parametrize("day", [100, 131])
def test_no_day_knows_a_later_one_and_a_span_is_its_days(day: int) -> None:
    rng = np.random.default_rng(4)
    one, other = business(DAYS, 5), business(DAYS, 6, size=30.0)
    for table in (one.tables["outcome"], other.tables["outcome"]):
        table[rng.integers(60, DAYS, 30), 1] += 90
    expected = faults(one, 0, day)
    assert expected
    assert faults(one.then(day, other), 0, day) == expected
    assert faults(one.until(day)) == expected
    alone = [found for number in range(day + 1) for found in faults(one, number, number)]
    assert sorted(alone, key=str) == sorted(expected, key=str)


def test_days_are_numbers_since_the_first(calm: Business) -> None:
    outcome = calm.tables["outcome"].copy()
    outcome[140, 0] += 200
    found = faults(replace(calm, tables={**calm.tables, "outcome": outcome}), 140, 140)
    assert [FIRST + dt.timedelta(days=day) for day, _ in found] == [dt.date(2021, 7, 19)]
