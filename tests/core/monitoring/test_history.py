"""The history: every day written once, whoever writes or dies; what is old is not news; and do data still come?"""

from __future__ import annotations

import datetime as dt
import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import Engine, event, func, insert, select

from core.config import PROJECT_ROOT, Config
from core.errors import InputError, NotReadyError
from core.lifecycle.version import Version
from core.monitoring import history, progress
from core.monitoring.alerts import Alerts
from core.monitoring.findings import Rules, findings
from core.monitoring.history import (
    DAYS_A_TRANSACTION,
    KEPT_HISTORIES,
    Written,
    days_done,
    next_day,
    statistics,
    update_history,
    watched_of,
)
from core.monitoring.monitor_job import is_due, watch
from core.monitoring.progress import NEWS_DAYS, PROBED_DAYS
from core.monitoring.shown import moves
from core.series.panel import Panel, Series
from core.state.engine import open_engine, reading, writing
from core.state.tables import (
    ALERT_PROGRESS,
    ALERTS,
    ALIASES,
    MONITOR_DAYS,
    NOTIFICATIONS,
    now,
)
from core.transactions import counts
from core.transactions.load import prepare
from core.transactions.store import Generation
from tests.core.monitoring.history_world import (
    CLOSED,
    DAYS,
    REPLICAS,
    RULES,
    World,
    day_of,
    nothing,
    publish,
    replace_id,
    snapshot,
    until,
    write_moved,
)

pytestmark = pytest.mark.usefixtures("few_replicas")


def test_every_day_is_written_once_with_all_it_says(world: World) -> None:
    manifest = world.generation.manifest
    assert world.written == Written(DAYS, manifest.first_day, manifest.last_day)
    days = [row[1] for row in world.whole["days"]]
    assert days == [day_of(world, number) for number in range(DAYS)]
    said = findings(watched_of(world.generation, world.version), days[0], days[-1], RULES, world.memo)
    expected = {(one.day, each.feature) for one in said for each in one.statistics}
    assert {(row[1], row[2]) for row in world.whole["statistics"]} == expected
    facts = {row[1]: row[3]["signals"] for row in world.whole["days"]}
    assert {day: len(told) for day, told in facts.items()} == {one.day: len(one.signals) for one in said}
    assert {each[0] for told in facts.values() for each in told} >= {"shift", "no trade"}
    assert {row[2] for row in world.whole["alerts"]} >= {"level", "data fault: no trade"}


def test_statistics_are_what_was_written(world: World) -> None:
    first, last = day_of(world, 140), day_of(world, 150)
    found = statistics(world.engine, world.version.id, first, last)
    said = findings(watched_of(world.generation, world.version), first, last, RULES, world.memo)
    expected = pd.DataFrame([{"day": one.day, **asdict(each)} for one in said for each in one.statistics])
    keys = ["day", "feature"]
    found, expected = (frame.sort_values(keys).reset_index(drop=True) for frame in (found, expected))
    assert list(found.columns) == list(expected.columns)
    for name in found.columns:
        if expected[name].dtype == float:
            assert np.array_equal(found[name].astype(float), expected[name], equal_nan=True), name
        else:
            assert found[name].tolist() == expected[name].tolist()
    whole = statistics(world.engine, world.version.id)
    assert whole["day"].is_monotonic_increasing
    assert len(whole) == len(world.whole["statistics"])
    assert statistics(world.engine, "another").empty
    assert list(statistics(world.engine, "another").columns) == list(found.columns)


def test_a_second_run_writes_nothing(world: World) -> None:
    assert world.update(world.engine) == Written(0, None, None)
    assert snapshot(world.engine) == world.whole
    assert not is_due(world.engine, world.generation, world.version)
    with reading(world.engine) as connection:
        assert days_done(connection, world.version.id) == DAYS
        assert days_done(connection, "another") == 0


