"""Every class of error over HTTP: its status, where it points, and that it shows nothing of the inside."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from flask import Flask
from flask.testing import FlaskClient
from gunicorn.http.body import Body, ChunkedReader
from gunicorn.http.unreader import IterUnreader
from pydantic import BaseModel
from sqlalchemy.exc import OperationalError
from werkzeug.test import TestResponse

from app.api import models
from callbacks.services import EXTENSION
from core.access.keys import Keys
from tests.app.api_help import bad
from tests.app.conftest import Serve, body

INSIDE = re.compile(
    r"/(tmp|home|root|work|usr|proc)\b|\.py\b|\.sqlite|Traceback|File \"|line \d+, in|\bSELECT\b|\bINSERT\b"
    r"|0x[0-9a-f]{6}|sqlalchemy|pydantic|psycopg",
    re.IGNORECASE,
)
"""What would tell of the machine, of the code or of the database."""

JSON = {"Content-Type": "application/json"}


class Case(NamedTuple):
    """A class of error: a request that has it, the status, and what the answer points at."""

    ask: Callable[[FlaskClient], TestResponse]
    status: int
    pointers: tuple[str, ...] = ()


def predict(**sent: Any) -> Callable[[FlaskClient], TestResponse]:
    return lambda client: client.post("/predict", json=sent)


CASES = {
    "malformed": Case(lambda client: client.post("/predict", data=b'{"horizon": ', headers=JSON), 400),
    "malformed lines": Case(
        lambda client: client.post("/transactions", data=b'{"time": 1}\n{', content_type="application/x-ndjson"),
        400,
        ("/lines/1",),
    ),
    "cut off": Case(
        lambda client: client.post(
            "/models/v1/promote",
            data=b'{"reason": "again"}',
            headers=JSON,
            environ_overrides={"CONTENT_LENGTH": "20", "wsgi.input_terminated": True},
        ),
        400,
        ("",),
    ),
    "wrong type": Case(predict(horizon="7"), 422, ("/horizon",)),
    "wrong type in a list": Case(predict(dates=["2011-12-12", 5]), 422, ("/dates/1",)),
    "unknown name": Case(predict(segment="country:Atlantis"), 422, ("/segment",)),
    "unknown names": Case(
        predict(segment="country:Atlantis", model="nope", version="v77"), 422, ("/version", "/model", "/segment")
    ),
    "unknown field": Case(predict(horizont=7), 422, ("/horizont",)),
    "unknown field of a query": Case(lambda client: client.get("/predict?horizont=7"), 422, ("/horizont",)),
    "out of range": Case(predict(horizon=366), 422, ("/horizon",)),
    "out of range in a query": Case(lambda client: client.get("/predict?horizon=0"), 422, ("/horizon",)),
    "several": Case(predict(horizon=0, levels=[3], extra=1), 422, ("/horizon", "/levels/0", "/extra")),
    "too large": Case(lambda client: client.post("/models/retrain", data=b" " * 2**20, headers=JSON), 413),
    "no such thing": Case(lambda client: client.get("/models/v99"), 404),
    "wrong format": Case(lambda client: client.get("/predict", headers={"Accept": "image/png"}), 406),
    "wrong kind of body": Case(lambda client: client.post("/predict", data="horizon=7"), 415),
    "conflict": Case(lambda client: client.post("/models/v1/promote", json={"reason": "again"}), 409),
}


@pytest.mark.parametrize("name", CASES)
def test_each_class_points_at_what_is_wrong(client: FlaskClient, name: str) -> None:
    case = CASES[name]
    answer = case.ask(client)
    assert bad(answer, case.status, *case.pointers)
    shows_nothing(answer)


def shows_nothing(answer: TestResponse) -> None:
    for text in (answer.get_data(as_text=True), str(answer.headers)):
        assert not INSIDE.search(text), text


def test_a_body_that_is_too_large_hears_how_large_it_may_be(client: FlaskClient) -> None:
    answer = client.post("/models/retrain", data=b" " * 2**20, headers=JSON)
    assert bad(answer, 413) == "The body of the request is too large; at most 65,536 bytes are taken here."
    without = client.post("/predict", data=b" " * 2**20, headers=JSON)
    said = "The body of the request is too large; at most 65,536 bytes are taken without a history."
    assert bad(without, 413) == said
    beyond = client.post("/predict", data=b" " * (8 * 2**20 + 1), headers=JSON)
    assert bad(beyond, 413) == "The body of the request is too large; at most 8,388,608 bytes are taken here."
    chunked = {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}
    for path, most in (("/models/retrain", 64 * 1024), ("/predict", 8 * 2**20)):
        beyond = client.post(path, data=b" " * (most + 1), headers=JSON, environ_overrides=chunked)
        assert bad(beyond, 413) == f"The body of the request is too large; at most {most:,} bytes are taken here."
    filled = b"{}".ljust(64 * 1024)
    assert client.post("/predict", data=filled, headers=JSON, environ_overrides=chunked).status_code == 200


def chunks(sent: bytes) -> dict[str, Any]:
    """The environment of a request whose body gunicorn reads, chunk by chunk."""
    body = Body(ChunkedReader(None, IterUnreader([sent])))
    coding = {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}
    return {"wsgi.input": body, "CONTENT_TYPE": "application/json", **coding}


WHOLE = b"2\r\n{}\r\n0\r\n\r\n"


@pytest.mark.parametrize(
    "sent", [b"zz\r\n{}\r\n0\r\n\r\n", b"2\r\n{}XX0\r\n\r\n", b"2;=\r\n{}\r\n0\r\n\r\n", b"2\r\n{}"]
)
@pytest.mark.parametrize("path", ["/predict", "/models/retrain", "/transactions", "/v2/models/champion/infer"])
def test_broken_chunks_are_the_mistake_of_the_client(
    client: FlaskClient, caplog: pytest.LogCaptureFixture, path: str, sent: bytes
) -> None:
    assert client.post(path, environ_overrides=chunks(WHOLE)).status_code not in (400, 500)
    answer = client.post(path, environ_overrides=chunks(sent))
    bad(answer, 400)
    shows_nothing(answer)
    assert not caplog.records


@pytest.mark.parametrize("method", ["TRACE", "FOO", "PUT"])
@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/predict", "GET, HEAD, OPTIONS, POST"),
        ("/models/retrain", "OPTIONS, POST"),
        ("/models/v1", "GET, HEAD, OPTIONS"),
    ],
)
def test_a_method_that_nobody_knows_hears_of_those_that_there_are(
    client: FlaskClient, method: str, path: str, allowed: str
) -> None:
    answer = client.open(path, method=method)
    assert (answer.status_code, answer.headers["Allow"]) == (405, allowed)
    assert body(answer)["detail"] == f"{method} is not possible here; the header Allow says what is."


@pytest.mark.parametrize("method", ["FOO", "PUT"])
def test_no_method_makes_an_address(client: FlaskClient, method: str) -> None:
    assert client.open("/predict/nothing/here", method=method).status_code == 404


def test_not_ready(waiting: FlaskClient) -> None:
    for answer in (waiting.get("/predict"), waiting.post("/v2/models/champion/infer", json={"inputs": []})):
        bad(answer, 503)
        assert int(answer.headers["Retry-After"]) >= 1
        shows_nothing(answer)
    assert waiting.get("/health/ready").status_code == 503


def test_unauthorised_and_forbidden(client: FlaskClient, server: Flask) -> None:
    key = Keys(server.extensions[EXTENSION].engine).create("reader", ["read"]).text
    for headers, status in (({}, 401), ({"X-API-Key": "tm_no_key"}, 401), ({"X-API-Key": key}, 403)):
        answer = client.get("/predict", headers=headers)
        bad(answer, status)
        shows_nothing(answer)
        assert key not in answer.get_data(as_text=True)


def test_limited(serve: Serve) -> None:
    client = serve(rate_limit=1)
    answers = [client.get("/predict") for _ in range(3)]  # three, so that two are of one minute
    answer = next(one for one in answers if one.status_code != 200)
    bad(answer, 429)
    assert int(answer.headers["Retry-After"]) >= 1
    shows_nothing(answer)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (RuntimeError("/tmp/secret.py: SELECT * FROM keys"), 500),
        (OperationalError("SELECT * FROM keys", {}, Exception("/tmp/state.sqlite")), 503),
    ],
    ids=lambda one: type(one).__name__,
)
def test_what_happens_inside_stays_inside(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int
) -> None:
    def fails(*_: object) -> None:
        raise error

    monkeypatch.setattr(models, "services", fails)
    answer = client.get("/models")
    bad(answer, status)
    shows_nothing(answer)


def test_an_answer_of_ours_that_does_not_fit_is_no_fault_of_the_client(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Answer(BaseModel):
        horizon: int

    monkeypatch.setattr(models, "services", lambda: Answer.model_validate({"horizon": "of the inside"}))
    answer = client.get("/models")
    assert "log" in bad(answer, 500)
    shows_nothing(answer)
