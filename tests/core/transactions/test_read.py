"""Reading: every format gives the same lines, and what cannot be read is named exactly."""

from __future__ import annotations

import dataclasses
import datetime as dt
import shutil
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.config import Config
from core.errors import InputError
from core.transactions.load import prepare
from tests.core.transactions.conftest import HEADER, LINES, write_csv

PANEL = {"transactions": [3.0, 0.0, 2.0], "orders": [2.0, 0.0, 2.0], "revenue": [25.0, 0.0, 30.0]}


def totals(config: Config, source: Path) -> dict[str, list[float]]:
    panel = prepare(config, source).panel()
    return {s.measure: panel[s].tolist() for s in panel.series if s.segment == "total" and s.measure in PANEL}


def write_xlsx(path: Path, sheets: dict[str, list[tuple[object, ...]]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def as_cells(line: tuple[object, ...]) -> tuple[object, ...]:
    """A line as Excel would hold it: real dates, numbers for numeric ids."""
    time = dt.datetime.fromisoformat(str(line[4]))
    invoice = int(str(line[0])) if str(line[0]).isdigit() else line[0]
    customer = int(str(line[6])) if line[6] else None
    return (invoice, *line[1:4], time, line[5], customer, line[7])


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "iso-8859-1"])
def test_csv_dialects(config, tmp_path, delimiter, encoding):
    lines = [(*line[:2], "CAFÉ TRAY" if line[2] == "TRAY" else line[2], *line[3:]) for line in LINES]
    path = write_csv(tmp_path / "lines.csv", lines, delimiter=delimiter, encoding=encoding)
    assert totals(config, path) == PANEL
    generation = prepare(config, path)
    found = generation.query("SELECT DISTINCT description FROM lines WHERE product = 'A2'").to_pylist()
    assert found == [{"description": "CAFÉ TRAY"}]


def test_latin_1_byte_far_behind_the_sample(config, tmp_path):
    start = dt.datetime(2024, 1, 1, 9)
    lines = [
        (str(i), f"P{i}", "PLAIN NAME OF A THING", 1, str(start + dt.timedelta(minutes=i)), 1.0, "5", "France")
        for i in range(9_000)
    ]
    lines.append(("9999", "X", "CRÈME", 1, "2024-01-05 09:00:00", 1.0, "5", "France"))
    path = write_csv(tmp_path / "lines.csv", lines, encoding="iso-8859-1")
    found = prepare(config, path).query("SELECT description FROM lines WHERE product = 'X'").to_pylist()
    assert found == [{"description": "CRÈME"}]


def test_xlsx_reads_all_sheets_and_leaves_out_others(config, tmp_path):
    cells = [as_cells(line) for line in LINES]
    path = write_xlsx(
        tmp_path / "book.xlsx",
        {"First": [HEADER, *cells[:6]], "Read me": [("Made by accounts",)], "Second": [(), HEADER, *cells[4:]]},
    )
    assert totals(config, path) == PANEL
    manifest = prepare(config, path).manifest
    assert [(source.sheet, source.lines) for source in manifest.sources] == [("First", 6), ("Second", 6)]
    assert any("Read me" in note for note in manifest.notes)


def test_parquet_and_csv_are_the_same_content(config, tmp_path):
    first = prepare(config, write_csv(tmp_path / "lines.csv"))
    columns = {name: [line[i] for line in LINES] for i, name in enumerate(HEADER)}
    columns["InvoiceDate"] = [dt.datetime.fromisoformat(str(value)) for value in columns["InvoiceDate"]]
    columns["Customer ID"] = [float(str(value)) if value else None for value in columns["Customer ID"]]
    pq.write_table(pa.table(columns), tmp_path / "lines.parquet")
    assert prepare(config, tmp_path / "lines.parquet").id == first.id


