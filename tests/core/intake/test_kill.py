"""Kill -9 at every step of a load: the data, the history and the audit are those before it or those after it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from core.config import PROJECT_ROOT, Config
from core.intake.apply import load, settle_if_needed
from core.intake.asked import Wanted
from core.intake.loads import Loads
from core.intake.records import Records
from core.intake.uploads import Uploads
from core.lifecycle.audit import DATA, entries
from core.lifecycle.bootstrap import choose_source, prepare_source
from core.state.engine import open_engine
from core.transactions.load import prepare
from core.transactions.store import Store
from tests.core.intake.conftest import in_use, lines_of, sent, text_of

BEFORE = (
    "core.intake.apply.Records.complete",
    "core.intake.apply.build",
    "core.intake.apply.write_generation",
    "core.transactions.publish._replace",
)
AFTER = (
    "core.transactions.publish._forget_old",
    "core.intake.apply.Records.mark",
    "core.intake.apply._audit",
    "core.intake.apply.Uploads.remove",
)
SCRIPT = """
import importlib, os, sys
from pathlib import Path
from core.config import Config
from core.intake import apply
from core.intake.asked import Wanted
from core.transactions import publish

def kill(*_, **__):
    os.kill(os.getpid(), 9)

# one start for all: the libraries are loaded, and nothing of them runs yet when a child is made
for line in sys.stdin:
    folder, moment, mode, upload, number = line.split()
    child = os.fork()
    if child == 0:
        parts = moment.split(".")
        target = sys.modules[".".join(parts[:3])]
        for part in parts[3:-1]:
            target = getattr(target, part)
        if moment.endswith(".mark"):  # the one after the generation is published, not that of an earlier load
            apply.write_generation = lambda *a, real=apply.write_generation: (real(*a), setattr(target, "mark", kill))
        elif moment.endswith("_audit"):
            apply.settle = lambda *_: None
            setattr(target, parts[-1], kill)
        else:
            setattr(target, parts[-1], kill)
        wanted = Wanted(mode, None if upload == "-" else upload, load=int(number) or None)
        apply.load(Config(data_dir=Path(folder)), wanted, "Ann", "why")
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """An installation with data prepared by hand, one load beside them, and a file that waits."""
    folder = tmp_path_factory.mktemp("base")
    config, file = Config(data_dir=folder / "data"), folder / "first.csv"
    file.write_bytes(text_of(lines_of(1, 2)))
    prepare(config, file)
    load(config, Wanted("add", sent(config, text_of(lines_of(3, 3))).id), "Ann", "why")
    upload = sent(config, text_of(lines_of(5, 6)))
    open_engine(config.database).dispose()
    return config.data_dir, upload.id


def state(config: Config) -> tuple[int, int, list[tuple[int, str]]]:
    manifest = in_use(config).manifest
    history = Loads(config, Store(config.store_dir)).history()
    return manifest.load, manifest.lines_out, [(one.number, one.state) for one in history]


def test_kill_9_at_every_step(base: tuple[Path, str], tmp_path: Path) -> None:
    folder, upload = base
    cases = [(moment, "add") for moment in (*BEFORE, *AFTER)]
    cases += [(moment, "undo") for moment in (BEFORE[-1], AFTER[0])]
    places = [shutil.copytree(folder, tmp_path / str(number)) for number in range(len(cases))]
    asked = [f"{place} {moment} {mode} {upload if mode == 'add' else '-'} {int(mode == 'undo')}"
             for place, (moment, mode) in zip(places, cases, strict=True)]  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], input="\n".join(asked) + "\n", capture_output=True, text=True, check=True,
        cwd=PROJECT_ROOT, env=os.environ | {"PYTHONPATH": str(PROJECT_ROOT)},
    )  # fmt: skip
    assert done.stdout.split() == ["-9"] * len(cases), done.stderr
    old = (1, 9, [(1, "in use")])
    new = {"add": (2, 15, [(2, "in use"), (1, "in use")]), "undo": (2, 6, [(2, "done"), (1, "undone")])}
    for place, (moment, mode) in zip(places, cases, strict=True):
        config = Config(data_dir=place)
        wanted = old if moment in BEFORE else new[mode]
        assert state(config) == wanted, moment
        settle_if_needed(config)
        prepare_source(config, choose_source(config), lambda *_: None)
        assert state(config) == wanted, moment
        assert [path.name for path in sorted(Records(config).root.iterdir())] == ["000001", "000002"][: wanted[0]]
        if moment in (BEFORE[0], BEFORE[-1]) and mode == "add":
            assert load(config, Wanted("add", Uploads(config).recent()[0].id), "Ann", "again").number == 2
            assert state(config) == new["add"], moment
        elif moment in AFTER[1:3]:
            load(config, Wanted("rules", rules={"price": False}), "Ann", "a further one")
            told = [one.to_value for one in entries(open_engine(config.database), DATA)]
            assert told == ["3", "2", "1"], moment


@pytest.mark.parametrize("moment", ["_audit", "Records.mark"])
def test_other_data_in_its_place_do_not_lose_a_load(
    config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    """A load is killed when its data are in use, and files are prepared by hand before anybody else comes."""

    def kill(*given: object) -> None:
        if given[-1]:  # the mark of no load at all is none
            raise KeyboardInterrupt

    upload, other = sent(config, text_of(lines_of(1, 2))), tmp_path / "other.csv"
    other.write_bytes(text_of(lines_of(7, 9)))
    with monkeypatch.context() as killed:
        killed.setattr(f"core.intake.apply.{moment}", kill)
        with pytest.raises(KeyboardInterrupt):
            load(config, Wanted("replace", upload.id), "Ann", "why")
    assert Records(config).unsettled()
    prepare(config, other)
    assert state(config) == (0, 9, [(1, "superseded")])
    assert [one.to_value for one in entries(open_engine(config.database), DATA)] == ["1"]
    assert not Records(config).unsettled()
    assert next(Records(config).folder(1).glob("*.csv")).is_file()


def test_a_load_in_use_is_no_failure(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    """The audit of a load cannot be written, as on a full disk: the data are in use, and the rest is done later."""
    upload = sent(config, text_of(lines_of(1, 2)))
    with monkeypatch.context() as full:
        full.setattr("core.intake.apply._audit", lambda *_: (_ for _ in ()).throw(OSError("no room")))
        assert load(config, Wanted("replace", upload.id), "Ann", "why").number == 1
    assert Records(config).unsettled()
    settle_if_needed(config)
    assert not Records(config).unsettled()
    assert [one.to_value for one in entries(open_engine(config.database), DATA)] == ["1"]
