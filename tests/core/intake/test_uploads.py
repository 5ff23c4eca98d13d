"""Receiving: what is no table is refused with a sentence and leaves nothing; names are text; old files go."""

from __future__ import annotations

import datetime as dt
import errno
import io
import json
import shutil
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from core.config import Config
from core.errors import DiskFullError, InputError, MissingError
from core.intake import cells, contents, uploads, work
from core.intake.apply import load
from core.intake.asked import Wanted
from core.intake.look import look_at
from core.intake.names import LONGEST, shown
from core.intake.records import Records
from core.intake.uploads import META, Uploads
from core.state.tables import now
from tests.core.intake.conftest import Send, left_behind, lines_of, text_of

CSV = text_of(lines_of(1, 2))


def workbook(rows: list[list[object]] | None = None, far: tuple[int, int] | None = None) -> bytes:
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, {"in_memory": True}) as book:
        sheet = book.add_worksheet("Till")
        for number, row in enumerate(rows or [["time", "quantity"], ["2024-03-01 10:00", 2]]):
            sheet.write_row(number, 0, row)
        if far:
            sheet.write(*far, "x")
    return stream.getvalue()


def parquet() -> bytes:
    stream = io.BytesIO()
    pq.write_table(pa.table({"time": [dt.datetime(2024, 3, 1, 10)], "quantity": [2.0]}), stream)
    return stream.getvalue()


def zipped(**parts: bytes) -> bytes:
    """A workbook in name only: what a reader asks for first is there, and further parts."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("[Content_Types].xml", "xl/workbook.xml"):
            archive.writestr(name, "<x/>")
        for name, content in parts.items():
            archive.writestr(f"xl/{name}.xml", content)
    return stream.getvalue()


def with_declared(content: bytes, name: str, size: int) -> bytes:
    """The archive with another unpacked size of one part, in its own head and in the directory."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        part = archive.getinfo(name)
    changed = bytearray(content)
    struct.pack_into("<I", changed, part.header_offset + 22, size)
    place = archive.start_dir
    while content[place + 46 : place + 46 + len(name)] != name.encode():
        place = content.index(b"PK\x01\x02", place + 1)
    struct.pack_into("<I", changed, place + 24, size)
    return bytes(changed)


def with_directory(size: int) -> bytes:
    """A directory of so many bytes, whatever these say, and the record of it that ends a file."""
    return bytes(size) + struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, 1, 1, size, 0, 0)


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [("a.csv", CSV, "csv"), ("b.TXT", CSV, "csv"), ("c.xlsx", workbook(), "xlsx"), ("d.parquet", parquet(), "parquet")],
)
def test_a_file_is_kept_as_it_came(config: Config, send: Send, name: str, content: bytes, kind: str) -> None:
    found = send(content, name)
    assert (found.name, found.kind, found.size, found.who) == (name, kind, len(content), "Ann")
    assert found.file.read_bytes() == content
    assert Uploads(config).get(found.id) == found
    assert Uploads(config).recent() == [found]
    Uploads(config).remove(found.id)
    assert left_behind(config) == []


