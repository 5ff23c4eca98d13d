"""Is it the season? Whether the year before did the same at the same time."""

from __future__ import annotations

import datetime as dt

import numpy as np

from core.monitoring.bins import bins_of
from core.monitoring.distances import psi
from core.monitoring.levels import ALL, YEAR_AGO, known_values, year_before
from core.monitoring.psi import PSI_LINES, Floats, psi_limit
from core.monitoring.sequential import REACH
from core.monitoring.windows import FeatureWindows
from core.series.days import Flags, weekday
from core.series.panel import MEASURES, Panel, Series

EXPLAINED = 0.5
"""A change of which the year before had at least this share is the season's."""
AROUND_DAYS = 7
"""A window of the year before takes in so many days more on either side."""
LEAST_OPEN = 5


class Season:
    """Compares a change of the measures' level with that of the year before, on weekday-adjusted log values."""

    def __init__(self, panel: Panel, is_open: Flags) -> None:
        self._first_day = panel.first_day
        self._names = [measure for measure in MEASURES if Series(measure) in panel.series]
        self._log = np.log1p(known_values(panel.select([Series(name) for name in self._names]).values, is_open))
        self._rest = self._log - year_before(self._log)
        self._weekdays = weekday(panel.days)

    def explains(self, name: str, began: int, day: int) -> bool | None:
        """A shift since ``began``, seen on ``day``: None where the year before is not known."""
        now = self._step(name, began, day)
        before = self._step(name, began - YEAR_AGO, day - YEAR_AGO)
        if now is None or before is None:
            return None
        return bool(now * before > 0 and abs(before) >= EXPLAINED * abs(now))

    def change(self, name: str, began: int, day: int) -> float | None:
        """By what share the mean moved with the shift: 0.1 is 10 % up."""
        step = self._step(name, began, day)
        return None if step is None else round(float(np.expm1(step)), 4)

    def beyond(self, name: str, began: int, day: int) -> float | None:
        """The same against what the season of the year before and the weekday led to expect."""
        step = self._step(name, began, day, self._rest)
        return None if step is None else round(float(np.expm1(step)), 4)

    def explains_mean(self, name: str, reference: tuple[int, int], window: tuple[int, int]) -> bool:
        """A window's mean against the reference's: did the same weeks of the year before stand out as much?"""
        usual, now = self._mean(name, *reference, reference), self._mean(name, *window, reference)
        before = self._mean(name, window[0] - YEAR_AGO, window[1] - YEAR_AGO, reference)
        if usual is None or now is None or before is None:
            return False
        moved, same = now - usual, before - usual
        return bool(moved * same > 0 and abs(same) >= EXPLAINED * abs(moved))

    def explains_counts(self, windows: FeatureWindows, day: int) -> bool:
        """A window's distribution against the same weeks of the year before: no further than chance allows?"""
        feature, low = windows.feature, day - YEAR_AGO - windows.length + 1 - AROUND_DAYS
        if low < 0:
            return False
        before = feature.between(low, day - YEAR_AGO + AROUND_DAYS)
        now = feature.between(day - windows.length + 1, day)
        if not (before.any() and now.any()):
            return False
        bins = bins_of(feature.values, before, feature.kind, feature.level)
        apart = float(psi(bins.sums(before), bins.sums(now)))
        usual = psi_limit(int(before.sum()), int(now.sum()), bins.n)
        return bool(apart <= max(usual, PSI_LINES[0]))

    def date(self, day: int) -> str:
        """ISO date of a day number."""
        return (self._first_day + dt.timedelta(days=day)).isoformat()

    def _step(self, name: str, began: int, day: int, log: Floats | None = None) -> float | None:
        """Mean of the days from ``began`` on less that of the REACH days before, in logs."""
        whole = (began - REACH, day)
        after, before = (self._mean(name, *span, whole, log) for span in ((began, day), (began - REACH, began - 1)))
        return None if after is None or before is None else after - before

    def _mean(
        self, name: str, first: int, last: int, usual: tuple[int, int], log: Floats | None = None
    ) -> float | None:
        """Of the days ``first`` to ``last`` after taking off the weekday's mean in ``usual``; None with too few.
        ``log``: of all measures, shape (measures, days), unless as they are."""
        if first < 0 or name not in (*self._names, ALL):
            return None
        rows = slice(None) if name == ALL else [self._names.index(name)]
        log = (self._log if log is None else log)[rows].mean(axis=0)
        days = self._weekdays[first : last + 1]
        low, high = max(usual[0], 0), usual[1] + 1
        known, of = log[low:high], self._weekdays[low:high]
        week = np.array([_mean(known[of == one]) for one in range(7)])
        rest = log[first : last + 1] - np.where(np.isnan(week), _mean(known), week)[days]
        return None if (~np.isnan(rest)).sum() < LEAST_OPEN and len(rest) >= LEAST_OPEN else _mean_or_none(rest)


def _mean(values: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> float:
    there = values[~np.isnan(values)]
    return float(there.mean()) if len(there) else float("nan")


def _mean_or_none(values: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> float | None:
    found = _mean(values)
    return None if np.isnan(found) else found
