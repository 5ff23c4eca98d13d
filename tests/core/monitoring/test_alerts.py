"""The service around the alerts: what a day writes, what people do, who is told, two processes at once."""

import datetime as dt
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, insert

from core.errors import InputError
from core.monitoring import silences
from core.monitoring.alert_rows import add_event
from core.monitoring.alerting import OTHER_DATA, QUIET, Alert, Policy
from core.monitoring.alerts import Alerts, ChangedError, freshness
from core.monitoring.outlets import Outlets
from core.monitoring.signal import Signal
from core.monitoring.silences import Silence, silenced
from core.state.engine import get_engine, open_engine, writing
from core.state.tables import ALERT_PROGRESS
from tests.core.monitoring.alert_help import MOMENT, Clock, day, fault, signal

OUTLETS = Outlets(webhook="http://localhost/x")


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return open_engine(f"sqlite:///{tmp_path / 'state.sqlite'}")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def alerts(engine: Engine, clock: Clock) -> Alerts:
    return Alerts(engine, OUTLETS, clock=clock)


Observe = Callable[..., list[str]]


@pytest.fixture
def observe(engine: Engine, alerts: Alerts) -> Observe:
    def run(number: int, *signals: Signal, tell: bool = True) -> list[str]:
        with writing(engine) as connection:
            return [one.event for one in alerts.observe(connection, "v1", day(number), signals, tell=tell)]

    return run


def told(alerts: Alerts, alert: int = 1) -> list[str]:
    return [f"{one.event} {one.channel}" for one in alerts.notifications(alert)]


def happened(alerts: Alerts, alert: int = 1) -> list[tuple[str, str]]:
    return [(one.who, one.event) for one in alerts.events(alert)]


def test_a_day_writes_alerts_events_and_messages(alerts: Alerts, observe: Observe) -> None:
    assert observe(0, signal(evidence={"n": 3}), signal("orders")) == ["opened"]
    (alert,) = alerts.open()
    assert alert == Alert(
        id=1, version_id="v1", key="level", kind="level", severity="warning", state="open", first_day=day(0),
        last_day=day(0), opened_day=day(0), subjects=("orders", "revenue"), value=2.0, limit=1.0,
        evidence={"rule": "psi", "subject": "orders"}, opened_at=MOMENT,
    )  # fmt: skip
    assert happened(alerts) == [("monitoring", "opened")]
    assert told(alerts) == ["opened log", "opened webhook"]
    assert observe(0, signal(evidence={"n": 3}), signal("orders")) == []


def test_it_all_happens_in_the_callers_transaction(engine: Engine, alerts: Alerts) -> None:
    def half() -> None:
        with writing(engine) as connection:
            alerts.observe(connection, "v1", day(0), [signal()])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        half()
    assert alerts.recent() == []


def test_a_pending_one_vanishes_without_a_trace(engine: Engine) -> None:
    alerts = Alerts(engine, OUTLETS, Policy(for_days=2))
    for number, signals in enumerate(([signal()], [], [signal()], [signal()])):
        with writing(engine) as connection:
            alerts.observe(connection, "v1", day(number), signals)
        assert len(alerts.recent()) == (number != 1)
    assert [(one.id, one.state) for one in alerts.recent()] == [(2, "open")]
    assert told(alerts, 2) == ["opened log", "opened webhook"]


def test_getting_worse_and_ending_are_told_where_the_beginning_was(alerts: Alerts, observe: Observe) -> None:
    observe(0, signal(severity="info"))
    assert told(alerts) == []
    observe(1, signal(severity="warning"))
    observe(2, signal(severity="critical"))
    assert observe(9) == ["resolved"]
    assert told(alerts) == [f"{event} {channel}" for event in ("opened", "escalated", "resolved")
                            for channel in ("log", "webhook")]  # fmt: skip
    assert alerts.get(1).resolved_by == QUIET
    assert [event for _, event in happened(alerts)] == ["opened", "escalated", "escalated", "resolved"]


def test_the_end_is_told_wherever_the_beginning_was(alerts: Alerts, observe: Observe) -> None:
    """Nobody shall go on looking for what is over: not for a silence, nor because days are made up for."""
    observe(0, signal(), signal(kind="shape"))
    alerts.silence("level", None, MOMENT + dt.timedelta(days=9), "ana", "sales campaign")
    assert observe(7, tell=False) == ["resolved", "resolved"]
    for one in (1, 2):
        assert told(alerts, one)[2:] == ["resolved log", "resolved webhook"]


