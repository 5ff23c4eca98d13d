"""Where a change comes from: what every segment adds to it, so that the parts sum exactly to the whole."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np

from core.monitoring.bins import bins_of
from core.monitoring.features import Window
from core.monitoring.psi import SMOOTHING, Floats, Ints
from core.series.panel import ADDITIVE_MEASURES, TOTAL, Panel
from core.transactions.counts import FeatureDays
from core.transactions.segment_counts import segment_counts

if TYPE_CHECKING:
    from core.transactions.store import Generation


def segment_parts(
    generation: Generation, feature: FeatureDays, first_day: dt.date, reference: Window, current: Window
) -> dict[str, float]:
    """What every segment adds to PSI of a feature of lines between two windows of the data, the largest first.

    Of segment s it is Σ over bins of (p − q) ln(P / Q), with p and q the segment's shares of all lines in the bin, P
    and Q those of all segments: over the segments these sum to PSI. Negative where a segment goes against the others.
    Nothing where the counts are not kept by segment.
    """
    table = segment_counts(generation, feature.name)
    if table is None:
        return {}
    number = [((start - first_day).days, (end - first_day).days) for start, end in (reference, current)]
    before = feature.between(*number[0])
    if not before.any():
        return {}
    bins = bins_of(feature.values, before, feature.kind, feature.level)
    held = table["number"].to_numpy() if feature.kind == "numeric" else np.array(table["label"].to_pylist(), object)
    given = ~np.isnan(held) if feature.kind == "numeric" else np.array([one is not None for one in held])
    day = (table["day"].to_numpy().astype("datetime64[D]") - np.datetime64(first_day, "D")).astype(np.int64)[given]
    names, segment = np.unique(np.array(table["segment"].to_pylist(), object)[given], return_inverse=True)
    cell = segment * bins.n + bins.of_value[np.searchsorted(feature.values, held[given])]
    count = table["count"].to_numpy()[given]
    shares = [_shares(cell, count, (day >= low) & (day <= high), len(names), bins.n) for low, high in number]
    return _parts(names.tolist(), *shares)


def _shares(cell: Ints, count: Ints, inside: np.ndarray[tuple[int], np.dtype[np.bool_]], n: int, bins: int) -> Floats:
    """Of all lines, by segment and bin: shape (n, bins). Half a line a bin is added, shared evenly by the segments."""
    counts = np.bincount(cell[inside], count[inside], n * bins).reshape(n, bins)
    return np.asarray((counts + SMOOTHING / n) / (counts.sum() + SMOOTHING * bins))


def _parts(names: list[str], before: Floats, now: Floats) -> dict[str, float]:
    each = ((before - now) * np.log(before.sum(axis=0) / now.sum(axis=0))).sum(axis=1)
    return {names[row]: float(each[row]) for row in np.argsort(-each, kind="stable")}


def measure_parts(
    panel: Panel, measure: str, is_open: np.ndarray[tuple[int], np.dtype[np.bool_]], reference: Window, current: Window
) -> dict[str, float]:
    """What every segment adds to the change of a measure's mean open day between two windows, in the measure's unit,
    the largest change first; they sum to the change of the total. Nothing for measures whose segments do not add up."""
    if measure not in ADDITIVE_MEASURES:
        return {}
    days = panel.days
    inside = [
        is_open & (days >= np.datetime64(start)) & (days <= np.datetime64(end)) for start, end in (reference, current)
    ]
    if not all(one.any() for one in inside):
        return {}
    rows = [(one.segment, panel.values[row]) for row, one in enumerate(panel.series)
            if one.measure == measure and one.segment != TOTAL]  # fmt: skip
    moved = {name: float(values[inside[1]].mean() - values[inside[0]].mean()) for name, values in rows}
    return dict(sorted(moved.items(), key=lambda one: -abs(one[1])))
