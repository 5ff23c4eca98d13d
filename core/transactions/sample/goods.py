"""What is in a basket: products, quantities and prices of ordinary sales."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.transactions.sample.catalogue import SLOTS, Catalogue

_TABLE = 4096
_USUAL: tuple[dict[int, float], ...] = (  # percent of the orders of each price class, cheapest first
    {12: 20.7, 24: 15.7, 25: 13.3, 1: 7.5, 48: 6.6, 2: 5.2, 36: 3.5, 6: 3.2, 4: 2.8, 3: 2.7, 5: 1.8, 10: 1.6, 72: 1.5,
     16: 1.1, 120: 1.1, 50: 1.0, 96: 1.0, 8: 0.9},
    {12: 23.0, 24: 14.3, 1: 13.5, 2: 9.6, 3: 5.5, 10: 5.5, 6: 4.9, 4: 4.7, 8: 2.7, 5: 2.4, 48: 2.2, 36: 1.7, 16: 1.6,
     20: 1.5, 96: 0.9, 144: 0.5, 7: 0.5, 72: 0.5},
    {12: 23.3, 1: 15.9, 2: 11.5, 10: 8.8, 6: 6.5, 3: 5.7, 24: 5.5, 4: 5.0, 8: 3.8, 5: 2.4, 20: 1.8, 48: 1.3, 16: 1.2,
     100: 0.9, 36: 0.7, 72: 0.7, 96: 0.6, 18: 0.4},
    {6: 21.8, 1: 21.4, 2: 13.4, 4: 10.3, 12: 8.8, 3: 6.0, 10: 3.5, 8: 3.3, 5: 2.7, 24: 2.1, 48: 0.7, 18: 0.7, 20: 0.6,
     32: 0.6, 36: 0.5, 16: 0.4, 40: 0.4, 7: 0.3},
    {1: 25.1, 2: 23.7, 3: 15.6, 4: 13.9, 6: 7.3, 12: 3.2, 10: 2.3, 8: 2.3, 24: 1.5, 5: 1.3, 16: 0.5, 9: 0.5, 20: 0.4,
     48: 0.3, 18: 0.3, 50: 0.2, 36: 0.2, 7: 0.1},
    {1: 38.2, 2: 37.0, 4: 8.9, 3: 4.8, 6: 3.4, 8: 1.7, 12: 1.5, 16: 1.1, 5: 0.8, 24: 0.5, 10: 0.4, 32: 0.2, 7: 0.2,
     48: 0.1, 20: 0.1, 18: 0.1, 9: 0.1, 36: 0.1},
)  # fmt: skip
_WEB = {
    1: 52.0,
    2: 17.0,
    3: 9.0,
    4: 5.5,
    5: 3.0,
    6: 4.0,
    7: 1.5,
    8: 1.8,
    10: 1.8,
    12: 1.4,
    15: 0.7,
    20: 0.9,
    25: 0.5,
    40: 0.5,
    100: 0.3,
}
_TAIL_FROM = (432, 144, 144, 72, 48, 24)
"""Quantity that one order in a hundred reaches; above it one in a thousand reaches four times as much."""
_TRADE_FROM = np.array([96, 48, 32, 24, 12, 6])
_TRADE_PRICE, _WEB_PRICE = 0.86, 1.98
"""Large orders are cheaper; the web shop sells single pieces, VAT included."""
WEB_TABLE = len(_USUAL)


def quantity_table() -> NDArray[np.int64]:
    """Quantities at evenly spaced quantiles, a row for each price class and one for the web shop; Pareto tails."""
    at = (np.arange(_TABLE) + 0.5) / _TABLE
    rows = []
    for usual, tail in zip((*_USUAL, _WEB), (*_TAIL_FROM, 36), strict=True):
        sizes = np.array(sorted(usual))
        share = np.cumsum([usual[size] for size in sizes.tolist()])
        body = sizes[np.searchsorted(share / share[-1], np.minimum(at / 0.99, 1.0)).clip(0, sizes.size - 1)]
        high = tail * (0.01 / np.maximum(1 - at, 1e-9)) ** 0.6
        rows.append(np.where(at < 0.99, body, np.rint(high / 12) * 12))
    return np.array(rows).astype(np.int64)


def products(
    catalogue: Catalogue,
    start: NDArray[np.int64],
    size: NDArray[np.int64],
    month: NDArray[np.int64],
    rng: np.random.Generator,
) -> NDArray[np.int64]:
    """A product for each line of baskets (given by start, size and month); no product twice in one basket."""
    basket = np.repeat(np.arange(start.size), size)
    place = np.arange(basket.size) - start[basket]
    # one draw from each nth of the range: popular products as often as they should be, and hardly a repetition
    slot = ((place + rng.random(basket.size)) / size[basket] * SLOTS).astype(np.int64)
    found = catalogue.slots[month[basket], slot].astype(np.int64)
    # the few repetitions move on to the next product: strictly increasing within the basket
    apart = basket * 2 * len(catalogue.codes)
    found = np.maximum.accumulate(found - place + apart) - apart + place
    found = np.minimum(found, len(catalogue.codes) - size[basket] + place)
    shuffled: NDArray[np.int64] = found[np.argsort(basket + rng.random(basket.size))]
    return shuffled


def quantities(
    table: NDArray[np.int64], price_class: NDArray[np.int64], web: NDArray[np.bool_], rng: np.random.Generator
) -> NDArray[np.int64]:
    drawn: NDArray[np.int64] = table[np.where(web, WEB_TABLE, price_class), rng.integers(0, _TABLE, price_class.size)]
    return drawn


def prices(
    catalogue: Catalogue,
    product: NDArray[np.int64],
    month: NDArray[np.int64],
    quantity: NDArray[np.int64],
    web: NDArray[np.bool_],
) -> NDArray[np.float64]:
    """Pounds: the list price of the month, less for large orders, with VAT in the web shop."""
    listed = catalogue.prices[month, product]
    trade = quantity >= _TRADE_FROM[catalogue.price_class[product]]
    factor = np.where(web, _WEB_PRICE, np.where(trade, _TRADE_PRICE, 1.0))
    return np.maximum(np.rint(listed * factor * 100) / 100, 0.01)
