"""Keys: what is stored, what is accepted, what is refused, and when."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from core.access import keys as module
from core.access.keys import Keys
from core.errors import InputError
from core.state.engine import open_engine, reading
from core.state.tables import API_KEYS


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return open_engine(f"sqlite:///{tmp_path / 'state.sqlite'}")


@pytest.fixture
def keys(engine: Engine) -> Keys:
    return Keys(engine)


def test_a_key_is_accepted_and_only_its_hash_is_kept(keys: Keys, engine: Engine) -> None:
    key, text = keys.create(" the till ", ["predict", "read", "predict"])
    prefix, key_id, secret = text.split("_", 2)
    assert (prefix, key_id, key.name, key.scopes) == ("tm", key.id, "the till", ("read", "predict"))
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", secret)  # 43 characters of 6 bits: 256 bits and a little
    assert keys.check(text) == key
    with reading(engine) as connection:
        (row,) = connection.execute(select(API_KEYS)).all()
    assert secret not in str(row)
    assert row.hash == hashlib.sha256(bytes.fromhex(row.salt) + secret.encode()).hexdigest()


def test_two_keys_share_nothing(keys: Keys, engine: Engine) -> None:
    made = [keys.create("same", ["read"]) for _ in range(20)]
    with reading(engine) as connection:
        rows = connection.execute(select(API_KEYS.c.salt, API_KEYS.c.hash)).all()
    assert len({one.text for one in made}) == len({one.key.id for one in made}) == 20
    assert len({row.salt for row in rows}) == len({row.hash for row in rows}) == 20
    assert keys.all() == sorted((one.key for one in made), key=lambda key: (key.created_at, key.id))


def test_scopes(keys: Keys) -> None:
    reader, chief = keys.create("a", ["read"]).key, keys.create("b", ["admin"]).key
    assert [reader.may(scope) for scope in ("read", "predict", "write", "admin")] == [True, False, False, False]
    assert all(chief.may(scope) for scope in ("read", "predict", "write", "admin"))


def test_revoked_is_refused_and_stays_known(keys: Keys) -> None:
    key, text = keys.create("gone soon", ["read"])
    assert keys.revoke(key.id).revoked_at is not None
    assert keys.check(text) is None
    assert [one.id for one in keys.all()] == [key.id]
    assert keys.any()
    with pytest.raises(InputError, match="revoked already"):
        keys.revoke(key.id)
    with pytest.raises(InputError, match="no key 0000"):
        keys.revoke("0000")


def test_what_is_no_key(keys: Keys) -> None:
    assert not keys.any()
    _, text = keys.create("a", ["read"])
    other = "A" if text[-1] != "A" else "B"
    wrong = ["", "tm", "tm__", text[:-1], text + "x", text[:-1] + other, text.upper(), f" {text}", f"{text}\n",
             text.replace("tm_", "tm_é"), f"tm_{'0' * 12}_{text.split('_', 2)[2]}", "x" * 100_000, "\0"]  # fmt: skip
    assert [keys.check(one) for one in wrong] == [None] * len(wrong)
    assert keys.check(text) is not None


def test_an_unknown_id_costs_the_same_work(keys: Keys, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted, not timed: a hash and a comparison, whether there is such a key or not."""
    _, text = keys.create("a", ["read"])
    done: list[str] = []
    digest, compare = module._hash, module.hmac.compare_digest
    monkeypatch.setattr(module, "_hash", lambda *args: done.append("hash") or digest(*args))
    monkeypatch.setattr(module.hmac, "compare_digest", lambda *args: done.append("compare") or compare(*args))
    for one in (text, text[:-4] + "AAAA", f"tm_{'0' * 12}_{'A' * 43}"):
        keys.check(one)
    assert done == ["hash", "compare"] * 3


@pytest.mark.parametrize(("name", "scopes"), [("", ["read"]), ("a\nb", ["read"]), ("x" * 101, ["read"]), ("a", []),
                                              ("a", ["root"])])  # fmt: skip
def test_keys_that_cannot_be_made(keys: Keys, name: str, scopes: list[str]) -> None:
    with pytest.raises(InputError):
        keys.create(name, scopes)
    assert not keys.any()
