"""What was worked out once need not be again: numbers kept by a digest of everything that they follow from."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol, cast

import numpy as np
import numpy.typing as npt

log = logging.getLogger(__name__)

VERSION = 3
"""To be raised when a calculation changes."""

Part = npt.NDArray[Any] | str | float | int


class Kept(Protocol):
    """A store of texts by key."""

    def get(self, key: str) -> Any: ...

    def set(self, key: str, value: str) -> object: ...


class Memo:
    """``of(parts, make)``: what ``make`` returned for these parts before, else what it returns now. Plain JSON values
    only: nothing that is read back can do anything."""

    def __init__(self, kept: Kept | None = None) -> None:
        self._kept = kept
        self._here: dict[str, Any] = {}

    @classmethod
    def on_disk(cls, folder: Path, most_bytes: int = 50_000_000) -> Memo:
        """Kept in a folder, shared by processes; the oldest go when there are too many."""
        from diskcache import Cache, JSONDisk

        try:
            return cls(cast(Kept, Cache(str(folder), disk=JSONDisk, size_limit=most_bytes)))
        except Exception:  # a damaged or full store: slower, not wrong
            log.warning("limits are not kept in %s", folder, exc_info=True)
            return cls()

    def of(self, parts: tuple[Part, ...], make: Callable[[], Any]) -> Any:
        key = digest(parts)
        if key not in self._here:
            text = self._stored(key)
            if text is None:
                text = json.dumps(make())
                self._store(key, text)
            self._here[key] = json.loads(text)
        return self._here[key]

    def _stored(self, key: str) -> str | None:
        if self._kept is None:
            return None
        try:
            found = self._kept.get(key)
        except Exception:  # see on_disk
            log.warning("kept limits cannot be read", exc_info=True)
            self._kept = None
            return None
        return found if isinstance(found, str) else None

    def _store(self, key: str, text: str) -> None:
        if self._kept is None:
            return
        try:
            self._kept.set(key, text)
        except Exception:  # see on_disk
            log.warning("limits are not kept", exc_info=True)
            self._kept = None


def digest(parts: tuple[Part, ...]) -> str:
    """SHA-256 of arrays with their shape and kind, and of plain values."""
    found = hashlib.sha256(str(VERSION).encode())
    for part in parts:
        if isinstance(part, np.ndarray):
            found.update(f"{part.dtype.str}{part.shape}".encode())
            found.update(np.ascontiguousarray(part).tobytes())
        else:
            found.update(f"|{type(part).__name__}:{part!r}|".encode())
    return found.hexdigest()