def test_who_resolves_what_is_silenced_tells_nobody(alerts: Alerts, observe: Observe) -> None:
    observe(0, signal(), signal("orders"), signal(kind="shape"))
    alerts.silence_alert(1, MOMENT + dt.timedelta(days=9), "ana", "sales campaign")
    for one in (1, 2):
        alerts.resolve(one, "ana")
    assert told(alerts, 1) == ["opened log", "opened webhook"]
    assert told(alerts, 2)[2:] == ["resolved log", "resolved webhook"]


def test_silences_made_at_once_end_at_once(alerts: Alerts, observe: Observe, clock: Clock) -> None:
    until = MOMENT + dt.timedelta(days=7)
    early = alerts.silence("level", "orders", MOMENT + dt.timedelta(days=1), "ben", "a test")
    clock.move(minutes=5)
    observe(0, signal(), signal("orders"))
    before = alerts.silences()
    made = alerts.silence_alert(1, until, "ana", "sales campaign")
    assert silences.replaced(before, made) == [early]
    other = alerts.silence("shape", None, until, "ana", "sales campaign")
    assert silences.together(alerts.silences()) == [tuple(made), (other,)]
    assert [one.id for one in alerts.end_together(made[1].id, "ben")] == [made[1].id, made[0].id]
    assert alerts.silences() == [other]
    with pytest.raises(InputError, match="over already"):
        alerts.end_together(made[0].id, "ben")
    assert silences.replaced([other], [other]) == []


def test_a_further_subject_is_told_even_if_somebody_looks_after_it(alerts: Alerts, observe: Observe) -> None:
    observe(0, signal())
    alerts.acknowledge(1, "ana")
    assert observe(1, signal(), signal("orders")) == ["spread"]
    assert told(alerts) == [f"{event} {channel}" for event in ("opened", "spread") for channel in ("log", "webhook")]
    assert alerts.events(1)[-1].note == "warning on 2026-03-03: orders, revenue, 2 over 1"
    assert observe(2, signal(), signal("orders")) == ["fired"]
    assert observe(3, signal("customers")) == ["spread"]
    assert len(told(alerts)) == 4


def test_what_is_not_told_does_not_spread_before_it_is(alerts: Alerts, observe: Observe) -> None:
    observe(0, signal(), tell=False)
    assert observe(1, signal("orders")) == ["spread"]
    assert told(alerts) == ["opened log", "opened webhook"]


def test_other_data_end_what_is_open_and_know_nothing_of_it(
    engine: Engine, alerts: Alerts, observe: Observe
) -> None:  # fmt: skip
    with writing(engine) as connection:
        alerts.observe_freshness(connection, "v1", day(9), freshness(day(0), day(9)))
    observe(5, signal(), fault())
    observe(6, signal(), signal(kind="shape"), fault())
    with writing(engine) as connection:
        alerts.other_data(connection, day(8))
        row = {"last_day": None, "news_from": day(0), "after_alert": 4, "totals": {}, "at": MOMENT}
        connection.execute(insert(ALERT_PROGRESS).values(row))
    assert [one.kind for one in alerts.open()] == ["freshness"]
    over = alerts.get(2)
    assert (over.kind, over.resolved_by, over.resolved_day) == ("data fault", OTHER_DATA, day(8))
    assert (happened(alerts, 2)[-1], alerts.events(2)[-1].note) == (("monitoring", "resolved"), "other data came")
    assert told(alerts, 2) == ["opened log", "opened webhook", "resolved log", "resolved webhook"]
    assert {one.state for one in alerts.recent()} == {"open", "resolved"}  # what was pending is gone
    assert observe(6, signal()) == ["opened"]  # neither late data of the one before, nor the same again


def test_what_is_not_bad_enough_ends_without_a_word(alerts: Alerts, observe: Observe) -> None:
    observe(0, signal(severity="info"))
    observe(7)
    assert told(alerts) == []


def test_worse_twice_is_told_twice(engine: Engine) -> None:
    alerts = Alerts(engine, Outlets(least="info"))
    for number, severity in enumerate(("info", "warning", "critical")):
        with writing(engine) as connection:
            alerts.observe(connection, "v1", day(number), [signal(severity=severity)])
    assert told(alerts) == ["opened log", "escalated log"]


