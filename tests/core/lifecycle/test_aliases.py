"""What is live, what was, what goes back and what goes away; damage found while it serves; races."""

import datetime as dt
import itertools
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from core.config import PROJECT_ROOT, Config
from core.errors import InputError
from core.lifecycle import audit
from core.lifecycle import registry as registry_module
from core.lifecycle.audit import CHALLENGER, CHAMPION, VERSIONS, Entry
from core.lifecycle.files import DamagedError, read_manifest
from core.lifecycle.overview import overview
from core.lifecycle.registry import Registry
from core.lifecycle.version import Version
from core.state.engine import open_engine
from tests.core.lifecycle.test_registry import publish


def trail(config: Config) -> list[Entry]:
    return audit.entries(open_engine(config.database))


def test_rollback_goes_down_a_stack(registry: Registry) -> None:
    for _ in range(3):
        publish(registry)
    assert registry.previous() == "v2"
    assert registry.roll_back("ben", "v3 is wrong on Mondays") == "v2"
    assert registry.champion().id == "v2"
    assert registry.previous() == "v1"
    registry.promote("v3", "ana", "mended")
    assert registry.previous() == "v2"
    assert [registry.roll_back("ben", "again"), registry.roll_back("ben", "and again")] == ["v2", "v1"]
    with pytest.raises(InputError, match="no earlier champion"):
        registry.roll_back("ben", "further")
    assert registry.history()[0].reason == "and again"


def test_rollback_undoes_a_promotion_of_an_earlier_version(registry: Registry) -> None:
    publish(registry)
    publish(registry)
    registry.promote("v1", "ana", "by mistake")
    assert registry.previous() == "v2"
    assert registry.roll_back("ana", "undo") == "v2"
    assert registry.roll_back("ana", "v2 is wrong") == "v1"
    assert registry.previous() is None


def at(day: int) -> dt.datetime:
    return dt.datetime(2026, 11, day, 12, tzinfo=dt.UTC)