@pytest.mark.parametrize(
    ("times", "days", "note"),
    [
        (["12/1/2010 8:26", "12/13/2010 9:00"], ["2010-12-01", "2010-12-13"], "month first"),
        (["1/12/2010 8:26", "13/12/2010 9:00"], ["2010-12-01", "2010-12-13"], "day first"),
        (["01.12.2010 08:26", "13.12.2010 09:00:30"], ["2010-12-01", "2010-12-13"], "day first"),
        (["1/12/10 8:26", "13/12/10 9:00"], ["2010-12-01", "2010-12-13"], "day first"),
        (["12/1/2010 8:26 AM", "12/13/2010 9:00 PM"], ["2010-12-01", "2010-12-13"], "month first"),
        # both orders are possible: the one in which the days lie together
        (["01/02/2010 8:26", "02/02/2010 9:00", "03/02/2010 9:00"], ["2010-02-01", "2010-02-03"], "both orders"),
        (["02/01/2010 8:26", "02/02/2010 9:00", "02/03/2010 9:00"], ["2010-02-01", "2010-02-03"], "both orders"),
        (["2010-12-01T08:26:00Z", "2010-12-13T09:00:00Z"], ["2010-12-01", "2010-12-13"], "offset Z"),
        (["2010-12-01 23:30:00+01:00", "2010-12-13 09:00:00+01:00"], ["2010-12-01", "2010-12-13"], r"offset \+01"),
        (["2010-12-01", "2010-12-13"], ["2010-12-01", "2010-12-13"], None),
        (["2010-12-01 08:26", "2010-12-13 09:00"], ["2010-12-01", "2010-12-13"], None),
        (["01-Dec-2010 08:26", "13-Dec-2010 09:00"], ["2010-12-01", "2010-12-13"], None),
    ],
)
def test_forms_of_time(config, tmp_path, times, days, note):
    path = write_csv(tmp_path / "t.csv", [(time, 1) for time in times], ("time", "qty"))
    manifest = prepare(config, path).manifest
    assert [manifest.first_day.isoformat(), manifest.last_day.isoformat()] == days
    if note is None:
        assert manifest.notes == ()
    else:
        import re

        assert re.search(note, " ".join(manifest.notes))


def test_column_mapping_of_any_table(config, tmp_path):
    path = write_csv(
        tmp_path / "till.csv",
        [("2024-03-04 10:00", "1,5", "3,20", "T1"), ("2024-03-05 10:00", "2", "4,00", "T2")],
        ("Gekauft", "Stück", "Betrag", "Bon"),
        delimiter=";",
    )
    mapped = dataclasses.replace(
        config, columns={"time": "Gekauft", "quantity": "Stück", "price": "Betrag", "invoice": "Bon"}
    )
    assert totals(mapped, path) == {"transactions": [1.0, 1.0], "orders": [1.0, 1.0], "revenue": [4.8, 8.0]}


def test_unknown_columns_tell_lines_apart(config, tmp_path):
    lines = [("2024-03-04 10:00", 1, "till 1"), ("2024-03-04 10:00", 1, "till 2"), ("2024-03-04 10:00", 1, "till 2")]
    manifest = prepare(config, write_csv(tmp_path / "t.csv", lines, ("time", "qty", "till"))).manifest
    assert (manifest.lines_in, manifest.lines_out) == (3, 2)


