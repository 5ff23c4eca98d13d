"""POST /transactions: bodies that end early, that are far larger than a batch, and rows that are no JSON."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from http.client import HTTPResponse
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.api.transactions_read import CSV, JSON, NDJSON
from core.config import PROJECT_ROOT, Config
from core.lifecycle.merging import Starter
from core.state.engine import open_engine
from core.transactions.load import prepare
from core.transactions.posted import Batches
from tests.app.test_processes import environment, free_port, get, listening, running, until
from tests.app.test_transactions import config, post, problem, shop, started
from tests.core.transactions.conftest import write_csv

__all__ = ["config", "shop", "started"]

ROWS = b"time,quantity,price\n2024-03-07,3,4.25\n2024-03-07 08:00,1,2.5\n2024-03-07 09:00,2,4.25\n"
NEXT = b'{"time": "2024-03-07", "quantity": 3}\n{"time": "2024-03-07 08:00", "quantity": 1}\n'


@pytest.mark.parametrize(
    ("body", "kind", "kept"),
    [(ROWS, CSV, ROWS.index(b"2024-03-07 08")), (ROWS, CSV, len(ROWS) - 3), (ROWS, CSV, 0),
     (NEXT, NDJSON, NEXT.index(b"\n") + 1), (b'{"lines": [' + NEXT[: NEXT.index(b"\n")] + b"]}  ", JSON, -2)],
)  # fmt: skip
def test_a_body_that_ended_early_is_no_batch(
    shop: FlaskClient, config: Config, started: list[Starter], body: bytes, kind: str, kept: int
) -> None:
    """gunicorn says wsgi.input_terminated, and hands out what came as if it were all."""
    cut = {"wsgi.input_terminated": True, "CONTENT_LENGTH": str(len(body))}
    response = shop.post("/transactions", data=body[:kept], content_type=kind, environ_overrides=cut)
    ((pointer, sentence),) = problem(response, 400)
    assert pointer == ""
    assert sentence.startswith("The body ended early: ")
    assert f"of {len(body):,} bytes" in sentence
    assert Batches(open_engine(config.database)).last_id() == 0
    assert not started
    whole = shop.post("/transactions", data=body, content_type=kind, environ_overrides=cut)
    assert whole.status_code == 201


def test_a_body_without_a_length_is_read_to_its_end(shop: FlaskClient) -> None:
    chunked = {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}
    assert shop.post("/transactions", data=ROWS, content_type=CSV, environ_overrides=chunked).json["lines"] == 3


def test_half_a_body_is_refused_by_a_server(tmp_path: Path) -> None:
    """A client that closes its side at the end of a row, before all was sent."""
    config, port = Config(data_dir=tmp_path / "data"), free_port()
    source = write_csv(tmp_path / "lines.csv")
    prepare(config, source)
    head = f"POST /transactions HTTP/1.1\r\nHost: x\r\nContent-Type: {CSV}\r\nContent-Length: {len(ROWS)}\r\n\r\n"
    env = environment(config.data_dir, port, DATA_PATH=str(source))
    with running("gunicorn", "-c", "gunicorn.conf.py", env=env):
        assert until(lambda: listening(port) and get(port, "/health/live")[0] == 200)
        with socket.create_connection(("127.0.0.1", port), timeout=30) as client:
            client.sendall(head.encode() + ROWS[: ROWS.index(b"2024-03-07 09")])
            client.shutdown(socket.SHUT_WR)
            answer = HTTPResponse(client)
            answer.begin()
            assert (answer.status, json.loads(answer.read())["detail"][:21]) == (400, "The body ended early:")
    assert Batches(open_engine(config.database)).last_id() == 0


WRONG_ROWS = [
    (b'{"time":"2011-12-09","quantity":1},{"time":"2011-12-09"\n"quantity":2}\n', 0),  # two wrongs that cancel out
    (b'{"time":"2024-03-07","quantity":1}\n{"time":"2024-03-07"\n,"quantity":2}\n', 1),
    (b'{"time":"2024-03-07","quantity":1}\n\n{"time":"2024-03-07","quantity":1}, \n', 1),
    (b'{"time":"2024-03-07","quantity":1}]\n[{"time":"2024-03-07","quantity":1}\n', 0),
]


@pytest.mark.parametrize(("body", "number"), WRONG_ROWS)
def test_every_row_is_json_by_itself(shop: FlaskClient, config: Config, body: bytes, number: int) -> None:
    ((pointer, sentence),) = problem(shop.post("/transactions", data=body, content_type=NDJSON), 400)
    assert pointer == f"/lines/{number}"
    assert sentence.startswith(f"line {number + 1} is not valid JSON: ")
    assert re.findall(r"\bline \d+", sentence) == [f"line {number + 1}"]  # one number of a line, that of the body
    assert Batches(open_engine(config.database)).last_id() == 0


LINE = {"time": "2024-03-07", "quantity": 1}
MANY = {f"k{n}": n for n in range(200)}


@pytest.mark.parametrize(
    ("sent", "pointers"),
    [
        ({"lines": [LINE, LINE | MANY, {"x": 1}]}, ["/lines/1"]),
        ({"lines": [LINE, {"x": 1}, 3]}, ["/lines/1/time", "/lines/1/quantity", "/lines/1/x", "/lines/2"]),
        ({"lines": [LINE] * 150 + [{"time": "x"}]}, ["/lines/150/time", "/lines/150/quantity"]),
        ({"lines": [LINE], "a/b": 1, "c": 2}, ["/a~1b", "/c"]),
        ({"lines": LINE}, ["/lines"]),
        ({"a": 1}, ["/lines", "/a"]),
        ([LINE], [""]),
        ({"lines": [LINE]} | MANY, [f"/{name}" for name in sorted(MANY)[:100]]),
    ],
)
def test_what_is_wrong_is_pointed_at(shop: FlaskClient, sent: Any, pointers: list[str]) -> None:
    found = problem(shop.post("/transactions", json=sent), 422)
    assert [one[0] for one in found] == pointers


def test_faults_far_apart_are_all_counted(shop: FlaskClient) -> None:
    lines = [LINE if n % 7 else {**LINE, "quantity": "x"} for n in range(3500)]
    response = post(shop, lines)
    assert [one[0] for one in problem(response, 422)] == [f"/lines/{n * 7}/quantity" for n in range(100)]
    assert "499 more; 100 are listed" in response.json["detail"]


def test_too_many_rows_are_not_read_on(shop: FlaskClient) -> None:
    """Neither what is wrong in them nor what comes after them matters."""
    for rows in (b"2024-03-07,1\n", b"2024-03-07\n"):
        sent = b"time,quantity\n" + rows * 20_000 + b'"\xff'
        ((pointer, sentence),) = problem(shop.post("/transactions", data=sent, content_type=CSV), 422)
        assert (pointer, sentence) == ("/lines", "a batch has 1 to 10,000 lines, this one has more")
    sent = b"time,quantity\n" + b"2024-03-07\n" * 9_999 + b"2024-03-07,1\n"
    response = shop.post("/transactions", data=sent, content_type=CSV)
    assert len(problem(response, 422)) == 100
    assert "9,998 more; 100 are listed" in response.json["detail"]


def test_rows_may_be_long_but_not_without_end(shop: FlaskClient) -> None:
    row = '2024-03-07,1,"{}"\n'
    text = "a quoted text,\n" * 30
    sent = ("time,quantity,description\n" + row.format(text) * 300).encode()
    assert shop.post("/transactions", data=sent, content_type=CSV).json["lines"] == 300
    ((pointer, _),) = problem(
        shop.post("/transactions", data=sent + row.format(text * 2).encode(), content_type=CSV), 422
    )
    assert pointer == "/lines/300/description"
    endless = sent + b'2024-03-07,1,"' + b"\n" * 100_000 + b'"\n'
    for body in (endless, b"time,quantity" + b"," * 100_000):
        ((_, sentence),) = problem(shop.post("/transactions", data=body, content_type=CSV), 400)
        assert "a double quote may be missing" in sentence


def test_commas_and_braces_in_texts_are_no_structure(shop: FlaskClient) -> None:
    lines = [{**LINE, "description": '\\",{[' * 80 + str(n)} for n in range(1000)]
    assert post(shop, lines).status_code == 201
    sent = "\n".join(json.dumps(line) for line in lines)
    assert shop.post("/transactions", data=sent, content_type=NDJSON).json["replayed"] is True


PEAK = """
import sys, time
from app.api.problems import ApiError
from app.api.transactions_read import CSV, JSON, NDJSON, columns_of

