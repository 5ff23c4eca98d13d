"""How far the cells of a worksheet lie from its corner, before a reader keeps a place for each that is in between.

A cell says where it is (r="B7"), or it is the one after the last; so do rows. Where all of them say it a few regular
expressions find the farthest, in a tenth of the time that a parser takes; else a parser counts. What any of the two is
not sure of counts as far.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from xml.parsers import expat

PIECE = 1 << 20
"""Bytes that come at a time; a tag that is longer is none of a worksheet."""
EXACT_UP_TO = 16 * 2**20
"""Of larger parts only references are looked at that lie beyond USUAL, as all of them would take long."""
USUAL = (1_048_576, 52)
"""Rows and columns."""

MOST_ROWS, MOST_COLUMNS = 1_048_576, 16_384
"""Of a worksheet, by the rules of its makers; whoever has more of them is not counted to the end."""

_NAME = rb"<(?:[^\s<>/:]+:)?"
_SAYS = rb"""(?:\s*[^\s=<>"'/]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*?\s*\br\s*=\s*["']"""
SHEET = re.compile(_NAME + rb"sheetData[\s/>]")
SILENT = re.compile(_NAME + rb"(?:c|row)(?=[\s/>])(?!" + _SAYS + rb")")
"""A cell or a row that does not say where it is."""
REFERENCE = re.compile(rb"""[\s"']r\s*=\s*["']([A-Za-z]*)0*([0-9]*)""")
FAR = re.compile(rb"""r\s*=\s*["'](?:[A-Za-z]{3}|[B-Zb-z][A-Za-z]|[A-Za-z]*0*[1-9][0-9]{6})""")


class Span:
    """The rows and columns of a part of a workbook; 0 columns for one that is no worksheet.

    ``add`` what it holds, piece by piece; then ``silent`` says whether ``counted`` has to be asked instead.
    """

    def __init__(self, size: int) -> None:
        self.exact = size <= EXACT_UP_TO
        self.rows, self.columns = (0, 0) if self.exact else USUAL
        self.silent = False
        self._sheet, self._rest = False, b""

    def add(self, piece: bytes) -> None:
        text = self._rest + piece
        self._sheet = self._sheet or SHEET.search(text) is not None
        last = text.rfind(b"<")
        # what has begun is looked at when all of it is there
        self._rest = text[last:] if last >= 0 and len(text) - last <= PIECE else b""
        if self._sheet and last >= 0 and not self._rest:
            self.silent = True
        self._look(text[:last] if self._rest else text)

    def end(self) -> None:
        """After the last piece."""
        self._look(self._rest)
        if not self._sheet:
            self.rows = self.columns = 0

    def _look(self, text: bytes) -> None:
        self.silent = self.silent or (self._sheet and SILENT.search(text) is not None)
        if self.exact or FAR.search(text):
            for letters, number in set(REFERENCE.findall(text)):
                self.rows, self.columns = max(self.rows, _row(number)), max(self.columns, _column(letters))


def counted(pieces: Iterable[bytes]) -> tuple[int, int]:
    """Rows and columns of a worksheet, by a parser; of one that has more than it may, some that are too many. Raises
    ValueError for one that is damaged."""
    found = _Counting()
    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = found.start, found.end
    parser.StartDoctypeDeclHandler = found.doctype
    try:
        for piece in pieces:
            parser.Parse(piece)
            if found.rows > MOST_ROWS or found.columns > MOST_COLUMNS:
                return found.rows, found.columns
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise ValueError(str(error)) from error
    return found.rows, found.columns


class _Counting:
    """Goes through a worksheet as its readers do."""

    def __init__(self) -> None:
        self.rows = self.columns = 0
        self._row, self._column = 1, 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        tag, place = name.rpartition(":")[2], attributes.get("r", "").encode()
        if tag == "row" and place:
            self._row = _row(place)
        elif tag == "c":
            letters = place.rstrip(b"0123456789")
            row, column = (_row(place[len(letters) :]), _column(letters)) if place else (self._row, self._column + 1)
            self._column = column
            self.rows, self.columns = max(self.rows, row), max(self.columns, column)

    def end(self, name: str) -> None:
        if name.rpartition(":")[2] == "row":
            self._row, self._column = self._row + 1, 0

    def doctype(self, *_: object) -> None:
        raise ValueError("a worksheet has no document type")


def _row(digits: bytes) -> int:
    return int(digits.lstrip(b"0")[:12] or b"0")


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters[:8].upper():
        number = number * 26 + letter - 64
    return number
