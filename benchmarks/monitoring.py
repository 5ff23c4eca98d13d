"""Drift of a million rows against another million, against sorting them; and of every window of two years.

All of it runs in one thread on data in memory, so that CPU seconds are taken: other work on the machine does not count.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np

from benchmarks.harness import Row, interleaved
from core.monitoring.distances import psi, window_counts
from core.monitoring.psi import Floats, Ints
from core.monitoring.two_samples import compare_samples

ROWS = 1_000_000
DAYS, LENGTH, FEATURES, BINS = 731, 30, 8, 10

Samples = list[tuple[Floats, Floats]]


def million_rows() -> Samples:
    """Eight features of ROWS lines before and now, as sales have them; some unchanged, some a little different."""
    rng = np.random.default_rng(8)
    return [(_feature(rng, i, 0.0), _feature(rng, i, 0.02 * (i % 2))) for i in range(FEATURES)]


def _feature(rng: np.random.Generator, which: int, shift: float) -> Floats:
    quantities = np.ceil(rng.lognormal(1 + shift, 1.2, ROWS))
    if which == 0:
        quantities[rng.integers(ROWS, size=2)] = 80_995, -80_995
        return quantities
    prices = np.round(rng.lognormal(0.9 + shift, 0.8, ROWS), 2)
    if which == 1:
        return prices
    if which == 2:
        return np.round(quantities * prices, 2)
    if which == 3:
        return np.clip(np.floor(rng.normal(12.8 + shift, 2.4, ROWS)), 0, 23)
    if which == 4:
        return rng.lognormal(2.5 + shift, 1.1, ROWS)
    if which == 5:
        return np.where(rng.random(ROWS) < 0.02, np.nan, rng.gamma(2 + shift, 9, ROWS))
    return rng.normal(shift, 1, ROWS)


def sort_once(samples: Samples) -> float:
    started = time.process_time()
    for pair in samples:
        for sample in pair:
            np.sort(sample)
    return time.process_time() - started


def compare_all(samples: Samples) -> float:
    started = time.process_time()
    for reference, current in samples:
        compare_samples(reference, current)
    return time.process_time() - started


def daily_counts() -> Ints:
    """Lines by day, feature and bin, as they are stored: shape (DAYS, FEATURES, BINS)."""
    return np.random.default_rng(4).poisson(140, (DAYS, FEATURES, BINS))


def every_window(daily: Ints) -> float:
    """PSI of every window against the first year: shape (windows, FEATURES)."""
    started = time.process_time()
    psi(daily[:365].sum(axis=0), window_counts(daily, LENGTH))
    return time.process_time() - started


def run(quick: bool = False) -> Iterator[Row]:
    samples = million_rows()
    seconds = interleaved(3 if quick else 7, reference=lambda: sort_once(samples), ours=lambda: compare_all(samples))
    yield Row(
        f"PSI and exact KS of {FEATURES} features, {ROWS:,} against {ROWS:,} rows, against sorting, CPU",
        f"{seconds['ours']:.2f} s",
        f"{seconds['reference']:.2f} s",
        seconds["ours"] / seconds["reference"],
        1.5,
    )
    yield Row("… in seconds", f"{seconds['ours']:.2f} s", "", seconds["ours"], 1.0)
    daily = daily_counts()
    history = interleaved(21, ours=lambda: every_window(daily))["ours"] * 1000
    yield Row(
        f"PSI of every {LENGTH}-day window of two years, {FEATURES} features, from daily counts, ms",
        f"{history:.1f} ms",
        "",
        history,
        50,
    )
