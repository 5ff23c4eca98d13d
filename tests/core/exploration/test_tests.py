"""Correlations and both tests of the level, against statsmodels and against slow loops."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.exploration.correlation import autocorrelation, correlations, partial
from core.exploration.stationarity import adf, kpss, stationarity, verdict
from core.series.panel import Values


def walk(n: int, memory: float, seed: int) -> Values:
    """A first-order process; ``memory`` 1 wanders."""
    steps, values = np.random.default_rng(seed).normal(size=n), np.zeros(n)
    for i in range(1, n):
        values[i] = memory * values[i - 1] + steps[i]
    return values


@settings(max_examples=12)
@given(st.integers(60, 400), st.floats(0, 1), st.integers(0, 999))
def test_adf_and_kpss_are_those_of_statsmodels(n, memory, seed):
    from statsmodels.tsa import stattools

    values = walk(n, memory, seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its tables end where p does
        statistic, p, lags = stattools.adfuller(values)[:3]
        k_statistic, k_p, k_lags = stattools.kpss(values, nlags="auto")[:3]
    ours, other = adf(values), kpss(values)
    assert ours.lags == lags
    assert (ours.statistic, ours.p) == pytest.approx((statistic, p), rel=1e-6, abs=1e-9)
    assert other.lags == k_lags
    assert (other.statistic, other.p) == pytest.approx((k_statistic, k_p), rel=1e-9)


@pytest.mark.parametrize("statistic", [-30.0, -18.0, -4.0, -1.61, -1.0, 0.5, 2.7, 3.0])
def test_p_of_adf_everywhere(statistic):
    from statsmodels.tsa.adfvalues import mackinnonp

    from core.exploration.stationarity import adf_p

    assert adf_p(statistic) == pytest.approx(mackinnonp(statistic), rel=1e-9, abs=1e-12)


def test_verdicts():
    assert stationarity(walk(600, 0.2, 1)).verdict == "stays"
    assert stationarity(walk(600, 1.0, 2)).verdict == "drifts"
    assert [verdict(*both) for both in ((True, True), (False, False))] == ["returns", "unclear"]
    assert stationarity(np.ones(100)) is None
    assert stationarity(walk(59, 0.5, 3)) is None


def test_correlations_are_those_of_statsmodels_without_gaps():
    from statsmodels.tsa import stattools

    values = walk(300, 0.7, 7)
    found = autocorrelation(values, np.ones(300, bool), 20)
    np.testing.assert_allclose(found, stattools.acf(values, nlags=20, adjusted=True, fft=False))
    np.testing.assert_allclose(partial(found), stattools.pacf(values, nlags=20, method="ldadjusted"), rtol=1e-6)


def test_gaps_are_left_out_pair_by_pair():
    values, known = walk(200, 0.6, 8), np.arange(200) % 7 != 5
    centred = values - values[known].mean()
    for lag, found in enumerate(autocorrelation(values, known, 9)):
        pairs = [centred[i] * centred[i - lag] for i in range(lag, 200) if known[i] and known[i - lag]]
        assert found == pytest.approx(np.mean(pairs) / np.mean(centred[known] ** 2))


def test_what_cannot_be_told_of_correlations():
    assert correlations(np.arange(40.0), np.ones(40, bool)) is None
    assert correlations(np.ones(100), np.ones(100, bool)) is None
    assert np.isnan(autocorrelation(walk(100, 0.5, 9), np.arange(100) % 2 == 0, 3)[[1, 3]]).all()
    week = correlations(np.tile(np.arange(7.0), 20), np.ones(140, bool))
    assert week.acf[6] > 0.95
    assert np.isnan(partial(np.array([1.0, 1.0, 0.5]))[1:]).all()


@pytest.mark.parametrize(
    "values",
    [
        np.r_[np.ones(5), np.zeros(95)],
        np.r_[np.zeros(95), np.ones(5)],
        np.r_[np.zeros(99), 1.0],
        np.tile([0.0, 1.0], 50),
        np.tile([0.0, 0.0, 1.0, 0.0], 30),
        np.arange(100.0),
        1e9 + np.tile([0.0, 3.0, 1.0, 0.0, 0.0, 5.0, 2.0], 20),
    ],
)
def test_what_leaves_nothing_to_test_by_has_no_verdict_or_one(values):
    """Such as a product that is hardly ever sold: whatever is told, nothing breaks."""
    found = stationarity(values)
    assert found is None or (np.isfinite(found.adf.statistic) and np.isfinite(found.kpss.statistic))


def test_changes_that_follow_from_each_other_have_no_verdict():
    assert stationarity(np.tile([0.0, 1.0], 50)) is None
    assert stationarity(np.arange(100.0)) is None
