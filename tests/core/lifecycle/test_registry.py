"""The registry: whole versions or none, aliases with an audit, damage refused, kill -9 at any moment."""

import random
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from core.config import Config
from core.errors import InputError, TidemarkError
from core.lifecycle import registry as registry_module
from core.lifecycle.registry import Registry
from core.lifecycle.version import Version
from tests.core.lifecycle.conftest import MANIFEST, fill


def publish(registry: Registry, level: float = 100.0, *, promote: bool = True) -> Version:
    with registry.workspace() as folder:
        fill(folder, level)
        version = registry.publish(folder, MANIFEST)
    if promote:
        registry.promote(version.id, "ana", "first")
    return version


def test_nothing_yet(registry: Registry) -> None:
    assert registry.champion() is None
    assert registry.versions() == []
    with pytest.raises(InputError, match="no version v1"):
        registry.promote("v1", "ana", "hope")
    with pytest.raises(InputError):
        registry.open("../../etc")


def test_published_serves_only_when_promoted(registry: Registry) -> None:
    version = publish(registry, promote=False)
    assert version.id == "v1"
    assert registry.champion() is None
    registry.promote("v1", "ana", "looks good", evidence={"wape": 0.2})
    assert registry.champion().id == "v1"
    (event,) = registry.history()
    assert (event.who, event.from_value, event.to_value) == ("ana", None, "v1")
    assert (event.reason, event.evidence) == ("looks good", {"wape": 0.2})


def test_rollback_is_a_move_and_deletes_nothing(registry: Registry) -> None:
    publish(registry)
    publish(registry)
    registry.promote("v1", "ben", "v2 is worse")
    assert registry.champion().id == "v1"
    assert [version.id for version in registry.versions()] == ["v2", "v1"]
    assert [(event.from_value, event.to_value) for event in registry.history()] == [
        ("v2", "v1"), ("v1", "v2"), (None, "v1"),
    ]  # fmt: skip


