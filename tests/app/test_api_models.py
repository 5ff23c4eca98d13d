"""/models and /audit: versions, where they come from, when each was in use, and moving between them."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import sqlite3
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.settings import Settings
from callbacks.services import EXTENSION, Services
from core.access.keys import Keys
from core.lifecycle.registry import Registry
from tests.app.api_help import accepts, bad, good
from tests.app.conftest import MODELS, ORIGIN, SERIES, publish_version

REASON = {"reason": "because of the test"}
GATE = {
    "code": "worse", "promote": False, "champion": "v1", "change": 0.2, "p_value": 0.01, "alpha": 0.05, "limit": 0.1,
    "folds": ["2011-10-01"], "lacks": [],
}  # fmt: skip
SCORES = [
    {"series": series, "model": "sarima", "wape": 0.2, "lo": 0.1, "hi": 0.3, "bias": -0.01, "folds": 7}
    for series in SERIES
]


@pytest.fixture
def two(server: Flask, settings: Settings) -> FlaskClient:
    """v2 took the place of v1, though the gate had refused it."""
    publish_version(settings.core)
    publish_version(settings.core, parent="v1", gate=GATE, scores=SCORES, trigger="manual", who="ann", duration_s=1.5)
    return server.test_client()


def found(server: Flask) -> Services:
    return server.extensions[EXTENSION]


def move_clock(settings: Settings, moments: dict[int, str]) -> None:
    """Sets when rows of the audit were written. The database itself refuses that, so its triggers go first."""
    with sqlite3.connect(settings.core.data_dir / "tidemark.sqlite") as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        for row, moment in moments.items():
            connection.execute("UPDATE audit SET at = ? WHERE id = ?", (moment, row))
    connection.close()


def test_nothing_before_the_first_version(waiting: FlaskClient) -> None:
    assert good(waiting.get("/models")) == {
        "serving": None, "previous": None, "aliases": {}, "versions": [], "problems": [],
    }  # fmt: skip
    assert good(waiting.get("/audit")) == {"entries": [], "next": None}
    for path in ("/models/champion", "/models/challenger", "/models/v1", "/models/live-on/2020-01-01"):
        bad(waiting.get(path), 404)
    bad(waiting.post("/models/v1/promote", json=REASON), 404)
    assert "no earlier champion" in bad(waiting.post("/models/rollback", json=REASON), 409)
    bad(waiting.post("/models/retrain", json={}), 503)


def test_list(two: FlaskClient) -> None:
    answer = good(two.get("/models"))
    assert (answer["serving"], answer["previous"], answer["aliases"]) == ("v2", "v1", {"champion": "v2"})
    new, old = answer["versions"]
    assert (new["id"], new["status"], new["aliases"], new["who"], new["parent"]) == (
        "v2", "champion", ["champion"], "ann", "v1",
    )  # fmt: skip
    assert (old["id"], old["status"], old["aliases"], old["gate"]) == ("v1", "past", [], None)
    assert new["gate"] == {
        key: GATE[key] for key in ("promote", "code", "champion", "change", "p_value", "alpha", "limit")
    }
    assert [one["series"] for one in new["scores"]] == ["transactions/total", "revenue/total"]
    assert new["live"] == [{"since": old["live"][0]["until"], "until": None}]
    assert new["last_day"] == ORIGIN.isoformat()
    assert new["models"] == list(MODELS)
    assert new["seconds"] == 1.5


def test_one_has_its_whole_manifest(two: FlaskClient, settings: Settings) -> None:
    written = json.loads((settings.core.models_dir / "versions" / "v2" / "manifest.json").read_text())
    answer = good(two.get("/models/v2"))
    told = answer.pop("manifest")
    assert answer == good(two.get("/models"))["versions"][0]
    for key, value in written.items():
        if key == "created_at":
            assert dt.datetime.fromisoformat(told[key]) == dt.datetime.fromisoformat(value)
        elif key == "data":
            assert value.items() <= told[key].items()
        else:
            assert told[key] == value
    assert good(two.get("/models/champion"))["id"] == "v2"
    assert good(two.get("/models/v1"))["status"] == "past"


@pytest.mark.parametrize(
    "name",
    ["v3", "V2", "v", "v02", "v١", "challenger", "%00", "..", "v2%2F..", "a" * 5000, "%F0%9F%92%A9", "v" + "9" * 9],
)
def test_unknown_versions(two: FlaskClient, name: str) -> None:
    answer = two.get(f"/models/{name}")
    if "%2F" not in name and name != "..":
        assert len(bad(answer, 404)) < 200
    assert answer.status_code == 404
    assert two.post(f"/models/{name}/promote", json=REASON).status_code == 404


def test_a_damaged_version_is_told_of_and_cannot_be_put_into_use(two: FlaskClient, settings: Settings) -> None:
    folder = settings.core.models_dir / "versions" / "v1"
    (folder / "forecasts.parquet").write_bytes(b"broken")
    sentence = bad(two.post("/models/v1/promote", json=REASON), 409)
    assert "v1 is damaged" in sentence
    (folder / "manifest.json").write_text("{}")
    answer = good(two.get("/models"))
    assert [one["id"] for one in answer["versions"]] == ["v2"]
    assert "v1" in answer["problems"][0]
    bad(two.get("/models/v1"), 404)


def test_problems_name_no_path_of_the_machine(two: FlaskClient, settings: Settings) -> None:
    manifest = settings.core.models_dir / "versions" / "v1" / "manifest.json"
    manifest.unlink()
    manifest.mkdir()
    (sentence,) = good(two.get("/models"))["problems"]
    assert "cannot be read" in sentence
    assert str(settings.core.data_dir) not in sentence


def test_live_on(two: FlaskClient, settings: Settings) -> None:
    """v1 from the 3rd at noon, v2 from the 5th at noon, v1 again an hour later and from then on."""
    good(two.post("/models/rollback", json=REASON))
    days = {1: "2020-03-03 12:00:00.000000", 2: "2020-03-05 12:00:00.000000", 3: "2020-03-05 13:00:00.000000"}
    move_clock(settings, days)
    expected = {
        "2020-03-03": ("v1", ["v1"]), "2020-03-04": ("v1", ["v1"]), "2020-03-05": ("v1", ["v1", "v2", "v1"]),
        "2020-03-06": ("v1", ["v1"]), dt.date.today().isoformat(): ("v1", ["v1"]),
    }  # fmt: skip
    for day, (version, during) in expected.items():
        answer = good(two.get(f"/models/live-on/{day}"))
        assert (answer["date"], answer["version"], answer["during"]) == (day, version, during)
    assert good(two.get("/models/live-on/2020-03-04"))["since"] == "2020-03-03T12:00:00Z"
    ahead = (dt.date.today() + dt.timedelta(days=1)).isoformat()
    for day in ("2020-03-02", "0001-01-01", "9999-12-31", ahead, "20200304", "2020-W10-3", "x", "2020-02-30", "%00"):
        bad(two.get(f"/models/live-on/{day}"), 404)


def test_promote(two: FlaskClient, server: Flask) -> None:
    answer = good(two.post("/models/v1/promote", json={"reason": "  v2 is\n too high  "}))
    assert answer["champion"] == "v1"
    move = found(server).registry.history(limit=1)[0]
    assert (move.who, move.from_value, move.to_value, move.reason) == (
        "api at 127.0.0.1", "v2", "v1", "v2 is too high",
    )  # fmt: skip
    assert answer["move"]["id"] == move.id
    assert good(two.get("/models"))["serving"] == "v1"
    back = good(two.post("/models/v2/promote", json=REASON))
    assert (back["gate"]["code"], back["gate"]["promote"]) == ("worse", False)


def test_what_is_in_use_cannot_be_put_into_use(two: FlaskClient) -> None:
    for name in ("v2", "champion"):
        assert "in use already" in bad(two.post(f"/models/{name}/promote", json=REASON), 409)
    assert len(good(two.get("/audit"))["entries"]) == 2


def test_promote_only_what_is_expected(two: FlaskClient) -> None:
    assert "not in use" in bad(two.post("/models/v1/promote", json={**REASON, "replacing": "v1"}), 409)
    assert "not in use" in bad(two.post("/models/v1/promote", json={**REASON, "replacing": "v7"}), 409)
    assert good(two.get("/models"))["serving"] == "v2"
    assert good(two.post("/models/v1/promote", json={**REASON, "replacing": "v2"}))["champion"] == "v1"


def test_the_challenger_by_its_name(two: FlaskClient, settings: Settings) -> None:
    Registry(settings.core).challenge("v1", "test", "waits")
    assert good(two.get("/models/challenger"))["status"] == "challenger"
    assert good(two.post("/models/challenger/promote", json=REASON))["champion"] == "v1"
    assert good(two.get("/models"))["aliases"] == {"champion": "v1"}


def test_roll_back_to_the_end(two: FlaskClient, server: Flask) -> None:
    answer = good(two.post("/models/rollback", json=REASON))
    assert (answer["champion"], answer["move"]["from_value"], answer["move"]["reason"]) == (
        "v1", "v2", "because of the test",
    )  # fmt: skip
    assert found(server).registry.aliases() == {"champion": "v1"}
    assert "no earlier champion" in bad(two.post("/models/rollback", json=REASON), 409)


def test_the_name_of_the_key_stands_in_the_audit(two: FlaskClient, server: Flask) -> None:
    made = Keys(found(server).engine).create("k" * 100, ["admin"])
    options = {"headers": {"Authorization": f"Bearer {made.text}"}}
    good(two.post("/models/rollback", json=REASON, **options))
    entry = good(two.get("/audit", **options))["entries"][0]
    assert entry["who"] == f"{'k' * 100} (key {made.key.id})"[:128]


@pytest.mark.parametrize(
    "sent",
    [{}, {"reason": ""}, {"reason": "ab"}, {"reason": " \t a b "}, {"reason": "abc"}, {"reason": "a b\nc"},
     {"reason": "   "}, {"reason": "\x1c\x1c\x1c"}, {"reason": "abc\x00"}, {"reason": "\u3000\u2003\xa0\ufeff"},
     {"reason": "çã漢"}, {"reason": "x" * 500}, {"reason": "x" * 501}, {"reason": 3}, {"reason": None},
     {"reason": "abc", "x": 1}, {"reason": "abc", "replacing": None}, {"reason": "abc", "replacing": "v2 "},
     {"reason": "abc", "replacing": "2"}, {"reason": "abc", "replacing": ""}, [], "abc", 3],
    ids=lambda one: repr(one)[:40],
)  # fmt: skip
def test_schema_and_server_agree_on_reasons(two: FlaskClient, sent: Any) -> None:
    answer = two.post("/models/v1/promote", json=sent)
    assert answer.status_code in ((200, 409) if accepts(answer, sent) else (422,))


def test_bodies_that_are_none(two: FlaskClient) -> None:
    for path in ("/models/retrain", "/models/rollback", "/models/v1/promote"):
        bad(two.post(path, data="{", content_type="application/json"), 400, "")
        bad(two.post(path, data="reason=abc"), 415)
        bad(two.post(path), 415)
        bad(two.post(path, json={"reason": "x" * 70_000}), 413)
        assert two.post(path, json={"y": 1}).status_code == 422
        bad(two.post(f"{path}?x=1", json=REASON), 422, "/x")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [("POST", "/models", "GET"), ("GET", "/models/retrain", "POST"), ("GET", "/models/rollback", "POST"),
     ("POST", "/models/v1", "GET"), ("DELETE", "/models/v1", "GET"), ("GET", "/models/v1/promote", "POST"),
     ("POST", "/models/live-on/2020-01-01", "GET"), ("PUT", "/audit", "GET"), ("PATCH", "/jobs/1/cancel", "POST")],
)  # fmt: skip
def test_wrong_method(two: FlaskClient, method: str, path: str, allowed: str) -> None:
    answer = two.open(path, method=method, json=REASON)
    assert answer.status_code == 405
    assert answer.content_type == "application/problem+json"
    assert allowed in answer.headers["Allow"]
    assert method not in answer.headers["Allow"]


@pytest.mark.parametrize(
    ("path", "allowed"),
    [("/models", "GET, HEAD, OPTIONS"), ("/models/retrain", "OPTIONS, POST"), ("/models/v1", "GET, HEAD, OPTIONS"),
     ("/predict", "GET, HEAD, OPTIONS, POST"), ("/v2/models/x/infer", "OPTIONS, POST"),
     ("/docs", "GET, HEAD, OPTIONS")],
)  # fmt: skip
def test_options_tell_the_methods(two: FlaskClient, path: str, allowed: str) -> None:
    answer = two.options(path)
    assert (answer.status_code, answer.headers["Allow"], answer.get_data()) == (200, allowed, b"")
    assert two.head(path).status_code == (405 if "GET" not in allowed else 200)


def test_audit_in_pages(two: FlaskClient, server: Flask) -> None:
    for _ in range(3):
        found(server).registry.promote("v1", "bob", "to and fro", {"why": "a test"})
        found(server).registry.promote("v2", "bob", "to and fro")
    whole = good(two.get("/audit"))
    assert [one["id"] for one in whole["entries"]] == list(range(8, 0, -1))
    assert whole["next"] is None
    assert whole["entries"][1]["evidence"] == {"why": "a test"}
    first = good(two.get("/audit?limit=5&subject=champion"))
    assert (len(first["entries"]), first["next"]) == (5, 4)
    rest = good(two.get("/audit?limit=5&before=4"))
    assert [*first["entries"], *rest["entries"]] == whole["entries"]
    assert rest["next"] is None
    assert good(two.get("/audit?subject=schedule"))["entries"] == []


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=201", "limit=x", "limit=1.0", "before=0", "before=2147483648", "before=-1",
              "subject=", "subject=A%00", "subject=nothing", "limit=1&limit=2"],
)  # fmt: skip
def test_wrong_pages(two: FlaskClient, query: str) -> None:
    bad(two.get(f"/audit?{query}"), 422, f"/{query.partition('=')[0]}")


def test_unknown_parts_of_a_query(two: FlaskClient) -> None:
    bad(two.get("/audit?limit=0&x=1"), 422, "/limit", "/x")
    bad(two.get("/models?x=1"), 422, "/x")
    bad(two.get("/models/v1?x=1"), 422, "/x")


def test_without_a_database(two: FlaskClient, settings: Settings) -> None:
    """No stack, no SQL, no path; 503 says that it may pass."""
    assert good(two.get("/models"))["serving"] == "v2"
    path = settings.core.data_dir / "tidemark.sqlite"
    from core.state.engine import get_engine

    get_engine(settings.core.database).dispose()
    for name in ("tidemark.sqlite", "tidemark.sqlite-wal", "tidemark.sqlite-shm"):
        (path.parent / name).unlink(missing_ok=True)
    shutil.rmtree(path, ignore_errors=True)
    for answer in (two.get("/audit"), two.get("/jobs"), two.get("/models"), two.post("/models/rollback", json=REASON)):
        bad(answer, 503)
        assert "SELECT" not in answer.text
        assert answer.headers["Retry-After"]
