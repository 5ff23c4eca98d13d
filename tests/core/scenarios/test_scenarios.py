"""What-if: properties that every scenario keeps, opened days against plain arithmetic, and texts of addresses."""

import datetime as dt
import math
import string
from urllib.parse import parse_qs, urlencode

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InputError
from core.scenarios.apply import CLOSED_BY_HAND, NUMBERS, apply
from core.scenarios.opening import Known, opened
from core.scenarios.scenario import (
    LONGEST_TEXT,
    MOST_CHANGES,
    MOST_PERCENT,
    Change,
    Scenario,
    plain_name,
    read_scenario,
    read_scenarios,
)

FIRST = dt.date(2011, 12, 9)  # a Friday
DAYS = 28


def table():
    """Four weeks from a Friday on; Saturdays closed, the last four days shut."""
    days = pd.date_range(FIRST, periods=DAYS)
    is_open = (days.day_of_week != 5) & (np.arange(DAYS) < 24)
    mean = np.where(is_open, 100.0 + np.arange(DAYS), 0.0)
    reasons = np.where(is_open, "", np.where(days.day_of_week == 5, "weekday:Saturday", "shutdown"))
    widths = {"lo80": 0.8, "hi80": 1.3, "lo95": 0.6, "hi95": 1.6}
    bounds = {name: mean * width for name, width in widths.items()}
    return pd.DataFrame(
        {"date": days, "horizon": np.arange(1, DAYS + 1), "mean": mean, **bounds, "open": is_open}
    ).assign(reason=pd.Series(reasons, dtype=object))


def history(saturdays=0, days=350, seed=1):
    """Fifty weeks of about 100 a day before the forecast; so many of the last Saturdays with 30 % more."""
    rng = np.random.default_rng(seed)
    dates = np.datetime64(FIRST, "D") - np.arange(days, 0, -1)
    saturday = (dates.astype("datetime64[D]").astype(int) + 3) % 7 == 5
    late = np.flatnonzero(saturday)[-saturdays:] if saturdays else []
    is_open = ~saturday
    is_open[late] = True
    values = np.where(is_open, rng.uniform(90, 110, days), 0.0)
    values[late] = 130.0 * rng.uniform(0.9, 1.1, len(late))
    return Known(dates, values, is_open)


def day(number):
    return FIRST + dt.timedelta(days=number)


@st.composite
def changes(draw, kinds=("open", "close", "up", "down")):
    kind = draw(st.sampled_from(kinds))
    first, length = draw(st.integers(-3, DAYS + 3)), draw(st.integers(0, 9))
    percent = draw(st.integers(1, MOST_PERCENT[kind])) if kind in MOST_PERCENT else 0
    return Change(kind, day(first), day(first + length), percent)


scenarios = st.builds(Scenario, st.just("A"), st.lists(changes(), max_size=MOST_CHANGES).map(tuple))
percents = st.lists(changes(kinds=("up", "down")), max_size=6).map(tuple)
KNOWN = history()


def test_a_scenario_without_changes_is_the_forecast_to_the_last_bit():
    pd.testing.assert_frame_equal(apply(Scenario("A"), table(), KNOWN).table, table(), check_exact=True)


@given(scenarios)
def test_what_every_scenario_keeps(scenario):
    before = table()
    outcome = apply(scenario, before, KNOWN)
    after = outcome.table
    pd.testing.assert_frame_equal(before, table())  # what was given is not touched
    closed = ~after["open"].to_numpy()
    assert (after.loc[closed, NUMBERS] == 0).all(axis=None)
    assert (after.loc[closed, "reason"] != "").all()
    assert (after.loc[~closed, "reason"] == "").all()
    for low, high in (("lo80", "mean"), ("mean", "hi80"), ("lo95", "lo80"), ("hi80", "hi95")):
        assert (after[low] <= after[high]).all()
    untouched = np.ones(DAYS, dtype=bool)
    for change in scenario.changes:
        untouched &= (before["date"].dt.date < change.first) | (before["date"].dt.date > change.last)
    pd.testing.assert_frame_equal(after[untouched], before[untouched], check_exact=True)
    idle = Scenario("A", outcome.idle)
    pd.testing.assert_frame_equal(apply(idle, before, KNOWN).table, before, check_exact=True)


@given(percents, percents)
def test_percentages_compose_in_any_order(one, other):
    together = apply(Scenario("A", one + other), table(), KNOWN).table
    in_turn = apply(Scenario("A", other), apply(Scenario("A", one), table(), KNOWN).table, KNOWN).table
    turned = apply(Scenario("A", other + one), table(), KNOWN).table
    for other_way in (in_turn, turned):
        np.testing.assert_allclose(together[NUMBERS], other_way[NUMBERS], rtol=1e-12)
        assert (together["open"] == other_way["open"]).all()


