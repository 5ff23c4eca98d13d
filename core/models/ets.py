"""Exponential smoothing of level and weekly season on log1p of open days: the mean of the best of a parameter grid."""

from __future__ import annotations

import datetime as dt
from abc import abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Self

import numpy as np
import pandas as pd

from core.models import frames
from core.models.base import Forecaster
from core.models.observed import observed
from core.models.regression import RIDGE_KNOWN, RIDGE_WEEKDAY, known_regressors, ridge
from core.models.weekday_mean import MEAN_OF_LAST, value_range, weeks_of_means
from core.series.days import Flags, Ints, weekday
from core.series.panel import Panel, Series, Values
from core.series.panel_calendar import Calendar, open_rows

ALPHAS = (0.02, 0.05, 0.1, 0.2, 0.35, 0.6)
GAMMAS = (0.01, 0.05, 0.12)
CLIP = 1.2
"""An error counts as at most so much (on the log scale: a factor of 3.3), so that one odd day moves little …"""
CLIP_SPREADS = 3.0
"""… or as this multiple of the series' mean absolute deviation: where zeros and sales alternate, no day is odd."""
DISCOUNT = 0.998
"""Weight of an error for every day that has passed since."""
BEST = 5
START_DAYS = 56
"""Observed days that the first level and season are made of."""
BLOCK_DAYS = 56
"""Days that share a level while the effect of known regressors is estimated."""
CAP = 5.0
"""A forecast above this multiple of the past maximum is not believed: the weekday mean replaces it."""


@dataclass(frozen=True)
class Smoothed:
    """What smoothing says of series at their origin, on the scale log1p. A week that is not finite is not believed."""

    week: Values  # level + weekday, Monday first: (series, 7)
    drift: Values  # how much more every further open day gets at first: (series,)
    reach: Values  # open days of drift that all the future comes to at most, at least 1: (series,)


