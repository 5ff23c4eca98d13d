"""Weekday mean against its definition, to the last bit where that matters."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from core.models.seasonal_naive import SeasonalNaive
from core.models.weekday_mean import MEAN_OF_LAST, WeekdayMean, value_range, weeks_of_means
from core.series.calendar import OpeningCalendar
from core.series.days import weekday
from core.series.panel import Panel, Series
from core.series.panel_calendar import panel_calendars_at
from tests.core.models.businesses import START, calendar_of, panel_of, regular

ALWAYS_OPEN = OpeningCalendar(START, START)


def test_mean_of_the_last_thirteen_observed_same_weekdays():
    values = regular(364)  # ends on a Sunday
    values[-2] = 0.0  # an accident: the last Saturday had no trade
    values[-7] = np.nan  # the last Monday is missing
    panel = panel_of(values)
    mean = WeekdayMean().fit(panel, calendar_of(panel)).forecast(15)["mean"].to_numpy()
    days = [values[day::7] for day in range(6)]
    days[0], days[5] = days[0][:-1], days[5][:-1]
    week = [*(day[-MEAN_OF_LAST:].mean() for day in days), 0.0]
    assert mean.tolist() == pytest.approx([*week, *week, week[0]], rel=1e-14)


def test_fewer_days_are_averaged_and_a_weekday_never_seen_gets_the_recent_mean():
    panel = panel_of(np.array([1.0, 2.0, 3.0, 4.0, 5.0, np.nan, np.nan, 2.0]))
    mean = WeekdayMean().fit(panel, ALWAYS_OPEN).forecast(7)["mean"]
    assert mean.tolist() == pytest.approx([2.0, 3.0, 4.0, 5.0, 17 / 6, 17 / 6, 1.5])


def test_values_below_zero_count_as_zero():
    values = regular(200)
    other = values.copy()
    values[50:120:5], other[50:120:5] = -40.0, 0.0
    frames = [WeekdayMean().fit(panel_of(one), ALWAYS_OPEN).forecast(20) for one in (values, other)]
    pd.testing.assert_frame_equal(*frames, check_exact=True)


def test_a_constant_stays_itself_whatever_its_digits():
    for value in (0.1, 1 / 3, 1e-9 / 7, 12.3):
        mean = WeekdayMean().fit(panel_of(np.full(100, value)), ALWAYS_OPEN).forecast(7)["mean"]
        assert (mean == value).all()


def test_one_series_alone_gets_the_same_bits():
    known = np.random.default_rng(0).lognormal(5, 1, (40, 400))
    weekdays = weekday(panel_of(known[0]).days)
    alone = np.concatenate([weeks_of_means(row[None], weekdays) for row in known])
    assert (weeks_of_means(known, weekdays) == alone).all()


def test_value_range():
    lowest, highest = value_range(np.array([[np.nan, 3.0, 2.0], [np.nan] * 3, [0.0, 0.0, np.nan]]))
    assert lowest.tolist() == [2.0, 0.0, 0.0]
    assert highest.tolist() == [3.0, 0.0, 0.0]


def test_every_series_may_have_its_own_calendar():
    shop, office = regular(364), np.where(np.arange(364) % 7 >= 5, 0.0, 50.0)
    panel = Panel((Series("units", "a"), Series("units", "b")), START, np.array([shop, office]))
    calendar = panel_calendars_at(panel, None)(panel.last_day)
    mean = WeekdayMean().fit(panel, calendar).forecast(7)["mean"].to_numpy().reshape(2, 7)
    assert (mean[0] > 0).tolist() == [True] * 6 + [False]
    assert mean[1].tolist() == [50.0] * 5 + [0.0] * 2


def test_its_files_are_not_those_of_seasonal_naive(tmp_path):
    panel = panel_of(regular(100))
    WeekdayMean().fit(panel, calendar_of(panel)).to_dir(tmp_path)
    with pytest.raises(ValueError, match="weekday_mean"):
        SeasonalNaive.from_dir(tmp_path)
    assert WeekdayMean.from_dir(tmp_path).origin == START + dt.timedelta(days=99)