def test_what_a_run_tells_goes_up(world: World, engine: Engine) -> None:
    told: list[tuple[float, str]] = []
    world.update(engine, tell=lambda share, text: told.append((share, text)))
    shares = [share for share, _ in told]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)
    assert len(told) == 1 + -(-DAYS // DAYS_A_TRANSACTION)
    assert snapshot(engine) == world.whole


@pytest.mark.parametrize("parts", [(1, 2), (28, 29), (111, 150)])
def test_days_that_come_one_after_another_give_the_same_history(
    world: World, engine: Engine, monkeypatch: pytest.MonkeyPatch, parts: tuple[int, ...]
) -> None:
    """The data grow; what was written is the same, but which generation it was made from, and that more days were
    news when they came."""
    manifest = world.generation.manifest
    with monkeypatch.context() as patch:
        for count in parts:
            patch.setattr(world.generation, "manifest", replace(manifest, last_day=day_of(world, count - 1)))
            world.update(engine)
            with reading(engine) as connection:
                assert days_done(connection, world.version.id) == count
            assert next_day(engine, world.version.id, manifest.first_day) == day_of(world, count)
        patch.setattr(world.generation, "manifest", manifest)
        world.update(engine)
    assert {**snapshot(engine), "messages": None} == {**world.whole, "messages": None}


def test_two_at_once_neither_repeat_nor_lose_a_day(world: World, engine: Engine) -> None:
    """Both have seen an empty history before either writes."""
    both = threading.Barrier(2, timeout=60)

    def run(_number: int) -> int:
        def tell(share: float, _text: str) -> None:
            if share == 0.0:
                both.wait()

        return world.update(engine, tell=tell).days

    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(run, range(2)))
    assert sum(done) == DAYS
    assert snapshot(engine) == world.whole


@pytest.mark.parametrize("breaks_at", [0, 27, 28, 135])
def test_an_error_inside_a_transaction_leaves_whole_days_and_the_next_run_ends_it(
    world: World, engine: Engine, monkeypatch: pytest.MonkeyPatch, breaks_at: int
) -> None:
    observe = Alerts.observe

    def broken(self: Alerts, connection: Any, version: str, day: dt.date, *rest: Any, **how: Any) -> Any:
        if day == day_of(world, breaks_at):
            raise RuntimeError("the power went")
        return observe(self, connection, version, day, *rest, **how)

    with monkeypatch.context() as patch:
        patch.setattr(Alerts, "observe", broken)
        with pytest.raises(RuntimeError, match="power"):
            world.update(engine)
    whole_blocks = breaks_at // DAYS_A_TRANSACTION * DAYS_A_TRANSACTION
    left = snapshot(engine)
    assert left["days"] == world.whole["days"][:whole_blocks]
    assert left["statistics"] == [row for row in world.whole["statistics"] if row[1] < day_of(world, whole_blocks)]
    assert is_due(engine, world.generation, world.version)
    assert world.update(engine).days == DAYS - whole_blocks
    assert snapshot(engine) == world.whole


CHILD = """
import datetime as dt, signal, sys
from pathlib import Path
from core.config import Config
from core.lifecycle.registry import Registry
from core.monitoring import sequential
from core.monitoring.alerts import Alerts
from core.monitoring.findings import Rules
from core.monitoring.history import update_history
from core.state.engine import open_engine
from core.transactions.store import Store

data_dir, url, day, replicas = sys.argv[1:]
sequential.REPLICAS = int(replicas)
observe = Alerts.observe

def slow(self, connection, version, at, *rest, **how):
    found = observe(self, connection, version, at, *rest, **how)
    if at == dt.date.fromisoformat(day):
        print("inside", flush=True)
        signal.pause()
    return found

Alerts.observe = slow
config, engine = Config(data_dir=Path(data_dir)), open_engine(url)
(version,) = Registry(config).versions()
update_history(engine, Store(config.store_dir).current(), version, Alerts(engine), Rules())
"""


