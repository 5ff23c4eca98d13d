"""What the gradient-boosted trees are told of a series, an origin and a target day: no future in any feature."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from core.models.history import LEVEL, LEVELS, SPANS, History
from core.models.known_effects import KnownEffects, effect_names
from core.models.running_sums import Index
from core.series.panel import Values

Matrix = npt.NDArray[np.float32]


def feature_names(known: tuple[str, ...]) -> tuple[str, ...]:
    """In the order of the columns of ``features``; ``known``: names of the regressors known in advance."""
    return (
        "horizon",
        "weekday", "day_of_month", "day_of_year", "to_christmas", "holiday", "holiday_next", "holiday_last",
        "since_event", "to_event", "closed_before", "closed_after", "closures_before", "closures_after",
        "weekday_13_weeks", "weekday_4_weeks",
        *(f"level_{days}_days" for days in LEVELS if days != LEVEL),
        "spread", "history", *(f"year_ago_{span}" for span in SPANS), "growth", "gp",
        *(one for name in known for one in effect_names(name)),
    )  # fmt: skip


class Features:
    """The features of one history; ``longest``: the horizon that the trees have seen, longer ones look like it."""

    def __init__(self, history: History, longest: int) -> None:
        self.history, self.longest = history, longest
        self._calendar = history.calendar_features()
        self._known = KnownEffects(history)

    def matrix(self, rows: Index, origins: Index, targets: Index, gp: Values) -> Matrix:
        """Shape (n, features) for n triples of series, origin and target; ``gp``: the process' log forecasts (n,)."""
        history = self.history
        level = history.level(rows, origins)
        columns = [np.minimum(targets - origins + 1, self.longest)]
        columns += [one[rows, targets] if one.ndim == 2 else one[targets] for one in self._calendar.values()]
        columns += [
            history.weekday_effect(history.profile, rows, origins, targets),
            history.weekday_effect(history.short_profile, rows, origins, targets),
            *(history.level(rows, origins, days) - level for days in LEVELS if days != LEVEL),
            history.spread(rows, origins),
            history.seen(rows, origins),
            *(history.year_shape(rows, origins, targets, span) for span in SPANS),
            level - history.year_level(rows, origins),
            gp - level,
        ]
        columns += [one for effects in self._known.of(rows, origins, targets) for one in effects]
        return np.column_stack(columns).astype(np.float32)
