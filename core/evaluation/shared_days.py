"""Two backtests of one series on the days that both have forecast from the same origin."""

from __future__ import annotations

import pandas as pd


def shared_errors(one: pd.DataFrame, other: pd.DataFrame) -> pd.DataFrame:
    """By model that both have, in the order of ``one``: model, days, folds, wape, wape_other on the days shared.

    ``one``, ``other``: rows of one series. WAPE is NaN where there was no volume; models without shared days are left
    out.
    """
    keys = ["model", "cutoff", "date"]
    left = one[[*keys, "y", "mean"]].astype({"model": str})
    right = other[[*keys, "mean"]].astype({"model": str})
    days = left.merge(right, on=keys, suffixes=("", "_other")).dropna(subset=["y", "mean", "mean_other"])
    days = days.assign(
        error=(days["y"] - days["mean"]).abs(),
        error_other=(days["y"] - days["mean_other"]).abs(),
        volume=days["y"].abs(),
    )
    grouped = days.groupby("model", sort=False)
    sums = grouped[["error", "error_other", "volume"]].sum()
    volume = sums["volume"].where(sums["volume"] > 0)
    return pd.DataFrame(
        {
            "days": grouped.size(),
            "folds": grouped["cutoff"].nunique(),
            "wape": sums["error"] / volume,
            "wape_other": sums["error_other"] / volume,
        }
    ).reset_index(names="model")
