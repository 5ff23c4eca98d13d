"""Drift of a million rows against another million, against sorting them; every window of two years; a new day.

All of it runs in one thread on data in memory, so that CPU seconds are taken: other work on the machine does not count.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.harness import REFERENCE_DATA, Row, interleaved
from core.config import Config
from core.monitoring.bins import bins_of
from core.monitoring.distances import psi, window_counts
from core.monitoring.drift import inferred
from core.monitoring.features import features_of
from core.monitoring.findings import DayFindings, Rules, findings
from core.monitoring.history import watched_of
from core.monitoring.memo import Memo
from core.monitoring.psi import Floats
from core.monitoring.two_samples import compare_samples
from core.transactions.counts import DayCounts, count_days, counts_of
from core.transactions.load import prepare
from core.transactions.sample import write
from core.transactions.store import Generation

ROWS = 1_000_000
LENGTH, FEATURES = 30, 8
SAMPLE_ROWS = 200_000

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


def stored_counts(folder: Path) -> DayCounts:
    """Of two generated years, as they are kept with the data; measures a day, and features of lines."""
    write(folder / "sales.parquet", SAMPLE_ROWS, 7)
    generation = prepare(Config(data_dir=folder / "data"), folder / "sales.parquet")
    return features_of(generation, inferred(generation, None))


def every_window(counts: DayCounts) -> float:
    """PSI of every window of all features against the first year, from counts by day and value."""
    started = time.process_time()
    for feature in counts.features:
        reference = feature.between(0, 364)
        if reference.any():
            bins = bins_of(feature.values, reference, feature.kind, feature.level)
            psi(bins.sums(reference), window_counts(feature.binned(bins.of_value, bins.n), LENGTH))
    return time.process_time() - started


def back_fill(generation: Generation) -> tuple[float, float]:
    """CPU and wall seconds for the findings of every day, nothing remembered."""
    watched, manifest = watched_of(generation, None), generation.manifest
    started, began = time.process_time(), time.perf_counter()
    findings(watched, manifest.first_day, manifest.last_day, Rules(), Memo())
    return time.process_time() - started, time.perf_counter() - began


def new_day(generation: Generation, clock: Callable[[], float]) -> Callable[[], float]:
    """Seconds of ``clock`` for the last day: its lines counted, put to the counts of the days before, its findings.

    What it remembers are the limits of its four weeks, which the day before needed as well.
    """
    manifest, last = generation.manifest, generation.manifest.last_day
    whole, known = watched_of(generation, None), counts_of(generation)
    of_days = tuple(one for one in whole.counts.features if one.level == "day")
    memo = Memo()

    def once() -> float:
        started = clock()
        lines = known.replaced(count_days(generation.query, manifest.columns, last, last))
        counts = replace(lines, features=(*of_days, *(one for one in lines.features if one.level == "line")))
        found: list[DayFindings] = findings(replace(whole, counts=counts), last, last, Rules(), memo)
        assert found[-1].statistics
        return clock() - started

    once()
    return once


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
    with tempfile.TemporaryDirectory() as folder:
        counts = stored_counts(Path(folder))
    history = interleaved(11, ours=lambda: every_window(counts))["ours"] * 1000
    assert len(counts.features) >= FEATURES
    yield Row(
        f"PSI of every {LENGTH}-day window of two years, {len(counts.features)} features, from stored counts, CPU ms",
        f"{history:.1f} ms",
        "",
        history,
        50,
    )
    if not quick and REFERENCE_DATA.is_file():
        yield from of_real_data()


def of_real_data() -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder:
        generation = prepare(Config(data_dir=Path(folder)), REFERENCE_DATA)
        for what, seconds in zip(("CPU", "wall"), back_fill(generation), strict=True):
            yield Row(f"Findings of every day of two real years, {what}", f"{seconds:.1f} s", "", seconds, 20)
        for what, clock, bar in (("CPU", time.process_time, 100), ("wall", time.perf_counter, None)):
            once = new_day(generation, clock)
            taken = min(once() for _ in range(9)) * 1000  # the least disturbed: half of it is DuckDB planning and scans
            yield Row(
                f"One new real day: lines counted, put to the others, findings, {what} ms, least of 9",
                f"{taken:.0f} ms",
                "",
                taken,
                bar,
            )
