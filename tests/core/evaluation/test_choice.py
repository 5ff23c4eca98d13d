"""Which model serves: the lowest error, the simplest among equals, one for all series that must add up; its scores."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from core.evaluation.choice import served_in_time, served_models, served_rows, served_scores
from core.series.panel import Series

FOLDS = pd.date_range("2021-01-31", periods=6, freq="28D")


def backtest(errors: dict[tuple[str, str], list[float]]) -> pd.DataFrame:
    """Two measures with the same errors by (model, segment): one number a fold, in percent of the actual 100."""
    frames = []
    for measure in ("revenue", "orders"):
        for (model, segment), off in errors.items():
            for cutoff, percent in zip(FOLDS, off, strict=True):
                frames.append(
                    pd.DataFrame(
                        {"model": model, "measure": measure, "segment": segment, "cutoff": cutoff,
                         "date": cutoff + pd.to_timedelta(np.arange(1, 8), unit="D"), "horizon": np.arange(1, 8),
                         "y": 100.0, "mean": 100.0 + percent, "scale": 10.0}
                    )
                )  # fmt: skip
    return pd.concat(frames, ignore_index=True)


def flat(**models: float) -> pd.DataFrame:
    return backtest({(model, "total"): [percent] * 6 for model, percent in models.items()})


def test_the_lowest_error_serves_unless_a_simpler_model_is_within_a_hundredth() -> None:
    total = Series("orders")
    assert served_models(flat(naive=20.0, ets=10.2, lstm=10.0), ())[total] == "lstm"
    assert served_models(flat(naive=20.0, ets=10.09, lstm=10.0), ())[total] == "ets"
    assert served_models(flat(naive=10.05, ets=10.09, lstm=10.0), ())[total] == "naive"
    assert served_models(flat(lstm=10.0, ets=10.0), ())[total] == "lstm"  # the order says what is simple


def test_a_measure_that_adds_up_has_one_model_and_its_total_counts() -> None:
    rows = {
        ("ets", "total"): [10.5] * 6, ("ets", "country:France"): [20.0] * 6,
        ("lstm", "total"): [10.0] * 6, ("lstm", "country:France"): [20.4] * 6,
    }  # fmt: skip
    found = served_models(backtest(rows), ("revenue",))
    # the sum over both is within a hundredth, the total is not
    assert {str(series): model for series, model in found.items()} == {
        "revenue/total": "lstm", "revenue/country:France": "lstm",
        "orders/total": "lstm", "orders/country:France": "ets",
    }  # fmt: skip
    rows[("ets", "total")] = [10.05] * 6
    assert set(served_models(backtest(rows), ("revenue", "orders")).values()) == {"ets"}


def test_served_rows_are_those_of_each_series_own_model() -> None:
    rows = flat(naive=20.0, lstm=10.0)
    mine = served_rows(rows, {Series("orders"): "naive", Series("revenue"): "lstm"})
    assert mine.groupby("measure")["model"].unique().map(list).to_dict() == {"orders": ["naive"], "revenue": ["lstm"]}
    assert len(mine) == len(rows) / 2


def test_no_fold_is_judged_by_a_choice_that_it_took_part_in() -> None:
    """Each model is good in the folds in which the other one is bad: the choice of all folds sees a winner, in time
    nobody did."""
    off = {("ets", "total"): [9.0, 11.0] * 3, ("lstm", "total"): [11.0, 9.0] * 3}
    rows = backtest(off)
    mine = served_in_time(rows, ())
    assert sorted(mine["cutoff"].unique()) == list(FOLDS[1:])  # nothing to choose by before the first
    orders = mine[mine["measure"] == "orders"].groupby("cutoff")["model"].first()
    assert orders.tolist() == ["ets"] * 5  # better after one fold, tied with the other after two, and simpler
    assert served_in_time(rows[rows["cutoff"] == FOLDS[0]], ()).empty


def test_scores_have_an_interval_over_the_folds() -> None:
    off = [8.0, 10.0, 12.0, 9.0, 11.0, -10.0]
    (score, _) = served_scores(backtest({("ets", "total"): off}), {Series("orders"): "ets", Series("revenue"): "ets"})
    assert score["wape"] == pytest.approx(0.10)
    assert score["bias"] == pytest.approx(0.40 / 6)
    # with equal volumes the ratio is a mean, and its interval Student's
    low, high = stats.t.interval(0.95, 5, loc=0.10, scale=stats.sem(np.abs(off) / 100))
    assert (score["lo"], score["hi"]) == (pytest.approx(low), pytest.approx(high))
    assert score["folds"] == 6


def test_scores_that_are_not_defined_are_none() -> None:
    one = flat(ets=10.0)
    one = one[one["cutoff"] == FOLDS[0]]
    one = one[one["measure"] == "orders"]
    (score,) = served_scores(one, {Series("orders"): "ets"})
    assert (score["lo"], score["hi"], score["folds"]) == (None, None, 1)
    (score,) = served_scores(one.assign(y=0.0), {Series("orders"): "ets"})
    assert (score["wape"], score["bias"]) == (None, None)
    (score,) = served_scores(one, {Series("units"): "ets"})
    assert (score["wape"], score["folds"]) == (None, 0)
