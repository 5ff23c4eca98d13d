"""Models side by side: the scores of a backtest, and who is tied with the best."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from core.evaluation import metrics
from core.evaluation.significance import error_table, fold_losses, ties
from core.models.base import INTERVAL_COLUMNS, LEVELS

BASELINE = "seasonal_naive"
POINTS = ("rmse", "mae", "mape", "smape", "wape", "mase", "rmsse", "bias")
INTERVALS = ("crps", *(f"cover{level}" for level in LEVELS), *(f"winkler{level}" for level in LEVELS))
SCORES = (*POINTS, *INTERVALS, "n", "n_open", "relative", "tied", "p_best")


def leaderboard(backtest: pd.DataFrame, seconds: Mapping[str, float] | None = None) -> pd.DataFrame:
    """One row a model with columns model and SCORES, lowest WAPE first. ``backtest``: rows of one series.

    rmse, mae, wape, bias and crps are over all days with an actual (n); mape, smape, mase, rmsse, coverage and winkler
    over those expected open (n_open), mape only where the actual is positive. Units and formulas:
    core.evaluation.metrics. ``crps`` is the weighted quantile loss, a fraction to be read beside the WAPE. ``rmsse``
    needs a column ``scale2`` in the backtest and is NaN without it.

    Each model against the others, on shared rows: ``relative`` is its WAPE divided by the seasonal naive's (below 1:
    better; NaN without it). ``tied``: not told apart from the best by the Model Confidence Set at 10 %, the best itself
    included; ``p_best`` is the p-value of that, NaN where there are too few folds to tell, and then all are tied:
    core.evaluation.significance. With ``seconds`` (compute time by model) there is a column of that name.
    """
    rows = [{"model": model, **score(rows)} for model, rows in backtest.groupby("model", sort=False)]
    board = pd.DataFrame(rows, columns=["model", *POINTS, *INTERVALS, "n", "n_open"])
    models, errors = board["model"].astype(str), error_table(backtest)
    found = ties(fold_losses(errors))
    board["relative"] = models.map(_relative(errors)).astype(np.float64)
    board["tied"] = models.isin(found.tied)
    board["p_best"] = models.map(found.p_values).astype(np.float64)
    if seconds is not None:
        board["seconds"] = models.map(dict(seconds)).astype(np.float64)
    return board.sort_values("wape", kind="stable", na_position="last", ignore_index=True)


def _relative(errors: pd.DataFrame) -> dict[str, float]:
    """Σ |error| over the baseline's in the rows of both: a ratio of WAPEs, as the volume is the same and cancels."""
    if BASELINE not in errors:
        return {}
    table, base = errors.to_numpy(np.float64), errors[[BASELINE]].to_numpy(np.float64)
    both = ~np.isnan(table) & ~np.isnan(base)
    own, naive = np.where(both, table, 0.0).sum(axis=0), np.where(both, base, 0.0).sum(axis=0)
    ratio = np.divide(own, naive, out=np.full(len(own), np.nan), where=naive > 0)
    return dict(zip(errors.columns, ratio.tolist(), strict=True))


def score(rows: pd.DataFrame) -> dict[str, float]:
    """POINTS, INTERVALS, n and n_open of the forecasts of one model."""
    y, f, is_open = rows["y"].to_numpy(np.float64), rows["mean"].to_numpy(np.float64), rows["open"].to_numpy(bool)
    bounds = {name: rows[name].to_numpy(np.float64) for name in INTERVAL_COLUMNS}
    open_y, open_f = y[is_open], f[is_open]
    scale2 = rows["scale2"].to_numpy(np.float64)[is_open] if "scale2" in rows else np.nan
    quantiles = {0.5: f}
    for level in LEVELS:
        quantiles |= {(100 - level) / 200: bounds[f"lo{level}"], (100 + level) / 200: bounds[f"hi{level}"]}
    scores: dict[str, float] = {
        "rmse": metrics.rmse(y, f),
        "mae": metrics.mae(y, f),
        "mape": metrics.mape(y, f, is_open),
        "smape": metrics.smape(open_y, open_f),
        "wape": metrics.wape(y, f),
        "mase": metrics.mase(open_y, open_f, rows["scale"].to_numpy(np.float64)[is_open]),
        "rmsse": metrics.rmsse(open_y, open_f, scale2),
        "bias": metrics.bias(y, f),
        "crps": metrics.weighted_quantile_loss(y, quantiles),
    }
    for level in LEVELS:
        low, high = bounds[f"lo{level}"][is_open], bounds[f"hi{level}"][is_open]
        scores[f"cover{level}"] = metrics.coverage(open_y, low, high)
        scores[f"winkler{level}"] = metrics.winkler(open_y, low, high, level)
    scores["n"] = int((~np.isnan(y)).sum())
    scores["n_open"] = int((~np.isnan(open_y)).sum())
    return scores
