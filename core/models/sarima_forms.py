"""The three regressions with ARMA errors that SARIMA weighs, for one series on the log scale.

yearly: regressors with the yearly Fourier terms, ARMA(1,1) errors; holds the level near its long-run mean.
wander: regressors without them, estimated on differences, ARIMA(1,1,1) errors; follows the level.
plain:  regressors without them, ARMA(1,1) errors.
Errors are taken on observed days in sequence: closed and missing days are no time for them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.models import arma
from core.models.regression import MIN_OCCURRENCES, Design, ridge
from core.series.panel import Values

FORMS = ("yearly", "wander", "plain")
YEARLY_NEEDS = 120
"""Observed days below which the yearly form is left out."""
TRAINING_DAYS = 1100
VALIDATION = (84, 56, 28)
"""Origins of the weights, in days before the end; parameters for them are estimated at the first one."""
VALIDATION_DAYS = 28
VALIDATION_NEEDS = 204
"""Days of history below which all forms weigh the same."""

Index = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Form:
    """Estimated parameters of one form."""

    name: str
    beta: Values
    errors: arma.Arma

    @property
    def differenced(self) -> bool:
        return self.name == "wander"


@dataclass(frozen=True)
class State:
    """Where a form stands at an origin: all that its forecast needs."""

    form: Form
    level: float  # the last error (wander), else 0
    step: float  # the forecast of the next error, or of its change

    def path(self, matrix: Values) -> Values:
        """Log forecasts of the coming open days whose regressors are given, shape (number of days,)."""
        decay = self.step * self.form.errors.phi ** np.arange(len(matrix))
        errors = self.level + (np.cumsum(decay) if self.form.differenced else decay)
        return np.asarray(matrix @ self.form.beta + errors)


def form_names(n_observed: int) -> tuple[str, ...]:
    return FORMS if n_observed >= YEARLY_NEEDS else FORMS[1:]


def training_days(log: Values, end: int) -> Index:
    """Observed days among the last TRAINING_DAYS before day number ``end``."""
    start = max(end - TRAINING_DAYS, 0)
    return start + np.flatnonzero(~np.isnan(log[start:end]))


def fit_form(name: str, design: Design, log: Values, days: Index) -> Form:
    """Ridge regression on the observed ``days``, then ARMA(1,1) on its errors."""
    matrix, target = design.matrix[days].copy(), log[days]
    matrix[:, design.rare & ((matrix != 0).sum(axis=0) < MIN_OCCURRENCES)] = 0.0
    if name != "yearly":
        matrix[:, design.fourier] = 0.0
    if name == "wander":
        beta = ridge(np.diff(matrix, axis=0), np.diff(target), design.ridge)
        errors = np.diff(target - matrix @ beta)
    else:
        beta = ridge(matrix, target, design.ridge)
        errors = target - matrix @ beta
    return Form(name, beta, arma.fit(errors))


def states(form: Form, design: Design, log: Values, ends: tuple[int, ...]) -> list[State]:
    """Where the form stands after each of the day numbers ``ends`` (ascending), by one pass over the days.

    A state uses days before its end only; that it is cut out of a longer pass changes nothing.
    """
    days = training_days(log, ends[-1])
    errors = log[days] - design.matrix[days] @ form.beta
    steps = arma.one_step(np.diff(errors) if form.differenced else errors, form.errors)
    known = [int(count) for count in np.searchsorted(days, ends)]
    if form.differenced:
        return [
            State(form, float(errors[count - 1]), float(steps[count - 1])) if count else State(form, 0.0, 0.0)
            for count in known
        ]
    return [State(form, 0.0, float(steps[count])) for count in known]


def validation_errors(forms: tuple[Form, ...], design: Design, log: Values, end: int) -> Values:
    """Mean |log error| of every form over forecasts of 28 days from 84, 56 and 28 days before ``end``."""
    ends = tuple(end - back for back in VALIDATION)
    targets = [start + np.flatnonzero(~np.isnan(log[start : start + VALIDATION_DAYS])) for start in ends]
    errors = np.full(len(forms), np.nan)
    for index, form in enumerate(forms):
        misses = [
            np.abs(log[days] - state.path(design.matrix[days]))
            for state, days in zip(states(form, design, log, ends), targets, strict=True)
        ]
        all_misses = np.concatenate(misses)
        if all_misses.size:
            errors[index] = all_misses.mean()
    return errors


def weights(errors: Values) -> Values:
    """1 / error², summing to 1; equal if an error is unknown."""
    if not np.isfinite(errors).all():
        return np.full(len(errors), 1 / len(errors))
    inverse = 1 / np.maximum(errors, 1e-6) ** 2
    return np.asarray(inverse / inverse.sum())
