"""The reference of a version: how its training data were distributed, frozen with it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from core.monitoring.drift import REFERENCE_DAYS
from core.monitoring.features import FeatureCounts, Window, counts_in, features_of
from core.transactions.counts import FORMAT

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
            "counted": FORMAT,
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
        """One that was counted otherwise than lines are now has no features: nothing can be compared with it."""
        start, end = (dt.date.fromisoformat(day) for day in found["window"])
        features = found["features"] if found.get("counted") == FORMAT else ()
        return cls(Window(start, end), tuple(map(_thawed, features)))


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
