"""What to do next: ranked, one step a kind, nothing from nothing."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from core.lifecycle.headline import ClosedDay, Outlook, Peak
from core.lifecycle.next_steps import closures, next_steps, stopped

FIRST = dt.date(2011, 12, 9)


def day(number: int) -> dt.date:
    return FIRST + dt.timedelta(days=number)


def outlook(closed: dict[int, str] | None = None, total: float = 280.0, peak: float = 12.0) -> Outlook:
    shut = tuple(ClosedDay(day(number), reason) for number, reason in (closed or {}).items())
    return Outlook(28, FIRST, day(27), total, 28 - len(shut), Peak(day(5), peak), Peak(day(6), 8.0), shut, None, None)


def steps(seen: Outlook, **facts: Any) -> list[Any]:
    usual: dict[str, Any] = {"origin": day(-1), "old": False, "alarms": [], "challenger": None}
    return next_steps(seen, day(-1), day(3), **{**usual, **facts})


def alarm(kind: str) -> Any:
    return SimpleNamespace(kind=kind)


def test_nothing_to_do() -> None:
    assert steps(outlook({1: "weekday:Saturday", 8: "weekday:Saturday"})) == []


def test_everything_at_once_in_order() -> None:
    seen = outlook(
        {1: "weekday:Saturday", 15: "weekday:Saturday", 16: "holiday:Christmas Day", 17: "shutdown"}, peak=20
    )
    found = steps(seen, old=True, alarms=[alarm("level"), alarm("shape")], challenger="v2")
    assert [one.kind for one in found] == ["old data", "alarm", "challenger", "closure", "peak"]
    old, first, waits, closed, peak = (one.facts for one in found)
    assert (old["last_day"], old["days"]) == (day(-1), 4)
    assert first["alert"].kind == "level"
    assert waits == {"version": "v2"}
    assert closed == {"first": day(15), "last": day(17), "reasons": ("holiday:Christmas Day", "shutdown")}
    assert peak["share"] == pytest.approx(20 / (280 / 24) - 1)


def test_data_that_stopped_are_one_step() -> None:
    assert [one.kind for one in steps(outlook(), old=True, alarms=[alarm("freshness")])] == ["old data"]
    assert [one.kind for one in steps(outlook(), alarms=[alarm("freshness")])] == ["alarm"]


def test_a_forecast_from_other_data_comes_first() -> None:
    """Their age says nothing of the forecast; newer data than it knows are as usual until the next training."""
    found = steps(outlook(), origin=day(30), old=True)
    assert [(one.kind, one.facts) for one in found] == [("other data", {"origin": day(30), "last_day": day(-1)})]
    assert steps(outlook(), origin=day(-4)) == []


def test_all_closed() -> None:
    seen = Outlook(1, FIRST, FIRST, 0.0, 0, None, None, (ClosedDay(FIRST, "shutdown"),), None, None)
    assert [one.kind for one in steps(seen)] == ["closure"]


def test_closures_are_runs_of_days() -> None:
    shut = [ClosedDay(day(number), "shutdown") for number in (0, 1, 3, 7, 8, 9)]
    assert [[(one.date - FIRST).days for one in run] for run in closures(shut)] == [[0, 1], [3], [7, 8, 9]]
    assert closures([]) == []


@pytest.mark.parametrize(("days", "old"), [(-2, False), (0, False), (3, False), (4, True), (61, True), (6_000, True)])
def test_data_stop_after_days_that_were_open(days: int, old: bool) -> None:
    always = SimpleNamespace(is_open=lambda asked: np.ones(len(asked), bool))
    never = SimpleNamespace(is_open=lambda asked: np.zeros(len(asked), bool))
    assert stopped(FIRST, day(days), always) is old
    assert stopped(FIRST, day(days), never) is (days > 60)