def replaced(row: int, column: int, value: object) -> list[tuple[object, ...]]:
    lines = [list(line) for line in LINES]
    lines[row][column] = value
    return [tuple(line) for line in lines]


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        (replaced(3, 4, "not a date"), r"t\.csv, row 5, column InvoiceDate: 'not a date' is not a time"),
        (replaced(3, 4, "2024-02-30 09:00:00"), r"row 5, column InvoiceDate: '2024-02-30 09:00:00' is not a time"),
        (replaced(6, 4, None), r"row 8, column InvoiceDate: the time is empty"),
        (replaced(4, 3, "many"), r"row 6, column Quantity: 'many' is not a number"),
        (replaced(4, 3, "inf"), r"row 6, column Quantity: 'inf' is not a number"),
        (replaced(4, 5, "nan"), r"row 6, column Price: 'nan' is not a number"),
        (replaced(2, 5, "£2.50"), r"row 4, column Price: '£2.50' is not a number"),
        (replaced(5, 4, "2024-03-05 10:30:00+01:00"), r"row 7, column InvoiceDate: mixed time zones"),
        (replaced(2, 3, 1e30), r"a quantity.*larger than"),
        ([*LINES[:2], (*LINES[2], "one too many")], r"row 4: the row has 9 cells where the header has 8"),
        ([], r"header and not one line"),
    ],
)
def test_bad_lines_are_named(config, tmp_path, lines, says):
    path = write_csv(tmp_path / "t.csv", lines)
    with pytest.raises(InputError, match=says):
        prepare(config, path)
    assert not (config.store_dir / "CURRENT").exists()
    assert [p.name for p in config.store_dir.iterdir() if p.name != ".lock"] == []


def test_mixed_orders_of_day_and_month(config, tmp_path):
    path = write_csv(tmp_path / "t.csv", [("13/01/2010", 1), ("01/14/2010", 1)], ("time", "qty"))
    with pytest.raises(
        InputError, match=r"row 3, column time: '01/14/2010' has day and month in the other order than row 2"
    ):
        prepare(config, path)


def make_bad_file(kind: str, folder: Path) -> Path:
    path = folder / {"truncated": "t.parquet", "not_xlsx": "t.xlsx", "kind": "t.pdf"}.get(kind, "t.csv")
    if kind == "empty":
        path.touch()
    elif kind == "binary":
        path.write_bytes(b"PK\x03\x04\x00\x00\x00")
    elif kind == "truncated":
        pq.write_table(pa.table({"time": [dt.datetime(2024, 1, 1)] * 1000, "qty": [1] * 1000}), path)
        path.write_bytes(path.read_bytes()[:-200])
    elif kind in ("not_xlsx", "kind"):
        path.write_text("Invoice,Quantity\n")
    elif kind == "missing_column":
        path.write_text("Invoice,Price,When\n1,2,3\n")
    elif kind == "empty_folder":
        path = folder / "nothing"
        path.mkdir()
    elif kind == "folder_named_csv":
        path.mkdir()
    elif kind == "long_cell":
        path.write_text('time,qty,note\n2024-01-01,1,"' + "x" * 9_000_000 + '"\n')
    elif kind == "open_quote":
        path.write_text('time,qty,note\n2024-01-01,1,fine\n2024-01-02,1,"' + "never closed,\n" * 600_000)
    elif kind == "latin_sheet":
        write_xlsx(
            folder / "t.xlsx", {"S": [("time", "qty"), (dt.datetime(2024, 1, 1), 1), (dt.datetime(2024, 1, 2), "a")]}
        )
        path = folder / "t.xlsx"
    return path


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("absent", r"t\.csv: there is no such file"),
        ("empty", r"t\.csv: the file is empty"),
        ("binary", r"t\.csv: this is not a text file"),
        ("truncated", r"t\.parquet: this is not a Parquet file, or it is damaged"),
        ("not_xlsx", r"t\.xlsx: this is not an XLSX workbook"),
        ("kind", r"files of the kind '.pdf' cannot be read"),
        ("missing_column", r"t\.csv, row 1: there is no column for time and quantity.*Invoice, Price, When"),
        ("empty_folder", r"holds no CSV, XLSX or Parquet file"),
        ("folder_named_csv", r"holds no CSV, XLSX or Parquet file"),
        ("long_cell", r"t\.csv, row 2: a row is longer than 4 MB"),
        ("open_quote", r"t\.csv, row 3: a double quote is opened and not closed within 4 MB"),
        ("latin_sheet", r"t\.xlsx, sheet S, row 3, column qty: 'a' is not a number"),
    ],
)
def test_bad_files_are_named(config, tmp_path, kind, says):
    path = make_bad_file(kind, tmp_path)
    with pytest.raises(InputError, match=says):
        prepare(config, path)


