"""The life of an alert: opening, grouping, getting worse, ending, coming back, and the silence under broken data."""

import datetime as dt
import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import count
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.monitoring.alerting import MUTED_KINDS, QUIET, Alert, Change, Policy, step
from core.monitoring.signal import KINDS, SEVERITIES, Signal
from tests.core.monitoring.alert_help import day, fault, signal


class World:
    """Applies changes in memory, as the service does in the database."""

    def __init__(self, policy: Policy | None = None) -> None:
        self.policy, self.alerts, self._ids = policy or Policy(), dict[int, Alert](), count(1)

    def step(self, number: int, *signals: Signal) -> list[Change]:
        earliest = day(number) - dt.timedelta(days=self.policy.longest_cooldown)
        current = [one for one in self.alerts.values() if one.resolved_day is None or one.resolved_day >= earliest]
        changes = step(day(number), signals, current, self.policy)
        for change in changes:
            self._apply(change)
        return changes

    def days(self, numbers: Iterable[int], *signals: Signal) -> list[str]:
        return [change.event for number in numbers for change in self.step(number, *signals)]

    def _apply(self, change: Change) -> None:
        if change.event == "vanished":
            del self.alerts[change.alert.id]
            return
        alert = replace(change.alert, id=change.alert.id or next(self._ids))
        if change.muted_by is not None:
            alert = replace(alert, muted_by=next(one.id for one in self.active if one.key == change.muted_by))
        self.alerts[alert.id] = alert

    @property
    def active(self) -> list[Alert]:
        return [one for one in self.alerts.values() if one.state != "resolved"]

    @property
    def only(self) -> Alert:
        (one,) = self.alerts.values()
        return one


def events(changes: Sequence[Change]) -> list[str]:
    return [change.event for change in changes]


@pytest.mark.parametrize(
    "values", [{"value": 1.0}, {"value": math.nan}, {"value": math.inf}, {"limit": -math.inf}, {"rule": ""}]
)
def test_a_signal_that_is_none_is_refused(values: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"beyond the limit|a rule and a subject"):
        signal(**values)


def test_it_opens_on_the_first_day_and_one_alert_goes_on() -> None:
    world = World()
    assert world.days(range(3), signal()) == ["opened", "fired", "fired"]
    assert (world.only.first_day, world.only.opened_day, world.only.last_day) == (day(0), day(0), day(2))
    assert world.only.fired_days == 3


def test_it_opens_only_after_so_many_days_in_a_row() -> None:
    world = World(Policy(for_days=3))
    assert world.days(range(2), signal()) == ["pending", "pending"]
    assert world.days([2]) == ["vanished"]
    assert world.alerts == {}
    assert world.days([3, 4, 5], signal()) == ["pending", "pending", "opened"]
    assert (world.only.first_day, world.only.opened_day) == (day(3), day(5))


def test_days_that_are_not_looked_at_do_not_break_a_row() -> None:
    assert World(Policy(for_days=2)).days([0, 4], signal()) == ["pending", "opened"]


def test_subjects_of_a_kind_are_one_alert_with_the_worst_moment() -> None:
    world = World()
    world.step(0, signal("orders", evidence={"n": 1}), signal("revenue", value=30.0, limit=10.0, evidence={"n": 2}))
    assert events(world.step(1, signal("customers", value=2.5))) == ["spread"]
    assert world.step(1, signal("customers", value=2.5)) == []
    assert events(world.step(2, signal("orders"))) == ["fired"]
    assert world.only.subjects == ("customers", "orders", "revenue")
    assert (world.only.value, world.only.limit) == (30.0, 10.0)
    assert world.only.evidence == {"n": 2, "rule": "psi", "subject": "revenue"}


def test_kinds_are_alerts_of_their_own_and_rules_too_where_they_say_different_things() -> None:
    world = World()
    world.step(0, signal(), signal(kind="shape"), fault(rule="duplicates"), fault(rule="zeros"),
               signal(kind="psi line", rule="0.1"), signal(kind="psi line", rule="0.25"))  # fmt: skip
    assert sorted(one.key for one in world.active) == [
        "data fault: duplicates", "data fault: zeros", "level", "psi line: 0.1", "psi line: 0.25", "shape",
    ]  # fmt: skip


def test_days_that_come_late_widen_its_life_or_belong_to_one_that_is_over() -> None:
    world = World(Policy(resolve_after_days=3))
    world.step(5, signal())
    assert events(world.step(3, signal("orders"))) == ["spread"]
    assert (world.only.first_day, world.only.last_day, world.only.fired_days) == (day(3), day(5), 1)
    assert world.days([4, 8]) == ["resolved"]
    assert events(world.step(6, signal("customers"))) == ["fired"]
    assert (world.only.state, len(world.only.subjects), world.only.last_day) == ("resolved", 3, day(5))


def test_it_gets_worse_but_never_better() -> None:
    world = World()
    world.step(0, signal(severity="info", value=50.0))
    assert events(world.step(1, signal(severity="critical", value=3.0))) == ["escalated"]
    assert events(world.step(2, signal(severity="warning", value=99.0))) == ["fired"]
    assert (world.only.severity, world.only.value) == ("critical", 3.0)


def test_it_ends_after_enough_quiet_days_acknowledged_or_not() -> None:
    world = World(Policy(resolve_after_days=3))
    world.step(0, signal())
    world.alerts[1] = replace(world.only, acknowledged_by="ana")
    assert world.days([1, 2]) == []
    assert world.days([3]) == ["resolved"]
    assert (world.only.resolved_day, world.only.resolved_by, world.only.last_day) == (day(3), QUIET, day(0))


