"""Looking: every table of a file with its first lines as text, whatever stands in them; nothing is changed by it."""

from __future__ import annotations

import datetime as dt
import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from core.config import Config
from core.errors import InputError
from core.intake import look
from core.intake.facts import MOST_TEXT, TOP, Look
from core.intake.look import MOST_HEADER, MOST_TABLES, guessed, look_at
from core.intake.uploads import Uploads
from tests.core.intake.conftest import Send, lines_of, text_of
from tests.core.intake.test_uploads import DENSE, zipped

NASTY = ('<img src=x onerror="alert(1)">', "=1+1", "\u202etxt", "x" * 1_000)


def with_sheets(count: int, *header: str) -> bytes:
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, {"in_memory": True}) as book:
        for _ in range(count):
            book.add_worksheet().write_row(0, 0, header or ("time", "quantity"))
    return stream.getvalue()


def test_a_csv_with_other_names(send: Send) -> None:
    seen = look_at(send(b"When;How many;Shop\n2024-03-01 10:00;2;A\n2024-03-01 11:00;3;\n"))
    (sheet,) = seen.sheets
    assert (sheet.name, sheet.header) == (None, ("When", "How many", "Shop"))
    assert sheet.top == (("2024-03-01 10:00", "2", "A"), ("2024-03-01 11:00", "3", ""))
    assert (sheet.lines, sheet.exact, sheet.guess) == (2, True, {})
    assert sheet.unused == sheet.header
    assert sheet.problem == "No column is known to hold the time and the quantity: say which it is."
    assert Look.of(json.loads(json.dumps(seen.to_json()))) == seen


def test_a_mapping_that_was_used_before_is_guessed_again(send: Send) -> None:
    content = b"When;How many;Shop\n2024-03-01 10:00;2;A\n"
    known = [{"time": "Elsewhere"}, {"time": "When", "quantity": "How many", "invoice": ""}]
    (sheet,) = look_at(send(content), known).sheets
    assert (sheet.guess, sheet.problem, sheet.unused) == ({"time": "When", "quantity": "How many"}, None, ("Shop",))
    assert guessed(["time", "qty", "client"], [{"quantity": "client", "customer": ""}]) == {
        "time": "time",
        "quantity": "client",
    }


def test_lines_are_counted_or_estimated(send: Send) -> None:
    (many,) = look_at(send(text_of(lines_of(1, 31, 100)))).sheets
    assert (many.lines, many.exact, len(many.top)) == (3_100, True, TOP)
    (cut,) = look_at(send(text_of(lines_of(1, 2)).rstrip())).sheets
    assert cut.lines == 6
    (quoted,) = look_at(send(b'time,quantity,text\n2024-03-01,1,"a\nb"\n')).sheets
    assert not quoted.exact


def test_every_sheet_of_a_workbook(send: Send) -> None:
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, {"in_memory": True}) as book:
        book.add_worksheet("Empty")
        sheet, day = book.add_worksheet("<b>March"), book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        sheet.write(0, 0, "Sales of the shop")
        sheet.write_row(1, 0, ["Sold at", "Pieces", "Customer ID", "Note"])
        sheet.write(2, 0, dt.datetime(2024, 3, 1, 10, 30), day)
        sheet.write_row(2, 1, [2.0, 13085.0])
        sheet.write_string(2, 3, NASTY[1])
        sheet.write_row(3, 0, ["2024-03-02 09:00", 1.5, None, NASTY[3]])
        book.add_worksheet("Other").write_row(0, 0, ["a", "b"])
    march, other = look_at(send(stream.getvalue(), "a.xlsx")).sheets
    assert (march.name, march.header) == ("<b>March", ("Sold at", "Pieces", "Customer ID", "Note"))
    assert march.top[0] == ("2024-03-01 10:30:00", "2", "13085", "=1+1")
    assert march.top[1][:3] == ("2024-03-02 09:00", "1.5", "")
    assert len(march.top[1][3]) == MOST_TEXT
    assert march.guess == {"time": "Sold at", "quantity": "Pieces", "customer": "Customer ID"}
    assert (march.lines, march.exact, march.unused, march.problem) == (2, False, ("Note",), None)
    assert other.problem is not None


def test_a_parquet_file_with_columns_of_any_type(send: Send) -> None:
    stream = io.BytesIO()
    table = {"time": [dt.datetime(2024, 3, 1, 10)], "qty": [2], 'na"me': [NASTY[0]], "list": [[1, 2]], "none": [None]}
    pq.write_table(pa.table(table), stream)
    (sheet,) = look_at(send(stream.getvalue(), "a.parquet")).sheets
    assert sheet.top == (("2024-03-01 10:00:00", "2", NASTY[0], "[1, 2]", ""),)
    assert (sheet.lines, sheet.exact, sheet.unused) == (1, True, ('na"me', "list", "none"))


@pytest.mark.parametrize("text", NASTY)
def test_what_stands_in_a_file_is_text(send: Send, text: str) -> None:
    quoted = text.replace('"', '""')
    (sheet,) = look_at(send(f'time,quantity,"{quoted}"\n2024-03-01,1,x\n'.encode())).sheets
    assert sheet.header[2] == text


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.xlsx", zipped(sheet=b"<x/>"), "not an XLSX workbook"),
        ("a.xlsx", zipped(**{"media/inner": DENSE}), "not an XLSX workbook"),  # what lies inside is never unpacked
        ("a.parquet", b"PAR1" + bytes(100) + b"\x10\0\0\0PAR1", "not a Parquet file"),
        ("a.csv", ",".join(map(str, range(MOST_HEADER + 1))).encode() + b"\n", "at most 500"),
        ("a.csv", b"time," + b"x" * 1_001 + b"\n", "the name of column 2 has 1,001 characters"),
        ("a.xlsx", with_sheets(MOST_TABLES + 1), "more than 60 sheets with a table"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_a_sentence(config: Config, send: Send, name: str, content: bytes, words: str) -> None:
    found = send(content, name)
    with pytest.raises(InputError, match=words) as raised:
        look_at(found)
    assert str(raised.value).startswith(f"{name}")
    assert found.id not in str(raised.value)
    assert Uploads(config).get(found.id) is not None


def test_what_was_seen_is_kept_with_the_file(config: Config, send: Send) -> None:
    found, uploads = send(text_of(lines_of(1, 2))), Uploads(config)
    assert uploads.look(found.id) is None
    seen = look_at(found)
    uploads.keep_look(seen)
    assert uploads.look(found.id) == seen
    uploads.remove(found.id)
    assert uploads.look(found.id) is None


def test_a_header_is_guessed_once_and_none_that_is_too_large(send: Send, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []
    monkeypatch.setattr(look, "guessed", lambda header, known: calls.append(len(header)) or {})
    assert len(look_at(send(with_sheets(MOST_TABLES, *"abc"), "a.xlsx")).sheets) == MOST_TABLES
    assert calls == [3] * MOST_TABLES
    with pytest.raises(InputError, match="at most 500"):
        look_at(send(with_sheets(1, *map(str, range(MOST_HEADER + 1))), "a.xlsx"))
    assert len(calls) == MOST_TABLES


def test_the_newest_mapping_that_fits_tells_the_delimiter(send: Send) -> None:
    content = b"When;How many,Pieces\n2024-03-01;2,3\n"
    newest, oldest = {"time": "When"}, {"quantity": "Pieces"}
    for known, header in (([newest, oldest], ("When", "How many,Pieces")), ([oldest], ("When;How many", "Pieces"))):
        (sheet,) = look_at(send(content), [{"time": "Elsewhere"}, *known]).sheets
        assert sheet.header == header