def test_which_version_was_live(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [at(1)]
    monkeypatch.setattr(audit, "now", lambda: clock[0])
    publish(registry)
    clock[0] += dt.timedelta(days=10)
    publish(registry)
    clock[0] += dt.timedelta(days=10)
    registry.promote("v1", "ben", "back")
    assert [registry.live_at(at(number) - dt.timedelta(minutes=1)) for number in (1, 2, 11, 12, 21, 22)] == [
        None, "v1", "v1", "v2", "v2", "v1",
    ]  # fmt: skip
    periods = {facts.id: facts.live for facts in overview(registry)}
    assert periods == {"v1": ((at(1), at(11)), (at(21), None)), "v2": ((at(11), at(21)),)}


def test_a_challenger_waits_and_is_none_any_more_once_promoted(registry: Registry, config: Config) -> None:
    publish(registry)
    waiting = publish(registry, promote=False)
    registry.challenge(waiting.id, "system", "worse than v1", {"p_value": 0.01})
    assert registry.aliases() == {CHAMPION: "v1", CHALLENGER: "v2"}
    assert [facts.status for facts in overview(registry)] == ["challenger", "champion"]
    registry.promote("v2", "ana", "I know better")
    assert registry.aliases() == {CHAMPION: "v2"}
    assert [facts.status for facts in overview(registry)] == ["champion", "past"]
    moves = [(one.subject, one.from_value, one.to_value) for one in trail(config)]
    assert moves[:3] == [(CHALLENGER, "v2", None), (CHAMPION, "v1", "v2"), (CHALLENGER, None, "v2")]


def test_promotion_in_place_of_another_version_only(registry: Registry) -> None:
    publish(registry, promote=False)
    publish(registry, promote=False)
    assert registry.promote("v1", "a", "first", replacing=None)
    assert not registry.promote("v2", "a", "late", replacing=None)
    assert registry.champion().id == "v1"
    assert registry.promote("v2", "a", "now", replacing="v1")


def test_the_newest_and_every_champion_are_kept(registry: Registry, config: Config) -> None:
    publish(registry)  # v1, champion for a while
    publish(registry)  # v2, champion
    for _ in range(4):
        publish(registry, promote=False)
    registry.challenge("v3", "system", "tied")
    assert registry.prune(2, "ana") == ["v4"]
    assert [version.id for version in registry.versions()] == ["v6", "v5", "v3", "v2", "v1"]
    assert next((one.subject, one.from_value, one.to_value) for one in trail(config)) == (VERSIONS, "v4", None)
    assert registry.prune(2, "ana") == []
    assert not list((config.models_dir / "versions").glob(".tmp-*"))


@pytest.mark.parametrize("name", ["forecasts.parquet", "models/parameters.json", "manifest.json"])
def test_one_flipped_byte_is_found_while_the_version_serves(
    config: Config, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [1000.0]
    monkeypatch.setattr(registry_module.time, "monotonic", lambda: clock[0])
    registry = Registry(config)
    publish(registry)
    publish(registry)
    assert registry.champion().id == "v2"
    path = config.models_dir / "versions" / "v2" / name
    flip(path)
    clock[0] += registry_module.TRACE_EVERY
    assert registry.champion().id == "v1"
    assert Path(name).name in str(registry.problems()[0])
    flip(path)
    clock[0] += registry_module.TRACE_EVERY
    assert registry.champion().id == "v2"
    assert registry.problems() == ()


def test_no_byte_of_a_manifest_can_be_another(registry: Registry, config: Config) -> None:
    folder = publish(registry).path
    data = (folder / "manifest.json").read_bytes()
    read_manifest(folder)
    for place in range(len(data)):
        for bit in (1, 2, 16):
            changed = bytes([*data[:place], data[place] ^ bit, *data[place + 1 :]])
            (folder / "manifest.json").write_bytes(changed)
            with pytest.raises(DamagedError):
                read_manifest(folder)
    (folder / "manifest.json").write_bytes(data + b"\n")
    with pytest.raises(DamagedError):
        read_manifest(folder)


def test_a_change_that_leaves_no_trace_is_found_in_time(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [1000.0]
    monkeypatch.setattr(registry_module.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(registry_module, "traces", lambda path, manifest: ())  # as of a disk that rots
    registry = Registry(config)
    publish(registry)
    publish(registry)
    assert registry.champion().id == "v2"
    flip(config.models_dir / "versions" / "v2" / "forecasts.parquet")
    clock[0] += registry_module.TRACE_EVERY
    assert registry.champion().id == "v2"
    clock[0] += registry_module.VERIFY_EVERY
    assert registry.champion().id == "v1"


def test_a_version_is_read_anew_before_it_is_promoted(registry: Registry, config: Config) -> None:
    publish(registry)
    publish(registry)
    registry.promote("v1", "ana", "back")
    assert registry.champion().id == "v1"
    flip(config.models_dir / "versions" / "v2" / "forecasts.parquet")
    with pytest.raises(InputError, match="damaged"):
        registry.promote("v2", "ana", "at once")
    assert registry.champion().id == "v1"


def test_a_manifest_damaged_after_it_was_opened_is_reported(registry: Registry, config: Config) -> None:
    publish(registry)
    (config.models_dir / "versions" / "v1" / "manifest.json").write_text("{")
    assert registry.versions() == []
    assert "manifest.json" in str(registry.problems()[0])


def test_a_rollback_does_not_undo_a_move_that_came_between(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(3):
        publish(registry)
    previous = registry.previous

    def slow() -> str | None:
        target = previous()
        registry.promote("v1", "ben", "faster")
        return target

    monkeypatch.setattr(registry, "previous", slow)
    with pytest.raises(InputError, match="came into use just now"):
        registry.roll_back("ana", "v3 is wrong")
    assert registry.champion().id == "v1"


def test_the_champion_is_not_forgotten_for_other_versions(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(5):
        publish(registry)
    champion = registry.champion()
    frame = champion.forecasts()
    for name in ("v1", "v2", "v3", "v4"):
        registry.open(name)
    monkeypatch.setattr(registry_module, "LOOK_EVERY", 0.0)
    read: list[object] = []
    monkeypatch.setattr(registry_module, "verify", lambda *arguments: read.append(arguments))
    assert [registry.champion().forecasts() is frame for _ in range(3)] == [True] * 3
    assert read == []


def test_a_damaged_champion_is_not_read_again_and_again(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    registry = Registry(config)
    publish(registry)
    publish(registry)
    flip(config.models_dir / "versions" / "v2" / "forecasts.parquet")
    fresh = Registry(config)
    monkeypatch.setattr(registry_module, "LOOK_EVERY", 0.0)
    assert fresh.champion().id == "v1"
    read: list[object] = []
    monkeypatch.setattr(registry_module, "verify", lambda *arguments: read.append(arguments))
    assert [fresh.champion().id for _ in range(3)] == ["v1"] * 3
    assert read == []


def test_a_version_removed_at_the_last_moment_is_not_promoted(
    registry: Registry, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(registry)
    publish(registry, promote=False)
    opened = registry.open

    def slow(version_id: str, *, anew: bool = False) -> Version:
        version = opened(version_id, anew=anew)
        Registry(config).prune(0, "somebody else")
        return version

    monkeypatch.setattr(registry, "open", slow)
    with pytest.raises(InputError, match="no version v2"):
        registry.promote("v2", "ana", "late")
    assert registry.aliases() == {CHAMPION: "v1"}


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


RACE = """
import random, sys, threading
from pathlib import Path
from core.config import Config
from core.errors import InputError
from core.lifecycle.registry import Registry
registry, seed = Registry(Config(data_dir=Path(sys.argv[1]))), int(sys.argv[2])
start = threading.Barrier(10)
def move(number):
    dice = random.Random(1000 * seed + number)
    start.wait()
    for step in range(10):
        who = f"{seed}-{number}-{step}"
        try:
            if dice.random() < 0.7:
                registry.promote(f"v{dice.randint(1, 4)}", who, "race")
            else:
                registry.roll_back(who, "race")
        except InputError as error:
            known = ("no earlier champion", "came into use just now", "is in use already")
            assert any(one in str(error) for one in known), error
threads = [threading.Thread(target=move, args=(n,)) for n in range(10)]
[one.start() for one in threads]; [one.join() for one in threads]
"""


def test_promotions_and_rollbacks_of_20_threads_in_2_processes(config: Config, registry: Registry) -> None:
    """Always one champion; the audit is one chain, in order, without a gap."""
    for number in range(4):
        publish(registry, promote=number == 0)
    arguments = [sys.executable, "-c", RACE, str(config.data_dir)]
    racers = [subprocess.Popen([*arguments, str(seed)], cwd=PROJECT_ROOT) for seed in (1, 2)]
    seen, over = set(), threading.Event()

    def watch() -> None:
        while not over.is_set():
            seen.add(registry.aliases().get(CHAMPION))

    watcher = threading.Thread(target=watch)
    watcher.start()
    assert [racer.wait(120) for racer in racers] == [0, 0]
    over.set()
    watcher.join()
    assert seen <= {"v1", "v2", "v3", "v4"}
    moves = list(reversed(registry.history(limit=None)))
    assert len(moves) > 50
    assert moves[0].from_value is None
    assert all(after.from_value == before.to_value for before, after in itertools.pairwise(moves))
    assert [one.id for one in moves] == sorted(one.id for one in moves)
    assert [one.at for one in moves] == sorted(one.at for one in moves)
    assert registry.aliases() == {CHAMPION: moves[-1].to_value}
    for who in {one.who for one in moves if one.who != "ana"}:
        assert sum(one.who == who for one in moves) == 1
