"""Checking: every fault with its place, and what a load would do is what it does; nothing changes by it."""

from __future__ import annotations

import dataclasses
import datetime as dt
import io
import json
from itertools import product
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from core.config import Config
from core.errors import InputError
from core.intake.apply import load
from core.intake.asked import Wanted
from core.intake.asked import check as ask_check
from core.intake.check import check
from core.intake.effects import effects
from core.intake.facts import MOST_FAULTS, Checked
from core.state.engine import open_engine
from core.transactions.load import Sources, prepare, read_sources
from core.transactions.posted import SCHEMA, Batch, Batches, digest_of
from core.transactions.read import File
from core.transactions.rules import RULES
from core.transactions.store import Store
from core.transactions.workspace import workspace
from tests.core.intake.conftest import Send, in_use, left_behind, lines_of, march, text_of
from tests.core.transactions.conftest import LINES, write_csv


def sentences(checked: Checked) -> list[str]:
    return [one.sentence for one in checked.faults]


def test_every_cell_that_cannot_be_read_is_told(config: Config, send: Send) -> None:
    lines = ["2024-03-01 10:00,x,1", ",2,1", "yesterday,3,1", "2024-03-02 10:00,4,1.2.3", "2024-03-02 11:00,5,2"]
    found = check(config, Wanted("replace", send(text_of(lines, "time,quantity,price")).id))
    assert [(one.file, one.row, one.column) for one in found.faults] == [
        ("sales.csv", 2, "quantity"),
        ("sales.csv", 3, "time"),
        ("sales.csv", 4, "time"),
        ("sales.csv", 5, "price"),
    ]
    assert found.fault_count == 4
    assert sentences(found)[0] == "sales.csv, row 2, column quantity: 'x' is not a number. Write numbers like 1234.56."
    assert "the time is empty" in sentences(found)[1]
    assert "'yesterday' is not a time" in sentences(found)[2]
    assert (found.after, found.rules) == (None, ())
    assert Checked.of(json.loads(json.dumps(found.to_json()))) == found


def test_faults_beyond_the_hundredth_are_counted(config: Config, send: Send) -> None:
    lines = [f"2024-03-01 10:00,{'x' * 500}"] * 250
    found = check(config, Wanted("replace", send(text_of(lines, "time,quantity")).id))
    assert (len(found.faults), found.fault_count) == (MOST_FAULTS, 250)
    assert len(json.dumps(found.to_json())) < 60_000


def test_rows_of_another_width_are_told(config: Config, send: Send) -> None:
    lines = ["2024-03-01,1", "2024-03-01,1,2", "2024-03-02,1", "2024-03-02"]
    found = check(config, Wanted("replace", send(text_of(lines, "time,quantity")).id))
    assert [one.row for one in found.faults] == [3, 5]
    assert "3 cells where the header has 2" in sentences(found)[0]


def test_cells_of_a_workbook_and_of_parquet(config: Config, send: Send) -> None:
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, {"in_memory": True}) as book:
        sheet = book.add_worksheet("Till")
        for number, row in enumerate([["time", "qty"], ["2024-03-01", "many"], ["never", 2], ["2024-03-02", 3]]):
            sheet.write_row(number, 0, row)
    found = check(config, Wanted("replace", send(stream.getvalue(), "a.xlsx").id))
    assert [(one.sheet, one.row, one.column) for one in found.faults] == [("Till", 2, "qty"), ("Till", 3, "time")]
    stream = io.BytesIO()
    pq.write_table(pa.table({"time": ["2024-03-01", "never", None], "qty": [1, 2, 3]}), stream)
    found = check(config, Wanted("replace", send(stream.getvalue(), "a.parquet").id))
    assert [(one.row, one.column) for one in found.faults] == [(2, "time"), (3, "time")]


@pytest.mark.parametrize(
    ("lines", "header", "words"),
    [
        (["2024-03-01,1"], "when,many", "no column for time and quantity"),
        (["2024-03-01,0"], "time,quantity", "cleaning leaves none"),
        ([], "time,quantity", "not one line"),
        (["2024-03-01,9999999999999"], "time,quantity", "larger than"),
        ([*lines_of(1, 9), "2034-03-01,1,1,1,1"], "time,quantity,price,invoice,customer", "mistyped"),
        (["2024-03-01T10:00:00+01:00,1", "2024-03-01T10:00:00+02:00,1"], "time,quantity", "mixed time zones"),
    ],
)  # fmt: skip
def test_what_is_wrong_as_a_whole(config: Config, send: Send, lines: list[str], header: str, words: str) -> None:
    found = check(config, Wanted("replace", send(text_of(lines, header)).id))
    assert found.fault_count == 1
    assert words in sentences(found)[0]
    assert found.faults[0].file == "sales.csv"


