"""What a model may learn from: values of open days, and same-weekday averages of them."""

from __future__ import annotations

import numpy as np

from core.series.days import Flags, Ints
from core.series.panel import Values

INTERMITTENT_SHARE = 0.30
FAR_DEVIATIONS = 4.0
RECENT = 28
"""Observed days that stand in for a weekday never seen open."""


def observed(values: Values, is_open: Flags) -> tuple[Values, Flags]:
    """(values with NaN where they teach nothing, which series are intermittent).

    values: shape (number of series, number of days); is_open: the same, or (number of days,). NaN: closed days,
    missing values, days before the first trade, and zeros (negative values count as such) that are accidents.
    Intermittent: more than 30 % zeros on open days since the first trade; a series without any trade counts as such.
    A zero of another series is an accident where it is farther than 4 standard deviations from the mean of log1p of
    the days with trade: a shop that sells 80 a day was shut, a product that sells two a day was not asked for.
    """
    known = np.where(is_open, np.maximum(values, 0.0), np.nan)
    zero = known == 0
    started = np.maximum.accumulate(np.nan_to_num(known) != 0, axis=1)
    known[~started] = np.nan
    days = (started & ~np.isnan(known)).sum(axis=1)
    intermittent = (started & zero).sum(axis=1) > INTERMITTENT_SHARE * days
    intermittent |= ~started.any(axis=1)
    known[zero & ~(intermittent | _near_zero(known))[:, None]] = np.nan
    return known, intermittent


def _near_zero(known: Values) -> Flags:
    """Series whose days with trade have a mean of log1p below 4 of its standard deviations."""
    traded = known > 0
    log = np.where(traded, np.log1p(np.where(traded, known, 0.0)), 0.0)
    count = np.maximum(traded.sum(axis=1), 1)
    mean = log.sum(axis=1) / count
    variance = (log * log).sum(axis=1) / count - mean * mean
    return np.asarray(mean * mean < FAR_DEVIATIONS**2 * variance)


def weekday_means(known: Values, weekdays: Ints, last: int) -> Values:
    """Mean of each weekday's ``last`` latest observed values, shape (number of series, 7).

    A weekday never observed gets the mean of the latest 28 observed days; a series never observed gets 0.
    """
    means = np.column_stack([_latest_mean(np.ascontiguousarray(known[:, weekdays == day]), last) for day in range(7)])
    recent = _latest_mean(known, RECENT)[:, None]
    return np.nan_to_num(np.where(np.isnan(means), recent, means))


def _latest_mean(known: Values, last: int) -> Values:
    """Mean of the ``last`` latest numbers of every row, NaN for a row without any."""
    present = ~np.isnan(known)
    rank = np.cumsum(present[:, ::-1], axis=1)[:, ::-1]
    taken = present & (rank <= last)
    count = taken.sum(axis=1)
    total = np.where(taken, known, 0.0).sum(axis=1)
    mean: Values = np.divide(total, count, out=np.full(len(known), np.nan), where=count > 0)
    return mean
