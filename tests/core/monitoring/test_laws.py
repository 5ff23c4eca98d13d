"""The laws of chance written out here are those of SciPy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

from core.monitoring import laws


@given(st.floats(min_value=0.0, max_value=40.0))
def test_kolmogorov(x: float) -> None:
    assert laws.kolmogorov(x) == pytest.approx(special.kolmogorov(x), rel=1e-9, abs=1e-14)


def test_normal() -> None:
    x = np.random.default_rng(1).normal(0, 4, (7, 30))
    np.testing.assert_allclose(laws.normal(x), special.ndtr(x), rtol=1e-12)


@pytest.mark.parametrize("n", [1, 2, 56, 300, 365])
def test_rank_scores(n: int) -> None:
    ranks = np.arange(0, n + 0.5, 0.5)
    np.testing.assert_allclose(laws.rank_scores(n), special.ndtri((ranks + 0.5) / (n + 1)), rtol=1e-12, atol=1e-14)


@given(st.integers(min_value=1, max_value=500), st.floats(min_value=0.01, max_value=0.9999))
def test_chi_square_quantile(freedom: int, level: float) -> None:
    expected = special.chdtri(freedom, 1.0 - level)
    assert laws.chi_square_quantile(freedom, level) == pytest.approx(expected, rel=1e-9)


@given(st.integers(min_value=1, max_value=400), st.floats(min_value=1e-6, max_value=1 - 1e-6))
def test_student_quantile(freedom: int, level: float) -> None:
    expected = special.stdtrit(freedom, level)
    assert laws.student_quantile(freedom, level) == pytest.approx(expected, rel=1e-8, abs=1e-9)
