"""Cancellations: each takes back, wholly or in part, an earlier sale of the same customer and product."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_LAG_KNOTS = np.array([0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 1.0])
_LAG_DAYS = np.array([0.004, 0.16, 4.8, 10.0, 30.0, 83.0, 149.0, 300.0])
"""Days from sale to cancellation at these quantiles, as in Online Retail II."""
_WHOLE = 0.25
LIMIT = 200_000
"""Sales remembered at most, whatever the number of lines."""


@dataclass(frozen=True)
class Sales:
    """Lines of earlier sales that may still be taken back, oldest first; one entry per line in every array."""

    minute: NDArray[np.int64]
    invoice: NDArray[np.int64]
    product: NDArray[np.int64]
    quantity: NDArray[np.int64]
    price: NDArray[np.float64]
    customer: NDArray[np.int64]
    country: NDArray[np.int64]

    def __len__(self) -> int:
        return int(self.minute.size)

    def take(self, which: NDArray[np.int64] | NDArray[np.bool_] | slice) -> Sales:
        return Sales(*(getattr(self, name)[which] for name in self.__dataclass_fields__))

    def then(self, later: Sales) -> Sales:
        return Sales(
            *(np.concatenate([getattr(self, name), getattr(later, name)]) for name in self.__dataclass_fields__)
        )


def none() -> Sales:
    whole = np.zeros(0, dtype=np.int64)
    return Sales(whole, whole, whole, whole, np.zeros(0), whole, whole)


def remembered_part(lines_per_day: float) -> float:
    """Part of the sales worth remembering so that about sixty days fit in the memory; never too few to choose from."""
    return float(np.clip(LIMIT / max(lines_per_day * 60, 1.0), 0.06, 1.0))


def choose(
    sales: Sales, minute: NDArray[np.int64], place: NDArray[np.int64], lag: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Index of the sale each cancelled line takes back, −1 if there is none before it.

    ``minute``, ``place`` (0, 1, … within the invoice) and ``lag`` (0 … 1, equal within an invoice) have one entry per
    line. No sale is chosen twice; lines of one invoice take neighbouring lines, mostly of one sale.
    """
    days = np.interp(lag, _LAG_KNOTS, _LAG_DAYS)
    wanted = minute - np.maximum((days * 1440).astype(np.int64), 1)
    found = np.searchsorted(sales.minute, wanted, side="right") - 1
    latest = np.searchsorted(sales.minute, minute - 1, side="right") - 1
    # a sale before memory begins: any remembered one before the cancellation instead
    found = np.where(found >= 0, found, (lag * (latest + 1)).astype(np.int64) - (latest < 0))
    found = found - place
    order = np.argsort(-found, kind="stable")
    # from the latest on, one that is taken moves back to the next free one: earlier is always possible
    steps = np.arange(found.size)
    chosen: NDArray[np.int64] = np.empty_like(found)
    chosen[order] = np.minimum.accumulate(found[order] + steps) - steps
    return chosen.clip(min=-1)


def taken_back(sold: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
    """Negative quantities: all of the sale, or a part of it in which few pieces are the most likely."""
    part = 1 + np.floor(rng.random(sold.size) ** 2.5 * np.maximum(sold - 1, 0)).astype(np.int64)
    return -np.where(rng.random(sold.size) < _WHOLE, sold, part)
