"""/v2: the stored forecasts by the Open Inference Protocol."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.settings import Settings
from core import __version__
from tests.app.api_help import accepts, bad, good
from tests.app.conftest import MODELS, ORIGIN, body, forecast_value, is_closed, publish_version

INFER = "/v2/models/champion/infer"
HORIZON = {"name": "horizon", "datatype": "INT64", "shape": [1], "data": [3]}
MEASURE = {"name": "measure", "datatype": "BYTES", "shape": [1], "data": ["revenue"]}
SEGMENT = {"name": "segment", "datatype": "BYTES", "shape": [1], "data": ["country:France"]}


def ask(client: FlaskClient, *inputs: dict[str, Any], path: str = INFER, **more: Any) -> Any:
    return client.post(path, json={"inputs": list(inputs), **more})


def tensors(answer: Any) -> dict[str, list[Any]]:
    """Data by name, as a client reads them: by the shape."""
    found = good(answer)
    for one in found["outputs"]:
        assert one["shape"] == [len(one["data"])]
    return {one["name"]: one["data"] for one in found["outputs"]}


def test_before_the_first_forecast(waiting: FlaskClient) -> None:
    assert good(waiting.get("/v2")) == {"name": "tidemark", "version": __version__, "extensions": []}
    assert good(waiting.get("/v2/health/live")) == {"live": True}
    for answer in (
        waiting.get("/v2/health/ready"),
        waiting.get("/v2/models/champion"),
        waiting.get("/v2/models/champion/ready"),
        ask(waiting, HORIZON),
    ):
        sentence = bad(answer, 503)
        assert body(answer)["error"] == sentence
        assert answer.headers["Retry-After"]
    bad(waiting.get("/v2/models/champion/versions/v1"), 404)


def test_with_a_forecast(client: FlaskClient) -> None:
    assert good(client.get("/v2/health/ready")) == {"ready": True}
    for name in ("champion", *MODELS):
        assert good(client.get(f"/v2/models/{name}/ready")) == {"name": name, "ready": True}
        assert good(client.get(f"/v2/models/{name}/versions/v1/ready")) == {"name": name, "ready": True}
        about = good(client.get(f"/v2/models/{name}"))
        assert about == good(client.get(f"/v2/models/{name}/versions/v1"))
        assert (about["name"], about["versions"]) == (name, ["v1"])


def test_every_output_that_is_promised_comes(client: FlaskClient) -> None:
    promised = {one["name"]: one["datatype"] for one in good(client.get("/v2/models/champion"))["outputs"]}
    given = good(ask(client, HORIZON))["outputs"]
    assert {one["name"]: one["datatype"] for one in given} == promised
    kinds = {"BYTES": str, "INT64": int, "FP64": float, "BOOL": bool}
    for one in given:
        assert {type(value) for value in one["data"]} == {kinds[one["datatype"]]}


def test_values_are_the_stored_ones(client: FlaskClient) -> None:
    found = tensors(ask(client, HORIZON))
    value = [forecast_value("sarima", "transactions/total", ahead) for ahead in (1, 2, 3)]
    assert found == {
        "date": [(ORIGIN + dt.timedelta(days=ahead)).isoformat() for ahead in (1, 2, 3)],
        "horizon": [1, 2, 3],
        "value": value,
        "open": [not is_closed(ahead) for ahead in (1, 2, 3)],
        "lo80": [one * 0.8 for one in value],
        "hi80": [one * 1.2 for one in value],
        "lo95": [one * 0.7 for one in value],
        "hi95": [one * 1.4 for one in value],
    }


def test_the_same_as_predict(client: FlaskClient) -> None:
    mine = tensors(ask(client, {**HORIZON, "data": [365]}, MEASURE, SEGMENT, path="/v2/models/sarima/infer"))
    query = "horizon=365&measure=revenue&segment=country:France&model=sarima"
    theirs = body(client.get(f"/predict?{query}"))["predictions"]
    assert mine["date"] == [one["date"] for one in theirs]
    assert mine["value"] == [one["value"] for one in theirs]
    assert [list(pair) for pair in zip(mine["lo95"], mine["hi95"], strict=True)] == [
        one["intervals"]["95"] for one in theirs
    ]


def test_what_the_answer_says_of_itself(client: FlaskClient) -> None:
    answer = good(ask(client, HORIZON, SEGMENT, id="my own"))
    assert (answer["model_name"], answer["model_version"], answer["id"]) == ("champion", "v1", "my own")
    assert answer["parameters"] == {
        "model": "seasonal_naive", "measure": "transactions", "segment": "country:France", "unit": "lines",
        "data_as_of": "2011-12-08",
    }  # fmt: skip
    other = client.post(INFER, json={"inputs": []}, headers={"X-Request-ID": "seven"})
    assert good(other)["id"] == "seven"
    assert len(tensors(other)["date"]) == 28


def test_outputs_that_are_wanted(client: FlaskClient) -> None:
    wanted = [{"name": "value", "parameters": {"binary_data": False}}, {"name": "date"}, {"name": "value"}]
    assert list(tensors(ask(client, HORIZON, outputs=wanted))) == ["value", "date"]
    assert len(tensors(ask(client, HORIZON, outputs=[]))) == 8


def test_earlier_versions(client: FlaskClient, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.lifecycle.registry.TRACE_EVERY", 0.0)
    publish_version(settings.core, best={"transactions/total": "seasonal_naive"}, models={"seasonal_naive": {}})
    assert good(ask(client, HORIZON))["model_version"] == "v2"
    old = ask(client, HORIZON, MEASURE, path="/v2/models/sarima/versions/v1/infer")
    assert good(old)["model_version"] == "v1"
    assert tensors(old)["value"][0] == forecast_value("sarima", "revenue/total", 1)
    assert good(client.get("/v2/models/seasonal_naive"))["versions"] == ["v2", "v1"]
    assert good(client.get("/v2/models/sarima/versions/v1"))["versions"] == ["v1"]
    assert "Known are champion, seasonal_naive" in bad(client.get("/v2/models/sarima"), 404)
    assert "no measure revenue" in bad(ask(client, HORIZON, MEASURE), 422, "/inputs/1/data/0")
    (settings.core.models_dir / "versions" / "v1" / "forecasts.parquet").write_bytes(b"broken")
    bad(client.get("/v2/models/sarima/versions/v1/ready"), 404)


@pytest.mark.parametrize("name", ["x", "%00", "challenger", "a" * 3000, "Champion", "%F0%9F%92%A9"])
def test_unknown_models_and_versions(client: FlaskClient, name: str) -> None:
    for path in (f"/v2/models/{name}", f"/v2/models/champion/versions/{name}"):
        for answer in (client.get(path), client.get(f"{path}/ready"), ask(client, HORIZON, path=f"{path}/infer")):
            sentence = bad(answer, 404)
            assert body(answer)["error"] == sentence
            assert len(sentence) < 200


def test_what_cannot_be(client: FlaskClient) -> None:
    assert "more than once" in bad(ask(client, HORIZON, HORIZON), 422, "/inputs/1/name")
    assert "country:France" in bad(ask(client, HORIZON, {**SEGMENT, "data": ["x"]}), 422, "/inputs/1/data/0")
    bad(ask(client, {**MEASURE, "data": ["customers"]}), 422, "/inputs/0/data/0")
    bad(ask(client, {**HORIZON, "data": [366]}), 422, "/inputs/0/data/0")
    bad(ask(client, SEGMENT, {**HORIZON, "datatype": "FP32"}), 422, "/inputs/1/datatype")
    bad(ask(client, {**HORIZON, "shape": [2], "data": [1, 2]}), 422, "/inputs/0/shape/0", "/inputs/0/data")
    bad(ask(client, {**HORIZON, "name": "x"}), 422, "/inputs/0")
    bad(client.post(INFER, json=[]), 422, "")
    bad(client.post(f"{INFER}?x=1", json={"inputs": []}), 422, "/x")


def test_bodies_of_other_kinds(client: FlaskClient) -> None:
    assert good(client.post(INFER, data=b'{"inputs": []}'))  # clients of the protocol need not name the type
    bad(client.post(INFER, data=b"{", content_type="application/json"), 400, "")
    bad(client.post(INFER, data=b'{"inputs": []}', content_type="text/plain"), 415)
    headers = {"Inference-Header-Content-Length": "14"}
    assert "as JSON" in bad(client.post(INFER, data=b'{"inputs": []}\x03', headers=headers), 415)
    bad(client.post(INFER, json={"inputs": [], "id": "x" * 70_000}), 413)
    answer = client.put("/v2")
    assert (answer.status_code, body(answer)["error"]) == (405, body(answer)["detail"])


def test_other_errors_have_no_member_of_the_protocol(client: FlaskClient) -> None:
    assert "error" not in body(client.get("/predict?horizon=0"))
    assert "error" not in body(client.get("/models/v2"))


@pytest.mark.parametrize(
    "sent",
    [{}, {"inputs": []}, {"inputs": [HORIZON]}, {"inputs": None}, {"inputs": [HORIZON], "id": 3},
     {"inputs": [{**HORIZON, "data": [3.0]}]}, {"inputs": [{**HORIZON, "data": ["3"]}]},
     {"inputs": [{**HORIZON, "data": [True]}]}, {"inputs": [{**HORIZON, "data": []}]},
     {"inputs": [{**HORIZON, "data": [[3]]}]}, {"inputs": [{**HORIZON, "shape": [1.0]}]},
     {"inputs": [{**HORIZON, "shape": [True]}]}, {"inputs": [{**HORIZON, "shape": []}]},
     {"inputs": [{**HORIZON, "datatype": "INT32"}]}, {"inputs": [{**HORIZON, "x": 1}]},
     {"inputs": [{**HORIZON, "parameters": {"a": 1, "b": "c", "d": True, "e": 0.5}}]},
     {"inputs": [{**HORIZON, "parameters": {"a": None}}]}, {"inputs": [{**HORIZON, "parameters": {"a": []}}]},
     {"inputs": [{**HORIZON, "parameters": None}]}, {"inputs": [{**MEASURE, "data": ["x"]}]},
     {"inputs": [{**MEASURE, "data": [3]}]}, {"inputs": [{**SEGMENT, "data": ["total"]}]},
     {"inputs": [], "outputs": None}, {"inputs": [], "outputs": [{"name": "x"}]}, {"inputs": [], "outputs": ["value"]},
     {"inputs": [], "parameters": {}}, {"inputs": [], "x": 1}, {"inputs": [3]}, [], 3],
    ids=lambda one: repr(one)[-40:],
)  # fmt: skip
def test_schema_and_server_agree(client: FlaskClient, sent: Any) -> None:
    answer = client.post(INFER, json=sent)
    assert answer.status_code == (200 if accepts(answer, sent) else 422)