def test_one_that_comes_back_is_told_as_if_new(alerts: Alerts, observe: Observe) -> None:
    observe(0, signal())
    observe(7)
    assert observe(9, signal()) == ["reopened"]
    assert told(alerts) == ["opened log", "opened webhook"]
    assert alerts.get(1).resolved_at is None


def test_of_days_that_are_made_up_for_only_what_still_fires_is_told(alerts: Alerts, observe: Observe) -> None:
    assert observe(0, signal(), tell=False) == ["opened"]
    assert observe(1, signal(kind="shape"), tell=False) == ["opened"]
    assert observe(7, signal(kind="shape", severity="critical"), tell=False) == ["resolved", "escalated"]
    assert observe(8, signal(kind="shape")) == ["fired"]
    assert (told(alerts, 1), told(alerts, 2)) == ([], ["opened log", "opened webhook"])


def test_the_cool_down_is_remembered_to_its_last_day(observe: Observe) -> None:
    observe(0, signal())
    assert observe(7) == ["resolved"]
    assert observe(14, signal()) == ["reopened"]


def test_an_alert_keeps_the_version_under_which_it_began(engine: Engine, alerts: Alerts, observe: Observe) -> None:
    observe(0, signal())
    with writing(engine) as connection:
        alerts.observe(connection, "v2", day(1), [signal()])
    assert (alerts.get(1).version_id, alerts.get(1).last_day) == ("v1", day(1))


def test_acknowledge(alerts: Alerts, observe: Observe, clock: Clock) -> None:
    observe(0, signal())
    clock.move(hours=1)
    alert = alerts.acknowledge(1, "ana", "on it")
    assert (alert.acknowledged_by, alert.acknowledged_at, alert.state) == ("ana", clock(), "open")
    assert (alerts.events(1)[-1].note, happened(alerts)[-1]) == ("on it", ("ana", "acknowledged"))
    with pytest.raises(InputError, match="acknowledged by ana already"):
        alerts.acknowledge(1, "ben")
    assert observe(7) == ["resolved"]
    with pytest.raises(InputError, match="alert 1 is not open but resolved"):
        alerts.acknowledge(1, "ben")


def test_resolve_by_hand_and_it_comes_back_if_it_still_fires(
    engine: Engine, alerts: Alerts, observe: Observe
) -> None:  # fmt: skip
    observe(0, signal())
    observe(1)
    with writing(engine) as connection:
        row = {"last_day": day(1), "news_from": day(0), "after_alert": 0, "totals": {}, "at": MOMENT}
        connection.execute(insert(ALERT_PROGRESS).values(row))
    alert = alerts.resolve(1, "ana", "new prices")
    assert (alert.state, alert.resolved_by, alert.resolved_day, alert.last_day) == ("resolved", "ana", day(1), day(0))
    assert told(alerts)[-2:] == ["resolved log", "resolved webhook"]
    with pytest.raises(InputError, match="not open"):
        alerts.resolve(1, "ben")
    assert observe(2, signal()) == ["reopened"]


@pytest.mark.parametrize("number", [7, 0, -1, 2**31, 10**30])
def test_unknown_numbers(alerts: Alerts, number: int) -> None:
    for use in (alerts.acknowledge, alerts.resolve):
        with pytest.raises(InputError, match=f"no alert {number}"):
            use(number, "ana")
    for look in (alerts.get, alerts.events):
        with pytest.raises(InputError, match=f"no alert {number}"):
            look(number)
    with pytest.raises(InputError, match=f"no silence {number}"):
        alerts.end_silence(number, "ana")


def test_pending_ones_cannot_be_acknowledged(alerts: Alerts, observe: Observe) -> None:
    observe(0, fault(), signal())
    with pytest.raises(InputError, match="not open but pending"):
        alerts.acknowledge(2, "ana")


def test_muted_alerts_are_kept_but_not_told(alerts: Alerts, observe: Observe) -> None:
    assert observe(0, fault(), signal()) == ["opened", "muted"]
    muted = alerts.get(2)
    assert (muted.state, muted.muted_by) == ("pending", 1)
    assert (told(alerts, 2), happened(alerts, 2)) == ([], [])
    assert [one.id for one in alerts.open()] == [1]
    alerts.resolve(1, "ana")
    assert observe(1, signal()) == ["opened"]
    assert alerts.get(2).muted_by is None
    assert told(alerts, 2) == ["opened log", "opened webhook"]


