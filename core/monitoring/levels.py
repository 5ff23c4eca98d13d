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
    chosen = [Series(measure) for measure in MEASURES if Series(measure) in panel.series]
    days, log = np.flatnonzero(is_open), np.log1p(known_values(panel.select(chosen).values, is_open))
    about = days, weekday(panel.days)[days]
    scales = [_Scale(log[:, days], False, *about), _Scale((log - year_before(log))[:, days], True, *about)]
    names = (*(one.measure for one in chosen), *((ALL,) if len(chosen) > 1 else ()))
    stop = panel.n_days if last is None else min(last + 1, panel.n_days)
    starts = range(max(first - first % RENEWED_DAYS, 0), stop, RENEWED_DAYS)
    blocks = [_block(scales, start, per_year, memo or Memo(), seed) for start in starts]
    return _joined(names, [block for block in blocks if block is not None], first, stop)


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


def _block(scales: list[_Scale], start: int, per_year: float, memo: Memo, seed: int) -> _Block | None:
    """The days from ``start`` on, against the year before them; None where that is too short."""
    fitted = [(scale, rows) for scale in scales if len(rows := _reference(scale, start)) >= LEAST_DAYS]
    if not fitted:
        return None
    known = [(scale, rows, fit(scale.log[:, rows], scale.weekdays[rows])) for scale, rows in fitted]
    scale, rows, baseline = max(known, key=lambda one: one[0].clarity(one[2]))
    first, last = np.searchsorted(scale.days, [start, start + RENEWED_DAYS])
    run_up = max(int(first) - REACH, 0)
    scores = innovations(baseline, scale.log[:, run_up:last], scale.weekdays[run_up:last])
    own = innovations(baseline, scale.log[:, rows], scale.weekdays[rows])
    found = shifts(with_all(scores, own), phi_with_all(baseline.phi))
    # as many open days as a year of the past has: what is open later must not be in a limit of today
    year = max(round(REFERENCE_DAYS * int(first) / start), 1)
    given = scale.log[:, rows], scale.weekdays[rows], per_year, year, seed
    limit = float(memo.of(("shift limit", *given), lambda: shift_limit(baseline, *given)))
    began = scale.days[np.maximum(np.arange(run_up, last) - found.began, 0)]
    new = slice(int(first) - run_up, None)
    return _Block(
        scale.days[first:last], found.value[:, new], found.size[:, new], began[:, new], limit, scale.seasonal,
        scores[:, new],
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
