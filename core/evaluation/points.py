"""Point forecasts of a backtest as arrays, and as the frame that is made of them with actuals and scales."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.evaluation.metrics import naive_scale, naive_scale_squared
from core.models.base import Fold
from core.series.days import Flags
from core.series.panel import Panel, Values
from core.series.panel_calendar import Calendar, open_rows


@dataclass(frozen=True)
class Points:
    """Forecasts of one model: shape (number of series, days of all folds one after the other).

    ``seconds``: computing time of the processor, of all tasks together.
    """

    mean: Values
    is_open: Flags
    seconds: float


def grid(name: str, frame: pd.DataFrame, panel: Panel, folds: Sequence[Fold]) -> tuple[Values, Flags]:
    """(mean, open) of a model's frame, each of shape (number of series, days of all folds one after the other).

    ``frame``: measure, segment, cutoff, date, mean, open in any order. Raises ValueError unless there is exactly one
    finite number for every series, fold and day.
    """
    cutoffs = pd.Index([pd.Timestamp(fold.origin) for fold in folds])
    fold = np.asarray(cutoffs.get_indexer(pd.Index(frame["cutoff"])))
    series = pd.MultiIndex.from_arrays([frame["measure"].astype(str), frame["segment"].astype(str)])
    row = np.asarray(pd.MultiIndex.from_tuples(panel.series).get_indexer(series))
    ahead = frame["date"].to_numpy("datetime64[D]") - frame["cutoff"].to_numpy("datetime64[D]")
    day = ahead.astype(np.int64) - 1
    horizons = np.array([one.horizon for one in folds])
    days, count = int(horizons.sum()), len(panel.series) * int(horizons.sum())
    wrong = (row < 0) | (fold < 0) | (day < 0) | (day >= horizons[fold])
    cell = row * days + (np.cumsum(horizons) - horizons)[fold] + day
    if wrong.any() or len(cell) != count or len(np.unique(cell)) != count:
        raise ValueError(f"the backtest of {name} does not have one row for each series, fold and day asked for")
    mean, is_open = np.empty(count), np.empty(count, dtype=bool)
    mean[cell], is_open[cell] = frame["mean"].to_numpy(np.float64), frame["open"].to_numpy(bool)
    if not np.isfinite(mean).all():
        at = panel.series[int(np.flatnonzero(~np.isfinite(mean))[0]) // days]
        raise ValueError(f"the backtest of {name} gives no finite number for {at}")
    return mean.reshape(-1, days), is_open.reshape(-1, days)


class Table:
    """Everything about the rows of a backtest that does not depend on the model; ``rows``: how many one model has."""

    def __init__(self, panel: Panel, folds: Sequence[Fold], calendars: Mapping[dt.date, Calendar]) -> None:
        self.panel, self.folds, self.calendars = panel, tuple(folds), calendars
        horizons = [fold.horizon for fold in folds]
        self._fold = np.repeat(np.arange(len(folds)), horizons)
        self._ahead = np.concatenate([np.arange(1, horizon + 1) for horizon in horizons])
        origins = np.array([np.datetime64(fold.origin, "D") for fold in folds])
        self._dates = origins[self._fold] + self._ahead
        count = len(panel.series)
        self.rows = count * len(self._ahead)
        self.keys = pd.DataFrame(
            {
                "measure": np.repeat([one.measure for one in panel.series], len(self._ahead)),
                "segment": np.repeat([one.segment for one in panel.series], len(self._ahead)),
                "cutoff": np.tile(origins[self._fold].astype("datetime64[ns]"), count),
                "date": np.tile(self._dates.astype("datetime64[ns]"), count),
                "horizon": np.tile(self._ahead, count),
                "y": self._actuals().ravel(),
            }
        )

    def frame(self, model: str, points: Points) -> pd.DataFrame:
        """model, measure, segment, cutoff, date, horizon, y, mean, open; by series, cutoff and date if folds are."""
        columns = {"mean": points.mean.ravel(), "open": points.is_open.ravel()}
        frame = self.keys.assign(**columns)
        frame.insert(0, "model", model)
        return frame

    def scales(self) -> dict[str, Values]:
        """``scale`` and ``scale2`` of every row of one model, from what was known and expected open at the cutoff."""
        table = np.empty((2, len(self.panel.series), len(self.folds)))
        for column, fold in enumerate(self.folds):
            known = self.panel.until(fold.origin)
            is_open = open_rows(self.calendars[fold.origin], len(self.panel.series), known.days)
            for row, one in enumerate(zip(known.values, is_open, strict=True)):
                table[:, row, column] = naive_scale(*one), naive_scale_squared(*one)
        first, second = table[:, :, self._fold].reshape(2, -1)
        return {"scale": first, "scale2": second}

    def _actuals(self) -> Values:
        column = (self._dates - np.datetime64(self.panel.first_day, "D")).astype(np.int64)
        inside = (column >= 0) & (column < self.panel.n_days)
        return np.where(inside, self.panel.values[:, np.where(inside, column, 0)], np.nan)