@given(st.lists(changes(), max_size=5).map(tuple), st.randoms())
def test_percentages_may_stand_anywhere_among_the_changes(given_, random):
    days = [one for one in given_ if one.kind in ("open", "close")]
    rest = [one for one in given_ if one.kind not in ("open", "close")]
    random.shuffle(rest)
    one, other = (apply(Scenario("A", tuple(made)), table(), KNOWN).table for made in (given_, [*rest, *days]))
    np.testing.assert_allclose(one[NUMBERS], other[NUMBERS], rtol=1e-12)


def test_closing_and_the_last_word_of_a_day():
    close, open_ = Change("close", day(0), day(2)), Change("open", day(0), day(0))
    outcome = apply(Scenario("A", (close, open_, Change("up", day(0), day(3), 50))), table(), KNOWN)
    assert outcome.closed == (day(2),)  # the first is opened again, the second is a Saturday
    assert outcome.table["reason"].tolist()[:4] == ["", "weekday:Saturday", CLOSED_BY_HAND, ""]
    assert outcome.table["mean"].tolist()[:4] == [150.0, 0.0, 0.0, 154.5]
    assert apply(Scenario("A", (open_, close)), table(), KNOWN).closed == (day(0), day(2))


def test_an_opened_day_without_any_like_it_gets_the_level_around():
    one = opened(table(), 1, history(saturdays=2))
    assert (one.date, one.like) == (day(1), 0)
    level = np.mean(
        [100, 102, 103, 104, 105, 106]
    )  # the six nearest open days: the first, and the third to the seventh
    assert one.mean == pytest.approx(level)
    below = math.hypot(math.log(1 / 0.8), math.log(2))
    assert one.bounds[0, 0] == pytest.approx(level * math.exp(-below))
    assert one.bounds[1, 0] < one.bounds[0, 0] < one.mean < one.bounds[0, 1] < one.bounds[1, 1]


def test_an_opened_day_is_like_those_of_its_weekday():
    known = history(saturdays=20)
    one = opened(table(), 1, known)
    assert one.like == 20
    assert one.mean == pytest.approx(1.3 * np.mean([100, 102, 103, 104, 105, 106]), rel=0.05)
    plain = opened(table(), 1, history())
    assert one.bounds[0, 1] / one.mean < 0.75 * plain.bounds[0, 1] / plain.mean
    assert one.bounds[0, 1] / one.mean > 1.3  # wider than the days around it
    for index in np.flatnonzero(known.is_open & (known.values > 120))[:3]:
        around = sorted(
            (i for i in np.flatnonzero(known.values > 0) if i != index), key=lambda i, at=index: (abs(i - at), i)
        )[:6]
        ratio = known.values[index] / np.mean([known.values[i] for i in around])
        assert np.isclose(known.ratios(5), ratio).any()


def test_a_day_with_nothing_around_stays_closed():
    shut = table().assign(open=False, mean=0.0, lo80=0.0, hi80=0.0, lo95=0.0, hi95=0.0)
    outcome = apply(Scenario("A", (Change("open", day(3), day(3)),)), shut, KNOWN)
    assert outcome.opened[0].mean is None
    assert not outcome.table["open"].any()
    assert (outcome.table["reason"] != "").sum() == (shut["reason"] != "").sum()


@given(st.text(min_size=1, max_size=60).filter(plain_name).map(plain_name), st.lists(changes(), max_size=12).map(tuple))
def test_texts_survive_an_address(name, made):
    scenario = Scenario(name, made)
    text = parse_qs(urlencode({"s1": str(scenario)}))["s1"][0]
    assert read_scenario(text) == scenario
    assert len(text) <= LONGEST_TEXT
    assert set(str(Scenario("A", made))) <= set(string.ascii_letters + string.digits + "*-.")


@given(st.text(alphabet="openclsupdw0123456789.-* é\n", max_size=60) | st.text(max_size=60))
def test_any_other_text_is_refused_or_read(text):
    try:
        scenario = read_scenario(text)
    except InputError:
        return
    assert read_scenario(str(scenario)) == scenario


@pytest.mark.parametrize(
    "text",
    ["", "*close.2011-12-09", "A*close.2011-13-01", "A*close5.2011-12-09", "A*up.2011-12-09", "A*up0.2011-12-09",
     "A*up501.2011-12-09", "A*down100.2011-12-09", "A*open.2011-12-10.2011-12-09", "A*", "A*open", "A*move.2011-12-09",
     "A" + "*close.2011-12-09" * 13, "A*open.２０11-12-10", "\u202e*", "A*close.2011-12-09 "],
)  # fmt: skip
def test_what_is_not_a_scenario(text):
    with pytest.raises(InputError):
        read_scenario(text)


def test_only_a_few_scenarios_are_read_each_name_once():
    texts = ["A", "A*close.2011-12-09", "nonsense*", "B", "C", "D", "E"]
    found, left = read_scenarios(texts)
    assert [one.name for one in found] == ["A", "B", "C"]
    assert left == 4
    assert plain_name("  a\u202e\t*b\n" + 100 * "x") == ("a b " + 100 * "x")[:40]
