"""Backtests that somebody asked for, kept on disk beside the versions: read like them, but without a future."""

from __future__ import annotations

import os
import re
import shutil
import threading
import uuid
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from core.lifecycle.files import DamagedError, read_manifest, seal, sync
from core.lifecycle.version import BACKTEST, CALENDAR, Version

if TYPE_CHECKING:
    import pandas as pd

KEPT = 8
"""So many of the newest backtests stay."""

Part = Literal["preview", "light", "whole"]
"""A quick look; all test periods of the light models; everything that was asked for."""
PARTS: tuple[Part, ...] = get_args(Part)

_PLACE = re.compile(r"b(\d{1,9})-(preview|light|whole)")
_ID = re.compile(r"b\d{1,9}")
_TRIES = 3


class KeptBacktest(Version):
    """One backtest: its manifest says what was asked for and which part this is; see core.lifecycle.backtest_job."""

    @property
    def part(self) -> Part:
        part: Part = self.manifest["part"]
        return part

    @property
    def stamp(self) -> str:
        """Another text for another part."""
        return f"{self.id} {self.part}"


class Backtests:
    """The folder of kept backtests. One object a process, shared by its threads; it keeps the last one read open."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._open: KeptBacktest | None = None

    def ids(self) -> list[str]:
        """What is kept, the newest first."""
        runs = {f"b{number}" for number, _, _ in self._places()}
        return sorted(runs, key=lambda one: (self._created(one), int(one[1:])), reverse=True)

    def manifests(self) -> list[dict[str, Any]]:
        """Of the best part of each, the newest first; damaged ones are left out."""
        found = []
        for run in self.ids():
            for path in self._parts(run):
                try:
                    found.append(read_manifest(path))
                    break
                except DamagedError:
                    continue
        return found

    def get(self, run: str) -> KeptBacktest | None:
        """The best part there is now, its frame read and checked; None for one that is not kept, or not yet."""
        if not _ID.fullmatch(run):
            return None
        for _ in range(_TRIES):  # what was listed may just be replaced by a better part
            for path in self._parts(run):
                with self._lock:
                    if self._open is not None and self._open.path == path:
                        return self._open
                try:
                    found = KeptBacktest(path, read_manifest(path))
                    found.backtest(), found.calendar()
                except DamagedError:
                    continue
                with self._lock:
                    self._open = found
                return found
        return None

    def stamp(self, run: str) -> str:
        """Which part of it there is, without reading it: as ``KeptBacktest.stamp``, empty for none."""
        best = next(iter(self._parts(run)), None) if _ID.fullmatch(run) else None
        return "" if best is None else " ".join(best.name.split("-"))

    def publish(self, run: str, part: Part, frame: pd.DataFrame, calendar: bytes, manifest: Mapping[str, Any]) -> None:
        """Puts a part in place at once and whole, then removes the lesser parts of the same backtest and what is beyond
        KEPT. ``frame``: BACKTEST_COLUMNS."""
        from core.evaluation.backtest import BACKTEST_COLUMNS
        from core.lifecycle.frames import write_frame

        self._folder.mkdir(parents=True, exist_ok=True)
        draft = self._folder / f".tmp-{os.getpid()}-{uuid.uuid4().hex[:8]}"
        draft.mkdir()
        try:
            write_frame(draft / BACKTEST, frame, BACKTEST_COLUMNS)
            (draft / CALENDAR).write_bytes(calendar)
            seal(draft, {**manifest, "id": run, "part": part})
            place = self._folder / f"{run}-{part}"
            if place.exists():
                self._remove(place)
            draft.rename(place)
            sync(self._folder)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        self.tidy(run)

    def tidy(self, run: str) -> None:
        """Removes what nobody reads any more, but never ``run``, which has just come. Only the job that is running may:
        there is one at a time."""
        kept = {run, *[one for one in self.ids() if one != run][: KEPT - 1]}
        for number, rank, path in self._places():
            if f"b{number}" not in kept or any(n == number and r > rank for n, r, _ in self._places()):
                self._remove(path)

    def _remove(self, path: Path) -> None:
        """At once for readers: a folder half removed is not there."""
        gone = self._folder / f".tmp-gone-{uuid.uuid4().hex[:8]}"
        path.rename(gone)
        shutil.rmtree(gone, ignore_errors=True)

    def clear_drafts(self) -> None:
        """Removes what a job left that was killed while it wrote or removed."""
        for path in self._folder.glob(".tmp-*"):
            shutil.rmtree(path, ignore_errors=True)

    def _created(self, run: str) -> str:
        """When it was asked for (ISO, UTC); numbers of jobs begin anew with another database. Empty if nobody knows."""
        for path in self._parts(run):
            with suppress(DamagedError):
                return str(read_manifest(path).get("created_at", ""))
        return ""

    def _parts(self, run: str) -> list[Path]:
        """The folders of a backtest, the best part first."""
        mine = [(rank, path) for number, rank, path in self._places() if f"b{number}" == run]
        return [path for _, path in sorted(mine, reverse=True)]

    def _places(self) -> list[tuple[int, int, Path]]:
        """Number, rank of the part and folder of everything that is there."""
        try:
            paths = list(self._folder.iterdir())
        except FileNotFoundError:
            return []
        found = [(match, path) for path in paths if (match := _PLACE.fullmatch(path.name))]
        ranks = {str(part): rank for rank, part in enumerate(PARTS)}
        return [(int(match[1]), ranks[match[2]], path) for match, path in found]


def run_of(job_id: int) -> str:
    """The name of the backtest that a job makes."""
    return f"b{job_id}"
