"""When to retrain: policies that look at what is known at the end of a day and give a reason, or none."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from core.monitoring.performance import LEAST_DAYS
from core.monitoring.promise import beyond
from core.monitoring.psi import PSI_LINES, bin_counts, psi_of_counts, quantile_edges
from core.series.days import Flags
from core.series.panel import Panel, Values

EVERY_DAYS = 28
PSI_DAYS, PSI_BINS = 30, 5
FEWEST_LEARNT, FEWEST_NOW = 30, 10
"""Open days of the training window and of the last PSI_DAYS without which PSI says nothing."""
LOSS_CHANCE = 0.05
"""Of a weekly look at a model that is as good as ever. Alerts are rarer: a retraining asks nothing of people."""


@dataclass(frozen=True)
class Reason:
    """Why a policy retrains: a code (schedule, psi, drift, loss, always) and the numbers that belong to it."""

    code: str
    numbers: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class PastErrors:
    """The backtest of a model: |error| and |actual| of every test by day ahead, each of shape (tests, days)."""

    error: Values
    volume: Values

    def wape(self, days: int) -> Values:
        """Of every test with trade, over its first ``days`` days, as a fraction."""
        error, volume = self.error[:, :days].sum(axis=1), self.volume[:, :days].sum(axis=1)
        return np.asarray(error[volume > 0] / volume[volume > 0])


@dataclass(frozen=True)
class State:
    """What is known at the end of ``day``, and nothing else.

    origin: the last day that the model in use has learnt from. panel: the one series, until the day. is_open: its
    days, as known. actual, forecast: of the days after the origin, by the model in use. tests: what was known of that
    model at its origin.
    """

    day: dt.date
    origin: dt.date
    panel: Panel
    is_open: Flags
    actual: Values
    forecast: Values
    tests: PastErrors

    @property
    def age(self) -> int:
        """Days since the origin."""
        return (self.day - self.origin).days


class Policy(Protocol):
    """``name`` is its id; ``settings`` what it was given, as plain JSON values."""

    @property
    def name(self) -> str: ...

    @property
    def settings(self) -> Mapping[str, Any]: ...

    def decide(self, state: State) -> Reason | None:
        """Why to retrain on the data up to the day of ``state``; None: keep the model in use."""


Detector = Callable[[Panel, Flags, dt.date], bool]
"""(the series until a day, its open days as known then, origin) → whether its behaviour changed after the origin."""


@dataclass(frozen=True)
class Never:
    """The first model serves to the end: what it costs to do nothing."""

    name: str = "never"
    settings: Mapping[str, Any] = field(default_factory=dict)

    def decide(self, state: State) -> Reason | None:
        return None


@dataclass(frozen=True)
class Always:
    """At every possible origin: the best that retraining can do, and the most that it can cost."""

    name: str = "always"
    settings: Mapping[str, Any] = field(default_factory=dict)

    def decide(self, state: State) -> Reason | None:
        return Reason("always")


@dataclass(frozen=True)
class Every:
    """By the calendar alone."""

    days: int = EVERY_DAYS
    name: str = "schedule"

    @property
    def settings(self) -> Mapping[str, Any]:
        return {"days": self.days}

    def decide(self, state: State) -> Reason | None:
        return Reason("schedule", {"days": self.days}) if state.age >= self.days else None


@dataclass(frozen=True)
class PsiLine:
    """The customary rule: PSI of the open days of the last 30 days above 0.3, against all that the model learnt from.

    Five bins of equal share in the training window. The line knows neither the sample size nor the season.
    """

    line: float = PSI_LINES[2]
    days: int = PSI_DAYS
    name: str = "psi"

    @property
    def settings(self) -> Mapping[str, Any]:
        return {"line": self.line, "days": self.days}

    def decide(self, state: State) -> Reason | None:
        values, learnt = state.panel.values[0], (state.origin - state.panel.first_day).days + 1
        use = state.is_open & ~np.isnan(values)
        before, now = values[:learnt][use[:learnt]], values[-self.days :][use[-self.days :]]
        if len(before) < FEWEST_LEARNT or len(now) < FEWEST_NOW:
            return None
        edges = quantile_edges(before, PSI_BINS)
        found = psi_of_counts(bin_counts(before, edges), bin_counts(now, edges))
        return Reason("psi", {"psi": found, "line": self.line}) if found > self.line else None


@dataclass(frozen=True)
class Drift:
    """When a detector says that behaviour has changed since the model learnt; see Detector."""

    detector: Detector
    name: str = "drift"
    settings: Mapping[str, Any] = field(default_factory=dict)

    def decide(self, state: State) -> Reason | None:
        return Reason("drift") if self.detector(state.panel, state.is_open, state.origin) else None


@dataclass(frozen=True)
class Loss:
    """When the last 28 days were forecast worse than the tests of the model promised, by WAPE over as many days, beyond
    what chance does in ``chance`` of the looks.

    Judged once a week, so that looking daily is not judging daily.
    """

    chance: float = LOSS_CHANCE
    name: str = "loss"

    @property
    def settings(self) -> Mapping[str, Any]:
        return {"chance": self.chance}

    def decide(self, state: State) -> Reason | None:
        if state.age < LEAST_DAYS or state.age % LEAST_DAYS:
            return None
        days = min(state.age, state.tests.error.shape[1])
        actual, forecast = state.actual[-days:], state.forecast[-days:]
        there = ~np.isnan(actual) & ~np.isnan(forecast)
        volume = float(np.abs(actual[there]).sum())
        if volume <= 0:
            return None
        error = float(np.abs(actual - forecast)[there].sum()) / volume
        t, limit = beyond(error, state.tests.wape(days), self.chance, logs=True)
        return Reason("loss", {"error": error, "t": t, "limit": limit, "days": days}) if t > limit else None


POLICY_NAMES = ("never", "schedule", "psi", "drift", "loss", "always")
"""From the laziest to the busiest."""


def policy(name: str, *, detector: Detector, every: int = EVERY_DAYS) -> Policy:
    """The policy with this name. Raises KeyError for one that does not exist, ValueError for ``every`` below 1."""
    if every < 1:
        raise ValueError(f"every {every} days is not possible")
    made: dict[str, Policy] = {
        one.name: one for one in (Never(), Every(every), PsiLine(), Drift(detector), Loss(), Always())
    }
    return made[name]
