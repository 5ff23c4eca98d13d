"""What the regressors known in advance say of an origin and a target, for the models that learn from all series."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from core.models.history import LEVEL, History, since
from core.models.running_sums import Index, RunningSums
from core.series.panel import Values

LONGEST = 28
"""Days to a change beyond which it does not matter how many."""
ALIKE = (56, 364)
"""Days back over which the level of days like the target is taken."""


def effect_names(name: str) -> tuple[str, ...]:
    """In the order of ``KnownEffects.of``."""
    return name, f"{name}_usual", f"{name}_since", f"{name}_to", *(f"{name}_alike_{days}" for days in ALIKE)


class KnownEffects:
    """For every regressor six numbers: its value at the target; what was usual in the 28 days before the origin; days
    since it last changed and until it changes next (at most 28, as far as it is known); and the deseasonalised level of
    past days on which it was on the same side of its mean as at the target, relative to the level of all days.

    The last let a model that has seen few promotions of one series tell those from what all series have in common.
    """

    def __init__(self, history: History) -> None:
        self.history = history
        known, moves = history.known, history.known_moves
        self._usual = _trailing_mean(known, LEVEL)
        self._since = since(moves, LONGEST)
        # A day's own change is behind it; the next one comes at the earliest on the day after.
        later = np.pad(moves[:, :, 1:], ((0, 0), (0, 0), (0, 1)))
        self._to = since(later[:, :, ::-1], LONGEST)[:, :, ::-1]
        self._high = known > 0
        self._alike = [[self._levels(index, high) for high in (False, True)] for index in range(known.shape[1])]

    def of(self, rows: Index, origins: Index, targets: Index) -> Iterator[tuple[Values, ...]]:
        """By regressor; rows, origins and targets broadcast."""
        eve, at = np.maximum(origins - 1, 0), (rows, origins)
        for index, alike in enumerate(self._alike):
            high = self._high[rows, index, targets]
            # What is usual is taken at the origin's eve: known then, as the regressor itself is.
            yield (
                self.history.known[rows, index, targets],
                self._usual[rows, index, eve],
                self._since[rows, index, targets],
                self._to[rows, index, targets],
                *(np.where(high, yes[at], no[at]) for no, yes in zip(*alike, strict=True)),
            )

    def _levels(self, index: int, high: bool) -> tuple[Values, ...]:
        """By ALIKE, at every origin: mean of the last days of that kind minus the level; shape (series, days + 1).

        The mean over the longer time where there is no such day in the shorter one, the last one known where there is
        none in the longer one, and 0 where there never was any: a gap that hardly any training row has would lead the
        trees astray.
        """
        history = self.history
        sums = RunningSums(np.where(self._high[:, index, : history.n_days] == high, history.flat, np.nan))
        short, long = ALIKE
        ends = np.arange(history.n_days + 1)
        lately, ever = sums.mean(np.arange(history.count)[:, None], ends - short, ends), sums.filled(long)
        means = np.where(np.isnan(lately), ever, lately), ever
        return tuple(np.where(sums.counts > 0, mean - history.levels(), 0.0) for mean in means)


def _trailing_mean(values: Values, days: int) -> Values:
    total = np.cumsum(values, axis=2)
    before = np.pad(total, ((0, 0), (0, 0), (days, 0)))[:, :, : total.shape[2]]
    return np.asarray((total - before) / days)
