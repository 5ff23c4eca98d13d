"""Faults of the data themselves: days without trade, lines dropped or without values, values never seen before."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from core.monitoring.levels import known_values
from core.monitoring.psi import Floats, Ints
from core.monitoring.signal import Kind, Severity, Signal
from core.series.days import Flags
from core.series.panel import MEASURES, Panel, Series
from core.transactions.counts import DayCounts, FeatureDays

REFERENCE_DAYS = 365
LEAST_DAYS = 60
FAR = 6.0
"""Robust standard deviations of a day's share, as an angle, from which it is a fault …"""
LEAST_SHARE, LEAST_LINES = 0.05, 20
"""… where it is at least so much of a day, and the day has so many lines."""
LEAST_SPREAD = 0.01
RECENT_DAYS = 28
"""What has been so for half of these days is how things are, not a fault of the day."""
RARE_A_YEAR, HARDLY = 4, 0.0005


def fault_signals(
    counts: DayCounts, panel: Panel, is_open: Flags, first: int, last: int
) -> Iterator[tuple[int, Signal]]:
    """Faults of the days ``first`` to ``last``; each is judged by the year before it."""
    yield from _no_trade(panel, is_open, first, last)
    for feature in counts.features:
        if feature.name == "outcome":
            yield from _dropped(feature, first, last)
        elif feature.level == "line" and _worth_a_look(feature, first, last):
            unknown, known = _unknown(feature)
            yield from _unusual("missing values", feature.name, feature.missing, feature.missing + known, first, last)
            # a category that is new may be good news, a number beyond any before is not
            kind: Kind = "data fault" if feature.kind == "numeric" else "shape"
            yield from _unusual("unknown values", feature.name, unknown, known, first, last, kind)


def _no_trade(panel: Panel, is_open: Flags, first: int, last: int) -> Iterator[tuple[int, Signal]]:
    """An open day on which nothing was sold, where that is rare: at most RARE_A_YEAR times a year so far, or so many
    such days in a row that chance would hardly bring them."""
    series = next(Series(measure) for measure in MEASURES if Series(measure) in panel.series)
    values = panel[series]
    unknown = np.isnan(known_values(values[None], is_open)[0]) & (np.cumsum(values > 0) > 0)
    idle = is_open & (values == 0) & (np.cumsum(values > 0) > 0)
    for day in range(first, last + 1):
        if idle[day] and unknown[day] and _is_rare(idle, is_open, day):
            yield day, Signal("no trade", series.measure, "data fault", "warning", 1.0, 0.0, {"open": True})


def _is_rare(idle: Flags, is_open: Flags, day: int) -> bool:
    days = np.flatnonzero(is_open[: day + 1])
    run = 0
    while run < len(days) and idle[days[-1 - run]]:
        run += 1
    before = days[max(len(days) - run - REFERENCE_DAYS, 0) : len(days) - run]
    usual = float(idle[before].mean()) if len(before) else 0.0
    return bool(usual * REFERENCE_DAYS <= RARE_A_YEAR or usual**run < HARDLY)


def _dropped(outcome: FeatureDays, first: int, last: int) -> Iterator[tuple[int, Signal]]:
    """A cleaning rule that drops far more of a day's lines than it did in the year before."""
    by_day = outcome.binned(np.arange(len(outcome.values)), len(outcome.values))
    lines = by_day.sum(axis=1)
    for row, name in enumerate(outcome.values.tolist()):
        if name != "used":
            yield from _unusual("dropped lines", str(name), by_day[:, row], lines, first, last)


