"""Changes with known truth, put into a panel: to see which of them a configuration would find, and how soon."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from core.errors import InputError
from core.series.days import Flags, weekday
from core.series.panel import TOTAL, Panel, Values

Kind = Literal["level", "trend", "variance", "weekday", "mix", "missing_days", "duplicates", "returns", "currency"]
KINDS: tuple[Kind, ...] = get_args(Kind)

TREND_DAYS = 90
"""A trend has its full size after so many days, and keeps it."""
MOST = 10.0
LEAST_DAYS = 56
"""Days before the start that ``variance``, ``weekday`` and ``mix`` measure what they change by."""
WEEKS = 4
SHARES: frozenset[Kind] = frozenset({"weekday", "mix", "missing_days", "returns"})
"""Kinds whose size is a share: above 0, at most 1."""
GROWING: frozenset[Kind] = frozenset({"variance", "duplicates"})
"""Kinds whose size is above 0."""


def bounds(kind: Kind) -> tuple[float, float]:
    """A size is more than the first and at most the second, and not 0."""
    return 0.0 if kind in SHARES | GROWING else -1.0, 1.0 if kind in SHARES else MOST


@dataclass(frozen=True)
class Change:
    """What changes from the day ``start`` on, and by how much. Measures are those of core.series.panel.

    * level: everything × (1 + size). trend: the same, growing evenly over the first 90 days.
    * variance: every day × its own lognormal factor with mean 1, so that the standard deviation of a day's log around
      its last four same weekdays becomes 1 + size times what it was.
    * weekday: the share ``size`` of the busiest weekday goes to the quietest usual one of the same week (Monday to
      Sunday); the sum of the week stays.
    * mix: the share ``size`` of the largest country goes to the others as they shared before; totals stay.
    * missing_days: an open day is 0 with probability ``size``.
    * duplicates: transactions, units and revenue × (1 + size); orders and customers cannot be counted twice.
    * returns: units and revenue × (1 − size), transactions × (1 − size / 2): half of the lines returned are wholly
      taken back, the others in part. Orders and customers stay.
    * currency: revenue × (1 + size) alone.

    Sizes of weekday, mix, missing_days and returns lie in (0, 1], of variance and duplicates in (0, 10], of the others
    in (−1, 10] without 0. Raises InputError for a kind or size that is not possible.
    """

    kind: Kind
    start: dt.date
    size: float

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise InputError(f"there is no change of the kind {self.kind}", hint=f"Known are {', '.join(KINDS)}.")
        low, high = bounds(self.kind)
        if not low < self.size <= high or self.size == 0:
            raise InputError(
                f"a change of {self.kind} by {self.size:g} is not possible",
                hint=f"Use more than {low:g} and at most {high:g}{', not 0' if low < 0 else ''}: 0.3 is 30 %.",
            )


def inject_panel(panel: Panel, is_open: Flags, change: Change, seed: int = 0) -> Panel:
    """``panel`` with the change in it; days before its start are the same to the last bit.

    is_open: the days of the panel, shape (number of days,). What summed up to the total still does, up to rounding.
    Counts may become fractions. The same arguments give the same values. Raises InputError where ``variance``,
    ``weekday`` or ``mix`` have too few days before the start, and ``mix`` without countries.
    """
    start = min(max((change.start - panel.first_day).days, 0), panel.n_days)
    after, before = panel.values[:, start:], Panel(panel.series, panel.first_day, panel.values[:, :start])
    made = _HOW[change.kind](_Case(panel, before, after, is_open, start, change.size, np.random.default_rng(seed)))
    values = np.concatenate([before.values, made], axis=1)
    return Panel(panel.series, panel.first_day, values, panel.known)


@dataclass(frozen=True)
class _Case:
    """``after``: the values from column ``start`` on; each way returns others of the same shape."""

    panel: Panel
    before: Panel
    after: Values
    is_open: Flags
    start: int
    size: float
    rng: np.random.Generator

    def main(self) -> Values:
        """The values before the start of the series that stands for the business: the first total."""
        if self.before.n_days < LEAST_DAYS:
            raise InputError(
                f"there are {self.before.n_days} days before the change, too few", hint=f"Leave it {LEAST_DAYS}."
            )
        rows = [row for row, one in enumerate(self.panel.series) if one.segment == TOTAL]
        values: Values = self.before.values[(rows or [0])[0]]
        return values


def _level(case: _Case) -> Values:
    return case.after * (1 + case.size)


def _trend(case: _Case) -> Values:
    grown = np.minimum(np.arange(1, case.after.shape[1] + 1) / TREND_DAYS, 1.0)
    return np.asarray(case.after * (1 + case.size * grown))


def _variance(case: _Case) -> Values:
    log = np.log1p(np.maximum(case.main(), 0.0))
    use, weekdays = case.is_open[: case.start] & ~np.isnan(log), weekday(case.before.days)
    misses = np.concatenate([_misses(log[use & (weekdays == day)]) for day in range(7)])
    # a factor moves the day and, a fourth each, four means that later days are compared with
    variance = ((1 + case.size) ** 2 - 1) * float(misses.var()) / (1 + 1 / WEEKS) if misses.size else 0.0
    noise = case.rng.normal(0.0, np.sqrt(variance), case.after.shape[1])
    return np.asarray(case.after * np.exp(noise - variance / 2))


def _misses(log: Values) -> Values:
    """Of every value from the mean of the four before it."""
    if len(log) <= WEEKS:
        return np.empty(0)
    return np.asarray(log[WEEKS:] - np.lib.stride_tricks.sliding_window_view(log, WEEKS)[:-1].mean(axis=1))


def _weekday(case: _Case) -> Values:
    main, weekdays = case.main(), weekday(case.panel.days)
    use = case.is_open[: case.start] & ~np.isnan(main)
    days = [main[use & (weekdays[: case.start] == day)] for day in range(7)]
    often = max(map(len, days)) / 2  # a weekday that trades now and then is none that could take more
    means = {day: float(values.mean()) for day, values in enumerate(days) if len(values) > often}
    if len(means) < 2:
        raise InputError("fewer than two weekdays are open: nothing can move between them")
    busy, quiet = max(means, key=lambda day: means[day]), min(means, key=lambda day: means[day])
    values = case.after.copy()
    for giver in np.flatnonzero(weekdays[case.start :] == busy):
        taker = giver + quiet - busy
        both = 0 <= taker < values.shape[1] and case.is_open[case.start + giver] and case.is_open[case.start + taker]
        if both:
            moved = case.size * values[:, giver]
            values[:, giver] -= moved
            values[:, taker] += moved
    return values


def _mix(case: _Case) -> Values:
    case.main()
    values = case.after.copy()
    parts: dict[str, list[int]] = {}
    for row, one in enumerate(case.panel.series):
        if one.segment != TOTAL:
            parts.setdefault(one.measure, []).append(row)
    if not any(len(rows) > 1 for rows in parts.values()):
        raise InputError("the data have no two countries: nothing can move between them")
    volumes = np.nansum(case.before.values, axis=1)
    first = next(rows for rows in parts.values() if len(rows) > 1)
    largest = case.panel.series[max(first, key=lambda row: volumes[row])].segment
    for rows in parts.values():
        giver = next((row for row in rows if case.panel.series[row].segment == largest), None)
        takers = [row for row in rows if row != giver]
        if giver is None or not takers:
            continue
        whole = volumes[takers].sum()
        shares = volumes[takers] / whole if whole > 0 else np.full(len(takers), 1 / len(takers))
        moved = case.size * case.after[giver]
        values[giver] -= moved
        values[takers] += shares[:, None] * moved
    return values


def _missing(case: _Case) -> Values:
    gone = (case.rng.random(case.after.shape[1]) < case.size) & case.is_open[case.start :]
    return np.where(gone, 0.0, case.after)


def _by_measure(factors: Callable[[float], Mapping[str, float]]) -> Callable[[_Case], Values]:
    def make(case: _Case) -> Values:
        by_name = factors(case.size)
        factor = np.array([by_name.get(one.measure, 1.0) for one in case.panel.series])
        return np.asarray(case.after * factor[:, None])

    return make


_HOW: Mapping[Kind, Callable[[_Case], Values]] = {
    "level": _level,
    "trend": _trend,
    "variance": _variance,
    "weekday": _weekday,
    "mix": _mix,
    "missing_days": _missing,
    "duplicates": _by_measure(lambda size: dict.fromkeys(("transactions", "units", "revenue"), 1 + size)),
    "returns": _by_measure(lambda size: {"transactions": 1 - size / 2, "units": 1 - size, "revenue": 1 - size}),
    "currency": _by_measure(lambda size: {"revenue": 1 + size}),
}
