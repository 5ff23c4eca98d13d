"""The registry: versions on disk, and the names that point to them in the database."""

from __future__ import annotations

import datetime as dt
import errno
import logging
import os
import re
import shutil
import threading
import time
import uuid
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, delete, insert, select, update
from sqlalchemy.exc import SQLAlchemyError

from core.config import Config
from core.errors import InputError
from core.lifecycle import audit
from core.lifecycle.audit import CHALLENGER, CHAMPION, VERSIONS
from core.lifecycle.files import MANIFEST, DamagedError, read_manifest, seal, sync, traces, verify
from core.lifecycle.processes import alive, this_process
from core.lifecycle.version import Version
from core.state.engine import open_engine, reading, writing
from core.state.tables import ALIASES, now

log = logging.getLogger(__name__)

LOOK_EVERY = 0.25
"""Seconds for which ``champion()`` answers without asking the database."""
TRACE_EVERY, VERIFY_EVERY = 1.0, 600.0
"""Seconds between two looks whether files of the champion were touched, and between two readings of all its bytes."""

KEPT_VERSIONS = 2
"""Versions that a process keeps open at most, each with the frames it has read; the champion stays besides."""

ANY = "*"
"""In place of a version id: whichever."""

ROLLED_BACK = {"rolled_back": True}
"""The evidence of a move that goes back, and does not put an earlier version into use anew."""

