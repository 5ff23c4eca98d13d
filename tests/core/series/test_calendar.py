"""The opening calendar on businesses whose true opening days are known."""

import datetime as dt
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.series.calendar import OpeningCalendar, calendars_at, infer_calendar
from core.series.days import day_range, month_day, weekday
from core.series.public_holidays import holiday_names

START = dt.date(2017, 1, 2)  # a Monday
YEAR = 365


def shop(n_days, closed_weekdays=(), holidays=None, shut=(), start=START):
    """Values and true opening of a shop; ``holidays``: names it keeps, or "all"."""
    days = day_range(start, n_days)
    is_open = ~np.isin(weekday(days), closed_weekdays) & ~np.isin(month_day(days), shut)
    if holidays:
        names = holiday_names("GB-ENG", days)
        kept = [day for day, of_day in names.items() if holidays == "all" or set(of_day) & set(holidays)]
        is_open &= ~np.isin(days, np.array(kept, dtype="datetime64[D]"))
    values = np.random.default_rng(0).poisson(50, n_days) + 1.0
    return np.where(is_open, values, 0.0), is_open


def future(calendar, count):
    return calendar.is_open(day_range(calendar.last_day + dt.timedelta(days=1), count))


def test_everything_at_once_400_days_ahead():
    shut = (1224, 1227, 1228, 1229, 1230, 1231, 102)
    values, truth = shop(3 * YEAR + 400, (6,), "all", shut)
    calendar = infer_calendar(START, values[: 3 * YEAR], "GB-ENG")
    assert (calendar.is_open(day_range(START, 3 * YEAR)) == truth[: 3 * YEAR]).all()
    missed = future(calendar, 400) != truth[3 * YEAR :]
    assert not missed.any(), day_range(START, len(values))[3 * YEAR :][missed]


@pytest.mark.parametrize("n_days", [1, 5, 20, 60, 400, 900])
def test_a_business_that_never_closes_gets_no_closure(n_days):
    values, _ = shop(n_days)
    assert future(infer_calendar(START, values, "GB-ENG"), 800).all()


def test_weekday_rule_needs_four_weeks():
    for weeks, closed in ((3, False), (4, True)):
        values, _ = shop(7 * weeks, (6,))
        assert (not future(infer_calendar(START, values, None), 7)[6]) == closed


def test_a_few_sundays_worked_do_not_open_all():
    values, _ = shop(YEAR, (6,))
    values[[6 + 7 * 40, 6 + 7 * 45]] = 30.0
    calendar = infer_calendar(START, values, None)
    past = calendar.is_open(day_range(START, YEAR))
    assert past[[286, 321]].all()
    assert not past[293]
    assert not future(calendar, 14)[[5, 12]].any()  # the series ends on a Monday


def test_holidays_are_kept_by_name():
    values, truth = shop(2 * YEAR + 365, (), ("Christmas Day", "Good Friday"))
    calendar = infer_calendar(START, values[: 2 * YEAR], "GB-ENG")
    assert (future(calendar, 365) == truth[2 * YEAR :]).all()
    assert calendar.reasons(np.array(["2019-04-19"], dtype="datetime64[D]"))[0] == "holiday:Good Friday"


@pytest.mark.parametrize(("kept", "open_"), [("all", False), (None, True)])
def test_an_unprecedented_holiday_follows_the_habit(kept, open_):
    start = dt.date(2009, 12, 1)
    values, _ = shop(500, (5,), kept, start=start)
    calendar = infer_calendar(start, values, "GB-ENG")  # to 14 April 2011
    royal_wedding = np.array(["2011-04-29"], dtype="datetime64[D]")
    assert calendar.is_open(royal_wedding)[0] == open_


def test_a_country_without_holidays_learns_yearly_days_after_two_years():
    values, truth = shop(3 * YEAR, (), None, (714,))
    calendar = infer_calendar(START, values[: 2 * YEAR], None)
    assert (future(calendar, 365) == truth[2 * YEAR :]).all()
    assert calendar.reasons(np.array(["2019-07-14"], dtype="datetime64[D]"))[0] == "yearly"


@pytest.mark.parametrize("share", [0.05, 0.10, 0.15, 0.20, 0.25])
def test_days_that_happen_to_be_idle_in_every_year_are_no_closures(share):
    closed = 0
    for seed in range(10):
        rng = np.random.default_rng(seed)
        values = np.where(rng.random(800) < share, 0.0, rng.poisson(20.0, 800) + 1.0)
        closed += 365 - int(future(infer_calendar(START, values, None), 365).sum())
    assert closed <= 2


