"""A business known to the last line, for tests of what the monitoring finds in it; what changes is put in by hand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from core.monitoring.features import measures, model_inputs
from core.monitoring.findings import Watched
from core.monitoring.reference import Reference
from core.series.calendar import ClosureRules, OpeningCalendar
from core.series.days import day_range, weekday
from core.series.panel import MEASURES, Panel, Series
from core.transactions.counts import DayCounts, FeatureDays
from tests.core.monitoring.counted import feature_of_table

FIRST = dt.date(2021, 3, 1)  # a Monday
WEEK = np.array([1.0, 0.9, 0.9, 1.0, 1.3, 1.1, 0.0])
"""Closed on Sundays."""
QUANTITIES = np.array([0.3, 0.2, 0.15, 0.1, 0.08, 0.06, 0.05, 0.03, 0.02, 0.01])
COUNTRIES = np.array([0.7, 0.2, 0.1])


@dataclass
class Business:
    """``values``: the totals of all measures, shape (5, days); ``tables``: counts by day and value, (days, values)."""

    values: np.ndarray
    tables: dict[str, np.ndarray]
    missing: dict[str, np.ndarray] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=lambda: {"country": "category", "outcome": "category"})

    @property
    def n_days(self) -> int:
        return int(self.values.shape[1])

    @property
    def is_open(self) -> np.ndarray:
        return np.asarray(weekday(day_range(FIRST, self.n_days)) != 6)

    @property
    def panel(self) -> Panel:
        return Panel(tuple(map(Series, MEASURES)), FIRST, self.values)

    @property
    def calendar(self) -> OpeningCalendar:
        days = day_range(FIRST, self.n_days)
        past = dict.fromkeys(days[~self.is_open].tolist(), "weekday:Sunday")
        return OpeningCalendar(FIRST, days[-1].item(), None, ClosureRules(frozenset({6})), past)

    def lines(self, name: str) -> FeatureDays:
        feature = feature_of_table(self.tables[name], self.kinds.get(name, "numeric"))
        missing = self.missing.get(name, np.zeros(self.n_days, np.int64))
        feature = replace(feature, name=name, missing=missing)
        if name == "outcome":
            feature = replace(feature, values=np.array(["cancellation", "duplicate", "used"], object))
        used = np.bincount(feature.value, minlength=len(feature.values)) > 0  # as counted: only values that there are
        return replace(feature, values=feature.values[used], value=(np.cumsum(used) - 1)[feature.value])

    def watched(self, frozen: Reference | None = None, told: bool = True) -> Watched:
        """``told``: with what the models are told."""
        panel = self.panel
        of_days = measures(panel, self.is_open) + (model_inputs(panel, self.calendar) if told else ())
        features = (*of_days, *(self.lines(name) for name in self.tables))
        return Watched(DayCounts(FIRST, features), panel, self.is_open, frozen)

    def until(self, day: int) -> Business:
        """Only the days up to ``day``."""
        tables = {name: table[: day + 1] for name, table in self.tables.items()}
        missing = {name: table[: day + 1] for name, table in self.missing.items()}
        return replace(self, values=self.values[:, : day + 1], tables=tables, missing=missing)

    def then(self, day: int, other: Business) -> Business:
        """The days up to ``day``, and after them those of another one."""
        tables = {
            name: np.concatenate([table[: day + 1], other.tables[name][day + 1 :]])
            for name, table in self.tables.items()
        }
        return replace(
            self, values=np.concatenate([self.values[:, : day + 1], other.values[:, day + 1 :]], axis=1), tables=tables
        )


def business(
    days: int,
    seed: int = 0,
    level: Callable[[np.ndarray], np.ndarray] = lambda day: np.ones(len(day)),
    phi: float = 0.3,
    noise: float = 0.08,
    size: float = 150.0,
) -> Business:
    """``level``: a factor by day number. Logs are AR(1) around the weekday; every measure has noise of its own."""
    rng = np.random.default_rng(seed)
    number = np.arange(days)
    week = WEEK[weekday(day_range(FIRST, days))]
    common = np.zeros(days)
    for day in range(1, days):
        common[day] = phi * common[day - 1] + noise * rng.normal()
    mean = size * week * level(number) * np.exp(common)
    transactions = np.round(mean)
    own = np.exp(0.05 * rng.normal(size=(4, days)))
    values = np.stack([transactions, np.round(mean / 5 * own[0]), np.round(mean * 4 * own[1]),
                       np.round(mean * 9.5 * own[2], 2), np.round(mean / 6 * own[3])])  # fmt: skip
    lines = transactions.astype(np.int64)
    cancelled = rng.binomial(lines, 0.02)
    tables = {
        "quantity": rng.multinomial(lines, QUANTITIES),
        "country": rng.multinomial(lines, COUNTRIES),
        "outcome": np.stack([cancelled, rng.binomial(lines, 0.01), lines], axis=1),
    }
    return Business(values, tables)