ELF = b"\x7fELF\x02\x01\x01" + bytes(200)
LIES = with_declared(zipped(sheet=b"a" * 3_000_000), "xl/sheet.xml", 1_000)
HUGE = with_declared(zipped(sheet=b"a" * 1_000), "xl/sheet.xml", 0xFFFF_FFF0)
DENSE = zipped(sheet=bytes(70 * 2**20))
CELLS = b"<worksheet><sheetData>%s</sheetData></worksheet>"
FAR = CELLS % b"".join(b'<row r="%d"><c r="%s"/></row>' % one for one in ((1, b"A1"), (1048576, b"XFD1048576")))
BARE = CELLS % (b"<row>" + b"<c><v>1</v></c>" * 300 + b'</row><row r="900000"><c><v>1</v></c></row>')
CUT = workbook()[:-200]
DAMAGED = workbook().replace(b"PK\x03\x04", b"PK\x03\x05", 3)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.csv", ELF, "a program"),
        ("a.xlsx", ELF, "a program"),
        ("a.parquet", b"MZ" + bytes(100), "a program"),
        ("a.csv", workbook(), "not a text file"),
        ("a.csv", "time,quantity\n".encode("utf-16"), "not a text file"),
        ("a.csv", b"\xef\xbb\xbf\r\n\n", "empty"),
        ("a.csv", b"", "empty"),
        ("a.xlsx", CSV, "not an XLSX workbook"),
        ("a.xlsx", CUT, "not an XLSX workbook"),
        ("a.xlsx", DAMAGED, "damaged"),
        ("a.xlsx", workbook()[5:], "damaged"),
        ("a.xlsx", b"PK\x03\x04" + bytes(50), "not an XLSX workbook"),
        ("a.parquet", parquet()[:-1], "not a Parquet file"),
        ("a.parquet", b"PAR1" + b"\xff" * 4 + b"PAR1", "not a Parquet file"),
        ("a.xls", b"\xd0\xcf\x11\xe0", "Save it as XLSX"),
        ("a", CSV, "cannot be read"),
        ("a.xlsx", LIES, "more than it says"),
        ("a.xlsx", HUGE, "4.0 GB"),
        ("a.xlsx", DENSE, "70 MB"),
        ("a.xlsx", zipped(sheet=FAR), "1,048,576 rows and 16,384 columns"),
        ("a.xlsx", workbook(far=(200_000, 200)), "200,001 rows and 201 columns"),
        ("a.xlsx", zipped(**{f"p{number}": b"x" for number in range(2_001)}), "parts"),
        ("a.xlsx", with_directory(2**21), "the list of its parts is too long"),
        ("a.xlsx", with_directory(100), "not an XLSX workbook"),
    ],
)  # fmt: skip
def test_what_is_no_table_is_refused_and_leaves_nothing(
    config: Config, send: Send, name: str, content: bytes, words: str
) -> None:
    with pytest.raises(InputError, match=words) as raised:
        send(content, name)
    assert str(raised.value).startswith(f"{name}: ")
    assert str(raised.value).endswith(".")
    assert left_behind(config) == []


def test_parts_on_top_of_each_other_are_refused(send: Send) -> None:
    """One small part that the directory names a hundred times is how the densest bombs are made."""
    content = bytearray(zipped(sheet=b"a" * 500_000))
    with zipfile.ZipFile(io.BytesIO(bytes(content))) as archive:
        first, last = archive.infolist()[0], archive.infolist()[-1]
        place = bytes(content).rindex(b"PK\x01\x02")
    struct.pack_into("<I", content, place + 42, first.header_offset)  # the last part begins where the first one does
    assert last.compress_size > 1
    with pytest.raises(InputError, match="on top of each other"):
        send(bytes(content), "a.xlsx")


def test_a_large_workbook_is_unpacked_later(config: Config, send: Send, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "CHECKED_AT_ONCE", 10)
    found = send(LIES, "a.xlsx")
    with pytest.raises(InputError, match="more than it says"):
        Uploads(config).checked(found.id)
    assert left_behind(config) == []
    good = send(workbook(), "b.xlsx")
    assert Uploads(config).checked(good.id) == good == Uploads(config).checked(good.id)
    with pytest.raises(MissingError, match="Send it again"):
        Uploads(config).checked("0" * 32)


def test_large_parts_are_searched_for_cells_far_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cells, "EXACT_UP_TO", 10)
    file = tmp_path / "a.xlsx"
    file.write_bytes(workbook())
    contents.check_unpacked(file, "a.xlsx")
    file.write_bytes(zipped(sheet=FAR))
    with pytest.raises(InputError, match="most of them empty"):
        contents.check_unpacked(file, "a.xlsx")


