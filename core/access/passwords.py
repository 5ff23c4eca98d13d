"""Passwords: what one must be like, and the slow hash that is kept in its place."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
import threading
import unicodedata

from core.errors import InputError

LEAST, MOST = 10, 256
"""Characters. Length is what makes a password hard to guess; rules about signs make people write it down."""

COST, BLOCK, PARALLEL = 2**14, 8, 5
"""scrypt's n, r and p as OWASP gives them for 16 MiB a check, so that web workers stay small."""

_TEXT = re.compile(r"scrypt\$(\d{1,8})\$(\d{1,3})\$(\d{1,3})\$([A-Za-z0-9_-]{22,88})\$([A-Za-z0-9_-]{43})", re.ASCII)
_MEMORY = 64 * 2**20
_ONE_AT_A_TIME = threading.Lock()
"""A check takes a core for a tenth of a second: guesses wait for each other and not the pages for them."""


def hashed(password: str) -> str:
    """``scrypt$n$r$p$salt$hash``, with a new salt. Raises InputError for a password that is too short or too long."""
    if not LEAST <= len(password) <= MOST:
        raise InputError(f"a password has {LEAST} to {MOST} characters")
    salt = secrets.token_bytes(16)
    found = _scrypt(password, salt, COST, BLOCK, PARALLEL)
    return f"scrypt${COST}${BLOCK}${PARALLEL}${_written(salt)}${_written(found)}"


def is_hash(text: str) -> bool:
    """Whether a text is one of ``hashed`` that this machine can check."""
    parts = _TEXT.fullmatch(text)
    if parts is None:
        return False
    try:
        _read(parts[4])
    except ValueError:
        return False
    n, r, p = (int(one) for one in parts.groups()[:3])
    return n > 1 and n & (n - 1) == 0 and r > 0 and 0 < p <= 16 and 128 * r * (n + p + 2) <= _MEMORY


def matches(password: str, kept: str | None) -> bool:
    """Whether the password is the one of the hash. Without a hash it takes as long, and is not."""
    parts = _TEXT.fullmatch(kept or _NOBODYS)
    if parts is None or (kept is not None and not is_hash(kept)) or len(password) > MOST:
        return False
    n, r, p = (int(one) for one in parts.groups()[:3])
    found = _written(_scrypt(password, _read(parts[4]), n, r, p))
    return hmac.compare_digest(found, parts[5]) and kept is not None


def _scrypt(password: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    # The same letters may be typed as different code points on different machines.
    plain = unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")
    with _ONE_AT_A_TIME:
        return hashlib.scrypt(plain, salt=salt, n=n, r=r, p=p, maxmem=_MEMORY + 2**20, dklen=32)


def _written(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode("ascii").rstrip("=")


def _read(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


_NOBODYS = f"scrypt${COST}${BLOCK}${PARALLEL}${_written(bytes(16))}${_written(bytes(32))}"
