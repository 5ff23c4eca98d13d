"""One policy walks through the past: at the end of every day it sees what was known then, and decides."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np

from core.monitoring.policies import Policy, Reason, State
from core.monitoring.replay_table import Forecasts
from core.series.days import Flags, Ints
from core.series.panel import Panel, Series, Values
from core.series.panel_calendar import open_rows


@dataclass(frozen=True)
class Move:
    """A retraining: to the model of origin number ``row``, for a reason of the end of the day ``asked``."""

    row: int
    asked: dt.date
    reason: Reason


@dataclass(frozen=True)
class Course:
    """What a policy did. ``used``: by day of the period, the number of the origin of the model in use."""

    policy: Policy
    used: Ints
    moves: tuple[Move, ...]


@dataclass(frozen=True)
class Past:
    """What policies walk through: ``panel`` has the one series, ``actual`` its values on the days of the period;
    ``is_open``: by origin, the days of the panel as known there and expected after it."""

    panel: Panel
    made: Forecasts
    actual: Values
    is_open: Flags

    @classmethod
    def of(cls, panel: Panel, series: Series, made: Forecasts) -> Past:
        row, count = panel.series.index(series), len(panel.series)
        is_open = np.stack([open_rows(calendar, count, panel.days)[row] for calendar in made.calendars])
        return cls(panel.select([series]), made, panel.values[row, -made.period.days :], is_open)

    def state(self, ahead: int, row: int) -> State:
        """At the end of day ``ahead`` of the period (from 1), the model of origin number ``row`` in use.

        A day with trade is open whatever was expected; so nothing later than the day enters.
        """
        period = self.made.period
        day, since = period.first + dt.timedelta(days=ahead), row * period.step
        panel = self.panel.until(day)
        expected = self.is_open[ahead // period.step, : panel.n_days]
        return State(
            day, period.origins[row], panel, expected | (panel.values[0] > 0), self.actual[since:ahead],
            self.made.mean[row, since:ahead], self.made.tests[row],
        )  # fmt: skip


def walk(policy: Policy, past: Past) -> Course:
    """The policy decides at the end of every day; a new model serves from the next possible origin on."""
    period, row, moves = past.made.period, 0, []
    used, asked = np.zeros(period.days, dtype=np.int64), None
    for ahead in range(1, period.days):
        state = past.state(ahead, row)
        if asked is None and (reason := policy.decide(state)) is not None:
            asked = state.day, reason
        if asked is not None and ahead % period.step == 0:
            row = ahead // period.step
            moves.append(Move(row, *asked))
            asked = None
        used[ahead] = row
    return Course(policy, used, tuple(moves))
