"""What the regressors known in advance say of an origin and a target, for the models that learn from all series."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from core.models.history import LEVEL, History, since
from core.models.running_sums import Index, RunningSums
from core.series.days import Flags
from core.series.panel import Values

Floats = npt.NDArray[np.float32]

LONGEST = 28
"""Days to a change beyond which it does not matter how many."""
BEYOND = LONGEST + 1
"""Days of calendar and regressors that a history needs after the last target: what comes after a day counts too."""
ROUNDING = 1e-9
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
        known, told = history.known, ~np.isnan(history.told)
        moves = _moves(history.told)
        # A day's own change is behind it; the next one comes at the earliest on the day after.
        later = np.pad(moves[:, :, 1:], ((0, 0), (0, 0), (0, 1)))
        self._usual = _trailing_mean(known, LEVEL)
        self._since = since(moves, LONGEST).astype(np.int8)
        self._to = since(later[:, :, ::-1], LONGEST)[:, :, ::-1].astype(np.int8)
        # A constant is its own mean but for rounding.
        self._kinds = np.stack([told & (known <= ROUNDING), told & (known > ROUNDING)])
        self._alike = [[self._levels(kind[:, index]) for kind in self._kinds] for index in range(known.shape[1])]

    def of(self, rows: Index, origins: Index, targets: Index) -> Iterator[tuple[Values, ...]]:
        """By regressor; rows, origins and targets broadcast."""
        eve, at = np.maximum(origins - 1, 0), (rows, origins)
        for index, alike in enumerate(self._alike):
            low, high = self._kinds[:, rows, index, targets]
            # What is usual is taken at the origin's eve: known then, as the regressor itself is.
            yield (
                self.history.known[rows, index, targets],
                self._usual[rows, index, eve],
                self._since[rows, index, targets],
                self._to[rows, index, targets],
                *(np.where(high, yes[at], np.where(low, no[at], 0.0)) for no, yes in zip(*alike, strict=True)),
            )

    def _levels(self, kind: Flags) -> tuple[Floats, ...]:
        """By ALIKE, at every origin: mean of the last days of that kind minus the level; shape (series, days + 1).

        The mean over the longer time where there is no such day in the shorter one, and 0 where there is none in the
        longer one: the level has moved since, and a gap that hardly any training row has would lead the trees astray.
        """
        history = self.history
        sums = RunningSums(np.where(kind[:, : history.n_days], history.flat, np.nan))
        rows, ends = np.arange(history.count)[:, None], np.arange(history.n_days + 1)
        short, long = (sums.mean(rows, ends - days, ends) - history.levels() for days in ALIKE)
        long = np.nan_to_num(long)
        return np.where(np.isnan(short), long, short).astype(np.float32), long.astype(np.float32)


def _moves(told: Values) -> Flags:
    """Days on which a regressor is not what it was when it was last told: shape (series, regressors, days)."""
    at = np.where(np.isnan(told), 0, np.arange(told.shape[2]))
    filled = np.take_along_axis(told, np.maximum.accumulate(at, axis=2), axis=2)
    moves = np.zeros(told.shape, dtype=bool)
    moves[:, :, 1:] = np.abs(np.diff(filled, axis=2)) > 0
    return moves


def _trailing_mean(values: Values, days: int) -> Values:
    total = np.cumsum(values, axis=2)
    before = np.pad(total, ((0, 0), (0, 0), (days, 0)))[:, :, : total.shape[2]]
    return np.asarray((total - before) / days)
