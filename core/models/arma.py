"""ARMA(1,1) without constant: maximum likelihood by statsmodels, exact one-step predictions by plain recursion."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np

from core.series.panel import Values

ITERATIONS = 30
FLAT = 1e-8
"""Below this standard deviation a series is constant and has no dynamics to estimate."""


@dataclass(frozen=True, slots=True)
class Arma:
    """x(t) = phi · x(t−1) + e(t) + theta · e(t−1), |phi| < 1, |theta| < 1."""

    phi: float = 0.0
    theta: float = 0.0
    converged: bool = True


def fit(values: Values) -> Arma:
    """Exact Gaussian maximum likelihood (state space, variance concentrated out). ``values``: shape (n,), no NaN.

    Where the optimiser stops early the parameters it reached are kept and ``converged`` says so; where it finds
    nothing finite, or the values are constant, both parameters are 0.
    """
    if len(values) < 4 or float(np.std(values)) < FLAT:
        return Arma()
    from statsmodels.tsa.statespace.sarimax import SARIMAX

    model = SARIMAX(values, order=(1, 0, 1), simple_differencing=True, concentrate_scale=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # starting values and convergence: the outcome is recorded instead
        result = model.fit(disp=0, maxiter=ITERATIONS, cov_type="none", low_memory=True)
    phi, theta = (float(value) for value in result.params)
    if not (abs(phi) < 1 and abs(theta) <= 1):  # also true for NaN
        return Arma(converged=False)
    return Arma(phi, theta, bool(result.mle_retvals["converged"]))


def one_step(values: Values, model: Arma) -> Values:
    """Best linear predictions of x(0), …, x(n) from the values before each, shape (n + 1,).

    The innovations algorithm for ARMA(1,1) (Brockwell & Davis 1991, example 5.3.4): equal to the Kalman filter from
    the stationary start. The last one is the forecast; h steps ahead it is multiplied by phi ** (h − 1).
    """
    phi, theta = model.phi, model.theta
    variance = (1 + 2 * theta * phi + theta * theta) / (1 - phi * phi)
    predictions = [0.0]
    predicted = 0.0
    for value in values.tolist():
        predicted = phi * value + theta / variance * (value - predicted)
        variance = 1 + theta * theta - theta * theta / variance
        predictions.append(predicted)
    return np.array(predictions)
