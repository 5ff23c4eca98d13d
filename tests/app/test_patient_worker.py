"""The worker on a real server: clients that stop inside a body or a head, that do not close, that send nonsense."""

from __future__ import annotations

import http.client
import json
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from app.api.openapi import document
from app.patient_worker import ANSWER_SECONDS
from core.own.standby import MOST_SECONDS, WAIT_SECONDS
from tests.app.test_processes import until
from tests.app.test_protection import THREADS, Server, serving

GET = b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n"
POST = b"POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
LARGE = POST % (b"/_dash-update-component", 16 * 2**20)
SCRIPT = """
from gunicorn.app.wsgiapp import run
from app import patient_worker
{changes}
run()
"""
HANGS = """
import time
from core.errors import NotReadyError
from core.own.standby import Standby
def do(*_):
    time.sleep(4)
    raise NotReadyError("This took too long")
Standby.do = do
patient_worker.BODY_SECONDS = 1
"""


@contextmanager
def changed(folder: Path, changes: str) -> Iterator[Server]:
    """A server with other times than ours."""
    script = folder / "changed.py"
    script.write_text(SCRIPT.format(changes=changes))
    with serving(folder, "-c", f"exec(open({str(script)!r}).read())") as server:
        yield server


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with serving(tmp_path, "-m", "gunicorn") as found:
        yield found


def opened(server: Server, stack: ExitStack, sent: bytes) -> socket.socket:
    client = stack.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=30))
    client.sendall(sent)
    return client


