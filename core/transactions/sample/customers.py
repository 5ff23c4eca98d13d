"""Who buys: countries, loyal wholesalers, and a long tail of shops that order a few times or once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# country, share of lines with a customer (per 10,000), customers of the original
_COUNTRIES = (
    ("United Kingdom", 9003, 5350), ("Germany", 207, 107), ("EIRE", 196, 5), ("France", 171, 95),
    ("Netherlands", 63, 22), ("Spain", 46, 41), ("Belgium", 38, 29), ("Switzerland", 37, 22), ("Portugal", 30, 24),
    ("Australia", 22, 15), ("Channel Islands", 19, 13), ("Italy", 18, 17), ("Norway", 16, 13), ("Sweden", 16, 19),
    ("Cyprus", 14, 11), ("Finland", 13, 15), ("Austria", 12, 13), ("Denmark", 10, 12), ("Unspecified", 7, 7),
    ("Greece", 8, 5), ("Japan", 7, 10), ("Poland", 7, 6), ("USA", 7, 9), ("United Arab Emirates", 6, 4),
    ("Israel", 4, 4), ("Singapore", 4, 1), ("Malta", 4, 2), ("Canada", 3, 5), ("Iceland", 3, 1), ("Lithuania", 2, 1),
    ("RSA", 2, 2), ("Bahrain", 2, 2), ("Brazil", 1, 2), ("Thailand", 1, 1), ("Korea", 1, 2),
)  # fmt: skip
COUNTRIES = tuple(name for name, _, _ in _COUNTRIES)
HOME, EIRE = 0, COUNTRIES.index("EIRE")
_MEASURED = 5_900
"""Customers of the original, with 37,000 invoices."""
_LOYAL_INVOICES, _LOYAL_CUSTOMERS = 0.45, 0.12
_BEFORE = 0.25
"""Part of the two years before the first day in which occasional customers may have come."""
_STAYS = 0.10
"""Mean time (part of the two years) between an occasional customer's first order and any of the orders."""
FIRST_ID = 12_346


@dataclass(frozen=True)
class Customers:
    """Slots 0 … size−1, by country: first its loyal customers by rank, then the occasional ones by arrival."""

    ids: NDArray[np.int64]
    first: NDArray[np.int64]
    """First slot of each country."""
    loyal: NDArray[np.int64]
    occasional: NDArray[np.int64]
    eagerness: NDArray[np.float64]
    """Chance that an occasional customer who might order does."""
    active: NDArray[np.float64]
    """Start and end of custom of each loyal customer (2, size), in parts of the two years."""
    scale: NDArray[np.int64]
    """Multiplies the quantities of wholesalers."""

    def draw(self, when: NDArray[np.float64], rng: np.random.Generator) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Country and customer slot of invoices at ``when`` (0 … 1: parts of the two years)."""
        share = np.cumsum([lines for _, lines, _ in _COUNTRIES])
        country = np.searchsorted(share, rng.random(when.size) * share[-1], side="right")
        few = self.occasional[country] == 0
        loyal = (rng.random(when.size) < _LOYAL_INVOICES) | few
        slot = np.where(loyal, self._loyal(when, country, rng), self._occasional(when, country, rng))
        return country, self.first[country] + slot

    def _loyal(
        self, when: NDArray[np.float64], country: NDArray[np.int64], rng: np.random.Generator
    ) -> NDArray[np.int64]:
        count = self.loyal[country]
        slot = np.zeros(when.size, dtype=np.int64)
        todo = np.ones(when.size, dtype=bool)
        for _ in range(3):  # a customer not yet, or no longer, active is drawn again
            rank = (count * rng.random(when.size) ** 1.7).astype(np.int64)
            slot = np.where(todo, rank, slot)
            at = self.first[country] + slot
            todo = (when < self.active[0, at]) | (when > self.active[1, at])
        return slot

    def _occasional(
        self, when: NDArray[np.float64], country: NDArray[np.int64], rng: np.random.Generator
    ) -> NDArray[np.int64]:
        count = self.occasional[country]
        slot = np.zeros(when.size, dtype=np.int64)
        todo = np.ones(when.size, dtype=bool)
        for _ in range(3):
            arrived = np.maximum(when - rng.exponential(_STAYS, when.size), -_BEFORE) + _BEFORE
            place = np.minimum((arrived / (1 + _BEFORE) * count).astype(np.int64), np.maximum(count - 1, 0))
            slot = np.where(todo, self.loyal[country] + place, slot)
            todo &= rng.random(when.size) > self.eagerness[np.minimum(self.first[country] + slot, self.ids.size - 1)]
        return slot


def build(invoices: float, rng: np.random.Generator) -> Customers:
    """As many customers as suit the number of sales: they grow more slowly than it, and stay below 200,000."""
    total = float(np.clip(_MEASURED * (invoices / 37_000) ** 0.75, 60, 200_000))
    part = np.array([count for _, _, count in _COUNTRIES]) / sum(count for _, _, count in _COUNTRIES)
    size = np.maximum(np.rint(total * part).astype(np.int64), 1)
    loyal = np.maximum(np.rint(size * _LOYAL_CUSTOMERS).astype(np.int64), 1)
    loyal[EIRE] = min(2, int(size[EIRE]))
    first = np.concatenate([[0], np.cumsum(size)[:-1]])
    everyone = int(size.sum())
    rank = np.arange(everyone) - np.repeat(first, size)
    stays = rng.random((2, everyone)) < 0.7
    active = np.where(stays, np.array([[0.0], [1.0]]), rng.random((2, everyone)))
    active[:, rank == 0] = np.array([[0.0], [1.0]])  # each country has one faithful customer
    active = np.sort(active, axis=0)
    wholesale = (rank < np.repeat(loyal, size)) & (rng.random(everyone) < 0.08)
    scale = np.where(wholesale, rng.choice((2, 2, 2, 3, 4, 6), everyone), 1)
    scale[first[COUNTRIES.index("Netherlands")]] = 6
    scale[first[COUNTRIES.index("Australia")]] = 4
    ids = FIRST_ID + 2 + rng.permutation(everyone)
    return Customers(ids, first, loyal, size - loyal, rng.random(everyone) ** 2, active, scale)
