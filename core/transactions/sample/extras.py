"""Lines that are no goods: postage, fees, manual entries, bad debts, and corrections of stock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.transactions.sample import words


class Extra(NamedTuple):
    """``often``: per million lines; ``negative``, ``named``: parts on C invoices and with a customer."""

    code: str
    name: str
    often: float
    negative: float
    named: float
    price: float
    spread: float


EXTRAS = (
    Extra("POST", "POSTAGE", 0, 0, 1, 18.0, 0.35),
    Extra("DOT", "WEB SHOP POSTAGE", 0, 0, 0, 150.0, 0.8),
    Extra("C2", "CARRIAGE", 0, 0, 1, 50.0, 0.0),
    Extra("gift_0001_20", "Gift Voucher £20.00", 0, 0, 0, 17.02, 0.0),
    Extra("gift_0001_30", "Gift Voucher £30.00", 0, 0, 0, 25.53, 0.0),
    Extra("M", "Manual", 1250, 0.45, 0.75, 13.0, 2.2),
    Extra("D", "Discount", 165, 1.0, 0.98, 19.0, 1.5),
    Extra("S", "SAMPLES", 98, 0.97, 0.0, 30.0, 1.2),
    Extra("BANK CHARGES", "Bank Charges", 97, 0.66, 0.3, 42.0, 1.2),
    Extra("ADJUST", "Adjustment by finance", 65, 0.46, 0.9, 49.0, 1.1),
    Extra("AMAZONFEE", "AMAZON FEE", 35, 0.92, 0.0, 5900.0, 0.6),
    Extra("CRUK", "Charity Commission", 16, 1.0, 1.0, 470.0, 0.8),
    Extra("TEST001", "This is a test product.", 15, 0.27, 1.0, 4.5, 0.0),
    Extra("B", "Adjust bad debt", 6, 0.0, 0.0, -38_000.0, 0.4),
)
POST, DOT, CARRIAGE, VOUCHER, BAD_DEBT = 0, 1, 2, 3, len(EXTRAS) - 1
_PRICE_LIMIT = 40_000.0
_STOCK_NEGATIVE, _NEGATIVE_UNNAMED = 0.674, 0.78


@dataclass(frozen=True)
class Entries:
    """Drawn single-line entries: index into EXTRAS, cancelled or not, with a customer or not, price in pounds."""

    extra: NDArray[np.int64]
    negative: NDArray[np.bool_]
    named: NDArray[np.bool_]
    price: NDArray[np.float64]


def amounts(extra: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.float64]:
    median = np.array([one.price for one in EXTRAS])[extra]
    spread = np.array([one.spread for one in EXTRAS])[extra]
    value = median * np.exp(spread * rng.standard_normal(extra.size))
    pounds: NDArray[np.float64] = np.round(np.clip(value, -2 * _PRICE_LIMIT, _PRICE_LIMIT), 2)
    return pounds


def entries(count: int, rng: np.random.Generator) -> Entries:
    often = np.array([one.often for one in EXTRAS])
    share = np.cumsum(often) / often.sum()
    extra = np.searchsorted(share, rng.random(count), side="right").clip(0, len(EXTRAS) - 1)
    negative = rng.random(count) < np.array([one.negative for one in EXTRAS])[extra]
    named = rng.random(count) < np.array([one.named for one in EXTRAS])[extra]
    return Entries(extra, negative, named, amounts(extra, rng))


def stock_corrections(count: int, rng: np.random.Generator) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Quantities, two thirds of them negative, and remarks (index into STOCK_REMARKS, −1: none)."""
    size = np.maximum(np.rint(26 * np.exp(1.7 * rng.standard_normal(count))), 1).clip(max=9_000).astype(np.int64)
    negative = rng.random(count) < _STOCK_NEGATIVE
    remark = rng.integers(0, len(words.STOCK_REMARKS), count)
    remark = (remark * rng.random(count)).astype(np.int64)  # the first ones are the usual ones
    return np.where(negative, -size, size), np.where(negative & (rng.random(count) > _NEGATIVE_UNNAMED), remark, -1)