_ID = re.compile(r"v(\d{1,9})")
_WORK = re.compile(r"\.tmp-(\d+)-(\d+)-[0-9a-f]+")


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong that did not stop the service: which version, and a sentence for the operator."""

    version: str
    sentence: str

    def __str__(self) -> str:
        return self.sentence


class _Checked(NamedTuple):
    """When the files of a version were looked at and read last, and what marks a change of them."""

    traced_at: float
    verified_at: float
    traces: tuple[object, ...]


class Registry:
    """Versions under ``models_dir/versions`` and their aliases. One object a process, shared by its threads."""

    def __init__(self, config: Config, engine: Engine | None = None) -> None:
        self._folder = config.models_dir / "versions"
        self._database = config.database
        self._given_engine = engine
        self._lock = threading.RLock()
        self._open: OrderedDict[str, Version] = OrderedDict()
        self._checked: dict[str, _Checked] = {}
        self._damaged: dict[str, tuple[tuple[object, ...], DamagedError]] = {}
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
                manifest, kept = _manifest(path), self._open.get(path.name)
                found.append(kept if kept is not None and kept.manifest == manifest else Version(path, manifest))
            except DamagedError as error:
                self._report(path.name, f"Version {path.name} is not used: {error}.")
        return sorted(found, key=lambda version: _number(version.id), reverse=True)

    def open(self, version_id: str, *, anew: bool = False) -> Version:
        """A version by its id, every file verified: when first opened, when one was touched, and always if ``anew``.

        Raises InputError if missing or damaged.
        """
        if not _ID.fullmatch(version_id) or not (self._folder / version_id).is_dir():
            raise InputError(f"there is no version {version_id}")
        try:
            return self._verified(version_id, anew=anew)
        except DamagedError as error:
            raise InputError(f"version {version_id} is damaged: {error}") from error

    def problems(self) -> tuple[Problem, ...]:
        """What was found wrong in this process since it started; empty is good."""
        with self._lock:
            return tuple(self._problems.values())

    def aliases(self) -> dict[str, str]:
        """Alias → version id, as the database has them; a damaged champion still carries its name."""
        with reading(self._engine) as connection:
            return {row.name: row.version_id for row in connection.execute(select(ALIASES))}

    def history(self, alias: str = CHAMPION, limit: int | None = 100) -> list[audit.Entry]:
        """Moves of an alias, newest first."""
        return audit.entries(self._engine, alias, limit)

    def moves(self) -> int:
        """A number that grows with every row of the audit."""
        return audit.length(self._engine)

    def live_at(self, moment: dt.datetime) -> str | None:
        """Id of the version that was champion at an aware ``moment``; None before the first."""
        return next((move.to_value for move in self.history(limit=None) if move.at <= moment), None)

    def previous(self) -> str | None:
        """What a rollback goes to: the champion before the present one, as on a stack that a rollback shortens."""
        stack: list[str] = []
        for move in reversed(self.history(limit=None)):
            version_id = str(move.to_value)
            if move.evidence == ROLLED_BACK and version_id in stack[:-1]:
                stack = stack[:-1]
                while stack[-1] != version_id:
                    stack.pop()
            else:
                stack.append(version_id)
        there = [one for one in stack[:-1] if one != stack[-1] and (self._folder / one / MANIFEST).is_file()]
        return there[-1] if there else None

    # -- writing

    @contextmanager
    def workspace(self) -> Iterator[Path]:
        """An empty folder beside the versions, to write one into; removed afterwards unless it was published."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._sweep()
        folder = self._folder / self._temporary()
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
        self,
        version_id: str,
        who: str,
        reason: str,
        evidence: Mapping[str, Any] | None = None,
        *,
        replacing: str | None = ANY,
    ) -> bool:
        """Makes a version the champion, with an audit row in the same transaction; nothing is removed.

        A challenger that is promoted is none any more. With ``replacing`` only if that version (None: none) carries
        the name now; says whether it was done. Raises InputError when the version is missing or damaged, or in use.
        """
        self.open(version_id, anew=True)
        with writing(self._engine) as connection:
            query = select(ALIASES.c.version_id).where(ALIASES.c.name == CHAMPION).with_for_update()
            current = connection.execute(query).scalar_one_or_none()
            if replacing not in (ANY, current):
                return False
            if current == version_id:
                raise InputError(f"version {version_id} is in use already")
            self._point(connection, CHAMPION, version_id, who, reason, evidence)
            held = connection.execute(select(ALIASES.c.version_id).where(ALIASES.c.name == CHALLENGER)).scalar()
            if held == version_id:
                self._point(connection, CHALLENGER, None, who, f"{version_id} became champion")
        self._looked_at = float("-inf")
        return True

    def roll_back(self, who: str, reason: str) -> str:
        """Makes ``previous()`` the champion and returns its id.

        Raises InputError when there is none, or when another version came into use between the look and the move: what
        was wrong may be gone then.
        """
        current, target = self.aliases().get(CHAMPION), self.previous()
        if target is None:
            raise InputError("there is no earlier champion to go back to")
        if not self.promote(target, who, reason, ROLLED_BACK, replacing=current):
            raise InputError("another version came into use just now", hint="Look again before going back.")
        return target

    def challenge(self, version_id: str, who: str, reason: str, evidence: Mapping[str, Any] | None = None) -> None:
        """Makes a version the challenger: it waits, and the audit says for what."""
        self.open(version_id, anew=True)
        with writing(self._engine) as connection:
            self._point(connection, CHALLENGER, version_id, who, reason, evidence)

    def prune(self, keep: int, who: str) -> list[str]:
        """Removes versions but the newest ``keep``, every one that was ever champion, and the challenger.

        Returns the ids removed. First the audit says so, then the folder loses its name, then its files go: a process
        killed in between leaves a folder that ``workspace`` sweeps away.
        """
        newest = sorted((path.name for path in self._paths()), key=_number, reverse=True)[:keep]
        with reading(self._engine) as connection:
            kept = {*newest, *audit.ever(connection, CHAMPION), *self.aliases().values()}
        removed = []
        for path in [path for path in self._paths() if path.name not in kept]:
            with writing(self._engine) as connection:
                # the lock keeps anybody from moving an alias meanwhile
                named = connection.execute(select(ALIASES.c.version_id).with_for_update()).scalars().all()
                if path.name in named:  # promoted since
                    continue
                values = (path.name, None)
                audit.record(connection, who, VERSIONS, values, f"the newest {keep} and every champion are kept")
                gone = path.with_name(self._temporary())
                path.rename(gone)
            shutil.rmtree(gone, ignore_errors=True)
            removed.append(path.name)
        return removed

    # -- inside

    @property
    def _engine(self) -> Engine:
        return self._given_engine or open_engine(self._database)

    def _temporary(self) -> str:
        me = this_process()
        return f".tmp-{me.pid}-{int(me.started)}-{uuid.uuid4().hex}"

    def _point(
        self,
        connection: Connection,
        alias: str,
        version_id: str | None,
        who: str,
        reason: str,
        evidence: Mapping[str, Any] | None = None,
    ) -> None:
        """Moves an alias (None: takes it away) and says so in the audit, within the caller's transaction."""
        if version_id is not None and not (self._folder / version_id / MANIFEST).is_file():  # removed just now
            raise InputError(f"there is no version {version_id}")
        query = select(ALIASES.c.version_id).where(ALIASES.c.name == alias).with_for_update()
        before = connection.execute(query).scalar_one_or_none()
        row = {"version_id": version_id, "changed_at": now()}
        if version_id is None:
            connection.execute(delete(ALIASES).where(ALIASES.c.name == alias))
        elif before is None:
            connection.execute(insert(ALIASES).values(name=alias, **row))
        else:
            connection.execute(update(ALIASES).where(ALIASES.c.name == alias).values(row))
        audit.record(connection, who, alias, (before, version_id), reason, evidence)

    def _look(self) -> None:
        try:
            current, before = self.aliases().get(CHAMPION), self._champion
            self._champion = None if current is None else self._first_whole(current)
            if before is not None and (self._champion is None or before.id != self._champion.id):
                self._open.pop(before.id, None)  # its frames must not weigh on the process
        except SQLAlchemyError as error:
            if self._champion is None:
                raise
            log.warning("the database does not answer; version %s goes on serving", self._champion.id, exc_info=True)
            self._report("", f"The database does not answer ({type(error).__name__}).")
        else:
            self._problems.pop("", None)
        self._looked_at = time.monotonic()

    def _first_whole(self, current: str) -> Version | None:
        """The champion, or where it is damaged the newest whole one of the champions before it."""
        try:
            return self._verified(current)
        except DamagedError as error:
            self._report(current, f"Version {current} is not used: {error}. The one before it serves.")
        for version_id in dict.fromkeys(str(move.to_value) for move in self.history(limit=None)):
            with suppress(DamagedError):
                return self._verified(version_id)
        return None

    def _verified(self, version_id: str, *, anew: bool = False) -> Version:
        """A version whose files are what its manifest says: all bytes are read again when a file was touched."""
        with self._lock:
            path, moment = self._folder / version_id, time.monotonic()
            version, checked = self._open.get(version_id), self._checked.get(version_id)
            if version is not None and checked is not None and not anew:
                if moment - checked.traced_at < TRACE_EVERY:
                    return self._keep(version)
                found = traces(path, version.manifest)
                if found == checked.traces and moment - checked.verified_at < VERIFY_EVERY:
                    self._checked[version_id] = checked._replace(traced_at=moment)
                    return self._keep(version)
            self._open.pop(version_id, None)
            manifest = _manifest(path)
            found = traces(path, manifest)
            known = self._damaged.get(version_id)
            if known is not None and known[0] == found and not anew:  # as damaged as it was: nothing to read again
                raise known[1]
            try:
                verify(path, manifest)
            except DamagedError as error:
                self._damaged[version_id] = found, error
                raise
            self._damaged.pop(version_id, None)
            self._problems.pop(version_id, None)
            self._checked[version_id] = _Checked(moment, moment, found)
            same = version is not None and version.manifest == manifest
            return self._keep(version if version is not None and same else Version(path, manifest))

    def _keep(self, version: Version) -> Version:
        """Holds the versions used last, with the frames they have read; a long-lived worker must not hold them all."""
        with self._lock:
            self._open[version.id] = version
            self._open.move_to_end(version.id)
            serving = None if self._champion is None else self._champion.id
            others = [name for name in self._open if name != serving]
            for name in others[: max(len(others) - KEPT_VERSIONS, 0)]:
                del self._open[name]
                self._checked.pop(name, None)
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
            used = {one for subject in (CHAMPION, CHALLENGER, VERSIONS) for one in audit.ever(connection, subject)}
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
