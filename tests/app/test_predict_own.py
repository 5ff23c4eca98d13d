"""POST /predict with a history: a forecast of the caller's own series, made beside the web worker."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import prediction_log
from app.api.openapi import document
from app.api.predict_own import MAX_HISTORY_BYTES
from app.settings import Settings
from core.access.prediction_log import newest
from core.evaluation.pool import WorkerLostError
from core.own.answer import Made
from core.own.standby import Standby
from core.state.engine import open_engine
from tests.app.conftest import body
from tests.app.test_openapi import schema_of
from tests.app.test_predict import pointers, problem
from tests.app.test_predict_formats import AS_CSV

FIRST = dt.date(2024, 1, 1)


@pytest.fixture(scope="module")
def standby() -> Iterator[Standby]:
    """One process for all tests: to start one takes a while."""
    made = Standby(None)
    yield made
    made.end()


@pytest.fixture(autouse=True)
def shared_process(server: Flask, standby: Standby) -> None:
    server.extensions["tidemark.standby"] = standby


def history(days: int, level: float = 100.0) -> list[dict[str, Any]]:
    """Every weekday has its own value; Sundays are closed."""
    values = [level + day.weekday() if day.weekday() < 6 else 0.0 for day in _days(days)]
    return [{"date": day.isoformat(), "value": value} for day, value in zip(_days(days), values, strict=True)]


def _days(count: int) -> list[dt.date]:
    return [FIRST + dt.timedelta(days=number) for number in range(count)]


def test_one_history(client: FlaskClient) -> None:
    answer = client.post("/predict", json={"history": history(140), "horizon": 7})
    found = body(answer)
    assert list(found) == ["request_id", "version", "model", "data_as_of", "predictions", "warnings"]
    assert found["request_id"] == answer.headers["X-Request-ID"]
    assert (found["model"], found["data_as_of"], found["warnings"]) == ("seasonal_naive", "2024-05-19", [])
    assert [one["value"] for one in found["predictions"]] == [100, 101, 102, 103, 104, 105, 0]
    assert found["predictions"][6] == {
        "date": "2024-05-26", "horizon": 7, "value": 0, "open": False, "intervals": {"80": [0, 0], "95": [0, 0]},
    }  # fmt: skip
    schema_of(document(), "PredictAnswer").validate(found)
    schema_of(document(), "OwnResponse").validate(found)


def test_several_histories(client: FlaskClient) -> None:
    sent = {
        "series": [{"id": "b", "history": history(140)}, {"id": "a", "history": history(70, 500.0)}],
        "levels": [95],
    }
    found = body(client.post("/predict", json=sent))
    assert list(found) == ["request_id", "version", "series"]
    assert [one["id"] for one in found["series"]] == ["b", "a"]
    assert [one["predictions"][0]["value"] for one in found["series"]] == [100, 500]
    assert found["series"][1]["predictions"][0]["intervals"].keys() == {"95"}
    schema_of(document(), "OwnSeriesResponse").validate(found)


def test_the_same_request_has_the_same_bytes(client: FlaskClient, standby: Standby) -> None:
    sent = {"history": history(140)}
    first = client.post("/predict", json=sent, headers={"X-Request-ID": "mine"})
    standby.end()
    again = client.post("/predict", json=sent, headers={"X-Request-ID": "mine"})
    assert first.get_data() == again.get_data()
    assert first.headers["ETag"] == again.headers["ETag"]
    assert json.dumps(sent) != json.dumps({"history": sent["history"][::-1]})
    other = client.post("/predict", json={"history": sent["history"][::-1]}, headers={"X-Request-ID": "mine"})
    assert other.get_data() == first.get_data()


def test_as_a_table(client: FlaskClient) -> None:
    sent = {"series": [{"id": "=1+1", "history": history(140)}, {"id": 'a "b", c', "history": history(140)}]}
    answer = client.post("/predict", json={**sent, "horizon": 2}, headers=AS_CSV)
    rows = list(csv.DictReader(io.StringIO(answer.get_data(as_text=True), newline="")))
    assert answer.content_type == "text/csv; charset=utf-8"
    assert [(row["id"], row["date"], row["value"], row["open"]) for row in rows] == [
        ("=1+1", "2024-05-20", "100.0", "true"), ("=1+1", "2024-05-21", "101.0", "true"),
        ('a "b", c', "2024-05-20", "100.0", "true"), ('a "b", c', "2024-05-21", "101.0", "true"),
    ]  # fmt: skip
    alone = client.post("/predict", json={"history": history(140), "horizon": 1}, headers=AS_CSV)
    assert alone.get_data(as_text=True).splitlines()[0] == (
        "date,horizon,value,open,lo80,hi80,lo95,hi95,model,data_as_of"
    )


def test_a_model_by_name(client: FlaskClient) -> None:
    found = body(client.post("/predict", json={"history": history(140), "model": "weekday_mean"}))
    assert found["model"] == "weekday_mean"


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ({"history": []}, ["/history"]),
        ({"history": history(13)}, ["/history"]),
        ({"history": "many"}, ["/history"]),
        ({"history": None}, ["/history"]),
        ({"history": [*history(20), {"date": "2024-01-01", "value": 3}]}, ["/history/20/date"]),
        ({"history": [*history(20), {"date": "2024-01-21", "value": "3"}]}, ["/history/20/value"]),
        ({"history": [*history(20), {"date": "2024-01-21"}]}, ["/history/20/value"]),
        ({"history": history(20), "measure": "revenue"}, ["/measure"]),
        ({"history": history(20), "model": "sarima"}, ["/model"]),
        ({"history": history(20), "horizon": 0}, ["/horizon"]),
        ({"series": []}, ["/series"]),
        ({"series": [{"id": "a", "history": history(20)}] * 2}, ["/series/0/id", "/series/1/id"]),
        ({"series": [{"history": history(20)}]}, ["/series/0/id"]),
        ({"series": [{"id": "a", "history": history(5)}]}, ["/series/0/history"]),
    ],
)
def test_what_is_wrong_is_pointed_at(client: FlaskClient, sent: dict[str, Any], expected: list[str]) -> None:
    assert pointers(problem(client.post("/predict", json=sent), 422)) == expected


def test_refusals_say_what_is_needed(client: FlaskClient) -> None:
    def detail(sent: dict[str, Any]) -> str:
        return str(problem(client.post("/predict", json=sent), 422)["detail"])

    assert "14 are needed" in detail({"history": history(5)})
    assert "'seasonal_naive', 'weekday_mean', 'ets'" in detail({"history": history(20), "model": "oracle"})
    assert "'theta'" in detail({"history": history(20), "model": "lstm"})


def test_not_a_number_is_no_value(client: FlaskClient) -> None:
    sent = json.dumps({"history": [*history(20), {"date": "2024-01-21", "value": float("nan")}]})
    assert "NaN" in sent
    found = problem(client.post("/predict", data=sent, content_type="application/json"), 422)
    assert pointers(found) == ["/history/20/value"]


def test_malformed(client: FlaskClient) -> None:
    for sent in (b'{"history": [', b'{"series": ' + b" " * 100_000):
        problem(client.post("/predict", data=sent, content_type="application/json"), 400)


def test_sizes(client: FlaskClient) -> None:
    large = {"history": history(20_000)[:19_000]}
    assert len(json.dumps(large)) > 64 * 1024
    assert client.post("/predict", json={**large, "horizon": 1, "model": "seasonal_naive"}).status_code == 200
    too_large = b'{"history": ' + b" " * MAX_HISTORY_BYTES
    problem(client.post("/predict", data=too_large, content_type="application/json"), 413)
    without = b'{"horizon": 3' + b" " * 100_000 + b"}"
    problem(client.post("/predict", data=without, content_type="application/json"), 413)
    problem(client.post("/predict", data=b'{"history": []}', content_type="text/plain"), 415)


@pytest.mark.parametrize("days", [20, 19_000])
def test_not_ready_is_not_ready(waiting: FlaskClient, days: int) -> None:
    problem(waiting.post("/predict", json={"history": history(days)}), 503)


def test_one_large_history_at_a_time(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    large = {"history": history(19_000), "horizon": 1, "model": "seasonal_naive"}
    inner: list[Any] = []

    def meanwhile(*_: object) -> Made:
        other = client.application.test_client()
        inner.append(other.post("/predict", json=large))
        small = io.BytesIO(b'{"horizon": 3}')  # of unknown length, and yet not kept waiting
        chunked = {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}
        answer = other.post("/predict", input_stream=small, content_type="application/json", environ_overrides=chunked)
        assert answer.status_code == 200
        return Made(b'"version":"x"}')

    monkeypatch.setattr(Standby, "do", meanwhile)
    assert client.post("/predict", json=large).status_code == 200
    (refused,) = inner
    problem(refused, 503)
    assert int(refused.headers["Retry-After"]) > 0
    assert client.post("/predict", json=large).status_code == 200


def test_a_body_that_comes_in_parts(client: FlaskClient) -> None:
    """Such a one does not say how large it is."""
    for sent, status in ((b'{"horizon": 3}', 200), (json.dumps({"history": history(140)}).encode(), 200),
                         (b'{"horizon": 3' + b" " * 100_000 + b"}", 413)):  # fmt: skip
        answer = client.post(
            "/predict", input_stream=io.BytesIO(sent), content_type="application/json",
            environ_overrides={"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"},
        )  # fmt: skip
        assert answer.status_code == status, answer.get_data(as_text=True)


@pytest.mark.parametrize(
    "more",
    [{}, {"horizon": 3.0}, {"horizon": "3"}, {"horizon": True}, {"horizon": None}, {"levels": [95]}, {"levels": []},
     {"levels": [95.0]}, {"levels": ["95"]}, {"model": "ets"}, {"model": "x"}, {"measure": "revenue"},
     {"segment": "total"}, {"version": "v1"}, {"date": "2024-06-01"}, {"series": []}, {"history": None}, {"x": 1}],
    ids=str,
)  # fmt: skip
def test_schema_and_server_agree(client: FlaskClient, more: dict[str, Any]) -> None:
    sent = {"history": history(35), **more}
    expected = 200 if schema_of(document(), "PredictBody").is_valid(sent) else 422
    assert client.post("/predict", json=sent).status_code == expected


def test_the_word_history_alone_means_nothing(client: FlaskClient) -> None:
    assert pointers(problem(client.post("/predict", json={"segment": "history"}), 422)) == ["/segment"]
    assert pointers(problem(client.post("/predict", json=["history"]), 422)) == [""]


def test_a_large_answer_is_whole(client: FlaskClient) -> None:
    sent = {"series": [{"id": str(number), "history": history(60)} for number in range(25)], "horizon": 365}
    answer = client.post("/predict", json=sent)
    assert len(body(answer)["series"][24]["predictions"]) == 365
    assert int(answer.headers["Content-Length"]) == len(answer.get_data()) > 2**20


def test_an_answer_that_may_change_has_no_tag(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Standby, "do", lambda *_: Made(b'"version":"x"}', steady=False))
    for _ in range(2):
        answer = client.post("/predict", json={"history": history(20)})
        assert "ETag" not in answer.headers
        assert answer.headers["Cache-Control"] == "no-store"


def test_a_process_that_is_lost(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(*_: object) -> None:
        raise WorkerLostError("/work/secret")

    monkeypatch.setattr(Standby, "do", lost)
    answer = client.post("/predict", json={"history": history(20)})
    problem(answer, 503)
    assert int(answer.headers["Retry-After"]) > 0


def test_the_worker_loads_no_model_for_it() -> None:
    code = "import app.api.predict, sys; print(*sys.modules)"
    modules = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"statsmodels", "scipy", "tensorflow", "xgboost"} & set(modules)


@pytest.mark.parametrize(
    "sent", [{"history": history(20)}, {"series": [{"id": "a", "history": history(20)}]}], ids=["one", "several"]
)
def test_nothing_of_it_is_noted(client: FlaskClient, settings: Settings, sent: dict[str, Any]) -> None:
    log = client.application.extensions[prediction_log.EXTENSION]
    log.share = 1.0
    for _ in range(2):
        assert client.post("/predict", json={**sent, "horizon": 2, "model": "seasonal_naive"}).status_code == 200
    log.batches.close(30)
    assert newest(open_engine(settings.core.database), 10) == []
