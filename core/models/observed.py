"""What a model may learn from: values of open days, and same-weekday averages of them."""

from __future__ import annotations

import numpy as np

from core.models.running_sums import RunningSums
from core.series.days import Flags, Ints
from core.series.panel import Values

INTERMITTENT_SHARE = 0.30
FAR_DEVIATIONS = 4.0
WEEKS = 8
RECENT = 28
"""Observed days that stand in for a weekday never seen open."""


def observed(values: Values, is_open: Flags) -> tuple[Values, Flags]:
    """(values with NaN where they teach nothing, which series are intermittent).

    values: shape (number of series, number of days); is_open: the same, or (number of days,). NaN: closed days,
    missing values, and zeros (negative values count as such) that are accidents, those before the first trade included.
    Intermittent: more than 30 % zeros on open days since the first trade; a series without any trade counts as such.
    Their zeros are volumes; those of other series are where ``_natural`` says so: a shop that sells 80 a day was shut,
    a product that sells two a day was not asked for.
    """
    known = np.where(is_open, np.maximum(values, 0.0), np.nan)
    zero = known == 0
    started = np.maximum.accumulate(np.nan_to_num(known) != 0, axis=1)
    days = (started & ~np.isnan(known)).sum(axis=1)
    intermittent = (started & zero).sum(axis=1) > INTERMITTENT_SHARE * days
    intermittent |= ~started.any(axis=1)
    natural = np.broadcast_to(intermittent[:, None], zero.shape).copy()
    asked = np.flatnonzero((started & zero).any(axis=1) & ~intermittent)
    natural[asked] = _natural(known[asked])
    late = started.any(axis=1, keepdims=True) & ~started
    known[zero & (~natural | late)] = np.nan
    return known, intermittent


def _natural(known: Values) -> Flags:
    """Where a zero would be a volume like others: (series, days).

    It is where the last 8 days with trade of its weekday have a mean of log1p below 4 standard deviations: of days with
    trade from such means before them, and of whole numbers at least that of a Poisson variable. Values below 1 are
    counted in units of the smallest one.
    """
    traded = known > 0
    unit = np.where(traded, known, np.inf).min(axis=1, initial=1.0)[:, None]
    log = np.where(traded, np.log1p(np.where(traded, known, 0.0) / unit), np.nan)
    level = np.empty_like(log)
    for day in range(min(7, log.shape[1])):
        sums = RunningSums(log[:, day::7])
        level[:, day::7] = np.where(sums.counts == 0, np.nan, sums.filled(WEEKS))[:, :-1]
    missed = log - level
    there = ~np.isnan(missed)
    variance = np.where(there, missed * missed, 0.0).sum(axis=1) / np.maximum(there.sum(axis=1), 1)
    mean = np.where(traded, log, 0.0).sum(axis=1) / np.maximum(traded.sum(axis=1), 1)
    level = np.where(np.isnan(level), mean[:, None], level)
    whole = (np.where(traded, known, 0.0) % 1 == 0).all(axis=1)[:, None]
    poisson = np.sqrt(np.expm1(level)) * np.exp(-level)
    deviation = np.maximum(np.sqrt(variance)[:, None], np.where(whole, poisson, 0.0))
    return np.asarray(level < FAR_DEVIATIONS * deviation)


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
