"""Where a model is better: sums against a plain loop, and no more called real than the tests support."""

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.multitest import multipletests

from core.evaluation.breakdown import by
from core.evaluation.many_tests import holm
from core.evaluation.significance import equal_losses, pairwise
from core.evaluation.where_better import split, where_better
from tests.core.evaluation.frames import awkward, made

DIMENSIONS = ("week", "weekday", "month", "segment")


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    parts = [
        made({"sarima": 0.2, "lstm": 0.25, "ets": 0.6}, folds=8, seed=n, segment=segment)
        for n, segment in enumerate(("total", "country:France", "country:Spain"))
    ]
    return pd.concat(parts, ignore_index=True)


@pytest.mark.parametrize("dimension", DIMENSIONS)
def test_gains_are_differences_of_the_breakdown(rows: pd.DataFrame, dimension: str) -> None:
    chosen = rows if dimension == "segment" else rows[rows["segment"] == "total"]
    table = by(chosen, dimension).pivot(index=dimension, columns="model", values="wape").dropna()
    gain = (table["ets"] - table["sarima"]).drop("total", errors="ignore")
    found = where_better(chosen, "sarima", "ets", dimension)
    assert [one.place for one in found] == list(gain.index)
    assert [one.gain for one in found] == pytest.approx(gain.tolist())


def test_a_real_difference_is_found_and_none_where_there_is_none(rows: pd.DataFrame) -> None:
    one = rows[rows["segment"] == "total"]
    large = where_better(one, "sarima", "ets", "weekday")
    assert all(place.real for place in large)
    assert len(large) == 6  # Sundays are closed and have no volume
    months = where_better(one, "sarima", "ets", "month")
    assert not any(place.tested or place.real for place in months)  # one or two folds each


def test_equal_models_are_seldom_told_apart_anywhere() -> None:
    """Chance may call any of four weeks real in 10 % of the runs; three standard errors of 60 runs are 12 %."""
    wrong = 0
    for seed in range(60):
        frame = made({"a": 0.3, "b": 0.3}, folds=8, horizon=28, seed=seed)
        wrong += any(place.real for place in where_better(frame, "a", "b", "week"))
    assert wrong / 60 < 0.22


def test_only_days_that_both_have() -> None:
    frame = awkward()
    total = frame[frame["segment"] == "total"]
    less = total[~((total["model"] == "lstm") & (total["horizon"] > 7))]
    assert [one.place for one in where_better(less, "sarima", "lstm", "week")] == [1]
    assert where_better(total, "sarima", "nobody", "week") == ()
    assert where_better(total, "sarima", "lstm", "segment") == ()


def test_wins_and_losses_by_size(rows: pd.DataFrame) -> None:
    found = where_better(rows[rows["segment"] == "total"], "sarima", "lstm", "month")
    wins, losses = split(found)
    assert [one.gain for one in wins] == sorted((one.gain for one in found if one.gain > 0), reverse=True)
    assert [one.gain for one in losses] == sorted(one.gain for one in found if one.gain < 0)


def test_holm_is_that_of_statsmodels() -> None:
    rng = np.random.default_rng(3)
    for count in (1, 2, 7, 36):
        p_values = rng.uniform(size=count) ** 3
        assert holm(p_values) == pytest.approx(multipletests(p_values, method="holm")[1])
    with_gap = holm([0.01, np.nan, 0.04])
    assert with_gap[[0, 2]] == pytest.approx([0.02, 0.04])
    assert np.isnan(with_gap[1])
    assert holm([]).size == 0


def test_one_test_for_pairs_and_for_places(rows: pd.DataFrame) -> None:
    """Over all days the test of a place is that of the pair."""
    one = rows[(rows["segment"] == "total") & rows["model"].isin(["sarima", "ets"])]
    pair = pairwise(one).iloc[0]
    (place,) = where_better(one.assign(horizon=1 + (one["horizon"] - 1) % 7), "sarima", "ets", "week")
    assert place.p_value == pytest.approx(pair["p_value"])
    few = equal_losses(np.ones((3, 2)), 1)
    assert np.isnan(few).all()
