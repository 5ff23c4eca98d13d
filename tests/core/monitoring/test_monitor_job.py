"""The daily job: it brings the history up to date, for the champion of the moment, and tells when data stop."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.config import Config
from core.errors import InputError, NotReadyError
from core.lifecycle.version import Version
from core.monitoring import monitor_job
from core.monitoring.monitor_job import OLD_EXTRACT_DAYS, RECENT_DAYS, watch
from core.state.engine import open_engine
from core.transactions.store import Generation, Store
from tests.core.monitoring.history_world import (
    DAYS,
    World,
    day_of,
    nothing,
    replace_id,
    snapshot,
    until,
)

pytestmark = pytest.mark.usefixtures("few_replicas")


@pytest.fixture
def config(world: World, tmp_path: Path) -> Config:
    return replace(world.config, database_url=f"sqlite:///{tmp_path / 'state.sqlite'}")


def test_the_watch_brings_the_history_up_to_date(world: World, config: Config) -> None:
    last = world.generation.manifest.last_day
    found = watch(config, world.generation, world.version, nothing, today=last)
    assert (found["days"], found["last_day"]) == (DAYS, last.isoformat())
    assert {one["kind"] for one in found["open"]} >= {"level"}
    assert set(found["drifted"]) >= {"transactions"}
    assert all(set(one) == {"id", "kind", "severity", "subjects"} for one in found["open"])
    again = watch(config, world.generation, world.version, nothing, today=last)
    assert again == {**found, "days": 0}
    assert snapshot(open_engine(config.database))["days"] == world.whole["days"]


def test_a_history_that_was_begun_goes_on_where_it_was(
    world: World, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A first run that died after a few days leaves no hole, however short the memory of later versions is."""
    monkeypatch.setattr(monitor_job, "RECENT_DAYS", 40)
    engine, manifest = open_engine(config.database), world.generation.manifest
    with monkeypatch.context() as patch:
        patch.setattr(world.generation, "manifest", replace(manifest, last_day=day_of(world, 9)))
        watch(config, world.generation, world.version, nothing, today=day_of(world, 9))
    found = watch(config, world.generation, world.version, nothing, today=manifest.last_day)
    assert found["days"] == DAYS - 10
    assert len(snapshot(engine)["days"]) == DAYS
    fresh = open_engine(str(engine.url).replace("state", "fresh"))
    world.update(fresh, generation=until(world, 9))
    unseen = replace(config, database_url=str(fresh.url))
    other = replace_id(world.version, "v77")
    assert watch(unseen, world.generation, other, nothing, today=manifest.last_day)["days"] == DAYS - 10
    assert watch(config, world.generation, other, nothing, today=manifest.last_day)["days"] == 41
    assert RECENT_DAYS > 365


def stopped(world: World, read_after: int, today_after: int) -> Any:
    """What is said so many days after the last day of the data, which were read so many days after it."""
    manifest = world.generation.manifest
    read = dt.datetime.combine(manifest.last_day, dt.time(20), dt.UTC) + dt.timedelta(days=read_after)
    generation = Generation(world.generation.path)
    generation.manifest = replace(manifest, created_at=read.isoformat())
    return monitor_job._stopped(generation, world.version, manifest.last_day + dt.timedelta(days=today_after))


@pytest.mark.parametrize(
    ("read_after", "today_after", "expected"),
    [
        (0, 0, None),
        (0, -3, None),  # a clock that is behind
        (0, 3, None),
        (0, 5, "warning"),
        (5, 5, "warning"),
        (0, 12, "critical"),
        (OLD_EXTRACT_DAYS, OLD_EXTRACT_DAYS + 5, "critical"),
        (OLD_EXTRACT_DAYS + 1, OLD_EXTRACT_DAYS + 5, None),
        (5000, 5000, None),
    ],
)
def test_data_that_stop_are_told_and_those_that_never_came_are_not(
    world: World, read_after: int, today_after: int, expected: str | None
) -> None:
    found = stopped(world, read_after, today_after)
    assert (None if found is None else found.severity) == expected


def test_closed_days_bring_no_data(world: World) -> None:
    """The last day is a Saturday: Sunday does not count, so that the budget of three days ends a day later."""
    last = world.generation.manifest.last_day
    calendar = world.version.calendar()
    days = np.array([np.datetime64(last) + number for number in range(1, 12)])
    is_open = calendar.is_open(days)
    assert not is_open.all()
    for number in range(1, 12):
        found, counted = stopped(world, 0, number), int(is_open[:number].sum())
        assert (found is None) == (counted <= 3)
        if found is not None:
            assert (found.value, found.kind) == (counted, "freshness")


def test_data_that_come_again_end_the_alert(world: World, config: Config) -> None:
    manifest = world.generation.manifest
    generation = Generation(world.generation.path)
    kinds = []
    for last, today in ((120, 121), (120, 128), (130, 131)):
        read = dt.datetime.combine(day_of(world, last), dt.time(20), dt.UTC).isoformat()
        generation.manifest = replace(manifest, created_at=read, last_day=day_of(world, last))
        found = watch(config, generation, world.version, nothing, today=day_of(world, today))
        kinds.append([one["kind"] for one in found["open"] if one["kind"] == "freshness"])
    assert kinds == [[], ["freshness"], []]


def test_a_version_that_comes_into_use_while_the_job_runs_is_watched_too(
    world: World, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    serving, seen = [world.version], []

    class Moving:
        def __init__(self, _config: Config) -> None: ...

        def champion(self) -> Version:
            return serving[-1]

    def spy(_config: Config, _data: Generation, version: Version, _tell: Any, since: Any) -> dict[str, Any]:
        seen.append((version.id, since))
        serving[:] = [replace_id(world.version, "v77")]
        return {"of": version.id}

    monkeypatch.setattr(monitor_job, "Registry", Moving)
    monkeypatch.setattr(monitor_job, "watch", spy)
    found = monitor_job.monitor_for_job(config, nothing, {"since": "2021-06-01"})  # type: ignore[arg-type]
    assert (found, seen) == ({"of": "v77"}, [(world.version.id, dt.date(2021, 6, 1)), ("v77", None)])


def test_requests(world: World, config: Config, tmp_path: Path) -> None:
    assert monitor_job._since(None) is None
    assert monitor_job._since({"since": "2021-06-01"}) == dt.date(2021, 6, 1)
    with pytest.raises(InputError, match="not a date"):
        monitor_job._since({"since": "June"})
    assert Store(config.store_dir).current() is not None
    with pytest.raises(NotReadyError):
        monitor_job.monitor_for_job(Config(data_dir=tmp_path / "empty"), None)  # type: ignore[arg-type]