def test_where_cleaning_leaves_nothing_the_switches_tell_why(config: Config, send: Send) -> None:
    found = check(config, Wanted("replace", send(text_of(["2024-03-01,0"] * 2, "time,quantity")).id))
    assert {one.id: one.lines_out_switched for one in found.rules if one.possible} == {"duplicate": 0, "quantity": 1}


@pytest.mark.parametrize("mode", ["add", "replace"])
def test_what_is_told_is_what_a_load_does(config: Config, send: Send, tmp_path: Path, mode: str) -> None:
    old = tmp_path / "old.csv"
    old.write_bytes(text_of(lines_of(1, 5)))
    before = prepare(config, old)
    upload = send(text_of([*lines_of(4, 8), *lines_of(9, 9, quantity=0)]))
    wanted = Wanted(mode, upload.id, rules={"customer": False})
    found = check(config, wanted)
    assert in_use(config).id == before.id
    assert [path for path in left_behind(config) if not path.startswith(upload.id)] == []
    assert (found.file_lines, found.file_first, found.file_last) == (18, march(4), march(9))
    assert (found.shared_days, found.shared_lines) == (2, 6)
    assert found.now is not None
    assert found.now.lines_out == 15
    load(config, wanted, "Ann", "why")
    manifest = in_use(config).manifest
    assert found.after is not None
    for name in ("lines_in", "lines_out", "first_day", "last_day", "partial_day", "columns", "measures", "segments"):
        assert getattr(found.after, name) == getattr(manifest, name)
    assert {one.id: one.dropped for one in found.rules} == {one.id: one.dropped for one in manifest.waterfall}
    assert found.after.sources == tuple((one.name, one.lines) for one in manifest.sources)


def test_measures_that_come_and_go(config: Config, send: Send) -> None:
    load(config, Wanted("replace", send(text_of(["2024-03-01,1,A"], "time,quantity,invoice")).id), "Ann", "")
    found = check(config, Wanted("replace", send(text_of(["2024-03-01,1,2"], "time,quantity,price")).id))
    assert (found.gained, found.lost) == (("revenue",), ("orders",))


def test_a_column_can_be_left_out(config: Config, send: Send) -> None:
    upload = send(text_of(["2024-03-01,1,", "2024-03-02,1,c"], "time,quantity,customer"))
    assert check(config, Wanted("replace", upload.id)).after.lines_out == 1
    found = check(config, Wanted("replace", upload.id, {"customer": ""}))
    assert found.after.lines_out == 2
    assert "customers" not in found.after.measures
    wrong = check(config, Wanted("replace", upload.id, {"customer": "Nobody"}))
    assert "there is no column 'Nobody'" in sentences(wrong)[0]


def test_posted_lines_stay(config: Config, send: Send) -> None:
    columns = {"time": [dt.datetime(2024, 3, 9, 10)], "quantity": [1.0], "price": [1.0], "invoice": ["p"],
               "product": [None], "description": [None], "customer": ["p"], "country": [None]}  # fmt: skip
    table = pa.table(columns, schema=SCHEMA)
    Batches(open_engine(config.database)).accept(Batch("k", digest_of(table), table), "Ann")
    found = check(config, Wanted("replace", send(text_of(lines_of(1, 2))).id))
    assert found.after.sources == (("sales.csv", 6), ("posted", 1))
    assert (found.file_lines, found.after.last_day) == (6, march(9))


@pytest.mark.parametrize("duplicate", [True, False])
def test_switches_do_what_was_told(tmp_path: Path, duplicate: bool) -> None:
    """Every rule switched the other way, against a load of its own; also where sales are taken back."""
    lines = [*LINES, LINES[2], ("C1009", "A1", "MUG, BLUE", -4, "2024-03-07 10:00:00", 2.5, "502", "France")]
    file = write_csv(tmp_path / "lines.csv", lines)
    on = {rule.id for rule in RULES} - ({"duplicate"} if not duplicate else set())
    with workspace(tmp_path / "w") as connection:
        columns = read_sources(connection, Sources((File(file),)), lambda *_: None).columns
        found = effects(connection, columns, on)
    for one in found[::2]:
        switched = on ^ {one.id}
        config = Config(data_dir=tmp_path / one.id, rules_on=frozenset(switched),
                        rules_off=frozenset({rule.id for rule in RULES} - switched))  # fmt: skip
        assert one.lines_out_switched == prepare(config, file).manifest.lines_out, one.id
    whole = dataclasses.replace(Config(data_dir=tmp_path / "all"), rules_on=frozenset(on),
                                rules_off=frozenset({rule.id for rule in RULES} - on))  # fmt: skip
    counts = {one.id: one.dropped for one in prepare(whole, file).manifest.waterfall if one.id != "overlap"}
    assert {one.id: one.dropped for one in found} == counts


