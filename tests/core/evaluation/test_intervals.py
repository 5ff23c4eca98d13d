"""Conformal intervals: quantiles by hand, coverage on simulated truth, and their promises of shape."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.evaluation.backtest import make_folds
from core.evaluation.calibration import LOG, ROOT, Past, Width, growth_at, interval, quantile_widths
from core.evaluation.intervals import add_intervals, fit_intervals, history_residuals, realised_coverage
from core.models.base import INTERVAL_COLUMNS
from core.models.weekday_mean import WeekdayMean
from core.series.panel import Series
from tests.core.evaluation.frames import run_backtest
from tests.core.models.businesses import START, calendar_of, odd, panel_of, regular

ALPHAS = np.array([0.2, 0.05])


def simulated(n_folds, horizon=28, sigma=0.3, bias=0.0, seed=0, series=("total",)):
    """A backtest with log-normal errors around a forecast of 100; every 7th day closed."""
    rng = np.random.default_rng(seed)
    frames = []
    for segment in series:
        for fold in range(n_folds):
            cutoff = pd.Timestamp("2020-01-01") + pd.Timedelta(days=horizon * fold)
            steps = np.arange(1, horizon + 1)
            is_open = steps % 7 != 0
            errors = rng.normal(bias, sigma, horizon)
            frames.append(
                pd.DataFrame(
                    {
                        "model": "m", "measure": "revenue", "segment": segment, "cutoff": cutoff,
                        "date": cutoff + pd.to_timedelta(steps, "D"), "horizon": steps,
                        "y": np.where(is_open, np.expm1(np.log1p(100) + errors), 0.0),
                        "mean": np.where(is_open, 100.0, 0.0), "open": is_open, "scale": 1.0,
                    }
                )
            )  # fmt: skip
    return pd.concat(frames, ignore_index=True)


def points(horizon=365, segment="total", model="m"):
    steps = np.arange(1, horizon + 1)
    is_open = steps % 7 != 0
    return pd.DataFrame(
        {
            "model": model, "measure": "revenue", "segment": segment, "horizon": steps,
            "mean": np.where(is_open, 100.0, 0.0), "open": is_open,
        }
    )  # fmt: skip


def test_quantiles_by_hand():
    residuals = np.arange(-9.0, 11.0)  # 20 numbers, −9 … 10
    widths = quantile_widths(residuals, ALPHAS)  # ranks ⌈21 · .9⌉ = 19 and ⌈21 · .975⌉ = 21 → beyond the largest
    beyond = 1.959964 / 1.668391  # normal quantiles of .975 and of 20 / 21
    assert widths == pytest.approx(np.array([[8.0, 9.0], [9.0 * beyond, 10.0 * beyond]]), rel=1e-6)


@pytest.mark.parametrize("count", [0, 1, 8, 9, 20, 38, 39, 200])
def test_the_95_interval_is_wider_however_few_the_errors(count):
    widths = quantile_widths(np.random.default_rng(count).normal(size=count), ALPHAS)
    assert (widths[1] > widths[0]).all()


def test_too_few_errors_are_as_good_as_none():
    assert (quantile_widths(np.zeros(8), ALPHAS, 1.0) == quantile_widths(np.empty(0), ALPHAS, 1.0)).all()
    assert quantile_widths(np.empty(0), ALPHAS, 1.0) == pytest.approx(
        np.array([[1, 1], [1.959964 / 1.281552] * 2]), rel=1e-5
    )


def test_intervals_to_come_go_on_from_the_misses_of_those_shown():
    """The ninth fold's intervals are the same, whether made inside a backtest or after one of eight folds."""
    panel = panel_of(regular(500))
    calendar = calendar_of(panel)
    folds = make_folds(panel, 28, 9, 28)
    shown = run_backtest(["seasonal_naive"], panel, folds, lambda _: calendar)
    ninth = shown["cutoff"] == shown["cutoff"].max()
    past = history_residuals(panel.until(folds[-1].origin), calendar, 28)
    made = fit_intervals(shown[~ninth], past).apply(shown[ninth].drop(columns=list(INTERVAL_COLUMNS)))
    names = list(INTERVAL_COLUMNS)
    pd.testing.assert_frame_equal(made[names], shown.loc[ninth, names])


def test_a_root_scale_without_errors_falls_back_to_its_own_width():
    series = Series("transactions")
    table = fit_intervals(pd.DataFrame(), {series: Past(ROOT, np.empty(0))})
    assert table.prior[series].widths[0].tolist() == [ROOT.unknown] * 2


