"""Performance against promise: scores against the metrics, rolling against a slow loop, the t of one more test."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from core.evaluation import metrics
from core.monitoring.promise import beyond, by_horizon, rolling, scores


def rows(n: int = 60, seed: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    mean = rng.uniform(50, 150, n)
    y = mean * rng.uniform(0.8, 1.25, n)
    y[::7] = mean[::7] = 0.0  # closed days
    return pd.DataFrame(
        {
            "target": pd.date_range("2021-03-01", periods=n), "origin": pd.Timestamp("2021-02-28"),
            "horizon": np.arange(n) % 28 + 1, "mean": mean, "y": y, "lo80": mean * 0.9, "hi80": mean * 1.1,
            "lo95": mean * 0.8, "hi95": mean * 1.2, "stand_in": np.arange(n) < 20,
        }
    )  # fmt: skip


def test_scores_are_those_of_open_days() -> None:
    frame = rows()
    found = scores(pd.concat([frame, frame.tail(3).assign(y=np.nan)]))
    is_open = frame["mean"] > 0
    y, mean = frame["y"][is_open].to_numpy(), frame["mean"][is_open].to_numpy()
    assert found.days == is_open.sum()
    assert found.rmse == pytest.approx(np.sqrt(np.mean((y - mean) ** 2)))
    assert found.mape == pytest.approx(np.mean(np.abs(y - mean) / y))
    assert found.wape == pytest.approx(metrics.wape(y, mean))
    assert found.cover80 == pytest.approx(np.mean((y >= 0.9 * mean) & (y <= 1.1 * mean)))
    assert scores(frame.head(0)).days == 0
    assert np.isnan(scores(frame.head(0)).wape)


def test_a_day_that_several_versions_forecast_is_one_day() -> None:
    three = rows(4).iloc[1:]  # the first is closed
    found = scores(pd.concat([three, three.assign(mean=three["y"])]))
    assert found.days == 3
    assert found.mae == pytest.approx((three["mean"] - three["y"]).abs().sum() / 6)


def test_a_closed_day_that_had_trade_counts() -> None:
    frame = rows().assign(lo80=0.0)
    frame.loc[0, "y"] = 40.0
    assert scores(frame).days == scores(rows()).days + 1


def test_weeks_ahead() -> None:
    frame, other = rows(), rows(seed=2)
    for (low, high), came, promised in by_horizon(frame, other):
        assert came == scores(frame[(frame["horizon"] >= low) & (frame["horizon"] <= high)])
        assert promised.wape == scores(other[(other["horizon"] >= low) & (other["horizon"] <= high)]).wape


def test_rolling_is_a_loop_over_days() -> None:
    frame = rows()
    found = rolling(pd.concat([frame, frame.tail(1).assign(y=np.nan, target=pd.Timestamp("2022-01-01"))]), 28)
    assert len(found) == len(frame)
    for day in (5, 33, 59):
        date = frame["target"][day]
        window = frame[(frame["target"] > date - pd.Timedelta(days=28)) & (frame["target"] <= date)]
        row = found[found["date"] == date].iloc[0]
        assert row["wape"] == pytest.approx(scores(window).wape)
        assert row["stand_in"] == pytest.approx(window["stand_in"].mean())
    assert rolling(frame.head(0)).empty


def slow_rolling(tracked: pd.DataFrame, days: int) -> pd.DataFrame:
    """Day by day with the metrics themselves."""
    known = tracked[tracked["y"].notna()].drop_duplicates("target", keep="last").reset_index(drop=True)
    rows: list[dict[str, Any]] = []
    for end, date in enumerate(known["target"]):
        window = known.iloc[: end + 1]
        window = window[window["target"] > date - pd.Timedelta(days=days)]
        rows.append({"date": date, "stand_in": float(window["stand_in"].mean()), **vars(scores(window))})
    return pd.DataFrame(rows)


@pytest.mark.parametrize("days", [1, 7, 28, 500])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_rolling_is_the_same_as_a_slow_loop(days: int, seed: int) -> None:
    """With gaps, unknown days, bounds that are not there, forecasts made twice, errors of very different size."""
    rng = np.random.default_rng(seed)
    frame = rows(150, seed)
    frame.loc[:40, ["mean", "y", "lo80", "hi80", "lo95", "hi95"]] *= 1e6
    frame.loc[rng.choice(150, 9), "y"] = np.nan
    frame.loc[rng.choice(150, 20), ["lo80", "hi80"]] = np.nan
    frame.loc[rng.choice(150, 5), "y"] = -3.0
    frame = frame.drop(index=[*range(60, 75), *rng.choice(150, 20)], errors="ignore")
    again = frame.sample(20, random_state=seed).assign(origin=pd.Timestamp("2021-03-09"), mean=90.0)
    both = pd.concat([frame, again]).sort_values(["target", "origin"], kind="stable", ignore_index=True)
    found, slow = rolling(both, days), slow_rolling(both, days)
    assert list(found.columns) == list(slow.columns)
    for name in found.columns:
        if name == "date":
            assert (found[name] == slow[name]).all()
        else:
            np.testing.assert_allclose(found[name].to_numpy(), slow[name].to_numpy(), rtol=1e-9, atol=1e-9)


def test_of_two_forecasts_of_a_day_the_later_counts() -> None:
    frame = rows(10)
    later = frame.assign(mean=frame["y"], origin=pd.Timestamp("2021-03-01"), stand_in=False)
    both = pd.concat([frame, later]).sort_values(["target", "origin"], kind="stable", ignore_index=True)
    assert rolling(both)["wape"].iloc[1:].to_numpy() == pytest.approx(0.0)  # the first day was closed


def test_one_more_test_is_beyond_as_often_as_it_should() -> None:
    rng = np.random.default_rng(3)
    tests = np.exp(rng.normal(-1.5, 0.3, (20_000, 11)))
    passed = [t > limit for t, limit in (beyond(one[0], one[1:], 0.05, logs=True) for one in tests)]
    assert np.mean(passed) == pytest.approx(0.05, abs=0.005)
    t, limit = beyond(0.5, [0.2, 0.25, 0.3, 0.35], 0.01)
    assert limit == pytest.approx(stats.t.ppf(0.99, 3))
    assert t == pytest.approx((0.5 - 0.275) / (np.std([0.2, 0.25, 0.3, 0.35], ddof=1) * np.sqrt(1.25)))


def test_too_few_tests_say_nothing() -> None:
    assert beyond(9.0, [0.1, 0.2], 0.5) == (0.0, np.inf)
    assert beyond(0.0, [0.1] * 9, 0.5, logs=True) == (0.0, np.inf)
    assert beyond(0.3, [0.2] * 9, 0.5)[0] == 0.0
