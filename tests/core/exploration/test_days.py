"""Odd days and their reasons, this year over the last, hours and weekdays, the spread of days."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from core.exploration import distribution, rhythm
from core.exploration.anomalies import OddDay
from core.exploration.causes import causes
from core.exploration.daily import daily, known_days
from core.exploration.kept import MOST, keep
from core.exploration.orders import lines_of
from core.exploration.selection import Selection, compared
from core.exploration.series import explore, why
from core.exploration.year_ago import year_on_year
from core.series.calendar import infer_calendar
from core.series.days import day_range, weekday
from core.series.panel import MEASURES, Series
from tests.core.exploration.conftest import (
    DROPPED,
    HUGE,
    HUGE_BACK,
    REPEATED,
    SHORT,
    SILENT,
    SOME_LARGE,
)


def chosen(shop, measure="revenue", segment="total", raw=False) -> Selection:
    manifest = shop.generation.manifest
    return Selection(shop.generation, Series(measure, segment), manifest.first_day, manifest.last_day, raw)


def calendar_of(shop):
    panel = shop.generation.panel()
    return infer_calendar(panel.first_day, panel[Series("transactions")], None)


def reasons_of(shop, one):
    found = explore(one, calendar_of(shop))
    return {day.day: cause for day, cause in zip(found.shown, why(one, found), strict=True)}


def test_every_planted_day_is_found_with_its_reason(shop):
    found = reasons_of(shop, chosen(shop))
    assert {day: found[day].kind for day in (HUGE_BACK, HUGE, SHORT, DROPPED, SILENT, SOME_LARGE)} == {
        HUGE_BACK: "order_back", HUGE: "order", SHORT: "hours", DROPPED: "dropped", SILENT: "no_trade",
        SOME_LARGE: "orders",
    }  # fmt: skip
    huge = found[HUGE_BACK].order
    assert (huge.lines, huge.units, huge.value, huge.back.time()) == (1, 5000, 8750, dt.time(11, 5))
    assert found[HUGE].order.back is None
    lines = lines_of(chosen(shop), HUGE, found[HUGE].order.invoice)
    assert (len(lines), lines["quantity"].iloc[0], lines["price"].iloc[0]) == (1, 5000, 1.75)


def test_of_lines_as_read_those_that_stand_twice_are_told(shop):
    found = reasons_of(shop, chosen(shop, "transactions", raw=True))
    assert found[REPEATED].kind == "repeated"
    assert found[REPEATED].share == pytest.approx(0.5)


def test_closed_days_nearby_and_busy_days(shop):
    one, days = chosen(shop, "orders"), shop.generation.panel().n_days
    at = (dt.date(2024, 4, 10) - shop.generation.manifest.first_day).days

    def kind(reasons=None, orders=None, more=10.0):
        odd = OddDay(at, dt.date(2024, 4, 10), 100.0 + more, 100.0, 4.0 if more > 0 else -4.0)
        told = ["" if reasons is None else reasons.get(i - at, "") for i in range(days)]
        cause = causes(one, [odd], told, orders)[0]
        return cause.kind, cause.distance, cause.name

    assert kind({-5: "shutdown"}) == ("after_shutdown", 5, None)
    assert kind({2: "shutdown"}) == ("before_shutdown", 2, None)
    assert kind({-1: "holiday:Good Friday"}) == ("after_holiday", 1, "Good Friday")
    assert kind({3: "holiday:May Day", -4: "holiday:X"}) == ("before_holiday", 3, "May Day")
    assert kind({-1: "weekday:Sunday"})[0] == "unexplained"
    orders = np.full(days, 8.0)
    orders[at] = 20
    assert kind(orders=orders)[0] == "many_orders"
    orders[at] = 2
    assert kind(orders=orders, more=-10.0)[0] == "few_orders"
    assert kind(orders=orders)[0] == "unexplained"
    assert causes(one, [], [], None) == ()


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("segment", ["total", "country:France"])
def test_days_as_read_are_those_of_the_lines(shop, measure, segment):
    lines = shop.lines if segment == "total" else shop.lines[shop.lines["Country"] == "France"]
    lines = lines.assign(revenue=lines["Quantity"] * lines["Price"])
    by_day = lines.groupby(lines["InvoiceDate"].dt.date)
    expected = {
        "transactions": by_day.size(), "orders": by_day["Invoice"].nunique(), "units": by_day["Quantity"].sum(),
        "revenue": by_day["revenue"].sum(), "customers": by_day["Customer ID"].nunique(),
    }[measure]  # fmt: skip
    panel = shop.generation.panel()
    found = daily(chosen(shop, measure, segment, raw=True))
    np.testing.assert_allclose(found, [expected.get(day, 0) for day in panel.days.tolist()])
    np.testing.assert_array_equal(daily(chosen(shop, measure, segment)), panel[Series(measure, segment)])


def test_a_closed_day_with_lines_says_something():
    values, is_open = np.array([1.0, 0.0, 3.0, 0.0, np.nan]), np.array([True, True, False, False, True])
    assert known_days(values, is_open).tolist() == [True, True, True, False, False]


def test_year_on_year_compares_the_same_weekdays():
    days, values = day_range(dt.date(2022, 1, 3), 800), np.arange(800.0)
    known = weekday(days) != 6
    found = year_on_year(days, values, known, (days[300].item(), days[799].item()))
    assert (found.first, found.last) == (days[436].item(), days[799].item())
    assert (found.now, found.then) == (values[436:].sum(), values[72:436].sum())
    assert found.growth == pytest.approx(found.now / found.then - 1)
    assert (found.open_now, found.open_then) == (312, 312)
    assert found.growth_per_open_day == pytest.approx(found.growth)
    assert found.weeks_now.tolist() == [values[436 + 7 * i : 443 + 7 * i].sum() for i in range(52)]
    assert (found.weeks_now - found.weeks_then).tolist() == [7 * 364] * 52
    assert year_on_year(days, values, known, (days[0].item(), days[368].item())) is None
    short = year_on_year(days, values, known, (days[0].item(), days[380].item()))
    assert (short.first, len(short.weeks)) == (days[364].item(), 2)
    assert year_on_year(days, np.zeros(800), known, (days[400].item(), days[799].item())).growth is None


def test_growth_is_measured_against_what_there_is():
    first, day = dt.date(2020, 1, 1), lambda n: dt.date(2020, 1, 1) + dt.timedelta(days=n)
    assert compared((day(400), day(500)), first) == ("year", (day(400), day(500)), (day(36), day(136)))
    assert compared((day(0), day(799)), first) == ("year", (day(436), day(799)), (day(72), day(435)))
    assert compared((day(200), day(229)), first) == ("before", (day(200), day(229)), (day(170), day(199)))
    assert compared((day(0), day(100)), first) == ("halves", (day(51), day(100)), (day(0), day(49)))
    assert compared((day(0), day(20)), first) is None


def test_hours_and_weekdays_are_those_of_the_lines(shop):
    used = shop.used
    found = rhythm.hours(chosen(shop, "units"))
    time = used["InvoiceDate"].dt
    trading = used.groupby(time.day_of_week)["InvoiceDate"].agg(lambda times: times.dt.date.nunique())
    sums = used.groupby([time.day_of_week, time.hour])["Quantity"].sum()
    for (day, hour), value in sums.items():
        assert found.by_weekday[day, hour] == pytest.approx(value / trading[day])
    assert found.by_weekday.sum() == pytest.approx(sum(v / trading[d] for (d, _), v in sums.items()))
    assert found.by_hour.sum() == pytest.approx(used["Quantity"].sum() / trading.sum())
    assert rhythm.hours(chosen(shop, "orders")) is None
    panel = shop.generation.panel()
    means = rhythm.by_weekday(panel.days, panel[Series("units")], np.ones(panel.n_days, bool))
    assert means[0] == pytest.approx(found.by_weekday[0].sum())
    assert np.isnan(means[6])


def test_spread_of_days():
    chance = np.random.default_rng(1)
    even, skewed = chance.normal(100, 10, 500), np.exp(chance.normal(3, 1.5, 500))
    found = distribution.distribution(even)
    assert (found.count, found.log, found.counts.sum()) == (500, False, 500)
    assert found.quantiles[0.5] == np.median(even)
    assert distribution.FEWEST_BINS <= found.counts.size <= distribution.MOST_BINS
    found = distribution.distribution(skewed)
    assert found.log
    assert found.counts.sum() == 500
    ratios = found.edges[1:] / found.edges[:-1]
    np.testing.assert_allclose(ratios, ratios[0], rtol=1e-6)
    assert distribution.distribution(np.empty(0)) is None
    assert distribution.distribution(np.full(9, 3.0)).counts.sum() == 9
    assert distribution.distribution(np.array([-4.0, 5.0])).skew == pytest.approx(0)


def test_boxes_hold_the_middle_half():
    days = day_range(dt.date(2024, 1, 1), 366)
    values = np.random.default_rng(2).normal(50, 5, 366)
    values[10] = 500
    known = weekday(days) != 6
    found = distribution.boxes(days, values, known, "weekday")
    assert [one.group for one in found] == [0, 1, 2, 3, 4, 5]
    assert 10 in found[weekday(days)[10]].outside
    for one in found:
        mine = values[known & (weekday(days) == one.group)]
        assert (one.q1, one.median, one.q3) == pytest.approx(tuple(np.quantile(mine, (0.25, 0.5, 0.75))))
        inside = mine[(mine >= one.low) & (mine <= one.high)]
        assert inside.size + len(one.outside) == one.count == mine.size
    assert [one.group for one in distribution.boxes(days, values, known, "month")] == list(range(1, 13))
    assert distribution.boxes(days, values, np.zeros(366, bool), "month") == ()


def test_the_oldest_answers_go(shop):
    made = []
    for number in [*range(MOST + 1), 0]:
        keep(shop.generation, ("test", number), lambda number=number: made.append(number))
    assert made == [*range(MOST + 1), 0]
    keep(shop.generation, ("test", MOST), lambda: made.append("again"))
    assert "again" not in made


@pytest.mark.reference
def test_the_famous_order_of_the_reference_data(reference_generation):
    panel = reference_generation.panel()
    one = Selection(reference_generation, Series("units"), dt.date(2011, 1, 1), dt.date(2011, 3, 31))
    found = explore(one, infer_calendar(panel.first_day, panel[Series("transactions")], "GB-ENG"))
    told = {day.day: cause for day, cause in zip(found.shown, why(one, found), strict=True)}
    cause = told[dt.date(2011, 1, 18)]
    assert cause.kind == "order_back"
    assert (cause.order.invoice, cause.order.units) == ("541431", 74_215)
    assert cause.order.back == dt.datetime(2011, 1, 18, 10, 17)
