"""SARIMA: accuracy on real data, the fast backtest against the slow one, weights, guards, known regressors."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from core.evaluation.metrics import wape
from core.models import sarima, sarima_forms
from core.models.arma import Arma
from core.models.base import POINT_COLUMNS, Fold, Forecaster
from core.models.sarima import Sarima
from core.series.calendar import calendars_at
from tests.core.models.businesses import START, calendar_of, panel_of, regular


def folds(n, first=300, step=28, horizon=28):
    return [Fold(START + dt.timedelta(days=first + step * index), horizon) for index in range(n)]


@pytest.fixture(scope="module")
def business():
    panel = panel_of(regular(560), regular(560, 2, 3e4))
    return panel, calendars_at(panel.first_day, panel.values[0], "GB-ENG")


def test_backtest_equals_the_plain_loop_when_every_fold_is_refitted(business):
    panel, calendars = business
    fast = Sarima().backtest(panel, folds(3), calendars)
    slow = Forecaster.backtest(Sarima(), panel, folds(3), calendars)
    pd.testing.assert_frame_equal(fast[list(slow.columns)], slow, check_exact=True)
    assert set(fast.columns) == {*POINT_COLUMNS, "cutoff"}


def test_moving_the_state_only_loses_little(business):
    panel, calendars = business
    actual = panel.to_frame()
    errors = []
    seldom = Sarima()
    seldom.refit_every = 3
    for run in (seldom.backtest, lambda *args: Forecaster.backtest(Sarima(), *args)):
        frame = run(panel, folds(8), calendars).merge(actual, on=["measure", "segment", "date"])
        errors.append(wape(frame["value"].to_numpy(), frame["mean"].to_numpy()))
    assert errors[0] < errors[1] * 1.05


def test_weekly_folds_share_the_parameters_of_four_weeks(business, monkeypatch):
    panel, calendars = business
    estimated = []
    honest = sarima._estimate
    monkeypatch.setattr(sarima, "_estimate", lambda *args: estimated.append(args[2]) or honest(*args))
    Sarima().backtest(panel, folds(9, step=7), calendars)
    assert estimated == [301 + 28 * (index // 2) for index in range(6)]


def test_order_of_folds_does_not_matter(business):
    panel, calendars = business
    pd.testing.assert_frame_equal(
        Sarima().backtest(panel, folds(3)[::-1], calendars), Sarima().backtest(panel, folds(3), calendars)
    )


def test_weights():
    assert sarima_forms.weights(np.array([0.1, 0.2, 0.2])) == pytest.approx([4 / 6, 1 / 6, 1 / 6])
    assert sarima_forms.weights(np.array([0.1, np.nan])).tolist() == [0.5, 0.5]
    assert sarima_forms.weights(np.zeros(2)).tolist() == [0.5, 0.5]


def test_short_history_has_equal_weights_and_no_yearly_form():
    panel = panel_of(regular(100))
    one = Sarima().fit(panel, calendar_of(panel)).fitted[0]
    assert [state.form.name for state in one.states] == ["wander", "plain"]
    assert one.weights.tolist() == [0.5, 0.5]


def test_very_short_intermittent_and_constant_series_get_the_weekday_mean():
    rng = np.random.default_rng(0)
    for values in (regular(50), np.where(rng.random(400) < 0.5, 0.0, 3.0), np.full(200, 2.0)):
        panel = panel_of(values)
        model = Sarima().fit(panel, calendar_of(panel))
        assert model.fitted[0].states == ()
    values = np.arange(140.0) % 7 * 0 + np.repeat(np.arange(20.0), 7) * (np.arange(140) % 3 == 0)
    panel = panel_of(values)
    mean = Sarima().fit(panel, calendar_of(panel)).forecast(7)["mean"]
    assert mean.tolist() == pytest.approx([values[day::7][-13:].mean() for day in range(7)])


def test_an_incredible_forecast_is_replaced():
    panel = panel_of(regular(300))
    model = Sarima().fit(panel, calendar_of(panel))
    one = model.fitted[0]
    wild = sarima_forms.State(one.states[0].form, 1e3, 0.0)
    fitted = sarima.Fitted(one.weekday_mean, one.maximum, (wild,), np.ones(1))
    path = fitted.path(np.ones((3, len(wild.form.beta))), np.array([0, 1, 2]), np.ones(3, dtype=bool))
    assert path.tolist() == one.weekday_mean[:3].tolist()


def test_known_regressors_help():
    rng = np.random.default_rng(5)
    promo = (rng.random((1, 400)) < 0.3).astype(float)
    values = np.round(regular(400) * np.exp(1.0 * promo[0]))
    actual = values[372:]
    open_ = actual > 0
    errors = []
    for known in ({}, {"promo": promo}):
        panel = panel_of(values[:372], known=known)
        mean = Sarima().fit(panel, calendar_of(panel)).forecast(28)["mean"].to_numpy()
        errors.append(wape(actual[open_], mean[open_]))
    assert errors[1] < 0.6 * errors[0]


def test_known_regressors_survive_saving_and_backtests(tmp_path):
    promo = (np.random.default_rng(5).random((1, 400)) < 0.3).astype(float)
    panel = panel_of(regular(372), known={"promo": promo})
    model = Sarima().fit(panel, calendar_of(panel))
    model.to_dir(tmp_path)
    pd.testing.assert_frame_equal(
        Sarima.from_dir(tmp_path).forecast(60), model.forecast(60), check_exact=True
    )  # 60 days: beyond what is known
    calendars = calendars_at(panel.first_day, panel.values[0], "GB-ENG")
    fold = Fold(panel.last_day, 28)
    backtest = Sarima().backtest(panel, [fold], calendars)
    np.testing.assert_allclose(backtest["mean"], model.forecast(28)["mean"], rtol=1e-12)


def test_says_what_it_could_not_treat_and_what_did_not_converge():
    panel = panel_of(regular(300), np.full(300, 2.0), regular(300, 4))
    model = Sarima().fit(panel, calendar_of(panel))
    assert set(model.notes()) == {"transactions/country:1"}
    assert "mean of the last 13" in model.notes()["transactions/country:1"]
    first = model.fitted[0].states[0]
    stopped = sarima_forms.State(
        sarima_forms.Form(first.form.name, first.form.beta, Arma(0.5, 0.1, converged=False)), first.level, first.step
    )
    fitted = sarima.Fitted(model.fitted[0].weekday_mean, model.fitted[0].maximum, (stopped,), np.ones(1))
    model.fitted = (fitted, *model.fitted[1:])
    assert "stopped early in the form yearly" in model.notes()["transactions/total"]
