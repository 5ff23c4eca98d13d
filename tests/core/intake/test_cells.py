"""How far cells lie, against the reader itself: whatever says or does not say where it is."""

from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from core.intake import cells
from core.intake.cells import Span, counted

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types"/>',
    "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r1" '
    f'Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets><sheet name="S" sheetId="1" r:id="r1"/>'
    "</sheets></workbook>",
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r1" '
    f'Type="{OFFICE}/worksheet" Target="worksheets/s.xml"/></Relationships>',
}
FULL = b"<v>1</v></c>"
CORNER = b'<row r="1"><c r="A1">' + FULL + b"</row>"


def sheet(rows: bytes) -> bytes:
    return b'<worksheet xmlns="%s"><sheetData>%s</sheetData></worksheet>' % (MAIN.encode(), CORNER + rows)


def read(content: bytes) -> tuple[int, int]:
    """Rows and columns that the reader keeps places for."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, text in PARTS.items():
            archive.writestr(name, text)
        archive.writestr("xl/worksheets/s.xml", content)
    stream.seek(0)
    end = CalamineWorkbook.from_filelike(stream).get_sheet_by_name("S").end
    assert end is not None
    return end[0] + 1, end[1] + 1


def span(content: bytes, piece: int) -> tuple[int, int]:
    found, pieces = Span(len(content)), [content[at : at + piece] for at in range(0, len(content), piece)]
    for one in pieces:
        found.add(one)
    found.end()
    return counted(pieces) if found.silent else (found.rows, found.columns)


place = st.tuples(
    st.sampled_from(["", "A", "c", "Z", "aB"]), st.integers(1, 99), st.sampled_from(["", "0", "000000000"])
)


@st.composite
def rows(draw: st.DrawFn) -> bytes:
    """Rows and cells with and without their places, in the ways of many writers."""
    found = b""
    prefix = draw(st.sampled_from([b"", b"x:"]))
    for number in draw(st.lists(st.one_of(st.none(), st.integers(1, 99)), max_size=4)):
        found += b"<%srow%s>" % (prefix, b"" if number is None else b" spans='1:8' r = '%d'" % number)
        for letters, row, zeros in draw(st.lists(place, max_size=4)):
            says = f' s="1" r="{letters}{zeros}{row}"'.encode() if letters else b" x=' y=2'"
            found += b"<%sc%s>" % (prefix, says) + FULL.replace(b"</c", b"</%sc" % prefix)
        found += b"</%srow>" % prefix
    return found


@settings(max_examples=150)
@given(rows(), st.sampled_from([1, 7, 50, 1_000_000]))
def test_no_cell_is_farther_than_is_said(content: bytes, piece: int) -> None:
    said, there = span(sheet(content), piece), read(sheet(content))
    assert said >= there
    assert said[1] >= there[1]
    full = Span(1)
    full.add(sheet(content))
    if not full.silent:  # empty rows count, but no more than they say
        assert said[1] == there[1]


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        (b'<row r="5000"><c>' + FULL + b"</row>", (5000, 1)),
        (b"<row>" + (b"<c>" + FULL) * 5 + b"</row>", (2, 5)),
        (b'<row r="2"><c r="J2">' + FULL + (b"<c>" + FULL) * 3 + b"</row>", (2, 13)),
        (b"<row/>" * 12 + b"<row><c>" + FULL + b"</row>", (14, 1)),
        (b'<row r="2"><c s="1" r="j00000000007">' + FULL + b"</row>", (7, 10)),
        (b'<row r="2"><c x=\' r="C5"\'>' + FULL + b"</row>", (2, 1)),
        (b'<row r="2"><c r="C1048580">' + FULL + b"</row>", (1_048_580, 3)),
    ],
)
def test_as_the_reader_has_it(content: bytes, wanted: tuple[int, int]) -> None:
    assert span(sheet(content), 40) == read(sheet(content)) == wanted


def test_large_parts_are_as_usual_or_farther(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cells, "EXACT_UP_TO", 10)
    assert span(sheet(b'<row r="2"><c r="C2">' + FULL + b"</row>"), 1_000) == cells.USUAL
    assert span(sheet(b'<row r="2"><c r="BA9000000">' + FULL + b"</row>"), 1_000) == (9_000_000, 53)
    assert span(sheet(b"<row>" + (b"<c>" + FULL) * 60 + b"</row>"), 1_000) == (2, 60)


def test_what_is_no_worksheet_has_no_cells() -> None:
    assert span(b'<a><fillToRect r="50000"/><c/></a>', 9)[1] == 0
    assert span(bytes(range(256)) * 99, 1_000)[1] == 0


def test_no_tag_of_a_worksheet_is_endless(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cells, "PIECE", 100)
    assert span(sheet(b"<row " + b" " * 200 + b'r="70"><c>' + FULL + b"</row>"), 100) == (70, 1)


def test_what_is_damaged_cannot_be_counted() -> None:
    for content in (b"<a><b></a>", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', b""):
        with pytest.raises(ValueError, match=r"."):
            counted([content])
