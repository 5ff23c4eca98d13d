"""Theta against statsmodels, its damping, and what it does where statsmodels cannot."""

import numpy as np
import pytest

from core.models import theta
from core.models.theta import Theta, next_and_drift
from core.models.weekday_mean import WeekdayMean
from core.series.calendar import OpeningCalendar
from tests.core.models.businesses import START, calendar_of, panel_of, regular

ALWAYS_OPEN = OpeningCalendar(START, START)


def ramp(n, seed=0, slope=0.01):
    rng = np.random.default_rng(seed)
    return 5 + slope * np.arange(n) + rng.normal(0, 0.1, n)


def test_forecasts_are_those_of_statsmodels():
    from statsmodels.tsa.forecasting.theta import ThetaModel

    level = ramp(200)
    first, drift = next_and_drift(level)
    theirs = ThetaModel(level, deseasonalize=False).fit().forecast(50)
    # The optimiser stops elsewhere on a series of another scale: a little another α, the same drift.
    np.testing.assert_allclose(first + drift * np.arange(50), theirs, rtol=0, atol=1e-3)
    slope = np.polyfit(np.arange(200), level, 1)[0]
    assert drift == pytest.approx(slope / 2, rel=1e-6)  # half of the trend line's


def test_scale_and_shift_pass_through():
    level = ramp(100)
    first, drift = next_and_drift(level)
    for factor, shift in ((1e-9, 0.0), (1e6, -3e6)):
        other, other_drift = next_and_drift(level * factor + shift)
        assert (other - shift) / factor == pytest.approx(first, rel=1e-6)
        assert other_drift / factor == pytest.approx(drift, rel=1e-6)


@pytest.mark.parametrize("level", [[3.0], [3.0] * 50, [0.0] * 50, [0.1] * 13])
def test_without_noise_there_is_no_drift(level):
    first, drift = next_and_drift(np.array(level))
    assert first == pytest.approx(level[0], abs=1e-12)
    assert drift == 0.0


def test_weekdays_come_back_and_the_drift_is_counted_in_open_days():
    weekdays = np.arange(140) % 7
    log = 5 + 0.002 * np.arange(140) + 0.3 * (weekdays == 2) + np.random.default_rng(0).normal(0, 0.02, 140)
    values = np.where(weekdays == 6, 0.0, np.expm1(log))
    panel = panel_of(values)
    model = Theta().fit(panel, calendar_of(panel))
    assert model.smoothed.reach.tolist() == [120.0]
    week, drift = model.smoothed.week[0], model.smoothed.drift[0]
    assert week[2] - week[:2].mean() == pytest.approx(0.3, abs=0.05)
    assert drift == pytest.approx(0.002 / 2 * 7 / 6, rel=0.1)
    mean = model.forecast(14)["mean"].to_numpy()
    log = np.log1p(mean[np.arange(14) % 7 != 6])
    lost = 1 - 1 / 120
    passed = np.cumsum([0.0, *(lost ** np.arange(1, 12))])
    np.testing.assert_allclose(log, np.tile(week[:6], 2) + drift * passed, rtol=1e-12)
    assert mean[6] == mean[13] == 0.0


def test_drift_comes_to_no_more_than_was_seen():
    values = np.exp(ramp(60, slope=0.05))
    mean = Theta().fit(panel_of(values), ALWAYS_OPEN).forecast(365)["mean"].to_numpy()
    growth = np.log(mean[-7:].mean() / values[-7:].mean())
    assert 0 < growth < 0.05 * 60 / 2 + 0.3
    assert mean.max() <= 5 * values.max()


def test_where_statsmodels_finds_nothing_the_weekday_mean_is_taken(monkeypatch):
    monkeypatch.setattr(theta, "next_and_drift", lambda level: (np.nan, np.inf))
    panel = panel_of(regular(100))
    model = Theta().fit(panel, calendar_of(panel))
    simple = WeekdayMean().fit(panel, calendar_of(panel)).forecast(30)["mean"]
    assert model.forecast(30)["mean"].tolist() == simple.tolist()
    assert "no finite estimate" in model.notes()["transactions/total"]


def test_only_the_latest_days_are_learnt_from(monkeypatch):
    monkeypatch.setattr(theta, "TRAINING_DAYS", 100)
    values = regular(400)
    other = values.copy()
    other[:200] *= 3
    frames = [Theta().fit(panel_of(one), ALWAYS_OPEN).forecast(28)["mean"].tolist() for one in (values, other)]
    assert frames[0] == frames[1]


def test_a_series_that_stopped_long_ago_is_no_trouble():
    values = np.concatenate([regular(100), np.full(1300, np.nan)])
    mean = Theta().fit(panel_of(values), ALWAYS_OPEN).forecast(28)["mean"]
    assert np.isfinite(mean).all()
    assert mean.max() < 2 * np.nanmax(values)
