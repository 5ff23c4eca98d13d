"""The Gaussian process against scikit-learn's, and its one-pass forecasts against fits of shorter histories."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, ExpSineSquared, Matern

from core.evaluation.metrics import wape
from core.models.gp import GaussianProcess
from core.models.gp_kernel import CONSTANT, KERNELS, YEAR, Kernel, Solved
from core.models.gp_paths import groups, path_ahead, paths
from core.models.history import History
from core.models.seasonal_naive import SeasonalNaive
from tests.core.models.businesses import calendar_of, panel_of, regular

KERNEL = Kernel(level=0.8, level_days=250.0, memory=0.7, yearly=1.3)


def sklearn_kernel(kernel):
    """The same covariance from scikit-learn's parts; a tiny length scale makes ExpSineSquared 'the same weekday'."""
    return (
        ConstantKernel(CONSTANT**2)
        + ConstantKernel(kernel.level**2) * Matern(kernel.level_days, nu=0.5)
        + ConstantKernel(kernel.memory**2) * Matern(kernel.memory_days, nu=0.5)
        + ConstantKernel(kernel.week**2) * Matern(kernel.week_days, nu=0.5) * ExpSineSquared(0.01, 7.0)
        + ConstantKernel(kernel.yearly**2)
        * Matern(kernel.yearly_days, nu=0.5)
        * ExpSineSquared(kernel.yearly_width, YEAR)
    )


def test_forecast_equals_scikit_learn():
    rng = np.random.default_rng(0)
    observed = np.flatnonzero(rng.random(300) < 0.8)
    values = rng.normal(size=len(observed))
    solved = Solved(KERNEL, observed, 400, np.zeros((400, 0)))
    ours = solved.covariance(np.arange(300, 340)) @ solved.weights(values)
    theirs = GaussianProcessRegressor(sklearn_kernel(KERNEL), alpha=KERNEL.noise**2, optimizer=None)
    theirs.fit(observed[:, None], values)
    np.testing.assert_allclose(ours, theirs.predict(np.arange(300, 340)[:, None]), atol=1e-6)


def test_regressors_are_a_linear_kernel():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(120, 2))
    solved = Solved(KERNEL, np.arange(100), 120, x)
    plain = Solved(KERNEL, np.arange(100), 120, np.zeros((120, 0)))
    extra = solved.covariance(np.arange(120)) - plain.covariance(np.arange(120))
    np.testing.assert_allclose(extra, KERNEL.regressors**2 * x @ x[:100].T, atol=1e-9)


def test_every_origin_of_one_pass_equals_a_fit_on_what_it_knows():
    panel = panel_of(regular(300))
    history = History(panel, calendar_of(panel), 30)
    found = paths(history, np.array([150, 220, 300]), 28)
    for index, origin in enumerate((150, 220, 300)):
        short = panel.until(panel.days[origin - 1].item())
        direct = path_ahead(History(short, calendar_of(panel), 30), 28)
        # Rounding only: the same kernel, the same days.
        np.testing.assert_allclose(found[:, index], direct, atol=1e-8)


def test_series_with_the_same_days_share_a_factor():
    panel = panel_of(regular(200), regular(200, 1), np.where(np.arange(200) == 7, np.nan, regular(200, 2)))
    history = History(panel, calendar_of(panel), 10)
    assert [one.rows for one in groups(history, [0, 1, 2])] == [(0, 1), (2,)]


def test_learns_the_year():
    days = np.arange(1000)
    rng = np.random.default_rng(3)
    values = np.round(300 * np.exp(0.6 * np.sin(2 * np.pi * days / 365.25) + rng.normal(0, 0.15, 1000)))
    errors = {}
    for model in (GaussianProcess, SeasonalNaive):
        panel = panel_of(values[:910])
        mean = model().fit(panel, calendar_of(panel)).forecast(90)["mean"].to_numpy()
        errors[model] = wape(values[910:], mean)
    assert errors[GaussianProcess] < 0.5 * errors[SeasonalNaive]


def test_known_regressors_help():
    promo = (np.random.default_rng(5).random((1, 400)) < 0.3).astype(float)
    values = np.round(regular(400) * np.exp(promo[0]))
    open_ = values[372:] > 0
    errors = []
    for known in ({}, {"promo": promo}):
        panel = panel_of(values[:372], known=known)
        mean = GaussianProcess().fit(panel, calendar_of(panel)).forecast(28)["mean"].to_numpy()
        errors.append(wape(values[372:][open_], mean[open_]))
    assert errors[1] < 0.6 * errors[0]


def test_files_of_other_kernels_are_refused(tmp_path, monkeypatch):
    panel = panel_of(regular(100))
    GaussianProcess().fit(panel, calendar_of(panel)).to_dir(tmp_path)
    monkeypatch.setattr("core.models.gp.KERNELS", (*KERNELS[:-1], replace(KERNELS[-1], noise=3.0)))
    with pytest.raises(ValueError, match="other kernels"):
        GaussianProcess.from_dir(tmp_path)


def test_says_which_series_it_could_not_treat():
    panel = panel_of(regular(300), np.full(300, 4.0), np.where(np.arange(300) < 295, np.nan, 3.0 + np.arange(300)))
    notes = GaussianProcess().fit(panel, calendar_of(panel)).notes()
    assert set(notes) == {"transactions/country:1", "transactions/country:2"}
    assert notes["transactions/country:1"].startswith("constant")
    assert "observed days, 14 needed" in notes["transactions/country:2"]
