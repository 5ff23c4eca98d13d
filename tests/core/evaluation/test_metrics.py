"""Metrics against scikit-learn and values worked out by hand."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm
from sklearn.metrics import (
    mean_absolute_error,
    mean_absolute_percentage_error,
    mean_pinball_loss,
    root_mean_squared_error,
)

from core.evaluation import metrics

Y = np.array([10.0, 0.0, 20.0, 5.0])
F = np.array([12.0, 0.0, 15.0, 5.0])
pairs = st.lists(st.tuples(st.floats(0.1, 1e6), st.floats(0, 1e6)), min_size=1, max_size=30)


@given(pairs)
def test_against_scikit_learn(rows):
    y, f = np.array(rows).T
    assert metrics.rmse(y, f) == pytest.approx(root_mean_squared_error(y, f))
    assert metrics.mae(y, f) == pytest.approx(mean_absolute_error(y, f))
    assert metrics.mape(y, f) == pytest.approx(mean_absolute_percentage_error(y, f))


def test_by_hand():
    assert metrics.rmse(Y, F) == pytest.approx(math.sqrt(29 / 4))
    assert metrics.mae(Y, F) == pytest.approx(7 / 4)
    assert metrics.wape(Y, F) == pytest.approx(7 / 35)
    assert metrics.bias(Y, F) == pytest.approx(-3 / 35)
    assert metrics.mape(Y, F) == pytest.approx((0.2 + 0.25 + 0.0) / 3)
    assert metrics.mape(Y, F, np.array([True, False, False, True])) == pytest.approx(0.1)
    assert metrics.mase(Y, F, 3.5) == pytest.approx(0.5)
    assert metrics.mase(Y, F, np.array([2.0, 1.0, 0.0, np.nan])) == pytest.approx((1 + 0) / 2)
    assert metrics.coverage(Y, np.array([9.0, 0.0, 21.0, 5.0]), np.array([11.0, 0.0, 25.0, 5.0])) == 0.75


def test_missing_actuals_are_left_out():
    y, f = np.array([1.0, np.nan, 3.0]), np.array([2.0, 50.0, 3.0])
    for metric in (metrics.rmse, metrics.mae, metrics.mape, metrics.wape, metrics.bias):
        assert metric(y, f) == metric(y[[0, 2]], f[[0, 2]])
    assert metrics.mase(y, f, np.array([1.0, 7.0, 1.0])) == 0.5
    assert metrics.coverage(y, f, f) == 0.5


@pytest.mark.parametrize("y", [np.empty(0), np.array([np.nan])])
def test_nothing_to_score_is_not_zero(y):
    for metric in (metrics.rmse, metrics.mae, metrics.mape, metrics.wape, metrics.bias):
        assert math.isnan(metric(y, np.zeros(len(y))))
    assert math.isnan(metrics.mase(y, np.zeros(len(y)), 1.0))
    assert math.isnan(metrics.coverage(y, y, y))


def test_relative_metrics_without_volume():
    zeros, ones = np.zeros(3), np.ones(3)
    assert math.isnan(metrics.wape(zeros, ones))
    assert math.isnan(metrics.bias(zeros, ones))
    assert math.isnan(metrics.mape(zeros, ones))
    assert math.isnan(metrics.mase(ones, zeros, 0.0))


def test_shapes_must_agree():
    with pytest.raises(ValueError, match="shape"):
        metrics.mae(np.zeros(2), np.zeros(3))


def test_naive_scale():
    values = np.array([1, 2, 3, 4, 5, 6, 0, 2, 4, np.nan, 8, 5, 6, 9.0])
    is_open = np.ones(14, dtype=bool)
    is_open[6] = False
    assert metrics.naive_scale(values, is_open) == pytest.approx((1 + 2 + 4 + 0 + 0) / 5)
    assert math.isnan(metrics.naive_scale(np.arange(7.0), np.ones(7, dtype=bool)))


def test_smape_by_hand():
    assert metrics.smape(Y, F) == pytest.approx((2 * 2 / 22 + 2 * 5 / 35 + 0) / 3)  # 0 and 0 is left out
    assert metrics.smape(np.array([0.0, 5.0]), np.array([3.0, 0.0])) == 2
    assert math.isnan(metrics.smape(np.zeros(2), np.zeros(2)))
    assert math.isnan(metrics.smape(np.ones(2), np.array([1.0, np.nan])))


@given(pairs)
def test_smape_is_symmetric_and_within_0_and_2(rows):
    y, f = np.array(rows).T
    assert 0 <= metrics.smape(y, f) <= 2
    assert metrics.smape(y, f) == pytest.approx(metrics.smape(f, y))
    assert metrics.smape(y, f) == pytest.approx(np.mean([2 * abs(a - b) / (a + b) for a, b in rows]))


def test_rmsse_as_in_m5():
    """The M5 guide, with the week-old value as naive forecast."""
    history = np.array([3.0, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3])
    y, f = np.array([3.0, 8.0]), np.array([5.0, 5.0])
    scale2 = metrics.naive_scale_squared(history, np.ones(16, dtype=bool))
    steps = [(history[t] - history[t - 7]) ** 2 for t in range(7, 16)]
    assert scale2 == pytest.approx(sum(steps) / 9)
    assert metrics.rmsse(y, f, scale2) == pytest.approx(math.sqrt((4 + 9) / 2 / scale2))
    assert metrics.rmsse(y, f, np.array([4.0, 9.0])) == pytest.approx(1)
    assert metrics.rmsse(y, f, np.array([4.0, 0.0])) == pytest.approx(1)
    assert math.isnan(metrics.rmsse(y, f, 0.0))
    assert math.isnan(metrics.rmsse(y, f, np.nan))
    assert math.isnan(metrics.naive_scale_squared(history[:7], np.ones(7, dtype=bool)))


def test_scales_leave_out_closed_and_unknown_days():
    values = np.array([1, 2, 3, 4, 5, 6, 0, 2, 4, np.nan, 8, 5, 6, 9.0])
    is_open = np.ones(14, dtype=bool)
    is_open[6] = False
    assert metrics.naive_scale_squared(values, is_open) == pytest.approx((1 + 4 + 16 + 0 + 0) / 5)


@given(pairs, st.floats(0.01, 0.99))
def test_pinball_against_scikit_learn(rows, q):
    y, f = np.array(rows).T
    assert metrics.pinball(y, f, q) == pytest.approx(mean_pinball_loss(y, f, alpha=q))


@pytest.mark.parametrize("y", [-1.3, 0.0, 0.4, 2.5])
def test_crps_converges_to_the_closed_form_of_a_normal_forecast(y):
    shares = (np.arange(2000) + 0.5) / 2000
    quantiles = {float(q): np.array([value]) for q, value in zip(shares, norm.ppf(shares), strict=True)}
    exact = y * (2 * norm.cdf(y) - 1) + 2 * norm.pdf(y) - 1 / math.sqrt(math.pi)
    assert metrics.crps(np.array([y]), quantiles) == pytest.approx(exact, abs=1e-3)


QUANTILES = (0.025, 0.1, 0.5, 0.9, 0.975)


@given(pairs)
def test_without_spread_crps_is_mae_and_wql_is_wape(rows):
    y, f = np.array(rows).T
    assert metrics.crps(y, dict.fromkeys(QUANTILES, f)) == pytest.approx(metrics.mae(y, f))
    assert metrics.weighted_quantile_loss(y, dict.fromkeys(QUANTILES, f)) == pytest.approx(metrics.wape(y, f))


def test_wql_by_hand():
    y = np.array([10.0, np.nan, 20.0])
    quantiles = {0.1: np.array([8.0, 1, 22]), 0.9: np.array([9.0, 1, 30])}
    losses = [0.1 * 2, 0.9 * 2, 0.9 * 1, 0.1 * 10]  # pinball of each pair and quantile
    assert metrics.crps(y, quantiles) == pytest.approx(2 * sum(losses) / 4)
    assert metrics.weighted_quantile_loss(y, quantiles) == pytest.approx(2 * sum(losses) / 2 / 30)
    assert math.isnan(metrics.crps(y, {}))
    assert math.isnan(metrics.weighted_quantile_loss(np.zeros(3), quantiles))


def test_winkler_by_hand():
    low, high = np.array([9.0, 0, 21, 5]), np.array([11.0, 0, 25, 5])
    assert metrics.winkler(Y, low, high, 80) == pytest.approx((2 + 0 + (4 + 10 * 1) + 0) / 4)
    assert metrics.winkler(Y, low, high, 95) == pytest.approx((2 + 0 + (4 + 40 * 1) + 0) / 4)
    assert metrics.winkler(np.array([30.0, np.nan]), low[:2], high[:2], 80) == pytest.approx(2 + 10 * 19)
    assert metrics.interval_width(low, high) == pytest.approx((2 + 0 + 4 + 0) / 4)
    assert metrics.interval_width(np.array([1.0, np.nan]), np.array([4.0, 9.0])) == 3


@given(st.lists(st.tuples(*[st.floats(-1e4, 1e4)] * 3), min_size=1, max_size=20), st.sampled_from([50, 80, 95, 99.9]))
def test_winkler_is_the_pinball_loss_of_both_ends(rows, level):
    """Gneiting & Raftery (2007): the interval score is the sum of two quantile scores times 2 / alpha."""
    y, a, b = np.array(rows).T
    low, high, alpha = np.minimum(a, b), np.maximum(a, b), 1 - level / 100
    ends = metrics.pinball(y, low, alpha / 2) + metrics.pinball(y, high, 1 - alpha / 2)
    assert metrics.winkler(y, low, high, level) == pytest.approx(2 / alpha * ends, rel=1e-6, abs=1e-6)


def test_true_quantiles_have_the_best_winkler_score():
    y = np.random.default_rng(0).normal(size=20_000)
    exact = norm.ppf(0.9)
    scores = [
        metrics.winkler(y, np.full(y.size, -z), np.full(y.size, z), 80) for z in (0.8 * exact, exact, 1.2 * exact)
    ]
    assert min(scores) == scores[1]


@pytest.mark.parametrize("y", [np.empty(0), np.array([np.nan])])
def test_nothing_to_score_is_not_zero_for_intervals_and_quantiles(y):
    zeros = np.zeros(len(y))
    undefined = [
        metrics.smape(y, zeros),
        metrics.rmsse(y, zeros, 1.0),
        metrics.pinball(y, zeros, 0.5),
        metrics.crps(y, {0.5: zeros}),
        metrics.weighted_quantile_loss(y, {0.5: zeros}),
        metrics.winkler(y, zeros, zeros, 80),
        metrics.interval_width(y, zeros),
    ]
    assert np.isnan(undefined).all()


@pytest.mark.parametrize("share", [0, 1, -0.1, 1.5])
def test_quantiles_and_levels_have_limits(share):
    with pytest.raises(ValueError, match="between"):
        metrics.pinball(Y, F, share)
    with pytest.raises(ValueError, match="between"):
        metrics.winkler(Y, F, F, 100 * share)
