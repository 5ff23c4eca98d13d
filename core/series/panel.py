"""The panel: one value a calendar day for every series (measure × segment)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

MEASURES = ("transactions", "orders", "units", "revenue", "customers")
ADDITIVE_MEASURES = ("transactions", "units", "revenue")
"""Measures whose segments sum to the total (an invoice or a customer may stand in two countries)."""

TOTAL = "total"

Days = npt.NDArray[np.datetime64]
Values = npt.NDArray[np.float64]


class Series(NamedTuple):
    """What is forecast: a measure of a segment. ``str(series)`` is its id, ``revenue/country:France``."""

    measure: str
    segment: str = TOTAL

    def __str__(self) -> str:
        return f"{self.measure}/{self.segment}"

    @classmethod
    def parse(cls, text: str) -> Series:
        measure, _, segment = text.partition("/")
        return cls(measure, segment or TOTAL)


@dataclass(frozen=True)
class Panel:
    """Daily values of several series on one calendar index.

    values: float64 of shape (number of series, number of days), NaN where a value is missing; index along the
    second axis is ``first_day + i`` days, without gaps. Dates are business-local calendar days without time zone.
    known: regressors known in advance, name → array of shape (number of series, number of days + days ahead).
    """

    series: tuple[Series, ...]
    first_day: dt.date
    values: Values
    known: Mapping[str, Values] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.values.ndim != 2 or self.values.shape[0] != len(self.series):
            raise ValueError(f"values of shape {self.values.shape} do not fit {len(self.series)} series")

    @property
    def n_days(self) -> int:
        return int(self.values.shape[1])

    @property
    def last_day(self) -> dt.date:
        return self.first_day + dt.timedelta(days=self.n_days - 1)

    @property
    def days(self) -> Days:
        """datetime64[D] of shape (number of days,)."""
        days: Days = np.datetime64(self.first_day, "D") + np.arange(self.n_days)
        return days

    def __getitem__(self, series: Series) -> Values:
        """The values of one series, shape (number of days,). Raises KeyError if there is no such series."""
        try:
            values: Values = self.values[self.series.index(series)]
        except ValueError:
            raise KeyError(str(series)) from None
        return values

    def until(self, origin: dt.date) -> Panel:
        """What is known at the end of ``origin``: days after it are cut off (known regressors stay)."""
        n_days = min(max((origin - self.first_day).days + 1, 0), self.n_days)
        return Panel(self.series, self.first_day, self.values[:, :n_days], self.known)

    def select(self, series: Sequence[Series]) -> Panel:
        """The same days for fewer series, in the order given."""
        rows = [self.series.index(one) for one in series]
        known = {name: values[rows] for name, values in self.known.items()}
        return Panel(tuple(series), self.first_day, self.values[rows], known)

    def to_frame(self) -> pd.DataFrame:
        """Long form with columns measure, segment, date, value."""
        count = len(self.series)
        return pd.DataFrame(
            {
                "measure": np.repeat([one.measure for one in self.series], self.n_days),
                "segment": np.repeat([one.segment for one in self.series], self.n_days),
                "date": np.tile(self.days, count),
                "value": self.values.ravel(),
            }
        )