def test_a_workbook_says_where_its_cells_are_in_many_ways(tmp_path: Path) -> None:
    """Pieces may end inside of a cell, quotes may be single; colours of styles are no cells."""
    file = tmp_path / "a.xlsx"
    fill = b"<v>1</v>" * (cells.PIECE // 8 - 1)
    file.write_bytes(zipped(sheet=CELLS % (fill + b"<c  r = 'XFD1048576'/>")))
    with pytest.raises(InputError, match="16,384 columns"):
        contents.check_unpacked(file, "a.xlsx")
    file.write_bytes(zipped(styles=b'<color rgb="FF993366"/><dimension ref="A1"/>'))
    contents.check_unpacked(file, "a.xlsx")


@pytest.mark.parametrize("content", [CSV[:-5], CSV[:1], b""])
def test_a_body_that_was_cut_off_is_refused(config: Config, content: bytes) -> None:
    with pytest.raises(InputError, match="ended early") as raised:
        Uploads(config).receive([content], len(CSV), "a.csv", "Ann", 10_000)
    assert f"{len(content):,} of {len(CSV):,} bytes" in str(raised.value)
    assert left_behind(config) == []


def test_the_limit_holds_for_what_is_announced_and_for_what_comes(config: Config) -> None:
    def never() -> Iterator[bytes]:
        raise AssertionError("not a byte of it is read")
        yield b""

    most = 2**20
    with pytest.raises(InputError, match="larger than 1 MB"):
        Uploads(config).receive(never(), most + 1, "a.csv", "Ann", most)
    endless = iter(lambda: b"x" * 65_536, b"")
    with pytest.raises(InputError, match="larger than 1 MB"):
        Uploads(config).receive(endless, 10, "a.csv", "Ann", most)
    assert left_behind(config) == []


def test_a_full_disk_is_said(config: Config, send: Send, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage("/")
    with monkeypatch.context() as patched:
        patched.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1_000))
        with pytest.raises(DiskFullError, match="disk is full"):
            send(CSV)

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(uploads.os, "fsync", full)
    with pytest.raises(DiskFullError, match="disk is full"):
        send(CSV)
    assert left_behind(config) == []


def test_old_many_and_large_files_are_forgotten(config: Config, send: Send, monkeypatch: pytest.MonkeyPatch) -> None:
    old = send(CSV, "old.csv")
    meta = old.file.parent / META
    meta.write_text(json.dumps({**json.loads(meta.read_text()), "received_at": "2020-01-01T00:00:00+00:00"}))
    monkeypatch.setattr(uploads, "MOST_KEPT", 2)
    names = [send(CSV, f"{number}.csv").name for number in range(3)]
    assert [one.name for one in Uploads(config).recent()] == names[:0:-1]
    monkeypatch.setattr(uploads, "MOST_KEPT_BYTES", 1)
    last = send(CSV, "last.csv")
    assert Uploads(config).recent() == [last]
    assert last.received_at <= now()


@pytest.mark.parametrize("text", ["", "..", "../../etc", "0" * 31, "0" * 32 + "\n", "٠" * 32, "0" * 10_000, "a/b"])
def test_an_id_is_never_a_path(config: Config, send: Send, text: str) -> None:
    kept = send(CSV)
    assert Uploads(config).get(text) is None
    assert Uploads(config).look(text) is None
    Uploads(config).remove(text)
    assert Uploads(config).recent() == [kept]


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("../../etc/passwd.csv", "passwd.csv"),
        ("C:\\Users\\ann\\sales.csv", "sales.csv"),
        ("<img src=x onerror=alert(1)>.csv", "<img src=x onerror=alert(1)>.csv"),
        ("=HYPERLINK(\"http://x\").csv", "x\").csv"),
        ("\u202evsc.exe\u202c.csv", "vsc.exe .csv"),
        ("a\x00b\nc\x7f.csv", "a b c .csv"),
        ("ventes août (été).csv", "ventes août (été).csv"),
        ("  ", "file"),
        ("/", "file"),
    ],
)  # fmt: skip
def test_names_are_one_line_of_text(name: str, wanted: str) -> None:
    assert shown(name) == wanted


@settings(max_examples=30)
@given(st.text(max_size=300))
def test_no_name_is_long_or_turns_the_writing(name: str) -> None:
    found = shown(f"{name}.csv")
    assert 0 < len(found) <= LONGEST
    assert found.isprintable()
    assert not {"/", "\\"} & set(found)
    assert found.endswith(".csv")


def test_a_name_never_becomes_a_path(config: Config, send: Send) -> None:
    for name in ("../../x.csv", "/etc/x.csv", "a" * 10_000 + ".csv", "\u202e.csv", "=1+1.csv", "..csv/.csv"):
        found = send(CSV, name)
        assert found.file.parent.parent == Uploads(config).root
        assert found.file.name == f"{found.id}.csv"
    assert {path.name for path in config.data_dir.iterdir()} == {"uploads"}


