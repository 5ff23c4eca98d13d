"""Several tests at once: p-values that allow for how many were made."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from core.series.panel import Values


def holm(p_values: npt.ArrayLike) -> Values:
    """Holm's adjusted p-values (1979): to call real what is at most α is wrong anywhere with probability α at most,
    however the tests hang together. NaN stays NaN and does not count."""
    given = np.asarray(p_values, dtype=np.float64)
    adjusted = np.full(given.shape, np.nan)
    order = np.argsort(given, kind="stable")[: int((~np.isnan(given)).sum())]  # NaN is sorted to the end
    steps = given[order] * np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return adjusted
