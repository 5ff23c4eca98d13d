"""The bins that a reference fixes for a feature: quantile bins of numbers, the largest categories and the others."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from core.monitoring.psi import Floats, Ints, quantile_edges
from core.transactions.counts import Kind, Level

BINS_DAYS, BINS_LINES, TOP_CATEGORIES = 5, 10, 9
"""A month of days fills five bins; more would make PSI a matter of chance."""

OTHER = "other"


class Bins(NamedTuple):
    """``of_value``: the bin of every value of the feature, shape (values,); ``edges``: inner edges of numeric bins, bin
    i is (edge[i−1], edge[i]]; ``n``: how many there are."""

    of_value: npt.NDArray[np.intp]
    n: int
    edges: tuple[float, ...]
    labels: tuple[str, ...]

    def sums(self, counts: npt.NDArray[Any]) -> Ints:
        """Counts by value, shape (values,), as counts by bin."""
        return np.bincount(self.of_value, counts, self.n).astype(np.int64)


def bins_of(values: npt.NDArray[Any], reference: Ints, kind: Kind, level: Level) -> Bins:
    """``values`` ascend; ``reference``: how often each stands in the reference, at least one of them."""
    if kind == "category":
        return _categories(values, reference)
    edges = quantile_edges(values, BINS_DAYS if level == "day" else BINS_LINES, reference)
    whole = bool((values == np.floor(values)).all())
    of_value = np.searchsorted(edges, values, side="left")
    return Bins(of_value, len(edges) + 1, tuple(edges.tolist()), bin_labels(edges, whole=whole))


def _categories(values: npt.NDArray[Any], reference: Ints) -> Bins:
    """The reference's largest categories, and the others together: also where the reference has none, as a later day
    may bring them, and bins must not change with it."""
    top = np.argsort(-reference, kind="stable")[:TOP_CATEGORIES]
    top = top[reference[top] > 0]
    of_value = np.full(len(values), len(top), np.intp)
    of_value[top] = np.arange(len(top))
    return Bins(of_value, len(top) + 1, (), (*(str(value) for value in values[top]), OTHER))


def bin_labels(edges: Sequence[float] | Floats, *, whole: bool = False) -> tuple[str, ...]:
    """'up to 2', '2 – 6', 'over 6' for the inner edges 2 and 6; of whole numbers '3 – 6' in the middle."""
    text = [f"{edge:,.4g}" if abs(edge) < 10_000 else f"{edge:,.0f}" for edge in edges]
    between = []
    for (low, high), (low_text, high_text) in zip(pairwise(edges), pairwise(text), strict=True):
        if whole and low + 1 >= high:
            between.append(high_text)
        else:
            between.append(f"{low + 1:,.0f} – {high_text}" if whole else f"{low_text} – {high_text}")
    return (f"up to {text[0]}", *between, f"over {text[-1]}")
