"""The columns of the leaderboard against the metrics, the naive model and the confidence set."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from core.evaluation import metrics
from core.evaluation.choice import served_models
from core.evaluation.leaderboard import SCORES, leaderboard
from core.evaluation.significance import tied_with_best
from core.series.panel import Series
from tests.core.evaluation.frames import awkward, made

THREE = {"seasonal_naive": 0.5, "sarima": 0.1, "xgboost": 0.11}


def test_scores_of_a_model() -> None:
    backtest = made(THREE)
    board = leaderboard(backtest)
    assert tuple(board.columns) == ("model", *SCORES)
    assert board["wape"].is_monotonic_increasing
    row = board.set_index("model").loc["sarima"]
    one = backtest[backtest["model"] == "sarima"]
    open_ = one[one["open"]]
    y, f = open_["y"].to_numpy(), open_["mean"].to_numpy()
    both = np.abs(y) + np.abs(f) > 0
    assert row["smape"] == pytest.approx((2 * np.abs(y - f) / (y + f))[both].mean())
    for level, alpha in ((80, 0.2), (95, 0.05)):
        low, high = open_[f"lo{level}"], open_[f"hi{level}"]
        score = high - low + 2 / alpha * ((low - y).clip(lower=0) + (y - high).clip(lower=0))
        assert row[f"winkler{level}"] == pytest.approx(score.mean())
    loss = sum(
        metrics.pinball(one["y"], one[name], q)
        for name, q in (("lo95", 0.025), ("lo80", 0.1), ("mean", 0.5), ("hi80", 0.9), ("hi95", 0.975))
    )
    assert row["crps"] == pytest.approx(2 * loss / 5 / one["y"].mean())
    assert np.isnan(row["rmsse"])
    scaled = leaderboard(backtest.assign(scale2=64.0)).set_index("model").loc["sarima"]
    assert scaled["rmsse"] == pytest.approx(metrics.rmse(y, f) / 8)


def test_relative_to_the_naive_model() -> None:
    backtest = made(THREE)
    board = leaderboard(backtest).set_index("model")
    assert board.loc["seasonal_naive", "relative"] == 1
    assert board["relative"].tolist() == pytest.approx((board["wape"] / board.loc["seasonal_naive", "wape"]).tolist())
    assert leaderboard(backtest[backtest["model"] != "seasonal_naive"])["relative"].isna().all()


def test_relative_is_of_the_same_rows() -> None:
    backtest = made(THREE)
    hidden = (backtest["model"] == "sarima") & (backtest["horizon"] > 7)
    board = leaderboard(backtest[~hidden]).set_index("model")
    first = backtest[backtest["horizon"] <= 7].set_index("model")
    wape = {model: metrics.wape(rows["y"], rows["mean"]) for model, rows in first.groupby(level=0)}
    assert board.loc["sarima", "relative"] == pytest.approx(wape["sarima"] / wape["seasonal_naive"])
    exact = backtest.assign(mean=backtest["mean"].where(backtest["model"] != "seasonal_naive", backtest["y"]))
    assert leaderboard(exact)["relative"].isna().all()  # nothing can be compared with an error of 0


def test_tied() -> None:
    backtest = made(THREE)
    board = leaderboard(backtest).set_index("model")
    found = tied_with_best(backtest)
    assert board["tied"].dtype == bool
    assert set(board.index[board["tied"]]) == set(found.tied) == {"sarima", "xgboost"}
    assert board["p_best"].to_dict() == found.p_values
    few = leaderboard(backtest[backtest["cutoff"] < backtest["cutoff"].unique()[4]])
    assert few["tied"].all()
    assert few["p_best"].isna().all()
    alone = leaderboard(backtest[backtest["model"] == "sarima"])
    assert alone[["tied", "p_best"]].iloc[0].tolist() == [True, 1.0]


def test_without_actuals() -> None:
    board = leaderboard(made(THREE).assign(y=np.nan))
    assert board["tied"].all()
    assert board["n"].tolist() == [0, 0, 0]
    assert board.drop(columns=["model", "tied", "n", "n_open"]).isna().all(axis=None)


def test_seconds() -> None:
    backtest = made(THREE)
    board = leaderboard(backtest, {"sarima": 2.5, "lstm": 9.0})
    assert tuple(board.columns) == ("model", *SCORES, "seconds")
    assert board.set_index("model")["seconds"].dropna().to_dict() == {"sarima": 2.5}
    assert board["seconds"].dtype == np.float64


@pytest.mark.parametrize("seconds", [None, {}])
def test_nothing(seconds: dict[str, float] | None) -> None:
    board = leaderboard(made(THREE).iloc[:0], seconds)
    assert board.empty
    assert "tied" in board


def test_columns_of_the_command_line_are_enough() -> None:
    """``python -m core backtest`` has unique_id and ds instead of measure, segment and date."""
    backtest = made(THREE)
    plain = backtest.drop(columns=["measure", "segment"]).rename(columns={"date": "ds"}).assign(unique_id="A")
    pd.testing.assert_frame_equal(leaderboard(plain), leaderboard(backtest))


def test_order_of_rows_and_categories_do_not_matter() -> None:
    backtest = awkward()
    board = leaderboard(backtest)
    words = backtest.astype({"model": "category", "measure": "category", "segment": "category"})
    pd.testing.assert_frame_equal(leaderboard(words), board)
    pd.testing.assert_frame_equal(leaderboard(backtest.sample(frac=1, random_state=1)), board)


def test_best_model_is_the_one_on_top() -> None:
    backtest = awkward()
    for series, model in served_models(backtest, ()).items():
        part = backtest[backtest["segment"] == series.segment]
        assert isinstance(series, Series)
        assert model == leaderboard(part)["model"][0]
