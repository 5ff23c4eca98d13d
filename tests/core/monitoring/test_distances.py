"""Measures on counts: published values, SciPy, what PSI must be like, and many windows at once = one by one."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats
from scipy.spatial.distance import jensenshannon

from core.monitoring import distances
from core.monitoring.distances import (
    chi_square,
    cramers_v,
    hellinger,
    jensen_shannon,
    ks_distance,
    psi_parts,
    wasserstein,
    window_counts,
)
from core.monitoring.ks import ks_of_counts
from core.monitoring.psi import bin_counts, psi_limit, psi_of_counts, quantile_edges

BEFORE, NOW = [16, 18, 16, 14, 12, 12], [16, 16, 16, 16, 16, 8]
VALUES = [-3.0, 0.0, 1.5, 1.75, 20.0, 80_995.0]
COUNTS = arrays(np.int64, (2, 6), elements=st.integers(0, 1000)).filter(lambda pair: bool((pair.sum(axis=1) > 0).all()))
SAMPLES = st.lists(st.integers(-50, 50), min_size=1, max_size=80)
MEASURES: dict[str, Callable[[Any, Any], Any]] = {
    "psi": distances.psi,
    "psi without smoothing": lambda reference, current: distances.psi(reference, current, smoothing=0),
    "jensen_shannon": jensen_shannon,
    "hellinger": hellinger,
    "chi_square": lambda reference, current: chi_square(reference, current).statistic,
    "chi_square p": lambda reference, current: chi_square(reference, current).p,
    "cramers_v": cramers_v,
    "ks_distance": ks_distance,
    "wasserstein": lambda reference, current: wasserstein(VALUES, reference, current),
}


@pytest.mark.parametrize(
    ("reference", "current", "expected"),
    [
        ([5, 5], [6, 4], 0.0405465108),
        ([1, 1, 1, 1], [1, 2, 3, 4], 0.2282174096),
        ([2] * 10, [1, 1, *[2] * 6, 3, 3], 0.1098612289),
        (BEFORE, NOW, 0.0372183816),
    ],
)
def test_published_psi(reference: list[int], current: list[int], expected: float) -> None:
    assert distances.psi(reference, current, smoothing=0) == pytest.approx(expected, abs=1e-9)
    assert psi_parts(reference, current, smoothing=0).sum() == pytest.approx(expected, abs=1e-9)


def test_normals_in_population_deciles() -> None:
    """N(0, 1) against N(δ, 1) and N(0, s), all pairs at once."""
    edges = stats.norm.ppf(np.arange(1, 10) / 10)
    moved = [stats.norm(delta, 1) for delta in (0.1, 0.25, 0.5, 1)] + [stats.norm(0, s) for s in (1.25, 1.5, 2)]
    shares = np.array([np.diff([0, *law.cdf(edges), 1]) for law in moved])
    expected = [0.009587, 0.059816, 0.237749, 0.926142, 0.063755, 0.193543, 0.490754]
    assert distances.psi([0.1] * 10, shares, smoothing=0) == pytest.approx(np.array(expected), abs=5e-7)


def test_published_distances_of_counts() -> None:
    assert hellinger(BEFORE, NOW) == pytest.approx(0.06812, abs=1e-5)
    # published for a reference that is known for certain: what a very large one comes to
    statistic, p = chi_square(np.array(BEFORE) * 1e14, NOW)
    assert statistic == pytest.approx(3.1746032, abs=5e-8)
    assert p == pytest.approx(0.6730876, abs=5e-8)
    assert jensen_shannon([1, 1, 1, 1, 0], [1, 1, 1, 0, 1]) == pytest.approx(0.5, abs=1e-12)


def test_published_distances_of_values() -> None:
    assert ks_distance([1] * 10 + [0] * 3, [0] * 3 + [1] * 10) == 0.3
    assert ks_distance([1, 2, 2, 0, 0], [1, 1, 2, 1, 1]) == pytest.approx(1 / 3, abs=1e-12)
    assert wasserstein(range(13), [1] * 10 + [0] * 3, [0] * 3 + [1] * 10) == pytest.approx(3.0, abs=1e-12)
    for delta, expected in ((0.25, 0.099476), (0.5, 0.197413), (1.0, 0.382925)):
        edges = delta / 2 + np.arange(-8, 8.01, 0.5)  # the distance is largest halfway between the means
        first, second = (np.diff(stats.norm.cdf(edges, mean)) for mean in (0, delta))
        assert ks_distance(first, second) == pytest.approx(expected, abs=5e-7)
        assert ks_distance(first, second) == pytest.approx(2 * stats.norm.cdf(delta / 2) - 1, abs=1e-9)


@settings(deadline=None)
@given(COUNTS)
def test_agrees_with_scipy(pair: np.ndarray) -> None:
    reference, current = pair
    assert jensen_shannon(reference, current) == pytest.approx(jensenshannon(reference, current, base=2), abs=1e-7)
    oracle = stats.chi2_contingency(pair[:, pair.sum(axis=0) > 0], correction=False)
    assert chi_square(reference, current) == pytest.approx((oracle.statistic, oracle.pvalue), rel=1e-9, abs=1e-9)
    samples = [np.repeat(VALUES, counts) for counts in pair]
    assert wasserstein(VALUES, reference, current) == pytest.approx(stats.wasserstein_distance(*samples), rel=1e-9)
    assert ks_distance(reference, current) == ks_of_counts(reference, current).statistic


@settings(deadline=None)
@given(COUNTS)
def test_cramers_v_as_defined(pair: np.ndarray) -> None:
    """Bergsma's formulas, letter by letter."""
    table = pair[:, pair.sum(axis=0) > 0]
    total, (rows, columns) = table.sum(), table.shape
    expected = 0.0
    if columns > 1 and total > 2:
        squared = stats.chi2_contingency(table, correction=False).statistic / total
        squared = max(0, squared - (rows - 1) * (columns - 1) / (total - 1))
        rows, columns = (k - (k - 1) ** 2 / (total - 1) for k in (rows, columns))
        expected = math.sqrt(squared / min(rows - 1, columns - 1)) if min(rows, columns) > 1 else 0.0
    assert cramers_v(*pair) == pytest.approx(min(expected, 1.0), abs=1e-6)