def test_yearly_closures_are_found_among_ordinary_idle_days():
    """Two weeks in August stand out after two years; with rare idle days, so do single days."""
    august = tuple(range(806, 820))
    days = month_day(day_range(START, 3 * YEAR))
    for share, off in [(0.15, august), (0.002, (501, 714, *august))]:
        accidents = np.random.default_rng(1).random(2 * YEAR) < share
        values, truth = shop(3 * YEAR, (), None, off)
        known = np.where(accidents, 0.0, values[: 2 * YEAR])
        told = future(infer_calendar(START, known, None), YEAR)
        assert not told[np.isin(days[2 * YEAR :], off)].any()
        assert (told == truth[2 * YEAR :]).mean() > 0.99


def test_unexplained_zero_stays_open():
    values, _ = shop(YEAR, (6,))
    values[100] = 0.0
    assert infer_calendar(START, values, "GB-ENG").is_open(day_range(START, YEAR))[100]


def test_formerly_closed_weekday_is_closed_then_and_open_now():
    values, _ = shop(3 * YEAR)
    sundays = np.flatnonzero(weekday(day_range(START, 3 * YEAR)) == 6)
    values[sundays[:60]] = 0.0
    calendar = infer_calendar(START, values, None)
    past = calendar.is_open(day_range(START, 3 * YEAR))
    assert not past[sundays[:40]].any()
    assert past[sundays[60:]].all()
    assert future(calendar, 60).all()


def test_files_that_leave_closed_days_out_teach_the_same():
    values, truth = shop(2 * YEAR + 60, (5, 6), "all")
    missing = np.where(values == 0, np.nan, values)
    calendar = infer_calendar(START, missing[: 2 * YEAR], "GB-ENG")
    assert (future(calendar, 60) == truth[2 * YEAR :]).all()


def test_randomly_missing_days_close_nothing():
    values, truth = shop(2 * YEAR, (6,))
    missing = np.random.default_rng(1).random(2 * YEAR) < 0.2
    calendar = infer_calendar(START, np.where(missing, np.nan, values), "GB-ENG")
    assert (future(calendar, 365) == shop(2 * YEAR + 365, (6,))[1][2 * YEAR :]).all()
    assert (calendar.is_open(day_range(START, 2 * YEAR)) == truth).all()


@pytest.mark.parametrize(
    "values",
    [
        np.zeros(300),
        np.full(300, np.nan),
        np.where(np.random.default_rng(2).random(300) < 0.6, 0.0, 3.0),
        np.eye(1, 300, 150)[0],
        np.zeros(0),
    ],
    ids=["all zero", "all missing", "intermittent", "one spike", "nothing"],
)
def test_series_without_a_rhythm_have_no_rules(values):
    calendar = infer_calendar(START, values, "GB-ENG")
    assert calendar.is_open(day_range(START, 700)).all()


def test_overrides():
    values, _ = shop(YEAR, (6,))
    traded, sunday, coming, coming_sunday = START, dt.date(2017, 1, 8), dt.date(2018, 2, 1), dt.date(2018, 2, 4)
    overrides = {traded: False, sunday: True, coming: False, coming_sunday: True}
    calendar = infer_calendar(START, values, None, overrides)
    days = np.array([traded, sunday, coming, coming_sunday], dtype="datetime64[D]")
    assert calendar.is_open(days).tolist() == [True, True, False, True]  # a trading day is open whatever is said
    assert calendar.reasons(days)[2] == "override"


def test_json_round_trip():
    values, _ = shop(2 * YEAR, (6,), "all", (1224, 1227, 1228, 1229))
    calendar = infer_calendar(START, values, "GB-ENG", {dt.date(2019, 5, 5): True})
    again = OpeningCalendar.from_json(json.loads(json.dumps(calendar.to_json())))
    days = day_range(START, 1400)
    assert again == calendar
    assert (again.reasons(days) == calendar.reasons(days)).all()


def test_calendars_at_know_nothing_later():
    values, _ = shop(2 * YEAR, (6,), "all")
    origin = START + dt.timedelta(days=YEAR - 1)
    noise = np.concatenate([values[:YEAR], np.random.default_rng(3).poisson(1, YEAR)])
    at = calendars_at(START, values, "GB-ENG")
    assert at(origin) == calendars_at(START, noise, "GB-ENG")(origin) == infer_calendar(START, values[:YEAR], "GB-ENG")


values_strategy = st.lists(st.sampled_from([0.0, 0.0, 1.0, 7.0, float("nan")]), min_size=0, max_size=500)


@settings(max_examples=60, deadline=None)
@given(values_strategy, st.sampled_from([None, "GB-ENG", "FR"]), st.dates(dt.date(2000, 1, 1), dt.date(2030, 1, 1)))
def test_trading_days_are_open_whatever_the_values(values, country, start):
    values = np.array(values, dtype=np.float64)
    calendar = infer_calendar(start, values, country)
    days = day_range(start, len(values) + 400)
    is_open = calendar.is_open(days)
    assert is_open[: len(values)][values > 0].all()
    assert ((calendar.reasons(days) == "") == is_open).all()
    weekdays = {day for day in range(7) if is_open[len(values) :][weekday(days[len(values) :]) == day].any()}
    assert weekdays  # never closed for good
