"""A change put into everything that is watched: the panel, and with it the counts of the lines."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from core.monitoring.features import MODEL_INPUTS, measures, with_values
from core.monitoring.findings import Watched
from core.monitoring.injection import Change, inject_panel
from core.monitoring.psi import Floats
from core.series.panel import MEASURES, Panel, Series
from core.transactions.counts import SIGNIFICANT_DIGITS, DayCounts, FeatureDays

SCALED = ("level", "trend", "variance", "weekday", "missing_days", "returns")
"""Kinds that change how many lines a day has; all features of lines go with them."""
TIMES_VALUE = {"currency": ("price", "amount"), "duplicates": ("basket",)}
"""Features whose values are multiplied by 1 + size."""


def inject(watched: Watched, change: Change, seed: int = 0) -> Watched:
    """What would be watched if ``change`` had come; days before it are the same.

    Lines a day go with the panel's transactions, rounded by chance. ``returns`` turn used lines into cancellations;
    ``duplicates`` are such as cleaning does not see; ``mix`` moves lines of the largest country to the others. Raises
    InputError as inject_panel. Model inputs are left out: they are not judged.
    """
    panel = inject_panel(watched.panel, watched.is_open, change, seed)
    start = max((change.start - watched.counts.first_day).days, 0)
    ratio = _ratio(watched.panel, panel)
    rng = np.random.default_rng(seed)
    lines = [_changed(one, change, start, ratio, rng) for one in watched.counts.features if one.level == "line"]
    days = [one for one in measures(panel, watched.is_open) if one.name not in MODEL_INPUTS]
    return replace(watched, panel=panel, counts=DayCounts(watched.counts.first_day, (*days, *lines)))


def _ratio(before: Panel, after: Panel) -> Floats:
    """What every day's lines are multiplied by, shape (days,)."""
    main = next(Series(measure) for measure in MEASURES if Series(measure) in before.series)
    old = before[main]
    return np.where(old > 0, after[main] / np.where(old > 0, old, 1.0), 1.0)


def _changed(feature: FeatureDays, change: Change, start: int, ratio: Floats, rng: np.random.Generator) -> FeatureDays:
    if feature.name in TIMES_VALUE.get(change.kind, ()):
        return _times(feature, 1.0 + change.size, start)
    if feature.name == "outcome":
        return _outcome(feature, change, start, ratio, rng)
    if feature.name == "country" and change.kind == "mix":
        return _mixed(feature, change.size, start, rng)
    if change.kind in SCALED:
        return _scaled(feature, np.where(feature.day >= start, ratio[feature.day], 1.0), rng)
    if change.kind == "duplicates":
        return _scaled(feature, np.where(feature.day >= start, 1.0 + change.size, 1.0), rng)
    return feature


def _scaled(feature: FeatureDays, factor: Floats, rng: np.random.Generator) -> FeatureDays:
    """Counts times a factor each, rounded up with the probability of their fraction; entries of 0 go."""
    exact = feature.count * factor
    count = np.floor(exact + np.where(exact == np.floor(exact), 0.0, rng.random(len(exact)))).astype(np.int64)
    kept = count > 0
    return replace(feature, day=feature.day[kept], value=feature.value[kept], count=count[kept])


def _times(feature: FeatureDays, factor: float, start: int) -> FeatureDays:
    """Values from ``start`` on times ``factor``, to as many digits as values are kept."""
    moved = np.array([float(f"{value * factor:.{SIGNIFICANT_DIGITS - 1}e}") for value in feature.values])
    whole = with_values(feature, moved)
    target = np.searchsorted(whole.values, moved)
    place = np.searchsorted(whole.values, feature.values)
    value = np.where(feature.day >= start, target[feature.value], place[feature.value])
    order = np.lexsort((value, feature.day))
    return replace(whole, day=feature.day[order], value=value[order], count=feature.count[order])


def _outcome(feature: FeatureDays, change: Change, start: int, ratio: Floats, rng: np.random.Generator) -> FeatureDays:
    """Lines that are used go with the panel; of returns the rest becomes cancellations."""
    used = feature.values[feature.value] == "used"
    if change.kind not in SCALED:
        return feature
    factor = np.where(used & (feature.day >= start), ratio[feature.day], 1.0)
    made = _scaled(feature, factor, rng)
    if change.kind != "returns":
        return made
    gone = np.bincount(feature.day[used], feature.count[used], len(feature.missing)) * (1.0 - ratio)
    gone[:start] = 0.0
    return _added(made, "cancellation", np.rint(gone).astype(np.int64))


def _mixed(feature: FeatureDays, size: float, start: int, rng: np.random.Generator) -> FeatureDays:
    """The share ``size`` of the largest category's lines goes to the others, as they shared before."""
    before = feature.between(0, max(start - 1, 0))
    largest = int(np.argmax(before))
    others = np.where(np.arange(len(before)) == largest, 0, before)
    after = feature.day >= start
    own = (feature.value == largest) & after
    moved = np.bincount(feature.day[own], feature.count[own], len(feature.missing)) * size
    made = _scaled(feature, np.where(own, 1.0 - size, 1.0), rng)
    if not others.any():
        return made
    shares = rng.multinomial(np.rint(moved).astype(np.int64), others / others.sum())
    for row in np.flatnonzero(shares.any(axis=0)).tolist():
        made = _added(made, feature.values[row], shares[:, row])
    return made


def _added(feature: FeatureDays, name: str, more: np.ndarray[tuple[int], np.dtype[np.int64]]) -> FeatureDays:
    """The same with ``more`` lines a day, shape (days,), of one category."""
    feature = with_values(feature, np.array([name], dtype=object))
    row = int(np.searchsorted(feature.values, name))
    days = np.flatnonzero(more)
    day = np.concatenate([feature.day, days])
    value = np.concatenate([feature.value, np.full(len(days), row)])
    count = np.concatenate([feature.count, more[days]])
    cells, place = np.unique(day * len(feature.values) + value, return_inverse=True)
    summed = np.bincount(place, count).astype(np.int64)
    return replace(feature, day=cells // len(feature.values), value=cells % len(feature.values), count=summed)
