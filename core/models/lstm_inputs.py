"""What the LSTM sees: a window of the past days, and for every day of the horizon what is known of it at the origin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.models.history import FAR, FAR_CHRISTMAS, LEVEL, LEVELS, History
from core.models.known_effects import LONGEST, KnownEffects
from core.models.running_sums import Index
from core.series.panel import Values

Floats = npt.NDArray[np.float32]

WINDOW = 42
"""Days that the recurrent part reads."""
SCALE_DAYS = 400
CLIP = 6.0
"""Inputs and targets are cut off at so many scales."""
BASES = ("season", "gp")
SEASON_LEVEL = 21
SPANS = (3, 7, 14)
STEP_INPUTS = 4
"""Deseasonalised value, open, and the weekday as sine and cosine."""


@dataclass(frozen=True)
class Windows:
    """n windows: ``past`` (n, WINDOW, STEP_INPUTS), ``ahead`` (n, horizon, features), and base + scale · output = log.

    A network corrects one of the ``bases`` (n, horizon): ``season``, the level of three weeks with the week's profile
    and half of what the year before did from here on, or ``gp``, the path of the Gaussian process.
    """

    past: Floats
    ahead: Floats
    bases: Mapping[str, Values]
    scale: Values  # (n,)

    def log(self, base: str, output: Floats) -> Values:
        return np.asarray(self.bases[base] + self.scale[:, None] * output)

    def targets(self, base: str, came: Values) -> Floats:
        """What the network should answer where ``came`` (n, horizon), log scale, is known; NaN elsewhere."""
        return np.asarray(np.clip((came - self.bases[base]) / self.scale[:, None], -CLIP, CLIP), dtype=np.float32)


class Inputs:
    """Windows of one history; ``longest``: the horizon that the network has seen, farther days look like its last."""

    def __init__(self, history: History, longest: int) -> None:
        self.history, self.longest = history, longest
        self._calendar = history.calendar_features()
        self._known = KnownEffects(history)
        self._scale = self._scales()

    def windows(self, rows: Index, origins: Index, gp: Values) -> Windows:
        """rows, origins: (n,); gp: log forecasts of the process from these origins, (n, horizon)."""
        history, scale = self.history, self._scale[rows]
        level = history.level(rows, origins)
        past = self._past(rows, origins, level, scale)
        targets = origins[:, None] + np.arange(gp.shape[1])
        rows, origins = rows[:, None], origins[:, None]
        ahead = self._ahead(rows, origins, targets, gp, level[:, None], scale[:, None])
        season = history.level(rows, origins, SEASON_LEVEL)
        season = season + history.weekday_effect(history.profile, rows, origins, targets)
        season = season + 0.5 * np.nan_to_num(history.year_shape(rows, origins, targets, SPANS[-1]))
        return Windows(past, ahead, {"season": season, "gp": gp}, scale)

    def _past(self, rows: Index, origins: Index, level: Values, scale: Values) -> Floats:
        days = origins[:, None] - WINDOW + np.arange(WINDOW)
        there, at = days >= 0, np.maximum(days, 0)
        values = (self.history.flat[rows[:, None], at] - level[:, None]) / scale[:, None]
        values = np.where(there, np.clip(np.nan_to_num(values), -CLIP, CLIP), 0.0)
        angle = 2 * np.pi * self.history.weekdays[at] / 7
        is_open = self.history.is_open[rows[:, None], at] & there
        return np.stack([values, is_open, np.sin(angle), np.cos(angle)], axis=-1).astype(np.float32)

    def _ahead(self, rows: Index, origins: Index, targets: Index, gp: Values, level: Values, scale: Values) -> Floats:
        history = self.history
        year = [history.year_shape(rows, origins, targets, span) for span in SPANS]
        scaled = [
            history.weekday_effect(history.profile, rows, origins, targets),
            history.weekday_effect(history.short_profile, rows, origins, targets),
            *year,
            level - history.year_level(rows, origins),
            *(history.level(rows, origins, days) - level for days in LEVELS if days != LEVEL),
            history.spread(rows, origins),
            gp - level,
        ]
        plain = [np.minimum(targets - origins + 1, self.longest) / self.longest, np.isnan(year[1])]
        for value, usual, since, to, *alike in self._known.of(rows, origins, targets):
            plain += [value, usual, 1 - since / LONGEST, 1 - to / LONGEST]
            scaled += alike
        columns = [one / scale for one in scaled] + plain + self._day(rows, targets)
        shape = gp.shape
        clean = [np.clip(np.nan_to_num(np.broadcast_to(one, shape)), -CLIP, CLIP) for one in columns]
        return np.stack(clean, axis=-1).astype(np.float32)

    def _day(self, rows: Index, targets: Index) -> list[Values]:
        """What the calendar says of the targets, all of the order of one."""

        def at(name: str) -> Values:
            column = self._calendar[name]
            return np.asarray(column[rows, targets] if column.ndim == 2 else column[targets])

        near = [at(name) for name in ("holiday", "holiday_next", "holiday_last", "closed_before", "closed_after")]
        near += [at(name) / 3 for name in ("closures_before", "closures_after")]
        near += [1 - at("to_christmas") / FAR_CHRISTMAS, 1 - at("since_event") / FAR, 1 - at("to_event") / FAR]
        return near + [(at("weekday") == day).astype(np.float64) for day in range(7)]

    def _scales(self) -> Values:
        """1.25 × mean |deseasonalised value − level| of the last 400 days: (series,); 1 where nothing moves."""
        history = self.history
        start = max(history.n_days - SCALE_DAYS, 0)
        size = np.where(history.begun(), np.abs(history.flat - history.levels()[:, : history.n_days]), np.nan)[
            :, start:
        ]
        there = ~np.isnan(size)
        mean = np.where(there, size, 0.0).sum(axis=1) / np.maximum(there.sum(axis=1), 1)
        scale = 1.25 * mean
        return np.where(scale > 1e-3, scale, 1.0)