def test_a_c_that_numbers_invoices_switches_nothing(config: Config, send: Send) -> None:
    lines = [f"2024-03-0{day},1,C{number}" for day, number in product(range(1, 5), range(3))]
    found = check(config, Wanted("replace", send(text_of(lines, "time,quantity,invoice")).id))
    told = {one.id: one for one in found.rules}
    assert found.after.lines_out == 12
    assert (told["cancellation"].on, told["cancellation"].lines_out_switched) == (False, 12)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"mode": "merge"}, "no way of loading called merge"),
        ({"mode": "add"}, "no file is named"),
        ({"mode": "undo", "load": True}, "no load is named"),
        ({"mode": "add", "upload": "x", "columns": {"colour": "a"}}, "no column colour"),
        ({"mode": "add", "upload": "x", "columns": ["time"]}, "columns must name"),
        ({"mode": "add", "upload": "x", "columns": {"time": "a", "price": "a"}}, "'a' cannot stand for two"),
        ({"mode": "rules", "rules": {"customer": "no"}}, "true or false"),
        ({"mode": "rules", "rules": {"colour": True}}, "no rule colour"),
    ],
)  # fmt: skip
def test_requests_that_cannot_be(values: dict[str, object], words: str) -> None:
    with pytest.raises(InputError, match=words):
        Wanted.of(values)


def test_an_undo_needs_no_check() -> None:
    with pytest.raises(InputError, match="no check"):
        ask_check(None, Wanted("undo", load=1), "Ann")  # type: ignore[arg-type]


def test_nothing_to_clean_before_the_first_data(config: Config) -> None:
    with pytest.raises(InputError, match="no data yet"):
        check(config, Wanted("rules", rules={"customer": False}))
    assert Store(config.store_dir).current() is None


def test_every_sheet_is_read_by_the_columns_that_it_has(config: Config, send: Send) -> None:
    """The page names all columns of all sheets; one that lacks some of them is read all the same."""
    stream = io.BytesIO()
    sheets = {
        "May": [["Sold at", "Pieces", "Client ID", "Land"], ["2024-03-01 10:00", 2, "c", "FR"]],
        "June": [["Sold at", "Pieces", "Customer"], ["2024-03-02 10:00", 3, "d"]],
        "July": [["Sold at", "Pieces"], ["2024-03-03 10:00", 4]],
        "Notes": [["Client ID", "Note"], ["c", "pays late"]],
    }
    with xlsxwriter.Workbook(stream, {"in_memory": True}) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
    upload = send(stream.getvalue(), "a.xlsx")
    columns = dict.fromkeys(("price", "invoice", "product", "description", "country"), "")
    columns |= {"time": "Sold at", "quantity": "Pieces", "customer": "Client ID"}
    found = check(config, Wanted("replace", upload.id, columns, {"customer": False}))
    assert found.after is not None
    assert found.after.sources == (("a.xlsx, May", 1), ("a.xlsx, June", 1), ("a.xlsx, July", 1))
    assert (found.after.columns, found.after.lines_out) == (("customer", "quantity", "time"), 3)
    assert found.notes[0] == "Sheet Notes is left out: it has no columns for time and quantity."
    none = check(config, Wanted("replace", upload.id, columns | {"customer": ""}))
    assert none.after is not None
    assert none.after.columns == ("quantity", "time")
    wrong = check(config, Wanted("replace", upload.id, columns | {"price": "Nobody"}))
    assert "there is no column 'Nobody', which is named for price" in sentences(wrong)[0]


@pytest.mark.parametrize("year", ["2024", "24"])
def test_a_single_day_lands_next_to_those_that_are_there(config: Config, send: Send, tmp_path: Path, year: str) -> None:
    old = tmp_path / "old.csv"
    old.write_bytes(text_of(lines_of(1, 4)))
    prepare(config, old)
    old.unlink()
    for text in (f"03/05/{year} 10:00", f"05/03/{year} 10:00"):
        found = check(config, Wanted("add", send(text_of([f"{text},1,1,1,c"])).id))
        assert (found.file_first, found.file_last) == (march(5), march(5))
