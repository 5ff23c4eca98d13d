"""Folds, the frame of a backtest, and the leaderboard made of it."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from core.evaluation import metrics
from core.evaluation.backtest import BACKTEST_COLUMNS, make_folds, run_backtest
from core.evaluation.leaderboard import SCORES, best_models, leaderboard
from core.models.catalogue import MODELS
from core.models.seasonal_naive import SeasonalNaive
from core.series.panel import Series
from tests.core.models.businesses import START, calendar_of, panel_of, regular


def test_folds_end_with_the_panel():
    panel = panel_of(np.ones(100))
    folds = make_folds(panel, 14, 3, 10)
    assert [(fold.origin - START).days for fold in folds] == [65, 75, 85]
    assert folds[-1].origin + dt.timedelta(days=14) == panel.last_day


def test_last_origin():
    panel = panel_of(np.ones(100))
    assert make_folds(panel, 14, 1, 7, START + dt.timedelta(days=40))[0].origin == START + dt.timedelta(days=40)
    assert make_folds(panel, 14, 1, 7, dt.date(2030, 1, 1)) == make_folds(panel, 14, 1, 7)


def test_short_panels_give_fewer_folds():
    assert len(make_folds(panel_of(np.ones(70)), 14, 8, 14)) == 3
    assert make_folds(panel_of(np.ones(30)), 14, 8, 14) == ()


@pytest.mark.parametrize("numbers", [(0, 1, 1), (1, 0, 1), (1, 1, 0)])
def test_folds_need_positive_numbers(numbers):
    with pytest.raises(ValueError, match="at least 1"):
        make_folds(panel_of(np.ones(70)), *numbers)


def test_rows(backtest, business):
    panel, _ = business
    assert tuple(backtest.columns) == BACKTEST_COLUMNS
    assert len(backtest) == 2 * 2 * 6 * 28
    assert not backtest.duplicated(["model", "measure", "segment", "cutoff", "date"]).any()
    assert not backtest.isna().any().any()
    order = backtest[["model", "segment"]].drop_duplicates()
    assert order["model"].tolist() == ["seasonal_naive"] * 2 + ["sarima"] * 2
    assert order["segment"].tolist() == ["total", "country:1"] * 2
    assert ((backtest["date"] - backtest["cutoff"]).dt.days == backtest["horizon"]).all()
    truth = backtest.merge(panel.to_frame(), on=["measure", "segment", "date"])
    assert (truth["y"] == truth["value"]).all()


def test_forecasts_are_those_of_the_model(backtest, business):
    panel, calendars = business
    cutoff = backtest["cutoff"].unique()[2]
    origin = pd.Timestamp(cutoff).date()
    rows = backtest[(backtest["model"] == "seasonal_naive") & (backtest["cutoff"] == cutoff)]
    direct = SeasonalNaive().fit(panel.until(origin), calendars(origin)).forecast(28)
    assert rows["mean"].tolist() == direct["mean"].tolist()


def test_scale_is_known_at_the_cutoff(backtest, business):
    panel, calendars = business
    row = backtest.iloc[-1]
    known = panel.until(row["cutoff"].date())
    expected = metrics.naive_scale(known.values[1], calendars(row["cutoff"].date()).is_open(known.days))
    assert row["scale"] == expected


def test_progress_is_told_and_ends_with_one(business):
    panel, calendars = business
    told = []
    run_backtest(["seasonal_naive"], panel, make_folds(panel, 7, 2, 7), calendars, lambda *args: told.append(args))
    fractions = [fraction for fraction, _ in told]
    assert fractions == sorted(fractions)
    assert fractions[0] == 0.0
    assert fractions[-1] == 1.0
    assert all(text for _, text in told)


def test_nothing_to_do_gives_an_empty_frame(business):
    panel, calendars = business
    assert tuple(run_backtest([], panel, make_folds(panel, 7, 2, 7), calendars).columns) == BACKTEST_COLUMNS
    assert run_backtest(["seasonal_naive"], panel, (), calendars).empty


def test_many_series_are_worked_on_in_parts_in_their_order():
    panel = panel_of(*[regular(200, seed) for seed in range(12)])
    calendars = lambda _: calendar_of(panel)  # noqa: E731
    frame = run_backtest(["seasonal_naive"], panel, make_folds(panel, 7, 2, 7), calendars)
    assert frame["segment"].drop_duplicates().tolist() == [one.segment for one in panel.series]


def test_unknown_values_are_missing_actuals():
    values = regular(200)
    values[-3] = np.nan
    panel = panel_of(values)
    frame = run_backtest(["seasonal_naive"], panel, make_folds(panel, 7, 2, 7), lambda _: calendar_of(panel))
    assert frame["y"].isna().sum() == 1
    assert np.isfinite(frame[["mean", "lo80", "hi95"]]).all().all()


def test_leaderboard(backtest):
    rows = backtest[backtest["segment"] == "total"]
    board = leaderboard(rows)
    assert tuple(board.columns) == ("model", *SCORES)
    assert board["wape"].is_monotonic_increasing
    assert board["model"][0] == "sarima"
    one = rows[rows["model"] == "sarima"]
    assert board["mae"][0] == pytest.approx((one["y"] - one["mean"]).abs().mean())
    open_ = one[one["open"]]
    assert board["n"][0] == 6 * 28
    assert board["n_open"][0] == len(open_) == 6 * 24
    assert board["mase"][0] == pytest.approx(((open_["y"] - open_["mean"]).abs() / open_["scale"]).mean())
    assert board["cover80"][0] == pytest.approx(open_["y"].between(open_["lo80"], open_["hi80"]).mean())


def test_best_models(backtest):
    best = best_models(backtest)
    assert list(best) == [Series("transactions"), Series("transactions", "country:1")]
    for series, model in best.items():
        rows = backtest[(backtest["measure"] == series.measure) & (backtest["segment"] == series.segment)]
        assert model == leaderboard(rows)["model"][0]


def test_without_volume_the_first_model_is_best():
    panel = panel_of(np.zeros(200))
    frame = run_backtest(list(MODELS), panel, make_folds(panel, 7, 2, 7), lambda _: calendar_of(panel))
    assert best_models(frame) == {Series("transactions"): "seasonal_naive"}
    assert leaderboard(frame)["wape"].isna().all()
