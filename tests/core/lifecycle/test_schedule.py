"""The schedule: what is due, taken once by whoever comes first, missed times caught up once, settings with an audit."""

import datetime as dt
import threading
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import tzlocal

from core.config import Config
from core.errors import ConfigError, InputError
from core.lifecycle import audit
from core.lifecycle import schedule as schedule_module
from core.lifecycle.schedule import Schedule, Settings
from core.state.engine import open_engine

LONDON = ZoneInfo("Europe/London")


@pytest.fixture(autouse=True)
def in_london(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tzlocal, "get_localzone", lambda: LONDON)


@pytest.fixture
def schedule(config: Config) -> Schedule:
    return Schedule(open_engine(config.database), config)


def at(day: int, hour: int, minute: int = 0, month: int = 11) -> dt.datetime:
    return dt.datetime(2026, month, day, hour, minute, tzinfo=LONDON)


def test_a_planned_time_is_taken_once(schedule: Schedule, config: Config) -> None:
    assert schedule.take(at(1, 12)) is None  # the beginning: nothing before it is made up
    assert schedule.take(at(2, 5, 59)) is None
    taken = schedule.take(at(2, 6))
    assert (taken.planned_at, taken.missed) == (at(2, 6), 0)
    schedule.started(taken, 7)
    other = Schedule(open_engine(config.database), config)
    assert other.take(at(2, 6, 1)) is None
    assert schedule.take(at(3, 5)) is None


def test_a_planned_time_whose_taker_was_killed_is_taken_again(schedule: Schedule, config: Config) -> None:
    schedule.take(at(1, 12))
    first = schedule.take(at(3, 6))  # killed before it could queue a job
    assert schedule.take(at(3, 6, 4)) is None
    other = Schedule(open_engine(config.database), config)
    again = other.take(at(3, 6, 5))
    assert again == first
    assert schedule.take(at(3, 6, 6)) is None
    other.started(again, 7)
    assert schedule.take(at(3, 23)) is None


def test_missed_times_are_caught_up_once(schedule: Schedule) -> None:
    schedule.take(at(1, 12))
    taken = schedule.take(at(9, 11))
    assert (taken.planned_at, taken.missed) == (at(9, 6), 7)
    schedule.started(taken, 1)
    assert schedule.take(at(9, 12)) is None
    assert schedule.take(at(10, 6)).missed == 0


def test_summer_time(schedule: Schedule) -> None:
    schedule.take(at(23, 12, month=10))
    planned = []
    for day in (24, 25, 26):  # clocks go back on the 25th
        taken = schedule.take(at(day, 12, month=10))
        schedule.started(taken, day)
        planned.append(taken.planned_at)
    assert [moment.astimezone(dt.UTC).hour for moment in planned] == [5, 6, 6]
    assert schedule.next_time(at(26, 12, month=10)) == at(27, 6, month=10)


@pytest.mark.parametrize("daily_at", ["00:00", "00:30", "01:00", "01:30", "02:00", "02:30", "06:00"])
@pytest.mark.parametrize("zone", ["Europe/London", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"])
def test_one_time_a_day_whatever_the_clocks_do(
    schedule: Schedule, monkeypatch: pytest.MonkeyPatch, daily_at: str, zone: str
) -> None:
    """Also in the hour that comes twice; one that does not come at all may be left out or moved."""
    monkeypatch.setattr(tzlocal, "get_localzone", lambda: ZoneInfo(zone))
    monkeypatch.setattr(schedule_module, "now", lambda: dt.datetime(2025, 1, 1, tzinfo=dt.UTC))
    schedule.change(Settings(daily_at, None, on_drift=False, on_loss=False), "ana", "early")
    moment, days = dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC), []
    for _ in range(360):
        following = schedule.next_time(moment)
        assert following > moment
        moment = following
        days.append(following.astimezone(ZoneInfo(zone)).date())
    assert len(set(days)) == 360
    assert (days[-1] - days[0]).days <= 360


def test_many_ask_one_gets_it(schedule: Schedule, config: Config) -> None:
    schedule.take(at(1, 12))
    others = [Schedule(open_engine(config.database), config) for _ in range(8)]
    barrier, got = threading.Barrier(8), []

    def ask(one: Schedule) -> None:
        barrier.wait()
        got.append(one.take(at(2, 7)))

    threads = [threading.Thread(target=ask, args=(one,)) for one in others]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(taken is not None for taken in got) == 1


def test_settings_come_from_the_environment_until_somebody_chooses(
    schedule: Schedule, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [at(5, 12)]
    monkeypatch.setattr(schedule_module, "now", lambda: clock[0])
    assert schedule.settings() == (Settings("06:00", 7, on_drift=False, on_loss=False), False)
    schedule.take(at(1, 12))
    off = Settings.read({"daily_at": None, "every_days": None, "on_drift": True})
    schedule.change(off, "ana", "quiet weeks")
    assert schedule.settings() == (Settings(None, None, on_drift=True, on_loss=False), True)
    assert schedule.take(at(20, 12)) is None
    assert schedule.next_time(at(20, 12)) is None
    clock[0] = at(20, 12)
    schedule.change(None, "ben", "back")
    assert schedule.settings() == (Settings("06:00", 7, on_drift=False, on_loss=False), False)
    first, second = audit.entries(open_engine(config.database), audit.SCHEDULE)
    assert (first.who, second.who, second.reason) == ("ben", "ana", "quiet weeks")
    assert '"daily_at": null' in second.to_value
    assert first.from_value == second.to_value


def test_what_is_switched_on_again_does_not_catch_up(schedule: Schedule, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schedule_module, "now", lambda: at(20, 12))
    schedule.take(at(1, 12))
    schedule.change(Settings("06:00", None, on_drift=False, on_loss=False), "ana", "on again")
    assert schedule.take(at(20, 13)) is None
    assert schedule.take(at(21, 6)).missed == 0


@pytest.mark.parametrize(
    ("values", "said"),
    [({"daily_at": "6 am"}, "time of day"), ({"daily_at": "24:00"}, "time of day"), ({"every_days": 0}, "1 to 365"),
     ({"every_days": 400}, "1 to 365"), ({"every_days": True}, "1 to 365"), ({"every_days": "7"}, "1 to 365")],
)  # fmt: skip
def test_wrong_settings_are_named(values: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=said):
        Settings.read(values)


@pytest.mark.parametrize(
    ("retrain", "days", "events"),
    [("off", None, set()), ("7", 7, set()), ("30, drift", 30, {"drift"}), ("drift,loss", None, {"drift", "loss"})],
)
def test_the_environment(tmp_path: Path, retrain: str, days: int | None, events: set[str]) -> None:
    config = Config.from_env({"DATA_DIR": str(tmp_path), "RETRAIN": retrain, "MONITOR_AT": "23:30"})
    assert (config.monitor_at, config.retrain_days, set(config.retrain_on)) == ("23:30", days, events)
    assert Config.from_env({"MONITOR_AT": "off"}).monitor_at is None


@pytest.mark.parametrize(
    ("name", "value"),
    [("RETRAIN", "often"), ("RETRAIN", "7,8"), ("RETRAIN", "0"), ("RETRAIN", "off,7"), ("RETRAIN", ","),
     ("MONITOR_AT", "6:00"), ("MONITOR_AT", "noon"), ("KEEP_VERSIONS", "0"), ("GATE_PERCENT", "-1")],
)  # fmt: skip
def test_wrong_variables_are_named(name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=name):
        Config.from_env({name: value})
