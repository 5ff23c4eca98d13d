"""The access log: one JSON line a request, bounded words, nothing secret, and nobody waits for it."""

from __future__ import annotations

import datetime as dt
import json
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import access_log, observe
from app.access_log import ATOMIC_BYTES, AccessLog, Entry
from app.batches import Batches
from app.settings import Settings
from core.access.keys import Keys
from core.state.engine import open_engine

Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def lines(server: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Lines]:
    """Starts the log of the server; what it returns ends the log and gives what was written."""
    written: list[bytes] = []
    monkeypatch.setattr(access_log, "_to_standard_output", written.append)

    @server.get("/")
    def page() -> str:
        return "a page"

    def start(which: str) -> Lines:
        observer = observe.wrap(server, which)

        def all_lines() -> list[dict[str, Any]]:
            observer.close()
            return [json.loads(line) for line in b"".join(written).splitlines()]

        return all_lines

    return start


def test_a_line(lines: Callable[[str], Lines], client: FlaskClient, settings: Settings) -> None:
    written = lines("api")
    made = Keys(open_engine(settings.core.database)).create("the till", ["predict"])
    begun = dt.datetime.now(dt.UTC)
    headers = {"X-API-Key": made.text, "X-Request-ID": "abc", "User-Agent": "curl", "Cookie": "a=b"}
    answer = client.get("/predict?horizon=3", headers=headers, environ_overrides={"REMOTE_ADDR": "10.0.0.7"})
    (line,) = written()
    moment = dt.datetime.fromisoformat(line.pop("time"))
    assert abs((moment - begun).total_seconds()) < 30
    assert 0 < line.pop("ms") < 30_000
    assert line == {
        "request_id": "abc", "method": "GET", "route": "/predict", "status": 200, "bytes": len(answer.data),
        "key": made.key.id, "address": "10.0.0.7",
    }  # fmt: skip


def test_nothing_of_the_client_but_bounded_words(lines: Callable[[str], Lines], client: FlaskClient) -> None:
    written = lines("all")
    secret = "hunter2"
    for path in (f"/predict?x={secret}", f"/predict/{secret}", f"/{secret}", f"/health/{secret}\n"):
        client.get(
            path, headers={"X-API-Key": secret, "Authorization": f"Bearer {secret}", "X-Request-ID": f"{secret} "}
        )
    client.open("/predict", method=secret)
    found = written()
    assert secret not in json.dumps(found)
    assert [(line["route"], line["method"]) for line in found] == [
        ("/predict", "GET"), ("unknown", "GET"), ("page", "GET"), ("unknown", "GET"), ("/predict", "other"),
    ]  # fmt: skip


@pytest.mark.parametrize(("which", "routes"), [("off", []), ("api", ["/health"]), ("all", ["page", "/health"])])
def test_which_requests(lines: Callable[[str], Lines], client: FlaskClient, which: str, routes: list[str]) -> None:
    written = lines(which)
    client.get("/")
    client.get("/health")
    assert [line["route"] for line in written()] == routes


def test_pieces_are_whole_lines() -> None:
    pieces: list[bytes] = []
    log = AccessLog("all", pieces.append)
    headers = [("Content-Length", "1")]
    log.add(Entry(0.0, None, "GET", "/predict", "200", number / 7, headers, None, "::1") for number in range(200))
    log.close()
    assert b"".join(pieces).count(b"\n") == 200
    assert len(pieces) > 1
    assert all(len(piece) <= ATOMIC_BYTES and piece.endswith(b"\n") for piece in pieces)


def test_who_cannot_keep_up_is_not_waited_for() -> None:
    """The reader of the log hangs: requests go on, and what is too much is dropped and counted."""
    go_on = threading.Event()
    taken: list[int] = []
    batches: Batches[int] = Batches("test", lambda items: (go_on.wait(30), taken.extend(items)), every=0, most=10)
    batches.put(0)
    time.sleep(0.2)
    begun = time.monotonic()
    for number in range(1, 100):
        batches.put(number)
    assert time.monotonic() - begun < 5
    assert batches.dropped == 89
    begun = time.monotonic()
    batches.close(0.1)
    assert time.monotonic() - begun < 5
    go_on.set()
    batches.close()
    assert taken == list(range(11))


def test_a_writing_that_fails_is_counted_and_the_next_one_tried() -> None:
    taken: list[int] = []

    def write(items: list[int]) -> None:
        if 1 in items:
            raise OSError("no room")
        taken.extend(items)

    batches: Batches[int] = Batches("test", write, every=0)
    batches.put(1)
    time.sleep(0.2)
    batches.put(2)
    batches.close()
    assert (batches.dropped, taken) == (1, [2])


def test_threads_lose_nothing() -> None:
    taken: list[int] = []
    batches: Batches[int] = Batches("test", taken.extend, every=0.001, most=10**6)
    threads = [threading.Thread(target=lambda: [batches.put(n) for n in range(2000)]) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    batches.close()
    assert sorted(taken) == sorted(list(range(2000)) * 4)
    assert batches.dropped == 0