def test_an_open_alert_muted_meanwhile_says_so(alerts: Alerts, observe: Observe) -> None:
    observe(0, signal())
    observe(1, signal(severity="critical"), fault())
    assert happened(alerts)[-1] == ("monitoring", "muted")
    assert (alerts.get(1).severity, told(alerts)) == ("warning", ["opened log", "opened webhook"])


def test_a_silence_keeps_it_quiet_until_it_runs_out(alerts: Alerts, observe: Observe, clock: Clock) -> None:
    silence = alerts.silence("level", None, MOMENT + dt.timedelta(days=2), "ana", "sales campaign")
    assert alerts.silences() == [silence]
    observe(0, signal())
    assert ([one.id for one in alerts.open()], told(alerts)) == ([1], [])
    clock.move(days=2)
    assert alerts.silences() == []
    observe(1, signal())
    assert told(alerts) == ["opened log", "opened webhook"]


def test_what_broken_data_mute_when_its_silence_runs_out_is_told_after_both(
    alerts: Alerts, observe: Observe, clock: Clock
) -> None:
    alerts.silence("level", None, MOMENT + dt.timedelta(days=1), "ana", "sales campaign")
    observe(0, signal())
    clock.move(days=1)
    observe(1, signal(), fault())
    assert told(alerts) == []
    alerts.resolve(2, "ana")
    observe(2, signal())
    assert told(alerts) == ["opened log", "opened webhook"]


def test_an_acknowledged_alert_is_not_told_after_its_silence(alerts: Alerts, observe: Observe, clock: Clock) -> None:
    alerts.silence(None, None, MOMENT + dt.timedelta(days=2), "ana", "holiday")
    observe(0, signal())
    alerts.acknowledge(1, "ana")
    clock.move(days=3)
    observe(1, signal())
    assert told(alerts) == []
    observe(2, signal(severity="critical"))
    assert told(alerts) == ["opened log", "opened webhook"]


def test_a_silence_is_about_its_kind_and_subject_only(alerts: Alerts, observe: Observe) -> None:
    alerts.silence("level", "revenue", MOMENT + dt.timedelta(days=2), "ana", "sales campaign")
    observe(0, signal(), signal(kind="shape"))
    assert (told(alerts, 1), told(alerts, 2)) == ([], ["opened log", "opened webhook"])
    observe(1, signal("orders"))
    assert told(alerts, 1) == ["opened log", "opened webhook"]


def test_a_silence_of_one_rule_leaves_the_others_heard(alerts: Alerts, observe: Observe) -> None:
    """A price may be missing, beyond any before, or the rule that dropped a line: three alerts about "price"."""
    rules = ("missing values", "unknown values", "dropped lines")
    observe(0, *(signal("price", rule=rule, kind="data fault") for rule in rules))
    numbers = {one.rule: one.id for one in alerts.open()}
    assert numbers.keys() == set(rules)
    until = MOMENT + dt.timedelta(days=9)
    (made,) = alerts.silence_alert(numbers["missing values"], until, "ana", "known gap")
    assert (made.kind, made.rule, made.subject) == ("data fault", "missing values", "price")
    heard = {one.rule: not silenced(one, [made]) for one in alerts.open()}
    assert heard == {"missing values": False, "unknown values": True, "dropped lines": True}
    observe(20)
    observe(40, *(signal("price", rule=rule, kind="data fault") for rule in rules))
    assert [told(alerts, one.id) for one in alerts.open() if one.rule == "missing values"] == [[]]
    (made,) = alerts.silence_alert(alerts.open()[0].id, until, "ana", "all of it", of_kind=True)
    assert (made.kind, made.rule, made.subject) == ("data fault", None, None)
    assert all(silenced(one, [made]) for one in alerts.open())


def test_asked_for_again_a_silence_gets_longer_and_is_one(alerts: Alerts, clock: Clock) -> None:
    week = alerts.silence("level", "revenue", MOMENT + dt.timedelta(days=7), "ana", "sales campaign")
    clock.move(seconds=2)  # Enter twice
    again = alerts.silence("level", "revenue", MOMENT + dt.timedelta(days=7, seconds=2), "ana", "sales campaign")
    assert again == week
    assert alerts.silence("level", "revenue", MOMENT + dt.timedelta(days=1), "ben", "too") == week
    month = alerts.silence("level", "revenue", MOMENT + dt.timedelta(days=30), "ben", "longer")
    assert alerts.silences() == [month]
    assert (month.who, month.reason) == ("ben", "longer")
    other = alerts.silence("level", None, MOMENT + dt.timedelta(days=7), "ana", "all of them")
    assert alerts.silences() == [other, month]


