"""Online Retail II: no false and no missed closure for 28 days ahead, at any origin from March 2010 on."""

import datetime as dt

import pytest

from core.series.calendar import calendars_at, infer_calendar
from core.series.days import day_range
from core.series.panel import Series
from tests.core.series import online_retail

pytestmark = pytest.mark.reference
HORIZON = 28


@pytest.fixture(scope="module")
def values(reference_data):
    return online_retail.panel(reference_data)[Series("transactions")]


def test_no_false_and_no_missed_closure(values):
    """Every third day from 2010-03-01 to 2011-11-07, through Easter, the royal wedding and Christmas 2010."""
    calendars = calendars_at(online_retail.FIRST_DAY, values, online_retail.COUNTRY)
    origin, wrong = dt.date(2010, 3, 1), []
    while origin <= dt.date(2011, 11, 10):
        known = (origin - online_retail.FIRST_DAY).days + 1
        days = day_range(origin + dt.timedelta(days=1), HORIZON)
        predicted = calendars(origin).is_open(days)
        wrong += [(origin, str(day)) for day in days[predicted != (values[known : known + HORIZON] > 0)]]
        past = calendars(origin).is_open(day_range(online_retail.FIRST_DAY, known))
        assert (past == (values[:known] > 0)).all(), origin
        origin += dt.timedelta(days=3)
    assert wrong == []


def test_the_year_after(values):
    """Past the end of the data: bank holidays of 2012 with the Jubilee, and the Christmas shutdown, both years."""
    calendar = infer_calendar(online_retail.FIRST_DAY, values, online_retail.COUNTRY)
    days = day_range(dt.date(2011, 12, 9), 400)
    reasons = dict(zip(days.astype(str), calendar.reasons(days), strict=True))
    assert reasons["2012-06-05"] == "holiday:Diamond Jubilee of Elizabeth II"
    assert reasons["2012-12-24"] == "shutdown"
    assert reasons["2012-12-28"] == "shutdown"
    assert reasons["2012-04-07"] == "weekday:Saturday"
    assert reasons["2012-01-04"] == ""
    spring_to_autumn = {
        day for day, why in reasons.items() if why and "2012-02" < day < "2012-12" and "weekday" not in why
    }
    assert spring_to_autumn == {
        "2012-04-06", "2012-04-08", "2012-04-09", "2012-05-07", "2012-06-04", "2012-06-05", "2012-08-27",
    }  # fmt: skip
