"""A history that is sent: what is taken, what is refused, and where the refusal points to."""

from __future__ import annotations

import datetime as dt
import json
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from core.own.request import HistoryRequest, RefusedError, SeriesRequest, read
from core.own.series import LEARNT_DAYS

FIRST = dt.date(2024, 1, 1)


def points(count: int, first: dt.date = FIRST) -> list[dict[str, Any]]:
    return [{"date": (first + dt.timedelta(days=n)).isoformat(), "value": n + 1} for n in range(count)]


def refused(sent: Any) -> list[tuple[tuple[Any, ...], str]]:
    with pytest.raises(RefusedError) as error:
        read(json.dumps(sent).encode())
    return [(tuple(one["loc"]), one["msg"]) for one in error.value.details]


def test_the_order_of_days_does_not_matter() -> None:
    days = points(20)
    asked, other = (read(json.dumps({"history": one}).encode()) for one in (days, days[::-1]))
    np.testing.assert_array_equal(asked.series[0].values, np.arange(1.0, 21.0))
    np.testing.assert_array_equal(asked.series[0].values, other.series[0].values)
    assert (asked.series[0].first_day, asked.series[0].last_day) == (FIRST, dt.date(2024, 1, 20))
    assert (asked.names, asked.horizon, asked.model, asked.levels) == (None, 28, None, (80, 95))


def test_days_without_a_value_are_unknown() -> None:
    days = points(20)
    days[3]["value"] = None
    del days[5]
    values = read(json.dumps({"history": days}).encode()).series[0].values
    assert np.flatnonzero(np.isnan(values)).tolist() == [3, 5]


def test_values_below_0_and_old_ones_are_counted() -> None:
    days = points(LEARNT_DAYS + 10)
    days[-1]["value"] = -5
    (one,) = read(json.dumps({"history": days}).encode()).series
    assert (one.n_days, one.older, one.negative, one.values[-1]) == (LEARNT_DAYS, 10, 1, 0.0)


def test_several_series_in_their_order() -> None:
    sent = {"series": [{"id": name, "history": points(14)} for name in ("b", "a/c", "total")], "levels": [95, 95]}
    asked = read(json.dumps(sent).encode())
    assert (asked.names, asked.levels) == (("b", "a/c", "total"), (95,))


@pytest.mark.parametrize("value", ["3", True, float("nan"), float("inf"), 1e16, [1], {}])
def test_values_that_are_no_numbers(value: Any) -> None:
    days = points(20)
    days[7]["value"] = value
    assert [place for place, _ in refused({"history": days})] == [("history", 7, "value")]


@pytest.mark.parametrize(
    "day", ["2024-02-30", "01.02.2024", 3, None, "2024-01-01T00:00:00", "1899-12-31", "2200-01-01"]
)
def test_days_that_are_none(day: Any) -> None:
    days = points(20)
    days[7]["date"] = day
    assert [place for place, _ in refused({"history": days})] == [("history", 7, "date")]


def test_a_day_that_is_there_twice() -> None:
    days = points(20)
    days[9]["date"] = days[2]["date"]
    ((place, sentence),) = refused({"history": days})
    assert place == ("history", 9, "date")
    assert "2024-01-03" in sentence
    assert "point 2" in sentence


def test_too_short() -> None:
    ((place, sentence),) = refused({"history": points(13)})
    assert place == ("history",)
    assert sentence == "13 days have a value; 14 are needed"
    days = [*points(13), {"date": "2024-03-01", "value": None}]
    assert refused({"series": [{"id": "a", "history": days}]})[0][0] == ("series", 0, "history")


