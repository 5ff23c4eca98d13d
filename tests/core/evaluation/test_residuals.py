"""Residuals: the statistics against statsmodels, what is taken of a backtest, what is too little to say anything."""

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.diagnostic import acorr_ljungbox
from statsmodels.stats.stattools import jarque_bera
from statsmodels.tsa.stattools import acf

from core.evaluation.residuals import LEAST, autocorrelations, diagnose, ljung_box, residuals_of
from tests.core.evaluation.frames import awkward, made


def noise(n: int, carried: float = 0.0, seed: int = 0) -> np.ndarray:
    """AR(1) with a long right tail."""
    shocks = np.random.default_rng(seed).gamma(2.0, 3.0, n)
    for t in range(1, n):
        shocks[t] += carried * shocks[t - 1]
    return shocks


@pytest.mark.parametrize(("n", "carried"), [(25, 0.0), (60, 0.6), (190, 0.0), (190, -0.5)])
def test_as_statsmodels(n: int, carried: float) -> None:
    values = noise(n, carried)
    found = diagnose(values)
    assert found is not None
    assert found.acf == pytest.approx(acf(values, nlags=len(found.acf), fft=False)[1:], abs=1e-12)
    theirs = acorr_ljungbox(values, lags=[found.lags])
    assert (found.q, found.white_p) == pytest.approx((theirs["lb_stat"].iloc[0], theirs["lb_pvalue"].iloc[0]))
    _, p_value, skewness, kurtosis = jarque_bera(values)
    assert (found.normal_p, found.skewness, found.kurtosis + 3) == pytest.approx((p_value, skewness, kurtosis))
    assert found.deviation == pytest.approx(np.std(values, ddof=1))


def test_white_noise_is_seldom_called_anything_else() -> None:
    """Of 400 series of noise about 5 % have a p-value below 5 %: three standard errors are 3.3 %."""
    rng = np.random.default_rng(1)
    p_values = np.array([ljung_box(rng.normal(size=150), 10)[1] for _ in range(400)])
    assert 0.017 < (p_values < 0.05).mean() < 0.083


def test_too_little_or_nothing_to_say() -> None:
    assert diagnose(noise(LEAST - 1)) is None
    assert diagnose(np.full(50, 3.0)) is None
    assert diagnose(np.zeros(50)) is None
    assert (autocorrelations(np.full(9, 2.0), 3) == 0).all()


def test_residuals_of_open_days_once_each() -> None:
    rows = made({"sarima": 0.2}, folds=4, step=7, horizon=28)
    found = residuals_of(rows)
    assert found["date"].is_unique
    assert found["date"].is_monotonic_increasing
    assert not (found["date"].dt.day_of_week == 6).any()
    latest = rows[rows["open"]].groupby("date")["cutoff"].max()
    assert found.set_index("date")["cutoff"].equals(latest)
    assert (found["residual"] == found["y"] - found["mean"]).all()


def test_days_without_an_actual_are_left_out() -> None:
    rows = awkward()
    one = rows[(rows["model"] == "sarima") & (rows["segment"] == "total")]
    assert residuals_of(one)["residual"].notna().all()
    assert len(residuals_of(one)) == int((one["open"] & one["y"].notna()).sum())
    assert residuals_of(one.head(0)).empty
    assert isinstance(residuals_of(one), pd.DataFrame)
