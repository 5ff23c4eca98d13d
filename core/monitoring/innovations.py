"""Innovations: what a day brings beyond what the days before it say, on a scale that is standard normal without change.

Of several series at once: log1p of daily values on open days, less the mean of the weekday in a reference, less the
first-order dependence on the open day before (AR(1)). Ranks among the reference's own turn them into normal scores,
so that heavy tails and odd days weigh no more than they should.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.monitoring.laws import rank_scores
from core.monitoring.psi import Floats, Ints

MOST_DEPENDENT = 0.95
LEAST_DAYS = 90
"""Open days of a reference without which nothing is said."""


@dataclass(frozen=True)
class Baseline:
    """What a reference says of every series (first axis; further axes are allowed before it).

    ``week``: mean by weekday, (..., series, 7), NaN for one never seen; ``phi``: AR(1), (..., series); ``ranked``: the
    reference's own innovations, ascending, (..., series, days), NaN last.
    """

    week: Floats
    phi: Floats
    ranked: Floats


def deviations(log: Floats, weekdays: Ints, week: Floats) -> Floats:
    """From the weekday's mean: log, shape (..., series, days), less week[..., weekdays]."""
    return np.asarray(log - np.take(week, weekdays, axis=-1))


def fit(log: Floats, weekdays: Ints) -> Baseline:
    """From a reference: shape (..., series, days), open days only; NaN where a day teaches nothing."""
    week = np.stack([_mean(log[..., weekdays == day]) for day in range(7)], axis=-1)
    week = np.where(np.isnan(week), _mean(log)[..., None], week)
    rest = deviations(log, weekdays, week)
    before, after = rest[..., :-1], rest[..., 1:]
    both = ~np.isnan(before * after)
    product = np.where(both, before * after, 0.0).sum(axis=-1)
    square = np.where(both, before * before, 0.0).sum(axis=-1)
    phi = np.clip(product / np.where(square > 0, square, 1.0), 0.0, MOST_DEPENDENT)
    return Baseline(week, phi, np.sort(_filtered(rest, phi), axis=-1))


def innovations(baseline: Baseline, log: Floats, weekdays: Ints) -> Floats:
    """Normal scores, shape of ``log``; 0 on days that teach nothing. The first day has nothing before it: 0 too.

    A score is the normal quantile of the rank among the reference's innovations, (r + ½)/(n + 1): at most about ±3 with
    a year of them (van der Waerden scores).
    """
    raw = _filtered(deviations(log, weekdays, baseline.week), baseline.phi)
    flat, ranked = raw.reshape(-1, raw.shape[-1]), baseline.ranked.reshape(-1, baseline.ranked.shape[-1])
    found = np.zeros_like(flat)
    for row, (values, known) in enumerate(zip(flat, ranked, strict=True)):
        known = known[: np.count_nonzero(~np.isnan(known))]
        there = ~np.isnan(values)
        if len(known):
            found[row, there] = rank_scores(len(known))[_twice_rank(known, values[there])]
    return found.reshape(raw.shape)


def _twice_rank(known: Floats, values: Floats) -> Ints:
    """How many of ``known``, ascending, are below each value and how many are not above it, as a sum."""
    below = np.searchsorted(known, values)
    if (known[1:] > known[:-1]).all():  # half the work where no two are equal, as nearly always
        not_above = below + (known[np.minimum(below, len(known) - 1)] == values)
    else:
        not_above = np.searchsorted(known, values, "right")
    return np.asarray(below + not_above)


def _filtered(rest: Floats, phi: Floats) -> Floats:
    """Less ``phi`` times the day before; NaN on the first day, and where either is missing the day itself is taken."""
    before = np.concatenate([np.full((*rest.shape[:-1], 1), np.nan), rest[..., :-1]], axis=-1)
    found: Floats = rest - phi[..., None] * np.nan_to_num(before)
    found[..., 0] = np.nan
    return found


def _mean(values: Floats) -> npt.NDArray[np.float64]:
    """Over the last axis, without NaN; NaN of nothing."""
    there = ~np.isnan(values)
    count = there.sum(axis=-1)
    return np.where(count > 0, np.where(there, values, 0.0).sum(axis=-1) / np.maximum(count, 1), np.nan)
