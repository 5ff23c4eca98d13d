"""The file of people who sign in: what it holds, who may, and what happens to it when it is changed."""

from __future__ import annotations

import base64
import hashlib
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from core.access import passwords
from core.access.users import MAX_NAME, Users
from core.errors import ConfigError, InputError

GOOD = "correct horse"


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "COST", 16)
    monkeypatch.setattr(passwords, "PARALLEL", 1)


@pytest.fixture
def users(tmp_path: Path) -> Users:
    return Users(tmp_path / "users")


def test_a_hash_is_scrypt_of_the_password() -> None:
    _, n, r, p, salt, found = passwords.hashed(GOOD).split("$")
    raw = base64.urlsafe_b64decode(salt + "==")
    expected = hashlib.scrypt(GOOD.encode(), salt=raw, n=int(n), r=int(r), p=int(p), dklen=32)
    assert base64.urlsafe_b64encode(expected).decode().rstrip("=") == found
    assert passwords.hashed(GOOD) != passwords.hashed(GOOD)


def test_a_password_as_another_keyboard_types_it_is_the_same() -> None:
    kept = passwords.hashed("caf\u00e9 au lait")
    assert passwords.matches("cafe\u0301 au lait", kept)
    assert not passwords.matches("cafe au lait", kept)


@pytest.mark.parametrize("wrong", ["", "short", "x" * 9, "x" * 257])
def test_a_password_has_a_length(wrong: str) -> None:
    with pytest.raises(InputError, match="10 to 256"):
        passwords.hashed(wrong)


@pytest.mark.parametrize(
    "text",
    ["", "scrypt", "scrypt$3$8$1$" + "a" * 22 + "$" + "b" * 43, "scrypt$16777216$8$1$" + "a" * 22 + "$" + "b" * 43,
     "scrypt$16$8$0$" + "a" * 22 + "$" + "b" * 43, "scrypt$16$8$1$" + "a" * 25 + "$" + "b" * 43, "plain"],
)  # fmt: skip
def test_a_hash_that_would_cost_too_much_or_is_none_is_refused(text: str) -> None:
    assert not passwords.is_hash(text)
    assert not passwords.matches(GOOD, text)


def test_the_right_password_of_a_known_name(users: Users) -> None:
    anna, zoe = users.add("anna", GOOD, "editor"), users.add("Zoë", GOOD + "2", "viewer")
    assert users.check("anna", GOOD) == anna
    assert users.check("Zoë", GOOD + "2") == zoe
    assert (anna.role, zoe.role) == ("editor", "viewer")
    for name, password in (("anna", GOOD + "2"), ("Zoë", GOOD), ("Anna", GOOD), ("nobody", GOOD), ("anna", "x" * 9999)):
        assert users.check(name, password) is None


def test_an_unknown_name_costs_the_same_hash(users: Users, monkeypatch: pytest.MonkeyPatch) -> None:
    users.add("anna", GOOD, "editor")
    asked: list[tuple[int, int, int]] = []
    real = hashlib.scrypt

    def counted(password: bytes, **how: int) -> bytes:
        asked.append((how["n"], how["r"], how["p"]))
        return real(password, **how)

    monkeypatch.setattr(hashlib, "scrypt", counted)
    monkeypatch.setattr(passwords, "_NOBODYS", passwords.hashed("some other one"))
    asked.clear()
    users.check("anna", "wrong words")
    users.check("nobody", "wrong words")
    assert asked == [(16, 8, 1), (16, 8, 1)]


def test_nobodys_hash_is_nobodys() -> None:
    assert passwords.is_hash(passwords._NOBODYS)
    assert passwords._NOBODYS.split("$")[1:4] == ["16384", "8", "5"]


def test_the_file_is_private_and_whole(users: Users) -> None:
    users.add("anna", GOOD, "editor")
    users.add("bea", GOOD, "viewer")
    assert stat.S_IMODE(users.path.stat().st_mode) == 0o600
    lines = users.path.read_text().splitlines()
    assert [(line.split(":")[0], line.split(":")[2]) for line in lines] == [("anna", "editor"), ("bea", "viewer")]
    assert [path.name for path in users.path.parent.iterdir()] in (["users", ".users.lock"], [".users.lock", "users"])
    assert GOOD not in users.path.read_text()


def test_a_change_counts_at_once_and_another_password_leaves_another_mark(users: Users) -> None:
    other = Users(users.path)
    assert other.all() == {}
    before = users.add("anna", GOOD, "editor")
    assert other.all()["anna"].mark == before.mark
    after = users.set_password("anna", GOOD)
    assert other.all()["anna"].mark == after.mark != before.mark
    users.remove("anna")
    assert other.all() == {}
    assert users.exists()


@pytest.mark.parametrize("name", ["", " anna", "a:b", "a\nb", "a\x00", "\u202eanna", "x" * (MAX_NAME + 1)])
def test_names_that_a_line_could_not_hold(users: Users, name: str) -> None:
    with pytest.raises(InputError, match="name of a user"):
        users.add(name, GOOD, "viewer")
    assert not users.exists()


def test_names_are_there_once_and_known(users: Users) -> None:
    users.add("anna", GOOD, "editor")
    with pytest.raises(InputError, match="already"):
        users.add("anna", GOOD, "viewer")
    for change in (lambda: users.remove("bea"), lambda: users.set_password("bea", GOOD)):
        with pytest.raises(InputError, match="no user 'bea'"):
            change()


def test_lines_that_are_not_understood_let_nobody_in_and_are_not_lost(
    users: Users, caplog: pytest.LogCaptureFixture
) -> None:
    users.add("anna", GOOD, "editor")
    good = users.path.read_text()
    users.path.write_text(f"{good}bea:plain text:editor\n\ncleo:{good.split(':')[1]}:owner\n{good}")
    assert list(users.all()) == ["anna"]
    assert [record.args for record in caplog.records] == [(2,), (4,), (5,)]
    with pytest.raises(ConfigError, match="mend or delete"):
        users.add("dora", GOOD, "viewer")
    assert "bea:plain text" in users.path.read_text()


def test_a_file_that_cannot_be_read_lets_nobody_in(users: Users) -> None:
    users.path.write_bytes(b"\xff\xfe")
    assert users.all() == {}
    with pytest.raises(ConfigError):
        users.add("anna", GOOD, "editor")


def test_several_changes_at_once_are_all_kept(users: Users) -> None:
    program = (
        "import sys; from pathlib import Path; from core.access import passwords\n"
        "passwords.COST, passwords.PARALLEL = 16, 1\n"
        "from core.access.users import Users\n"
        "for n in range(8): Users(Path(sys.argv[1])).add(f'{sys.argv[2]}{n}', 'correct horse', 'viewer')"
    )
    running = [subprocess.Popen([sys.executable, "-c", program, str(users.path), name]) for name in "ab"]
    assert [one.wait() for one in running] == [0, 0]
    assert len(users.all()) == 16
