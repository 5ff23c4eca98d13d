"""Shifts of level: found, named and dated; nothing in a calm series; no day knows a later one, to the last bit."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.monitoring import sequential
from core.monitoring.levels import (
    ALL,
    LEAST_NEAR,
    MOST_ZEROS,
    RENEWED_DAYS,
    YEAR_AGO,
    Levels,
    known_values,
    watch_levels,
    year_before,
)
from core.monitoring.memo import Memo
from core.series.panel import MEASURES, Panel, Series
from tests.core.monitoring.business import Business, business


@pytest.fixture(autouse=True)
def few_replicas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sequential, "REPLICAS", 12)


def watch(of: Business, first: int = 0, last: int | None = None, memo: Memo | None = None) -> Levels:
    return watch_levels(of.panel, of.is_open, 0.1, first, memo, last=last)


def rings(found: Levels) -> np.ndarray:
    """Day numbers on which a shift is beyond its limit."""
    return np.asarray(found.days[found.value.max(axis=0) > found.limit])


VALUES = st.lists(st.sampled_from([0.0, 0.0, 1.0, 5.0, -2.0]), min_size=1, max_size=60)


@settings(max_examples=60, deadline=None)
@given(VALUES, st.lists(st.booleans(), min_size=60, max_size=60))
def test_days_that_teach_nothing_as_a_slow_loop(values: list[float], is_open: list[bool]) -> None:
    found = known_values(np.array([values]), np.array(is_open[: len(values)]))[0]
    traded = False
    before: list[bool] = []  # of the open days since the first trade: was nothing sold?
    for day, value in enumerate(values):
        traded = traded or value > 0
        if not (is_open[day] and traded):
            assert np.isnan(found[day])
            continue
        usual = sum(before) > MOST_ZEROS * max(len(before), 1)
        if value > 0 or usual:
            assert found[day] == max(value, 0.0)
        else:
            assert np.isnan(found[day])
        before.append(value <= 0)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000), st.floats(0.0, 0.9))
def test_the_year_before_as_a_slow_loop(seed: int, share: float) -> None:
    rng = np.random.default_rng(seed)
    log = np.where(rng.random((1, 400)) < share, np.nan, rng.normal(size=(1, 400)))
    found = year_before(log)[0]
    for day in range(0, 400, 7):
        near = [log[0, at] for at in range(day - YEAR_AGO - 7, day - YEAR_AGO + 7) if 0 <= at < 400]
        near = [one for one in near if not np.isnan(one)]
        if len(near) < LEAST_NEAR:
            assert np.isnan(found[day])
        else:
            assert found[day] == pytest.approx(np.mean(near), abs=1e-9)


@pytest.mark.parametrize(("factor", "sign"), [(1.3, 1), (0.75, -1)])
def test_a_level_that_moves_is_found_named_and_dated(factor: float, sign: int) -> None:
    moved = 320
    found = watch(business(340, 4, lambda day: np.where(day >= moved, factor, 1.0)), 250)
    assert found.names == (*MEASURES, ALL)
    first = rings(found)
    assert not (first < moved).any()
    assert first[0] - moved < 14
    column = int(np.searchsorted(found.days, moved + 16))
    row = int(found.value[:, column].argmax())
    assert abs(int(found.began[row, column]) - moved) <= 3
    assert np.sign(found.size[row, column]) == sign


def test_one_measure_alone_is_named() -> None:
    calm = business(340, 3)
    values = calm.values.copy()
    values[3, 310:] *= 1.5
    found = watch(Business(values, calm.tables))
    column = int(np.flatnonzero(found.days == 325)[0])
    assert found.names[int(found.value[:, column].argmax())] == "revenue"
    assert found.value[3, column] > found.limit[column] > found.value[0, column]


@pytest.mark.parametrize("phi", [0.0, 0.6])
def test_a_calm_series_is_calm(phi: float) -> None:
    for seed in range(2):
        assert len(rings(watch(business(420, 10 + seed, phi=phi)))) == 0


def test_there_is_nothing_before_there_is_a_reference() -> None:
    found = watch(business(150, 1))
    assert found.days[0] >= 100  # 90 open days, and a block of four weeks begins
    assert found.days[0] % RENEWED_DAYS == 0
    short = watch(business(90, 1))
    assert short.value.shape == (6, 0)
    assert short.limit.shape == (0,)


def test_one_series_has_no_sum() -> None:
    whole = business(200, 4)
    panel = Panel((Series("revenue"),), whole.panel.first_day, whole.values[3:4])
    found = watch_levels(panel, whole.is_open, 0.5)
    assert found.names == ("revenue",)
    assert found.value.shape == (1, len(found.days))


def yearly(day: np.ndarray) -> np.ndarray:
    """Trade doubles every autumn within six weeks, and falls back after the new year."""
    return 1 + np.clip((day % 364 - 215) / 42, 0, 1) * (day % 364 < 300)


def test_an_autumn_that_comes_every_year_is_taken_off_once_it_is_known() -> None:
    found = watch(business(3 * 364, 5, yearly, noise=0.04), first=2 * 364)
    assert found.seasonal.all()
    autumn = rings(found)
    assert len(autumn) <= 0.1 * len(found.days)
    first_year = watch(business(300, 5, yearly, noise=0.04))
    assert not first_year.seasonal.any()
    assert len(rings(first_year)) > 20


def parts(found: Levels, rows: np.ndarray) -> list[bytes]:
    return [
        np.ascontiguousarray(getattr(found, one.name)[..., rows]).tobytes()
        for one in fields(Levels)
        if one.name != "names"
    ]


@pytest.mark.parametrize("day", [300, 307, 322])
def test_no_day_knows_a_later_one(day: int) -> None:
    """Whatever comes after a day, or nothing at all: what is said of it and of earlier ones is the same."""
    one, other = business(365, 6), business(365, 7, lambda day: 1 + day / 200, phi=0.8)
    expected = parts(found := watch(one, 250, memo=(memo := Memo())), found.days <= day)
    later = watch(one.then(day, other), 250, memo=memo)
    assert parts(later, later.days <= day) == expected
    cut = watch(one.until(day), 250)
    assert parts(cut, cut.days <= day) == expected
    assert cut.days[-1] <= day


def test_a_span_is_its_days_one_by_one() -> None:
    of, memo = business(400, 8, lambda day: np.where(day >= 380, 1.2, 1.0)), Memo()
    whole = watch(of, 350, memo=memo)
    alone = [watch(of, day, day, memo) for day in range(350, 400)]
    for column, one in enumerate(found for found in alone if len(found.days)):
        assert parts(one, np.array([True])) == parts(whole, np.arange(len(whole.days)) == column)
    assert sum(len(one.days) for one in alone) == len(whole.days)


def test_what_is_remembered_is_what_would_be_worked_out() -> None:
    of = business(300, 9)
    memo = Memo()
    first, again, anew = watch(of, 200, memo=memo), watch(of, 200, memo=memo), watch(of, 200)
    rows = np.ones(len(first.days), np.bool_)
    assert parts(first, rows) == parts(again, rows) == parts(anew, rows)
