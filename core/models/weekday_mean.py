"""Weekday mean: every day is the mean of the last 13 open days of the same weekday."""

from __future__ import annotations

from typing import ClassVar, Self

import numpy as np

from core.models.observed import observed, weekday_means
from core.models.seasonal_naive import SeasonalNaive
from core.series.days import Ints, weekday
from core.series.panel import Panel, Values
from core.series.panel_calendar import Calendar, open_rows

MEAN_OF_LAST = 13
"""Same weekdays in the mean: a quarter of a year. SARIMA's fallback takes as many."""


class WeekdayMean(SeasonalNaive):
    """The mean of the last 13 observed open days of the same weekday, for every horizon.

    A seasonal naive whose week is averaged: single days count less, the level lags by six weeks. A weekday never seen
    open gets the mean of the last 28 open days, a series without any trade 0. Fewer than 13 same weekdays are averaged
    as they are. Values below 0 count as 0. It cannot use regressors that are known in advance, nor can seasonal naive.
    """

    name: ClassVar[str] = "weekday_mean"

    def fit(self, panel: Panel, calendar: Calendar) -> Self:
        known, _ = observed(np.maximum(panel.values, 0.0), open_rows(calendar, len(panel.series), panel.days))
        self.series, self.calendar, self.origin = panel.series, calendar, panel.last_day
        self.last = weeks_of_means(known, weekday(panel.days))
        return self


def weeks_of_means(known: Values, weekdays: Ints) -> Values:
    """Mean of each weekday's 13 latest observed values, Monday first: shape (number of series, 7).

    known: from ``observed``, nothing below 0, shape (number of series, number of days); weekdays: (number of days,).
    """
    # Row by row: numpy adds up the rows of a larger array in another order, which moves the last bit.
    rows = [weekday_means(row[None, :], weekdays, MEAN_OF_LAST) for row in known]
    means = np.concatenate([np.empty((0, 7)), *rows])
    lowest, highest = value_range(known)
    # Rounding may take a mean out of the range of its values: a constant must stay itself.
    return np.asarray(np.clip(means, lowest[:, None], highest[:, None]))


def value_range(known: Values) -> tuple[Values, Values]:
    """Smallest and largest observed value of every series, each of shape (number of series,); 0 without any."""
    highest = np.fmax.reduce(known, axis=1, initial=0.0)
    return np.minimum(np.fmin.reduce(known, axis=1, initial=np.inf), highest), highest
