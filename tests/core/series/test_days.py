"""Day arithmetic against Python's own."""

import datetime as dt

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from core.series.days import as_days, day_range, month_day, to_date, weekday, year_of


@given(st.lists(st.dates(dt.date(1900, 1, 1), dt.date(2200, 1, 1)), min_size=1, max_size=20))
def test_agrees_with_datetime(dates):
    days = as_days(dates)
    assert weekday(days).tolist() == [day.weekday() for day in dates]
    assert month_day(days).tolist() == [100 * day.month + day.day for day in dates]
    assert year_of(days).tolist() == [day.year for day in dates]
    assert [to_date(day) for day in days] == dates


def test_any_unit_becomes_days():
    assert as_days(np.array(["2011-12-09T12:50"], dtype="datetime64[ns]")).dtype == np.dtype("datetime64[D]")


def test_range():
    assert day_range(dt.date(2011, 12, 31), 2).tolist() == [dt.date(2011, 12, 31), dt.date(2012, 1, 1)]
