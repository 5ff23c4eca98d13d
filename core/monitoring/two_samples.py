"""PSI and the exact KS of two raw samples of any size, in little more than the time of sorting them.

After sorting, both need the distribution functions F and G at a few thousand values only: PSI at the edges of its bins,
KS where |F − G| can be largest. Between two values at which both are known, neither can rise by more than the
observations in between, so that whole stretches are ruled out without a look at them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.monitoring.ks import KS, ks_of_distance
from core.monitoring.psi import Floats, Ints, psi_of_counts, quantile_edges

FIRST_CUTS = 1_024
"""F and G are worked out at so many values of either sample at first, evenly spread …"""

CUTS = 2
"""… and then at so many in every gap in between where |F − G| may be larger, until there is none; for speed only."""


@dataclass(frozen=True)
class Comparison:
    """Two samples compared.

    ``n_…`` observations and ``missing_…`` NaN on either side; ``edges``: inner edges of the bins that the reference
    fixes, bin i is (edge[i−1], edge[i]]; ``reference`` and ``current``: how many observations stand in every bin.
    """

    psi: float
    ks: KS
    n_reference: int
    n_current: int
    missing_reference: int
    missing_current: int
    edges: Floats
    reference: Ints
    current: Ints


def compare_samples(reference: npt.ArrayLike, current: npt.ArrayLike, bins: int = 10) -> Comparison:
    """PSI in at most ``bins`` quantile bins of the reference, smoothed, and the exact two-sample KS.

    Shapes (n,) and (m,), in any order, infinities allowed, NaN left out. The same numbers as ``quantile_edges``,
    ``bin_counts``, ``psi_of_counts`` and ``ks_test``. Raises ValueError when a sample has no value at all.
    """
    (first, missing_first), (second, missing_second) = _sorted(reference), _sorted(current)
    if not (len(first) and len(second)):
        raise ValueError("both samples need values")
    edges = _edges(first, bins)
    before, now = (_between(edges, sample) for sample in (first, second))
    return Comparison(
        psi=psi_of_counts(before, now),
        ks=ks_of_distance(len(first), len(second), _largest_distance(first, second)),
        n_reference=len(first),
        n_current=len(second),
        missing_reference=missing_first,
        missing_current=missing_second,
        edges=edges,
        reference=before,
        current=now,
    )


def _sorted(sample: npt.ArrayLike) -> tuple[Floats, int]:
    """The values, ascending, and how many are missing: sorting puts NaN last."""
    ordered: Floats = np.sort(np.asarray(sample, dtype=np.float64))
    known = int(np.searchsorted(ordered, np.nan))
    return ordered[:known], len(ordered) - known


def _edges(ordered: Floats, bins: int) -> Floats:
    """``quantile_edges``, which needs of a sorted sample no more than the distinct values around every k/bins."""
    positions = np.ceil(np.arange(1, bins) * (len(ordered) / bins)).astype(np.int64) - 1
    at = ordered[np.append(positions, len(ordered) - 1)]
    before = np.searchsorted(ordered, at) - 1
    values = np.unique(np.concatenate([at, ordered[before[before >= 0]]]))
    return quantile_edges(values, bins, np.diff(np.searchsorted(ordered, values, side="right"), prepend=0))


def _between(edges: Floats, ordered: Floats) -> Ints:
    """How many values of a sorted sample stand in every bin."""
    until = np.searchsorted(ordered, edges, side="right")
    return np.diff(until, prepend=0, append=len(ordered)).astype(np.int64)


def _largest_distance(first: Floats, second: Floats) -> int:
    """Of two sorted samples: the largest |F − G| · n · m."""
    samples, cuts, best = (first, second), FIRST_CUTS, 0
    # (sample, gap): how many values lie before an open gap, and how many up to its end
    starts, ends = np.zeros((2, 1), np.int64), np.array([[len(one)] for one in samples])
    while starts.size:
        inside = [one[_spread(start, end, cuts)] for one, start, end in zip(samples, starts, ends, strict=True)]
        at = np.unique(np.concatenate(inside))
        # a gap ends below a cut and the next one starts after it; all these ranks ascend with the values
        below, until = np.stack([_ranks(one, at) for one in samples], axis=1)
        starts, ends = np.sort(np.hstack([starts, until])), np.sort(np.hstack([ends, below]))
        best, is_open = _may_exceed(starts, ends, len(first), len(second), best)
        if best == 0 and np.array_equal(first, second):  # a sample against itself: no gap could ever be ruled out
            break
        starts, ends, cuts = starts[:, is_open], ends[:, is_open], CUTS
    return best


def _may_exceed(starts: Ints, ends: Ints, n: int, m: int, best: int) -> tuple[int, npt.NDArray[np.bool_]]:
    """The largest |F − G| so far, and in which gaps it could be larger still; in units of 1/(n·m).

    Over a gap F − G rises by what the first sample has in it at most, and falls by what the second has; from the start
    on and, seen backwards, from the end.
    """
    start, end = starts[0] * m - starts[1] * n, ends[0] * m - ends[1] * n
    best = max(best, int(np.abs(start).max()), int(np.abs(end).max()))
    rise, fall = (ends - starts) * np.array([[m], [n]])
    highest, lowest = np.minimum(start + rise, end + fall), np.maximum(start - fall, end - rise)
    return best, np.maximum(highest, -lowest) > best


def _spread(starts: Ints, ends: Ints, at_most: int) -> Ints:
    """Indices spread evenly over every stretch [start, end), ``at_most`` in each, ascending."""
    sizes = ends - starts
    counts = np.minimum(sizes, at_most)
    rank = np.arange(1, counts.sum() + 1) - np.repeat(np.cumsum(counts) - counts, counts)
    return np.asarray(np.repeat(starts, counts) + rank * np.repeat(sizes, counts) // np.repeat(counts + 1, counts))


def _ranks(ordered: Floats, at: Floats) -> tuple[Ints, Ints]:
    """How many values lie below each, and how many up to it. Only values with ties are looked for twice."""
    below = np.searchsorted(ordered, at, side="left")
    until = below + (ordered[np.minimum(below, len(ordered) - 1)] == at)
    tied = np.flatnonzero((until > below) & (ordered[np.minimum(until, len(ordered) - 1)] == at))
    until[tied] = np.searchsorted(ordered, at[tied], side="right")
    return below, until
