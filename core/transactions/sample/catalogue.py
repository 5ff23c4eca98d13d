"""The catalogue of the sample business: codes, names, prices by month, and which product sells when."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.transactions.sample import words

PRODUCTS = 3_900
MONTHS = 25
SLOTS = 32_768
"""Resolution of popularity: a product has a whole number of slots in each month."""
PRICE_CLASSES = np.array([0.5, 1.0, 2.0, 4.0, 8.0])
"""Upper bounds (pounds) of the classes within which order quantities are alike."""

_SEASONS = {  # January … December
    "": (1.0,) * 12,
    "garden": (0.4, 0.7, 1.4, 2.0, 2.2, 1.9, 1.5, 1.0, 0.6, 0.4, 0.3, 0.3),
    "christmas": (0.10, 0.05, 0.05, 0.05, 0.08, 0.15, 0.3, 0.9, 2.2, 3.4, 3.8, 2.6),
}


@dataclass(frozen=True)
class Catalogue:
    codes: tuple[str, ...]
    names: tuple[str, ...]
    prices: NDArray[np.float64]
    """List price in pounds (MONTHS, products)."""
    price_class: NDArray[np.int64]
    """0 (cheapest) … 5 of each product."""
    slots: NDArray[np.int16]
    """Popularity (MONTHS, SLOTS): the product of a slot; a product's share of slots is its share of lines."""


def build(rng: np.random.Generator) -> Catalogue:
    """Depends on nothing but the generator: the same seed has the same catalogue whatever the number of lines."""
    codes, names, base, season = _range(rng)
    prices = _prices(base, rng)
    slots = _slots(season, base, rng)
    return Catalogue(codes, names, prices, np.searchsorted(PRICE_CLASSES, base, side="right"), slots)


def _range(rng: np.random.Generator) -> tuple[tuple[str, ...], tuple[str, ...], NDArray[np.float64], list[str]]:
    points = np.array(words.PRICE_POINTS)
    numbers = iter(np.sort(rng.permutation(np.arange(20_000, 26_000))[:PRODUCTS]).tolist())
    codes: list[str] = []
    names: list[str] = []
    base: list[float] = []
    season: list[str] = []
    taken: set[str] = set()
    while len(codes) < PRODUCTS:
        thing = words.THINGS[int(rng.integers(len(words.THINGS)))]
        name, factor = _name(thing, rng)
        price = float(
            points[
                np.abs(
                    np.log(points / ((thing.low + (thing.high - thing.low) * rng.random() ** 1.5) * factor))
                ).argmin()
            ]
        )
        colours = rng.permutation(len(words.COLOURS))[: int(rng.choice((0, 0, 0, 0, 0, 0, 0, 2, 3, 4)))].tolist()
        versions = [f"{words.COLOURS[colour]} {name}" for colour in colours] or [name]
        versions = [version for version in versions if version not in taken][: PRODUCTS - len(codes)]
        if not versions:
            continue
        number = next(numbers)
        for letter, version in zip("ABCD", versions, strict=False):
            codes.append(f"{number}{letter if len(versions) > 1 else ''}")
            names.append(version)
            base.append(price)
            season.append(thing.season)
            taken.add(version)
    return tuple(codes), tuple(names), np.array(base), season


def _name(thing: words.Thing, rng: np.random.Generator) -> tuple[str, float]:
    """A name and what it multiplies the object's price by."""
    designs = words.CHRISTMAS_DESIGNS if thing.season == "christmas" else words.DESIGNS
    design = designs[int(rng.integers(len(designs)))]
    materials = words.MATERIALS[thing.made]
    material = materials[int(rng.integers(len(materials)))]
    style = words.STYLES[int(rng.integers(len(words.STYLES)))]
    pattern = int(rng.integers(8))
    if pattern == 0 and thing.high < 5:
        count = int(rng.choice((3, 4, 6, 8, 12)))
        return f"SET OF {count} {design} {thing.many}", 0.35 * count
    if pattern == 1 and thing.high < 3:
        count = int(rng.choice((6, 10, 12, 20, 24)))
        return f"PACK OF {count} {design} {thing.many}", 1.0 + 0.05 * count
    names = (
        f"{design} {thing.one}", f"{material} {thing.one} {design}", f"{design} {thing.one}", f"{thing.one} {design}",
        f"{style} {thing.one} {design}", f"{design} {material} {thing.one}", f"{style} {material} {thing.one}",
        f"{material} {thing.one} , {design}",
    )  # fmt: skip
    return names[pattern], 1.0


def _prices(base: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    """Most products keep their price; some change it once or twice to another price point, in a given month."""
    points = np.array(words.PRICE_POINTS)
    at = np.searchsorted(points, base)
    step = np.zeros((MONTHS, base.size), dtype=np.int64)
    for chance, choices in ((0.35, (1, 1, 1, -1)), (0.15, (1, -1, -1))):
        changed = np.flatnonzero(rng.random(base.size) < chance)
        step[rng.integers(1, MONTHS, changed.size), changed] += rng.choice(choices, changed.size)
    prices: NDArray[np.float64] = points[np.clip(at + np.cumsum(step, axis=0), 0, points.size - 1)]
    return prices


def _slots(season: list[str], base: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.int16]:
    """Heavy-tailed popularity (log-normal, the cheap sell more) within each product's life and season."""
    size = len(season)
    popularity = rng.lognormal(0.0, 1.35, size) * base**-0.3
    first = np.where(rng.random(size) < 0.6, -1, rng.integers(0, MONTHS, size))
    last = np.where(rng.random(size) < 0.65, MONTHS, first + rng.integers(3, MONTHS, size))
    yearly = np.array([_SEASONS[one] for one in season])
    slots = np.empty((MONTHS, SLOTS), dtype=np.int16)
    for month in range(MONTHS):
        sold = (first <= month) & (month <= last)
        weight = popularity * yearly[:, (11 + month) % 12] * sold
        share = np.cumsum(weight) / weight.sum()
        slots[month] = np.searchsorted(share, (np.arange(SLOTS) + 0.5) / SLOTS)
    return slots
