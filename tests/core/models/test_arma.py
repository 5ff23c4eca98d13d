"""ARMA(1,1) against statsmodels' Kalman filter and known processes."""

import numpy as np
import pytest
from statsmodels.tsa.statespace.sarimax import SARIMAX

from core.models import arma


def process(phi, theta, n, seed=0):
    shocks = np.random.default_rng(seed).normal(size=n + 1)
    values = np.zeros(n + 1)
    for day in range(1, n + 1):
        values[day] = phi * values[day - 1] + shocks[day] + theta * shocks[day - 1]
    return values[1:]


@pytest.mark.parametrize(("phi", "theta"), [(0.8, -0.3), (0.97, -0.9), (-0.4, 0.2), (0.0, 0.0), (0.5, -0.999)])
def test_predictions_equal_the_kalman_filter(phi, theta):
    values = process(phi, theta, 200)
    # The filter stops updating its variance near the steady state, the recursion does not: hence 1e-7.
    result = SARIMAX(values, order=(1, 0, 1)).filter([phi, theta, 1.0])
    ours = arma.one_step(values, arma.Arma(phi, theta))
    np.testing.assert_allclose(ours[:-1], result.filter_results.forecasts[0], atol=1e-7)
    ahead = ours[-1] * phi ** np.arange(20) if phi else ours[-1] * np.eye(1, 20)[0]
    np.testing.assert_allclose(ahead, result.forecast(20), atol=1e-7)


def test_a_longer_pass_changes_no_earlier_prediction():
    values = process(0.8, -0.3, 300)
    model = arma.Arma(0.8, -0.3)
    assert (arma.one_step(values, model)[:101] == arma.one_step(values[:100], model)).all()


def test_estimates_a_known_process():
    model = arma.fit(process(0.8, -0.3, 3000, seed=3))
    assert model.converged
    assert model.phi == pytest.approx(0.8, abs=0.04)
    assert model.theta == pytest.approx(-0.3, abs=0.05)


def test_estimates_equal_the_plain_maximum_likelihood():
    values = process(0.7, 0.2, 400)
    plain = SARIMAX(values, order=(1, 0, 1)).fit(disp=0).params
    model = arma.fit(values)
    assert (model.phi, model.theta) == pytest.approx(tuple(plain[:2]), abs=2e-3)


@pytest.mark.parametrize("values", [np.zeros(100), np.full(50, 3.0), np.array([1.0, 2.0])])
def test_nothing_to_estimate(values):
    assert arma.fit(values) == arma.Arma(0.0, 0.0, True)


@pytest.mark.parametrize(("phi", "theta"), [(0.8, -0.3), (0.97, -0.9), (-0.4, 0.2), (0.5, -0.99)])
@pytest.mark.parametrize("n", [5, 300])
def test_likelihood_equals_statsmodels(phi, theta, n):
    values = process(phi, theta, n)
    theirs = SARIMAX(values, order=(1, 0, 1), concentrate_scale=True).loglike([phi, theta])
    assert arma.log_likelihood(values, phi, theta) == pytest.approx(theirs, abs=1e-6)


@pytest.mark.parametrize("seed", range(5))
def test_own_search_finds_the_maximum(seed):
    values = process(0.9, -0.6, 300, seed)
    plain = SARIMAX(values, order=(1, 0, 1), concentrate_scale=True).fit([0.5, 0.0], disp=0, maxiter=200)
    found = arma.maximum(values)
    assert arma.log_likelihood(values, found.phi, found.theta) >= plain.llf - 1e-4


@pytest.mark.parametrize(("phi", "theta"), [(0.0, 0.0), (0.6, 0.0), (0.0, 0.6), (0.9, -0.5)])
def test_order_is_the_one_that_made_the_series(phi, theta):
    chosen = [arma.fit(process(phi, theta, 600, seed)).order for seed in range(20)]
    assert chosen.count((int(phi != 0), int(theta != 0))) >= 13  # AICc takes one parameter too many now and then


def test_aicc_equals_statsmodels():
    values = process(0.7, 0.0, 120)
    model = arma.maximum(values, (1, 0))
    theirs = SARIMAX(values, order=(1, 0, 0), concentrate_scale=True).fit(disp=0)
    assert model.phi == pytest.approx(theirs.params[0], abs=1e-3)
    assert arma.aicc(values, model) == pytest.approx(theirs.aicc, abs=1e-3)
