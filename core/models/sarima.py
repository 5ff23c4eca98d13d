"""SARIMA: weekday, holiday and yearly regressors with ARMA errors on log1p of open days, three forms weighted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd

from core.models import frames, sarima_forms
from core.models.arma import Arma
from core.models.base import Calendars, Fold, Forecaster
from core.models.observed import observed, weekday_means
from core.models.regression import Design, design, known_regressors
from core.models.sarima_forms import Form, State
from core.series.days import Flags, Ints, day_range, weekday
from core.series.panel import Panel, Series, Values
from core.series.panel_calendar import Calendar, open_rows

MEAN_OF_LAST = 13
"""Same weekdays in the fallback's mean."""
CAP = 5.0
"""A forecast above this multiple of the past maximum is not believed: the fallback replaces it."""


@dataclass(frozen=True)
class Parameters:
    """Estimated at one origin; ``trial``: estimated 84 days earlier, to weigh the forms by their errors since then."""

    final: tuple[Form, ...]
    trial: tuple[Form, ...]


@dataclass(frozen=True)
class Fitted:
    """One series at its origin. Without ``states`` it is forecast by the mean of its last 13 same weekdays."""

    weekday_mean: Values  # shape (7,)
    maximum: float
    states: tuple[State, ...] = ()
    weights: Values | None = None

    def path(self, matrix: Values, weekdays: Ints, is_open: Flags) -> Values:
        """Forecasts of the coming days, shape (days,): values of open days, anything on closed ones."""
        fallback = self.weekday_mean[weekdays]
        if not self.states or self.weights is None or not is_open.any():
            return np.asarray(fallback)
        log = self.weights @ np.stack([state.path(matrix[is_open]) for state in self.states])
        mean = np.expm1(np.minimum(log, 700.0))
        if not np.isfinite(mean).all() or mean.max() > CAP * self.maximum:
            return np.asarray(fallback)
        values = np.zeros(len(is_open))
        values[is_open] = mean
        return values


class Sarima(Forecaster):
    """Regression with ARMA errors in three forms (see sarima_forms), averaged in logs with weights 1/error².

    The forecast is a median (no correction for the log). Series that are intermittent, constant or have fewer than
    ``min_history`` observed days, and forecasts that are not finite or above 5 × the past maximum, get the mean of
    the last 13 same weekdays instead. Backtests estimate parameters every 28 days and only move the state
    between.
    """

    name: ClassVar[str] = "sarima"
    min_history: ClassVar[int] = 56
    per_series: ClassVar[bool] = True
    refit_days: ClassVar[int] = 28
    seconds_each: ClassVar[float] = 0.05

    series: tuple[Series, ...]
    calendar: Calendar
    origin: dt.date
    fitted: tuple[Fitted, ...]
    known: Values | None  # standardised known regressors after the origin: (series, regressors, days ahead)

    def fit(self, panel: Panel, calendar: Calendar) -> Self:
        ahead = max((values.shape[1] - panel.n_days for values in panel.known.values()), default=0)
        work = _Work(panel, max(ahead, 0), calendar.country)
        self.series, self.calendar, self.origin = panel.series, calendar, panel.last_day
        self.fitted = tuple(work.fitted(row, panel.n_days, calendar, None)[0] for row in range(len(panel.series)))
        self.known = work.future_known()
        return self

    def forecast(self, horizon: int) -> pd.DataFrame:
        days = frames.horizon_days(self.origin, horizon)
        weekdays, is_open = weekday(days), open_rows(self.calendar, len(self.series), days)
        mean = np.empty((len(self.series), horizon))
        shared = None if self.known is not None else design(days, self.calendar.country)
        for row, one in enumerate(self.fitted):
            regressors = shared or design(days, self.calendar.country, _ahead(self.known, row, horizon))
            mean[row] = one.path(regressors.matrix, weekdays, is_open[row])
        return frames.point_frame(self.series, days, mean, is_open)

    def backtest(self, panel: Panel, folds: Sequence[Fold], calendars: Calendars) -> pd.DataFrame:
        parameters: list[Parameters | None] = [None] * len(panel.series)
        points = []
        ordered = sorted(folds, key=lambda one: one.origin)
        for fold, anew in zip(ordered, self.refits(ordered, self.refit_every), strict=True):
            known, calendar = panel.until(fold.origin), calendars(fold.origin)
            work = _Work(known, fold.horizon, calendar.country)
            days = frames.horizon_days(fold.origin, fold.horizon)
            weekdays, is_open = weekday(days), open_rows(calendar, len(panel.series), days)
            mean = np.empty((len(panel.series), fold.horizon))
            for row in range(len(panel.series)):
                previous = None if anew else parameters[row]
                one, parameters[row] = work.fitted(row, known.n_days, calendar, previous)
                mean[row] = one.path(work.design(row).matrix[known.n_days :], weekdays, is_open[row])
            frame = frames.point_frame(panel.series, days, mean, is_open)
            points.append(frame.assign(cutoff=pd.Timestamp(fold.origin)))
        return pd.concat(points, ignore_index=True)

    def notes(self) -> dict[str, str]:
        found = {}
        for one, state in zip(self.series, self.fitted, strict=True):
            early = [form.form.name for form in state.states if not form.form.errors.converged]
            if not state.states:
                found[str(one)] = f"too short, sparse or constant: mean of the last {MEAN_OF_LAST} same weekdays"
            elif early:
                found[str(one)] = f"the search for parameters stopped early in the form {', '.join(early)}"
        return found

    def to_dir(self, path: Path) -> None:
        state = {
            "origin": self.origin.isoformat(),
            "fitted": [_fitted_to_json(one) for one in self.fitted],
            "known": None if self.known is None else self.known.tolist(),
        }
        frames.save(path, self.name, self.series, self.calendar, **state)

    @classmethod
    def from_dir(cls, path: Path) -> Self:
        model = cls()
        model.series, model.calendar, state = frames.load(path, cls.name)
        model.origin = dt.date.fromisoformat(state["origin"])
        model.fitted = tuple(_fitted_from_json(one) for one in state["fitted"])
        model.known = None if state["known"] is None else np.array(state["known"], dtype=np.float64)
        return model