def status(client: socket.socket) -> int:
    """Of the next answer, which is taken whole, and nothing of the one after it."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = client.recv(1)
        assert byte, head
        head += byte
    length = int(head.lower().split(b"content-length:")[1].split()[0])
    assert len(client.recv(length, socket.MSG_WAITALL)) == length
    return int(head.split()[1])


def ended(client: socket.socket) -> bool:
    """Waits until the server closes the connection, without an answer."""
    with suppress(ConnectionResetError):
        return client.recv(100) == b""
    return True


def seconds_to_answer(server: Server) -> float:
    begun = time.monotonic()
    assert server.ask("/health/live")[0] == 200
    return time.monotonic() - begun


def test_time_is_not_given_for_bytes_that_are_only_announced(tmp_path: Path) -> None:
    with changed(tmp_path, "patient_worker.SILENT_SECONDS = 1") as server, ExitStack() as stack:
        begun = time.monotonic()
        silent = [opened(server, stack, LARGE) for _ in range(2 * THREADS)]
        time.sleep(0.5)
        assert seconds_to_answer(server) < 15
        for one in silent:  # one worker may have got them all
            one.settimeout(max(0.1, begun + 25 - time.monotonic()))
            assert ended(one)
        assert "Traceback" not in server.output.read_text()


def test_a_slow_body_has_time_as_long_as_it_grows(tmp_path: Path) -> None:
    """One that comes byte by byte ends; one that is slow but comes is answered, long after the same time."""
    changes = "patient_worker.BODY_SECONDS, patient_worker.SLOWEST_BYTES = 2, 1024"
    body = b'{"horizon":2}'.ljust(12 * 1024)
    with changed(tmp_path, changes) as server, ExitStack() as stack:
        slow = opened(server, stack, POST % (b"/predict", len(body)))
        dripping = opened(server, stack, LARGE)
        dripped = True
        for start in range(0, len(body), 1024):
            slow.sendall(body[start : start + 1024])
            try:
                dripping.sendall(b" ")
            except OSError:
                dripped = False
            time.sleep(0.5)
        assert not dripped
        assert status(slow) == 200


def test_a_further_head_that_stops_holds_no_thread(tmp_path: Path) -> None:
    """Its first byte came with the request before it, and gunicorn has taken it out of the socket."""
    with changed(tmp_path, "patient_worker.HEAD_SECONDS = 6") as server, ExitStack() as stack:
        slow = [opened(server, stack, GET + GET[:1]) for _ in range(3 * THREADS)]
        for one in slow:
            assert status(one) == 200
        begun = time.monotonic()
        slowest = 0.0
        while time.monotonic() - begun < 3:
            slowest = max(slowest, seconds_to_answer(server))
            time.sleep(0.2)
        assert slowest < 2
        for piece in (GET[1:20], GET[20:-1], GET[-1:] + GET[:-2]):  # slow, but in time
            slow[0].sendall(piece)
            time.sleep(0.1)
        assert status(slow[0]) == 200
        slow[0].sendall(GET[-2:])
        assert status(slow[0]) == 200
        assert all(ended(one) for one in slow)  # too late


def test_requests_in_one_piece_are_answered_one_after_the_other(tmp_path: Path) -> None:
    with serving(tmp_path, "-m", "gunicorn") as server, ExitStack() as stack:
        client = opened(server, stack, 3 * GET)
        assert [status(client) for _ in range(3)] == [200] * 3


def test_an_answer_may_take_longer_than_a_body(tmp_path: Path) -> None:
    with (
        changed(tmp_path, HANGS) as server,
        closing(http.client.HTTPConnection("127.0.0.1", server.port)) as connection,
    ):
        connection.request("POST", "/predict", b'{"history":[]}', {"Content-Type": "application/json"})
        answer = connection.getresponse()
        assert answer.status == 503
        assert answer.headers["Retry-After"]
        assert "too long" in json.loads(answer.read())["detail"]


def test_own_histories_are_refused_before_their_connection_is_shut() -> None:
    assert WAIT_SECONDS + MOST_SECONDS + 5 < ANSWER_SECONDS  # a process may have to be started or ended as well


def test_clients_that_do_not_close_after_the_last_answer_stop_nobody(server: Server) -> None:
    with ExitStack() as stack:
        clients = [opened(server, stack, b"GET /health/live HTTP/1.0\r\n\r\n") for _ in range(100)]
        assert seconds_to_answer(server) < 15  # two seconds for each of them would be more than a minute
        for client in clients:
            assert status(client) == 200
            assert client.recv(1) == b""  # the server has said that there is no more
        for client in clients[:50]:
            client.close()
        assert until(lambda: all(not listening_to(server, one) for one in clients[50:]))


def listening_to(server: Server, client: socket.socket) -> bool:
    """Whether the server still has its end of the connection."""
    with suppress(OSError):
        client.sendall(b"x")
        return True
    return False


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"GET /predict?dates=" + b"x" * 8_190 + b" HTTP/1.1", 414),
        (b"GET / HTTP/9.9", 400),
        (b"GET / HTTP/1.1\r\nX-Long: " + b"x" * 9_000, 431),
    ],
)
def test_what_gunicorn_refuses_is_a_problem_too(server: Server, line: bytes, expected: int) -> None:
    with ExitStack() as stack:
        client = opened(server, stack, line + b"\r\nHost: x\r\n\r\n")
        answer = http.client.HTTPResponse(client)
        answer.begin()
        said = json.loads(answer.read())
    assert (answer.status, answer.headers["Content-Type"]) == (expected, "application/problem+json")
    assert answer.headers["X-Request-ID"] == said["request_id"]
    Draft202012Validator({"$ref": "#/components/schemas/Problem", "components": document()["components"]}).validate(
        said
    )


PART = b"POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"


def last_answer(client: socket.socket) -> tuple[int, str | None, bytes]:
    """Status, Connection and body of the next answer."""
    answer = http.client.HTTPResponse(client)
    answer.begin()
    return answer.status, answer.headers["Connection"], answer.read()


def test_what_is_said_of_the_connection_is_true(server: Server) -> None:
    """A body that nobody reads: a small one is taken, and the connection is used again; else the client hears that it
    is over, and may send all of it before it looks."""
    with ExitStack() as stack:
        used = opened(server, stack, b"")
        for body in (b" " * 60_000, b""):
            used.sendall(POST % (b"/info", len(body)) + body)
            assert last_answer(used)[:2] == (405, "keep-alive")
        used.sendall(PART % b"/info" + b"8000\r\n" + b" " * 0x8000 + b"\r\n0\r\n\r\n")
        assert last_answer(used)[:2] == (405, "keep-alive")
        used.sendall(GET)
        assert status(used) == 200

        for path, length, expected in ((b"/info", 300_000, 405), (b"/models/retrain", 100_000, 413),
                                       (b"/predict", 9 * 2**20, 413)):  # fmt: skip
            client = opened(server, stack, POST % (path, length))
            client.sendall(b" " * length)
            assert last_answer(client)[:2] == (expected, "close")
            assert client.recv(1) == b""

        chunked = opened(server, stack, PART % b"/models/retrain" + b"30000\r\n" + b" " * 0x30000 + b"\r\n0\r\n\r\n")
        assert last_answer(chunked)[:2] == (413, "close")
        silent = opened(server, stack, POST % (b"/info", 1000))
        assert last_answer(silent)[:2] == (405, "close")


@pytest.mark.parametrize("path", [b"/predict", b"/transactions", b"/_dash-update-component"])
def test_broken_chunks_are_a_problem_of_the_client(server: Server, path: bytes) -> None:
    with ExitStack() as stack:
        for sent in (b"zz\r\n{}\r\n0\r\n\r\n", b"2\r\n{}XX0\r\n\r\n"):
            code, connection, said = last_answer(opened(server, stack, PART % path + sent))
            assert (code, connection, json.loads(said)["status"]) == (400, "close", 400)
    assert "Traceback" not in server.output.read_text()
