"""Tells panels apart by everything that is in them."""

from __future__ import annotations

import hashlib

import numpy as np

from core.series.panel import Panel


def fingerprint(panel: Panel) -> str:
    """SHA-256 over everything in a panel: series, first day, shape, every value and every known regressor, as
    little-endian float64."""
    digest = hashlib.sha256()
    names = "\n".join(str(series) for series in panel.series)
    digest.update(f"{names}\n{panel.first_day}\n{panel.values.shape}\n".encode())
    digest.update(np.ascontiguousarray(panel.values, dtype="<f8").tobytes())
    for name, values in sorted(panel.known.items()):
        digest.update(f"\n{name}\n{values.shape}\n".encode())
        digest.update(np.ascontiguousarray(values, dtype="<f8").tobytes())
    return digest.hexdigest()
