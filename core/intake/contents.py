"""Whether a received file is what its name says, from a few of its bytes and from the directory of a workbook.

Nothing here reads the file as a whole or as a table: readers may only come near what has passed.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO

from core.errors import InputError
from core.intake.cells import MOST_COLUMNS, MOST_ROWS, PIECE, Span, counted
from core.transactions.kinds import Kind

HEAD = 64 * 1024
PROGRAMS = (b"\x7fELF", b"MZ", b"\xca\xfe\xba\xbe", b"\xfe\xed\xfa", b"\xce\xfa\xed\xfe", b"\xcf\xfa\xed\xfe")
"""How programs of Linux, Windows, Java and macOS begin."""

MOST_UNPACKED = 2 * 2**30
MOST_RATIO, RATIO_FROM = 100, 64 * 2**20
"""A workbook unpacks to ten or twenty times its size; more than so many times is refused, from so many bytes on."""
MOST_PARTS, MOST_DIRECTORY = 2_000, 2**20
"""Parts of a workbook, and bytes of the list of them: Python makes an object for each before any can be counted."""
PACKED_BY = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)

MOST_CELLS = 60_000_000
"""Of a sheet, empty ones included, because the reader keeps a place for each."""
SPARSE_FROM = 5_000_000
"""From so many cells on a sheet must have at least a byte for each; full ones have twenty."""


def check_content(file: Path, kind: Kind, name: str) -> None:
    """Raises InputError for a file that is not of its kind. ``name``: what people call it."""
    with file.open("rb") as stream:
        head = stream.read(HEAD)
        if head.startswith(PROGRAMS) and b"\0" in head:
            raise InputError("this is a program, not a table", file=name, hint="Send CSV, XLSX or Parquet.")
        match kind:
            case "csv":
                _check_text(head, name)
            case "parquet":
                _check_parquet(stream, head, name)
            case "xlsx":
                check_directory(file, name)


def _check_text(head: bytes, name: str) -> None:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in head:
        hint = "Save it as CSV in UTF-8, as XLSX or as Parquet."
        raise InputError("this is not a text file", file=name, hint=hint)
    if not head.strip(b"\xef\xbb\xbf \r\n\t"):
        raise InputError("the file is empty", file=name)


def _check_parquet(stream: BinaryIO, head: bytes, name: str) -> None:
    size = stream.seek(0, 2)
    stream.seek(max(size - 8, 0))
    tail = stream.read()
    whole = head.startswith(b"PAR1") and tail.endswith(b"PAR1") and size >= 12
    if not whole or int.from_bytes(tail[:4], "little") > size - 12:
        raise InputError("this is not a Parquet file, or it is damaged", file=name)


def check_directory(file: Path, name: str) -> int:
    """The bytes that a workbook says to unpack to. Raises InputError for what is no workbook, or absurd."""
    parts = _parts(file, name)
    unpacked = sum(one.file_size for one in parts)
    too_much = unpacked > MOST_UNPACKED or (unpacked > RATIO_FROM and unpacked > MOST_RATIO * file.stat().st_size)
    if too_much or len(parts) > MOST_PARTS:
        raise _absurd(name, f"it would unpack to {_size(unpacked)} in {len(parts):,} parts")
    if any(one.flag_bits & 1 for one in parts):
        raise InputError("the workbook is protected by a password", file=name, hint="Save it without one.")
    if any(one.compress_type not in PACKED_BY for one in parts):
        raise InputError("the workbook is packed in an unusual way", file=name, hint="Save it anew, or use CSV.")
    ordered = sorted(parts, key=lambda one: one.header_offset)
    for one, following in pairwise(ordered):
        if one.header_offset + one.compress_size > following.header_offset:
            raise _absurd(name, "its parts lie on top of each other")
    return unpacked


def check_unpacked(file: Path, name: str, in_haste: bool = False) -> bool:
    """Unpacks a workbook, keeping nothing of it. Raises InputError where its directory lies, where it is damaged, and
    where a few cells lie so far apart that reading them would take all memory.

    Stops at the first byte beyond what the directory says, so that it never does more than ``check_directory`` allows.
    False where a sheet has to be counted by a parser, which takes long and is not done ``in_haste``.
    """
    whole = True
    with file.open("rb") as stream:
        for part in _parts(file, name):
            try:
                whole = _check_part(stream, part, name, in_haste) and whole
            except (zlib.error, EOFError, ValueError):
                raise InputError("the workbook is damaged", file=name, hint="Was it cut off? Send it again.") from None
    return whole


def _check_part(stream: BinaryIO, part: zipfile.ZipInfo, name: str, in_haste: bool) -> bool:
    count, span = 0, Span(part.file_size)
    for piece in _unpacked(stream, part):
        count += len(piece)
        if count > part.file_size:
            raise _absurd(name, "it unpacks to more than it says")
        span.add(piece)
    if count != part.file_size:
        raise EOFError
    span.end()
    rows, columns, exact = span.rows, span.columns, span.exact
    if span.silent and in_haste:
        return False
    if span.silent:
        rows, columns = counted(_unpacked(stream, part))
        exact = True
    if rows > MOST_ROWS or columns > MOST_COLUMNS:
        raise _absurd(name, f"a sheet has more than {MOST_ROWS:,} rows or {MOST_COLUMNS:,} columns")
    cells = rows * columns
    if cells > MOST_CELLS or (exact and cells > SPARSE_FROM and cells > count):
        raise InputError(
            f"a sheet spans {rows:,} rows and {columns:,} columns, most of them empty",
            file=name,
            hint="Remove the cells far from the table, or use CSV.",
        )
    return True


def _unpacked(stream: BinaryIO, part: zipfile.ZipInfo) -> Iterator[bytes]:
    """The bytes of a part as they are, whatever the directory says of them, a piece at a time."""
    stream.seek(part.header_offset)
    head = stream.read(30)
    if len(head) < 30 or not head.startswith(b"PK\x03\x04"):
        raise EOFError
    stream.seek(int.from_bytes(head[26:28], "little") + int.from_bytes(head[28:30], "little"), 1)
    left = part.compress_size
    inflate = zlib.decompressobj(-15) if part.compress_type == zipfile.ZIP_DEFLATED else None
    while left > 0:
        packed = stream.read(min(left, PIECE))
        if not packed:
            raise EOFError
        left -= len(packed)
        if inflate is None:
            yield packed
            continue
        while packed:
            yield inflate.decompress(packed, PIECE)
            packed = inflate.unconsumed_tail
        if inflate.eof and (left or inflate.unused_data):  # it would keep all that follows
            raise EOFError
    if inflate is not None:
        yield inflate.flush()
        if not inflate.eof:
            raise EOFError


class _Bounded(io.BufferedReader):
    """A file of which a directory is read only if it is not absurdly long."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > MOST_DIRECTORY:
            raise _LongDirectoryError
        return super().read(size)


class _LongDirectoryError(Exception):
    pass


def _parts(file: Path, name: str) -> list[zipfile.ZipInfo]:
    try:
        with _Bounded(io.FileIO(file)) as stream, zipfile.ZipFile(stream) as archive:
            parts = archive.infolist()
    except _LongDirectoryError:
        raise _absurd(name, "the list of its parts is too long") from None
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        parts = []
    names = {one.filename.lower() for one in parts}
    cut = any(one.header_offset < 0 for one in parts)  # the first bytes are missing
    if cut or "[content_types].xml" not in names or not any(one.startswith("xl/") for one in names):
        raise InputError("this is not an XLSX workbook, or it is damaged", file=name)
    return parts


def _absurd(name: str, why: str) -> InputError:
    return InputError(f"this workbook cannot be honest: {why}", file=name, hint="Use CSV or Parquet.")


def _size(count: int) -> str:
    return f"{count / 2**30:.1f} GB" if count >= 2**29 else f"{count / 2**20:.0f} MB"
