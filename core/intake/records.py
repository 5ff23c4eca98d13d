"""Records of loads: a folder each under DATA_DIR/loads, with the files, what was asked for, and what came of it.

A record is complete before the generation that it makes is published, and counts once that has happened: then the
manifest of the current generation has its number, and soon after, when the audit has been told of it, a mark stands in
the folder. One with neither was left by a process that was killed; whoever next has the lock of the store removes it.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

from core.config import Config
from core.errors import MissingError, NotReadyError
from core.intake.asked import Mode
from core.lifecycle.files import sync, write_synced
from core.transactions.store import Manifest

RECORD, MARK, BASE = "load.json", "published", "base"

PartKind = Literal["path", "raw", "sample", "kept", "files"]


@dataclass(frozen=True, slots=True)
class Part:
    """Some of the sources of the data: what the installation has (``path``: DATA_PATH, ``raw``, ``sample``), lines
    ``kept`` of a generation whose files are not known, or the ``files`` of a load; ``load``: whose folder has them."""

    kind: PartKind
    load: int | None = None


@dataclass(frozen=True, slots=True)
class State:
    """What the data are made from. ``node``: the load or change of rules that led here, 0 before the first."""

    node: int
    parts: tuple[Part, ...]
    rules: Mapping[str, bool] | None

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> State:
        return cls(values["node"], tuple(Part(**part) for part in values["parts"]), values["rules"])


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file of a load: what it is called in the folder of the record and by people, its kind and size in bytes."""

    file: str
    name: str
    kind: str
    size: int


@dataclass(frozen=True, slots=True)
class Record:
    """A load, an undo or a change of rules. ``before`` and ``after``: what the data were and are made from;
    ``number_before``: of the record in use before, 0 for none; ``undoes``: the number of what an undo took back.
    ``lines_in`` and what follows are those of all data after it."""

    number: int
    at: str
    who: str
    why: str
    mode: Mode
    files: tuple[KeptFile, ...]
    columns: Mapping[str, str]
    undoes: int | None
    before: State
    after: State
    number_before: int
    lines_in: int = 0
    lines_out: int = 0
    first_day: str = ""
    last_day: str = ""

    def made(self, manifest: Manifest) -> Record:
        """With the numbers of the data that came of it."""
        return replace(
            self,
            lines_in=manifest.lines_in,
            lines_out=manifest.lines_out,
            first_day=manifest.first_day.isoformat(),
            last_day=manifest.last_day.isoformat(),
        )

    def result(self) -> dict[str, int]:
        """What the job says of it."""
        return {"load": self.number, "lines_in": self.lines_in, "lines_out": self.lines_out}

    def to_json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False, indent=1)

    @classmethod
    def from_json(cls, text: str) -> Record:
        values: dict[str, Any] = json.loads(text)
        files = tuple(KeptFile(**one) for one in values["files"])
        states = {"before": State.of(values["before"]), "after": State.of(values["after"])}
        return cls(**values | states | {"files": files})


class Records:
    """The folder of records. Reading needs no lock, all that changes anything the writer's lock of the store."""

    def __init__(self, config: Config) -> None:
        self.root = config.data_dir / "loads"

    def folder(self, number: int) -> Path:
        return self.root / f"{number:06d}"

    def get(self, number: int) -> Record:
        """Raises MissingError for one that there is not."""
        try:
            return Record.from_json((self.folder(number) / RECORD).read_text("utf-8"))
        except FileNotFoundError:
            raise MissingError(f"there is no load {number}") from None

    def published(self, current: int) -> dict[int, Record]:
        """Those that came into use, by number; ``current``: the number in the manifest of the current generation."""
        numbers = [one for one in self._numbers() if one == current or (self.folder(one) / MARK).exists()]
        found = {}
        for number in sorted(numbers):
            try:
                found[number] = self.get(number)
            except MissingError:  # somebody has taken its folder away
                continue
        return found

    def begin(self, current: int) -> tuple[int, Path]:
        """The number and the new folder of a record to come."""
        number = max([current, *self._numbers()]) + 1
        folder = self.folder(number)
        folder.mkdir(parents=True)
        return number, folder

    def complete(self, record: Record) -> None:
        """Writes the record: after this, its generation may be published."""
        folder = self.folder(record.number)
        for file in [*folder.rglob("*")]:
            sync(file)
        write_synced(folder / RECORD, record.to_json())
        sync(self.root)

    def mark(self, number: int) -> None:
        """Notes that it came into use."""
        if number and self.folder(number).is_dir():
            (self.folder(number) / MARK).touch()
            sync(self.folder(number))

    def abandon(self, number: int) -> None:
        """Takes away a record that does not come into use."""
        shutil.rmtree(self.folder(number), ignore_errors=True)

    def settle(self, current: int) -> None:
        """Marks what is in use, and removes what a killed process has left."""
        self.mark(current)
        for number in self._numbers():
            if not (self.folder(number) / MARK).exists():
                self.abandon(number)

    def unsettled(self) -> bool:
        """Whether there is anything to ``settle``, or just at work."""
        return any(not (self.folder(number) / MARK).exists() for number in self._numbers())

    def base(self, number: int) -> Path:
        """Where the record keeps the lines of the generation before it. Raises NotReadyError if they are gone."""
        path = self.folder(number) / BASE
        if not path.is_dir():
            raise NotReadyError(f"The lines that load {number} kept of the data before it are gone.")
        return path

    def _numbers(self) -> list[int]:
        if not self.root.is_dir():
            return []
        return [int(path.name) for path in self.root.iterdir() if path.name.isdecimal() and path.is_dir()]


def can_undo(records: Mapping[int, Record], current: int, number: int) -> bool:
    """Whether ``number`` is what led to the data in use: the last load or change of rules that is not undone, or the
    undo that was done last; and there were data before it."""
    if current not in records or number not in records or not records[number].before.parts:
        return False
    return number == records[current].after.node or (number == current and records[number].mode == "undo")
