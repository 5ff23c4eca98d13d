"""The measures as the pages name them (the same as core.series.panel.MEASURES; a test compares)."""

from __future__ import annotations

MEASURES = ("transactions", "orders", "units", "revenue", "customers")
DEFAULT_MEASURE = "transactions"
BY_THE_HOUR = ("transactions", "units", "revenue")
"""Measures that can be given by hour of the day."""
