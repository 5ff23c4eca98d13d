"""Two backtests on the days that both have: against sums made by hand."""

import pandas as pd
import pytest

from core.evaluation.shared_days import shared_errors
from tests.core.evaluation.frames import made


def test_only_shared_days_count() -> None:
    one = made({"sarima": 0.2, "ets": 0.4}, folds=8)
    other = made({"sarima": 0.5, "lstm": 0.4}, folds=5, horizon=14, seed=0)
    other = other[other["cutoff"] > other["cutoff"].min()]
    found = shared_errors(one, other)
    assert found["model"].tolist() == ["sarima"]
    row = found.iloc[0]
    assert (row["days"], row["folds"]) == (4 * 14, 4)
    mine = one[(one["model"] == "sarima") & one["cutoff"].isin(other["cutoff"]) & (one["horizon"] <= 14)]
    assert row["wape"] == pytest.approx((mine["y"] - mine["mean"]).abs().sum() / mine["y"].sum())
    days = mine.merge(other, on=["model", "date", "cutoff"], suffixes=("", "_b"))
    assert row["wape_other"] == pytest.approx((days["y"] - days["mean_b"]).abs().sum() / days["y"].sum())


def test_the_same_is_the_same_and_strangers_share_nothing() -> None:
    one = made({"sarima": 0.2, "ets": 0.4}, folds=3)
    same = shared_errors(one, one)
    assert same["model"].tolist() == ["sarima", "ets"]
    assert same["wape"].equals(same["wape_other"])
    later = one.assign(cutoff=one["cutoff"] + pd.Timedelta(days=1))
    assert shared_errors(one, later).empty
