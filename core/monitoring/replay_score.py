"""What the course of a policy cost, and how good its forecasts were."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from core.evaluation.metrics import coverage, wape
from core.monitoring.replay_result import BLOCK_DAYS, JUDGED_DAYS, MARGIN, Outcome, Retraining, lowest, p_value
from core.monitoring.replay_walk import Course, Move, Past
from core.series.days import Flags
from core.series.panel import Values


@dataclass(frozen=True)
class Served:
    """Day by day what came and what the model in use had forecast; ``actual`` is NaN where nothing was forecast."""

    actual: Values
    forecast: Values
    low: Values
    high: Values
    is_open: Flags

    @classmethod
    def of(cls, course: Course, past: Past) -> Served:
        made, cells = past.made, (course.used, np.arange(len(course.used)))
        forecast = made.mean[cells]
        actual = np.where(np.isnan(forecast), np.nan, past.actual)
        return cls(actual, forecast, made.low[cells], made.high[cells], made.is_open[cells])

    def blocks(self) -> list[tuple[Values, Values]]:
        """Actual and forecast of every block."""
        days = [slice(start, start + BLOCK_DAYS) for start in range(0, len(self.actual), BLOCK_DAYS)]
        return [(self.actual[one], self.forecast[one]) for one in days]

    def losses(self) -> list[float]:
        """Σ |error| of every whole block: what is left over at the end is no block like the others."""
        blocks = [block for block in self.blocks() if len(block[0]) == BLOCK_DAYS]
        return [float(np.nansum(np.abs(actual - forecast))) for actual, forecast in blocks]


def scored(courses: Sequence[Course], past: Past, change: dt.date | None = None) -> tuple[Outcome, ...]:
    """The outcome of every policy, compared with the one of the lowest error; ``change`` as for ``replay``."""
    served = [Served.of(course, past) for course in courses]
    outcomes = [_outcome(course, one, past, change) for course, one in zip(courses, served, strict=True)]
    best = lowest(outcomes)
    if best is None:
        return tuple(outcomes)
    losses = [one.losses() for one in served]
    against = losses[outcomes.index(best)]
    return tuple(replace(one, p_value=p_value(loss, against)) for one, loss in zip(outcomes, losses, strict=True))


def _outcome(course: Course, served: Served, past: Past, change: dt.date | None) -> Outcome:
    rows = [0, *(move.row for move in course.moves)]
    steps = [(move, *pair) for move, pair in zip(course.moves, pairwise(rows), strict=True)]
    retrainings = tuple(_judged(move, old, past) for move, old, _ in steps)
    after = [one.day for one in retrainings if change is not None and one.day >= change]
    is_open = served.is_open
    return Outcome(
        policy=course.policy.name,
        settings=dict(course.policy.settings),
        retrainings=retrainings,
        wape=_known(wape(served.actual, served.forecast)),
        blocks=tuple(_known(wape(*block)) for block in served.blocks()),
        unserved=int(np.isnan(served.forecast).sum()),
        seconds=len(retrainings) * past.made.seconds,
        instability=_instability([(old, new) for _, old, new in steps], past),
        coverage=_known(coverage(np.where(is_open, served.actual, np.nan), served.low, served.high)),
        delay=(after[0] - change).days if after and change is not None else None,
        p_value=None,
    )


def _judged(move: Move, before: int, past: Past) -> Retraining:
    period, days = past.made.period, _next_days(move.row, past)
    old = new = false = None
    if days.stop <= period.days:
        old, new = (_known(wape(past.actual[days], past.made.mean[row, days])) for row in (before, move.row))
        false = None if old is None or new is None else not new < old * (1 - MARGIN)
    day, model = period.origins[move.row], past.made.models[move.row]
    return Retraining(day, move.asked, move.reason, model, old, new, false)


def _instability(steps: Sequence[tuple[int, int]], past: Past) -> float | None:
    """See Outcome. ``steps``: numbers of the origins before and after every retraining."""
    traded = past.actual[past.actual > 0]
    changes = []
    for old, new in steps:
        days = _next_days(new, past)
        moved = np.abs(past.made.mean[new, days] - past.made.mean[old, days])
        changes.append(moved[past.made.is_open[new, days] & ~np.isnan(moved)])
    found = np.concatenate([np.empty(0), *changes])
    return float(found.mean() / traded.mean()) if found.size and traded.size else None


def _next_days(row: int, past: Past) -> slice:
    """Of the period, the days on which a retraining is judged."""
    since = row * past.made.period.step
    return slice(since, since + JUDGED_DAYS)


def _known(value: float) -> float | None:
    return None if np.isnan(value) else value