def test_an_alert_is_silenced_whole_or_not_at_all(
    engine: Engine, alerts: Alerts, observe: Observe, monkeypatch: pytest.MonkeyPatch
) -> None:
    observe(0, signal(), signal("orders"))
    until, add = MOMENT + dt.timedelta(days=7), silences.add

    def break_after_one(connection: Connection, *values: Any) -> Silence:
        if values[2] == "revenue":
            raise RuntimeError("the power went")
        return add(connection, *values)

    monkeypatch.setattr(silences, "add", break_after_one)
    with pytest.raises(RuntimeError):
        alerts.silence_alert(1, until, "ana", "sales campaign")
    assert alerts.silences() == []
    monkeypatch.setattr(silences, "add", add)
    both = alerts.silence_alert(1, until, "ana", "sales campaign")
    assert [one.subject for one in both] == ["orders", "revenue"]
    assert alerts.silence_alert(1, until, "ben", "sales campaign") == both
    assert len(alerts.silences()) == 2


def test_two_at_once_make_one_silence(alerts: Alerts, observe: Observe) -> None:
    observe(0, signal())
    both = threading.Barrier(2, timeout=60)

    def ask(who: str) -> None:
        both.wait()
        alerts.silence_alert(1, MOMENT + dt.timedelta(days=7), who, "sales campaign")

    threads = [threading.Thread(target=ask, args=(who,)) for who in ("ana", "ben")]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(alerts.silences()) == 1


@pytest.mark.parametrize("action", ["acknowledge", "resolve", "silence_alert"])
def test_an_answer_is_about_the_alert_as_it_was_seen(
    engine: Engine, alerts: Alerts, observe: Observe, action: str
) -> None:
    def answer(seen: int) -> object:
        if action == "silence_alert":
            return alerts.silence_alert(1, MOMENT + dt.timedelta(days=1), "ana", "sales campaign", seen=seen)
        return getattr(alerts, action)(1, "ana", seen=seen)

    observe(0, signal())
    seen = alerts.mark(1)
    observe(1, signal(severity="critical"))
    with pytest.raises(ChangedError, match="alert 1 has changed"):
        answer(seen)
    assert (alerts.get(1).state, alerts.get(1).acknowledged_by, alerts.silences()) == ("open", None, [])
    seen = alerts.mark(1)
    with writing(engine) as connection:  # a message about it is no change of it
        add_event(connection, 1, MOMENT, "monitoring", "sent", "escalated: log")
    assert alerts.mark(1) == seen
    assert answer(seen)
    assert alerts.mark(99) == 0


def test_a_silence_ended_by_hand(alerts: Alerts, observe: Observe) -> None:
    silence = alerts.silence(None, "revenue", MOMENT + dt.timedelta(days=2), "ana", "sales campaign")
    ended = alerts.end_silence(silence.id, "ben")
    assert (ended.ended_at, ended.ended_by) == (MOMENT, "ben")
    assert alerts.silences() == []
    with pytest.raises(InputError, match="over already"):
        alerts.end_silence(silence.id, "ben")
    observe(0, signal())
    assert told(alerts) == ["opened log", "opened webhook"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"kind": "noise"}, "kind noise"),
        ({"subject": " "}, "subject is empty"),
        ({"rule": "psi"}, "some kinds"),
        ({"kind": None, "rule": "missing values"}, "some kinds"),
        ({"kind": "data fault", "rule": " "}, "rule is empty"),
        ({"reason": " x "}, "3 letters"),
        ({"until": MOMENT}, "is over"),
        ({"until": MOMENT + dt.timedelta(days=367)}, "more than a year"),
        ({"until": dt.datetime(2026, 3, 3)}, "time zone"),
    ],
)
def test_silences_that_are_refused(alerts: Alerts, changes: dict[str, object], words: str) -> None:
    asked = {"kind": "level", "subject": "revenue", "until": MOMENT + dt.timedelta(days=1), "who": "ana",
             "reason": "sales campaign"}  # fmt: skip
    with pytest.raises(InputError, match=words):
        alerts.silence(**{**asked, **changes})
    assert alerts.silences() == []


