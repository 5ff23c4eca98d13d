"""The Gaussian process on a whole panel: which series share a factor, and forecasts from every origin at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from core.models.gp_kernel import MIDDLE, MOST_DAYS, Index, Kernel, Solved
from core.models.history import History
from core.series.panel import Values

MIN_OBSERVED = 14
"""Observed days below which a series says too little."""


@dataclass(frozen=True)
class Group:
    """Series with the same observed days and the same regressors: ``rows`` of the panel."""

    rows: tuple[int, ...]
    observed: Index
    regressors: Values  # shape (days, columns), past and future

    def solved(self, kernel: Kernel) -> Solved:
        return Solved(kernel, self.observed, len(self.regressors), self.regressors)


def groups(history: History, rows: Sequence[int]) -> Iterator[Group]:
    """The series ``rows`` by what they share; series with too few observed days are left out."""
    found: dict[tuple[bytes, bytes], tuple[Index, list[int]]] = {}
    for row in rows:
        observed = np.flatnonzero(~np.isnan(history.log[row]))
        observed = observed[observed >= history.n_days - MOST_DAYS]
        if len(observed) >= MIN_OBSERVED:
            key = observed.tobytes(), history.known[row].tobytes()
            found.setdefault(key, (observed, []))[1].append(row)
    for observed, members in found.values():
        yield Group(tuple(members), observed, regressors(history, members[0]))


def regressors(history: History, row: int) -> Values:
    """Holiday, the days beside one, and the known regressors of a series: shape (days, columns)."""
    return np.column_stack([history.near_holidays, history.known[row].T])


def covariance(kernel: Kernel, observed: Index, targets: Index, regressors: Values) -> Values:
    """Prior covariance of later days with observed ones, shape (targets, observed).

    Every row is computed for itself: a matrix product's last bits would depend on how many days are asked for.
    """
    by_distance = kernel.by_distance(int(targets[-1] - observed[0]) + 1)
    result = by_distance[np.abs(targets[:, None] - observed)]
    for column in (kernel.regressors * regressors).T:
        result = result + column[targets][:, None] * column[observed]
    return np.asarray(result)


def path_ahead(history: History, horizon: int, kernel: Kernel = MIDDLE) -> Values:
    """What ``paths`` gives for the end of the history, for any horizon within it: shape (series, horizon).

    A longer horizon begins with the same bits as a shorter one.
    """
    targets = history.n_days + np.arange(horizon)
    rows, end = np.arange(history.count)[:, None], np.array(history.n_days)
    result = history.level(rows, end) + history.weekday_effect(history.profile, rows, end, targets)
    for group in groups(history, range(history.count)):
        solved = group.solved(kernel)
        prior = covariance(kernel, group.observed, targets, group.regressors)
        for row in group.rows:
            values = history.log[row, group.observed]
            centre = float(values[:MIN_OBSERVED].mean())
            result[row] = centre + (prior * solved.weights(values - centre)).sum(axis=1)
    return np.asarray(result)


def paths(history: History, origins: Index, horizon: int, kernel: Kernel = MIDDLE) -> Values:
    """Log forecasts from every origin, each from the days before it: shape (series, origins, horizon).

    Days beyond the history's end repeat its last one. A series with too few observed days is forecast by its level
    and weekday profile.
    """
    targets = np.minimum(origins[:, None] + np.arange(horizon), len(history.days) - 1)
    rows = np.arange(history.count)[:, None, None]
    result = history.level(rows, origins[:, None]) + history.weekday_effect(
        history.profile, rows, origins[:, None], targets
    )
    first = int(origins.min())
    for group in groups(history, range(history.count)):
        solved = group.solved(kernel)
        half = solved.half(np.arange(first, len(history.days)))
        known = np.searchsorted(group.observed, origins)
        for row in group.rows:
            values = history.log[row, group.observed]
            # The first days' mean: later ones are not known at every origin, and the prior mean hardly matters.
            centre = float(values[:MIN_OBSERVED].mean())
            steps = half * solved.innovations(values - centre)[:, None]
            sums = np.vstack([np.zeros(half.shape[1]), np.cumsum(steps, axis=0)])
            told = centre + sums[known[:, None], targets - first]
            enough = known >= MIN_OBSERVED
            result[row, enough] = told[enough]
    return np.asarray(result)
