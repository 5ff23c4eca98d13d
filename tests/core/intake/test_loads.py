"""Loads: the data are what the history says, whatever was loaded, undone and switched before; a restart keeps them."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from click.testing import CliRunner

from core.cli import main
from core.config import Config
from core.errors import InputError, MissingError
from core.intake import apply
from core.intake.apply import load
from core.intake.asked import LOAD, Wanted
from core.intake.check import check
from core.intake.loads import Loads
from core.intake.records import Records
from core.intake.states import state_now
from core.intake.uploads import Uploads
from core.lifecycle.audit import DATA, entries
from core.lifecycle.bootstrap import choose_source, prepare_source
from core.lifecycle.jobs import Jobs
from core.lifecycle.work import _do
from core.state.engine import open_engine
from core.transactions.load import Sources, own_files, prepare, prepare_sources
from core.transactions.merge import merge
from core.transactions.posted import SCHEMA, Batch, Batches, digest_of
from core.transactions.store import MANIFEST, Store
from tests.core.intake.conftest import Send, in_use, lines_of, march, sent, text_of
from tests.core.intake.history import loaded, started_anew, told, totals, undo


def test_the_first_load_of_an_installation(config: Config) -> None:
    record = loaded(config, "replace", text_of(lines_of(1, 2)))
    assert (record.number, record.lines_out, totals(config)) == (1, 6, {march(1): 3, march(2): 3})
    (one,) = Loads(config, Store(config.store_dir)).history()
    assert (one.who, one.why, one.state, one.can_undo) == ("Ann", "a reason", "in use", False)
    assert [(file.name, file.kind) for file in one.files] == [("sales.csv", "csv")]
    assert (one.first_day, one.last_day, one.lines_in) == (march(1), march(2), 6)
    assert Uploads(config).recent() == []
    with pytest.raises(InputError, match="no data before load 1"):
        undo(config, 1)  # there was nothing before
    assert told(config) == [(1, "replace", "in use", False)]


def test_lines_in_both_count_once(config: Config) -> None:
    loaded(config, "replace", text_of(lines_of(1, 4)))
    loaded(config, "add", text_of(lines_of(3, 6)))
    assert totals(config) == {march(day): 3 for day in range(1, 7)}
    manifest = in_use(config).manifest
    assert (manifest.lines_in, manifest.lines_out) == (24, 18)


def test_undo_and_undoing_an_undo(config: Config, tmp_path: Path) -> None:
    file = tmp_path / "first.csv"
    file.write_bytes(text_of(lines_of(1, 2)))
    first = prepare(config, file)
    file.unlink()  # nothing but the store knows these lines any more
    loaded(config, "add", text_of(lines_of(3, 3)))
    loaded(config, "replace", text_of(lines_of(9, 9)))
    assert told(config) == [(2, "replace", "in use", True), (1, "add", "superseded", False)]
    with pytest.raises(InputError, match="load 1 is not the last one in force"):
        undo(config, 1)
    with pytest.raises(MissingError, match="no load 7"):
        undo(config, 7)
    undo(config, 2)
    assert sorted(totals(config)) == [march(1), march(2), march(3)]
    undo(config, 1)
    assert np.array_equal(in_use(config).panel().values, first.panel().values)
    assert told(config)[:2] == [(4, "undo", "done", True), (3, "undo", "done", False)]
    assert {state for _, mode, state, _ in told(config) if mode != "undo"} == {"undone"}
    undo(config, 4)
    undo(config, 5)
    undo(config, 6)
    assert sorted(totals(config)) == [march(1), march(2), march(3)]
    assert told(config)[0][3] is True
    assert [row[2] for row in told(config)] == ["done", "undone", "done", "undone", "done", "undone", "in use"]
    loaded(config, "add", text_of(lines_of(5, 5)))
    assert sorted(totals(config)) == [march(1), march(2), march(3), march(5)]


def test_a_restart_keeps_what_was_loaded(config: Config, tmp_path: Path) -> None:
    file = tmp_path / "named.csv"
    file.write_bytes(text_of(lines_of(1, 2)))
    config = dataclasses.replace(config, data_path=file)
    assert started_anew(config).endswith("(DATA_PATH)")
    loaded(config, "replace", text_of(lines_of(8, 9)))
    before = in_use(config).id
    assert started_anew(config).startswith("Data: as loaded on the page Data (load 1)")
    assert in_use(config).id == before
    undo(config, 1)
    assert sorted(totals(config)) == [march(1), march(2)]
    loaded(config, "add", text_of(lines_of(5, 5)))
    file.write_bytes(text_of(lines_of(1, 3)))  # the file goes on; a restart and the daily run read it again
    started_anew(config)
    assert sorted(totals(config)) == [march(1), march(2), march(3), march(5)]
    assert in_use(config).manifest.load == 3
    with pytest.raises(InputError, match="DATA_PATH is not set any more"):
        started_anew(dataclasses.replace(config, data_path=None))
    prepare(config, file)  # by hand: exactly this
    assert sorted(totals(config)) == [march(1), march(2), march(3)]
    assert [row[2] for row in told(config)] == ["superseded", "done", "undone"]
    assert not any(undoable for *_, undoable in told(config))


def test_files_of_the_folder_raw_and_files_beside_them(config: Config) -> None:
    config.raw_dir.mkdir(parents=True)
    (config.raw_dir / "a.csv").write_bytes(text_of(lines_of(1, 1)))
    started_anew(config)
    loaded(config, "add", text_of(["2024-03-05 10:00,3"], "When,Pieces"), columns={"time": "When"})
    (config.raw_dir / "b.csv").write_bytes(text_of(lines_of(2, 2)))
    assert "load 1" in started_anew(config)
    assert sorted(totals(config)) == [march(1), march(2)]  # without a customer nothing of the file counts
    loaded(config, "rules", rules={"customer": False, "price": False})
    assert sorted(totals(config)) == [march(1), march(2), march(5)]


def test_who_was_first_wins(config: Config, tmp_path: Path) -> None:
    """A restart that chose its source before a load was published must not put the old data back."""
    file = tmp_path / "named.csv"
    file.write_bytes(text_of(lines_of(1, 2)))
    config = dataclasses.replace(config, data_path=file)
    started_anew(config)
    source = choose_source(config)
    loaded(config, "replace", text_of(lines_of(8, 9)))
    prepare_source(config, source, lambda *_: None)
    assert sorted(totals(config)) == [march(8), march(9)]
    old = choose_source(config)
    loaded(config, "add", text_of(lines_of(5, 5)))
    prepare_source(config, old, lambda *_: None)
    assert in_use(config).manifest.load == 2


def test_rules_are_chosen_and_stay_chosen(config: Config) -> None:
    config = dataclasses.replace(config, rules_off=frozenset({"price"}))
    loaded(config, "replace", text_of([*lines_of(1, 2), "2024-03-03 10:00,1,0,x,"]))
    loads = Loads(config, Store(config.store_dir))
    assert (loads.rules().chosen, loads.rules().on["price"], loads.rules().on["customer"]) == (False, False, True)
    assert loads.rules().dropped["customer"] == 1
    loaded(config, "rules", rules={"customer": False})
    assert (loads.rules().chosen, loads.rules().on["price"], loads.rules().on["customer"]) == (True, False, False)
    assert sorted(totals(config)) == [march(1), march(2), march(3)]
    started_anew(config)
    started_anew(dataclasses.replace(config, rules_off=frozenset()))  # the environment is only the default
    assert sorted(totals(config)) == [march(1), march(2), march(3)]
    loaded(config, "replace", text_of(["2024-03-07 10:00,1,1,x,"]))
    assert (sorted(totals(config)), loads.rules().chosen) == ([march(7)], True)
    with pytest.raises(InputError, match="cleaning leaves none"):
        loaded(config, "rules")  # the environment's again: nobody is named
    undo(config, 3)
    loaded(config, "rules")
    assert (loads.rules().chosen, sorted(totals(config))) == (False, [march(1), march(2)])
    assert [row[2] for row in told(config)] == ["in use", "done", "undone", "superseded", "in use"]


def post(config: Config, day: int, year: int = 2024) -> None:
    columns = {name: [None] for name in SCHEMA.names}
    columns |= {"time": [dt.datetime(year, 3, day, 10)], "quantity": [1.0], "price": [1.0], "customer": ["p"]}
    table = pa.table(columns, schema=SCHEMA)
    Batches(open_engine(config.database)).accept(Batch(f"day {day} {year}", digest_of(table), table), "till")


def test_posted_lines_stay_through_everything(config: Config, tmp_path: Path) -> None:
    file = tmp_path / "first.csv"
    file.write_bytes(text_of(lines_of(1, 2)))
    prepare(config, file)
    post(config, 12)
    merge(config)
    loaded(config, "add", text_of(lines_of(5, 5)))  # keeps the lines before it, the posted one among them
    post(config, 13)
    merge(config)
    assert totals(config)[march(12)] == totals(config)[march(13)] == 1
    assert in_use(config).manifest.load == 1
    loaded(config, "replace", text_of(lines_of(8, 8)))
    assert totals(config) == {march(8): 3, march(12): 1, march(13): 1}
    undo(config, 2)
    loaded(config, "rules", rules={"customer": False})
    post(config, 14)
    merge(config)  # by the rules that were chosen
    assert totals(config) == {march(1): 3, march(2): 3, march(5): 3} | {march(day): 1 for day in (12, 13, 14)}
    undo(config, 4)
    undo(config, 1)
    assert totals(config) == {march(1): 3, march(2): 3} | {march(day): 1 for day in (12, 13, 14)}


def test_a_load_that_fails_changes_nothing(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded(config, "replace", text_of(lines_of(1, 2)))
    before, upload = in_use(config).id, sent(config, text_of(["2024-03-01,x"], "time,quantity"))
    with pytest.raises(InputError, match="row 2, column quantity: 'x' is not a number"):
        load(config, Wanted("add", upload.id), "Ann", "")
    assert Uploads(config).get(upload.id) == upload  # to be looked at again, with other columns perhaps
    with monkeypatch.context() as patched:
        patched.setattr(apply, "write_generation", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left")))
        with pytest.raises(OSError, match="No space"):
            loaded(config, "add", text_of(lines_of(4, 4)))
    assert (in_use(config).id, len(told(config))) == (before, 1)
    assert [path.name for path in Records(config).root.iterdir()] == ["000001"]
    with pytest.raises(MissingError, match="not here any more"):
        load(config, Wanted("add", "0" * 32), "Ann", "")


def test_the_audit_tells_of_every_change_once(config: Config) -> None:
    loaded(config, "replace", text_of(lines_of(1, 2)))
    loaded(config, "rules", rules={"price": False})
    undo(config, 2)
    apply.settle(config)
    told_of = entries(open_engine(config.database), DATA)
    assert [(one.from_value, one.to_value, one.who, one.reason) for one in told_of] == [
        ("2", "3", "Ann", "a mistake"),
        ("1", "2", "Ann", "a reason"),
        (None, "1", "Ann", "a reason"),
    ]
    assert [one.evidence["mode"] for one in told_of] == ["undo", "rules", "replace"]
    assert (told_of[2].evidence["files"], told_of[2].evidence["lines_out"]) == (["sales.csv"], 6)
    assert told_of[0].evidence["undoes"] == 2


def test_a_load_as_a_job(config: Config) -> None:
    """The first data of an installation are learnt from at once; later ones when somebody asks for it."""
    jobs, upload = Jobs(open_engine(config.database)), sent(config, text_of(lines_of(1, 2)))
    job = jobs.start(LOAD, "Ann", "a reason", Wanted("replace", upload.id).to_json())
    assert _do(config, jobs, job) == ("train", "the first data were loaded")
    done = jobs.get(job.id)
    assert done is not None
    assert (done.state, done.result) == ("done", {"load": 1, "lines_in": 6, "lines_out": 6})
    failed = jobs.start(LOAD, "Ann", "", Wanted("undo", load=9).to_json())
    assert _do(config, jobs, failed) is None
    assert jobs.get(failed.id).error == "there is no load 9."  # type: ignore[union-attr]


def test_on_the_command_line(config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(*arguments: str) -> tuple[int, str, str]:
        result = CliRunner().invoke(main, ["loads", *arguments])
        return result.exit_code, result.stdout, result.stderr

    for name in ("DATA_PATH", "DATABASE_URL", "DATA_COLUMNS", "RULES_ON", "RULES_OFF"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DATA_DIR", str(config.data_dir))
    assert run("list", "--json") == (0, "[]\n", "")
    loaded(config, "replace", text_of(lines_of(1, 2)))
    loaded(config, "add", text_of(lines_of(3, 3)))
    loaded(config, "add", text_of(lines_of(4, 4)))
    code, out, _ = run("list")
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()] == ["3", "2", "1"]
    assert run("undo", "1") == (2, "", "Error: there were no data before load 1.\n")
    assert run("undo", "2") == (2, "", "Error: load 2 is not the last one in force. Undo what came after it first.\n")
    assert run("undo", "7") == (2, "", "Error: there is no load 7.\n")
    assert run("undo", "x")[0] == 2
    code, out, _ = run("undo", "3", "--json")
    assert (code, json.loads(out)) == (0, {"load": 4, "lines_in": 9, "lines_out": 9})
    assert [one["state"] for one in json.loads(run("list", "--json")[1])] == ["done", "undone", "in use", "in use"]


def test_the_same_content_of_another_load_is_another_state(config: Config, tmp_path: Path) -> None:
    file = tmp_path / "sales.csv"
    file.write_bytes(text_of(lines_of(1, 2)))
    first = prepare(config, file)
    loaded(config, "replace", file.read_bytes())
    assert (in_use(config).id != first.id, in_use(config).manifest.load) == (True, 1)
    assert prepare_sources(config, Sources(own_files(config, [file])), load_before=0).manifest.load == 1


def test_kept_files_are_those_that_were_sent(config: Config, send: Send) -> None:
    upload = send(text_of(lines_of(1, 2)), "<b>März</b>.csv")
    load(config, Wanted("replace", upload.id), "Ann", "")
    folder = Records(config).folder(1)
    assert sorted(path.name for path in folder.iterdir()) == [f"{upload.id}.csv", "load.json", "published"]
    assert (folder / f"{upload.id}.csv").read_bytes() == text_of(lines_of(1, 2))
    assert in_use(config).manifest.sources[0].name == "b>.csv"


def test_repeats_within_a_file_can_be_had_back_without_the_file(config: Config, tmp_path: Path) -> None:
    """What the rule for duplicates dropped is told apart from what two files have in common."""
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "a.csv").write_bytes(text_of([*lines_of(1, 3), *lines_of(2, 2), *lines_of(2, 2)]))
    (folder / "b.csv").write_bytes(text_of([*lines_of(2, 4), *lines_of(4, 4)]))
    prepare(config, folder)
    assert in_use(config).manifest.lines_out == 12
    shutil.rmtree(folder)
    found = check(config, Wanted("rules", rules={"duplicate": False}))
    effect = {one.id: one for one in found.rules}["duplicate"]
    assert (effect.on, effect.lines_out_switched) == (False, 12)
    loaded(config, "rules", rules={"duplicate": False})
    assert totals(config) == {march(1): 3, march(2): 9, march(3): 3, march(4): 6}
    loaded(config, "add", text_of(["2024-03-05 10:00,3,2.5,x,y"]))
    assert totals(config) == {march(1): 3, march(2): 9, march(3): 3, march(4): 6, march(5): 1}
    loaded(config, "rules", rules={"duplicate": True})
    assert in_use(config).manifest.lines_out == 13


def test_posted_lines_far_away_fail_nothing_that_comes_after(config: Config, tmp_path: Path) -> None:
    """They have passed a look of their own; what files bring is still looked at."""
    file = tmp_path / "first.csv"
    file.write_bytes(text_of(lines_of(1, 2)))
    prepare(config, file)
    post(config, 12, year=2022)
    merge(config)
    loaded(config, "add", text_of(lines_of(5, 5)))
    loaded(config, "rules", rules={"price": False})
    upload = sent(config, text_of(lines_of(6, 6)))
    found = check(config, Wanted("add", upload.id))
    assert (found.fault_count, found.file_lines) == (0, 3)
    undo(config, 2)
    undo(config, 1)
    assert sum(totals(config).values()) == 7
    with pytest.raises(InputError, match="1 line on 2034-03-01: more than a year away"):
        loaded(config, "add", text_of(["2034-03-01 10:00,1,1,1,c"]))


def test_only_the_data_that_were_checked_are_changed(config: Config, tmp_path: Path) -> None:
    checked = check(config, Wanted("replace", sent(config, text_of(lines_of(1, 2))).id))
    assert checked.data == ""
    loaded(config, "replace", text_of(lines_of(1, 2)))
    wanted = Wanted("add", sent(config, text_of(lines_of(3, 3))).id)
    with pytest.raises(InputError, match=r"the data have changed since the check\. Check again"):
        load(config, dataclasses.replace(wanted, data=checked.data), "Ann", "")
    checked = check(config, wanted)
    post(config, 12)
    merge(config)  # goes on from the data that were checked
    load(config, dataclasses.replace(wanted, data=checked.data), "Ann", "")
    assert sorted(totals(config)) == [march(1), march(2), march(3), march(12)]
    rules = Wanted("rules", rules={"price": False}, data=checked.data)
    assert Wanted.of(json.loads(json.dumps(rules.to_json()))) == rules
    with pytest.raises(InputError, match="have changed"):
        load(config, rules, "Ann", "")
    assert len(told(config)) == 2


def test_a_file_by_hand_is_not_taken_for_another_of_its_name(config: Config, tmp_path: Path) -> None:
    named, other = tmp_path / "named" / "sales.csv", tmp_path / "other" / "sales.csv"
    for file, lines in ((named, lines_of(1, 1)), (other, lines_of(2, 2))):
        file.parent.mkdir()
        file.write_bytes(text_of(lines))
    config = dataclasses.replace(config, data_path=named)
    prepare(config, other)
    loaded(config, "add", text_of(lines_of(5, 5)))
    assert sorted(totals(config)) == [march(2), march(5)]
    prepare(config, named)
    shutil.copy(named, other)
    assert prepare(config, other).manifest.sources[0].path == str(named)  # the same content changes nothing
    loaded(config, "add", text_of(lines_of(6, 6)))
    named.write_bytes(text_of(lines_of(1, 2)))
    started_anew(config)  # the file goes on
    assert sorted(totals(config)) == [march(1), march(2), march(6)]


def test_the_same_file_elsewhere_is_that_of_the_installation(config: Config, tmp_path: Path) -> None:
    """As when a folder is mounted at another place."""
    before, after = tmp_path / "before.csv", tmp_path / "after.csv"
    before.write_bytes(text_of(lines_of(1, 1)))
    prepare(config, before)
    before.rename(after)
    config = dataclasses.replace(config, data_path=after)
    assert state_now(config, in_use(config)).parts[0].kind == "kept"
    prepare(config, after)
    assert state_now(config, in_use(config)).parts[0].kind == "path"


def test_data_of_an_earlier_version_are_known_by_the_names_of_their_files(config: Config, tmp_path: Path) -> None:
    file = tmp_path / "sales.csv"
    file.write_bytes(text_of(lines_of(1, 1)))
    config = dataclasses.replace(config, data_path=file)
    manifest = prepare(config, file).path / MANIFEST
    values = json.loads(manifest.read_text())
    del values["sources"][0]["path"]
    manifest.write_text(json.dumps(values | {"fingerprint": "another"}))
    assert state_now(config, in_use(config)).parts[0].kind == "path"


def test_each_mapping_is_told_once_the_newest_first(config: Config) -> None:
    config = dataclasses.replace(config, columns={"price": "Net"})
    for name in ("Shop", "Till", "Shop"):
        lines = text_of(["2024-03-01 10:00,1,1,c"], f"{name},quantity,price,customer")
        loaded(config, "replace", lines, columns={"time": name})
    mappings = Loads(config, Store(config.store_dir)).mappings()
    assert mappings == [{"time": "Shop"}, {"time": "Till"}, {"price": "Net"}]
