"""The limit of requests: exact over threads and processes, for each client, until the minute ends."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.api import limits
from app.api.limits import Limits, client_of
from app.settings import Settings
from callbacks.services import EXTENSION
from core.access.keys import Keys
from core.config import PROJECT_ROOT
from tests.app.conftest import Serve, body

NOON = 1_764_244_800.0


def test_so_many_in_a_minute_and_no_more(tmp_path: Path) -> None:
    counted = Limits(3, tmp_path)
    assert [counted.wait("a", NOON + second) for second in (0, 1, 2, 3, 50.9)] == [0, 0, 0, 57, 10]
    assert counted.wait("b", NOON + 51) == 0
    assert counted.wait("a", NOON + 60) == 0


def test_what_was_counted_is_not_kept_for_ever(tmp_path: Path) -> None:
    counted = Limits(3, tmp_path)
    counted.wait("a")
    (name,) = counted._counts
    _, expires = counted._counts.get(name, expire_time=True)
    assert expires is not None


def test_threads_share_it(tmp_path: Path) -> None:
    counted = Limits(50, tmp_path)
    with ThreadPoolExecutor(8) as pool:
        waits = list(pool.map(lambda _: counted.wait("a", NOON), range(200)))
    assert waits.count(0) == 50


def test_processes_share_it(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from app.api.limits import Limits\n"
        f"counted = Limits(100, Path(sys.argv[1]))\n"
        f"print(sum(counted.wait('a', {NOON}) == 0 for _ in range(150)))"
    )
    running = [
        subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], cwd=PROJECT_ROOT, stdout=subprocess.PIPE)
        for _ in range(2)
    ]
    assert sum(int(one.communicate(timeout=60)[0]) for one in running) == 100


def test_a_disk_that_fails_stops_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise limits.sqlite3.OperationalError("database or disk is full")

    counted = Limits(1, tmp_path)
    monkeypatch.setattr(counted._counts, "incr", full)
    assert [counted.wait("a", NOON) for _ in range(3)] == [0, 0, 0]


@pytest.mark.parametrize(
    ("address", "client"),
    [("10.0.0.7", "10.0.0.7"), ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"), ("fe80::1%eth0", "fe80::/64"), ("", ""),
     (":nonsense:", ":nonsense:")],
)  # fmt: skip
def test_addresses_as_clients(address: str, client: str) -> None:
    assert client_of(address) == client


@pytest.fixture
def at_noon(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock stands still at the beginning of a minute."""
    monkeypatch.setattr(limits.time, "time", lambda: NOON)


@pytest.mark.usefixtures("at_noon")
def test_too_many_are_answered_429(serve: Serve) -> None:
    client = serve(rate_limit=2)
    assert [client.get("/predict").status_code for _ in range(3)] == [200, 200, 429]
    answer = client.get("/predict?horizon=0")
    assert answer.content_type == "application/problem+json"
    assert answer.headers["Retry-After"] == "60"
    said = body(answer)
    assert said["detail"] == "Only 2 requests a minute are answered; ask again in 60 seconds."
    assert said["errors"][0]["pointer"] == ""
    assert client.get("/health/ready").status_code == 200  # probes are never limited
    assert client.get("/predict", environ_overrides={"REMOTE_ADDR": "10.0.0.9"}).status_code == 200


@pytest.mark.usefixtures("at_noon")
def test_each_key_for_itself_and_wrong_ones_for_the_address(serve: Serve, server: Flask) -> None:
    client = serve(rate_limit=2)
    keys = Keys(server.extensions[EXTENSION].engine)
    one, two = ({"X-API-Key": keys.create(name, ["predict"]).text} for name in "ab")
    assert [client.get("/predict", headers=one).status_code for _ in range(3)] == [200, 200, 429]
    assert client.get("/predict", headers=two).status_code == 200
    assert [client.get("/predict", headers={"X-API-Key": "x"}).status_code for _ in range(3)] == [401, 401, 429]


@pytest.mark.usefixtures("at_noon")
def test_the_address_behind_proxies(serve: Serve) -> None:
    def ask(client: FlaskClient, forwarded: str) -> int:
        return client.get("/predict", headers={"X-Forwarded-For": forwarded}).status_code

    behind = serve(rate_limit=1, trust_proxy=1)
    assert [ask(behind, "10.1.1.1"), ask(behind, "10.1.1.2"), ask(behind, "6.6.6.6, 10.1.1.2")] == [200, 200, 429]


@pytest.mark.usefixtures("at_noon")
def test_without_a_proxy_nobody_chooses_an_address(serve: Serve) -> None:
    client = serve(rate_limit=1)
    assert [client.get("/predict", headers={"X-Forwarded-For": one}).status_code for one in ("1.1.1.1", "2.2.2.2")] == [
        200, 429,
    ]  # fmt: skip


def test_no_limit_by_default(client: FlaskClient, settings: Settings) -> None:
    assert {client.get("/predict").status_code for _ in range(300)} == {200}
    assert not (settings.core.cache_dir / "limits").exists()
