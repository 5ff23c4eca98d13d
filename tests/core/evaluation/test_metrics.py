"""Metrics against scikit-learn and values worked out by hand."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import mean_absolute_error, mean_absolute_percentage_error, root_mean_squared_error

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
