"""The one table that a backtest prints: models side by side, with what they cost."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from core.evaluation.breakdown import by
from core.evaluation.leaderboard import BASELINE, leaderboard
from core.evaluation.significance import error_table, fold_losses, ties

ONE_SERIES = (
    "model", "wape", "mase", "rmse", "mae", "mape", "bias", "crps", "cover80", "cover95", "relative", "tied", "seconds",
)  # fmt: skip
RELATIVE = ("wape", "mase", "mape", "bias", "cover80", "cover95")
"""Scores without a unit, of which a mean over series means something."""
MARK = "="


def board_text(backtest: pd.DataFrame, seconds: Mapping[str, float]) -> str:
    """A backtest (BACKTEST_COLUMNS) as one table, the best model first, with a line that explains it.

    One series: its leaderboard. Several measures of one segment: the WAPE of each beside each other. Otherwise the
    means over the series of what has no unit. ``seconds``: computing time by model.
    """
    series = backtest[["measure", "segment"]].drop_duplicates()
    if len(series) == 1:
        board = leaderboard(backtest, seconds)[[*ONE_SERIES]]
        what = "Fractions, but RMSE and MAE in the unit of the measure."
    elif series["measure"].is_unique:
        board = _by_measure(backtest, seconds)
        what = "WAPE of every measure (a fraction), and the mean of these."
    else:
        board = _over_series(backtest, seconds)
        what = f"Means over {len(series):,} series; fractions."
    board["tied"] = np.where(board["tied"].astype(bool), MARK, "")
    text = board.to_string(index=False, na_rep="–", float_format=lambda value: f"{value:,.3f}")
    return (
        f"{text}\n{what} relative: WAPE / that of {BASELINE}. tied {MARK}: not told apart from the best.\n"
        "seconds: computing time, a combination's with its members'."
    )


def _by_measure(backtest: pd.DataFrame, seconds: Mapping[str, float]) -> pd.DataFrame:
    scores = by(backtest, "measure")
    table = scores.pivot_table(index="model", columns="measure", values="wape", sort=False, dropna=False)
    table = table[[one for one in backtest["measure"].unique() if one in table]]
    return _finished(table.assign(mean=table.mean(axis=1)), "mean", table, backtest, seconds)


def _over_series(backtest: pd.DataFrame, seconds: Mapping[str, float]) -> pd.DataFrame:
    names = backtest["measure"].astype(str) + "/" + backtest["segment"].astype(str)
    scores = by(backtest.assign(segment=names), "segment")
    wape = scores.pivot_table(index="model", columns="segment", values="wape", sort=False, dropna=False)
    return _finished(scores.groupby("model", sort=False)[list(RELATIVE)].mean(), "wape", wape, backtest, seconds)


def _finished(
    board: pd.DataFrame, order: str, wape: pd.DataFrame, backtest: pd.DataFrame, seconds: Mapping[str, float]
) -> pd.DataFrame:
    """With relative, tied and seconds; ``wape``: a row a model, a column a series."""
    table = wape.to_numpy(np.float64)
    naive = table[wape.index == BASELINE].sum(axis=0) if BASELINE in wape.index else np.zeros(table.shape[1])
    relative = pd.DataFrame(table / np.where(naive > 0, naive, np.nan), index=wape.index).mean(axis=1)
    board = board.assign(relative=relative, tied=board.index.isin(_tied(backtest)))
    board["seconds"] = board.index.map(dict(seconds)).astype(np.float64)
    return board.sort_values(order, kind="stable").rename_axis("model").reset_index()


def _tied(backtest: pd.DataFrame) -> tuple[str, ...]:
    """Models not told apart from the best, by errors in units of each series' scale, so that none drowns the others."""
    scale = backtest["scale"].where(backtest["scale"] > 0)
    scaled = backtest.assign(y=backtest["y"] / scale, mean=backtest["mean"] / scale)
    return ties(fold_losses(error_table(scaled))).tied
