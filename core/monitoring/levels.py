"""Did the level move? The daily totals of all measures watched for a shift, within a yearly budget of false alarms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from core.monitoring.innovations import LEAST_DAYS, Baseline, fit, innovations
from core.monitoring.memo import Memo
from core.monitoring.psi import Floats, Ints
from core.monitoring.sequential import REACH, phi_with_all, shift_limit, shifts, with_all
from core.series.days import Flags, weekday
from core.series.panel import MEASURES, Panel, Series, Values

REFERENCE_DAYS = 365
RENEWED_DAYS = 28
"""The reference ends before a block of so many days and is made anew for the next."""
WEEK, YEAR_AGO = 7, 364
LEAST_NEAR = 6
"""Open days around the same day of the year before without which it says nothing."""
JUDGED_DAYS = 10
MOST_ZEROS = 0.3
"""A series with a larger share of days without trade is one that sells now and then: its zeros are volumes."""
ALL = "all measures"


@dataclass(frozen=True)
class Levels:
    """What the shift test says of every open day from the first that has a reference.

    ``days``: day numbers since the panel's first, shape (days,); ``value``, ``size``, ``began``: as Shifts, shape
    (series, days), ``began`` as a day number; ``limit``: shape (days,); ``seasonal``: whether the season of the year
    before was taken off; ``scores``: the innovations, shape (series, days). ``names``: the measures, and ALL together.
    """

    names: tuple[str, ...]
    days: Ints
    value: Floats
    size: Floats
    began: Ints
    limit: Floats
    seasonal: Flags
    scores: Floats


@dataclass(frozen=True)
class _Scale:
    """The open days on one scale, shape (series, open days): log values, or those less the season of the year before.

    NaN where a day teaches nothing.
    """

    log: Floats
    seasonal: bool
    days: Ints
    weekdays: Ints

    def clarity(self, baseline: Baseline) -> float:
        """How many standard errors a shift by 1 is away from none after JUDGED_DAYS, as a mean of the series."""
        spread = np.nanstd(baseline.ranked, axis=-1)
        information = 1.0 + (JUDGED_DAYS - 1) * (1.0 - baseline.phi) ** 2
        return float(np.mean(np.sqrt(information) / np.where(spread > 0, spread, np.inf)))


def known_values(values: Values, is_open: Flags) -> Values:
    """Shape (series, days), NaN where a day teaches nothing: closed days, those before the first trade, days without
    trade of a series that always has some. Each day is judged by those before it, so that no later day changes it."""
    trades = values > 0
    counted = np.logical_or.accumulate(trades, axis=1) & is_open
    zeros: Ints = np.cumsum(counted & ~trades, axis=1) - (counted & ~trades)
    days: Ints = np.cumsum(counted, axis=1) - counted
    usual = zeros > MOST_ZEROS * np.maximum(days, 1)
    return np.where(counted & (trades | usual), np.maximum(values, 0.0), np.nan)


def watch_levels(
    panel: Panel, is_open: Flags, per_year: float, first: int = 0, memo: Memo | None = None, seed: int = 0,
    last: int | None = None,
) -> Levels:  # fmt: skip
    """Looks at every open day from day number ``first`` to ``last`` (default: the panel's), knowing that day and what
    was before it.

    ``is_open``: shape (days,). ``per_year``: false alarms a year that all series together may have. Of the two scales
    that one is taken on which, in the reference, a shift would have been clearest.
    """
    measures = watched_measures(panel)
    names = (*measures, *((ALL,) if len(measures) > 1 else ()))
    scales = _scales(panel, is_open)
    stop = panel.n_days if last is None else min(last + 1, panel.n_days)
    starts = range(max(first - first % RENEWED_DAYS, 0), stop, RENEWED_DAYS)
    blocks = [_block(scales, start, per_year, memo or Memo(), seed) for start in starts]
    return _joined(names, [block for block in blocks if block is not None], first, stop)


def watched_measures(panel: Panel) -> tuple[str, ...]:
    """The measures whose totals are there, in the order of the series of Levels."""
    return tuple(measure for measure in MEASURES if Series(measure) in panel.series)


def judged_days(panel: Panel, is_open: Flags) -> tuple[Ints, Floats, Flags]:
    """``days``, ``scores`` and ``seasonal`` as in Levels, of all days, without the shift test."""
    scales = _scales(panel, is_open)
    blocks = [one for start in range(0, panel.n_days, RENEWED_DAYS) if (one := _judged(scales, start))]
    if not blocks:
        return np.zeros(0, np.int64), np.zeros((len(watched_measures(panel)), 0)), np.zeros(0, np.bool_)
    days = np.concatenate([one.days for one in blocks])
    scores = np.concatenate([one.scores[:, one.first - one.run_up :] for one in blocks], axis=1)
    return days, scores, np.repeat([one.scale.seasonal for one in blocks], [len(one.days) for one in blocks])


def _scales(panel: Panel, is_open: Flags) -> list[_Scale]:
    chosen = [Series(measure) for measure in watched_measures(panel)]
    days, log = np.flatnonzero(is_open), np.log1p(known_values(panel.select(chosen).values, is_open))
    about = days, weekday(panel.days)[days]
    return [_Scale(log[:, days], False, *about), _Scale((log - year_before(log))[:, days], True, *about)]


def year_before(log: Floats) -> Floats:
    """The mean of the two weeks around the same weekday of the year before, shape of ``log``: (series, days).

    NaN where fewer than LEAST_NEAR of those days are known, or the year before is not there.
    """
    there = ~np.isnan(log)
    sums, counts = (np.pad(np.cumsum(one, axis=1), ((0, 0), (1, 0))) for one in (np.where(there, log, 0.0), there))
    day = np.arange(log.shape[1])
    low, high = (np.clip(day - YEAR_AGO + shift, 0, log.shape[1]) for shift in (-WEEK, WEEK))
    count = counts[:, high] - counts[:, low]
    return np.where(count >= LEAST_NEAR, (sums[:, high] - sums[:, low]) / np.maximum(count, 1), np.nan)


@dataclass(frozen=True)
class _Judged:
    """A block of open days, ``first`` to ``last``, by the reference before it: its open days are ``rows``. ``scores``
    begin at ``run_up``."""

    scale: _Scale
    rows: Ints
    baseline: Baseline
    run_up: int
    first: int
    last: int
    scores: Floats

    @property
    def days(self) -> Ints:
        return self.scale.days[self.first : self.last]


def _judged(scales: list[_Scale], start: int) -> _Judged | None:
    """The days from ``start`` on, against the year before them; None where that is too short."""
    fitted = [(scale, rows) for scale in scales if len(rows := _reference(scale, start)) >= LEAST_DAYS]
    if not fitted:
        return None
    known = [(scale, rows, fit(scale.log[:, rows], scale.weekdays[rows])) for scale, rows in fitted]
    scale, rows, baseline = max(known, key=lambda one: one[0].clarity(one[2]))
    first, last = (int(one) for one in np.searchsorted(scale.days, [start, start + RENEWED_DAYS]))
    run_up = max(first - REACH, 0)
    scores = innovations(baseline, scale.log[:, run_up:last], scale.weekdays[run_up:last])
    return _Judged(scale, rows, baseline, run_up, first, last, scores)


def _block(scales: list[_Scale], start: int, per_year: float, memo: Memo, seed: int) -> _Block | None:
    """The shift test on a block of days; None without a reference."""
    judged = _judged(scales, start)
    if judged is None:
        return None
    scale, rows, baseline = judged.scale, judged.rows, judged.baseline
    own = innovations(baseline, scale.log[:, rows], scale.weekdays[rows])
    found = shifts(with_all(judged.scores, own), phi_with_all(baseline.phi))
    # as many open days as a year of the past has: what is open later must not be in a limit of today
    year = max(round(REFERENCE_DAYS * judged.first / start), 1)
    given = scale.log[:, rows], scale.weekdays[rows], per_year, year, seed
    limit = float(memo.of(("shift limit", *given), lambda: shift_limit(baseline, *given)))
    began = scale.days[np.maximum(np.arange(judged.run_up, judged.last) - found.began, 0)]
    new = slice(judged.first - judged.run_up, None)
    return _Block(
        judged.days, found.value[:, new], found.size[:, new], began[:, new], limit, scale.seasonal,
        judged.scores[:, new],
    )  # fmt: skip


def _reference(scale: _Scale, start: int) -> Ints:
    """The open days of the year before ``start`` on which the first series is known."""
    first, last = np.searchsorted(scale.days, [start - REFERENCE_DAYS, start])
    return np.asarray(first + np.flatnonzero(~np.isnan(scale.log[0, first:last])))


@dataclass(frozen=True)
class _Block:
    days: Ints
    value: Floats
    size: Floats
    began: Ints
    limit: float
    seasonal: bool
    scores: Floats


def _joined(names: tuple[str, ...], blocks: list[_Block], first: int, stop: int) -> Levels:
    """The days from ``first`` on, before ``stop``."""
    nothing = np.zeros((len(names), 0))
    series = sum(name != ALL for name in names)
    days = np.concatenate([np.zeros(0, np.int64), *(one.days for one in blocks)])
    kept = (days >= first) & (days < stop)

    def along(rows: int, parts: Sequence[npt.NDArray[Any]]) -> npt.NDArray[Any]:
        return np.concatenate([nothing[:rows], *parts], axis=1)[:, kept]

    limit = np.repeat([one.limit for one in blocks], [len(one.days) for one in blocks])
    seasonal = np.repeat([one.seasonal for one in blocks], [len(one.days) for one in blocks])
    return Levels(
        names,
        days[kept],
        along(len(names), [one.value for one in blocks]),
        along(len(names), [one.size for one in blocks]),
        along(len(names), [one.began for one in blocks]).astype(np.int64),
        limit.astype(np.float64)[kept],
        seasonal.astype(np.bool_)[kept],
        along(series, [one.scores for one in blocks]),
    )
