"""Where forecasts are right and where not: the scores of a backtest by fold, horizon, weekday, month, series."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, get_args

import numpy as np
import pandas as pd

from core.models.base import LEVELS

Dimension = Literal["model", "fold", "horizon", "week", "weekday", "month", "segment", "measure"]
DIMENSIONS: tuple[Dimension, ...] = get_args(Dimension)

KEYS: dict[str, Callable[[pd.DataFrame], pd.Series]] = {
    "fold": lambda rows: rows["cutoff"],
    "horizon": lambda rows: rows["horizon"],
    "week": lambda rows: (rows["horizon"] - 1) // 7 + 1,
    "weekday": lambda rows: rows["date"].dt.day_of_week,
    "month": lambda rows: rows["date"].dt.to_period("M").dt.to_timestamp(),
    "segment": lambda rows: rows["segment"].astype(str),
    "measure": lambda rows: rows["measure"].astype(str),
}
SCORES = ("wape", "mae", "rmse", "bias", "mape", "mase", *(f"cover{level}" for level in LEVELS))


def by(backtest: pd.DataFrame, dimension: Dimension) -> pd.DataFrame:
    """Scores of every model for every value of a dimension: columns model, ``dimension``, n, n_open, SCORES.

    * "model": the model as a whole (no second column)
    * "fold": the cutoff; "horizon": days ahead from 1; "week": weeks ahead from 1
    * "weekday": 0 Monday to 6 Sunday; "month": first day of the calendar month; both of the day that is forecast
    * "segment", "measure"

    Formulas and units are those of core.evaluation.metrics, over the same days as in the leaderboard: n days with an
    actual for wape, mae, rmse and bias; the n_open expected open among them for mape, mase and coverage. NaN where not
    defined, never 0. Sums over several series of different units mean little: choose the series first, or break down by
    measure. Models in the order of the backtest, then by the dimension. Raises ValueError for an unknown dimension.
    """
    if dimension not in DIMENSIONS:
        raise ValueError(f"there is no dimension '{dimension}'; there are {', '.join(DIMENSIONS)}")
    keys = ["model"] if dimension == "model" else ["model", dimension]
    if backtest.empty:
        return pd.DataFrame(columns=[*keys, "n", "n_open", *SCORES])
    names = backtest["model"].astype(str)
    parts = _parts(backtest)
    parts["model"] = pd.Categorical(names, categories=names.unique(), ordered=True)
    if dimension != "model":
        parts[dimension] = KEYS[dimension](backtest).to_numpy()
    sums = parts.groupby(keys, observed=True, sort=True).sum().reset_index()
    table = sums[keys].assign(model=sums["model"].astype(str), n=sums["n"], n_open=sums["n_open"])
    for score in SCORES:
        whole = sums[WHOLE.get(score, "n_open")]
        table[score] = sums[score] / whole.where(whole != 0)
    return table.assign(rmse=np.sqrt(table["rmse"]))


WHOLE = {"wape": "volume", "bias": "volume", "mae": "n", "rmse": "n", "mape": "n_positive", "mase": "n_scaled"}
"""What the sum of a score is divided by; the open days where nothing else is said."""


def _parts(rows: pd.DataFrame) -> pd.DataFrame:
    """What each day adds to the sums above and below the fraction bars."""
    y, f = rows["y"].to_numpy(np.float64), rows["mean"].to_numpy(np.float64)
    scale = rows["scale"].to_numpy(np.float64)
    there = ~np.isnan(y)
    is_open = rows["open"].to_numpy(bool) & there
    error = np.where(there, f - y, 0.0)
    positive, scaled = is_open & (y > 0), is_open & (scale > 0)
    parts = {
        "n": there.astype(np.int64),
        "n_open": is_open.astype(np.int64),
        "n_positive": positive.astype(np.int64),
        "n_scaled": scaled.astype(np.int64),
        "volume": np.where(there, np.abs(y), 0.0),
        "wape": np.abs(error),
        "mae": np.abs(error),
        "rmse": error**2,
        "bias": error,
        "mape": np.divide(np.abs(error), y, out=np.zeros(len(y)), where=positive),
        "mase": np.divide(np.abs(error), scale, out=np.zeros(len(y)), where=scaled),
    }
    for level in LEVELS:
        low, high = rows[f"lo{level}"].to_numpy(np.float64), rows[f"hi{level}"].to_numpy(np.float64)
        parts[f"cover{level}"] = (is_open & (y >= low) & (y <= high)).astype(np.float64)
    return pd.DataFrame(parts)
