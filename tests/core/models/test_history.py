"""What models are told of the past, against slow plain versions, and that no origin is told of later days."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from core.models.history import FAR_CHRISTMAS, LEVELS, YEAR, History
from core.models.known_effects import BEYOND
from core.models.xgb_features import Features, feature_names
from core.series.calendar import calendars_at
from core.series.days import weekday
from core.series.panel import Panel
from tests.core.models.businesses import START, calendar_of, panel_of, regular

N_DAYS = 800


@pytest.fixture(scope="module")
def panel():
    return panel_of(regular(N_DAYS), regular(N_DAYS, 3, 40.0))


@pytest.fixture(scope="module")
def history(panel):
    return History(panel, calendar_of(panel), 60)


def log(panel, row=0):
    values = panel.values[row]
    return pd.Series(np.where(values > 0, np.log1p(values), np.nan))


@pytest.mark.parametrize("days", LEVELS)
def test_level_is_the_mean_of_the_last_days(history, panel, days):
    expected = log(panel, 1).rolling(days, min_periods=1).mean().ffill().to_numpy()
    origins = np.arange(1, N_DAYS + 1)
    np.testing.assert_allclose(history.level(np.array([1]), origins, days), np.nan_to_num(expected), atol=1e-9)


def test_spread_and_days_seen(history, panel):
    origins = np.arange(60, N_DAYS)
    seen = log(panel).notna().cumsum().to_numpy()
    for origin in (60, 333, 799):
        assert history.spread(np.array([0]), np.array([origin])) == pytest.approx(
            np.nanstd(log(panel)[origin - 28 : origin])
        )
    assert (history.seen(np.array([0]), origins) == seen[origins - 1]).all()


def test_weekday_profile(history, panel):
    values, days = log(panel), weekday(panel.days)
    level = values.rolling(28, min_periods=1).mean().ffill().shift(1).fillna(0.0)
    relative = values - level
    for origin in (200, 511):
        for day in range(7):
            last = relative[:origin][days[:origin] == day][-13:]
            expected = 0.0 if last.isna().all() else last.mean()
            assert history.profile[0, origin, day] == pytest.approx(expected, abs=1e-9)


def test_year_shape(history, panel):
    values, days = log(panel), weekday(panel.days)
    flat = values - history.profile[0, np.arange(N_DAYS), days]
    origin, target = 600, 612
    near = flat[target - YEAR - 3 : target - YEAR + 4].mean()
    base = flat[origin - YEAR - 28 : origin - YEAR].mean()
    assert history.year_shape(0, np.array(origin), np.array(target), 3) == pytest.approx(near - base)
    assert np.isnan(history.year_shape(0, np.array(300), np.array(310), 3))


def test_calendar_by_hand():
    panel = panel_of(regular(N_DAYS))
    found = History(panel, calendar_of(panel), 60).calendar_features()
    at = lambda day: (day - START).days  # noqa: E731
    assert found["to_christmas"][
        [at(dt.date(2016, 12, 24)), at(dt.date(2016, 12, 25)), at(dt.date(2016, 12, 26))]
    ].tolist() == [1, 0, FAR_CHRISTMAS]
    assert found["holiday"][at(dt.date(2017, 4, 14))] == 1
    assert found["holiday_next"][at(dt.date(2017, 4, 13))] == 1
    assert found["closed_before"][0, at(dt.date(2016, 5, 16))] == 1  # the Sunday before
    assert found["closures_before"][0, at(dt.date(2016, 5, 16))] == 1
    assert found["closures_after"][0, at(dt.date(2016, 5, 16))] == 1
    assert found["day_of_year"][at(dt.date(2016, 12, 31))] == 365


def test_no_origin_is_told_of_later_days(panel):
    """Features of origin 400 from a panel whose later values, open days included, are different: the same bits."""
    known = {"promo": np.random.default_rng(0).random((2, N_DAYS + 60)).round()}
    calendars = calendars_at(panel.first_day, panel.values[0], "GB-ENG")
    origin = 400
    rows, targets = np.repeat([0, 1], 28), np.tile(origin + np.arange(28), 2)
    origins = np.full(56, origin)
    other = panel.values.copy()
    other[:, origin:] = np.random.default_rng(1).lognormal(5, 1, other[:, origin:].shape)
    told = []
    for values in (panel.values, other):
        one = History(Panel(panel.series, START, values, known), calendars(panel.last_day), 60)
        told.append(Features(one, 28).matrix(rows, origins, targets, np.zeros(56)))
    names = feature_names(("promo",))
    assert told[0].shape == (56, len(names))
    np.testing.assert_array_equal(*told)


def test_features_do_not_depend_on_how_far_ahead_is_asked(panel):
    promo = np.repeat(np.random.default_rng(2).random((2, 115)) < 0.3, 8, axis=1).astype(np.float64)
    panel = Panel(panel.series, START, panel.values, {"promo": promo[:, : N_DAYS + 100]})
    told = []
    for ahead in (28 + BEYOND, 120):
        one = History(panel, calendar_of(panel), ahead)
        targets = N_DAYS + np.arange(28)
        told.append(Features(one, 28).matrix(np.zeros(28, int), np.full(28, N_DAYS), targets, np.zeros(28)))
    np.testing.assert_array_equal(*told)


def test_the_first_observed_day_has_no_weekday_effect():
    """A series that starts late at a high level: its first day must not pass for a busy weekday."""
    late = np.where(np.arange(400) < 388, np.nan, 1000.0 + np.arange(400) % 5)
    panel = panel_of(regular(400), late)
    history = History(panel, calendar_of(panel), 30)
    assert np.abs(history.profile[1, -1]).max() < 0.1
