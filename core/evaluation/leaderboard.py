"""Models side by side: the scores of a backtest, and which model was best for which series."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from core.evaluation import metrics
from core.models.base import LEVELS
from core.series.panel import Series

SCORES = ("rmse", "mae", "mape", "wape", "mase", "bias", *(f"cover{level}" for level in LEVELS), "n", "n_open")


def leaderboard(backtest: pd.DataFrame) -> pd.DataFrame:
    """One row a model with columns model and SCORES, lowest WAPE first. ``backtest``: rows of one series.

    rmse, mae, wape and bias are over all days with an actual (n); mape, mase and coverage over those expected open
    (n_open), mape only where the actual is positive. Units and formulas: core.evaluation.metrics.
    """
    rows = [{"model": model, **score(rows)} for model, rows in backtest.groupby("model", sort=False)]
    board = pd.DataFrame(rows, columns=["model", *SCORES])
    return board.sort_values("wape", kind="stable", na_position="last", ignore_index=True)


def score(rows: pd.DataFrame) -> dict[str, float]:
    """SCORES of the forecasts of one model."""
    y, f, is_open = rows["y"].to_numpy(np.float64), rows["mean"].to_numpy(np.float64), rows["open"].to_numpy(bool)
    scores: dict[str, float] = {
        "rmse": metrics.rmse(y, f),
        "mae": metrics.mae(y, f),
        "mape": metrics.mape(y, f, is_open),
        "wape": metrics.wape(y, f),
        "mase": metrics.mase(y[is_open], f[is_open], rows["scale"].to_numpy(np.float64)[is_open]),
        "bias": metrics.bias(y, f),
    }
    for level in LEVELS:
        low, high = rows[f"lo{level}"].to_numpy(np.float64), rows[f"hi{level}"].to_numpy(np.float64)
        scores[f"cover{level}"] = metrics.coverage(y[is_open], low[is_open], high[is_open])
    scores["n"] = int((~np.isnan(y)).sum())
    scores["n_open"] = int((~np.isnan(y[is_open])).sum())
    return scores


def best_models(backtest: pd.DataFrame) -> Mapping[Series, str]:
    """For every series the model with the lowest WAPE; the first in the backtest's order where none is defined."""
    error = (backtest["y"] - backtest["mean"]).abs()
    volume = backtest["y"].abs().where(backtest["y"].notna())
    keys = [backtest["measure"], backtest["segment"], backtest["model"]]
    sums = pd.DataFrame({"error": error, "volume": volume}).groupby(keys, sort=False).sum().reset_index()
    sums["wape"] = (sums["error"] / sums["volume"].where(sums["volume"] > 0)).fillna(np.inf)
    first = sums.sort_values("wape", kind="stable").drop_duplicates(["measure", "segment"]).sort_index()
    return {
        Series(measure, segment): model
        for measure, segment, model in zip(first["measure"], first["segment"], first["model"], strict=True)
    }
