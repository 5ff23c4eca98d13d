"""Received files that wait to be loaded: each in a folder of its own under DATA_DIR/uploads, forgotten in time."""

from __future__ import annotations

import datetime as dt
import errno
import json
import os
import re
import secrets
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from core.config import Config
from core.errors import DiskFullError, InputError, MissingError
from core.intake.contents import check_content, check_directory, check_unpacked
from core.intake.facts import Look
from core.intake.names import shown
from core.lifecycle.files import sync, write_synced
from core.state.tables import now
from core.transactions.kinds import Kind, kind_of

ADDRESS = "/_tidemark/upload"
"""POST the bytes of the file as the body (Content-Type: application/octet-stream), its name percent-encoded (UTF-8) as
``?name=``. Answers 201 with {"upload": id, "name", "kind", "size"}; else a problem document whose ``detail`` is the
sentence: 400 for a file that cannot be used or was cut off, 403 for a page of another site, 411 without a length,
413 for one too large, 415 for a kind that cannot be read, 507 for a full disk."""

KEPT_FOR = dt.timedelta(days=2)
MOST_KEPT, MOST_KEPT_BYTES = 20, 2 * 2**30
"""Older, more and larger ones are forgotten when a further file comes, the oldest first."""
LEFT_AFTER = dt.timedelta(hours=6)
"""So old a file that is still being received was left by a process that was killed."""
SPARE_BYTES = 64 * 2**20
"""Room that a file must leave on the disk."""
CHECKED_AT_ONCE = 64 * 2**20
"""A workbook that unpacks to no more is unpacked while its sender waits; a larger one, and one whose cells do not say
where they are, by the first job that reads."""

META, SEEN, CHECKED = "upload.json", "look.json", "checked"
_ID = re.compile(r"[0-9a-f]{32}", re.ASCII)


class TooLargeError(InputError):
    """More bytes than are taken."""


class UnknownKindError(InputError):
    """A file that cannot be read as a table."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A received file. ``name``: as its sender calls it, made fit to be shown (never a path); ``size`` in bytes;
    ``received_at`` is aware UTC; ``file``: where it is here."""

    id: str
    name: str
    kind: Kind
    size: int
    received_at: dt.datetime
    who: str
    file: Path


@contextmanager
def still_here() -> Iterator[None]:
    """Raises MissingError where a file of those received is gone: another may have come meanwhile for which it went."""
    try:
        yield
    except FileNotFoundError:
        raise MissingError("the file is not here any more", hint="Send it again.") from None


