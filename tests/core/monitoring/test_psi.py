"""PSI against published values, closed forms, chance, and its properties."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from core.monitoring.psi import bin_counts, psi, psi_limit, psi_of_counts, quantile_edges, smoothed

COUNTS = st.lists(st.tuples(st.integers(0, 1000), st.integers(0, 1000)), min_size=2, max_size=12).filter(
    lambda pairs: sum(a for a, _ in pairs) > 0 and sum(b for _, b in pairs) > 0
)
SAMPLES = st.lists(st.integers(-50, 50), min_size=1, max_size=80)


@pytest.mark.parametrize(
    ("reference", "current", "expected"),
    [
        ([0.5, 0.5], [0.6, 0.4], 0.1 * math.log(1.5)),
        ([0.5, 0.5], [0.6, 0.4], 0.0405465108),
        ([0.25] * 4, [0.1, 0.2, 0.3, 0.4], 0.2282174096),
        ([0.1] * 10, [0.05, 0.05, *[0.1] * 6, 0.15, 0.15], 0.1098612289),
        ([0.1] * 10, [0.05, 0.05, *[0.1] * 6, 0.15, 0.15], 0.1 * math.log(3)),
        ([0.1] * 10, [1.0, *[1e-4] * 9], 8.2830893550),
    ],
)
def test_published_shares(reference: list[float], current: list[float], expected: float) -> None:
    assert psi(reference, current) == pytest.approx(expected, abs=1e-9)


def test_published_counts() -> None:
    value = psi_of_counts([16, 18, 16, 14, 12, 12], [16, 16, 16, 16, 16, 8], smoothing=0)
    assert value == pytest.approx(0.0372183816, abs=1e-9)


@pytest.mark.parametrize(("delta", "expected"), [(0.1, 0.009587), (0.25, 0.059816), (0.5, 0.237749), (1, 0.926142)])
def test_shifted_normal_in_population_deciles(delta: float, expected: float) -> None:
    edges = stats.norm.ppf(np.arange(1, 10) / 10)
    shifted = np.diff(np.concatenate([[0], stats.norm.cdf(edges - delta), [1]]))
    assert psi([0.1] * 10, shifted) == pytest.approx(expected, abs=5e-7)


@pytest.mark.parametrize(("bins", "expected"), [(5, 0.220972), (20, 0.244671)])
def test_shifted_normal_in_other_bins(bins: int, expected: float) -> None:
    edges = stats.norm.ppf(np.arange(1, bins) / bins)
    shifted = np.diff(np.concatenate([[0], stats.norm.cdf(edges - 0.5), [1]]))
    assert psi([1 / bins] * bins, shifted) == pytest.approx(expected, abs=5e-7)


@pytest.mark.parametrize(("scale", "expected"), [(1.25, 0.063755), (1.5, 0.193543), (2, 0.490754)])
def test_wider_normal_in_population_deciles(scale: float, expected: float) -> None:
    edges = stats.norm.ppf(np.arange(1, 10) / 10)
    wider = np.diff(np.concatenate([[0], stats.norm.cdf(edges / scale), [1]]))
    assert psi([0.1] * 10, wider) == pytest.approx(expected, abs=5e-7)


@pytest.mark.parametrize(
    ("n", "m", "bins", "level", "expected"),
    [
        (28, 365, 10, 0.95, 0.651), (28, 365, 10, 0.99, 0.833), (30, 365, 10, 0.95, 0.610), (30, 365, 10, 0.99, 0.782),
        (90, 365, 10, 0.95, 0.234), (365, 365, 10, 0.95, 0.093), (1000, 1000, 10, 0.95, 0.034),
        (1000, 1000, 10, 0.99, 0.043), (30, 365, 5, 0.95, 0.342), (30, 365, 5, 0.99, 0.479),
    ],
)  # fmt: skip
def test_sampling_limit(n: int, m: int, bins: int, level: float, expected: float) -> None:
    assert psi_limit(n, m, bins, level) == pytest.approx(expected, abs=5e-4)


def test_mean_under_no_change() -> None:
    """E[PSI] ≈ (B − 1)(1/n + 1/m)."""
    rng = np.random.default_rng(3)
    n, m, bins = 1000, 500, 10
    values = [
        psi_of_counts(rng.multinomial(n, [1 / bins] * bins), rng.multinomial(m, [1 / bins] * bins)) for _ in range(2000)
    ]
    assert np.mean(values) == pytest.approx((bins - 1) * (1 / n + 1 / m), rel=0.05)
    assert np.mean(np.array(values) > psi_limit(n, m, bins)) == pytest.approx(0.05, abs=0.015)


@given(COUNTS)
def test_never_negative_symmetric_and_zero_only_when_equal(pairs: list[tuple[int, int]]) -> None:
    first, second = [a for a, _ in pairs], [b for _, b in pairs]
    value = psi_of_counts(first, second)
    assert value >= 0
    assert value == pytest.approx(psi_of_counts(second, first), rel=1e-12, abs=1e-15)
    assert psi_of_counts(first, first) == 0
    assert value > 0 or np.allclose(smoothed(first), smoothed(second), rtol=1e-14)


@given(SAMPLES, SAMPLES, st.integers(2, 10), st.sampled_from(["cube", "exp", "affine"]))
def test_increasing_transformations_change_nothing(
    reference: list[int], current: list[int], bins: int, kind: str
) -> None:
    transform = {"cube": lambda x: x**3, "exp": lambda x: np.exp(x / 20), "affine": lambda x: 3 * x + 7}[kind]
    x, y = np.array(reference, dtype=float), np.array(current, dtype=float)
    plain, moved = quantile_edges(x, bins), quantile_edges(transform(x), bins)
    before = [bin_counts(sample, plain).tolist() for sample in (x, y)]
    after = [bin_counts(transform(sample), moved).tolist() for sample in (x, y)]
    assert before == after


@given(SAMPLES, st.integers(2, 10))
def test_bins_are_never_empty_in_the_reference_and_lose_nobody(reference: list[int], bins: int) -> None:
    edges = quantile_edges(reference, bins)
    counts = bin_counts(reference, edges)
    assert counts.sum() == len(reference)
    assert list(edges) == sorted(set(edges))
    if len(set(reference)) > 1:
        assert (counts > 0).all()
        assert 2 <= len(counts) <= bins


@given(SAMPLES, st.integers(2, 10))
def test_counted_values_give_the_same_edges(reference: list[int], bins: int) -> None:
    values, counts = np.unique(reference, return_counts=True)
    assert quantile_edges(values[::-1], bins, counts[::-1]).tolist() == quantile_edges(reference, bins).tolist()


def test_one_outlier_changes_nothing_worth_telling() -> None:
    """A pair of ±80,995 in the reference: the market leader's equal-width bins miss a real doubling after it."""
    rng = np.random.default_rng(1)
    reference, current = rng.lognormal(2, 1, 20_000), 2 * rng.lognormal(2, 1, 20_000)
    spoilt = np.concatenate([reference, [80_995, -80_995]])
    values = []
    for sample in (reference, spoilt):
        edges = quantile_edges(sample, 10)
        values.append(psi_of_counts(bin_counts(sample, edges), bin_counts(current, edges)))
    assert values[0] > 0.3
    assert values[1] == pytest.approx(values[0], rel=0.01)


def test_heavy_values_get_bins_of_their_own() -> None:
    assert quantile_edges([1] * 5 + [2] * 95, 10).tolist() == [1]
    assert bin_counts([1, 2, 3], quantile_edges([1] * 5 + [2] * 95, 10)).tolist() == [1, 2]
    constant = quantile_edges([7.0] * 30, 10)
    assert bin_counts([6, 7, 7, 8], constant).tolist() == [1, 2, 1]


def test_shares_must_be_comparable() -> None:
    with pytest.raises(ValueError, match="positive"):
        psi([0.5, 0.5], [1.0, 0.0])
    with pytest.raises(ValueError, match="compared"):
        psi([0.5, 0.5], [0.2, 0.3, 0.5])
    with pytest.raises(ValueError, match="without values"):
        quantile_edges([], 10)
    assert psi_limit(10, 10, 1) == 0.0
