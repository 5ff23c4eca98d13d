"""ETS: the recursion against statsmodels, what leaves the state alone, fallbacks, known regressors."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from core.evaluation.metrics import wape
from core.models import ets, frames
from core.models.base import Fold
from core.models.ets import Ets, LogSmoother, Smoothed
from core.models.seasonal_naive import SeasonalNaive
from core.models.theta import Theta
from core.models.weekday_mean import WeekdayMean
from core.series.calendar import OpeningCalendar, calendars_at
from core.series.days import weekday
from core.series.panel import Series
from tests.core.models.businesses import START, calendar_of, panel_of, regular
from tests.core.series import online_retail

ALWAYS_OPEN = OpeningCalendar(START, START)
WEEKDAYS = weekday(panel_of(np.ones(84)).days)


def wave(n_days=84, seed=0):
    rng = np.random.default_rng(seed)
    weekdays = np.arange(n_days) % 7
    return 5 + 0.3 * np.sin(weekdays) + np.cumsum(rng.normal(0, 0.1, n_days)) + rng.normal(0, 0.2, n_days)


@pytest.mark.parametrize(("alpha", "gamma"), [(0.02, 0.12), (0.2, 0.05), (0.6, 0.01)])
def test_recursion_equals_statsmodels(alpha, gamma):
    """Complete days, no clipping, fixed parameters: one-step predictions, errors and forecasts of ETS(A,N,A)."""
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    log, level, season = wave(), 5.1, np.random.default_rng(1).normal(0, 0.2, 7)
    model = ETSModel(
        log, error="add", trend=None, seasonal="add", seasonal_periods=7,
        initialization_method="known", initial_level=level, initial_seasonal=season,
    )  # fmt: skip
    theirs = model.smooth([alpha, gamma])

    def after(days):
        state = log[None, :days], WEEKDAYS[:days], np.array([level]), season[:, None]
        return ets.run(*state, np.array([alpha]), np.array([gamma]), np.array([np.inf]))

    predicted = []
    for day in range(len(log)):
        levels, seasons, _ = after(day)
        predicted.append(levels[0, 0] + seasons[WEEKDAYS[day], 0, 0])
    levels, seasons, cost = after(len(log))
    np.testing.assert_allclose(predicted, theirs.fittedvalues, rtol=0, atol=1e-9)
    np.testing.assert_allclose(levels[0, 0] + seasons[:, 0, 0], theirs.forecast(7), rtol=0, atol=1e-9)
    discount = ets.DISCOUNT ** np.arange(len(log) - 1, -1, -1)
    assert cost[0, 0] == pytest.approx(np.sum(discount * np.abs(theirs.resid)), abs=1e-9)


def test_days_that_teach_nothing_leave_the_state_alone():
    log = wave()[None, :70]
    gap = np.concatenate([log[:, :35], np.full((1, 14), np.nan), log[:, 35:]], axis=1)
    grid = np.array([0.1, 0.3]), np.array([0.05, 0.01]), np.array([1.2])
    first = np.array([5.0]), np.zeros((7, 1))
    whole, parted = ets.run(log, WEEKDAYS[:70], *first, *grid), ets.run(gap, WEEKDAYS, *first, *grid)
    assert (whole[0] == parted[0]).all()
    assert (whole[1] == parted[1]).all()


def test_errors_are_clipped():
    log = np.full((1, 15), 5.0)
    log[0, 14] = 50.0
    levels, seasons, cost = ets.run(
        log, WEEKDAYS[:15], np.array([5.0]), np.zeros((7, 1)), np.array([0.2]), np.array([0.1]), ets.clips(log * 0)
    )
    assert levels[0, 0] == pytest.approx(5.24)
    assert seasons[:, 0, 0].tolist() == pytest.approx([0.12] + [0.0] * 6)
    assert cost[0, 0] == pytest.approx(1.2)


def test_start_is_the_mean_and_a_shrunk_season_of_the_first_weeks():
    log = np.full((1, 84), 2.0)
    log[0, :56:7] = 9.0
    log[0, 56:] = 77.0
    level, season = ets.start(log, WEEKDAYS)
    assert level.tolist() == [3.0]
    assert season[:, 0].tolist() == pytest.approx([6 * 8 / 9] + [-8 / 9] * 6)


def test_forecast_is_the_log_mean_of_the_best_five():
    panel = panel_of(np.expm1(wave(84)))
    log = np.log1p(panel.values)
    runs = [
        ets.run(log, WEEKDAYS, *ets.start(log, WEEKDAYS), np.array([alpha]), np.array([gamma]), np.array([ets.CLIP]))
        for alpha in ets.ALPHAS
        for gamma in ets.GAMMAS
    ]
    best = sorted(runs, key=lambda one: one[2][0, 0])[:5]
    week = np.expm1(np.mean([levels[0, 0] + seasons[:, 0, 0] for levels, seasons, _ in best], axis=0))
    mean = Ets().fit(panel, ALWAYS_OPEN).forecast(14)["mean"]
    np.testing.assert_allclose(mean, [*week, *week], rtol=1e-12)


@pytest.mark.parametrize("model", [Ets, Theta])
def test_short_and_constant_series_get_the_weekday_mean(model):
    short, constant, long = regular(200), np.full(200, 0.3), regular(200, 1)
    short[: 200 - model.min_history + 1] = np.nan
    panel = panel_of(short, constant, long)
    fitted = model().fit(panel, ALWAYS_OPEN)
    simple = WeekdayMean().fit(panel, ALWAYS_OPEN).forecast(30)["mean"].to_numpy().reshape(3, 30)
    mean = fitted.forecast(30)["mean"].to_numpy().reshape(3, 30)
    assert (mean[:2] == simple[:2]).all()
    assert (mean[1] == 0.3).all()
    assert (mean[2] != simple[2]).all()
    assert list(fitted.notes()) == ["transactions/total"]
    assert f"fewer than {model.min_history} observed days" in fitted.notes()["transactions/total"]


def test_what_cannot_be_believed_is_replaced():
    class Wild(LogSmoother):
        name, min_history = "wild", 1

        @classmethod
        def smooth(cls, log, weekdays):
            week = np.log(np.array([[200.0] * 7, [np.nan] * 7, [1e5] * 7, [300.0] * 7]))
            return Smoothed(week, np.array([0.0, 0.0, 0.0, 0.1]), np.array([1.0, 1.0, 1.0, 1e9]))

    panel = panel_of(*[regular(100, seed) for seed in range(4)])
    fitted = Wild().fit(panel, ALWAYS_OPEN)
    mean = fitted.forecast(365)["mean"].to_numpy().reshape(4, 365)
    simple = fitted.simple[:, weekday(frames.horizon_days(panel.last_day, 365))]
    assert mean[0] == pytest.approx(199.0)
    assert (mean[1:3] == simple[1:3]).all()
    assert mean[3, 0] == pytest.approx(299.0)
    assert mean[3, 1] > mean[3, 0]
    assert (mean[3, 60:] == simple[3, 60:]).all()  # a drift beyond reason, from the day on that it goes there
    assert mean[3].max() <= 5 * panel.values[3].max()
    assert list(fitted.notes()) == ["transactions/country:1"]


@pytest.mark.parametrize("model", [Ets, Theta])
def test_values_below_zero_count_as_zero(model):
    values = regular(200)
    other = values.copy()
    values[50:120:5], other[50:120:5] = -40.0, 0.0
    frames = [model().fit(panel_of(one), ALWAYS_OPEN).forecast(20) for one in (values, other)]
    pd.testing.assert_frame_equal(*frames, check_exact=True)


def test_zeros_of_an_intermittent_series_are_data():
    rng = np.random.default_rng(2)
    values = np.where(rng.random((30, 400)) < 0.6, 0.0, rng.poisson(5, (30, 400)) + 1.0)
    assert (ets.clips(np.log1p(values)) > 2).all()  # an error of 1.2 is nothing special here
    mean = Ets().fit(panel_of(*values), ALWAYS_OPEN).forecast(28)["mean"].to_numpy()
    assert np.log1p(mean).mean() == pytest.approx(np.log1p(values).mean(), rel=0.05)
    assert mean.mean() < values.mean()


@pytest.mark.parametrize("model", [Ets, Theta])
def test_one_series_alone_gets_the_same_bits(model):
    rng = np.random.default_rng(4)
    values = rng.lognormal(5, 0.4, (12, 150))
    panel = panel_of(*values, known={"price": rng.normal(0, 1, (12, 190))})
    together = model().fit(panel, ALWAYS_OPEN).forecast(90)
    alone = [model().fit(panel.select([one]), ALWAYS_OPEN).forecast(90) for one in panel.series]
    pd.testing.assert_frame_equal(pd.concat(alone, ignore_index=True), together, check_exact=True)


@pytest.mark.parametrize("model", [Ets, Theta])
def test_known_regressors_help(model):
    rng = np.random.default_rng(6)
    promo = np.repeat(rng.random(58) < 0.3, 7)[None, :400].astype(float)  # whole weeks
    values = np.round(regular(400) * np.exp(promo[0]))
    actual = values[372:]
    assert 0 < promo[0, 372:].mean() < 1
    errors = []
    for known in ({}, {"promo": promo}):
        panel = panel_of(values[:372], known=known)
        mean = model().fit(panel, calendar_of(panel)).forecast(28)["mean"].to_numpy()
        errors.append(wape(actual, mean))
    assert errors[1] < 0.6 * errors[0]


def test_effects_are_told_from_levels():
    rng = np.random.default_rng(6)
    promo = np.repeat(rng.random(40) < 0.4, 14).astype(float)
    log = 5 + np.cumsum(rng.normal(0, 0.03, 560)) + 0.2 * (WEEKDAYS[0] == np.arange(560) % 7) + 0.8 * promo
    week, slopes = ets.week_and_slopes(log, np.arange(560) % 7, promo[None])
    assert slopes == pytest.approx([0.8], abs=0.1)
    assert week[0] - week[1:] == pytest.approx(np.full(6, 0.2), abs=0.02)


@pytest.mark.parametrize("model", [Ets, Theta])
def test_known_regressors_survive_saving_and_backtests(model, tmp_path):
    promo = (np.random.default_rng(5).random((1, 400)) < 0.3).astype(float)
    panel = panel_of(regular(400), known={"promo": promo})
    fold = Fold(START + dt.timedelta(days=371), 28)
    calendars = calendars_at(panel.first_day, panel.values[0], "GB-ENG")
    fitted = model().fit(panel.until(fold.origin), calendars(fold.origin))
    fitted.to_dir(tmp_path)
    frame = fitted.forecast(60)  # beyond what is known
    pd.testing.assert_frame_equal(model.from_dir(tmp_path).forecast(60), frame, check_exact=True)
    backtest = model().backtest(panel, [fold], calendars)
    assert backtest["mean"].tolist() == frame["mean"].tolist()[:28]


@pytest.mark.reference
@pytest.mark.parametrize(("model", "transactions", "revenue"), [(Ets, 0.28, 0.33), (Theta, 0.29, 0.33)])
def test_accuracy_on_online_retail(reference_data, model, transactions, revenue):
    """Eight origins of 2010, from 06-08 every 28 days, horizon 28; seasonal naive has .33 and .42."""
    wanted = [Series("transactions"), Series("revenue")]
    panel = online_retail.panel(reference_data).select(wanted)
    calendars = calendars_at(panel.first_day, panel[wanted[0]], online_retail.COUNTRY)
    folds = [Fold(dt.date(2010, 6, 8) + dt.timedelta(days=28 * index), 28) for index in range(8)]
    score = {}
    for one in (SeasonalNaive, model):
        frame = one().backtest(panel, folds, calendars).merge(panel.to_frame(), on=["measure", "segment", "date"])
        for name, rows in frame.groupby("measure"):
            score[one.name, name] = wape(rows["value"].to_numpy(), rows["mean"].to_numpy())
    assert score[model.name, "transactions"] <= min(transactions, score["seasonal_naive", "transactions"])
    assert score[model.name, "revenue"] <= min(revenue, score["seasonal_naive", "revenue"])