def test_damaged_parts_are_refused(tmp_path: Path) -> None:
    """A part whose packed bytes are damaged is refused, and so is one that is shorter than it says."""
    content = workbook()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        part = max(archive.infolist(), key=lambda one: one.file_size)
    file = tmp_path / "a.xlsx"
    damaged = bytearray(content)
    start = part.header_offset + 30 + len(part.filename)
    damaged[start : start + 10] = b"\xff" * 10
    file.write_bytes(damaged)
    with pytest.raises(InputError, match="damaged"):
        contents.check_unpacked(file, "a.xlsx")
    file.write_bytes(with_declared(content, part.filename, part.file_size + 1))
    with pytest.raises(InputError, match="damaged"):
        contents.check_unpacked(file, "a.xlsx")


def test_a_name_of_ten_thousand_characters_is_cut(send: Send) -> None:
    found = send(CSV, "é" * 10_000 + ".csv")
    assert len(found.name) == LONGEST
    assert found.name.endswith(".csv")
    assert "…" in found.name


def test_what_is_forgotten_while_a_job_reads_it_is_to_be_sent_again(
    config: Config, send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = send(CSV)
    seen = look_at(upload)
    Uploads(config).remove(upload.id)
    monkeypatch.setattr(Uploads, "checked", lambda *_: upload)
    for job in (
        lambda: Uploads(config).keep_look(seen),
        lambda: load(config, Wanted("replace", upload.id), "Ann", "why"),
        lambda: work._look(config, lambda *_: None, upload.id),
    ):
        with pytest.raises(MissingError, match=r"not here any more\. Send it again"):
            job()
    assert not list(Records(config).root.iterdir())


@pytest.mark.parametrize(
    ("sheet", "words"),
    [
        (BARE, "900,000 rows and 300 columns"),
        (BARE.replace(b"900000", b"9<0"), "damaged"),
        (BARE.replace(b"900000", b"1048577"), "more than 1,048,576 rows or 16,384 columns"),
        (CELLS % (b"<row>" + b"<c/>" * 16_385 + b"</row>"), "more than 1,048,576 rows or 16,384 columns"),
    ],
)
def test_cells_that_do_not_say_where_they_are_are_counted_by_a_job(
    config: Config, send: Send, monkeypatch: pytest.MonkeyPatch, sheet: bytes, words: str
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(contents, "counted", lambda _: pytest.fail("nobody waits for this"))
        found = send(zipped(sheet=sheet), "a.xlsx")
    with pytest.raises(InputError, match=words):
        Uploads(config).checked(found.id)
    assert left_behind(config) == []


def test_nobody_counts_beyond_what_a_worksheet_may_have() -> None:
    pieces = iter([b"<x><row>" + b"<c/>" * 16_385, b"never asked for"])
    assert cells.counted(pieces) == (1, 16_385)
    assert next(pieces) == b"never asked for"


def test_bytes_behind_the_end_of_a_part_are_not_kept() -> None:
    squeezed = zlib.compressobj(wbits=-15)
    packed = squeezed.compress(b"<x/>") + squeezed.flush()
    stream = io.BytesIO(b"PK\x03\x04" + bytes(26) + packed + bytes(8 * cells.PIECE))
    part = zipfile.ZipInfo("xl/x.xml")
    part.header_offset, part.compress_type = 0, zipfile.ZIP_DEFLATED
    part.compress_size = len(packed) + 8 * cells.PIECE
    with pytest.raises(EOFError):
        list(contents._unpacked(stream, part))
    assert stream.tell() < 2 * cells.PIECE
    part.compress_size = len(packed)
    assert b"".join(contents._unpacked(stream, part)) == b"<x/>"


def test_what_is_forgotten_is_gone_at_once(config: Config, send: Send, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the process is killed at it: the next file takes away what is left."""
    upload = send(CSV)
    with monkeypatch.context() as patched:
        patched.setattr(shutil, "rmtree", lambda *_, **__: None)
        Uploads(config).remove(upload.id)
    assert left_behind(config)[0] == f".tmp-{upload.id}"
    monkeypatch.setattr(uploads, "LEFT_AFTER", dt.timedelta())
    Uploads(config).remove(send(CSV).id)
    assert left_behind(config) == []
