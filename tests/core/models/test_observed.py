"""What models may learn from, against a slow plain version."""

import math
import statistics

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from core.models.observed import observed, weekday_means

cells = st.sampled_from([0.0, 1.0, 4.0, 9.0, math.nan])


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
    logs = [math.log1p(value) for value in seen if value]
    natural = zeros or statistics.fmean(logs) < 4 * statistics.pstdev(logs)
    begun, taught = False, []
    for value, open_ in days:
        begun = begun or (open_ and value > 0)
        taught.append(value if begun and open_ and not math.isnan(value) and (value != 0 or natural) else None)
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
