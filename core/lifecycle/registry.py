"""The registry: versions on disk, and the names that point to them in the database."""

from __future__ import annotations

import errno
import logging
import os
import re
import shutil
import threading
import time
import uuid
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, insert, select, update
from sqlalchemy.exc import SQLAlchemyError

from core.config import Config
from core.errors import InputError
from core.lifecycle.files import DamagedError, read_manifest, seal, sync, verify
from core.lifecycle.processes import alive, this_process
from core.lifecycle.version import Version
from core.state.engine import open_engine, reading, writing
from core.state.tables import ALIAS_EVENTS, ALIASES, now

log = logging.getLogger(__name__)

CHAMPION = "champion"
LOOK_EVERY = 1.0
"""Seconds for which ``champion()`` answers without asking the database."""

KEPT_VERSIONS = 4
"""Versions that a process keeps open at most; the champion stays besides."""

_ID = re.compile(r"v(\d{1,9})")
_WORK = re.compile(r"\.tmp-(\d+)-(\d+)-[0-9a-f]+")


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong that did not stop the service: which version, and a sentence for the operator."""

    version: str
    sentence: str

    def __str__(self) -> str:
        return self.sentence


class Registry:
    """Versions under ``models_dir/versions`` and their aliases. One object a process, shared by its threads."""

    def __init__(self, config: Config, engine: Engine | None = None) -> None:
        self._folder = config.models_dir / "versions"
        self._database = config.database
        self._given_engine = engine
        self._lock = threading.RLock()
        self._open: OrderedDict[str, Version] = OrderedDict()
        self._problems: dict[str, Problem] = {}
        self._champion: Version | None = None
        self._looked_at = float("-inf")

    # -- reading

    def champion(self) -> Version | None:
        """The version that serves, every file verified; None before the first training.

        When the champion is damaged, the last champion before it that is whole serves, and ``problems`` says so.
        When the database does not answer, the version served so far stays.
        """
        if time.monotonic() - self._looked_at >= LOOK_EVERY:
            with self._lock:
                if time.monotonic() - self._looked_at >= LOOK_EVERY:
                    self._look()
        return self._champion

    def versions(self) -> list[Version]:
        """Every version with a valid manifest, newest first. Files are verified when a version is opened."""
        found = []
        for path in self._paths():
            try:
                found.append(self._open.get(path.name) or Version(path, _manifest(path)))
            except DamagedError as error:
                self._report(path.name, f"Version {path.name} is not used: {error}.")
        return sorted(found, key=lambda version: _number(version.id), reverse=True)

    def open(self, version_id: str) -> Version:
        """A version by its id, every file verified once a process. Raises InputError if missing or damaged."""
        if not _ID.fullmatch(version_id) or not (self._folder / version_id).is_dir():
            raise InputError(f"there is no version {version_id}")
        try:
            return self._verified(version_id)
        except DamagedError as error:
            raise InputError(f"version {version_id} is damaged: {error}") from error

    def problems(self) -> tuple[Problem, ...]:
        """What was found wrong in this process since it started; empty is good."""
        with self._lock:
            return tuple(self._problems.values())

    def history(self, alias: str = CHAMPION, limit: int = 100) -> list[dict[str, Any]]:
        """Moves of an alias, newest first: at, who, alias, from_version, to_version, reason, evidence."""
        query = select(ALIAS_EVENTS).where(ALIAS_EVENTS.c.alias == alias).order_by(ALIAS_EVENTS.c.id.desc())
        with reading(self._engine) as connection:
            return [dict(row._mapping) for row in connection.execute(query.limit(limit))]

    # -- writing

    @contextmanager
    def workspace(self) -> Iterator[Path]:
        """An empty folder beside the versions, to write one into; removed afterwards unless it was published."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._sweep()
        me = this_process()
        folder = self._folder / f".tmp-{me.pid}-{int(me.started)}-{uuid.uuid4().hex}"
        folder.mkdir()
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def publish(self, folder: Path, manifest: dict[str, Any]) -> Version:
        """Turns a folder of ``workspace`` into the next version: all of it or nothing, whatever happens.

        ``manifest`` comes without ``id`` and ``files``; they are added. The version serves nobody until promoted.
        """
        while True:
            version_id = f"v{self._next_number()}"
            sealed = seal(folder, {**manifest, "id": version_id})
            target = self._folder / version_id
            try:
                os.rename(folder, target)  # noqa: PTH104 - must not replace a folder that has files
            except OSError as error:
                if error.errno in (errno.ENOTEMPTY, errno.EEXIST):
                    continue  # another process took the number
                raise
            sync(self._folder)
            return self._keep(Version(target, sealed))

    def promote(
        self, version_id: str, who: str, reason: str, *, alias: str = CHAMPION, evidence: dict[str, Any] | None = None
    ) -> None:
        """Points the alias at a version, with an audit row in the same transaction; nothing else changes.

        Raises InputError when the version is missing or damaged.
        """
        self.open(version_id)
        with writing(self._engine) as connection:
            query = select(ALIASES.c.version_id).where(ALIASES.c.name == alias).with_for_update()
            before = connection.execute(query).scalar_one_or_none()
            row = {"version_id": version_id, "changed_at": now()}
            if before is None:
                connection.execute(insert(ALIASES).values(name=alias, **row))
            else:
                connection.execute(update(ALIASES).where(ALIASES.c.name == alias).values(row))
            event = {"at": row["changed_at"], "who": who, "alias": alias, "from_version": before,
                     "to_version": version_id, "reason": reason, "evidence": evidence}  # fmt: skip
            connection.execute(insert(ALIAS_EVENTS).values(event))
        self._looked_at = float("-inf")

    # -- inside

    @property
    def _engine(self) -> Engine:
        return self._given_engine or open_engine(self._database)

    def _look(self) -> None:
        try:
            wanted = self._candidates()
        except SQLAlchemyError as error:
            if self._champion is None:
                raise
            log.warning("the database does not answer; version %s goes on serving", self._champion.id, exc_info=True)
            self._report("", f"The database does not answer ({type(error).__name__}).")
        else:
            self._problems.pop("", None)
            self._champion = self._first_whole(wanted)
        self._looked_at = time.monotonic()

    def _candidates(self) -> list[str]:
        """The champion, then the champions before it, each once, newest first."""
        with reading(self._engine) as connection:
            current = connection.execute(select(ALIASES.c.version_id).where(ALIASES.c.name == CHAMPION)).scalar()
            if current is None:
                return []
            if self._champion is not None and current == self._champion.id:
                return [current]
            past = select(ALIAS_EVENTS.c.to_version).where(ALIAS_EVENTS.c.alias == CHAMPION)
            rows = connection.execute(past.order_by(ALIAS_EVENTS.c.id.desc())).scalars().all()
        return list(dict.fromkeys([current, *rows]))

    def _first_whole(self, ids: list[str]) -> Version | None:
        for version_id in ids:
            try:
                return self._verified(version_id)
            except DamagedError as error:
                self._report(version_id, f"Version {version_id} is not used: {error}. The one before it serves.")
        return None

    def _verified(self, version_id: str) -> Version:
        with self._lock:
            if version_id in self._open:
                self._open.move_to_end(version_id)
                return self._open[version_id]
            path = self._folder / version_id
            manifest = _manifest(path)
            verify(path, manifest)
            self._problems.pop(version_id, None)
            return self._keep(Version(path, manifest))

    def _keep(self, version: Version) -> Version:
        """Holds the versions used last, with the frames they have read; a long-lived worker must not hold them all."""
        with self._lock:
            self._open[version.id] = version
            while len(self._open) > KEPT_VERSIONS:
                self._open.popitem(last=False)
        return version

    def _report(self, version_id: str, sentence: str) -> None:
        with self._lock:
            if version_id not in self._problems:
                log.error(sentence)
            self._problems[version_id] = Problem(version_id, sentence)

    def _paths(self) -> list[Path]:
        if not self._folder.is_dir():
            return []
        return [path for path in self._folder.iterdir() if _ID.fullmatch(path.name) and path.is_dir()]

    def _next_number(self) -> int:
        """One more than any number on disk or in the audit: an id never means two things."""
        with reading(self._engine) as connection:
            used = connection.execute(select(ALIAS_EVENTS.c.to_version).distinct()).scalars().all()
        return 1 + max((_number(name) for name in (*used, *(path.name for path in self._paths()))), default=0)

    def _sweep(self) -> None:
        """Removes folders that processes left behind which are no longer there."""
        for path in self._folder.glob(".tmp-*"):
            match = _WORK.fullmatch(path.name)
            if match and not alive(int(match[1]), int(match[2])):
                shutil.rmtree(path, ignore_errors=True)


def _number(version_id: str) -> int:
    match = _ID.fullmatch(version_id)
    return int(match[1]) if match else 0


def _manifest(path: Path) -> dict[str, Any]:
    manifest = read_manifest(path)
    if manifest.get("id") != path.name:
        raise DamagedError(f"its manifest is that of {manifest.get('id')!r}")
    if absent := [key for key in ("created_at", "data", "models", "best") if key not in manifest]:
        raise DamagedError(f"its manifest lacks {', '.join(absent)}")
    return manifest