def test_a_one_sided_error_leaves_the_forecast_inside():
    widths = quantile_widths(np.linspace(0.1, 0.5, 50), ALPHAS)
    assert (widths[:, 0] == 0).all()
    assert (widths[:, 1] > 0.4).all()


def test_without_errors_half_to_double():
    bounds = interval(np.array([100.0]), Width.unknown(), np.ones(1))
    assert bounds[0, 0] == pytest.approx([101 / 2 - 1, 101 * 2 - 1])


@pytest.mark.parametrize("bias", [0.0, 0.2])
def test_coverage_of_simulated_truth(bias):
    frame = simulated(60, bias=bias, series=("total", "country:1"))
    covered = add_intervals(frame, {})
    late = covered[covered["open"] & (covered["cutoff"] > covered["cutoff"].unique()[8])]
    assert late["y"].between(late["lo80"], late["hi80"]).mean() == pytest.approx(0.80, abs=0.03)
    assert late["y"].between(late["lo95"], late["hi95"]).mean() == pytest.approx(0.95, abs=0.015)


def test_errors_that_grow_make_the_next_intervals_wider():
    calm, wild = simulated(8, sigma=0.1), simulated(4, sigma=0.4, seed=1)
    wild["cutoff"] += pd.Timedelta(days=28 * 8)
    wild["date"] += pd.Timedelta(days=28 * 8)
    after = add_intervals(pd.concat([calm, wild], ignore_index=True), {}).groupby("cutoff")["hi80"].max()
    assert after.iloc[11] > after.iloc[9] > after.iloc[8]


def test_a_fold_knows_only_finished_folds():
    """Weekly origins with a horizon of 28 days: three of four earlier folds are still running."""
    frame = simulated(12)
    frame["cutoff"] = pd.Timestamp("2020-01-01") + (frame["cutoff"] - pd.Timestamp("2020-01-01")) / 4
    frame["date"] = frame["cutoff"] + pd.to_timedelta(frame["horizon"], "D")
    before = add_intervals(frame, {})
    cutoff = frame["cutoff"].unique()[8]
    changed = frame.assign(y=np.where(frame["cutoff"] + pd.Timedelta(days=28) > cutoff, 5e3, frame["y"]))
    after = add_intervals(changed, {})
    fold = frame["cutoff"] <= cutoff
    pd.testing.assert_frame_equal(before.loc[fold, list(INTERVAL_COLUMNS)], after.loc[fold, list(INTERVAL_COLUMNS)])
    later = frame["cutoff"] == frame["cutoff"].unique()[11]
    assert not before.loc[later, "hi95"].equals(after.loc[later, "hi95"])


@pytest.fixture(scope="module")
def table():
    return fit_intervals(add_intervals(simulated(10), {}))


def test_shape_of_intervals_to_a_year(table):
    frame = table.apply(points())
    open_ = frame[frame["open"]]
    assert (frame.loc[~frame["open"], list(INTERVAL_COLUMNS)] == 0).all().all()
    assert (open_["lo95"] <= open_["lo80"]).all()
    assert (open_["lo80"] <= open_["mean"]).all()
    assert (open_["mean"] <= open_["hi80"]).all()
    assert (open_["hi80"] <= open_["hi95"]).all()
    for level in (80, 95):
        width = np.log1p(open_[f"hi{level}"]) - np.log1p(open_[f"lo{level}"])
        assert (width.diff().dropna() >= -1e-12).all()
        assert 1.2 < width.iloc[-1] / width.iloc[23] < 1.8


def test_growth_never_falls():
    growth = growth_at(np.array([0.9, 1.0, 1.1, 1.1]), 28, np.arange(1, 366))
    assert (np.diff(growth) >= 0).all()
    assert growth[[0, 7, 27]].tolist() == [0.9, 1.0, 1.1]
    assert growth[-1] == pytest.approx(1.1 * np.sqrt(1 + 0.1 * 337 / 28))


def test_unknown_series_and_empty_backtests_use_the_history(table):
    panel = panel_of(regular(300))
    past = history_residuals(panel, calendar_of(panel), 28)
    known = fit_intervals(pd.DataFrame(), past).apply(points().assign(measure="transactions"))
    unknown = table.apply(points(segment="country:Nowhere"))
    assert 100 < known["hi80"].iloc[0] < unknown["hi80"].iloc[0]
    assert unknown["hi80"].iloc[0] == pytest.approx(101 * 2 ** table.growth["m"][0] - 1)


