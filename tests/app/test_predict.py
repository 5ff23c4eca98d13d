"""/predict answers from the stored forecasts and refuses everything else readably."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from app.api.predict import MAX_BODY_BYTES
from app.settings import Settings
from tests.app.conftest import ORIGIN, body, forecast_value, is_closed, publish_version


def problem(response: Any, status: int) -> dict[str, Any]:
    """Checks that the answer is a problem document with this status and shows nothing of the inside."""
    assert response.status_code == status, response.get_data(as_text=True)
    assert response.content_type == "application/problem+json"
    found = body(response)
    assert found["status"] == status
    assert found["title"]
    assert found["detail"].endswith(".")
    assert found["request_id"] == response.headers["X-Request-ID"]
    assert "Traceback" not in response.get_data(as_text=True)
    assert "/work" not in response.get_data(as_text=True)
    return found


def pointers(found: dict[str, Any]) -> list[str]:
    return [error["pointer"] for error in found["errors"]]


def test_horizon_gives_every_day_from_the_origin(client: FlaskClient) -> None:
    answer = body(client.post("/predict", json={"horizon": 28}))
    assert list(answer) == [
        "request_id", "model", "version", "measure", "segment", "unit", "data_as_of", "predictions", "warnings",
    ]  # fmt: skip
    assert answer["model"] == "sarima"
    assert answer["version"] == "v1"
    assert (answer["measure"], answer["segment"]) == ("transactions", "total")
    assert answer["data_as_of"] == "2011-12-08"
    assert [one["horizon"] for one in answer["predictions"]] == list(range(1, 29))
    for one in answer["predictions"]:
        value = forecast_value("sarima", "transactions/total", one["horizon"])
        assert one["date"] == (ORIGIN + dt.timedelta(days=one["horizon"])).isoformat()
        assert one["value"] == pytest.approx(value, rel=1e-12)
        assert one["open"] is not is_closed(one["horizon"])
        assert one["intervals"]["80"] == pytest.approx([value * 0.8, value * 1.2])
        assert one["intervals"]["95"] == pytest.approx([value * 0.7, value * 1.4])


def test_closed_day_is_exactly_zero(client: FlaskClient) -> None:
    (saturday,) = body(client.get("/predict?date=2011-12-10"))["predictions"]
    assert saturday == {
        "date": "2011-12-10", "horizon": 2, "value": 0.0, "open": False, "intervals": {"80": [0, 0], "95": [0, 0]},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("query", "sent"),
    [
        ("horizon=7", {"horizon": 7}),
        ("horizon=7", {"horizon": 7.0}),
        ("", {}),
        ("date=2012-12-07", {"date": "2012-12-07"}),
        ("dates=2011-12-20,2011-12-12&dates=2011-12-12", {"dates": ["2011-12-12", "2011-12-20"]}),
        ("horizon=3&measure=revenue&segment=country:France&model=seasonal_naive&levels=95",
         {"horizon": 3, "measure": "revenue", "segment": "country:France", "model": "seasonal_naive", "levels": [95]}),
        ("version=v1&levels=80,95", {"version": "champion", "model": "champion", "levels": [95, 80, 80]}),
        ("horizon=2", {"horizon": 2, "date": None, "dates": None}),
    ],
)  # fmt: skip
def test_get_and_post_agree(client: FlaskClient, query: str, sent: dict[str, Any]) -> None:
    first, second = client.get(f"/predict?{query}"), client.post("/predict", json=sent)
    assert first.status_code == second.status_code == 200, first.get_data(as_text=True)
    one, other = body(first), body(second)
    assert one.pop("request_id") != other.pop("request_id")
    assert one == other
    assert first.headers["ETag"] == second.headers["ETag"]


def test_default_is_28_days(client: FlaskClient) -> None:
    assert len(body(client.get("/predict"))["predictions"]) == 28


def test_segment_model_and_levels_select(client: FlaskClient) -> None:
    answer = body(client.get("/predict?segment=country%3AFrance&model=sarima&horizon=1&levels=80"))
    (one,) = answer["predictions"]
    assert one["value"] == forecast_value("sarima", "transactions/country:France", 1)
    assert list(one["intervals"]) == ["80"]
    assert any("seasonal_naive was better" in text for text in answer["warnings"])


def test_old_data_are_told(client: FlaskClient) -> None:
    (warning,) = body(client.get("/predict?horizon=1"))["warnings"]
    age = (dt.date.today() - ORIGIN).days
    assert warning == f"The data end on 2011-12-08, {age} days ago; horizons count from that day."


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ({"horizon": 0}, ["/horizon"]),
        ({"horizon": 366}, ["/horizon"]),
        ({"horizon": -1}, ["/horizon"]),
        ({"horizon": "28"}, ["/horizon"]),
        ({"horizon": "abc"}, ["/horizon"]),
        ({"horizon": True}, ["/horizon"]),
        ({"horizon": 2.5}, ["/horizon"]),
        ({"horizon": 10**400}, ["/horizon"]),
        ({"horizon": [3]}, ["/horizon"]),
        ({"horizon": 3, "date": "2011-12-12"}, ["/horizon", "/date"]),
        ({"date": "2011-12-12", "dates": ["2011-12-12"]}, ["/date", "/dates"]),
        ({"date": "2011-12-08"}, ["/date"]),
        ({"date": "2012-12-08"}, ["/date"]),
        ({"date": "tomorrow"}, ["/date"]),
        ({"date": 1323648000}, ["/date"]),
        ({"date": "2011-02-30"}, ["/date"]),
        ({"dates": []}, ["/dates"]),
        ({"dates": ["2011-12-12", "2009-01-01", "x"]}, ["/dates/2"]),
        ({"dates": ["2011-12-12", "2009-01-01"]}, ["/dates/1"]),
        ({"measure": "visits"}, ["/measure"]),
        ({"measure": "orders"}, ["/measure"]),
        ({"segment": "country:Narnia"}, ["/segment"]),
        ({"model": "oracle"}, ["/model"]),
        ({"model": "oracle", "segment": "x", "version": "v9"}, ["/version", "/model", "/segment"]),
        ({"levels": [50]}, ["/levels/0"]),
        ({"levels": []}, ["/levels"]),
        ({"horizons": 3}, ["/horizons"]),
        ({"a/b~c": 3}, ["/a~1b~0c"]),
        ([], [""]),
        (28, [""]),
    ],
)
def test_wrong_values_are_pointed_at(client: FlaskClient, sent: Any, expected: list[str]) -> None:
    assert pointers(problem(client.post("/predict", json=sent), 422)) == expected


@pytest.mark.parametrize(
    "query", ["horizon=0", "horizon=abc", "horizon=", "horizon=1_0", "horizon=3&horizon=4", "date=2011-12-07", "x=1",
              "levels=70", "dates=", "horizon=1&date=2011-12-12", "horizon=99999999999999999999"],
)  # fmt: skip
def test_wrong_queries_are_pointed_at(client: FlaskClient, query: str) -> None:
    found = problem(client.get(f"/predict?{query}"), 422)
    assert pointers(found)[0].startswith(f"/{query.partition('=')[0]}")


def test_refusals_list_what_exists(client: FlaskClient) -> None:
    def detail(sent: dict[str, Any]) -> str:
        return str(body(client.post("/predict", json=sent))["errors"][0]["detail"])

    assert all(name in detail({"segment": "country:Narnia"}) for name in ("total", "country:France"))
    assert all(name in detail({"model": "oracle"}) for name in ("champion", "seasonal_naive", "sarima"))
    assert "v1" in detail({"version": "v2"})
    assert "'customers'" in detail({"measure": "visits"})
    assert "2011-12-09" in detail({"date": "2010-01-01"})
    assert "2012-12-07" in detail({"date": "2020-01-01"})


@pytest.mark.parametrize("sent", [b"", b"{", b'{"horizon": }', b"\xff\xfe", b"[" * 10_000, b'{"horizon": 1} x'])
def test_malformed_json(client: FlaskClient, sent: bytes) -> None:
    found = problem(client.post("/predict", data=sent, content_type="application/json"), 400)
    assert "JSON" in found["detail"]


@pytest.mark.parametrize("content_type", [None, "text/plain", "application/x-www-form-urlencoded", "application/jsonx"])
def test_wrong_content_type(client: FlaskClient, content_type: str | None) -> None:
    problem(client.post("/predict", data=b'{"horizon": 3}', content_type=content_type), 415)


def test_json_with_charset_is_json(client: FlaskClient) -> None:
    answer = client.post("/predict", data=b'{"horizon": 3}', content_type="application/json; charset=utf-8")
    assert answer.status_code == 200


def test_too_large(client: FlaskClient) -> None:
    problem(client.post("/predict", data=b" " * (MAX_BODY_BYTES + 1), content_type="application/json"), 413)


def test_not_ready(waiting: FlaskClient) -> None:
    answer = waiting.get("/predict?horizon=3")
    problem(answer, 503)
    assert int(answer.headers["Retry-After"]) > 0


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize(("path", "allowed"), [("/predict", "POST"), ("/health", "GET"), ("/health/live", "GET")])
def test_wrong_method(client: FlaskClient, method: str, path: str, allowed: str) -> None:
    answer = client.open(path, method=method)
    problem(answer, 405)
    assert allowed in answer.headers["Allow"]
    assert method not in answer.headers["Allow"]


@pytest.mark.parametrize(
    "path", ["/predict/7", "/predict/a/b", "/health/x", "/monitoring", "/models/3/x", "/v2/x", "/api", "/metrics/x"]
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_unknown_route(client: FlaskClient, method: str, path: str) -> None:
    problem(client.open(path, method=method), 404)


def test_trailing_slash_is_the_same(client: FlaskClient) -> None:
    assert client.get("/predict/?horizon=1").status_code == 200


def test_etag_answers_not_modified(client: FlaskClient) -> None:
    first = client.get("/predict?horizon=3")
    again = client.get("/predict?horizon=3", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    assert again.get_data() == b""
    assert again.headers["ETag"] == first.headers["ETag"]
    other = client.get("/predict?horizon=4", headers={"If-None-Match": first.headers["ETag"]})
    assert other.status_code == 200
    assert other.headers["ETag"] != first.headers["ETag"]


def test_request_id_is_new_or_the_clients(client: FlaskClient) -> None:
    answers = [client.get("/predict?horizon=3") for _ in range(2)]
    ids = [body(answer)["request_id"] for answer in answers]
    assert ids == [answer.headers["X-Request-ID"] for answer in answers]
    assert ids[0] != ids[1]
    mine = client.get("/predict?horizon=3", headers={"X-Request-ID": "order-77"})
    assert body(mine)["request_id"] == "order-77"
    strange = client.get("/predict?horizon=3", headers={"X-Request-ID": '"},{'})
    assert body(strange)["request_id"] != '"},{'


def test_a_repeated_request_is_not_computed_again(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    first = body(client.get("/predict?horizon=3&measure=revenue"))
    monkeypatch.setattr("app.api.predict.make_answer", lambda *_: pytest.fail("computed again"))
    again = body(client.get("/predict?horizon=3&measure=revenue"))
    assert again["predictions"] == first["predictions"]


def test_the_cache_keeps_content_types_apart(client: FlaskClient) -> None:
    sent = b'{"horizon": 3}'
    assert client.post("/predict", data=sent, content_type="application/json").status_code == 200
    assert client.post("/predict", data=sent, content_type="text/plain").status_code == 415


def test_a_new_champion_answers_at_once(client: FlaskClient, settings: Settings) -> None:
    before = client.get("/predict?horizon=3")
    version = publish_version(settings.core, best={"transactions/total": "seasonal_naive"})
    client.application.extensions["tidemark"].registry._looked_at = float("-inf")
    after = client.get("/predict?horizon=3")
    assert (body(before)["model"], body(after)["model"]) == ("sarima", "seasonal_naive")
    assert body(after)["version"] == version == "v2"
    assert before.headers["ETag"] != after.headers["ETag"]


@hypothesis_settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)  # the client is the same for every example: nothing that it is asked changes it
@given(
    st.dictionaries(
        st.sampled_from(["horizon", "date", "dates", "measure", "segment", "model", "version", "levels", "other"]),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.dates().map(str),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=2),
            max_leaves=4,
        ),
        max_size=4,
    )
)
def test_no_body_breaks_it(client: FlaskClient, sent: dict[str, Any]) -> None:
    answer = client.post("/predict", json=sent)
    assert answer.status_code in (200, 400, 422)
    if answer.status_code != 200:
        problem(answer, answer.status_code)


@hypothesis_settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.sampled_from(["horizon", "date", "dates", "segment", "levels", "ä"]), st.text(), max_size=3))
def test_no_query_breaks_it(client: FlaskClient, query: dict[str, str]) -> None:
    answer = client.get("/predict", query_string=query)
    assert answer.status_code in (200, 422)
    if answer.status_code != 200:
        problem(answer, 422)


def test_a_mistake_of_ours_shows_nothing(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("/work/secret path")

    monkeypatch.setattr("app.api.predict.make_answer", fail)
    found = problem(client.get("/predict?horizon=9"), 500)
    assert "secret" not in str(found)
