"""Pages of other sites: nothing unless configured, then only the origins listed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import api
from app.settings import Settings
from callbacks.services import EXTENSION

SHOP, EVIL = "https://shop.example", "https://shop.example.evil.example"
ASKS = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}


@pytest.fixture
def shared(server: Flask, settings: Settings) -> FlaskClient:
    other = Flask("shared")
    other.extensions[EXTENSION] = server.extensions[EXTENSION]
    api.register(other, replace(settings, cors_origins=frozenset({SHOP})))

    @other.get("/")
    def page() -> str:
        return "a page"

    return other.test_client()


def test_off_by_default(client: FlaskClient) -> None:
    for answer in (
        client.get("/predict", headers={"Origin": SHOP}),
        client.options("/predict", headers={"Origin": SHOP, **ASKS}),
    ):
        assert not [name for name, _ in answer.headers if name.startswith("Access-Control")]


def test_an_answer_to_a_listed_origin(shared: FlaskClient) -> None:
    answer = shared.get("/health/live", headers={"Origin": SHOP})
    assert answer.headers["Access-Control-Allow-Origin"] == SHOP
    assert "X-Request-ID" in answer.headers["Access-Control-Expose-Headers"]
    assert "Access-Control-Allow-Credentials" not in answer.headers
    assert "Origin" in answer.headers.getlist("Vary")


@pytest.mark.parametrize("origin", [None, EVIL, "null", SHOP.upper(), "http://shop.example"])
def test_nobody_else(shared: FlaskClient, origin: str | None) -> None:
    headers = {} if origin is None else {"Origin": origin}
    answer = shared.get("/health/live", headers=headers)
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert "Origin" in answer.headers.getlist("Vary")
    preflight = shared.options("/predict", headers={**headers, **ASKS})
    assert "Access-Control-Allow-Origin" not in preflight.headers


def test_preflight(shared: FlaskClient) -> None:
    answer = shared.options("/predict", headers={"Origin": SHOP, **ASKS})
    assert (answer.status_code, answer.get_data()) == (204, b"")
    assert answer.headers["Access-Control-Allow-Origin"] == SHOP
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]
    allowed = answer.headers["Access-Control-Allow-Headers"].lower().split(", ")
    assert {"authorization", "content-type", "x-api-key", "idempotency-key"} <= set(allowed)
    assert "Origin" in answer.headers["Vary"]


def test_errors_can_be_read_too(shared: FlaskClient) -> None:
    answer = shared.get("/predict", headers={"Origin": SHOP})
    assert answer.status_code == 503
    assert answer.headers["Access-Control-Allow-Origin"] == SHOP


def test_pages_are_not_shared(shared: FlaskClient) -> None:
    answer = shared.get("/", headers={"Origin": SHOP})
    assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost:9", "http://localhost.evil"])
def test_pages_elsewhere_change_nothing(client: FlaskClient, server: Flask, origin: str) -> None:
    jobs = server.extensions[EXTENSION].jobs
    job = jobs.start("train", "somebody", "why")
    assert client.post(f"/jobs/{job.id}/cancel", headers={"Origin": origin}).status_code == 403
    assert not jobs.get(job.id).cancel_requested
    assert client.get("/jobs", headers={"Origin": origin}).status_code == 200
    assert client.post(f"/jobs/{job.id}/cancel", headers={"Origin": "http://localhost"}).status_code == 202