def test_intermittent_series_do_not_explode():
    rng = np.random.default_rng(0)
    zeros = panel_of(np.where(rng.random(1500) < 0.6, 0.0, rng.lognormal(5, 1, 1500)))
    frame = run_backtest(["seasonal_naive"], zeros, make_folds(zeros, 28, 40, 28), lambda _: calendar_of(zeros))
    assert frame["hi95"].max() < 20 * zeros.values.max()
    table = fit_intervals(frame)
    assert table.widths["seasonal_naive", Series("transactions")].scale is ROOT
    late = frame[frame["cutoff"] > frame["cutoff"].unique()[3]]
    assert late["y"].between(late["lo80"], late["hi80"]).mean() == pytest.approx(0.8, abs=0.05)


@pytest.mark.parametrize("case", odd())
def test_odd_series(case):
    panel = panel_of(odd()[case])
    past = history_residuals(panel, calendar_of(panel), 28)
    frame = run_backtest(["seasonal_naive"], panel, make_folds(panel, 28, 8, 28), lambda _: calendar_of(panel))
    assert np.isfinite(frame[list(INTERVAL_COLUMNS)].astype(float)).all().all()
    ahead = points().assign(measure="transactions", model="seasonal_naive")
    assert np.isfinite(fit_intervals(frame, past).apply(ahead)[list(INTERVAL_COLUMNS)]).all().all()


def test_history_residuals_are_lagged_by_the_horizon():
    values = np.repeat(np.arange(1.0, 41.0), 7)  # rises every week
    panel = panel_of(values)
    calendar = calendar_of(panel)
    errors = history_residuals(panel, calendar, 28)[Series("transactions")].errors
    newest = np.log1p(40) - np.mean(np.log1p([36, 35, 34, 33]))
    assert errors[-1] == pytest.approx(newest)
    assert len(errors) == 182
    assert len(history_residuals(panel.until(panel.first_day + dt.timedelta(days=40)), calendar, 28)) == 1


def test_realised_coverage(backtest):
    told = realised_coverage(backtest)
    assert told["model"].tolist() == ["seasonal_naive"] * 2 + ["sarima"] * 2
    assert told["level"].tolist() == [0.8, 0.95] * 2
    one = backtest[(backtest["model"] == "sarima") & backtest["open"]]
    assert told["realised"][2] == pytest.approx(one["y"].between(one["lo80"], one["hi80"]).mean())
    assert (told["worst_fold"] <= told["realised"]).all()


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.floats(0, 1e9), min_size=1, max_size=5),
    st.lists(st.floats(-3, 3), min_size=0, max_size=60),
    st.sampled_from([LOG, ROOT]),
    st.floats(0.5, 3),
)
def test_intervals_nest_and_contain_the_forecast(mean, residuals, scale, growth):
    mean = np.array(mean)
    bounds = interval(mean, Width(scale, quantile_widths(np.array(residuals), ALPHAS)), np.full(len(mean), growth))
    assert (bounds >= 0).all()
    assert (bounds[:, 1, 0] <= bounds[:, 0, 0]).all()
    assert (bounds[:, 0, 0] <= mean).all()
    assert (mean <= bounds[:, 0, 1]).all()
    assert (bounds[:, 0, 1] <= bounds[:, 1, 1]).all()


def test_folds_before_a_series_began_say_nothing_of_its_errors():
    """One that starts in the middle of the backtest has intervals as wide as alone, not as wide as its level."""
    late = np.where(np.arange(200) < 120, np.nan, regular(200, 3, 40.0))
    panel = panel_of(regular(200), late)
    calendar = calendar_of(panel)
    folds = make_folds(panel, 14, 8, 14)
    nothing = int((np.array([fold.origin for fold in folds]) < START + dt.timedelta(days=126)).sum())
    assert 1 < nothing < len(folds) - 1
    frame = run_backtest(["weekday_mean"], panel, folds, lambda _: calendar)
    table = fit_intervals(frame, history_residuals(panel, calendar, 14))
    ahead = WeekdayMean().fit(panel, calendar).forecast(14).assign(model="weekday_mean")
    shown = table.apply(ahead)
    shown = shown[(shown["segment"] != "total") & shown["open"]]
    assert (shown["hi95"] < 4 * shown["mean"]).all()