def test_cramers_v_by_hand() -> None:
    assert cramers_v([10, 0], [0, 10]) == pytest.approx(1.0, abs=1e-12)
    assert cramers_v([8, 2], [2, 8]) == pytest.approx(math.sqrt((0.36 - 1 / 19) / (18 / 19)), abs=1e-12)
    assert cramers_v([6, 4], [4, 6]) == 0.0


@given(COUNTS)
def test_psi_is_a_divergence(pair: np.ndarray) -> None:
    """Never negative, symmetric, 0 only where shares are equal, and its parts are its sum."""
    reference, current = pair
    for smoothing in (0.5, 0):
        value, parts = distances.psi(*pair, smoothing), psi_parts(*pair, smoothing)
        assert value >= 0
        assert (parts >= 0).all()
        assert value == parts.sum()
        assert value == pytest.approx(distances.psi(current, reference, smoothing), rel=1e-9, abs=1e-15)
        assert distances.psi(reference, reference, smoothing) == 0
        first, second = ((one + smoothing) / (one + smoothing).sum() for one in pair)
        assert (value < 1e-25) == np.allclose(first, second, rtol=1e-9, atol=0)


def test_a_bin_that_only_one_side_fills_is_infinitely_far_without_smoothing() -> None:
    assert psi_parts([1, 1, 0], [2, 0, 0], smoothing=0)[1:].tolist() == [math.inf, 0.0]
    assert distances.psi([1, 1], [2, 0], smoothing=0) == math.inf
    assert math.isfinite(distances.psi([1, 1], [2, 0]))


@given(SAMPLES, SAMPLES, st.floats(100, 1e300), st.floats(100, 1e300), st.sampled_from([-1, 1]))
def test_how_far_out_an_outlier_lies_makes_no_difference(
    reference: list[int], current: list[int], far: float, farther: float, sign: int
) -> None:
    """Nor does it disturb the bins: in the window it adds one to an outer bin, in the reference no edge is on it."""
    edges = quantile_edges(reference, 10)
    plain = bin_counts(current, edges)
    for value in (sign * far, sign * farther):
        moved = bin_counts([*current, value], edges) - plain
        assert moved[-1 if sign > 0 else 0] == 1
        assert moved.sum() == 1
    if sign > 0:  # an edge may lie on the lowest value
        both = [quantile_edges([*reference, value], 10) for value in (far, farther)]
        assert both[0].tolist() == both[1].tolist()


