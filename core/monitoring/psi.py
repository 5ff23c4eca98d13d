"""The population stability index: bins fixed by the reference, a zero rule, and how large it gets by chance."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from core.monitoring.laws import chi_square_quantile

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

PSI_LINES = (0.1, 0.2, 0.3)
"""The customary lines: 0.1 look, 0.2 moderate, 0.3 large. They ignore the sample size: see psi_limit."""

SMOOTHING = 0.5
"""Added to every count, so that an empty bin neither vanishes nor explodes (Jeffreys' prior for shares)."""


def psi(reference: npt.ArrayLike, current: npt.ArrayLike) -> float:
    """Σ (p − q) ln(p / q) over two sets of shares, both shape (bins,), all positive; in [0, ∞).

    It equals KL(p‖q) + KL(q‖p). Shares are used as given. Raises ValueError when one is not positive or the shapes
    differ.
    """
    p, q = np.asarray(reference, dtype=np.float64), np.asarray(current, dtype=np.float64)
    if p.shape != q.shape or p.ndim != 1:
        raise ValueError(f"shares of shape {p.shape} and {q.shape} cannot be compared")
    if not ((p > 0).all() and (q > 0).all()):
        raise ValueError("every share must be positive; smooth the counts first")
    return float(np.sum(psi_terms(p, q)))


def psi_terms(p: Floats, q: Floats) -> Floats:
    """What every bin adds, (p − q) ln(p / q) ≥ 0, for shares of one shape; 0 where both are 0, ∞ where one is."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(p == q, 0.0, (p - q) * np.log(p / q))


def smoothed(counts: npt.ArrayLike, smoothing: float = SMOOTHING) -> Floats:
    """Shares of counts, shape (..., bins), after adding ``smoothing`` to each; they sum to 1 over the last axis."""
    raised = np.asarray(counts, dtype=np.float64) + smoothing
    return np.asarray(raised / raised.sum(axis=-1, keepdims=True), dtype=np.float64)


def psi_of_counts(reference: npt.ArrayLike, current: npt.ArrayLike, smoothing: float = SMOOTHING) -> float:
    """PSI of two sets of counts in the same bins, each smoothed (0 = exact, then no bin may be empty)."""
    return psi(smoothed(reference, smoothing), smoothed(current, smoothing))


def psi_limit(n_reference: int, n_current: int, bins: int, level: float = 0.95) -> float:
    """What PSI stays below with probability ``level`` when nothing changed: χ²₍B−1₎ quantile × (1/n + 1/m).

    For independent observations (Yurdakul & Naranjo, J. Risk Model Validation). 0 for a single bin.
    """
    if bins < 2:
        return 0.0
    return chi_square_quantile(bins - 1, level) * (1.0 / n_reference + 1.0 / n_current)


def quantile_edges(values: npt.ArrayLike, bins: int, counts: npt.ArrayLike | None = None) -> Floats:
    """Inner edges, ascending, of at most ``bins`` bins of about equal share; bin i is (edge[i−1], edge[i]].

    ``values``: the reference (or its distinct values with how often each stands in ``counts``). An edge lies on a
    value, at the cut between two distinct values whose cumulative share is nearest to k/bins: so heavy values get
    bins of their own, no bin is empty in the reference, outer bins are open, and any increasing transformation of
    the values moves values and edges together. A reference of one value c has the bins below c, c, above c.
    """
    distinct, weight = _distinct(values, counts)
    if len(distinct) == 0:
        raise ValueError("a reference without values has no bins")
    if len(distinct) == 1:
        return np.array([np.nextafter(distinct[0], -math.inf), distinct[0]])
    cumulative = np.cumsum(weight)[:-1]
    targets = np.arange(1, bins) * (int(weight.sum()) / bins)
    right = np.clip(np.searchsorted(cumulative, targets), 1, max(len(cumulative) - 1, 1))
    right = np.minimum(right, len(cumulative) - 1)
    left = np.maximum(right - 1, 0)
    nearest = np.where(targets - cumulative[left] <= cumulative[right] - targets, left, right)
    edges: Floats = distinct[np.unique(nearest)]
    return edges


def bin_counts(values: npt.ArrayLike, edges: Floats, counts: npt.ArrayLike | None = None) -> Ints:
    """How many values fall into each of the ``len(edges) + 1`` bins of ``quantile_edges``."""
    data = np.asarray(values, dtype=np.float64)
    weights = None if counts is None else np.asarray(counts, dtype=np.float64)
    found = np.bincount(np.searchsorted(edges, data, side="left"), weights=weights, minlength=len(edges) + 1)
    return found.astype(np.int64)


def _distinct(values: npt.ArrayLike, counts: npt.ArrayLike | None) -> tuple[Floats, Ints]:
    data = np.asarray(values, dtype=np.float64)
    if counts is None:
        distinct, weight = np.unique(data, return_counts=True)
        return distinct, weight.astype(np.int64)
    weight = np.asarray(counts, dtype=np.int64)
    order = np.argsort(data, kind="stable")
    order = order[weight[order] > 0]
    return data[order], weight[order]
