"""Backtests made up row by row, for tests that need no model; and only the frame of a real one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from core.evaluation.backtest import backtest
from core.models.base import LEVELS

FIRST = pd.Timestamp("2023-01-01")


def run_backtest(*arguments: Any, **more: Any) -> pd.DataFrame:
    return backtest(*arguments, **more).frame


def made(
    errors: dict[str, float],
    folds: int = 8,
    step: int = 28,
    horizon: int = 28,
    seed: int = 0,
    segment: str = "total",
    measure: str = "units",
) -> pd.DataFrame:
    """A backtest of models with these standard deviations of the log error; closed on Sundays, all else by chance."""
    rng = np.random.default_rng(seed)
    days = (folds - 1) * step + horizon
    truth = rng.gamma(4, 25, days + 1).round()
    frames = []
    for model, spread in errors.items():
        for fold in range(folds):
            ahead = np.arange(1, horizon + 1)
            dates = FIRST + pd.to_timedelta(fold * step + ahead, unit="D")
            is_open = np.asarray(dates.day_of_week) != 6
            y = np.where(is_open, truth[fold * step + ahead], 0.0)
            mean = np.where(is_open, y * np.exp(rng.normal(0, spread, horizon)), 0.0)
            frames.append(
                pd.DataFrame(
                    {
                        "model": model,
                        "measure": measure,
                        "segment": segment,
                        "cutoff": FIRST + pd.Timedelta(days=fold * step),
                        "date": dates,
                        "horizon": ahead,
                        "y": y,
                        "mean": mean,
                        **{f"lo{level}": mean * (1 - level / 300) for level in LEVELS},
                        **{f"hi{level}": mean * (1 + level / 250) for level in LEVELS},
                        "open": is_open,
                        "scale": 20.0 + fold,
                    }
                )
            )
    return pd.concat(frames, ignore_index=True)


def awkward(seed: int = 0) -> pd.DataFrame:
    """Two series of three models: missing actuals, trade on closed days, zeros on open ones, scales of 0 and NaN."""
    parts = [
        made({"seasonal_naive": 0.4, "sarima": 0.2, "lstm": 0.3}, folds=4, seed=seed + number, segment=segment)
        for number, segment in enumerate(("total", "country:France"))
    ]
    frame = pd.concat(parts, ignore_index=True)
    day = frame["date"].rank(method="dense").astype(int).to_numpy()  # the same for every model
    frame.loc[day % 11 == 0, "y"] = np.nan
    frame.loc[(day % 13 == 0) & ~frame["open"], "y"] = 7.0
    frame.loc[day % 17 == 0, "y"] = 0.0
    frame.loc[day % 19 == 0, "scale"] = 0.0
    frame.loc[day % 23 == 0, "scale"] = np.nan
    return frame.sample(frac=1, random_state=seed).sort_values("model", ascending=False, kind="stable")