def test_it_comes_back_within_the_cool_down_and_is_another_after_it() -> None:
    world = World(Policy(resolve_after_days=2, cooldown_days=4))
    world.step(0, signal())
    world.step(2)
    world.alerts[1] = replace(world.only, acknowledged_by="ana")
    assert events(world.step(6, signal("orders"))) == ["reopened"]
    assert (world.only.state, world.only.resolved_by, world.only.acknowledged_by) == ("open", None, None)
    assert world.only.subjects == ("orders", "revenue")
    world.step(8)
    assert events(world.step(13, signal())) == ["opened"]
    assert sorted(world.alerts) == [1, 2]


def test_policies_differ_by_kind() -> None:
    world = World(Policy(per_kind={"model": Policy(for_days=2, cooldown_days=30)}))
    assert sorted(events(world.step(0, signal(), signal(kind="model")))) == ["opened", "pending"]
    assert world.policy.longest_cooldown == 30


@pytest.mark.parametrize("kind", sorted(MUTED_KINDS))
def test_under_broken_data_it_stays_pending_and_opens_if_it_still_fires_after_them(kind: str) -> None:
    world = World(Policy(resolve_after_days=3))
    assert events(world.step(0, fault(), signal(kind=kind, value=500.0))) == ["opened", "muted"]
    assert (world.alerts[2].state, world.alerts[2].muted_by) == ("pending", 1)
    assert world.days([1, 2], signal(kind=kind, value=400.0)) == ["muted", "muted"]
    assert events(world.step(3, signal(kind=kind, value=2.5))) == ["resolved", "opened"]
    alert = world.alerts[2]
    assert (alert.state, alert.muted_by, alert.value, alert.fired_days) == ("open", None, 2.5, 4)
    assert (alert.first_day, alert.opened_day) == (day(0), day(3))


def test_under_broken_data_it_vanishes_when_it_goes_quiet() -> None:
    world = World()
    world.step(0, fault(), signal())
    assert events(world.step(1, fault())) == ["fired", "vanished"]


def test_an_open_alert_gets_no_worse_under_broken_data() -> None:
    world = World()
    world.step(0, signal())
    assert events(world.step(1, fault(), signal("orders", severity="critical", value=99.0))) == ["opened", "muted"]
    alert = world.alerts[1]
    assert (alert.severity, alert.value, alert.muted_by, alert.last_day) == ("warning", 2.0, 2, day(1))
    assert alert.subjects == ("orders", "revenue")
    world.alerts[2] = replace(world.alerts[2], state="resolved", resolved_day=day(1), resolved_by="ana")
    assert events(world.step(2, signal(severity="critical", value=99.0))) == ["escalated"]
    assert world.alerts[1].muted_by is None


def test_broken_data_do_not_mute_themselves_nor_what_they_cannot_cause() -> None:
    world = World()
    world.step(0, fault(), fault(rule="zeros"), signal(kind="psi line"))
    assert {one.state for one in world.active} == {"open"}


def test_a_fault_that_is_still_pending_mutes_the_days_on_which_it_fires() -> None:
    world = World(Policy(per_kind={"data fault": Policy(for_days=2)}))
    assert events(world.step(0, fault(), signal())) == ["pending", "muted"]
    assert events(world.step(1, signal())) == ["vanished", "opened"]


def test_what_was_resolved_and_fires_under_broken_data_comes_back_after_them() -> None:
    world = World(Policy(resolve_after_days=1))
    world.step(0, signal())
    world.step(1)
    assert events(world.step(2, fault(), signal())) == ["opened", "muted"]
    assert events(world.step(3, signal())) == ["resolved", "vanished", "reopened"]
    assert world.alerts[1].state == "open"
    assert sorted(world.alerts) == [1, 2]


NAMES = ("revenue", "orders")
SIGNALS = st.builds(
    Signal,
    rule=st.sampled_from(("psi", "ks")),
    subject=st.sampled_from(NAMES),
    kind=st.sampled_from([kind for kind in KINDS if kind != "freshness"]),
    severity=st.sampled_from(SEVERITIES),
    value=st.sampled_from((2.0, 3.0)),
    limit=st.sampled_from((0.0, 1.0)),
)
DAYS = st.lists(st.lists(SIGNALS, max_size=4), max_size=25)
SPANS = st.integers(1, 4)
POLICIES = st.builds(Policy, for_days=SPANS, cooldown_days=SPANS, resolve_after_days=SPANS)


def lived(days: list[list[Signal]], policy: Policy) -> dict[int, Alert]:
    world = World(policy)
    for number, signals in enumerate(days):
        world.step(number, *signals)
    return world.alerts


@settings(max_examples=60, deadline=None)
@given(DAYS, POLICIES)
def test_every_day_no_signal_is_lost_and_one_alert_a_key_is_active(days: list[list[Signal]], policy: Policy) -> None:
    world = World(policy)
    for number, signals in enumerate(days):
        world.step(number, *signals)
        keys = [one.key for one in world.active]
        assert len(keys) == len(set(keys))
        for one in signals:
            (alert,) = (alert for alert in world.active if alert.key == one.group)
            assert alert.last_day == day(number)
            assert one.subject in alert.subjects
        assert world.step(number, *signals) == []
        for alert in world.alerts.values():
            assert alert.first_day <= (alert.opened_day or alert.last_day) <= alert.last_day
            assert (alert.state == "resolved") == (alert.resolved_day is not None)
            assert (alert.state == "pending") == (alert.opened_day is None)


@settings(max_examples=60, deadline=None)
@given(DAYS, POLICIES, st.randoms(use_true_random=False))
def test_the_same_days_give_the_same_alerts(days: list[list[Signal]], policy: Policy, random: Random) -> None:
    shuffled = [random.sample(signals, len(signals)) for signals in days]
    assert lived(days, policy) == lived(shuffled, policy)
