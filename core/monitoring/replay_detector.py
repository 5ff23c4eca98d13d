"""A calibrated detector for replays: CUSUM and PSI on a series' own innovations, with limits from its own past.

An innovation is log(1 + value) of an open day minus its mean over the last four open days of the same weekday: level,
weekday and season are out of it, a change of level shows for four weeks.
"""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from core.monitoring.psi import PSI_LINES, SMOOTHING, bin_counts, psi_limit, psi_of_counts, quantile_edges, smoothed
from core.series.days import Flags, Ints, weekday
from core.series.panel import Panel, Values

WEEKS = 4
SLACK = 0.5
"""Standard deviations by which an innovation must be off to count: shifts of about twice that are found fastest."""
MOST = 4.0
"""Standardised innovations count up to here, so that one odd day is no change of behaviour."""
YEARS, BLOCK, SEED = 400, 28, 20111209
"""Simulated years for the limit, from blocks of so many innovations of the past in a row."""
OPEN_DAYS = 300
"""Of a year, about."""
ALARMS_A_YEAR = 0.5
"""False ones, by CUSUM and by PSI each."""
FEWEST = 60
"""Innovations of the past without which nothing is said."""
BINS, WINDOW, FEWEST_NOW = 5, 26, 18
"""PSI: of the last WINDOW innovations (a month of open days), at least FEWEST_NOW of them after the origin."""


@dataclass(frozen=True)
class Limits:
    """From the innovations of a training window: how they are standardised, and what alarms are above. edges: of the
    bins of PSI."""

    middle: float
    spread: float
    cusum: float
    psi: float
    edges: Values


def changed(panel: Panel, is_open: Flags, origin: dt.date) -> bool:
    """Whether the (first) series of ``panel`` behaves otherwise after ``origin`` than before; see policies.Detector.

    About one false alarm a year if the years to come are like the past. PSI counts only above 0.3, above what chance
    does with so many days, and above what a year of windows of the past reaches.
    """
    found = innovations(panel, is_open)
    learnt = (origin - panel.first_day).days + 1
    past, since = (part[~np.isnan(part)] for part in (found[:learnt], found[learnt:]))
    if len(past) < FEWEST or not len(since):
        return False
    limits = limits_of(past.tobytes())
    if cusum(_standard(since, limits.middle, limits.spread)[None, :]).max() > limits.cusum:
        return True
    now = since[-WINDOW:]
    if len(now) < FEWEST_NOW:
        return False
    value = psi_of_counts(bin_counts(past, limits.edges), bin_counts(now, limits.edges))
    return value > max(PSI_LINES[2], limits.psi, psi_limit(len(past), len(now), BINS))


def innovations(panel: Panel, is_open: Flags) -> Values:
    """One a day, shape (number of days,); NaN where the day is closed, unknown or among the first of its weekday."""
    values = panel.values[0]
    log = np.log1p(np.maximum(values, 0.0))
    use, weekdays = is_open & ~np.isnan(values), weekday(panel.days)
    found = np.full(len(values), np.nan)
    for day in range(7):
        at = np.flatnonzero(use & (weekdays == day))
        if len(at) > WEEKS:
            means = np.lib.stride_tricks.sliding_window_view(log[at], WEEKS)[:-1].mean(axis=1)
            found[at[WEEKS:]] = log[at[WEEKS:]] - means
    return found


def cusum(steps: Values) -> Values:
    """The larger of both one-sided sums max(0, S ± step − SLACK) after every step; shape (paths, steps) as given."""
    up, down = np.zeros(len(steps)), np.zeros(len(steps))
    found = np.empty(steps.shape)
    for index, step in enumerate(steps.T):
        up, down = np.maximum(up + step - SLACK, 0.0), np.maximum(down - step - SLACK, 0.0)
        found[:, index] = np.maximum(up, down)
    return found


@lru_cache(maxsize=256)
def limits_of(past: bytes) -> Limits:
    """Of the innovations of a training window, as the bytes of a float64 array."""
    found = np.frombuffer(past, dtype=np.float64)
    middle = float(np.median(found))
    robust = float(np.median(np.abs(found - middle))) * 1.4826 or float(found.std()) or 1.0
    spread = float(np.clip(found - middle, -MOST * robust, MOST * robust).std()) or 1.0
    steps = _standard(found, middle, spread)
    rng, length = np.random.default_rng(SEED), math.ceil(OPEN_DAYS / BLOCK)
    starts = rng.integers(0, len(steps) - BLOCK + 1, (YEARS, length, 1))
    places = (starts + np.arange(BLOCK)).reshape(YEARS, -1)
    highest = cusum(steps[places]).max(axis=1)
    edges = quantile_edges(found, BINS)
    bins = np.searchsorted(edges, found, side="left")[places]
    largest = _window_psi(bins, bin_counts(found, edges)).max(axis=1)
    # a rate of half a one a year leaves exp(−½) of the years without any
    quiet = math.exp(-ALARMS_A_YEAR)
    reached = max(float(np.quantile(highest, quiet)), independent_limit())  # one calm year must not make it nervous
    return Limits(middle, spread, reached, float(np.quantile(largest, quiet)), edges)


@lru_cache(maxsize=1)
def independent_limit() -> float:
    """The limit of CUSUM if innovations were independent and normal."""
    years = np.random.default_rng(SEED).standard_normal((YEARS, OPEN_DAYS))
    return float(np.quantile(cusum(years).max(axis=1), math.exp(-ALARMS_A_YEAR)))


def _window_psi(bins: Ints, past: Ints) -> Values:
    """PSI of every window of WINDOW steps against the counts ``past``: (paths, steps) → (paths, windows)."""
    there = bins[:, :, None] == np.arange(len(past))
    sums = np.concatenate([np.zeros((len(bins), 1, len(past)), np.int64), there.cumsum(axis=1)], axis=1)
    shares = (sums[:, WINDOW:] - sums[:, :-WINDOW] + SMOOTHING) / (WINDOW + SMOOTHING * len(past))
    reference = smoothed(past)
    return np.asarray(((shares - reference) * np.log(shares / reference)).sum(axis=2))


def _standard(found: Values, middle: float, spread: float) -> Values:
    return np.clip((found - middle) / spread, -MOST, MOST)
