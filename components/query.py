"""What a page reads from its address: every value checked, anything else becomes the default."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from components.measures import DEFAULT_MEASURE, MEASURES


def text(value: object, default: str, longest: int = 120) -> str:
    return value if isinstance(value, str) and 0 < len(value) <= longest else default


def choice(value: object, allowed: Iterable[str], default: str) -> str:
    return value if isinstance(value, str) and value in set(allowed) else default


def measure_of(value: object) -> str:
    return choice(value, MEASURES, DEFAULT_MEASURE)


def whole(value: object, default: int, lowest: int, highest: int) -> int:
    """A whole number within bounds; outside them the nearest bound."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
        return min(max(int(value), lowest), highest)
    return default


def day(value: object) -> str | None:
    """An ISO date such as 2011-12-09."""
    if not isinstance(value, str):
        return None
    try:
        return dt.date.fromisoformat(value).isoformat()
    except ValueError:
        return None
