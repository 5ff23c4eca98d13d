"""The opening calendar: for every day, past and future, open or closed and why; inferred from the values alone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from core.series import closures
from core.series.days import WEEKDAY_NAMES, Flags, as_days, day_range, month_day, weekday
from core.series.panel import Days, Values
from core.series.public_holidays import holiday_country, holiday_names

__all__ = ["ClosureRules", "OpeningCalendar", "calendars_at", "holiday_country", "infer_calendar"]

Reasons = npt.NDArray[np.object_]
OVERRIDE = "override"
SHUTDOWN = "shutdown"
YEARLY = "yearly"


@dataclass(frozen=True)
class ClosureRules:
    """What closes a day of which nothing is known yet."""

    weekdays: frozenset[int] = frozenset()  # 0 = Monday
    holidays: frozenset[str] = frozenset()  # names that are closed
    open_holidays: frozenset[str] = frozenset()  # names seen open
    new_holidays: bool = False  # whether a name never seen is closed
    shutdown: frozenset[int] = frozenset()  # 100 × month + day, 20 December to 7 January
    yearly: frozenset[int] = frozenset()  # 100 × month + day, idle in every year

    def closing(self, names: tuple[str, ...]) -> str | None:
        """The first of a day's holiday names that closes it."""
        for name in names:
            if name in self.holidays or (self.new_holidays and name not in self.open_holidays):
                return name
        return None