@pytest.mark.parametrize("learnt", [13, 14])
def test_days_too_old_to_be_learnt_from_do_not_count(learnt: int) -> None:
    """The last one is in 2062: of the 200 others only those up to three years before it are learnt from."""
    last = dt.date(2062, 6, 1)
    oldest = last - dt.timedelta(days=LEARNT_DAYS - 1)
    sent = {"history": [*points(200), *points(learnt - 1, oldest), {"date": last.isoformat(), "value": 1}]}
    if learnt == 14:
        (one,) = read(json.dumps(sent).encode()).series
        assert (one.first_day, one.older, int((~np.isnan(one.values)).sum())) == (oldest, 200, 14)
        return
    ((place, sentence),) = refused(sent)
    assert place == ("history",)
    assert sentence.startswith("13 of the 1,096 days up to the last one with a value, 2062-06-01, have a value; 14 ")


def test_too_much() -> None:
    assert refused({"history": points(20_001)})[0][0] == ("history",)
    many = [{"id": str(n), "history": points(14)} for n in range(201)]
    assert refused({"series": many})[0][0] == ("series",)
    long = [{"id": str(n), "history": points(20_000)} for n in range(11)]
    ((place, sentence),) = refused({"series": long})
    assert place == ("series",)
    assert "220,000 points together; 200,000" in sentence


def test_errors_of_one_call_are_told_together_but_not_without_end() -> None:
    twice = [*points(20), *points(20)]
    assert len(refused({"series": [{"id": str(n), "history": twice} for n in range(10)]})) == 100
    assert refused({"series": [{"id": "a", "history": points(14)}] * 2})[1][0] == ("series", 1, "id")


@pytest.mark.parametrize(
    ("more", "place"),
    [
        ({"horizon": 366}, ("horizon",)),
        ({"horizon": None}, ("horizon",)),
        ({"model": "sarima"}, ("model",)),
        ({"levels": [50]}, ("levels", 0)),
        ({"measure": "revenue"}, ("measure",)),
        ({"date": "2024-05-01"}, ("date",)),
        ({"series": [{"id": "a", "history": points(14)}]}, ("history",)),
    ],
)
def test_other_fields(more: dict[str, Any], place: tuple[Any, ...]) -> None:
    assert [found for found, _ in refused({"history": points(14), **more})] == [place]


@pytest.mark.parametrize("count", [0, 1, 13, 14, 20_000, 20_001])
def test_the_published_schema_has_the_same_limits(count: int) -> None:
    sent = {"history": points(count, dt.date(1950, 1, 1))}
    for_one = Draft202012Validator(HistoryRequest.model_json_schema()).is_valid(sent)
    several = {"series": [{"id": "a", **sent}]}
    assert for_one == Draft202012Validator(SeriesRequest.model_json_schema()).is_valid(several)
    assert for_one == (14 <= count <= 20_000)


ODD = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.dates().map(str)
POINT = st.fixed_dictionaries(
    {"date": st.dates().map(str) | ODD, "value": st.floats(0, 1e6) | ODD}, optional={"x": ODD}
)
REQUEST = st.fixed_dictionaries(
    {},
    optional={
        "history": st.lists(POINT, max_size=20) | ODD,
        "series": st.lists(st.fixed_dictionaries({"id": ODD, "history": st.lists(POINT, max_size=3)}), max_size=3)
        | ODD,
        "horizon": ODD,
        "model": st.sampled_from(["champion", "ets", "sarima"]) | ODD,
        "levels": st.lists(st.sampled_from([80, 95, 50]), max_size=3) | ODD,
    },
)


@hypothesis_settings(max_examples=300, deadline=None)
@given(REQUEST | ODD)
def test_whatever_comes_is_taken_or_refused(sent: Any) -> None:
    with suppress(RefusedError):
        assert read(json.dumps(sent).encode()).series


@hypothesis_settings(max_examples=200, deadline=None)
@given(st.binary(max_size=40) | st.text(max_size=40).map(lambda text: ('{"history": ' + text).encode(errors="replace")))
def test_whatever_bytes_come(sent: bytes) -> None:
    with pytest.raises(RefusedError):
        read(sent)