class _Work:
    """One panel as known at an origin, with what all its series share."""

    def __init__(self, panel: Panel, ahead: int, country: str | None) -> None:
        self.panel, self.ahead, self.country = panel, ahead, country
        self.days = day_range(panel.first_day, panel.n_days + ahead)
        self._shared = None if panel.known else design(self.days, country)
        self._observed: tuple[Values, Flags, Values] | None = None

    def design(self, row: int) -> Design:
        """Regressors of the past days and of ``ahead`` further ones."""
        if self._shared is not None:
            return self._shared
        return design(self.days, self.country, known_regressors(self.panel, row, len(self.days)))

    def future_known(self) -> Values | None:
        if not self.panel.known:
            return None
        rows = [known_regressors(self.panel, row, len(self.days)) for row in range(len(self.panel.series))]
        return np.stack([row[:, self.panel.n_days :] for row in rows if row is not None])

    def fitted(
        self, row: int, end: int, calendar: Calendar, parameters: Parameters | None
    ) -> tuple[Fitted, Parameters | None]:
        """The series at its origin, with ``parameters`` or, if None, with newly estimated ones."""
        known, intermittent, means = self._seen(calendar)
        values = known[row]
        n_observed = int((~np.isnan(values)).sum())
        maximum = float(np.nanmax(values)) if n_observed else 0.0
        simple = Fitted(means[row], maximum)
        if intermittent[row] or n_observed < Sarima.min_history or np.nanmin(values) == maximum:
            return simple, None
        log = np.log1p(np.maximum(values, 0.0))
        regressors = self.design(row)
        if parameters is None:
            parameters = _estimate(regressors, log, end)
        if parameters is None:
            return simple, None
        errors = np.full(len(parameters.final), np.nan)
        if parameters.trial:
            errors = sarima_forms.validation_errors(parameters.trial, regressors, log, end)
        at = tuple(sarima_forms.states(form, regressors, log, (end,))[0] for form in parameters.final)
        return Fitted(means[row], maximum, at, sarima_forms.weights(errors)), parameters

    def _seen(self, calendar: Calendar) -> tuple[Values, Flags, Values]:
        if self._observed is None:
            days = self.panel.days
            known, intermittent = observed(self.panel.values, calendar.is_open(days))
            self._observed = known, intermittent, weekday_means(known, weekday(days), MEAN_OF_LAST)
        return self._observed


def _estimate(regressors: Design, log: Values, end: int) -> Parameters | None:
    days = sarima_forms.training_days(log, end)
    if len(days) < Sarima.min_history:
        return None
    names = sarima_forms.form_names(len(days))
    final = tuple(sarima_forms.fit_form(name, regressors, log, days) for name in names)
    trial_days = sarima_forms.training_days(log, end - sarima_forms.VALIDATION[0])
    if end < sarima_forms.VALIDATION_NEEDS or len(trial_days) < Sarima.min_history:
        return Parameters(final, ())
    return Parameters(final, tuple(sarima_forms.fit_form(name, regressors, log, trial_days) for name in names))


def _ahead(known: Values | None, row: int, horizon: int) -> Values | None:
    """Known regressors of one series for ``horizon`` days; their past mean (0) where none are known any more."""
    if known is None:
        return None
    there = known[row, :, :horizon]
    return np.pad(there, ((0, 0), (0, horizon - there.shape[1])))


def _fitted_to_json(one: Fitted) -> dict[str, Any]:
    return {
        "weekday_mean": one.weekday_mean.tolist(),
        "maximum": one.maximum,
        "weights": None if one.weights is None else one.weights.tolist(),
        "forms": [
            {
                "name": state.form.name,
                "beta": state.form.beta.tolist(),
                "phi": state.form.errors.phi,
                "theta": state.form.errors.theta,
                "converged": state.form.errors.converged,
                "level": state.level,
                "step": state.step,
            }
            for state in one.states
        ],
    }


def _fitted_from_json(data: dict[str, Any]) -> Fitted:
    states = tuple(
        State(
            Form(form["name"], np.array(form["beta"]), Arma(form["phi"], form["theta"], form["converged"])),
            form["level"],
            form["step"],
        )
        for form in data["forms"]
    )
    weights = None if data["weights"] is None else np.array(data["weights"])
    return Fitted(np.array(data["weekday_mean"]), data["maximum"], states, weights)
