"""The Forecaster contract that every model keeps, and the frames it exchanges."""

from __future__ import annotations

import datetime as dt
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

import pandas as pd

from core.series.panel import Panel
from core.series.panel_calendar import Calendar

LEVELS = (80, 95)
"""Interval levels in percent that are stored with every forecast."""

POINT_COLUMNS = ("measure", "segment", "date", "horizon", "mean", "open")
"""Columns of a point forecast: one row a series and day; ``horizon`` counts days from the origin, from 1."""

INTERVAL_COLUMNS = tuple(f"{side}{level}" for level in LEVELS for side in ("lo", "hi"))

Calendars = Callable[[dt.date], Calendar]
"""The opening calendar as it could be inferred at an origin: nothing after that day may enter."""


@dataclass(frozen=True, slots=True)
class Fold:
    """One origin with its horizon: ``origin`` is the last day a forecast may know."""

    origin: dt.date
    horizon: int


class Forecaster(ABC):
    """A model of ``value | open`` for all series of a panel; closed days are exactly 0, nothing is negative.

    Seeds are fixed: the same panel, calendar and code give the same bytes. ``min_history`` is the number of open
    days a series needs; a series with fewer gets the model's documented fallback. ``per_series``: every series is
    forecast from its own values alone, so a panel may be worked on in parts with the same result.
    """

    name: ClassVar[str]
    min_history: ClassVar[int]
    per_series: ClassVar[bool] = False
    refit_days: ClassVar[int] = 0
    """Days of a backtest that one estimation serves; 0: every fold is estimated for itself."""
    seconds_each: ClassVar[float] = 0.01
    """Rough seconds of computing per series and fold; decides whether and how work is spread over processes."""
    seconds_ahead: ClassVar[float] = 0.03
    """The same for a fit on all days with its forecast of a year."""
    start_seconds: ClassVar[float] = 0.0
    """Seconds that a process loses before the model begins (TensorFlow): work is cut into longer parts for it."""
    refit_every: int | None = None
    """Asked of ``backtest`` before it is called: estimate anew at every k-th fold only; None is the model's own way.

    Only models with a backtest of their own can heed it; the plain loop estimates at every fold.
    """

    @classmethod
    def refits(cls, folds: Sequence[Fold], every: int | None = None) -> list[bool]:
        """At which of the ``folds``, in order of time, a backtest estimates anew: it may be cut there into parts with
        the same result. ``every``: see ``refit_every``."""
        found: list[bool] = []
        last = dt.date.min
        for number, fold in enumerate(folds):
            anew = number % every == 0 if every and cls.refit_days else (fold.origin - last).days >= cls.refit_days
            last = fold.origin if anew else last
            found.append(anew)
        return found

    @abstractmethod
    def fit(self, panel: Panel, calendar: Calendar) -> Self:
        """Learns from all days of ``panel``; its last day is the origin of what ``forecast`` returns."""

    @abstractmethod
    def forecast(self, horizon: int) -> pd.DataFrame:
        """Point forecasts of the next ``horizon`` days, columns POINT_COLUMNS, series in the order of the panel."""

    def backtest(self, panel: Panel, folds: Sequence[Fold], calendars: Calendars) -> pd.DataFrame:
        """Forecasts of every fold, each from what was known at its origin: POINT_COLUMNS plus ``cutoff``.

        This plain loop refits at every origin; a subclass may replace it by a faster path with the same result.
        """
        frames = [
            type(self)().fit(panel.until(fold.origin), calendars(fold.origin)).forecast(fold.horizon)
            .assign(cutoff=pd.Timestamp(fold.origin))
            for fold in folds
        ]  # fmt: skip
        return pd.concat(frames, ignore_index=True)

    def notes(self) -> dict[str, str]:
        """After ``fit``: what became of series that could not be treated as the others, by the id of the series."""
        return {}

    def drivers(self) -> pd.DataFrame | None:
        """After ``fit``: what the forecasts of the next days are made of; None for a model that cannot tell."""
        return None

    @classmethod
    def settings(cls) -> dict[str, Any]:
        """What was fixed before any fit, seeds included, as plain JSON values; for the record of a version."""
        return {}

    @abstractmethod
    def to_dir(self, path: Path) -> None:
        """Writes the fitted parameters as JSON or npz (never pickle) into the empty folder ``path``."""

    @classmethod
    @abstractmethod
    def from_dir(cls, path: Path) -> Self:
        """Rebuilds a fitted model from ``to_dir``'s files; its forecasts are bit-equal to the original's."""


class Combination(ABC):
    """A model that combines the forecasts of others and never looks at the values themselves."""

    name: ClassVar[str]

    @classmethod
    @abstractmethod
    def members_for(cls, n_series: int) -> tuple[str, ...]:
        """Names of the models it combines, for a panel of so many series."""

    @classmethod
    @abstractmethod
    def combine(cls, points: pd.DataFrame) -> pd.DataFrame:
        """Backtest forecasts from those of the members (POINT_COLUMNS plus model, cutoff and y).

        The weights of a fold come from folds whose last day is not after its cutoff. Returns POINT_COLUMNS, cutoff.
        """

    @classmethod
    @abstractmethod
    def combine_ahead(cls, points: pd.DataFrame, backtest: pd.DataFrame) -> pd.DataFrame:
        """Forecasts after the end of the data from the members' (POINT_COLUMNS plus model), weights from all folds of
        ``backtest`` (as in ``combine``; may be empty). Returns POINT_COLUMNS."""
