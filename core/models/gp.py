"""Gaussian process: a wandering level, a short memory, the week, the year and regressors, in closed form."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd

from core.models import frames
from core.models.base import Forecaster
from core.models.gp_kernel import KERNELS, Index, Solved
from core.models.gp_paths import MIN_OBSERVED, Group, covariance, groups
from core.models.guard import Guard, inverse_powers
from core.models.history import History
from core.models.regression import holidays_near
from core.series.days import day_range
from core.series.panel import Panel, Series, Values
from core.series.panel_calendar import Calendar, open_rows

VALIDATION = (84, 56, 28)
"""Origins of the weights, in days before the end; each is scored over the 28 days after it."""
VALIDATION_DAYS = 28
POWER = 8
"""Weights are 1 / error ** POWER: the candidates are much alike, so only clear differences tell."""
WEIGHTS_FILE = "weights.npz"


@dataclass(frozen=True)
class _Fitted:
    """One series: a forecast is centre + Σ over kernels of covariance(day) · alpha."""

    observed: Index
    centre: float
    alpha: Values  # shape (kernels, observed), weighted by the kernels' past accuracy


class GaussianProcess(Forecaster):
    """A mean of four Gaussian processes on log1p of open days (core.models.gp_kernel), weighted by their past errors.

    Covariances are fixed but for their scale, which does not matter: nothing is searched, so a fit is a few Cholesky
    factors and the same input gives the same bytes. The forecast is a median (no correction for the log). Series with
    fewer than ``min_history`` observed days, and forecasts that the guard does not believe, get the mean of the last 13
    same weekdays. Known regressors have a linear effect on the log scale.
    """

    name: ClassVar[str] = "gp"
    min_history: ClassVar[int] = MIN_OBSERVED
    per_series: ClassVar[bool] = True
    seconds_each: ClassVar[float] = 0.02

    series: tuple[Series, ...]
    calendar: Calendar
    first_day: dt.date
    n_days: int
    guard: Guard
    fitted: dict[int, _Fitted]
    known: Values  # standardised known regressors of all days: (series, regressors, days)

    def fit(self, panel: Panel, calendar: Calendar) -> Self:
        ahead = max((values.shape[1] - panel.n_days for values in panel.known.values()), default=0)
        history = History(panel, calendar, max(ahead, 0))
        self.series, self.calendar = panel.series, calendar
        self.first_day, self.n_days, self.known = panel.first_day, panel.n_days, history.known
        self.guard = Guard.of(history)
        self.fitted = {}
        for group in groups(history, np.flatnonzero(~self.guard.constant).tolist()):
            candidates = [group.solved(kernel) for kernel in KERNELS]
            halves = [
                solved.half(np.arange(max(history.n_days - VALIDATION[0], 0), history.n_days)) for solved in candidates
            ]
            for row in group.rows:
                self.fitted[row] = _fit(history, row, group, candidates, halves)
        return self

    def forecast(self, horizon: int) -> pd.DataFrame:
        ahead = frames.horizon_days(self._origin, horizon)
        is_open = open_rows(self.calendar, len(self.series), ahead)
        days = day_range(self.first_day, self.n_days + horizon)
        near = holidays_near(days, self.calendar.country)
        targets = np.arange(self.n_days, self.n_days + horizon)
        log = np.full((len(self.series), horizon), np.nan)
        for row, one in self.fitted.items():
            known = self.known[row][:, : len(days)]
            # Beyond what is known in advance a regressor is at its past mean, 0.
            known = np.pad(known, ((0, 0), (0, len(days) - known.shape[1])))
            regressors = np.column_stack([near, known.T])
            log[row] = one.centre + sum(
                (covariance(kernel, one.observed, targets, regressors) * alpha).sum(axis=1)
                for kernel, alpha in zip(KERNELS, one.alpha, strict=True)
            )
        return frames.point_frame(self.series, ahead, self.guard.believed(log, ahead, is_open), is_open)

    def notes(self) -> dict[str, str]:
        return self.guard.notes(self.series, MIN_OBSERVED)

    @property
    def _origin(self) -> dt.date:
        return self.first_day + dt.timedelta(days=self.n_days - 1)

    def to_dir(self, path: Path) -> None:
        rows = sorted(self.fitted)
        state: dict[str, Any] = {
            "first_day": self.first_day.isoformat(),
            "n_days": self.n_days,
            "guard": self.guard.to_json(),
            "kernels": [asdict(kernel) for kernel in KERNELS],
            "rows": rows,
            "centres": [self.fitted[row].centre for row in rows],
        }
        frames.save(path, self.name, self.series, self.calendar, **state)
        arrays: dict[str, Any] = {f"alpha{row}": self.fitted[row].alpha for row in rows}
        arrays |= {f"observed{row}": self.fitted[row].observed for row in rows}
        np.savez(path / WEIGHTS_FILE, known=self.known, **arrays)

    @classmethod
    def from_dir(cls, path: Path) -> Self:
        model = cls()
        model.series, model.calendar, state = frames.load(path, cls.name)
        if state["kernels"] != [asdict(kernel) for kernel in KERNELS]:
            raise ValueError(f"{path} was fitted with other kernels than this code has")
        model.first_day, model.n_days = dt.date.fromisoformat(state["first_day"]), state["n_days"]
        model.guard = Guard.from_json(state["guard"])
        with np.load(path / WEIGHTS_FILE, allow_pickle=False) as arrays:
            model.known = arrays["known"]
            model.fitted = {
                row: _Fitted(arrays[f"observed{row}"], centre, arrays[f"alpha{row}"])
                for row, centre in zip(state["rows"], state["centres"], strict=True)
            }
        return model


def _fit(history: History, row: int, group: Group, candidates: list[Solved], halves: list[Values]) -> _Fitted:
    values = history.log[row, group.observed]
    centre = float(values.mean())
    alphas = [solved.weights(values - centre) for solved in candidates]
    errors = np.array(
        [
            _validation_error(history.log[row], group.observed, solved.innovations(values - centre), half, centre)
            for solved, half in zip(candidates, halves, strict=True)
        ]
    )
    return _Fitted(group.observed, centre, np.stack(alphas) * inverse_powers(errors, POWER)[:, None])


def _validation_error(log: Values, observed: Index, innovations: Values, half: Values, centre: float) -> float:
    """Mean |log error| of 28-day forecasts from 84, 56 and 28 days before the end; NaN where that is too early."""
    n_days = len(log)
    misses = []
    for back in VALIDATION:
        known = int(np.searchsorted(observed, n_days - back))
        if known < 2 * MIN_OBSERVED:
            return float("nan")
        start = half.shape[1] - back
        path = centre + innovations[:known] @ half[:known, start : start + VALIDATION_DAYS]
        misses.append(np.abs(log[n_days - back : n_days - back + VALIDATION_DAYS] - path))
    found = np.concatenate(misses)
    found = found[~np.isnan(found)]
    return float(found.mean()) if found.size else float("nan")
