"""The store: loading is atomic and idempotent, readers never see a mixture, a killed writer leaves the old state."""

from __future__ import annotations

import dataclasses
import os
import random
import signal
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest

from core.config import Config
from core.errors import InputError
from core.series.panel import Series
from core.transactions.load import prepare
from core.transactions.publish import KEEP
from core.transactions.store import Manifest, Store
from tests.core.transactions.conftest import LINES, write_csv

ROOT = Path(__file__).parents[3]


def generations(config: Config) -> list[str]:
    return sorted(path.name for path in config.store_dir.iterdir() if path.name.startswith("gen-"))


def test_the_same_file_twice_changes_nothing(config, tmp_path):
    path = write_csv(tmp_path / "lines.csv")
    first = prepare(config, path)
    assert prepare(config, path).id == first.id
    path.touch()
    renamed = path.rename(tmp_path / "renamed.csv")
    assert prepare(config, renamed).id == first.id  # other name and time, same lines
    assert generations(config) == [first.id]


def test_other_lines_or_rules_make_a_new_generation(config, tmp_path):
    path = write_csv(tmp_path / "lines.csv")
    first = prepare(config, path)
    second = prepare(dataclasses.replace(config, rules_off=frozenset({"customer"})), path)
    write_csv(path, LINES[:5])
    third = prepare(config, path)
    assert len({first.id, second.id, third.id}) == 3
    assert Store(config.store_dir).current().id == third.id


def test_only_some_generations_are_kept(config, tmp_path):
    path = tmp_path / "lines.csv"
    ids = [prepare(config, write_csv(path, LINES[: n + 1])).id for n in range(KEEP + 2)]
    assert generations(config) == sorted(ids[-KEEP:])


def test_manifest_survives_its_json(config, tmp_path):
    manifest = prepare(config, write_csv(tmp_path / "lines.csv")).manifest
    assert Manifest.from_json(manifest.to_json()) == manifest


def test_store_sees_a_new_generation_at_once(config, tmp_path):
    store = Store(config.store_dir)
    assert store.current() is None
    first = prepare(config, write_csv(tmp_path / "a.csv"))
    assert store.current().id == first.id
    assert store.current() is store.current()
    second = prepare(config, write_csv(tmp_path / "b.csv", LINES[:4]))
    assert store.current().id == second.id


def test_readers_never_see_a_mixture(config, tmp_path):
    """Readers ask lines and cube while generations of 4 and 9 lines replace each other: only whole answers."""
    small, large = write_csv(tmp_path / "a.csv", LINES[:4]), write_csv(tmp_path / "b.csv", LINES)
    prepare(config, small)
    stop, wrong, answers = threading.Event(), [], [0]

    def reader() -> None:
        store = Store(config.store_dir)
        while not stop.is_set():
            generation = store.current()
            pair = generation.query(
                "SELECT (SELECT count(*) FROM lines), (SELECT sum(lines)::BIGINT FROM cube WHERE rule = '')"
            ).to_pylist()[0]
            kept = generation.manifest.lines_out
            answers[0] += 1
            if set(pair.values()) != {kept}:
                wrong.append((pair, kept))

    threads = [threading.Thread(target=reader) for _ in range(2)]
    for thread in threads:
        thread.start()
    for turn in range(12):
        prepare(config, large if turn % 2 == 0 else small)
    stop.set()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert answers[0] > 12


WRITER = """
import sys
from pathlib import Path
from core.config import Config
from core.transactions.load import prepare
print("started", flush=True)
while True:
    for name in ("a.csv", "b.csv"):
        prepare(Config(data_dir=Path(sys.argv[1])), Path(sys.argv[2]) / name)
        print("published", flush=True)
"""


@pytest.mark.timeout(180)
def test_kill_at_any_moment_leaves_a_whole_state(config, tmp_path):
    write_csv(tmp_path / "a.csv", LINES[:4])
    write_csv(tmp_path / "b.csv", LINES)
    expected = {prepare(Config(data_dir=tmp_path / f"of {name}"), tmp_path / name).manifest.content: rows
                for name, rows in (("a.csv", 3), ("b.csv", 5))}  # fmt: skip
    chance = random.Random(3)
    for _ in range(8):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(config.data_dir), str(tmp_path)],
            stdout=subprocess.PIPE, text=True, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        assert writer.stdout is not None
        assert writer.stdout.readline() == "started\n"
        assert writer.stdout.readline() == "published\n"
        threading.Event().wait(
            chance.uniform(0, 0.4)
        )  # a random moment of the endless publishing, not a wait for anything
        writer.send_signal(signal.SIGKILL)
        writer.communicate()
        generation = Store(config.store_dir).current()
        assert (
            generation.query("SELECT count(*) AS n FROM lines").to_pylist()[0]["n"]
            == expected[generation.manifest.content]
        )
        assert generation.panel()[Series("transactions")].sum() == expected[generation.manifest.content]
    prepare(config, write_csv(tmp_path / "c.csv", LINES[:5]))
    leftovers = [p.name for p in config.store_dir.iterdir() if p.name.startswith((".tmp-", ".spill-", "CURRENT."))]
    assert leftovers == []


def test_failed_write_leaves_the_old_state(config, tmp_path, monkeypatch):
    first = prepare(config, write_csv(tmp_path / "a.csv"))
    monkeypatch.setattr(
        "core.transactions.publish.pq.write_table",
        lambda *a, **k: (_ for _ in ()).throw(OSError(28, "No space left on device")),
    )
    with pytest.raises(OSError, match="No space"):
        prepare(config, write_csv(tmp_path / "b.csv", LINES[:4]))
    assert Store(config.store_dir).current().id == first.id


def test_no_frame_of_lines_is_imported_by_a_reader():
    """A web worker that reads the store loads neither the writers' libraries nor pandas' spreadsheet readers."""
    code = textwrap.dedent(
        """
        import sys, core.transactions.store, core.transactions.views
        heavy = ("tensorflow", "statsmodels", "xgboost", "python_calamine")
        print([name for name in heavy if name in sys.modules])
        """
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"


def test_unreadable_source_is_a_sentence(config, tmp_path):
    with pytest.raises(InputError, match="no such file or folder"):
        prepare(config, tmp_path / "nowhere")


def test_an_older_generation_can_be_opened_as_long_as_it_is_there(config, tmp_path):
    store = Store(config.store_dir)
    ids = [prepare(config, write_csv(tmp_path / "a.csv", LINES[: n + 1])).id for n in range(KEEP + 1)]
    assert store.named(ids[-1]) is store.current()
    assert store.named(ids[-2]).manifest.lines_in == KEEP
    assert store.named(ids[0]) is None
    assert store.named("../../etc") is None
