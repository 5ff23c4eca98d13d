"""How the stream of lines is cut into invoices: kinds and sizes of baskets, and the two absurd orders."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.transactions.sample.rhythm import Rhythm

SALE, WEB, CANCEL, STOCK, MISC, ABSURD, ABSURD_CANCEL = range(7)
"""Sale to a known customer; sale of the web shop (no customer); cancellation; stock correction; fees and manual
entries; an order of some 80,000 units, cancelled minutes later."""

_SHARE = np.array([0.7570, 0.2175, 0.0180, 0.0049, 0.0018])
"""Shares of the distinct lines by kind, as in Online Retail II."""
_KNOTS = np.array([0.0, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1.0])
_SIZES = {
    SALE: (1, 1, 2, 6, 15, 27, 47, 62, 105, 190, 500),
    WEB: (1, 1, 1, 2, 16, 108, 217, 332, 558, 720, 1100),
    CANCEL: (1, 1, 1, 1, 1, 2, 4, 7, 16, 40, 100),
    STOCK: (1,) * 11,
    MISC: (1,) * 11,
}
"""Lines per invoice at the quantiles of ``_KNOTS``."""
_TABLE = 4096
_FULL_FROM = {WEB: 1_750.0}
"""Lines per day from which baskets have their full size; with fewer they shrink, so that a day still has several."""
_OTHERS_FULL_FROM = 120.0
_ABSURD = ((np.datetime64("2025-01-16"), 10 * 60 + 1, 16), (np.datetime64("2025-12-09"), 9 * 60 + 15, 12))
"""Day, minute of the day, and minutes until it is cancelled."""


@dataclass(frozen=True)
class Absurd:
    """A typing mistake: at ``line`` somebody orders ``quantity`` pieces, at ``cancel_line`` the order is cancelled."""

    line: int
    cancel_line: int
    minute: int
    cancel_minute: int
    quantity: int
    product: int
    number: int


@dataclass(frozen=True)
class Cutter:
    sizes: NDArray[np.int64]
    """(kind, table): sizes at evenly spaced quantiles."""
    chance: NDArray[np.float64]
    """Cumulative share of the kinds among invoices."""
    mean: float
    absurd: tuple[Absurd, ...]

    @property
    def sales_per_line(self) -> float:
        return float(self.chance[SALE] / self.mean)


@dataclass(frozen=True)
class Baskets:
    """Invoices of a block; all arrays have one entry per invoice."""

    start: NDArray[np.int64]
    """First line, counted from the start of the block."""
    size: NDArray[np.int64]
    kind: NDArray[np.int64]
    day: NDArray[np.int64]
    minute: NDArray[np.int64]
    """Minutes since 1970."""


def cutter(rhythm: Rhythm, absurd: tuple[Absurd, ...]) -> Cutter:
    at = (np.arange(_TABLE) + 0.5) / _TABLE
    per_day = float(rhythm.lines.mean())
    rows = [
        np.exp(np.interp(at, _KNOTS, np.log(sizes))) * min(1.0, per_day / _FULL_FROM.get(kind, _OTHERS_FULL_FROM))
        for kind, sizes in _SIZES.items()
    ]
    sizes = np.maximum(np.rint(np.array(rows)), 1).astype(np.int64)
    per_invoice = _SHARE / sizes.mean(axis=1)
    per_invoice /= per_invoice.sum()
    return Cutter(sizes, np.cumsum(per_invoice), float(per_invoice @ sizes.mean(axis=1)), absurd)


def absurd_orders(rhythm: Rhythm, products: NDArray[np.int64], rng: np.random.Generator) -> tuple[Absurd, ...]:
    """The two absurd orders, each left out if its day has too few lines to hold both the order and its end."""
    found = []
    for number, (date, minute, until) in enumerate(_ABSURD):
        day = int(np.searchsorted(rhythm.days, date))
        quantity, product = int(rng.integers(74_000, 81_500)), int(rng.choice(products))
        line = rhythm.line_at(day, minute)
        cancel_line = max(line + 1, rhythm.line_at(day, minute + until))
        if cancel_line < rhythm.starts[day + 1]:
            midnight = int(rhythm.days[day].astype(np.int64)) * 1440
            times = midnight + minute, midnight + minute + until
            found.append(Absurd(line, cancel_line, *times, quantity, product, number))
    return tuple(found)


def cut(cutter: Cutter, rhythm: Rhythm, begin: int, end: int, rng: np.random.Generator) -> Baskets:
    """Cut lines ``begin`` … ``end`` into invoices, none of which spans two days."""
    draws = int((end - begin) / cutter.mean * 1.1) + 200
    ends = np.zeros(1, dtype=np.int64)
    kinds = np.zeros(0, dtype=np.int64)
    while ends[-1] < end - begin:
        kind = np.searchsorted(cutter.chance, rng.random(draws), side="right").clip(0, len(_SHARE) - 1)
        ends = np.concatenate([ends, ends[-1] + np.cumsum(cutter.sizes[kind, rng.integers(0, _TABLE, draws)])])
        kinds = np.concatenate([kinds, kind])
    special = [line for one in cutter.absurd for line in (one.line, one.cancel_line)]
    around = np.array([line + after for line in special for after in (0, 1)], dtype=np.int64)
    bounds = np.concatenate([ends[:-1], rhythm.starts - begin, around - begin])
    start = np.unique(bounds[(bounds >= 0) & (bounds < end - begin)])
    size = np.diff(start, append=end - begin)
    kind = kinds[np.searchsorted(ends, start, side="right") - 1]
    day = rhythm.day_of(start + begin)
    minute = rhythm.minute_of(day, begin + start + size / 2)
    if end == rhythm.starts[-1]:
        minute[-1] = rhythm.last_minute
    for one in cutter.absurd:
        for line, code, when in ((one.line, ABSURD, one.minute), (one.cancel_line, ABSURD_CANCEL, one.cancel_minute)):
            here = start == line - begin
            kind[here], minute[here] = code, when
    return Baskets(start, size, kind, day, np.maximum.accumulate(minute))
