"""Receiving a file over HTTP: only from our own pages, streamed to the disk, refused with a sentence."""

from __future__ import annotations

import errno
import http.client
import json
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest
from flask import Flask, request
from flask.testing import FlaskClient

from app import security, upload
from app.access.gate import Gate
from app.settings import Settings
from callbacks.access import GATE
from core.config import Config
from core.errors import DiskFullError
from core.intake.uploads import ADDRESS, Uploads
from tests.app.test_processes import until
from tests.app.test_protection import serving

CSV = b"time,quantity\n" + b"2024-03-01 10:00,2\n" * 50
KIND = "application/octet-stream"
HOSTILE = (
    "../../../tmp/x.csv",
    "<script>alert(1)</script>.csv",
    "=cmd|'/C calc'!A0.csv",
    "\u202evsc.csv",
    "x" * 10_000,
)


@pytest.fixture
def pages(server: Flask, settings: Settings) -> FlaskClient:
    """A server that takes files of one megabyte; other bodies are limited as in production."""
    server.config["MAX_CONTENT_LENGTH"] = security.MAX_REQUEST_BYTES
    server.extensions[GATE] = Gate(settings)
    upload.register(server, replace(settings, upload_mb=1))
    return server.test_client()


def left(settings: Settings) -> list[Path]:
    root = Uploads(settings.core).root
    return list(root.iterdir()) if root.exists() else []


def test_a_file_is_received(pages: FlaskClient, settings: Settings) -> None:
    answer = pages.post(f"{ADDRESS}?name=M%C3%A4rz.csv", data=CSV, content_type=KIND)
    assert answer.status_code == 201
    assert answer.headers["Cache-Control"] == "no-store"
    told = answer.get_json()
    assert (told["name"], told["kind"], told["size"]) == ("März.csv", "csv", len(CSV))
    kept = Uploads(settings.core).get(told["upload"])
    assert kept is not None
    assert kept.file.read_bytes() == CSV
    assert kept.who == "browser at 127.0.0.1"


@pytest.mark.parametrize("name", HOSTILE)
def test_names_are_only_text(pages: FlaskClient, settings: Settings, name: str) -> None:
    answer = pages.post(f"{ADDRESS}?name={quote(name, safe='')}", data=CSV, content_type=KIND)
    if name.endswith(".csv"):
        assert answer.status_code == 201
        assert len(answer.get_json()["name"]) <= 120
        assert answer.get_json()["name"].isprintable()
    else:
        assert answer.status_code == 415
        assert len(answer.get_json()["detail"]) < 400
    inside = list(settings.core.data_dir.parent.rglob("*.csv"))
    assert all(path.is_relative_to(Uploads(settings.core).root) for path in inside)


@pytest.mark.parametrize(
    ("name", "body", "headers", "status", "words"),
    [
        ("a.csv", CSV, {"Origin": "https://evil.example"}, 403, "other web sites"),
        ("a.csv", CSV, {"Content-Type": "text/plain"}, 415, "application/octet-stream"),
        ("a.csv", CSV, {"Content-Encoding": "gzip"}, 415, "as it is"),
        ("a.exe", CSV, {}, 415, "'.exe' cannot be read"),
        ("", CSV, {}, 415, "cannot be read"),
        ("a.csv", b"\x7fELF" + bytes(100), {}, 400, "a program"),
        ("a.xlsx", CSV, {}, 400, "not an XLSX workbook"),
        ("a.csv", b"x" * (2**20 + 1), {}, 413, "larger than 1 MB"),
        ("a.csv", b"x" * (17 * 2**20), {}, 413, "larger than 1 MB"),
    ],
)  # fmt: skip
def test_what_is_refused(
    pages: FlaskClient, settings: Settings, name: str, body: bytes, headers: dict[str, str], status: int, words: str
) -> None:
    answer = pages.post(f"{ADDRESS}?name={name}", data=body, headers={"Content-Type": KIND, **headers})
    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"
    assert words in answer.get_json()["detail"]
    assert left(settings) == []


@pytest.mark.parametrize(
    "ours",
    [
        {"Origin": "http://localhost", "Host": "localhost"},
        {"Origin": "https://tide.example", "Host": "127.0.0.1:8050", "Sec-Fetch-Site": "same-origin"},  # behind a proxy
    ],
)
def test_pages_of_our_own_may(pages: FlaskClient, ours: dict[str, str]) -> None:
    assert pages.post(f"{ADDRESS}?name=a.csv", data=CSV, content_type=KIND, headers=ours).status_code == 201


def test_a_full_disk_is_a_sentence(pages: FlaskClient, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("core.intake.uploads.os.fsync", full)
    answer = pages.post(f"{ADDRESS}?name=a.csv", data=CSV, content_type=KIND)
    assert (answer.status_code, answer.get_json()["detail"]) == (507, str(DiskFullError()))
    assert left(settings) == []


def test_no_other_route_takes_as_much(pages: FlaskClient, server: Flask) -> None:
    server.post("/other")(lambda: request.get_data())
    assert pages.post("/other", data=b"x" * (17 * 2**20), content_type=KIND).status_code == 413


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, Config]]:
    with serving(tmp_path_factory.mktemp("upload"), "-m", "gunicorn", UPLOAD_MB="20") as found:
        yield found.port, found.config


def post(port: int, body: bytes | Iterator[bytes], name: str = "a.csv") -> tuple[int, dict[str, object]]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("POST", f"{ADDRESS}?name={name}", body, {"Content-Type": KIND})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


def test_over_a_real_connection(real: tuple[int, Config]) -> None:
    """More than any other route takes, then more than this one does: the sentence reaches who is busy sending."""
    port, config = real
    large = b"time,quantity\n" + b"2024-03-01 10:00,2\n" * 900_000
    assert len(large) > security.MAX_REQUEST_BYTES
    status, told = post(port, large)
    assert (status, told["size"]) == (201, len(large))
    status, told = post(port, bytes(30 * 2**20))
    assert (status, told["detail"]) == (413, "a.csv: the file is larger than 20 MB. Send it in parts, as Parquet, or "
                                             "name it in DATA_PATH.")  # fmt: skip
    (kept,) = Uploads(config).root.iterdir()
    Uploads(config).remove(kept.name)
    status, told = post(port, b"")
    assert (status, told["detail"]) == (400, "a.csv: the file is empty.")
    assert post(port, iter([CSV]))[0] == 411  # in chunks, without a length


def test_a_connection_that_breaks_leaves_nothing(real: tuple[int, Config]) -> None:
    port, config = real
    root = Uploads(config).root
    with socket.create_connection(("127.0.0.1", port), timeout=30) as client:
        head = f"POST {ADDRESS}?name=a.csv HTTP/1.1\r\nHost: x\r\nContent-Type: {KIND}\r\nContent-Length: 5000\r\n\r\n"
        client.sendall(head.encode() + CSV)
        assert until(lambda: root.exists() and len(list(root.iterdir())) == 1)  # it is being received
        client.shutdown(socket.SHUT_WR)
        answer = http.client.HTTPResponse(client)
        answer.begin()
        told = json.loads(answer.read())
    assert (answer.status, told["detail"]) == (
        400, f"a.csv: the file ended early: {len(CSV):,} of 5,000 bytes came. Send it again."
    )  # fmt: skip
    assert list(root.iterdir()) == []