class Uploads:
    """The received files of an installation; safe to share between threads and processes."""

    def __init__(self, config: Config) -> None:
        self.root = config.data_dir / "uploads"

    def receive(self, chunks: Iterable[bytes], length: int, name: str, who: str, most_bytes: int) -> Upload:
        """Keeps a file that comes in pieces, wholly or not at all, after a first look at what it is.

        ``length``: bytes that were announced; ``most_bytes``: that are taken. Raises InputError for what cannot be
        used (too large, cut off, empty, not what its name says, a zip bomb), DiskFullError without room.
        """
        called = shown(name)
        suffix = "".join(called.rpartition(".")[1:]).lower() if "." in called else ""
        kind = kind_of(suffix)
        if kind is None:
            hint = "Save it as XLSX." if suffix in (".xls", ".xlsb", ".ods") else "Send CSV, XLSX or Parquet."
            raise UnknownKindError(f"files of the kind '{suffix}' cannot be read", file=called, hint=hint)
        if length > most_bytes:
            raise _too_large(called, most_bytes)
        try:
            return self._receive(chunks, length, (called, suffix, kind), who, most_bytes)
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise DiskFullError from error
            raise

    def _receive(
        self, chunks: Iterable[bytes], length: int, what: tuple[str, str, Kind], who: str, most_bytes: int
    ) -> Upload:
        name, suffix, kind = what
        self.root.mkdir(parents=True, exist_ok=True)
        if shutil.disk_usage(self.root).free < length + SPARE_BYTES:
            raise DiskFullError
        upload = secrets.token_hex(16)
        draft = self.root / f".tmp-{upload}"
        draft.mkdir()
        try:
            file = draft / f"{upload}{suffix}"
            size = _write(file, chunks, name, most_bytes)
            if size < length:
                raise InputError(f"the file ended early: {size:,} of {length:,} bytes came", file=name,
                                 hint="Send it again.")  # fmt: skip
            if size == 0:
                raise InputError("the file is empty", file=name)
            check_content(file, kind, name)
            at_once = kind == "xlsx" and check_directory(file, name) <= CHECKED_AT_ONCE
            if at_once and check_unpacked(file, name, in_haste=True):
                (draft / CHECKED).touch()
            meta = {"name": name, "file": file.name, "kind": kind, "size": size, "received_at": now().isoformat(),
                    "who": who}  # fmt: skip
            write_synced(draft / META, json.dumps(meta))
            sync(draft)
            draft.rename(self.root / upload)
        except BaseException:
            shutil.rmtree(draft, ignore_errors=True)
            raise
        sync(self.root)
        self._forget(upload)
        found = self.get(upload)
        assert found is not None
        return found

    def get(self, upload: str) -> Upload | None:
        """The file with this id; None for one that there is not (any more), whatever the text is."""
        if not _ID.fullmatch(upload):
            return None
        try:
            meta = json.loads((self.root / upload / META).read_text("utf-8"))
        except FileNotFoundError:
            return None
        file = self.root / upload / Path(meta["file"]).name
        received_at = dt.datetime.fromisoformat(meta["received_at"])
        return Upload(upload, meta["name"], meta["kind"], meta["size"], received_at, meta["who"], file)

    def recent(self) -> list[Upload]:
        """Those that wait, the newest first."""
        if not self.root.is_dir():
            return []
        found = [one for one in (self.get(path.name) for path in self.root.iterdir()) if one is not None]
        return sorted(found, key=lambda one: (one.received_at, one.id), reverse=True)

    def checked(self, upload: str) -> Upload:
        """The file, if it may be read as a table. Raises InputError: there is none, or a workbook is a bomb, which is
        forgotten then."""
        with still_here():
            found = self.get(upload)
            if found is None:
                raise FileNotFoundError
            mark = found.file.parent / CHECKED
            if found.kind == "xlsx" and not mark.exists():
                try:
                    check_unpacked(found.file, found.name)
                except InputError:
                    self.remove(upload)
                    raise
                mark.touch()
            return found

    def look(self, upload: str) -> Look | None:
        """What the job LOOK saw; None before it was there."""
        if self.get(upload) is None:
            return None
        try:
            return Look.of(json.loads((self.root / upload / SEEN).read_text("utf-8")))
        except FileNotFoundError:
            return None

    def keep_look(self, look: Look) -> None:
        """Keeps what was seen with the file, for as long as that is here. Raises MissingError if it is not."""
        with still_here():
            write_synced(self.root / look.upload / SEEN, json.dumps(look.to_json(), ensure_ascii=False))

    def remove(self, upload: str) -> None:
        """Forgets a file, at once for readers: a folder half removed is not there. Nothing happens if it is gone."""
        if _ID.fullmatch(upload):
            gone = self.root / f".tmp-{upload}"
            with suppress(FileNotFoundError):
                (self.root / upload).rename(gone)
                shutil.rmtree(gone, ignore_errors=True)

    def _forget(self, new: str) -> None:
        """Old, too many and too large ones, but not the one that has just come."""
        total = 0
        for number, one in enumerate(self.recent()):
            total += one.size
            old = now() - one.received_at > KEPT_FOR
            if one.id != new and (old or number >= MOST_KEPT or total > MOST_KEPT_BYTES):
                self.remove(one.id)
        for draft in [*self.root.glob(".tmp-*"), *self.root.glob(".spill-*")]:
            with suppress(FileNotFoundError):
                if now().timestamp() - draft.stat().st_mtime > LEFT_AFTER.total_seconds():
                    shutil.rmtree(draft, ignore_errors=True)


def _write(file: Path, chunks: Iterable[bytes], name: str, most_bytes: int) -> int:
    """Writes what comes and returns its size; whatever was announced, no more than ``most_bytes`` are kept."""
    size = 0
    with file.open("xb") as stream:
        for chunk in chunks:
            size += len(chunk)
            if size > most_bytes:
                raise _too_large(name, most_bytes)
            stream.write(chunk)
        stream.flush()
        os.fsync(stream.fileno())
    return size


def _too_large(name: str, most_bytes: int) -> TooLargeError:
    return TooLargeError(
        f"the file is larger than {most_bytes / 2**20:,.0f} MB",
        file=name,
        hint="Send it in parts, as Parquet, or name it in DATA_PATH.",
    )
