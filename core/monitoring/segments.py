"""Where a change comes from: what every segment adds to it, so that the parts sum exactly to the whole."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from core.monitoring.bins import bins_of
from core.monitoring.features import Window
from core.monitoring.psi import SMOOTHING, Floats, Ints
from core.series.days import Flags
from core.series.panel import ADDITIVE_MEASURES, TOTAL, Panel
from core.transactions.counts import FeatureDays
from core.transactions.segment_counts import segment_counts

if TYPE_CHECKING:
    from core.series.calendar import OpeningCalendar
    from core.transactions.store import Generation


def segment_parts(
    generation: Generation, feature: FeatureDays, first_day: dt.date, reference: Window, current: Window
) -> dict[str, float]:
    """What every segment adds to PSI of a feature of lines between two windows of the data, the largest first.

    Of segment s it is Σ over bins of (p − q) ln(P / Q), with p and q the segment's shares of all lines in the bin, P
    and Q those of all segments: over the segments these sum to PSI. Negative where a segment goes against the others.
    Nothing where the counts are not kept by segment.
    """
    table = segment_counts(generation, feature.name, reference, current)
    if table is None:
        return {}
    number = [((start - first_day).days, (end - first_day).days) for start, end in (reference, current)]
    before = feature.between(*number[0])
    if not before.any():
        return {}
    bins = bins_of(feature.values, before, feature.kind, feature.level)
    given, place = _places(table, feature)
    day = (table["day"].to_numpy().astype("datetime64[D]") - np.datetime64(first_day, "D")).astype(np.int64)[given]
    coded = _coded(table["segment"])
    names, rank = np.unique(np.array(coded.dictionary.to_pylist(), object), return_inverse=True)
    cell = rank[coded.indices.to_numpy()[given]] * bins.n + bins.of_value[place]
    count = table["count"].to_numpy()[given]
    shares = [_shares(cell, count, (day >= low) & (day <= high), len(names), bins.n) for low, high in number]
    return _parts(names.tolist(), *shares)


def _coded(texts: pa.ChunkedArray) -> pa.DictionaryArray:
    """With one dictionary."""
    return texts.unify_dictionaries().combine_chunks()


def _places(table: pa.Table, feature: FeatureDays) -> tuple[Flags, Ints]:
    """Which rows have a value, and where it stands among those of the feature."""
    if feature.kind == "numeric":
        held = table["number"].to_numpy()
        given = ~np.isnan(held)
        return given, np.searchsorted(feature.values, held[given])
    coded = _coded(table["label"])
    given = coded.is_valid().to_numpy(zero_copy_only=False)
    known = np.searchsorted(feature.values, np.array(coded.dictionary.to_pylist(), object))
    return given, known[coded.indices.drop_null().to_numpy()]


def parts_of(
    generation: Generation, calendar: OpeningCalendar, feature: FeatureDays, reference: Window, current: Window
) -> dict[str, float]:
    """What every segment adds to the change of a feature or a measure; nothing where the reference is older than the
    data, or segments do not add up."""
    first_day = generation.manifest.first_day
    if reference.start < first_day:
        return {}
    if feature.level == "line":
        return segment_parts(generation, feature, first_day, reference, current)
    panel = generation.panel()
    return measure_parts(panel, feature.name, calendar.is_open(panel.days), reference, current)


def _shares(cell: Ints, count: Ints, inside: Flags, n: int, bins: int) -> Floats:
    """Of all lines, by segment and bin: shape (n, bins). Half a line a bin is added, shared evenly by the segments."""
    counts = np.bincount(cell[inside], count[inside], n * bins).reshape(n, bins)
    return np.asarray((counts + SMOOTHING / n) / (counts.sum() + SMOOTHING * bins))


def _parts(names: list[str], before: Floats, now: Floats) -> dict[str, float]:
    each = ((before - now) * np.log(before.sum(axis=0) / now.sum(axis=0))).sum(axis=1)
    return {names[row]: float(each[row]) for row in np.argsort(-each, kind="stable")}


def measure_parts(panel: Panel, measure: str, is_open: Flags, reference: Window, current: Window) -> dict[str, float]:
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
