"""Tests that look every day and still keep their word: a likelihood ratio for shifts, CUSUM, and a test martingale.

All read innovations (core.monitoring.innovations), which are independent and standard normal while nothing changes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.monitoring.innovations import Baseline, deviations, fit, innovations
from core.monitoring.laws import normal
from core.monitoring.psi import Floats, Ints

REACH = 30
"""Open days back to which a change is looked for."""
YEAR_DAYS = 365
QUIET_DAYS = 14
"""An alarm within so many days of the last one is the same alarm."""
SEARCH_STEPS = 60
REPLICAS = 120
"""Simulated years from which a limit is read."""


@dataclass(frozen=True)
class Shifts:
    """The shift test on every day, shape (..., days): ``value``: how many standard errors the likeliest shift is away
    from none; ``size``: that shift, in standard deviations of an innovation; ``began``: days since its first day."""

    value: Floats
    size: Floats
    began: Ints


def shifts(scores: Floats, phi: Floats, reach: int = REACH) -> Shifts:
    """A generalised likelihood ratio for a level that moved on one of the last ``reach`` days and stayed there.

    ``scores``, shape (..., days); ``phi``, shape (...): AR(1) of the series. A level that moves by 1 shows in the
    innovations as 1 on its first day and 1 − φ on every later one; the mean of the scores weighted by that, over its
    standard error, is taken at its largest over all days of change (Lai 1995; Apley & Shi 1999 for the signature).
    """
    rest = 1.0 - phi[..., None]
    sums = np.concatenate([np.zeros((*scores.shape[:-1], 1)), np.cumsum(scores, axis=-1)], axis=-1)
    best = np.zeros_like(scores)
    size = np.zeros_like(scores)
    began = np.zeros(scores.shape, np.int64)
    for back in range(min(reach, scores.shape[-1])):
        first = scores[..., : scores.shape[-1] - back]
        later = sums[..., back + 1 :] - sums[..., 1 : sums.shape[-1] - back]
        information = 1.0 + back * rest * rest
        weighted = first + rest * later
        value = weighted / np.sqrt(information)
        part = (..., slice(back, None))
        larger = np.abs(value) > np.abs(best[part])
        best[part] = np.where(larger, value, best[part])
        size[part] = np.where(larger, weighted / information, size[part])
        began[part] = np.where(larger, back, began[part])
    return Shifts(np.abs(best), size, began)


def cusum(scores: Floats, slack: float = 0.5) -> tuple[Floats, Floats]:
    """Page's two-sided CUSUM (1954) of scores, shape (..., days): what is above and below
    ``slack``, summed; both ≥ 0."""
    up, down = np.zeros_like(scores), np.zeros_like(scores)
    high, low = np.zeros(scores.shape[:-1]), np.zeros(scores.shape[:-1])
    for day in range(scores.shape[-1]):
        high = np.maximum(high + scores[..., day] - slack, 0.0)
        low = np.maximum(low - scores[..., day] - slack, 0.0)
        up[..., day], down[..., day] = high, low
    return up, down


def martingale(scores: Floats, jump: float = 0.01) -> Floats:
    """Evidence against "nothing changed", shape (..., days), 1 at the start: the simple jumper (Vovk et al. 2021).

    A gambler with a third of the money on each of ε = −1, 0, 1 bets on the probability p of every score at odds
    1 + ε(p − ½) and moves a share ``jump`` evenly every day. While nothing changes the money is a martingale: that it
    ever exceeds 1/α has probability at most α, however often one looks (Ville).
    """
    bets = np.array([-1.0, 0.0, 1.0])
    money = np.full((*scores.shape[:-1], 3), 1.0 / 3.0)
    found = np.empty_like(scores)
    probability = normal(scores)
    for day in range(scores.shape[-1]):
        money = (1.0 - jump) * money + jump * money.mean(axis=-1, keepdims=True)
        money = money * (1.0 + bets * (probability[..., day, None] - 0.5))
        found[..., day] = money.sum(axis=-1)
        money = np.minimum(money, 1e100)
    return found


def with_all(scores: Floats, own: Floats) -> Floats:
    """The scores, shape (..., series, days), and as a last series what all of them say together: their mean, over the
    standard deviation that it had in the reference, ``own``. A single series stays alone."""
    if scores.shape[-2] == 1:
        return scores
    spread = own.mean(axis=-2).std(axis=-1)[..., None]
    together = scores.mean(axis=-2) / np.where(spread > 0, spread, 1.0)
    return np.concatenate([scores, together[..., None, :]], axis=-2)


def phi_with_all(phi: Floats) -> Floats:
    """The same for the AR(1) of the series, shape (..., series)."""
    return phi if phi.shape[-1] == 1 else np.concatenate([phi, phi.mean(axis=-1, keepdims=True)], axis=-1)


def shift_limit(
    baseline: Baseline, log: Floats, weekdays: Ints, per_year: float, open_days: int, seed: int = 0
) -> float:
    """The limit of ``shifts`` that the largest of all series, and all together, pass ``per_year`` times a year without
    any change.

    ``log``, ``weekdays``: the reference, shapes (series, days) and (days,); ``open_days``: a year has. By simulation of
    the whole procedure: days are drawn from the reference's own innovations, all series of a day together; each
    simulated reference is fitted as the real one was, so that what a reference leaves uncertain is in the limit.
    """
    rng = np.random.default_rng(seed)
    rest = deviations(log, weekdays, baseline.week)
    raw = np.nan_to_num(rest[:, 1:] - baseline.phi[:, None] * np.nan_to_num(rest[:, :-1]))
    n_ref = log.shape[-1]
    drawn = rng.integers(0, raw.shape[1], (REPLICAS, n_ref + open_days + REACH))
    made = _autoregressive(raw.T[drawn].transpose(0, 2, 1), baseline.phi)
    days = np.resize(weekdays, made.shape[-1])
    simulated = fit(made[..., :n_ref], days[:n_ref])
    scores = innovations(simulated, made, days)
    every = with_all(scores[..., n_ref:], scores[..., :n_ref])
    return limit_for(_largest(every.astype(np.float32), phi_with_all(simulated.phi))[:, REACH:], per_year)


def _largest(scores: npt.NDArray[np.float32], phi: Floats) -> Floats:
    """The largest value of ``shifts`` over the series: scores, shape (paths, series, days) → (paths, days)."""
    rest = (1.0 - phi[..., None]).astype(np.float32)
    part = np.cumsum(scores * rest, axis=-1, dtype=np.float32)
    best = np.zeros_like(scores)
    for back in range(min(REACH, scores.shape[-1])):
        end = scores.shape[-1] - back
        value = np.abs(scores[..., :end] + part[..., back:] - part[..., :end]) / np.sqrt(1.0 + back * rest * rest)
        np.maximum(best[..., back:], value, out=best[..., back:])
    return np.asarray(best.max(axis=1), dtype=np.float64)


def limit_for(paths: Floats, per_year: float) -> float:
    """The lowest limit that paths, shape (years, days), pass at most ``per_year`` times on average, counted apart.

    Looked for from above: far below, alarms run into each other, and their number falls again. A rate that no limit has
    gets the limit with the most alarms.
    """
    top = float(paths.max()) + 1e-9
    steps = np.linspace(top, 0.0, SEARCH_STEPS)
    counts = []
    for step in steps.tolist():
        counts.append(onsets(paths > step))
        if counts[-1] > per_year * len(paths):
            break
        if counts[-1] < max(counts) / 2:  # well past the peak
            return float(steps[int(np.argmax(counts))])
    else:
        return float(steps[int(np.argmax(counts))])
    low, high = float(steps[len(counts) - 1]), float(steps[max(len(counts) - 2, 0)])
    for _ in range(20):
        middle = (low + high) / 2.0
        low, high = (middle, high) if onsets(paths > middle) > per_year * len(paths) else (low, middle)
    return high


def onsets(alarm: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> int:
    """How many alarms there are in paths, shape (paths, days): days that ring after QUIET_DAYS that did not."""
    days = np.arange(alarm.shape[-1])
    last = np.maximum.accumulate(np.where(alarm, days, -QUIET_DAYS - 1), axis=-1)
    before = np.concatenate([np.full((len(alarm), 1), -QUIET_DAYS - 1), last[:, :-1]], axis=-1)
    return int((alarm & (days - before > QUIET_DAYS)).sum())


def _autoregressive(innovation: Floats, phi: Floats) -> Floats:
    """x(t) = φ x(t−1) + u(t), shape (..., series, days)."""
    from scipy.signal import lfilter

    return np.stack([lfilter([1.0], [1.0, -one], innovation[..., row, :]) for row, one in enumerate(phi)], axis=-2)
