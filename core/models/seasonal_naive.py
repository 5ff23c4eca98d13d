"""Seasonal naive: every day repeats the last open day of the same weekday."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import ClassVar, Self

import numpy as np
import pandas as pd

from core.models import frames
from core.models.base import Forecaster
from core.models.observed import observed, weekday_means
from core.series.days import weekday
from core.series.panel import Panel, Series, Values
from core.series.panel_calendar import Calendar


class SeasonalNaive(Forecaster):
    """The last observed open day of the same weekday, for every horizon; the benchmark that others must beat.

    A weekday never seen open gets the mean of the last 28 open days, a series without any trade 0.
    """

    name: ClassVar[str] = "seasonal_naive"
    min_history: ClassVar[int] = 1
    per_series: ClassVar[bool] = True
    seconds_each: ClassVar[float] = 0.0002

    series: tuple[Series, ...]
    calendar: Calendar
    origin: dt.date
    last: Values  # shape (number of series, 7), Monday first

    def fit(self, panel: Panel, calendar: Calendar) -> Self:
        known, _ = observed(panel.values, calendar.is_open(panel.days))
        self.series, self.calendar, self.origin = panel.series, calendar, panel.last_day
        self.last = weekday_means(known, weekday(panel.days), last=1)
        return self

    def forecast(self, horizon: int) -> pd.DataFrame:
        days = frames.horizon_days(self.origin, horizon)
        return frames.point_frame(self.series, days, self.last[:, weekday(days)], self.calendar.is_open(days))

    def to_dir(self, path: Path) -> None:
        state = {"origin": self.origin.isoformat(), "last": self.last.tolist()}
        frames.save(path, self.name, self.series, self.calendar, **state)

    @classmethod
    def from_dir(cls, path: Path) -> Self:
        model = cls()
        model.series, model.calendar, state = frames.load(path, cls.name)
        model.origin = dt.date.fromisoformat(state["origin"])
        model.last = np.array(state["last"], dtype=np.float64).reshape(len(model.series), 7)
        return model
