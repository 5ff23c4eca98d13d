"""Two raw samples: the same numbers as the plain functions and SciPy, whatever the ties and extremes."""

import math
import warnings
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy import stats

from core.monitoring import two_samples
from core.monitoring.ks import ks_test
from core.monitoring.psi import bin_counts, psi_of_counts, quantile_edges
from core.monitoring.two_samples import compare_samples

TIED = st.lists(st.integers(-4, 4).map(float) | st.sampled_from([math.inf, -math.inf, -0.0]), min_size=1, max_size=60)
SPREAD = st.lists(st.floats(allow_nan=False), min_size=1, max_size=60)


def agree(reference: np.ndarray | list[float], current: np.ndarray | list[float], bins: int = 10) -> None:
    found = compare_samples(reference, current, bins)
    edges = quantile_edges(reference, bins)
    before, now = bin_counts(reference, edges), bin_counts(current, edges)
    assert found.edges.tolist() == edges.tolist()
    assert (found.reference.tolist(), found.current.tolist()) == (before.tolist(), now.tolist())
    assert found.psi == psi_of_counts(before, now)
    assert found.ks == ks_test(reference, current)
    with warnings.catch_warnings():  # about SciPy's p-value, which is not of interest here
        warnings.simplefilter("ignore")
        oracle = stats.ks_2samp(reference, current, method="asymp")
    assert found.ks.statistic == pytest.approx(oracle.statistic, abs=1e-12)


@settings(deadline=None)
@given(TIED | SPREAD, TIED | SPREAD, st.integers(2, 10), st.sampled_from([1, 2, 5, 1024]), st.sampled_from([1, 3]))
@example([math.inf], [-math.inf], 10, 1, 1)
@example([-math.inf], [0.0, -math.inf], 10, 1, 1)
@example([1.0] * 50, [1.0] * 3, 10, 1, 1)
@example([1.7e308, -1.7e308], [5e-324, 0.0], 4, 1, 1)
def test_the_same_as_the_plain_functions(
    reference: list[float], current: list[float], bins: int, cuts: int, later: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:  # few cuts, so that small samples are narrowed down in several rounds
        patch.setattr(two_samples, "FIRST_CUTS", cuts)
        patch.setattr(two_samples, "CUTS", later)
        agree(reference, current, bins)


DRAWS: dict[str, Callable[[np.random.Generator, int], np.ndarray]] = {
    "normal": lambda rng, n: rng.normal(size=n),
    "hours": lambda rng, n: rng.integers(8, 20, n).astype(float),
    "quantities with two outliers": lambda rng, n: np.append(np.ceil(rng.lognormal(1, 1.2, n)), [80_995, -80_995]),
    "prices": lambda rng, n: rng.choice([0.42, 0.85, 1.25, 1.65, 2.1, 2.95, 4.95, 12.75], n) + rng.integers(0, 2, n),
    "mostly zero": lambda rng, n: np.where(rng.random(n) < 0.9, 0.0, rng.lognormal(0, 3, n)),
    "extremes": lambda rng, n: np.concatenate([rng.standard_cauchy(n) ** 9, [math.inf, -math.inf] * 50]),
}


@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)
@pytest.mark.parametrize(("n", "m"), [(30_000, 30_000), (40_000, 8_000), (8_000, 40_000), (50_000, 700), (3, 20_000)])
@pytest.mark.parametrize("change", [0.0, 0.02, 1.0])
def test_large_samples(draw: Callable[[np.random.Generator, int], np.ndarray], n: int, m: int, change: float) -> None:
    rng = np.random.default_rng(n + m)
    agree(draw(rng, n), draw(rng, m) * (1 + change))


def test_samples_that_hardly_differ() -> None:
    """Where nothing can be ruled out, the answer is still exact."""
    values = np.random.default_rng(2).normal(size=20_000)
    agree(values, values)
    assert compare_samples(values, values).ks == (0.0, 1.0)
    agree(values, np.append(values[:-1], 3.0))


def test_published_values() -> None:
    assert compare_samples(range(1, 11), range(4, 14)).ks == pytest.approx((0.3, 0.7869297885), abs=1e-9)
    assert compare_samples([1, 2, 2, 3, 3], [1, 2, 3, 3, 4, 5]).ks == pytest.approx((1 / 3, 0.8181818182), abs=1e-9)


@given(st.lists(st.sampled_from([math.nan, 1.0, 2.0, math.inf, -math.inf]), max_size=30))
def test_missing_values_are_left_out_and_counted(reference: list[float]) -> None:
    current = [math.nan, 2.0, -math.nan, 1.0, 1.0]
    present = [value for value in reference if not math.isnan(value)]
    if not present:
        with pytest.raises(ValueError, match="both samples"):
            compare_samples(reference, current)
        return
    found, plain = compare_samples(reference, current), compare_samples(present, [2.0, 1.0, 1.0])
    assert (found.psi, found.ks, found.edges.tolist()) == (plain.psi, plain.ks, plain.edges.tolist())
    assert (found.n_reference, found.missing_reference) == (len(present), len(reference) - len(present))
    assert (found.n_current, found.missing_current) == (3, 2)


def test_input_is_left_as_it_was() -> None:
    reference, current = np.array([3.0, 1.0, 2.0]), np.array([2.0, 1.0], dtype=np.float32)
    compare_samples(reference, current)
    assert reference.tolist() == [3.0, 1.0, 2.0]
    assert current.tolist() == [2.0, 1.0]
