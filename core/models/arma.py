"""ARMA(1,1) without constant: maximum likelihood by statsmodels, exact one-step predictions by plain recursion."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np

from core.series.panel import Values

ITERATIONS = 30
FLAT = 1e-8
"""Below this standard deviation a series is constant and has no dynamics to estimate."""
STARTS = tuple((phi, theta) for phi in (-0.5, 0.5, 0.9) for theta in (-0.8, -0.4, 0.2))


@dataclass(frozen=True, slots=True)
class Arma:
    """x(t) = phi · x(t−1) + e(t) + theta · e(t−1), |phi| < 1, |theta| ≤ 1."""

    phi: float = 0.0
    theta: float = 0.0
    converged: bool = True


def fit(values: Values) -> Arma:
    """Exact Gaussian maximum likelihood (state space, variance concentrated out). ``values``: shape (n,), no NaN.

    statsmodels starts where our own recursion finds the maximum of the same likelihood, so it needs few of its slow
    evaluations. Where it stops early the parameters it reached are kept and ``converged`` says so; where it finds
    nothing finite, or the values are constant, both parameters are 0.
    """
    if len(values) < 4 or float(np.std(values)) < FLAT:
        return Arma()
    from statsmodels.tsa.statespace.sarimax import SARIMAX

    model = SARIMAX(values, order=(1, 0, 1), simple_differencing=True, concentrate_scale=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # non-convergence: recorded instead
        result = model.fit(
            start_params=maximum(values), disp=0, maxiter=ITERATIONS, cov_type="none", low_memory=True, pgtol=1e-4
        )
    phi, theta = (float(value) for value in result.params)
    if not (abs(phi) < 1 and abs(theta) <= 1):  # also true for NaN
        return Arma(converged=False)
    return Arma(phi, theta, bool(result.mle_retvals["converged"]))


def maximum(values: Values) -> Values:
    """(phi, theta) at the maximum of ``log_likelihood``, searched from the best of a few starts."""
    from scipy.optimize import minimize

    def cost(point: Values) -> float:
        phi, theta = np.tanh(point)
        return -log_likelihood(values, float(phi), float(theta)) / len(values)

    best = min((np.arctanh(start) for start in STARTS), key=cost)
    found = minimize(cost, best, method="L-BFGS-B", bounds=[(-3.8, 3.8)] * 2, options={"maxiter": ITERATIONS})
    return np.asarray(np.tanh(found.x))  # tanh 3.8 = .999: strictly inside, as statsmodels asks of starting values


def log_likelihood(values: Values, phi: float, theta: float) -> float:
    """Exact Gaussian log-likelihood at the best variance, for |phi| < 1 and |theta| < 1.

    The innovations recursion of ``one_step``; once the variance has settled (to 1e-12) the rest is a linear filter.
    """
    from scipy.signal import lfilter

    variance = (1 + 2 * theta * phi + theta * theta) / (1 - phi * phi)
    predicted, squares, logs, day = 0.0, 0.0, 0.0, 0
    while day < len(values) and variance - 1 > 1e-12:
        error = float(values[day]) - predicted
        squares += error * error / variance
        logs += float(np.log(variance))
        predicted = phi * float(values[day]) + theta / variance * error
        variance = 1 + theta * theta - theta * theta / variance
        day += 1
    if day < len(values):
        errors, _ = lfilter([1.0, -phi], [1.0, theta], values[day:], zi=[-predicted])
        squares += float(errors @ errors)
    count = len(values)
    return float(-0.5 * (count * (np.log(2 * np.pi * squares / count) + 1) + logs))


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
