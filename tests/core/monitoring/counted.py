"""Features made from raw values, for tests: days of values in, counts by day and value out."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from core.transactions.counts import FeatureDays, Kind, Level


def feature_of(days: Sequence[Sequence[Any]], kind: Kind = "numeric", level: Level = "line") -> FeatureDays:
    """``days``: the values of every day, in any order; None is missing."""
    every = sorted({value for values in days for value in values if value is not None})
    rows = [
        (day, every.index(value), list(values).count(value))
        for day, values in enumerate(days)
        for value in sorted({one for one in values if one is not None})
    ]
    table = np.array(rows, np.int64).reshape(-1, 3)
    values = np.array(every, np.float64) if kind == "numeric" else np.array(every, object)
    missing = np.array([sum(one is None for one in one_day) for one_day in days], np.int64)
    return FeatureDays("feature", kind, values, table[:, 0], table[:, 1], table[:, 2], missing, level)


def feature_of_table(table: Any, kind: Kind = "numeric", level: Level = "line") -> FeatureDays:
    """``table``: counts by day and value, shape (days, values); the values are 0, 1, … or "0", "1", …"""
    counts = np.asarray(table, np.int64)
    day, value = np.nonzero(counts)
    names = np.arange(counts.shape[1])
    values = names.astype(np.float64) if kind == "numeric" else np.array([str(one) for one in names], object)
    return FeatureDays("feature", kind, values, day, value, counts[day, value], np.zeros(len(counts), np.int64), level)
