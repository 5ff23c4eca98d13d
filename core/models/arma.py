"""ARMA(p,q), p, q ≤ 1, without constant: exact likelihood by recursion, order by AICc, exact one-step predictions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.series.panel import Values

ITERATIONS = 30
FLAT = 1e-8
"""Below this standard deviation a series is constant and has no dynamics to estimate."""
FARTHEST = 3.8
"""tanh of it is .999: parameters stay strictly inside the region where the likelihood is defined."""
ORDERS = ((0, 0), (1, 0), (0, 1), (1, 1))
"""(p, q) that are tried; what else a SARIMA has are regressors (week, year) and forms (differences)."""
STARTS = tuple((phi, theta) for phi in (-0.5, 0.5, 0.9) for theta in (-0.8, -0.4, 0.2))


@dataclass(frozen=True, slots=True)
class Arma:
    """x(t) = phi · x(t−1) + e(t) + theta · e(t−1), |phi| < 1, |theta| ≤ 1."""

    phi: float = 0.0
    theta: float = 0.0
    converged: bool = True

    @property
    def order(self) -> tuple[int, int]:
        return int(self.phi != 0), int(self.theta != 0)


def fit(values: Values) -> Arma:
    """Exact Gaussian maximum likelihood, variance concentrated out. ``values``: shape (n,), no NaN.

    The order is that of ORDERS with the lowest AICc (Hurvich & Tsai 1989). Where the search stops early the parameters
    it reached are kept and ``converged`` says so. Constant values have no dynamics: both parameters are 0.
    """
    if len(values) < 4 or float(np.std(values)) < FLAT:
        return Arma()
    found = [maximum(values, order) for order in ORDERS]
    return min(found, key=lambda one: aicc(values, one))


def aicc(values: Values, model: Arma) -> float:
    """−2 log L + 2 k n / (n − k − 1) with k parameters, the variance among them; infinite where n is too small."""
    n_parameters = sum(model.order) + 1
    rest = len(values) - n_parameters - 1
    if rest <= 0:
        return float("inf") if n_parameters > 1 else 0.0
    return -2 * log_likelihood(values, model.phi, model.theta) + 2 * n_parameters * len(values) / rest


def maximum(values: Values, order: tuple[int, int] = (1, 1)) -> Arma:
    """The maximum of ``log_likelihood`` over the parameters that ``order`` leaves free; the others are 0."""
    from scipy.optimize import minimize, minimize_scalar

    def cost(phi: float, theta: float) -> float:
        return -log_likelihood(values, float(np.tanh(phi)), float(np.tanh(theta))) / len(values)

    if order == (0, 0):
        return Arma()
    if order == (1, 1):
        start = min((np.arctanh(pair) for pair in STARTS), key=lambda pair: cost(*pair))
        found = minimize(
            lambda pair: cost(*pair), start, method="L-BFGS-B", bounds=[(-FARTHEST, FARTHEST)] * 2,
            options={"maxiter": ITERATIONS},
        )  # fmt: skip
        phi, theta = np.tanh(found.x).tolist()
        return Arma(phi, theta, bool(found.success))
    single = (lambda x: cost(x, 0.0)) if order == (1, 0) else (lambda x: cost(0.0, x))
    found = minimize_scalar(single, bounds=(-FARTHEST, FARTHEST), method="bounded", options={"xatol": 1e-4})
    value = float(np.tanh(found.x))
    return Arma(value, 0.0, bool(found.success)) if order == (1, 0) else Arma(0.0, value, bool(found.success))


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
