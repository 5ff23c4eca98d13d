"""Who has signed in with a password: a signed cookie that ends with time, sign-out or a change of the password."""

from __future__ import annotations

import logging
import secrets
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import diskcache
from flask import session

from callbacks.access import Person
from core.access.users import User, Users

NAME, MARK, ID, BEGUN, USED = "name", "mark", "id", "begun", "used"
NOTED_EVERY = 60
"""Seconds between two notes that a sign-in is in use: each is a cookie with the answer."""

log = logging.getLogger(__name__)


class Sessions:
    """Sign-ins of the users of a file. ``idle``, ``longest``: seconds; ``folder`` remembers who has signed out."""

    def __init__(
        self, users: Users, idle: int, longest: int, folder: Path, clock: Callable[[], float] = time.time
    ) -> None:
        self._users, self._idle, self._longest, self._clock = users, idle, longest, clock
        self._ended = diskcache.Cache(str(folder), size_limit=2**24)

    def begin(self, user: User) -> None:
        """Signs a user in, in the request at hand; nothing of an earlier session stays."""
        now = int(self._clock())
        session.clear()
        session.update({NAME: user.name, MARK: user.mark, ID: secrets.token_urlsafe(12), BEGUN: now, USED: now})

    def end(self) -> None:
        """Signs out: copies of the cookie are worth nothing any more."""
        number = session.get(ID)
        session.clear()
        if isinstance(number, str):
            self._ended.set(number, 1, expire=self._longest)

    def person(self, in_use: bool) -> Person | None:
        """Who has signed in, with the role that the file gives at this moment; ``in_use``: whether somebody is there
        and not only an open page that asks by itself."""
        if NAME not in session:
            return None
        user = self._users.all().get(session[NAME])
        now = int(self._clock())
        begun, used = session.get(BEGUN, 0), session.get(USED, 0)
        over = now - begun > self._longest or now - used > self._idle or self._has_ended(session.get(ID))
        if user is None or over or session.get(MARK) != user.mark:
            session.clear()
            return None
        if in_use and now - used >= min(NOTED_EVERY, self._idle / 4):
            session[USED] = now
        return Person(user.name, user.role, signed_in_here=True)

    def _has_ended(self, number: object) -> bool:
        try:
            return number in self._ended
        except (sqlite3.Error, diskcache.Timeout, OSError):
            log.exception("it cannot be found out who has signed out, so nobody is signed in")
            return True
