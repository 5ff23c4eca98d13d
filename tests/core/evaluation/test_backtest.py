"""Folds, the frame of a backtest, and the leaderboard made of it."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from core.evaluation import metrics
from core.evaluation.ahead import forecast_ahead
from core.evaluation.backtest import BACKTEST_COLUMNS, BASE_COLUMNS, make_folds, summing_measures
from core.evaluation.backtest import backtest as full_backtest
from core.evaluation.choice import served_models
from core.evaluation.leaderboard import SCORES, leaderboard
from core.evaluation.reconciliation import reconcile_backtest, reconcile_forecasts
from core.models.base import POINT_COLUMNS, Combination
from core.models.sarima import Sarima
from core.models.seasonal_naive import SeasonalNaive
from core.series.calendar import calendars_at
from core.series.panel import Panel, Series
from tests.core.evaluation.frames import run_backtest
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
    is_open = calendars(row["cutoff"].date()).is_open(known.days)
    assert row["scale2"] == metrics.naive_scale_squared(known.values[1], is_open)


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


def test_served_models(backtest):
    best = served_models(backtest, ())
    assert list(best) == [Series("transactions"), Series("transactions", "country:1")]
    for series, model in best.items():
        rows = backtest[(backtest["measure"] == series.measure) & (backtest["segment"] == series.segment)]
        assert model == leaderboard(rows)["model"][0]


def test_without_volume_the_first_model_is_best():
    panel = panel_of(np.zeros(200))
    frame = run_backtest(["seasonal_naive", "sarima"], panel, make_folds(panel, 7, 2, 7), lambda _: calendar_of(panel))
    assert served_models(frame, ()) == {Series("transactions"): "seasonal_naive"}
    assert leaderboard(frame)["wape"].isna().all()


# ---- combinations


class Middle(Combination):
    """The mean of two models; their points and the actuals must be what they are told to be."""

    name = "middle"

    @classmethod
    def members_for(cls, n_series):
        return ("seasonal_naive", "sarima") if n_series < 100 else ("seasonal_naive",)

    @classmethod
    def combine(cls, points):
        assert list(points.columns) == [*BASE_COLUMNS]
        first, *others = (rows.reset_index(drop=True) for _, rows in points.groupby("model", sort=False))
        mean = np.mean([first["mean"], *(one["mean"] for one in others)], axis=0)
        return first.assign(mean=mean)[[*POINT_COLUMNS, "cutoff"]]

    @classmethod
    def combine_ahead(cls, points, backtest):
        assert list(points.columns) == ["model", *POINT_COLUMNS]
        assert list(backtest.columns) == [*BASE_COLUMNS]
        return cls.combine(points.assign(cutoff=pd.Timestamp(0), y=np.nan)[[*BASE_COLUMNS]])[[*POINT_COLUMNS]]


def test_a_combination_is_made_of_its_members(business):
    panel, calendars = business
    folds = make_folds(panel, 7, 3, 7)
    result = full_backtest([Middle, "seasonal_naive"], panel, folds, calendars)
    assert result.frame["model"].unique().tolist() == ["middle", "seasonal_naive"]
    assert set(result.base_points["model"]) == {"middle", "seasonal_naive", "sarima"}
    assert list(result.base_points.columns) == [*BASE_COLUMNS]
    members = run_backtest(["seasonal_naive", "sarima"], panel, folds, calendars)
    means = [members.loc[members["model"] == name, "mean"].to_numpy() for name in ("seasonal_naive", "sarima")]
    made = result.frame.loc[result.frame["model"] == "middle"]
    assert made["mean"].tolist() == np.mean(means, axis=0).tolist()
    assert made[["lo80", "hi95", "scale"]].notna().all(axis=None)
    assert set(result.seconds) == {"middle", "seasonal_naive"}
    assert result.seconds["middle"] > result.seconds["seasonal_naive"]


def test_a_large_panel_may_have_other_members():
    panel = panel_of(*[regular(60, seed) for seed in range(100)])
    result = full_backtest([Middle], panel, make_folds(panel, 7, 1, 7), lambda _: calendar_of(panel))
    assert set(result.base_points["model"]) == {"middle", "seasonal_naive"}


class Nested(Middle):
    name = "nested"

    @classmethod
    def members_for(cls, n_series):
        return ("ensemble",)


def test_combinations_of_combinations_are_refused(business, monkeypatch):
    panel, calendars = business
    monkeypatch.setattr("core.evaluation.backtest.MODELS", {"ensemble": Middle})
    with pytest.raises(TypeError, match="ensemble is a combination itself"):
        run_backtest([Nested], panel, make_folds(panel, 7, 1, 7), calendars)


# ---- segments and totals


@pytest.fixture(scope="module")
def hierarchy():
    """Revenue of three countries and its total, orders that do not add up, and units whose total is another story."""
    parts = [regular(420, seed, scale) for seed, scale in ((0, 200.0), (1, 50.0), (2, 20.0))]
    series, values = [], []
    for measure, total in (("revenue", sum(parts)), ("orders", sum(parts) * 0.8), ("units", sum(parts) * 0.8)):
        series += [Series(measure), *(Series(measure, f"country:{number}") for number in range(3))]
        values += [total, *parts]
    panel = Panel(tuple(series), START, np.array(values))
    return panel, calendars_at(panel.first_day, panel.values[0], "GB-ENG")


def test_measures_that_sum_to_their_total(hierarchy, business):
    panel, _ = hierarchy
    assert summing_measures(panel) == ("revenue",)
    assert summing_measures(panel.select(panel.series[1:4])) == ()
    assert summing_measures(panel.select([Series("revenue"), Series("orders")])) == ()
    assert summing_measures(business[0]) == ()
    nothing = Panel(panel.series, panel.first_day, np.full(panel.values.shape, np.nan))
    assert summing_measures(nothing) == ()


def test_segments_of_a_backtest_sum_to_the_total(hierarchy):
    panel, calendars = hierarchy
    folds = make_folds(panel, 14, 6, 14)
    result = full_backtest(["seasonal_naive", Middle], panel, folds, calendars)
    plain = full_backtest(["seasonal_naive", Middle], panel, folds, calendars, reconcile=False)
    assert plain.choices == ()
    pd.testing.assert_frame_equal(result.base_points, plain.base_points, check_exact=True)
    revenue = result.frame["measure"] == "revenue"
    assert result.frame.loc[~revenue, "mean"].tolist() == plain.frame.loc[~revenue, "mean"].tolist()
    table = result.frame[revenue].pivot_table(index=["model", "date"], columns="segment", values="mean")
    assert (table["total"] == table.drop(columns="total").sum(axis=1)).all()
    assert (result.frame.loc[revenue, "mean"] != plain.frame.loc[revenue, "mean"]).any()
    expected, choices = reconcile_backtest(plain.base_points[plain.base_points["measure"] == "revenue"])
    for model in ("seasonal_naive", "middle"):
        made = result.frame.loc[revenue & (result.frame["model"] == model), "mean"]
        assert made.tolist() == expected.loc[expected["model"] == model, "mean"].tolist()
    assert len(result.choices) == 2 * 6
    assert all(choice in choices for choice in result.choices)
    inside = (result.frame["lo80"] <= result.frame["mean"]) & (result.frame["mean"] <= result.frame["hi80"])
    assert inside.all()


def test_forecasts_ahead_are_those_of_the_models_combined_and_reconciled(hierarchy, tmp_path):
    panel, calendars = hierarchy
    calendar = calendars(panel.last_day)
    base = full_backtest(["seasonal_naive", Middle], panel, make_folds(panel, 14, 6, 14), calendars).base_points
    (tmp_path / "sarima").mkdir()
    told = []
    ahead = forecast_ahead(
        [Middle, "seasonal_naive"], panel, calendar, 30, base, lambda *args: told.append(args),
        folders={"sarima": tmp_path / "sarima"},
    )  # fmt: skip
    points = ahead.points
    assert list(points.columns) == ["model", *POINT_COLUMNS]
    assert points["model"].unique().tolist() == ["middle", "seasonal_naive"]
    assert ahead.members == {"middle": ("seasonal_naive", "sarima")}
    assert {choice.measure for choice in ahead.choices} == {"revenue"}
    fitted = {model.name: model().fit(panel, calendar) for model in (SeasonalNaive, Sarima)}
    direct = pd.concat([one.forecast(30).assign(model=name) for name, one in fitted.items()], ignore_index=True)
    naive = points[points["model"] == "seasonal_naive"].reset_index(drop=True)
    orders = naive["measure"] == "orders"
    one = direct[direct["model"] == "seasonal_naive"].reset_index(drop=True)
    pd.testing.assert_frame_equal(naive.loc[orders, list(POINT_COLUMNS)], one.loc[orders, list(POINT_COLUMNS)])
    expected, _ = reconcile_forecasts(one[one["measure"] == "revenue"], base)
    assert naive.loc[naive["measure"] == "revenue", "mean"].tolist() == expected["mean"].tolist()
    middle = points[(points["model"] == "middle") & (points["measure"] == "orders")]["mean"]
    both = direct[direct["measure"] == "orders"].groupby(["segment", "date"], sort=False)["mean"].mean()
    assert middle.to_numpy() == pytest.approx(both.to_numpy())
    saved = Sarima.from_dir(tmp_path / "sarima").forecast(30)
    pd.testing.assert_frame_equal(saved, fitted["sarima"].forecast(30), check_exact=True)
    assert ahead.seconds["middle"] > ahead.seconds["sarima"] > 0
    fractions = [fraction for fraction, _ in told]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0


def test_forecasts_ahead_without_a_backtest(business):
    panel, calendars = business
    nothing = full_backtest([Middle], panel, (), calendars)
    assert nothing.frame.empty
    ahead = forecast_ahead([Middle], panel, calendars(panel.last_day), 5, nothing.base_points, workers=1)
    assert len(ahead.points) == 2 * 5


def test_notes_tell_of_short_series(business):
    panel, calendars = business
    values = panel.values.copy()
    values[1, :-40] = np.nan
    short = Panel(panel.series, panel.first_day, values)
    notes = full_backtest(["seasonal_naive", "sarima"], short, make_folds(short, 7, 2, 7), calendars).notes
    assert list(notes) == ["sarima"]
    assert "the model needs 56" in notes["sarima"]["transactions/country:1"]


# ---- the model that answers


def test_one_model_serves_all_series_of_a_measure_that_sums_up():
    days = pd.date_range("2020-01-01", periods=20)
    errors = {  # by model and series: good at the total, good at the segments
        "top": {"total": 1.0, "country:A": 9.0, "country:B": 9.0},
        "parts": {"total": 4.0, "country:A": 2.0, "country:B": 2.0},
    }
    frame = pd.concat(
        pd.DataFrame(
            {"model": model, "measure": measure, "segment": segment, "date": days, "y": 100.0, "mean": 100.0 + error,
             "scale": 10.0}
        )
        for measure in ("revenue", "orders")
        for model, by_segment in errors.items()
        for segment, error in by_segment.items()
    )  # fmt: skip
    served = served_models(frame, ("revenue",))
    assert {series.segment: model for series, model in served.items() if series.measure == "orders"} == {
        "total": "top", "country:A": "parts", "country:B": "parts",
    }  # fmt: skip
    assert {model for series, model in served.items() if series.measure == "revenue"} == {"parts"}
    unknown = served_models(frame.assign(scale=np.nan), ("revenue",))
    assert {model for series, model in unknown.items() if series.measure == "revenue"} == {"top"}