def test_the_worst_open_alert_comes_first(alerts: Alerts, observe: Observe) -> None:
    observe(0, signal(), signal(kind="shape", severity="critical"), signal(kind="model", severity="info"))
    assert [one.severity for one in alerts.open()] == ["critical", "warning", "info"]
    assert [one.id for one in alerts.recent(2)] == [3, 2]


def test_the_timeline_has_what_lived_on_these_days(alerts: Alerts, observe: Observe) -> None:
    observe(0, signal())
    observe(7, signal(kind="shape"))
    assert observe(8, fault(), signal(kind="model")) == ["opened", "muted"]
    within = lambda first, last: [one.kind for one in alerts.timeline(day(first), day(last))]  # noqa: E731
    assert within(0, 9) == ["level", "shape", "data fault"]
    assert within(-9, -1) == []
    assert within(3, 6) == ["level"]
    assert within(7, 7) == ["level", "shape"]
    assert within(8, 20) == ["shape", "data fault"]


def many(work: list[Callable[[], object]]) -> list[BaseException]:
    """Runs all at once; what they raised."""
    barrier, errors = threading.Barrier(len(work)), []

    def run(one: Callable[[], object]) -> None:
        barrier.wait()
        try:
            one()
        except BaseException as error:  # noqa: BLE001 - handed to the test
            errors.append(error)

    threads = [threading.Thread(target=run, args=(one,)) for one in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return errors


def test_several_processes_observe_at_once(engine: Engine, tmp_path: Path) -> None:
    """Separate engines stand for separate processes: every URL spelling gets its own."""
    engines = [engine] + [get_engine(f"sqlite:///{tmp_path}/{'./' * n}state.sqlite") for n in range(1, 6)]

    def observe(one: Engine) -> Callable[[], object]:
        def run() -> None:
            with writing(one) as connection:
                Alerts(one, OUTLETS).observe(connection, "v1", day(0), [signal(), fault()])

        return run

    assert many([observe(one) for one in engines]) == []
    alerts = Alerts(engine)
    assert [(one.id, one.fired_days) for one in alerts.recent()] == [(2, 1), (1, 1)]
    assert [event for _, event in happened(alerts)] == ["opened"]
    assert told(alerts) == ["opened log", "opened webhook"]


def test_one_of_many_acknowledges(alerts: Alerts, observe: Observe) -> None:
    observe(0, signal())
    errors = many([lambda who=who: alerts.acknowledge(1, who) for who in ("ana", "ben", "eve")])
    assert [type(error) for error in errors] == [InputError, InputError]
    assert len(happened(alerts)) == 2


TODAY = dt.date(2026, 3, 20)


@pytest.mark.parametrize(
    ("days", "severity"), [(-5, None), (0, None), (3, None), (4, "warning"), (7, "warning"), (8, "critical")]
)
def test_freshness(days: int, severity: str | None) -> None:
    found = freshness(TODAY - dt.timedelta(days=days), TODAY)
    assert (found and found.severity) == severity
    if found:
        assert (found.kind, found.value, found.limit, found.group) == ("freshness", days, 3, "freshness")


def test_freshness_has_its_own_budget_and_knows_closed_days() -> None:
    last = TODAY - dt.timedelta(days=5)
    assert freshness(last, TODAY, budget_days=5) is None
    assert freshness(last, TODAY, budget_days=2, critical_days=4).severity == "critical"
    closed = {TODAY - dt.timedelta(days=1), TODAY - dt.timedelta(days=2), last}
    assert freshness(last, TODAY, closed=closed) is None


def test_freshness_runs_by_the_clock_on_the_wall_and_ends_when_data_come(
    engine: Engine, alerts: Alerts, observe: Observe
) -> None:
    def on(last: dt.date, today: dt.date) -> list[str]:
        with writing(engine) as connection:
            return [one.event for one in alerts.observe_freshness(connection, "v1", today, freshness(last, today))]

    observe(0, signal())
    assert on(day(0), day(5)) == ["opened"]
    assert on(day(0), day(100)) == ["escalated"]
    assert on(day(0), day(100)) == []
    assert on(day(0), day(101)) == ["fired"]
    assert alerts.get(1).state == "open"  # days on the wall are not quiet days of the data
    assert observe(1, signal()) == ["fired"]
    assert on(day(100), day(101)) == ["resolved"]
    with pytest.raises(ValueError, match="observe_freshness"):
        observe(2, freshness(day(0), day(50)))