def _worth_a_look(feature: FeatureDays, first: int, last: int) -> bool:
    """Whether a day from ``first`` to ``last`` may have enough lines without a value, or with one that no day before
    ``first`` had: what follows looks at all days, which most days are not worth."""
    start, end = (int(one) for one in np.searchsorted(feature.day, [first, last + 1]))
    day, value, count = feature.day[start:end] - first, feature.value[start:end], feature.count[start:end]
    if feature.kind == "category":
        seen = np.zeros(len(feature.values), np.bool_)
        seen[feature.value[:start]] = True
        new = ~seen[value]
    else:
        low, high = _ranges(feature)
        new = (feature.values[value] < low[first]) | (feature.values[value] > high[first])
    size, missing = last - first + 1, feature.missing[first : last + 1]
    lines, unknown = np.bincount(day, count, size), np.bincount(day[new], count[new], size)
    return bool(((np.maximum(missing, unknown) >= LEAST_SHARE * lines) & (lines + missing > 0)).any())


def _ranges(feature: FeatureDays) -> tuple[Floats, Floats]:
    """The lowest and the highest value of the days before each day, shape (days + 1,). Values ascend within a day: its
    first is the lowest, its last the highest."""
    n_days = len(feature.missing)
    ends = np.searchsorted(feature.day, np.arange(n_days + 1))
    there = np.flatnonzero(np.diff(ends))
    low, high = np.full(n_days + 1, np.inf), np.full(n_days + 1, -np.inf)
    low[there + 1] = feature.values[feature.value[ends[there]]]
    high[there + 1] = feature.values[feature.value[ends[there + 1] - 1]]
    return np.minimum.accumulate(low), np.maximum.accumulate(high)


def _unknown(feature: FeatureDays) -> tuple[Ints, Ints]:
    """Lines a day outside the range of the days before, or in a category that they did not have; and all lines."""
    n_days = len(feature.missing)
    lines = np.bincount(feature.day, feature.count, n_days).astype(np.int64)
    if feature.kind == "category":
        seen = np.full(len(feature.values), n_days)
        seen[feature.value[::-1]] = feature.day[::-1]  # the earliest day is written last
        new = seen[feature.value] == feature.day
    else:
        low, high = _ranges(feature)
        values = feature.values[feature.value]
        new = (values < low[feature.day]) | (values > high[feature.day])
    return np.bincount(feature.day[new], feature.count[new], n_days).astype(np.int64), lines


def _recent(angle: Floats, there: Flags, day: int) -> float:
    """The median of the last RECENT_DAYS days that have lines, the day itself among them; below any with few."""
    before = slice(max(day - RECENT_DAYS + 1, 0), day + 1)
    known = angle[before][there[before]]
    return float(np.median(known)) if len(known) >= RECENT_DAYS // 4 else -np.inf


def _unusual(
    rule: str, subject: str, part: Ints, whole: Ints, first: int, last: int, kind: Kind = "data fault"
) -> Iterator[tuple[int, Signal]]:
    """Days whose share ``part`` / ``whole`` is far above that of the year before, as arcsin √share: on that scale
    chance is as large for rare lines as for frequent ones, 1/(2√lines) (Anscombe 1948)."""
    there = whole > 0
    share = np.where(there, part / np.maximum(whole, 1), 0.0)
    candidates = np.flatnonzero(there & (share >= LEAST_SHARE) & (whole >= LEAST_LINES))
    angle = np.arcsin(np.sqrt((part + 0.375) / (whole + 0.75)))
    severity: Severity = "warning" if kind == "data fault" else "info"
    for day in candidates[(candidates >= first) & (candidates <= last)].tolist():
        before = slice(max(day - REFERENCE_DAYS, 0), day)
        known = angle[before][there[before]]
        if len(known) < LEAST_DAYS:
            continue
        middle = float(np.median(known))
        by_chance = 0.5 / float(whole[day]) ** 0.5
        spread = max(1.4826 * float(np.median(np.abs(known - middle))), by_chance, LEAST_SPREAD)
        value = (float(angle[day]) - middle) / spread
        if value > FAR and float(angle[day]) > _recent(angle, there, day) + FAR * by_chance:
            usual = np.sin(middle) ** 2
            evidence = {"share": round(float(share[day]), 4), "usual": round(float(usual), 4), "lines": int(whole[day])}
            yield day, Signal(rule, subject, kind, severity, value, FAR, evidence)
