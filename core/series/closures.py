"""What a series of daily values tells about closed days: weekdays, public holidays, the yearly shutdown.

Every function is pure and sees only the days it is given. ``idle`` marks days without trade, ``seen`` days whose
value says anything (a missing value may say nothing); both have shape (number of days,).
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping

import numpy as np

from core.series.days import Flags, Ints, as_days
from core.series.panel import Days, Values

OCCURRENCES = 26
"""How many of a weekday's latest occurrences are looked at."""
MIN_OCCURRENCES = 4
CLOSED_SHARE = 0.85
INTERMITTENT_SHARE = 0.30
HOLIDAY_THRESHOLD = 0.6
MIN_HOLIDAYS = 3
MIN_RUN = 4
"""Idle days in a row that make a year-end shutdown."""
INFORMATIVE_MISSING = 0.10
YEARS_IDLE = 2
CHANCE_DAYS = 0.02
"""Yearly closed days that chance may be expected to invent, per year."""


def trade_flags(values: Values, weekdays: Ints) -> tuple[Flags, Flags]:
    """(idle, seen). Zero is idle. A missing value counts as idle where missing is rare on other days.

    Files that simply leave closed days out must teach the calendar too; but where more than a tenth of the days are
    missing on weekdays that are not missing as a rule, missing says nothing and is neither idle nor seen.
    """
    missing = np.isnan(values)
    zero = values == 0
    regular = closed_weekdays(weekdays, missing, np.ones_like(missing))
    others = ~np.isin(weekdays, list(regular))
    informative = bool(others.any()) and missing[others].mean() <= INFORMATIVE_MISSING
    return (zero | missing, np.ones_like(zero)) if informative else (zero, ~missing)


def closed_weekdays(weekdays: Ints, idle: Flags, seen: Flags) -> frozenset[int]:
    """Weekdays idle in ≥ 85 % of their last 26 occurrences (≥ 4 seen); none if that would close every weekday."""
    closed, known = set(), set()
    for day in range(7):
        latest = idle[seen & (weekdays == day)][-OCCURRENCES:]
        if len(latest):
            known.add(day)
        if len(latest) >= MIN_OCCURRENCES and latest.mean() >= CLOSED_SHARE:
            closed.add(day)
    return frozenset() if closed == known else frozenset(closed)


def is_intermittent(idle: Flags, ordinary: Flags) -> bool:
    """More than 30 % idle among ``ordinary`` days: zeros are then data, not closures."""
    return bool(ordinary.any()) and float(idle[ordinary].mean()) > INTERMITTENT_SHARE


def learn_holidays(
    days: Days, idle: Flags, considered: Flags, names: Mapping[dt.date, tuple[str, ...]]
) -> tuple[frozenset[str], frozenset[str], bool]:
    """(names closed, names open, whether a holiday never seen before is closed).

    With k idle of m past occurrences of a name and r the idle rate over all holidays: closed if (k + r)/(m + 1) ≥ .6.
    A name never seen is closed if r ≥ .6 over at least three holidays. ``considered`` leaves out days that say
    nothing: unseen ones and regularly closed weekdays.
    """
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    total_idle = total = 0
    for day, was_idle in zip(days[considered].tolist(), idle[considered].tolist(), strict=True):
        for name in names.get(day, ()):
            counts[name][0] += was_idle
            counts[name][1] += 1
        if day in names:
            total_idle += was_idle
            total += 1
    rate = total_idle / total if total else 0.0
    closed = frozenset(name for name, (k, m) in counts.items() if (k + rate) / (m + 1) >= HOLIDAY_THRESHOLD)
    return closed, frozenset(counts) - closed, total >= MIN_HOLIDAYS and rate >= HOLIDAY_THRESHOLD


def in_run(idle: Flags, length: int = MIN_RUN) -> Flags:
    """Days that lie in an unbroken run of at least ``length`` idle days."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], idle, [False])).astype(np.int8)))
    inside = np.zeros(len(idle), dtype=bool)
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        inside[start:end] = end - start >= length
    return inside


def at_year_end(month_days: Ints) -> Flags:
    """20 December to 7 January."""
    return (month_days >= 1220) | (month_days <= 107)


def shutdown_days(month_days: Ints, idle: Flags, seen: Flags, runs: Flags) -> frozenset[int]:
    """Days of the year at the year's end that lay inside a long idle run when they last came round.

    An idle run that the end of the data cuts short proves nothing yet: there last year's answer stands.
    """
    traded = np.flatnonzero(seen & ~idle)
    cut = np.arange(len(idle)) > (traded[-1] if len(traded) else -1)
    told = seen & (runs | ~cut)
    latest = dict(zip(month_days[told].tolist(), runs[told].tolist(), strict=True))
    keys = np.array(list(latest), dtype=np.int64)
    return frozenset(key for key, end in zip(latest, at_year_end(keys), strict=True) if end and latest[key])


def yearly_days(month_days: Ints, idle: Flags, considered: Flags) -> frozenset[int]:
    """Days of the year outside the year's end that were idle in all of at least two years, beyond chance.

    A business with ordinary idle days has such days by accident. So a day, or a stretch of neighbouring ones, needs so
    many idle observations n that share ** n × 365, what chance would bring in a year, stays below CHANCE_DAYS; the
    share is that of idle days among the days of the year that were not always idle.
    """
    slots = (month_days // 100) * 32 + month_days % 100  # days of the year in order, with gaps
    outside = considered & ~at_year_end(month_days)
    times = np.bincount(slots[outside], minlength=13 * 32)
    idle_times = np.bincount(slots[outside & idle], minlength=13 * 32)
    always = idle_times == times
    candidates = always & (times >= YEARS_IDLE)
    if not candidates.any():
        return frozenset()
    # Taking out the days idle in both of two years turns a share p into p / (1 + p); undone here. One day is added to
    # either side, as a share of exactly 0 or 1 cannot be known.
    share = (idle_times[~always].sum() + 1) / (times[~always].sum() + 2)
    share = min(share / (1 - share), 1.0)
    stretch = np.cumsum(~always)  # the same number for neighbours that were always idle (or never observed)
    observations = np.bincount(stretch, weights=np.where(always, times, 0))[stretch]
    found = np.flatnonzero(candidates & (share**observations * 365 < CHANCE_DAYS))
    return frozenset((found // 32 * 100 + found % 32).tolist())


def locally_closed(weekdays: Ints, idle: Flags, seen: Flags) -> Flags:
    """Idle days whose weekday was idle in ≥ 85 % of the 26 occurrences around: closed weekdays of former times."""
    closed = np.zeros(len(idle), dtype=bool)
    for day in range(7):
        where = np.flatnonzero(seen & (weekdays == day))
        if len(where) < MIN_OCCURRENCES:
            continue
        total = np.concatenate(([0], np.cumsum(idle[where])))
        half = OCCURRENCES // 2
        start = np.clip(np.arange(len(where)) - half, 0, max(len(where) - OCCURRENCES, 0))
        end = np.minimum(start + OCCURRENCES, len(where))
        closed[where] = idle[where] & ((total[end] - total[start]) / (end - start) >= CLOSED_SHARE)
    return closed


def holiday_flags(days: Days, names: Mapping[dt.date, tuple[str, ...]]) -> Flags:
    """Which of the days carry a holiday's name."""
    flags = np.zeros(len(days), dtype=bool)
    if names:
        flags = np.isin(days, as_days(names))
    return flags