@dataclass(frozen=True)
class OpeningCalendar:
    """Open or closed for any day. Past days (``first_day``..``last_day``) are a record, other days follow the rules.

    A past day is closed only if it had no trade and something explains it: a rule, a public holiday, a shutdown, a
    weekday that was closed at the time. A day without trade that nothing explains stays open.
    Precedence for days without a record: override, holiday, weekday, shutdown, yearly.
    """

    first_day: dt.date
    last_day: dt.date
    country: str | None = None
    rules: ClosureRules = ClosureRules()
    past: Mapping[dt.date, str] = field(default_factory=dict)
    overrides: Mapping[dt.date, bool] = field(default_factory=dict)

    def is_open(self, days: Days) -> Flags:
        """Whether the business trades, shape of ``days`` (datetime64[D])."""
        is_open: Flags = self.reasons(days) == ""
        return is_open

    def reasons(self, days: Days) -> Reasons:
        """Why a day is closed, "" when open: ``weekday:Saturday``, ``holiday:Good Friday``, ``shutdown``, ``yearly``,
        ``override``. Shape of ``days`` (datetime64[D])."""
        days = as_days(days)
        reasons = np.full(len(days), "", dtype=object)
        past = (days >= np.datetime64(self.first_day)) & (days <= np.datetime64(self.last_day))
        if not past.all():  # the past is a record: names of holidays, which are slow to have, are not asked for
            reasons[~past] = rule_reasons(self.rules, self.country, days[~past])
        reasons[past] = [self.past.get(day, "") for day in days[past].tolist()]
        if self.overrides:
            for index in np.flatnonzero(~past & np.isin(days, as_days(self.overrides))):
                reasons[index] = "" if self.overrides[days[index].item()] else OVERRIDE
        return reasons

    def rows(self, rows: Sequence[int]) -> OpeningCalendar:
        """The calendar of some of the series: it is the same for all."""
        return self

    def holidays(self, days: Days) -> Mapping[dt.date, tuple[str, ...]]:
        """Names of the public holidays among ``days``, whether closed or not."""
        return holiday_names(self.country, days)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values from which ``from_json`` rebuilds an equal calendar."""
        rules = self.rules
        return {
            "first_day": self.first_day.isoformat(),
            "last_day": self.last_day.isoformat(),
            "country": self.country,
            "rules": {
                "weekdays": sorted(rules.weekdays),
                "holidays": sorted(rules.holidays),
                "open_holidays": sorted(rules.open_holidays),
                "new_holidays": rules.new_holidays,
                "shutdown": sorted(rules.shutdown),
                "yearly": sorted(rules.yearly),
            },
            "past": {day.isoformat(): reason for day, reason in self.past.items()},
            "overrides": {day.isoformat(): is_open for day, is_open in self.overrides.items()},
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> OpeningCalendar:
        rules: dict[str, Any] = {
            name: frozenset(value) if isinstance(value, list) else value for name, value in data["rules"].items()
        }
        date = dt.date.fromisoformat
        return cls(
            first_day=date(data["first_day"]),
            last_day=date(data["last_day"]),
            country=data["country"],
            rules=ClosureRules(**rules),
            past={date(day): reason for day, reason in data["past"].items()},
            overrides={date(day): is_open for day, is_open in data["overrides"].items()},
        )


def rule_reasons(rules: ClosureRules, country: str | None, days: Days) -> Reasons:
    """Reasons by the rules alone, shape of ``days``."""
    reasons = np.full(len(days), "", dtype=object)
    month_days = month_day(days)
    reasons[np.isin(month_days, list(rules.yearly))] = YEARLY
    reasons[np.isin(month_days, list(rules.shutdown))] = SHUTDOWN
    weekdays = weekday(days)
    for closed in rules.weekdays:
        reasons[weekdays == closed] = f"weekday:{WEEKDAY_NAMES[closed]}"
    if rules.holidays or rules.new_holidays:
        names = holiday_names(country, days)
        for index in np.flatnonzero(closures.holiday_flags(days, names)):
            if name := rules.closing(names[days[index].item()]):
                reasons[index] = f"holiday:{name}"
    return reasons


def infer_calendar(
    first_day: dt.date, values: Values, country: str | None, overrides: Mapping[dt.date, bool] | None = None
) -> OpeningCalendar:
    """The calendar that daily ``values`` (float64, shape (n_days,), NaN = missing) from ``first_day`` on suggest.

    ``country``: code of the package ``holidays`` such as GB-ENG, None for no holidays. ``overrides``: True = open.
    A trading day of the past is open whatever an override says. Without trade, or with zeros on more than 30 % of
    its ordinary days, a series has no rules: its zeros are data.
    """
    overrides = dict(overrides or {})
    last_day = first_day + dt.timedelta(days=len(values) - 1)
    days, values = day_range(first_day, len(values)), np.asarray(values, dtype=np.float64)
    names = holiday_names(country, days)
    rules, unruled = _learn(days, values, names)
    without_trade = np.isnan(values) | (values == 0)
    past: dict[dt.date, str] = {}
    by_rule = rule_reasons(rules, country, days)
    for index in np.flatnonzero(without_trade):
        day = days[index].item()
        reason = (by_rule[index] or unruled.get(day, "")) if overrides.get(day) is None else _override(overrides[day])
        if reason:
            past[day] = reason
    return OpeningCalendar(first_day, last_day, country, rules, past, overrides)


def _override(is_open: bool) -> str:
    return "" if is_open else OVERRIDE


def _learn(
    days: Days, values: Values, names: Mapping[dt.date, tuple[str, ...]]
) -> tuple[ClosureRules, dict[dt.date, str]]:
    """The rules, and reasons for past days without trade that the rules for the future do not cover."""
    weekdays, month_days = weekday(days), month_day(days)
    idle, seen = closures.trade_flags(values, weekdays)
    if not (values > 0).any():
        return ClosureRules(), {}
    closed = closures.closed_weekdays(weekdays, idle, seen)
    runs = closures.in_run(idle) & closures.at_year_end(month_days)
    holiday = closures.holiday_flags(days, names)
    working = seen & ~np.isin(weekdays, list(closed))
    if closures.is_intermittent(idle, working & ~runs & ~holiday):
        return ClosureRules(), {}
    shut, open_, new = closures.learn_holidays(days, idle, working, names)
    rules = ClosureRules(
        weekdays=closed,
        holidays=shut,
        open_holidays=open_,
        new_holidays=new,
        shutdown=closures.shutdown_days(month_days, idle, seen, runs),
        yearly=closures.yearly_days(month_days, idle, working & ~holiday),
    )
    former = closures.locally_closed(weekdays, idle, seen)
    past: dict[dt.date, str] = {}
    for index in np.flatnonzero(idle & (holiday | runs | former)):
        day = days[index].item()
        if holiday[index]:
            past[day] = f"holiday:{names[day][0]}"
        else:
            past[day] = SHUTDOWN if runs[index] else f"weekday:{WEEKDAY_NAMES[weekdays[index]]}"
    return rules, past


def calendars_at(
    first_day: dt.date, values: Values, country: str | None, overrides: Mapping[dt.date, bool] | None = None
) -> Callable[[dt.date], OpeningCalendar]:
    """For backtests: a function from an origin to the calendar as it could be inferred at the end of that day."""

    @lru_cache(maxsize=256)
    def at(origin: dt.date) -> OpeningCalendar:
        known = min(max((origin - first_day).days + 1, 0), len(values))
        return infer_calendar(first_day, values[:known], country, overrides)

    return at
