"""Two views of the innovations of a measure that a chart can show: CUSUM, and the evidence of a test martingale."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from core.monitoring.innovations import LEAST_DAYS, fit, innovations
from core.monitoring.levels import REFERENCE_DAYS, RENEWED_DAYS, known_values, year_before
from core.monitoring.psi import Floats, Ints
from core.monitoring.sequential import REACH, cusum, limit_for, martingale
from core.series.days import Flags, weekday
from core.series.panel import Panel, Series

LIMITS = (20.0, 100.0)
"""Evidence that appears by chance in at most 5 and 1 of 100 histories, however often one looks (Ville)."""
PATHS, OPEN_DAYS, SEED = 200, 300, 0


@dataclass(frozen=True)
class Scores:
    """The innovations of a measure on its open days, from the first that has a reference: ``days`` as day numbers since
    ``first_day``, ``score`` standard normal without change; ``seasonal``: whether the year before was taken off."""

    first_day: dt.date
    days: Ints
    score: Floats
    seasonal: Flags


@dataclass(frozen=True)
class Course:
    """From a day on: ``days``, both sums of CUSUM (≥ 0) with ``limit``, and the evidence, 1 at the start; ``seasonal``:
    whether the season was taken off most of these days."""

    days: tuple[dt.date, ...]
    score: Floats
    up: Floats
    down: Floats
    limit: float
    evidence: Floats
    seasonal: bool


def scores(panel: Panel, is_open: Flags, measure: str) -> Scores:
    """Every block of four weeks against the year before it, as core.monitoring.levels; each day knows only what was
    before it. With a whole year of the year before in the reference, its season is taken off."""
    days = np.flatnonzero(is_open)
    log = np.log1p(known_values(panel.select([Series(measure)]).values, is_open))
    plain, rest, weekdays = log[:, days], (log - year_before(log))[:, days], weekday(panel.days)[days]
    found: list[Floats] = []
    seasonal: list[Flags] = []
    begun = len(days)
    for start in range(0, panel.n_days, RENEWED_DAYS):
        low, first, last = (
            int(one) for one in np.searchsorted(days, [start - REFERENCE_DAYS, start, start + RENEWED_DAYS])
        )
        known = [np.flatnonzero(~np.isnan(one[0, low:first])) + low for one in (plain, rest)]
        season = len(known[1]) >= max(LEAST_DAYS, len(known[0]) * 9 // 10)
        log_now, rows = (rest, known[1]) if season else (plain, known[0])
        if len(rows) < LEAST_DAYS or first == last:
            continue
        begun = min(begun, first)
        run_up = max(first - REACH, 0)
        made = innovations(fit(log_now[:, rows], weekdays[rows]), log_now[:, run_up:last], weekdays[run_up:last])
        found.append(made[0, first - run_up :])
        seasonal.append(np.full(last - first, season))
    nothing = np.zeros(0)
    return Scores(
        panel.first_day,
        days[begun:].astype(np.int64),
        np.concatenate([nothing, *found]),
        np.concatenate([nothing.astype(np.bool_), *seasonal]),
    )


def course(found: Scores, since: dt.date, per_year: float) -> Course:
    """From ``since`` on, both begin anew there; ``per_year``: false alarms a year for the limit of CUSUM."""
    kept = found.days >= (since - found.first_day).days
    score = found.score[kept]
    up, down = cusum(score)
    seasonal = bool(found.seasonal[kept].mean() > 0.5) if kept.any() else False
    days = tuple(found.first_day + dt.timedelta(days=one) for one in found.days[kept].tolist())
    return Course(days, score, up, down, cusum_limit(per_year), martingale(score), seasonal)


@lru_cache(maxsize=8)
def cusum_limit(per_year: float) -> float:
    """What the larger sum passes ``per_year`` times a year without change, by simulation."""
    rng = np.random.default_rng(SEED)
    up, down = cusum(rng.normal(size=(PATHS, OPEN_DAYS)))
    return limit_for(np.maximum(up, down), per_year)
