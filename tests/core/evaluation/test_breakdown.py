"""Scores by group are what the metrics say about each group alone."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from core.evaluation import metrics
from core.evaluation.breakdown import DIMENSIONS, SCORES, by
from core.evaluation.leaderboard import leaderboard
from tests.core.evaluation.frames import awkward, made

PLAIN = {
    "fold": lambda row: row["cutoff"],
    "horizon": lambda row: row["horizon"],
    "week": lambda row: 1 if row["horizon"] <= 7 else 2 if row["horizon"] <= 14 else 3 if row["horizon"] <= 21 else 4,
    "weekday": lambda row: row["date"].isoweekday() - 1,
    "month": lambda row: row["date"].replace(day=1),
    "segment": lambda row: row["segment"],
    "measure": lambda row: row["measure"],
}


def scored(rows: pd.DataFrame) -> dict[str, float]:
    y, f, is_open = rows["y"].to_numpy(), rows["mean"].to_numpy(), rows["open"].to_numpy()
    scores = {
        "n": (~np.isnan(y)).sum(),
        "n_open": (~np.isnan(y[is_open])).sum(),
        "wape": metrics.wape(y, f),
        "mae": metrics.mae(y, f),
        "rmse": metrics.rmse(y, f),
        "bias": metrics.bias(y, f),
        "mape": metrics.mape(y, f, is_open),
        "mase": metrics.mase(y[is_open], f[is_open], rows["scale"].to_numpy()[is_open]),
    }
    for level in (80, 95):
        low, high = rows[f"lo{level}"].to_numpy()[is_open], rows[f"hi{level}"].to_numpy()[is_open]
        scores[f"cover{level}"] = metrics.coverage(y[is_open], low, high)
    return scores


@pytest.mark.parametrize("dimension", [one for one in DIMENSIONS if one != "model"])
@pytest.mark.parametrize("kind", ["text", "category"])
def test_equals_the_metrics_of_each_group(dimension: str, kind: str) -> None:
    backtest = awkward()
    if kind == "category":
        backtest = backtest.astype({"model": "category", "measure": "category", "segment": "category"})
    table = by(backtest, dimension)
    assert tuple(table.columns) == ("model", dimension, "n", "n_open", *SCORES)
    groups = backtest.assign(key=[PLAIN[dimension](row) for _, row in backtest.iterrows()])
    expected = {(model, key): scored(rows) for (model, key), rows in groups.groupby(["model", "key"], observed=True)}
    assert len(table) == len(expected)
    for row in table.to_dict("records"):
        wanted = expected[row["model"], row[dimension]]
        assert {name: row[name] for name in wanted} == pytest.approx(wanted, nan_ok=True)


def test_of_models_as_a_whole() -> None:
    backtest = awkward()
    table = by(backtest, "model").set_index("model")
    board = leaderboard(backtest).set_index("model").loc[table.index, table.columns]
    pd.testing.assert_frame_equal(table, board, check_dtype=False)


def test_order_is_that_of_the_backtest() -> None:
    backtest = awkward()
    table = by(backtest, "week")
    assert list(table["model"].unique()) == list(backtest["model"].unique()) == ["seasonal_naive", "sarima", "lstm"]
    assert table["week"].tolist() == [1, 2, 3, 4] * 3


def test_days_with_nothing_to_score_are_not_zero() -> None:
    backtest = made({"a": 0.1}, folds=2)
    sundays = backtest["date"].dt.day_of_week == 6
    backtest.loc[backtest["cutoff"] == backtest["cutoff"].max(), "y"] = np.nan
    days = by(backtest, "weekday").set_index("weekday")
    assert days.loc[6, ["n", "n_open", "mae"]].tolist() == [sundays.sum() / 2, 0, 0]
    assert days.loc[6, ["wape", "bias", "mape", "mase", "cover80", "cover95"]].isna().all()
    folds = by(backtest, "fold")
    assert folds["n"].tolist() == [28, 0]
    assert folds.loc[1, list(SCORES)].isna().all()


def test_empty_and_unknown() -> None:
    empty = made({"a": 0.1}).iloc[:0]
    assert tuple(by(empty, "fold").columns) == ("model", "fold", "n", "n_open", *SCORES)
    assert by(empty, "fold").empty
    with pytest.raises(ValueError, match="colour"):
        by(empty, "colour")
