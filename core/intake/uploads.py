"""Received files that wait to be loaded: each in a folder of its own under DATA_DIR/uploads, forgotten in time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from core.config import Config
from core.intake.facts import Look

ADDRESS = "/_tidemark/upload"
"""POST the bytes of the file as the body (Content-Type: application/octet-stream), its name percent-encoded (UTF-8) as
``?name=``. Answers 201 with {"upload": id, "name", "kind", "size"}; else a problem document whose ``detail`` is the
sentence: 400 for a file that cannot be used or was cut off, 403 for a page of another site, 411 without a length,
413 for one too large, 415 for a kind that cannot be read, 507 for a full disk."""

Kind = Literal["csv", "xlsx", "parquet"]

KEPT_FOR = dt.timedelta(days=2)
MOST_KEPT = 20


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


class Uploads:
    """The received files of an installation; safe to share between threads and processes."""

    def __init__(self, config: Config) -> None:
        self.root = config.data_dir / "uploads"

    def receive(self, chunks: Iterable[bytes], length: int, name: str, who: str, most_bytes: int) -> Upload:
        """Keeps a file that comes in pieces, wholly or not at all, after a first look at what it is.

        ``length``: bytes that were announced; ``most_bytes``: that are taken. Raises InputError for what cannot be
        used (too large, cut off, empty, not what its name says, a zip bomb), DiskFullError without room.
        """
        raise NotImplementedError

    def get(self, upload: str) -> Upload | None:
        """The file with this id; None for one that there is not (any more), whatever the text is."""
        raise NotImplementedError

    def recent(self) -> list[Upload]:
        """Those that wait, the newest first."""
        raise NotImplementedError

    def look(self, upload: str) -> Look | None:
        """What the job LOOK saw; None before it was there."""
        raise NotImplementedError

    def remove(self, upload: str) -> None:
        """Forgets a file; nothing happens if it is gone."""
        raise NotImplementedError
