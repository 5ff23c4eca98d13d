"""The reference of a version: how its training data were distributed, frozen with it, and later days against it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from core.monitoring.drift import REFERENCE_DAYS, DriftReport, chance, compare, windows
from core.monitoring.features import FeatureCounts, Window, counts_in, features_of

if TYPE_CHECKING:
    from core.series.calendar import OpeningCalendar
    from core.transactions.store import Generation


@dataclass(frozen=True)
class Reference:
    """``features``: how often each distinct value stands in the window (``reference``); ``current`` is all 0."""

    window: Window
    features: tuple[FeatureCounts, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; values and counts are all that any later comparison needs, whatever its bins."""
        return {
            "window": [day.isoformat() for day in self.window],
            "features": [
                {
                    "name": one.name,
                    "level": one.level,
                    "kind": one.kind,
                    "values": one.values.tolist(),
                    "counts": one.reference.tolist(),
                }
                for one in self.features
            ],
        }

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Reference:
        start, end = (dt.date.fromisoformat(day) for day in found["window"])
        return cls(Window(start, end), tuple(_thawed(one) for one in found["features"]))


def _thawed(one: Mapping[str, Any]) -> FeatureCounts:
    values = np.array(one["values"], dtype=np.float64 if one["kind"] == "numeric" else object)
    counts = np.array(one["counts"], dtype=np.int64)
    return FeatureCounts(one["name"], one["level"], one["kind"], values, counts, np.zeros_like(counts))


def freeze(generation: Generation, calendar: OpeningCalendar) -> Reference:
    """The last year of the data, or what there is of it, as every feature of days and lines is distributed."""
    manifest = generation.manifest
    start = max(manifest.first_day, manifest.last_day - dt.timedelta(days=REFERENCE_DAYS - 1))
    window = Window(start, manifest.last_day)
    counted = counts_in(features_of(generation, calendar), window, window)
    return Reference(window, tuple(replace(one, current=np.zeros_like(one.reference)) for one in counted))


def against(reference: Reference, generation: Generation, days: int, calendar: OpeningCalendar) -> DriftReport:
    """The last ``days`` of the data compared with a frozen reference, feature by feature that both have.

    Raises NotReadyError where the data have no more days than that.
    """
    current = windows(generation.manifest.first_day, generation.manifest.last_day, days)[1]
    counts = features_of(generation, calendar)
    counted = counts_in(counts, current, current)
    now = {one.name: one for one in counted}
    both = [_joined(one, now[one.name]) for one in reference.features if one.name in now]
    found = [compare(one, chance(counts, one.name, reference.window, current)) for one in both]
    return DriftReport(reference.window, current, tuple(found))


def _joined(before: FeatureCounts, now: FeatureCounts) -> FeatureCounts:
    """Counts of both over all values of either."""
    values = np.unique(np.concatenate([before.values, now.values]))
    counts = [np.zeros(len(values), np.int64) for _ in range(2)]
    counts[0][np.searchsorted(values, before.values)] = before.reference
    counts[1][np.searchsorted(values, now.values)] = now.current
    return replace(before, values=values, reference=counts[0], current=counts[1])