class LogSmoother(Forecaster):
    """What ETS and Theta share: a week of log values at the origin, perhaps drifting, plus effects of known regressors.

    Series that are constant or have fewer than ``min_history`` observed days, and days whose forecast is not finite or
    above 5 × the past maximum, get the mean of the last 13 same weekdays instead. Values below 0 count as 0. The
    forecast is a median (no correction for the log). A series of zeros is 0.

    The effect of regressors known in advance, relative to level and weekday, is taken off before smoothing and put
    back after; beyond what is known of them they are taken to be at their past mean.
    """

    per_series: ClassVar[bool] = True
    seconds_each: ClassVar[float] = 0.002

    series: tuple[Series, ...]
    calendar: Calendar
    origin: dt.date
    smoothed: Smoothed
    effect: Values  # of known regressors on the days after the origin: (series, days ahead)
    simple: Values  # the fallback's week: (series, 7)
    highest: Values  # past maximum: (series,)
    usable: Flags  # (series,); the others get the fallback
    short: Flags  # (series,): too short a history

    @classmethod
    @abstractmethod
    def smooth(cls, log: Values, weekdays: Ints) -> Smoothed:
        """log: shape (series, days), NaN where a day teaches nothing; weekdays: (days,), 0 = Monday."""

    def fit(self, panel: Panel, calendar: Calendar) -> Self:
        count, weekdays = len(panel.series), weekday(panel.days)
        known, _ = observed(np.maximum(panel.values, 0.0), open_rows(calendar, count, panel.days))
        self.series, self.calendar, self.origin = panel.series, calendar, panel.last_day
        self.simple = weeks_of_means(known, weekdays)
        lowest, self.highest = value_range(known)
        self.short = (~np.isnan(known)).sum(axis=1) < self.min_history
        self.usable = ~self.short & (lowest < self.highest)
        rows = np.flatnonzero(self.usable)
        log = np.log1p(known[rows])
        ahead = max((values.shape[1] - panel.n_days for values in panel.known.values()), default=0)
        self.effect = np.zeros((count, max(ahead, 0)))
        for row, past in zip(rows.tolist(), log, strict=True):
            regressors = known_regressors(panel, row, panel.n_days + self.effect.shape[1])
            if regressors is not None:
                _, slopes = week_and_slopes(past, weekdays, regressors)
                effect = slopes @ regressors
                past -= effect[: panel.n_days]
                self.effect[row] = effect[panel.n_days :]
        found = self.smooth(log, weekdays)
        finite = np.isfinite(found.week).all(axis=1) & np.isfinite(found.drift)
        kept = rows[finite]
        self.usable[rows] = finite
        self.smoothed = Smoothed(np.zeros((count, 7)), np.zeros(count), np.ones(count))
        self.smoothed.week[kept] = found.week[finite]
        self.smoothed.drift[kept], self.smoothed.reach[kept] = found.drift[finite], found.reach[finite]
        return self

    def forecast(self, horizon: int) -> pd.DataFrame:
        days = frames.horizon_days(self.origin, horizon)
        weekdays, is_open = weekday(days), open_rows(self.calendar, len(self.series), days)
        log = np.take(self.smoothed.week, weekdays, axis=1)
        reach = self.smoothed.reach[:, None]
        passed = np.maximum(np.cumsum(is_open, axis=1) - 1, 0)  # the week stands for the next open day
        log += self.smoothed.drift[:, None] * (reach - 1) * (1 - (1 - 1 / reach) ** passed)
        there = self.effect[:, :horizon]
        log[:, : there.shape[1]] += there
        mean = np.expm1(np.minimum(log, 700.0))
        believed = self.usable[:, None] & np.isfinite(mean) & (mean <= CAP * self.highest[:, None])
        mean = np.where(believed, mean, np.take(self.simple, weekdays, axis=1))
        return frames.point_frame(self.series, days, mean, is_open)

    def notes(self) -> dict[str, str]:
        words = f"mean of the last {MEAN_OF_LAST} same weekdays"
        short = f"fewer than {self.min_history} observed days: {words}"
        failed = ~self.usable & ~self.short & (self.simple.min(axis=1) < self.simple.max(axis=1))
        found = {str(one): short for one, is_short in zip(self.series, self.short, strict=True) if is_short}
        return found | {str(self.series[row]): f"no finite estimate: {words}" for row in np.flatnonzero(failed)}

    def to_dir(self, path: Path) -> None:
        arrays = {**vars(self.smoothed), "effect": self.effect, "simple": self.simple, "highest": self.highest}
        flags = {"usable": self.usable, "short": self.short}
        state = {name: array.tolist() for name, array in (arrays | flags).items()}
        frames.save(path, self.name, self.series, self.calendar, origin=self.origin.isoformat(), **state)

    @classmethod
    def from_dir(cls, path: Path) -> Self:
        model = cls()
        model.series, model.calendar, state = frames.load(path, cls.name)
        model.origin = dt.date.fromisoformat(state["origin"])
        count = len(model.series)
        week, simple = (np.array(state[name], dtype=np.float64).reshape(count, 7) for name in ("week", "simple"))
        drift, reach = (np.array(state[name], dtype=np.float64) for name in ("drift", "reach"))
        model.smoothed, model.simple = Smoothed(week, drift, reach), simple
        model.effect = np.array(state["effect"], dtype=np.float64)
        model.highest = np.array(state["highest"], dtype=np.float64)
        model.usable, model.short = (np.array(state[name], dtype=np.bool_) for name in ("usable", "short"))
        return model


class Ets(LogSmoother):
    """Additive level and weekly season without trend on log1p of observed open days (ETS(A,N,A) in logs).

    All 18 pairs of α and γ are run; the five with the smallest discounted absolute one-step errors are averaged in
    logs. Closed and missing days leave the state as it is; the season goes by weekday all the same. Below 14 observed
    days, and for constant series: see LogSmoother. Zeros that are volumes (core.models.observed) are
    data: what is forecast is a level of log1p, below the mean, where single large days count little.

    Source: Hyndman, Koehler, Ord & Snyder (2008), "Forecasting with Exponential Smoothing", the error correction form:
    l += α·e, s += γ·e with e = y − l − s, as statsmodels' ETSModel has it. (Where the season is taken from y minus the
    new l instead, the same γ is written (1 − α)·γ*.)
    """

    name: ClassVar[str] = "ets"
    min_history: ClassVar[int] = 14

    @classmethod
    def smooth(cls, log: Values, weekdays: Ints) -> Smoothed:
        alphas, gammas = np.repeat(ALPHAS, len(GAMMAS)), np.tile(GAMMAS, len(ALPHAS))
        level, season, cost = run(log, weekdays, *start(log, weekdays), alphas, gammas, clips(log))
        best = np.argsort(cost, axis=1, kind="stable")[:, :BEST]
        week = np.stack([np.take_along_axis(level + of_day, best, axis=1).mean(axis=1) for of_day in season], axis=1)
        return Smoothed(week, np.zeros(len(log)), np.ones(len(log)))


