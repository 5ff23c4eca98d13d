"""Drift as the monitoring itself sees it, for replays: the shift test on the measures, within the usual budget."""

from __future__ import annotations

import datetime as dt

import numpy as np

from core.monitoring.findings import SHARES
from core.monitoring.levels import watch_levels
from core.monitoring.policies import Detector
from core.monitoring.sequential import QUIET_DAYS
from core.series.days import Flags
from core.series.panel import Panel

LEARNT_DAYS = 28


def shift_detector(panel: Panel, is_open: Flags, first: dt.date, budget: float = 1.0) -> Detector:
    """Says on a day from ``first`` on whether the level of a measure has moved, and the model in use has learnt less
    than LEARNT_DAYS of how it is since.

    ``panel``: the totals of the measures; ``is_open``: its days, by a calendar that knows no more than ``first``.
    Everything is worked out at once, as what the shift test says of a day depends on nothing after it. Alarms close to
    each other are one change, which began when the first of them says. ``budget``: false alarms a year of all rules of
    the monitoring, of which the shift test has its share.
    """
    levels = watch_levels(panel, is_open, budget * SHARES["level"], (first - panel.first_day).days)
    beyond = levels.value > levels.limit
    began: dict[dt.date, dt.date] = {}
    last: dt.date | None = None
    for column in np.flatnonzero(beyond.any(axis=0)).tolist():
        day = panel.first_day + dt.timedelta(days=int(levels.days[column]))
        if last is None or (day - last).days > QUIET_DAYS:
            start = panel.first_day + dt.timedelta(days=int(levels.began[beyond[:, column], column].max()))
        began[day], last = start, day

    def changed(known: Panel, _: Flags, origin: dt.date) -> bool:
        start = began.get(known.last_day)
        return start is not None and origin < start + dt.timedelta(days=LEARNT_DAYS)

    return changed