def test_one_bad_file_of_several_loads_nothing(config, tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    write_csv(folder / "a.csv")
    write_csv(folder / "b.csv", replaced(1, 4, "yesterday"))
    with pytest.raises(InputError, match=r"b\.csv, row 3"):
        prepare(config, folder)
    (folder / "b.csv").unlink()
    good = prepare(config, folder)
    write_csv(folder / "b.csv", replaced(1, 4, "yesterday"))
    with pytest.raises(InputError):
        prepare(config, folder)
    from core.transactions.store import Store

    assert Store(config.store_dir).current().id == good.id


def test_equal_files_in_a_folder_are_read_once(config, tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    shutil.copy(write_csv(folder / "a.csv"), folder / "copy of a.csv")
    manifest = prepare(config, folder).manifest
    assert manifest.lines_in == len(LINES)
    assert any("copy of a.csv" in note for note in manifest.notes)


def test_a_file_with_a_header_only_beside_others(config, tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    write_csv(folder / "a.csv", [])
    write_csv(folder / "b.csv")
    write_csv(folder / "c.csv", [])
    assert prepare(config, folder).manifest.lines_in == len(LINES)


def test_brackets_and_stars_in_names_are_no_patterns(tmp_path):
    folder = tmp_path / "in[1]"
    folder.mkdir()
    write_csv(folder / "a[1].csv", LINES[:1])
    write_csv(folder / "a1.csv", LINES[2:4])
    write_csv(folder / "b*.csv", LINES[8:])
    write_csv(folder / "bc.csv", LINES[9:])
    generation = prepare(Config(data_dir=tmp_path / "data[1]"), folder)
    lines = {source.name: source.lines for source in generation.manifest.sources}
    assert lines == {"a[1].csv": 1, "a1.csv": 2, "b*.csv": 2, "bc.csv": 1}
    assert generation.query("SELECT count(*) AS n FROM lines").to_pylist() == [{"n": 5}]


@pytest.mark.parametrize(
    ("numbers", "delimiter", "units"),
    [
        (["1,5", "2"], ";", 3.5),
        (["1.234,5", "2"], ";", 1236.5),
        (["1,234.5", "2"], ",", 1236.5),
        (["1,234", "2.5"], ",", 1236.5),
        (["1.5", "2"], ";", 3.5),
        (["1.200", "2"], ";", 3.2),
        (["1.200", "2,5"], ";", 1202.5),
        (["12,500", "2,5"], "\t", 15.0),
        (["1e3", "2"], ",", 1002.0),
    ],
)
def test_decimal_marks(config, tmp_path, numbers, delimiter, units):
    lines = [(f"2024-03-04 1{i}:00", number) for i, number in enumerate(numbers)]
    path = write_csv(tmp_path / "t.csv", lines, ("time", "qty"), delimiter=delimiter)
    assert prepare(config, path).panel().values[1].sum() == pytest.approx(units)


@pytest.mark.parametrize(
    ("numbers", "says"),
    [
        (["1,5", "2.5"], "row 3, column qty: the decimal mark differs from row 2"),
        (["2", "1,200"], "row 3, column qty: '1,200' may mean two numbers"),
        (["1,5", "1.2.3"], "row 3, column qty: '1.2.3' is not a number"),
    ],
)
def test_numbers_that_could_be_two_are_refused(config, tmp_path, numbers, says):
    lines = [(f"2024-03-04 1{i}:00", number) for i, number in enumerate(numbers)]
    with pytest.raises(InputError, match=says):
        prepare(config, write_csv(tmp_path / "t.csv", lines, ("time", "qty"), delimiter=";"))


def test_each_column_has_its_own_decimal_mark(config, tmp_path):
    lines = [("2024-03-04 10:00", "1,500", "12.50"), ("2024-03-04 11:00", "1,25", "3.25")]
    path = write_csv(tmp_path / "t.csv", lines, ("time", "quantity", "price"), delimiter=";")
    panel = prepare(config, path).panel()
    assert dict(zip(map(str, panel.series), panel.values[:, 0], strict=True)) == {
        "transactions/total": 2.0, "units/total": 2.75, "revenue/total": pytest.approx(1.5 * 12.5 + 1.25 * 3.25),
    }  # fmt: skip


def exports(folder: Path, *days: str) -> Path:
    folder.mkdir()
    for number, day in enumerate(days):
        write_csv(folder / f"{number}.csv", [(f"{day} 10:00", 1)], ("time", "qty"))
    return folder


@pytest.mark.parametrize(
    ("days", "first", "last"),
    [
        (["4/5/2010", "4/13/2010", "4/14/2010"], "2010-04-05", "2010-04-14"),  # one file shows it for all
        (["5/4/2010", "6/4/2010", "7/4/2010"], "2010-04-05", "2010-04-07"),  # none does: days lie together
        (["4/5/2010", "4/6/2010", "4/7/2010"], "2010-04-05", "2010-04-07"),
        (["2010-04-05", "2010-04-06", "4/7/2010"], "2010-04-05", "2010-04-07"),  # next to those that are there
        (["2010-04-05", "2010-04-06", "7/4/2010"], "2010-04-05", "2010-04-07"),
    ],
)
def test_daily_exports_share_one_order_of_day_and_month(config, tmp_path, days, first, last):
    manifest = prepare(config, exports(tmp_path / "in", *days)).manifest
    assert (str(manifest.first_day), str(manifest.last_day), manifest.lines_in) == (first, last, 3)


def test_an_open_order_among_files_of_both_is_refused(config, tmp_path):
    folder = exports(tmp_path / "in", "4/5/2010", "4/13/2010", "14/4/2010")
    with pytest.raises(InputError, match=r"0\.csv.*the other files have both orders"):
        prepare(config, folder)


@pytest.mark.parametrize("text", ["infinity", "epoch", "now", "24:00", "0001-01-01 10:00:00", "9999-12-31 10:00:00"])
def test_words_and_wild_years_are_no_times(config, tmp_path, text):
    path = write_csv(tmp_path / "t.csv", [("2024-03-04 10:00:00", 1), (text, 1)], ("time", "qty"))
    with pytest.raises(InputError, match=f"row 3, column time: '{text}' is not a time"):
        prepare(config, path)


def test_wild_times_in_parquet(config, tmp_path):
    times = pa.array([1_700_000_000_000_000, 253_000_000_000_000_000], pa.timestamp("us"))
    pq.write_table(pa.table({"time": times, "qty": [1, 2]}), tmp_path / "t.parquet")
    with pytest.raises(InputError, match=r"t\.parquet, column time: a time lies outside the years 1900 to 2199"):
        prepare(config, tmp_path / "t.parquet")


@pytest.mark.parametrize("second", ["Europe/Paris", "EST", "", "+02:00"])
def test_named_zones_are_mixed_too(config, tmp_path, second):
    lines = [("2010-12-31 08:26:00 America/New_York", 1), (f"2010-12-31 09:26:00 {second}".strip(), 1)]
    with pytest.raises(InputError, match="row 3, column time: mixed time zones"):
        prepare(config, write_csv(tmp_path / "t.csv", lines, ("time", "qty")))


def test_one_offset_in_several_spellings(config, tmp_path):
    lines = [("2010-12-31 08:26:00+02", 1), ("2010-12-31 09:26:00+02:00", 1), ("2010-12-31 09:27:00 +0200", 1)]
    assert prepare(config, write_csv(tmp_path / "t.csv", lines, ("time", "qty"))).manifest.lines_out == 3


def test_a_mistyped_year_is_refused(config, tmp_path):
    lines = [(f"2023-{month:02d}-{day:02d} 10:00:00", 1) for month in range(1, 13) for day in range(1, 28)]
    path = write_csv(tmp_path / "t.csv", [*lines, ("2110-01-05 10:00:00", 3)], ("time", "qty"))
    with pytest.raises(InputError, match=r"t\.csv: 1 line on 2110-01-05: more than a year away from all others"):
        prepare(config, path)


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        (b"time,quantity\r2023-01-01 10:00,1\r2023-01-02 10:00,1\r", 2),
        (b"time,quantity\n2023-01-01 10:00,1\r\n2023-01-02 10:00,1\n", 2),
        (b"\n\ntime,quantity\n2023-01-01 10:00,1\n", 1),
        (b"\xef\xbb\xbftime,quantity\n2023-01-01 10:00,1", 1),
        (b"Date,Time,Quantity\n2023-01-01,10:05:00,1\n2023-01-02,10:05:00,1\n", 2),
        (b"Zeit, lokal;Menge, ges\n2023-01-01 10:00;1\n", 1),
    ],
)
def test_unusual_files_that_can_be_read(config, tmp_path, content, lines):
    (tmp_path / "t.csv").write_bytes(content)
    named = {"time": "Zeit, lokal", "quantity": "Menge, ges"} if b"Zeit" in content else {}
    assert prepare(dataclasses.replace(config, columns=named), tmp_path / "t.csv").manifest.lines_out == lines


def test_a_header_alone_is_understood(config, tmp_path):
    (tmp_path / "t.csv").write_text("time,quantity\n")
    with pytest.raises(InputError, match="a header and not one line"):
        prepare(config, tmp_path / "t.csv")


def test_unknown_columns_are_the_same_in_every_format(config, tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    time = dt.datetime(2024, 3, 4, 10)
    write_csv(folder / "a.csv", [(time, 1, 7)], ("time", "qty", "store"))
    pq.write_table(pa.table({"time": [time], "qty": [1], "store": [7.0]}), folder / "b.parquet")
    pq.write_table(pa.table({"time": [str(time)], "qty": [1], "row": ["7"]}), folder / "c.parquet")
    assert prepare(config, folder).manifest.lines_out == 1


def test_a_title_above_the_header_of_a_sheet(config, tmp_path):
    rows = [("My report",), (), ("time", "qty"), (dt.datetime(2024, 1, 1, 9), 1), (dt.datetime(2024, 1, 2, 9), "1_000")]
    path = write_xlsx(tmp_path / "t.xlsx", {"S": rows})
    with pytest.raises(InputError, match=r"sheet S, row 5, column qty: '1_000' is not a number"):
        prepare(config, path)
    assert prepare(config, write_xlsx(tmp_path / "u.xlsx", {"S": rows[:-1]})).manifest.lines_out == 1


def test_an_untouched_content_is_not_read_again(config, tmp_path):
    path = write_csv(tmp_path / "t.csv")
    first = prepare(config, path)
    path.touch()
    assert prepare(config, path).id == first.id
    told: list[str] = []
    assert prepare(config, path, lambda share, text: told.append(text)).id == first.id
    assert told == []


@pytest.mark.parametrize("name", ["utf8", "unicode", "not_encoded"])
def test_a_file_may_be_called_like_an_encoding_and_tell_of_one(config, tmp_path, name):
    folder = tmp_path / name
    folder.mkdir()
    plain = [("2024-03-04 10:00", 1)] * 4_000  # more than the sample
    path = write_csv(folder / f"{name}.csv", [*plain, ("2024-03-05 10:00", "1,000.5")], ("time", "qty"))
    assert prepare(config, path).manifest.lines_in == 4_001
    write_csv(path, [*plain, ("2024-03-05 10:00", f"{name} utf-8")], ("time", "qty"))
    with pytest.raises(InputError, match=rf"{name}.csv, row 4,002, column qty: '{name} utf-8' is not a number"):
        prepare(config, path)
