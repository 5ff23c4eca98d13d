"""Which model answers for which series."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
import pandas as pd

from core.evaluation.leaderboard import best_models
from core.series.panel import Series


def served_models(backtest: pd.DataFrame, summing: Collection[str]) -> Mapping[Series, str]:
    """The model of every series of a backtest (BACKTEST_COLUMNS), by its errors there.

    A measure in ``summing`` (its segments sum to its total) has one model for all its series, as forecasts of two
    models would not add up: the one with the lowest sum over these of mean |y − mean| / scale, the MASE over all days,
    so that the total and every segment count alike; the first in the backtest's order where none is defined. Other
    series have each the model with the lowest WAPE.
    """
    best = dict(best_models(backtest))
    scale = backtest["scale"].where(backtest["scale"] > 0)
    keys = [backtest[name].astype(str) for name in ("measure", "model", "segment")]
    errors = ((backtest["y"] - backtest["mean"]).abs() / scale).groupby(keys, sort=False).mean()
    sums = errors.groupby(level=["measure", "model"], sort=False).sum(min_count=1).fillna(np.inf)
    for measure, one in sums.groupby(level="measure", sort=False):
        if measure in summing:
            model = str(one.index.get_level_values("model")[int(one.to_numpy().argmin())])
            best |= {series: model for series in best if series.measure == measure}
    return best
