"""What models may learn from, against a slow plain version."""

import math
import statistics

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.models.observed import observed, weekday_means

cells = st.sampled_from([0.0, 1.0, 4.0, 9.0, math.nan])


def natural_by_hand(values, is_open):
    """Whether a zero on each day would be a volume, day by day."""
    traded = [float(value) if open_ and value > 0 else None for value, open_ in zip(values, is_open, strict=True)]
    unit = min([1.0, *(value for value in traded if value)])
    logs = [None if value is None else math.log1p(value / unit) for value in traded]
    if not any(traded):
        return [False] * len(logs)

    def level(day):
        before = list(range(day % 7, day, 7))
        near = [logs[one] for one in before[-8:] if logs[one] is not None]
        # Where 8 weeks are without trade, the mean that was last known: of the last one with trade alone.
        near = near or [logs[one] for one in before if logs[one] is not None][-1:]
        return statistics.fmean(near) if near else None

    levels = [level(day) for day in range(len(logs))]
    squares = [(log - one) ** 2 for log, one in zip(logs, levels, strict=True) if log is not None and one is not None]
    deviation = math.sqrt(statistics.fmean(squares)) if squares else 0.0
    mean = statistics.fmean(log for log in logs if log is not None)
    whole = all(value is None or value % 1 == 0 for value in traded)
    found = []
    for one in (mean if one is None else one for one in levels):
        poisson = math.sqrt(math.expm1(one)) / math.exp(one) if whole else 0.0
        found.append(one < 4 * max(deviation, poisson))
    return found


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(cells, st.booleans()), min_size=1, max_size=120), st.integers(1, 5))
def test_agrees_with_a_slow_version(days, last):
    values = np.array([[value for value, _ in days]])
    is_open = np.array([open_ for _, open_ in days])
    known, intermittent = observed(values, is_open)
    seen = [value for value, open_ in days if open_ and not math.isnan(value)]
    while seen and seen[0] == 0:
        seen.pop(0)
    zeros = not seen or seen.count(0.0) > 0.3 * len(seen)
    assert intermittent.tolist() == [zeros]
    natural = natural_by_hand(values[0], is_open)
    begun, any_trade, taught = False, any(seen), []
    for value, open_ in days:
        begun = begun or (open_ and value > 0)
        seen_open = (begun or not any_trade) and open_ and not math.isnan(value)
        volume = value != 0 or zeros or natural[len(taught)]
        taught.append(value if seen_open and volume else None)
    assert [None if math.isnan(value) else value for value in known[0]] == taught

    means = weekday_means(known, np.arange(len(days)) % 7, last)[0]
    recent = [value for value in taught if value is not None][-28:]
    for day in range(7):
        same = [value for index, value in enumerate(taught) if index % 7 == day and value is not None][-last:]
        expected = same or recent or [0.0]
        assert math.isclose(means[day], sum(expected) / len(expected), abs_tol=1e-12)


def test_negative_values_are_no_trade():
    known, _ = observed(np.array([[80.0, -3.0, 70.0, 90.0]]), np.ones(4, dtype=bool))
    assert np.isnan(known[0, 1])


def test_a_zero_near_the_other_values_is_a_volume_and_one_far_from_them_an_accident():
    values = np.array([[0, 0, 2, 1, 0, 3, 1, 2, 5, 1], [0, 90, 80, 0, 85, 70, 95, 80, 75, 88]], dtype=np.float64)
    known, intermittent = observed(values, np.ones(10, dtype=bool))
    assert not intermittent.any()
    assert np.isnan(known).sum(axis=1).tolist() == [2, 2]  # the days before the first trade; that day and the accident
    assert known[0, 4] == 0
    assert np.isnan(known[1, 3])


@pytest.mark.parametrize("scale", [1.0, 1e-6])
def test_neither_growth_nor_the_week_nor_the_unit_make_an_accident_a_volume(scale):
    rng = np.random.default_rng(0)
    noise = rng.normal(0, 0.3, 730)
    grown = np.round(5 * np.exp(np.arange(730) / 730 * np.log(100) + noise) + 1)
    weekly = np.round(np.where(np.arange(730) % 7 < 5, 300, 3) * np.exp(noise) + 1)
    values = np.array([grown, weekly]) * scale
    values[:, 700] = 0.0
    known, _ = observed(values, np.ones(730, dtype=bool))
    assert np.isnan(known[:, 700]).all()


@pytest.mark.parametrize("most", [1, 2, 3])
def test_zeros_of_small_counts_are_volumes(most):
    values = np.random.default_rng(most).integers(1, most + 1, 400).astype(np.float64)
    values[5::5] = 0.0
    known, intermittent = observed(values[None], np.ones(400, dtype=bool))
    assert not intermittent[0]
    assert not np.isnan(known).any()


def test_a_series_without_trade_has_a_history_of_zeros():
    known, intermittent = observed(np.zeros((1, 50)), np.ones(50, dtype=bool))
    assert (known == 0).all()
    assert intermittent[0]