def start(log: Values, weekdays: Ints) -> tuple[Values, Values]:
    """(level of shape (series,), season of shape (7, series)) before the first day, from the first 56 observed ones.

    A season is shrunk as by one more day at the level; a weekday not seen among these days is at the level.
    """
    there = ~np.isnan(log)
    early = there & (np.cumsum(there, axis=1) <= START_DAYS)
    level = np.where(early, log, 0.0).sum(axis=1) / np.maximum(early.sum(axis=1), 1)
    season = np.empty((7, len(log)))
    for day in range(7):
        same = early & (weekdays == day)
        season[day] = np.where(same, log - level[:, None], 0.0).sum(axis=1) / (same.sum(axis=1) + 1)
    return level, season


def clips(log: Values) -> Values:
    """The largest error that counts in full, of every series: shape (series,)."""
    there = ~np.isnan(log)
    count = np.maximum(there.sum(axis=1), 1)
    mean = np.where(there, log, 0.0).sum(axis=1) / count
    spread = np.where(there, np.abs(log - mean[:, None]), 0.0).sum(axis=1) / count
    return np.asarray(np.maximum(CLIP, CLIP_SPREADS * spread))


def run(
    log: Values, weekdays: Ints, level: Values, season: Values, alphas: Values, gammas: Values, clip: Values
) -> tuple[Values, Values, Values]:
    """One pass over the days for all series and all pairs of parameters at once.

    log: (series, days), NaN where unknown; level, clip: (series,); season: (7, series); alphas, gammas: (pairs,).
    Returns the level (series, pairs), the season (7, series, pairs) and the cost (series, pairs): the sum of absolute
    one-step errors, clipped as in the recursion and discounted by their age.
    """
    levels = np.repeat(level[:, None], len(alphas), axis=1)
    seasons = np.repeat(season[:, :, None], len(alphas), axis=2)
    cost = np.zeros_like(levels)
    there = np.ascontiguousarray(~np.isnan(log).T)[:, :, None]
    values = np.ascontiguousarray(np.nan_to_num(log).T)[:, :, None]
    largest = clip[:, None]
    weights = DISCOUNT ** np.arange(len(weekdays) - 1, -1, -1)
    for day in np.flatnonzero(there.any(axis=(1, 2))).tolist():
        of_day = seasons[weekdays[day]]
        error = (values[day] - levels - of_day) * there[day]
        np.minimum(np.maximum(error, -largest, out=error), largest, out=error)
        levels += alphas * error
        of_day += gammas * error
        cost += weights[day] * np.abs(error)
    return levels, seasons, cost


def week_and_slopes(log: Values, weekdays: Ints, regressors: Values) -> tuple[Values, Values]:
    """(effect of every weekday (7,), effect of one unit of every regressor) on one series' log values, shape (days,).

    Ridge regression beside a free level for each eight weeks, so that a change of level is not taken for an effect.
    regressors: shape (number of regressors, number of days or more), standardised by their past.
    """
    days = np.flatnonzero(~np.isnan(log))
    blocks = (len(log) - 1 - days) // BLOCK_DAYS
    levels = blocks[:, None] == np.arange(len(log) // BLOCK_DAYS + 1)
    matrix = np.hstack([levels, weekdays[days, None] == np.arange(7), regressors[:, days].T])
    widths = (levels.shape[1], 7, len(regressors))
    slopes = ridge(matrix.astype(np.float64), log[days], np.repeat([0.0, RIDGE_WEEKDAY, RIDGE_KNOWN], widths))
    return slopes[widths[0] : widths[0] + 7], slopes[widths[0] + 7 :]
