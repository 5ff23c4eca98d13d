"""Keys of the HTTP interface: made, listed, revoked, checked. A secret is shown once; only its salted hash is kept."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Engine, bindparam, insert, select, update
from sqlalchemy.exc import OperationalError

from core.access.scopes import ADMIN, SCOPES
from core.errors import InputError
from core.state.engine import reading, writing
from core.state.tables import API_KEYS, now

SECRET_BYTES = 32
"""256 random bits cannot be guessed, so a fast hash is enough: slow ones make up for words that people choose."""
MAX_NAME = 100
_TEXT = re.compile(r"tm_([0-9a-f]{12})_([A-Za-z0-9_-]{43})", re.ASCII)
_SECRET = select(API_KEYS.c.salt, API_KEYS.c.hash, API_KEYS.c.revoked_at).where(API_KEYS.c.id == bindparam("id"))
_ANY = select(API_KEYS.c.id).limit(1)


@dataclass(frozen=True, slots=True)
class Key:
    """A key without its secret; times are aware UTC, ``revoked_at`` None while it is in force."""

    id: str
    name: str
    scopes: tuple[str, ...]
    created_at: dt.datetime
    revoked_at: dt.datetime | None

    def may(self, scope: str) -> bool:
        """Whether the key has the scope; admin has all."""
        return scope in self.scopes or ADMIN in self.scopes


class Created(NamedTuple):
    """A new key and the text to send, which nobody can find out again."""

    key: Key
    text: str


class Keys:
    """The keys of an installation. One object a process, shared by its threads."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._known: dict[str, Key] = {}
        self._secret = _SECRET.compile(dialect=engine.dialect)

    def create(self, name: str, scopes: Iterable[str]) -> Created:
        """A key in force from now on. Raises InputError for an unusable name and for unknown or no scopes."""
        wanted = set(scopes)
        if not wanted or wanted - set(SCOPES):
            raise InputError(f"a key needs one or more of the scopes {', '.join(SCOPES)}")
        name = name.strip()
        if not (1 <= len(name) <= MAX_NAME and name.isprintable()):
            raise InputError(f"the name of a key has 1 to {MAX_NAME} printable characters")
        key = Key(secrets.token_hex(6), name, tuple(one for one in SCOPES if one in wanted), now(), None)
        secret, salt = secrets.token_urlsafe(SECRET_BYTES), secrets.token_hex(16)
        row = {
            "id": key.id, "name": key.name, "scopes": list(key.scopes), "salt": salt, "hash": _hash(salt, secret),
            "created_at": key.created_at,
        }  # fmt: skip
        with writing(self._engine) as connection:
            connection.execute(insert(API_KEYS).values(row))
        return Created(key, f"tm_{key.id}_{secret}")

    def all(self) -> list[Key]:
        """Every key there ever was, oldest first."""
        query = select(API_KEYS).order_by(API_KEYS.c.created_at, API_KEYS.c.id)
        with reading(self._engine) as connection:
            return [_key(row) for row in connection.execute(query)]

    def any(self) -> bool:
        """Whether there ever was a key. Revoked ones count: taking the last one away must not open all doors."""
        with reading(self._engine) as connection:
            return connection.execute(_ANY).first() is not None

    def revoke(self, key_id: str) -> Key:
        """Takes a key out of force, for the next request on. Raises InputError when there is none, or it is revoked."""
        mine = API_KEYS.c.id == key_id
        with writing(self._engine) as connection:
            row = connection.execute(select(API_KEYS).where(mine).with_for_update()).one_or_none()
            if row is None:
                raise InputError(f"there is no key {key_id}")
            if row.revoked_at is not None:
                raise InputError(f"key {key_id} is revoked already")
            changed = update(API_KEYS).where(mine).values(revoked_at=now()).returning(*API_KEYS.c)
            return _key(connection.execute(changed).one())

    def check(self, text: str) -> Key | None:
        """The key that this is the text of, if it is in force at this moment.

        An unknown id costs the same query, hash and comparison as a known one, so that ids cannot be found out by the
        clock. Raises SQLAlchemyError while the database does not answer.
        """
        parts = _TEXT.fullmatch(text)
        if parts is None:
            return None
        salt, kept, revoked_at = self._look_up(parts[1]) or (_NOBODYS_SALT, _NOBODYS_HASH, None)
        right = hmac.compare_digest(_hash(salt, parts[2]), kept)
        return self._get(parts[1]) if right and revoked_at is None else None

    def _look_up(self, key_id: str) -> tuple[str, str, object] | None:
        """Salt, hash, and when it was revoked. Asks the driver itself: every request with a key pays for this, and the
        way through SQLAlchemy takes seven times as long."""
        connection = self._engine.raw_connection()
        try:
            cursor = connection.cursor()
            cursor.execute(str(self._secret), (key_id,) if self._secret.positional else {"id": key_id})
            row = cursor.fetchone()
            return None if row is None else (row[0], row[1], row[2])
        except self._engine.dialect.loaded_dbapi.Error as error:
            raise OperationalError(str(self._secret), None, error) from error
        finally:
            connection.close()

    def _get(self, key_id: str) -> Key:
        """What never changes about a key, remembered: its name and its scopes."""
        if key_id not in self._known:
            with reading(self._engine) as connection:
                self._known[key_id] = _key(connection.execute(select(API_KEYS).where(API_KEYS.c.id == key_id)).one())
        return self._known[key_id]


def _hash(salt: str, secret: str) -> str:
    return hashlib.sha256(bytes.fromhex(salt) + secret.encode("ascii")).hexdigest()


_NOBODYS_SALT = secrets.token_hex(16)
_NOBODYS_HASH = _hash(_NOBODYS_SALT, secrets.token_urlsafe(SECRET_BYTES))


def _key(row: Any) -> Key:
    return Key(row.id, row.name, tuple(row.scopes), row.created_at, row.revoked_at)
