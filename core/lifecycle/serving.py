"""What ``/predict`` and the Forecast page read: stored forecasts of a version. No model runs here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import InputError
from core.lifecycle.version import Version
from core.series.panel import Series

if TYPE_CHECKING:
    import pandas as pd

LEVELS = (80, 95)

UNITS = {
    "transactions": "lines",
    "orders": "orders",
    "units": "pieces",
    "revenue": "currency of the data",
    "customers": "customers",
}
"""The unit of each measure, a day."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """One day of a forecast: value and intervals {level: (low, high)} in the unit of the measure, 0 on closed days."""

    date: dt.date
    horizon: int
    value: float
    open: bool
    reason: str
    intervals: Mapping[int, tuple[float, float]]


def forecast_table(version: Version, series: Series, model: str | None = None) -> pd.DataFrame:
    """The stored forecast of a series: date, horizon, mean, lo80, hi80, lo95, hi95, open, reason, by horizon from 1.

    ``model`` None means the best of the series' backtest. Kept in memory and shared: do not change it.
    Raises InputError for a series or model that the version does not have.
    """
    name = model_name(version, series, model)
    return version.keep((forecast_table, name, series), lambda: _table(version, series, name))


def predictions(version: Version, series: Series, model: str | None = None) -> tuple[Prediction, ...]:
    """The same as plain objects, index 0 is horizon 1; kept in memory, so a request costs a slice."""
    name = model_name(version, series, model)
    return version.keep((predictions, name, series), lambda: _predictions(forecast_table(version, series, name)))


def model_name(version: Version, series: Series, model: str | None = None) -> str:
    """The model that answers. Raises InputError for a series or model that the version does not have."""
    best = version.best(series)
    if model is None:
        return best
    if model not in version.models:
        raise InputError(f"there is no model {model}", hint=f"Known are {', '.join(version.models)}.")
    return model


def _table(version: Version, series: Series, model: str) -> pd.DataFrame:
    frame = version.forecasts()
    rows = version.keep(
        "rows of forecasts", lambda: frame.groupby(["model", "measure", "segment"], observed=True).indices
    )
    part = frame.iloc[rows[(model, series.measure, series.segment)]]
    return part.drop(columns=["model", "measure", "segment"]).reset_index(drop=True)


def _predictions(table: pd.DataFrame) -> tuple[Prediction, ...]:
    bounds = {level: zip(table[f"lo{level}"].tolist(), table[f"hi{level}"].tolist(), strict=True) for level in LEVELS}
    return tuple(
        Prediction(date, horizon, value, is_open, reason, dict(zip(LEVELS, pairs, strict=True)))
        for date, horizon, value, is_open, reason, pairs in zip(
            table["date"].dt.date.tolist(),
            table["horizon"].tolist(),
            table["mean"].tolist(),
            table["open"].tolist(),
            table["reason"].astype(object).tolist(),
            zip(*bounds.values(), strict=True),
            strict=True,
        )
    )
