"""Two views of the innovations of a measure that a chart can show: CUSUM, and the evidence of a test martingale."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from core.monitoring.levels import judged_days, watched_measures
from core.monitoring.psi import Floats, Ints
from core.monitoring.sequential import cusum, limit_for, martingale
from core.series.days import Flags
from core.series.panel import Panel

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
    """As the shift test has them (core.monitoring.levels): each day knows only what was before it."""
    days, score, seasonal = judged_days(panel, is_open)
    return Scores(panel.first_day, days, score[watched_measures(panel).index(measure)], seasonal)


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