SIZE = 8 * 2**20

def filled(start, unit, end=b""):
    return start + unit * ((SIZE - len(start) - len(end)) // len(unit)) + end

def keys(start, end):
    return start + b",".join(b'"%07x":1' % n for n in range(SIZE // 12 - 10)) + end

def peak():
    lines = open("/proc/self/status").read().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024

BODIES = {
    "CSV, one column": lambda: (CSV, filled(b"", b"a\\n")),
    "CSV, too few cells": lambda: (CSV, filled(b"time,quantity\\n", b"a\\n")),
    "CSV, two columns": lambda: (CSV, filled(b"", b"11,22\\n")),
    "CSV, one row": lambda: (CSV, filled(b"", b"11,")),
    "CSV, one row in quotes": lambda: (CSV, filled(b"", b'"\\n1",')),
    "CSV, wide rows": lambda: (CSV, filled(b"time,quantity\\n", b"11," * 300 + b"\\n")),
    "NDJSON, numbers": lambda: (NDJSON, filled(b"", b"11\\n")),
    "NDJSON, nothing": lambda: (NDJSON, filled(b"", b" \\n")),
    "NDJSON, one row": lambda: (NDJSON, filled(b"[", b"{},", b"0]")),
    "JSON, unknown keys": lambda: (JSON, keys(b'{"lines":[{', b"}]}")),
    "JSON, unknown keys outside": lambda: (JSON, keys(b"{", b"}")),
    "JSON, empty lines": lambda: (JSON, filled(b'{"lines":[', b"{},", b"{}]}")),
    "JSON, faults": lambda: (JSON, b'{"lines":[' + b",".join([b'{"a":1,"b":1,"c":1,"d":1,"e":1}'] * 10_000) + b"]}"),
}
columns_of(JSON, b'{"lines":[{"time":"2024-03-07","quantity":1}]}', {})
for name, made in BODIES.items():
    kind, body = made()
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")  # the peak begins anew
    before, begun = peak(), time.perf_counter()
    try:
        columns_of(kind, body, {})
    except ApiError as error:
        assert error.status in (400, 422), error
        print(name, round(peak() - before), round(time.perf_counter() - begun, 2), sep="\\t", flush=True)
"""


def test_no_body_takes_a_worker_s_memory() -> None:
    """8 MiB of the worst kind: a web worker has to stay small, and its threads to be free again soon."""
    ended = subprocess.run([sys.executable, "-c", PEAK], cwd=PROJECT_ROOT, env={**os.environ, "PYTHONPATH": "."},
                           capture_output=True, text=True, timeout=120)  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    measured = [line.split("\t") for line in ended.stdout.splitlines()]
    assert len(measured) == 13
    assert {name: more for name, more, _ in measured if int(more) > 60} == {}
    assert {name: took for name, _, took in measured if float(took) > 5} == {}  # alone it is a tenth of that