def test_another_process_sees_the_move_within_a_second(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    writer, reader = Registry(config), Registry(config)
    clock = [100.0]
    monkeypatch.setattr(registry_module.time, "monotonic", lambda: clock[0])
    publish(writer)
    assert reader.champion().id == "v1"
    publish(writer)
    assert reader.champion().id == "v1"
    clock[0] += registry_module.LOOK_EVERY
    assert reader.champion().id == "v2"


def test_a_version_is_read_once(registry: Registry) -> None:
    publish(registry)
    champion = registry.champion()
    assert champion.forecasts() is registry.champion().forecasts()
    assert len(champion.forecasts()) == 4 * 365


@pytest.mark.parametrize("name", ["forecasts.parquet", "models/parameters.json", "manifest.json"])
@pytest.mark.parametrize("damage", ["flip", "truncate", "remove"])
def test_damage_is_refused_and_the_version_before_serves(config: Config, name: str, damage: str) -> None:
    writer = Registry(config)
    publish(writer)
    publish(writer)
    path = config.models_dir / "versions" / "v2" / name
    if damage == "remove":
        path.unlink()
    else:
        data = path.read_bytes()
        half = len(data) // 2
        flipped = data[:half] + bytes([data[half] ^ 0xFF]) + data[half + 1 :]
        path.write_bytes(data[:half] if damage == "truncate" else flipped)
    fresh = Registry(config)
    assert fresh.champion().id == "v1"
    assert any("v2" in str(problem) and Path(name).name in str(problem) for problem in fresh.problems())
    with pytest.raises(InputError, match="damaged"):
        fresh.promote("v2", "ana", "again")
    assert fresh.champion().id == "v1"


def test_a_version_that_was_mended_serves_again(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(Registry(config))
    publish(Registry(config))
    path = config.models_dir / "versions" / "v2" / "forecasts.parquet"
    good = path.read_bytes()
    path.write_bytes(b"rubbish")
    registry = Registry(config)
    monkeypatch.setattr(registry_module, "LOOK_EVERY", 0.0)
    assert registry.champion().id == "v1"
    path.write_bytes(good)
    assert registry.champion().id == "v2"
    assert registry.problems() == ()


def test_a_file_damaged_while_it_serves_gives_a_clear_sentence(registry: Registry, config: Config) -> None:
    champion = publish(registry)
    (config.models_dir / "versions" / "v1" / "forecasts.parquet").write_bytes(b"rubbish")
    with pytest.raises(TidemarkError, match=r"Version v1 is damaged: forecasts\.parquet"):
        champion.forecasts()


def test_a_silent_database_does_not_stop_the_service(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(registry)
    assert registry.champion().id == "v1"

    def silent() -> None:
        raise OperationalError("SELECT", {}, Exception("gone"))

    monkeypatch.setattr(registry_module, "LOOK_EVERY", 0.0)
    with monkeypatch.context() as patch:
        patch.setattr(registry, "aliases", silent)
        assert registry.champion().id == "v1"
        assert "database does not answer" in str(registry.problems()[0])
    assert registry.champion().id == "v1"
    assert registry.problems() == ()


def test_old_versions_are_let_go(registry: Registry) -> None:
    for _ in range(registry_module.KEPT_VERSIONS + 2):
        publish(registry)
    assert len(registry._open) == registry_module.KEPT_VERSIONS
    assert registry.open("v1").id == "v1"
    assert registry.champion().id == f"v{registry_module.KEPT_VERSIONS + 2}"


def test_numbers_are_never_given_twice(config: Config) -> None:
    publish(Registry(config))
    publish(Registry(config))
    (config.models_dir / "versions" / "v2").rename(config.data_dir / "elsewhere")
    assert publish(Registry(config)).id == "v3"


def test_parallel_publishers_get_different_numbers(config: Config) -> None:
    registries = [Registry(config) for _ in range(4)]
    ids, barrier = [], threading.Barrier(4)

    def run(registry: Registry) -> None:
        with registry.workspace() as folder:
            fill(folder)
            barrier.wait()
            ids.append(registry.publish(folder, MANIFEST).id)

    threads = [threading.Thread(target=run, args=(registry,)) for registry in registries]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ids) == ["v1", "v2", "v3", "v4"]
    for version in Registry(config).versions():
        assert Registry(config).open(version.id).manifest["id"] == version.id


def test_a_failed_training_leaves_no_folder(registry: Registry, config: Config) -> None:
    def fail() -> None:
        with registry.workspace() as folder:
            fill(folder)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert list((config.models_dir / "versions").iterdir()) == []


CHILD = """
import signal, sys
from pathlib import Path
from core.config import Config
from core.lifecycle.registry import Registry
from tests.core.lifecycle.conftest import MANIFEST, fill
registry = Registry(Config(data_dir=Path(sys.argv[1])))
registry.champion()
signal.setitimer(signal.ITIMER_REAL, float(sys.argv[2]))  # nobody handles it: it ends the process on the spot
while True:
    with registry.workspace() as folder:
        fill(folder)
        version = registry.publish(folder, MANIFEST)
    registry.promote(version.id, "child", "test")
"""

KILLED_AT = """
import os, sys
from pathlib import Path
from unittest import mock
from core.config import Config
from core.lifecycle.registry import Registry
from tests.core.lifecycle.conftest import MANIFEST, fill
registry = Registry(Config(data_dir=Path(sys.argv[1])))
registry.champion()
with registry.workspace() as folder, mock.patch(sys.argv[2], lambda *args: os.kill(os.getpid(), 9)):
    fill(folder)
    version = registry.publish(folder, MANIFEST)
    registry.promote(version.id, "child", "test")
"""

MOMENTS = {
    "before the manifest": "core.lifecycle.files.file_sha256",
    "before the rename": "core.lifecycle.registry.os.rename",
    "after the rename": "core.lifecycle.registry.sync",
    "in the transaction of the alias": "core.lifecycle.registry.update",
}


def check_whole(config: Config, before: str) -> None:
    """After a kill: what is listed is whole, somebody serves, and the audit tells how it came about."""
    registry = Registry(config)
    champion = registry.champion()
    assert champion is not None
    assert registry.problems() == ()
    assert len(champion.forecasts()) == 4 * 365
    for version in registry.versions():
        registry.open(version.id)
    assert registry.history()[0].to_value == champion.id
    assert int(champion.id[1:]) >= int(before[1:])


def test_killed_at_random_moments(config: Config) -> None:
    before = publish(Registry(config)).id
    rng = random.Random(7)
    for _ in range(5):
        child = subprocess.run(
            [sys.executable, "-c", CHILD, str(config.data_dir), str(rng.uniform(0.001, 0.15))],
            capture_output=True, cwd=Path(__file__).parents[3], check=False, timeout=60,
        )  # fmt: skip
        assert child.returncode == -signal.SIGALRM, child.stderr.decode()
        check_whole(config, before)
        before = Registry(config).champion().id
    with Registry(config).workspace():
        left = [path for path in (config.models_dir / "versions").iterdir() if path.name.startswith(".tmp-")]
    assert len(left) == 1  # only our own: those of dead processes are gone


@pytest.mark.parametrize("moment", MOMENTS)
def test_kill_9_at_chosen_moments(config: Config, moment: str) -> None:
    before = publish(Registry(config)).id
    child = subprocess.run(
        [sys.executable, "-c", KILLED_AT, str(config.data_dir), MOMENTS[moment]],
        capture_output=True, cwd=Path(__file__).parents[3], check=False, timeout=60,
    )  # fmt: skip
    assert child.returncode == -signal.SIGKILL, child.stderr.decode()
    check_whole(config, before)
    assert Registry(config).champion().id == before
