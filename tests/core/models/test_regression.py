"""Regressors and ridge regression against their definitions."""

import datetime as dt

import numpy as np
from sklearn.linear_model import Ridge

from core.models.regression import design, known_regressors, ridge
from core.series.days import day_range
from tests.core.models.businesses import panel_of


def test_ridge_equals_scikit_learn():
    rng = np.random.default_rng(0)
    matrix, target = rng.normal(size=(50, 4)), rng.normal(size=50)
    theirs = Ridge(alpha=1.0, fit_intercept=False).fit(matrix / np.sqrt([1, 2, 3, 4]), target).coef_
    ours = ridge(matrix, target, np.array([1.0, 2.0, 3.0, 4.0]))
    np.testing.assert_allclose(ours, theirs / np.sqrt([1, 2, 3, 4]), atol=1e-10)


def test_an_empty_column_counts_nothing():
    matrix = np.column_stack([np.ones(5), np.zeros(5)])
    assert ridge(matrix, np.full(5, 3.0), np.array([0.0, 0.0])).tolist() == [3.0, 0.0]


def test_holidays_and_their_neighbours():
    one = design(day_range(dt.date(2011, 4, 21), 6), "GB-ENG")  # Thursday to Tuesday around Easter
    holiday, before, after = one.matrix[:, 8:11].T
    assert holiday.tolist() == [0, 1, 0, 1, 1, 0]
    assert before.tolist() == [1, 0, 1, 1, 0, 0]
    assert after.tolist() == [0, 0, 1, 0, 1, 1]
    assert one.matrix[:, 1:8].argmax(axis=1).tolist() == [3, 4, 5, 6, 0, 1]


def test_regressors_do_not_depend_on_where_the_days_begin():
    whole = design(day_range(dt.date(2010, 1, 1), 800), "GB-ENG").matrix
    assert (whole[300:] == design(day_range(dt.date(2010, 10, 28), 500), "GB-ENG").matrix).all()


def test_known_regressors_are_standardised_by_the_past():
    promo = np.array([[0.0, 1.0, 0.0, 1.0, 1.0, np.nan]])
    panel = panel_of(np.arange(4.0), known={"promo": promo, "constant": np.full((1, 6), 5.0)})
    known = known_regressors(panel, 0, 8)
    assert known[0].tolist() == [-1, 1, -1, 1, 1, 0, 0, 0]
    assert known[1].tolist() == [0] * 8
    assert known_regressors(panel_of(np.arange(4.0)), 0, 8) is None


def test_a_regressor_that_only_rounding_moved_is_constant():
    price = np.concatenate([np.full(300, 0.1), np.full(5, 0.09)])[None, :]
    known = known_regressors(panel_of(np.arange(300.0), known={"price": price}), 0, 305)
    assert np.abs(known).max() < 1