def test_a_killed_process_leaves_whole_days_and_the_next_run_ends_it(world: World, engine: Engine) -> None:
    """Killed in the middle of a transaction, after alerts of its days were written in it."""
    at = 140
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(world.config.data_dir), str(engine.url), day_of(world, at).isoformat(),
         str(REPLICAS)],
        stdout=subprocess.PIPE, text=True, cwd=PROJECT_ROOT, env=os.environ | {"PYTHONPATH": str(PROJECT_ROOT)},
    )  # fmt: skip
    assert child.stdout is not None
    try:
        assert child.stdout.readline() == "inside\n"
    finally:
        child.send_signal(signal.SIGKILL)
        child.communicate()
    whole_blocks = at // DAYS_A_TRANSACTION * DAYS_A_TRANSACTION
    assert snapshot(engine)["days"] == world.whole["days"][:whole_blocks]
    assert world.update(engine).days == DAYS - whole_blocks
    assert snapshot(engine) == world.whole


def test_another_version_fills_its_history_and_tells_no_alert_again(world: World, engine: Engine) -> None:
    world.update(engine)
    second = publish(world.config, world.generation)
    try:
        since = day_of(world, 100)
        assert is_due(engine, world.generation, second)
        assert world.update(engine, second, since=since) == Written(60, since, day_of(world, DAYS - 1))
        found = snapshot(engine)
        assert [row[1] for row in found["days"] if row[0] == second.id] == [day_of(world, n) for n in range(100, DAYS)]
        for part in ("alerts", "events", "messages"):
            assert found[part] == world.whole[part]
        mine = [row[1:] for row in found["statistics"] if row[0] == second.id]
        assert mine == [row[1:] for row in world.whole["statistics"] if row[1] >= since]
    finally:
        world.config.data_dir.joinpath("models", "versions", second.id).rename(
            world.config.data_dir / f"gone-{second.id}"
        )


def test_days_that_another_version_saw_are_not_told_anew(world: World, engine: Engine) -> None:
    """However much the other one sees in them."""
    world.update(engine)
    before, other = snapshot(engine), replace_id(world.version, "v78")
    strict = Rules(budget=20.0, line=0.1)
    update_history(engine, world.generation, other, Alerts(engine), strict, since=day_of(world, 100), memo=world.memo)
    found = snapshot(engine)
    seen = {name: sum(len(row[3]["signals"]) for row in found["days"] if row[0] == name)
            for name in (world.version.id, "v78")}  # fmt: skip
    assert seen["v78"] > seen[world.version.id]
    for part in ("alerts", "events", "messages"):
        assert found[part] == before[part]


