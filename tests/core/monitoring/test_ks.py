"""KS against published values, SciPy, and its properties."""

import math
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from core.monitoring import ks
from core.monitoring.ks import ks_of_counts, ks_test

SAMPLES = st.lists(st.integers(-20, 20), min_size=1, max_size=40)


def test_published_values() -> None:
    result = ks_test(range(1, 11), range(4, 14))
    assert result.statistic == pytest.approx(0.3, abs=1e-12)
    assert result.p == pytest.approx(0.7869297885, abs=1e-9)
    tied = ks_test([1, 2, 2, 3, 3], [1, 2, 3, 3, 4, 5])
    assert tied.statistic == pytest.approx(1 / 3, abs=1e-12)
    assert tied.p == pytest.approx(0.8181818182, abs=1e-9)


@pytest.mark.parametrize(("delta", "expected"), [(0.25, 0.099476), (0.5, 0.197413), (1.0, 0.382925)])
def test_shifted_normal(delta: float, expected: float) -> None:
    """Samples that are quantiles of the two laws: D → 2Φ(δ/2) − 1."""
    grid = stats.norm.ppf((np.arange(20_000) + 0.5) / 20_000)
    assert ks_test(grid, grid + delta).statistic == pytest.approx(expected, abs=1e-4)


@given(SAMPLES, SAMPLES)
def test_agrees_with_scipy(first: list[int], second: list[int]) -> None:
    result = ks_test(first, second)
    with warnings.catch_warnings(record=True) as fallbacks:  # where SciPy's exact method gives up it says so
        warnings.simplefilter("always")
        oracle = stats.ks_2samp(first, second, method="exact")
    assert result.statistic == pytest.approx(oracle.statistic, abs=1e-12)
    if not fallbacks:
        assert result.p == pytest.approx(oracle.pvalue, abs=1e-9)


@given(st.integers(1, 25), st.integers(1, 25), st.data())
def test_p_counts_lattice_paths(n: int, m: int, data: st.DataObject) -> None:
    """Against whole-number counting of the paths that stay inside."""
    distance = data.draw(st.integers(1, n * m))
    inside = {(0, 0): 1}
    for i in range(n + 1):
        for j in range(m + 1):
            if (i, j) != (0, 0):
                free = abs(i * m - j * n) < distance
                inside[i, j] = (inside.get((i - 1, j), 0) + inside.get((i, j - 1), 0)) * free
    assert ks._exact(n, m, distance) == pytest.approx(1 - inside[n, m] / math.comb(n + m, n), abs=1e-12)


def test_small_p_values_keep_their_precision() -> None:
    first, second = np.arange(60), np.arange(60) + 1000
    assert ks_test(first, second).p == pytest.approx(stats.ks_2samp(first, second, method="exact").pvalue, rel=1e-9)


def test_large_samples_use_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(5)
    first, second = rng.normal(size=800), rng.normal(0.1, size=700)
    exact = ks_test(first, second)
    monkeypatch.setattr(ks, "EXACT_UP_TO", 0)
    limit = ks_test(first, second)
    assert limit.statistic == exact.statistic
    assert limit.p == pytest.approx(exact.p, abs=0.02)


def test_a_handful_against_very_many_does_not_take_the_long_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ks, "_exact", None)
    assert 0 < ks_of_counts([1, 0], [1_000_000, 500_000]).p <= 1


@given(SAMPLES, SAMPLES, st.sampled_from([lambda x: x**3, lambda x: np.exp(x / 10)]))
def test_properties(first: list[int], second: list[int], transform: object) -> None:
    x, y = np.array(first, dtype=float), np.array(second, dtype=float)
    result = ks_test(x, y)
    assert 0 <= result.statistic <= 1
    assert 0 < result.p <= 1
    assert ks_test(y, x) == pytest.approx(result, abs=1e-12)
    assert ks_test(transform(x), transform(y)) == result
    assert ks_test(x, x) == (0.0, 1.0)
    assert (result.statistic == 0) == (ks_of_counts(*_counts(x, y)).statistic == 0)


def _counts(x: np.ndarray, y: np.ndarray) -> tuple[list[int], list[int]]:
    values = sorted(set(x) | set(y))
    return [list(x).count(v) for v in values], [list(y).count(v) for v in values]


def test_empty_samples_are_refused() -> None:
    with pytest.raises(ValueError, match="both samples"):
        ks_test([], [1.0])