@given(st.lists(st.lists(st.integers(-50, 50), max_size=6), min_size=1, max_size=12), SAMPLES, st.integers(1, 6))
def test_bins_are_the_same_in_every_window(days: list[list[int]], reference: list[int], length: int) -> None:
    """PSI from a table day × bin = PSI of each window's values, binned on their own."""
    edges = quantile_edges(reference, 10)
    fixed = bin_counts(reference, edges)
    windows = window_counts([bin_counts(day, edges) for day in days], length)
    found = distances.psi(fixed, windows)
    assert found.shape == (max(len(days) - length + 1, 0),)
    for start, value in enumerate(found):
        inside = [number for day in days[start : start + length] for number in day]
        expected = psi_of_counts(fixed, bin_counts(inside, edges)) if inside else math.nan
        assert value == pytest.approx(expected, rel=1e-12, nan_ok=True)


@pytest.mark.parametrize(("n", "m", "bins"), [(1000, 500, 10), (5000, 5000, 5), (2000, 100_000, 20)])
def test_chance_alone(n: int, m: int, bins: int) -> None:
    """Without change PSI ~ χ²(B−1) · (1/n + 1/m) and χ² ~ χ²(B−1): means, and one time in twenty beyond the limit."""
    rng = np.random.default_rng(11)
    reference, current = (rng.multinomial(size, [1 / bins] * bins, 4000) for size in (n, m))
    psi = distances.psi(reference, current)
    assert psi.mean() == pytest.approx((bins - 1) * (1 / n + 1 / m), rel=0.04)
    assert (psi > psi_limit(n, m, bins)).mean() == pytest.approx(0.05, abs=0.012)
    statistic, p = chi_square(reference, current)
    assert statistic.mean() == pytest.approx(bins - 1, rel=0.04)
    assert (p < 0.05).mean() == pytest.approx(0.05, abs=0.012)
    assert (cramers_v(reference, current) == 0).mean() > 0.5


@pytest.mark.parametrize("name", MEASURES)
@settings(deadline=None)
@given(
    arrays(np.int32, (3, 1, 6), elements=st.integers(0, 40)),
    arrays(np.int32, (4, 6), elements=st.integers(0, 2_000_000) | st.just(0)),
    st.booleans(),
)
def test_many_windows_at_once(name: str, references: np.ndarray, currents: np.ndarray, whole: bool) -> None:
    """One by one gives the same; a side without observations gives NaN and no warning."""
    measure = MEASURES[name]
    if not whole:
        references, currents = references * 0.25, currents * 0.25
    currents[0] = 0
    found = measure(references, currents)
    assert found.shape == (3, 4)
    for i in range(3):
        for j in range(4):
            one = measure(references[i, 0], currents[j])
            assert np.shape(one) == ()
            assert one == pytest.approx(found[i, j], rel=1e-12, abs=1e-12, nan_ok=True)
            empty = references[i].sum() == 0 or currents[j].sum() == 0
            assert np.isnan(one) == empty


@pytest.mark.parametrize("stored", [np.int32, np.uint32, np.uint64])
@pytest.mark.parametrize("name", MEASURES)
def test_how_counts_are_stored_makes_no_difference(name: str, stored: type) -> None:
    counts = np.array([[2**30, 2**30, 9, 5, 3, 1], [2**30 + 7, 2**31 - 1, 8, 2, 4, 1]])
    plain = MEASURES[name](*counts.astype(float))
    assert MEASURES[name](*counts.astype(stored)) == pytest.approx(plain, rel=1e-12, abs=1e-300)


@given(arrays(np.int32, (9, 2, 3), elements=st.integers(0, 2**31 - 1)), st.integers(1, 12))
def test_windows_are_exact(daily: np.ndarray, length: int) -> None:
    windows = window_counts(daily, length)
    expected = [daily[i : i + length].astype(object).sum(axis=0).tolist() for i in range(9 - length + 1)]
    assert windows.dtype == np.int64
    assert windows.tolist() == expected
    assert windows.shape[1:] == (2, 3)


def test_what_cannot_be_compared_is_refused() -> None:
    for measure in MEASURES.values():
        with pytest.raises(ValueError, match="same bins"):
            measure([1] * 6, [1])
        with pytest.raises(ValueError, match="same bins"):
            measure([], [])
    for values in ([1, 1, 2], [2, 1, 3], [1, 2]):
        with pytest.raises(ValueError, match="ascending"):
            wasserstein(values, [1, 2, 3], [1, 2, 3])
    with pytest.raises(ValueError, match="0 days"):
        window_counts([[1]], 0)
