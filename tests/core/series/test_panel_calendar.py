"""Calendars of single series: each learnt from its own values, no later day in any, the same after being stored."""

import datetime as dt
import json

import numpy as np

from core.series.calendar import OpeningCalendar, infer_calendar
from core.series.days import day_range, weekday
from core.series.panel import Panel, Series
from core.series.panel_calendar import PanelCalendar, calendar_from_json, open_rows, panel_calendars_at

START = dt.date(2016, 1, 4)
DAYS = day_range(START, 200)


def panel():
    """One series closed on Sundays, one on Mondays."""
    rows = [np.where(weekday(DAYS) == closed, 0.0, 10.0) for closed in (6, 0)]
    return Panel((Series("y", "a"), Series("y", "b")), START, np.array(rows))


def test_every_series_has_its_own_closed_days():
    calendar = panel_calendars_at(panel(), "GB-ENG")(panel().last_day)
    ahead = day_range(panel().last_day + dt.timedelta(days=1), 14)
    is_open = calendar.is_open(ahead)
    assert is_open.shape == (2, 14)
    assert (weekday(ahead)[~is_open[0]] == 6).all()
    assert (weekday(ahead)[~is_open[1]] == 0).all()
    assert calendar.country == "GB-ENG"
    assert (calendar.rows([1]).is_open(ahead) == is_open[1:]).all()


def test_an_origin_knows_no_later_day():
    values = panel().values.copy()
    values[:, 100:] = 5.0
    origin = DAYS[99].item()
    ahead = day_range(DAYS[100].item(), 60)
    before = panel_calendars_at(panel(), None)(origin)
    after = panel_calendars_at(Panel(panel().series, START, values), None)(origin)
    assert before == after
    assert (before.is_open(ahead) == after.is_open(ahead)).all()


def test_stored_and_read_again():
    one = infer_calendar(START, panel().values[0], "GB-ENG")
    both = panel_calendars_at(panel(), "GB-ENG")(panel().last_day)
    for calendar in (one, both):
        assert calendar_from_json(json.loads(json.dumps(calendar.to_json()))) == calendar


def test_one_calendar_serves_all_rows():
    one = infer_calendar(START, panel().values[0], None)
    assert isinstance(one.rows([0, 1]), OpeningCalendar)
    assert (open_rows(one, 3, DAYS) == one.is_open(DAYS)).all()
    assert open_rows(PanelCalendar((one, one)), 2, DAYS).shape == (2, 200)