def test_old_days_send_no_messages_and_new_ones_do(
    world: World, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The day without trade: news when it is one of the newest, and when it is long over nothing to write about."""
    fault = "data fault: no trade"
    assert fault in {row[2] for row in world.whole["alerts"]}
    assert fault not in told(world.engine)
    assert "level" in told(world.engine)  # it still holds on the newest days
    for age, expected in ((NEWS_DAYS - 1, {fault}), (NEWS_DAYS, set())):
        one = open_engine(str(engine.url).replace("state", f"age-{age}"))
        shorter = replace(world.generation.manifest, last_day=day_of(world, CLOSED + age))
        with monkeypatch.context() as patch:
            patch.setattr(world.generation, "manifest", shorter)
            world.update(one)
        assert told(one) & {fault} == expected


def told(on: Engine) -> set[str]:
    with reading(on) as connection:
        query = select(ALERTS.c.key).join(NOTIFICATIONS, NOTIFICATIONS.c.alert_id == ALERTS.c.id)
        return set(connection.execute(query).scalars())


def test_after_the_first_back_fill_every_day_is_news(world: World, engine: Engine) -> None:
    """A load a month: the day without trade, and its end, are told although they are weeks old."""
    world.update(engine, generation=until(world, CLOSED - 8))
    world.update(engine)
    assert "data fault: no trade" in told(engine)
    number = next(row[0] for row in snapshot(engine)["alerts"] if row[2] == "data fault: no trade")
    assert [row[1] for row in snapshot(engine)["messages"] if row[0] == number] == ["opened", "resolved"]


def test_a_first_back_fill_that_died_is_as_quiet_when_it_goes_on(
    world: World, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(history, "_facts", lambda found: 1 / (day_of(world, 100) - found.day).days)
        with pytest.raises(ZeroDivisionError):
            world.update(engine)
    world.update(engine)
    assert snapshot(engine)["messages"] == world.whole["messages"]


# -- other data


def older(folder: Path) -> tuple[Generation, Version]:
    """Data that ended years before those of the world, with all that happens in these."""
    lines = pd.read_csv(write_moved(folder), parse_dates=["time"])
    lines.assign(time=lines["time"] - pd.Timedelta(days=7 * 400)).to_csv(folder / "old.csv", index=False)
    config = Config(data_dir=folder / "data")
    generation = prepare(config, folder / "old.csv")
    return generation, publish(config, generation)


def test_data_that_end_before_those_of_the_sample_are_looked_at_from_their_first_day(
    world: World, engine: Engine, tmp_path: Path
) -> None:
    generation, version = older(tmp_path)
    world.update(engine)
    before = snapshot(engine)["alerts"]
    still_open = [row[0] for row in before if row[5] == "open"]
    assert still_open
    config = replace(world.config, database_url=str(engine.url))
    assert is_due(engine, generation, version)
    assert watch(config, generation, version, nothing)["days"] == DAYS
    found = snapshot(engine)
    alerts = Alerts(engine)
    ends = []
    for number in still_open:
        one = alerts.get(number)
        assert (one.state, one.resolved_by, one.resolved_day) == ("resolved", "other data", day_of(world, DAYS - 1))
        ends += [row[1] for row in found["messages"] if row[0] == number]
    assert ends == ["opened", "resolved"]  # of the one that is bad enough
    new = [alerts.get(row[0]) for row in found["alerts"] if row[0] > max(row[0] for row in before)]
    assert {one.key for one in new} == {row[2] for row in before}
    assert {one.key for one in new if one.state == "open"} == {alerts.get(number).key for number in still_open}
    assert max(one.last_day for one in new) <= generation.manifest.last_day
    assert {row[1] for row in found["days"]} == {generation.manifest.first_day + dt.timedelta(n) for n in range(DAYS)}
    assert not is_due(engine, generation, version)


def test_data_that_shrink_and_grow_again_lose_no_day(world: World, engine: Engine) -> None:
    world.update(engine)
    world.update(engine, generation=until(world, DAYS - 11))
    found = snapshot(engine)
    assert [row[1] for row in found["days"]] == [day_of(world, number) for number in range(DAYS - 10)]
    assert max(row[1] for row in found["statistics"]) == day_of(world, DAYS - 11)
    assert world.update(engine).days == 10
    assert snapshot(engine)["statistics"] == world.whole["statistics"]
    assert "level" in {one.key for one in Alerts(engine).open()}


def test_other_data_that_come_meanwhile_end_the_run(world: World, engine: Engine) -> None:
    def tell(share: float, _text: str) -> None:
        if share == 0.0:
            with writing(engine) as connection:
                progress.begin(connection, world.generation)

    with pytest.raises(NotReadyError, match="took the place"):
        world.update(engine, tell=tell)
    assert snapshot(engine)["days"] == []


class Data:
    """As much of a generation as its identity needs."""

    def __init__(self, first: int, values: Any) -> None:
        self.first_day = dt.date(2021, 1, 1) + dt.timedelta(days=first)
        self._panel = Panel((Series("transactions"),), self.first_day, np.array([values], float))
        self.manifest = self
        self.last_day = self._panel.last_day

    def panel(self) -> Panel:
        return self._panel


VALUES = np.random.default_rng(1).integers(5, 50, 200).astype(float)
VALUES[6::7] = 0.0
LATE = np.where(np.arange(200) % 7 == 3, VALUES + 1, VALUES)


@pytest.mark.parametrize(
    ("data", "same"),
    [
        (Data(0, VALUES), True),
        (Data(0, [*VALUES, 5, 8]), True),
        (Data(30, VALUES[30:]), True),  # an export of the newest days only
        (Data(-9, [*range(9), *VALUES]), True),
        (Data(0, LATE), True),
        (Data(0, VALUES[:-1]), False),
        (Data(0, VALUES * 2), False),
        (Data(0, VALUES[::-1]), False),
        (Data(200, VALUES), False),
        (Data(200 - PROBED_DAYS // 4, VALUES), False),
    ],
)
def test_data_are_known_again(engine: Engine, data: Any, same: bool) -> None:
    before: Any = Data(0, VALUES)
    with writing(engine) as connection:
        progress.begin(connection, before)
        begun = progress.read(connection)
        progress.go_on(connection, before, before.last_day)
        done = progress.read(connection)
    assert begun is not None
    assert done is not None
    assert (done.id, done.last_day, len(done.totals)) == (begun.id, before.last_day, PROBED_DAYS)
    assert done.is_of(data) == same


def test_lines_counted_by_an_earlier_version_are_counted_anew_by_the_job(
    world: World, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.update(engine)
    assert not is_due(engine, world.generation, world.version)
    monkeypatch.setattr(counts, "FORMAT", counts.FORMAT + 1)
    assert is_due(engine, world.generation, world.version)
    told: list[str] = []
    config, last = replace(world.config, database_url=str(engine.url)), world.generation.manifest.last_day
    watch(config, world.generation, world.version, lambda _, text: told.append(text), today=last)
    assert told[0].startswith("Counting the lines")
    assert not is_due(engine, world.generation, world.version)
    monkeypatch.undo()
    counts.write_counts(world.generation)


# -- what is kept


def test_histories_of_the_newest_versions_and_the_champion_are_kept(world: World, engine: Engine) -> None:
    names = [f"v{number}" for number in range(7, 8 + KEPT_HISTORIES + 1)]
    with writing(engine) as connection:
        connection.execute(insert(ALIASES).values(name="champion", version_id=names[0], changed_at=now()))
    for name in names:
        world.update(engine, replace_id(world.version, name), since=day_of(world, DAYS - 2))
    found, kept = snapshot(engine), {names[0], *names[-KEPT_HISTORIES:]}
    assert names[1] not in kept
    assert {row[0] for row in found["days"]} == {row[0] for row in found["statistics"]} == kept


def test_days_before_the_history_are_refused(world: World, engine: Engine) -> None:
    world.update(engine, since=day_of(world, 100))
    with pytest.raises(InputError, match=f"begins on {day_of(world, 100)}"):
        world.update(engine, since=day_of(world, 99))
    for number in (100, 120):
        assert world.update(engine, since=day_of(world, number)).days == 0
    whole = open_engine(str(engine.url).replace("state", "whole"))
    world.update(whole)
    assert world.update(whole, since=day_of(world, -9)).days == 0


def test_moves_is_another_after_every_change_and_reads_no_table(world: World, engine: Engine) -> None:
    said, alerts = [moves(engine)], Alerts(engine)
    for last in (100, DAYS - 1):
        world.update(engine, generation=until(world, last))
        said.append(moves(engine))
    until_then = now() + dt.timedelta(days=2)
    silence = alerts.silence("level", None, until_then, "ana", "sales campaign")
    said.append(moves(engine))
    alerts.end_silence(silence.id, "ana")
    said.append(moves(engine))
    alerts.silence("shape", None, until_then, "ana", "sales campaign")
    said.append(moves(engine))
    said.append(moves(engine, until_then))  # it ran out
    alerts.acknowledge(alerts.open()[0].id, "ana")
    said.append(moves(engine))
    assert len(set(said)) == len(said)
    asked: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *call: asked.append(call[2]))
    moves(engine)
    (query,) = asked
    with reading(engine) as connection:
        plan = [row[-1] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}")]
        assert connection.execute(select(func.count()).select_from(ALERT_PROGRESS)).scalar_one() == 1
    scans = [line for line in plan if line.startswith("SCAN") and "CONSTANT" not in line]
    assert scans in ([], ["SCAN alert_progress"])  # its one row


def test_data_without_a_measure_cannot_be_watched(
    world: World, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "MEASURES", ("visits",))
    with pytest.raises(NotReadyError, match="no measure"):
        world.update(engine)
    with reading(engine) as connection:
        assert connection.execute(select(func.count()).select_from(MONITOR_DAYS)).scalar_one() == 0


# -- the job
