"""Retraining policies replayed: which would have cost how much, and how good would the forecasts have been?

Every policy walks through the same past days and decides at the end of each with what was known then; all read the
forecasts that training runs at possible origins would have made (core.monitoring.replay_table).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

from core.errors import InputError, NotReadyError
from core.evaluation.backtest import Progress
from core.models.base import Calendars
from core.monitoring.policies import Policy
from core.monitoring.replay_result import Replay, block_starts, recommend
from core.monitoring.replay_score import scored
from core.monitoring.replay_table import Period, forecasts_at
from core.monitoring.replay_walk import Past, walk
from core.series.panel import Panel, Series

HISTORY_DAYS, LEAST_DAYS, USUAL_DAYS = 365, 182, 364
"""Days before the first origin, at least; days replayed, at least and usually: 13 blocks of 28."""
STEP = 14
"""Days between two possible origins."""

TABLE = 0.95
"""Where on the way from 0 to 1 the forecasts are there."""


def period_of(panel: Panel, first: dt.date | None = None, last: dt.date | None = None, step: int = STEP) -> Period:
    """The days to replay: by default the last 364 with a year before them, or what there is of it.

    first: the origin of the first model. Raises NotReadyError for data that are too short, InputError for days that
    they do not allow.
    """
    begin, end = panel.first_day, panel.last_day
    earliest = begin + dt.timedelta(days=HISTORY_DAYS - 1)
    if (end - earliest).days < LEAST_DAYS:
        raise NotReadyError(
            f"The data cover {panel.n_days} days ({begin} to {end}); a replay needs {HISTORY_DAYS} to learn from "
            f"and {LEAST_DAYS} more."
        )
    last = last or end
    if not begin <= last <= end:
        raise InputError(f"{last} does not lie in the data", hint=f"They go {begin} to {end}.")
    first = first or max(earliest, last - dt.timedelta(days=USUAL_DAYS))
    if first < earliest:
        raise InputError(
            f"before {first} there are fewer than {HISTORY_DAYS} days to learn from", hint=f"Begin on {earliest}."
        )
    if (last - first).days < LEAST_DAYS:
        raise InputError(f"from {first} to {last} are fewer than {LEAST_DAYS} days to replay")
    return Period(first, last, step)


def replay(
    panel: Panel,
    series: Series,
    models: Sequence[str],
    calendars: Calendars,
    policies: Sequence[Policy],
    period: Period,
    on_progress: Progress | None = None,
    *,
    change: dt.date | None = None,
    workers: int | None = None,
    cache: Path | None = None,
) -> Replay:
    """Every policy on ``series`` of ``panel``, whose series the models learn from together.

    change: the first day of a known change, for the delay of its detection. on_progress(fraction, text) may raise to
    cancel. workers, cache: as for core.evaluation.backtest. Raises KeyError for an unknown model.
    """
    tell = on_progress or (lambda _fraction, _text: None)
    made = forecasts_at(
        panel, series, models, calendars, period, lambda part, text: tell(TABLE * part, text),
        workers=workers, cache=cache,
    )  # fmt: skip
    past = Past.of(panel.until(period.last), series, made)
    courses = []
    for number, policy in enumerate(policies):
        tell(TABLE + (1 - TABLE) * number / len(policies), f"Replaying the policy {policy.name}")
        courses.append(walk(policy, past))
    outcomes = scored(courses, past, change)
    tell(1.0, "Replay done")
    return Replay(
        series.measure, series.segment, tuple(models), made.models, period.first, period.last, period.step,
        made.seconds, dict(made.rarely), block_starts(period.first, period.days), change, outcomes, recommend(outcomes),
    )  # fmt: skip
