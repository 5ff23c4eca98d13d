"""People who may sign in to the pages: a file of ``name:hash:role`` lines, read anew when it has changed."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import logging
import os
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, get_args

from core.access import passwords
from core.errors import ConfigError, InputError
from core.lifecycle.files import sync

Role = Literal["viewer", "editor"]
"""A viewer looks and downloads; an editor does everything."""
ROLES: tuple[Role, ...] = get_args(Role)
MAX_NAME = 100

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class User:
    """``hash``: see core.access.passwords."""

    name: str
    hash: str
    role: Role

    @property
    def mark(self) -> str:
        """Another text whenever the password is another one; tells nothing of it."""
        return hashlib.sha256(self.hash.encode("ascii")).hexdigest()[:24]


class Users:
    """The people of a file. One object a process, shared by its threads."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._read: tuple[object, dict[str, User]] = (None, {})

    def exists(self) -> bool:
        """Whether there is a file at all, be it without anybody in it."""
        return self.path.exists()

    def all(self) -> Mapping[str, User]:
        """By name. Nobody while there is no file or it cannot be read; lines that are not understood are left out."""
        try:
            entry = self.path.stat()
            seen = (entry.st_mtime_ns, entry.st_ctime_ns, entry.st_size, entry.st_ino)
            if self._read[0] != seen:
                self._read = (seen, _people(self.path.read_text("utf-8")))
        except FileNotFoundError:
            return {}
        except (OSError, UnicodeDecodeError) as error:
            log.error("the file of users cannot be read, so nobody may sign in: %s", error)
            return {}
        return self._read[1]

    def check(self, name: str, password: str) -> User | None:
        """The person with this name and password. Names that nobody has take as long as others."""
        user = self.all().get(name)
        return user if passwords.matches(password, user.hash if user else None) else None

    def add(self, name: str, password: str, role: Role) -> User:
        """A new person. Raises InputError for a name that is taken or cannot be, and for an unusable password."""
        user = User(usable(name), passwords.hashed(password), role)
        with self._changing() as people:
            if name in people:
                raise InputError(f"there is a user {name} already; users password gives a new password")
            people[name] = user
        return user

    def set_password(self, name: str, password: str) -> User:
        """Another password; whoever is signed in under the name is not any more."""
        kept = passwords.hashed(password)
        with self._changing() as people:
            people[name] = replace(_known(people, name), hash=kept)
            return people[name]

    def remove(self, name: str) -> User:
        """Takes a person out; the file stays, so that taking out the last one opens no doors."""
        with self._changing() as people:
            gone = _known(people, name)
            del people[name]
        return gone

    @contextlib.contextmanager
    def _changing(self) -> Iterator[dict[str, User]]:
        """The people, to be changed by one process at a time; written when the block ends well.

        Raises ConfigError when the file cannot be written, or has lines that would be lost.
        """
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.with_name(f".{self.path.name}.lock").open("a") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                lines = self.path.read_text("utf-8").splitlines() if self.path.exists() else []
                people = {user.name: user for user in map(_person, lines) if user is not None}
                if len(people) != sum(bool(line.strip()) for line in lines):
                    raise ConfigError(f"{self.path} has lines that are not name:hash:role; mend or delete them first.")
                yield people
                self._write(people)
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"{self.path} cannot be changed: {error}.") from None

    def _write(self, people: Mapping[str, User]) -> None:
        draft = self.path.with_name(f".{self.path.name}.{secrets.token_hex(4)}")
        try:
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
                file.writelines(f"{one.name}:{one.hash}:{one.role}\n" for one in people.values())
            sync(draft)
            draft.replace(self.path)
            sync(self.path.parent)
        finally:
            draft.unlink(missing_ok=True)


def usable(name: str) -> str:
    """The name as it is. Raises InputError for one that a line of the file or of a log could not hold."""
    if not (1 <= len(name) <= MAX_NAME and name.isprintable() and ":" not in name and name == name.strip()):
        raise InputError(f"the name of a user has 1 to {MAX_NAME} printable characters, no colon, no space at the ends")
    return name


def _known(people: Mapping[str, User], name: str) -> User:
    if name not in people:
        raise InputError(f"there is no user {name!r}")
    return people[name]


def _people(text: str) -> dict[str, User]:
    found: dict[str, User] = {}
    for number, line in enumerate(text.splitlines(), 1):
        user = _person(line)
        if user is not None and user.name not in found:
            found[user.name] = user
        elif line.strip():
            log.error("line %d of the file of users is left out: it is not name:hash:role, or has a name again", number)
    return found


def _person(line: str) -> User | None:
    name, _, rest = line.strip().partition(":")
    kept, _, role = rest.partition(":")
    known = [one for one in ROLES if one == role]
    return User(name, kept, known[0]) if known and name and passwords.is_hash(kept) else None
