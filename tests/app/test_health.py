"""/health tells how the service is; the probes answer what orchestrators ask."""

from __future__ import annotations

import datetime as dt

import pytest
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError

from app.settings import Settings
from callbacks.services import EXTENSION
from core import __version__
from core.lifecycle.jobs import Jobs
from core.state.engine import open_engine
from tests.app.conftest import ORIGIN, body


def test_before_the_first_forecast(waiting: FlaskClient) -> None:
    assert body(waiting.get("/health")) == {
        "status": "preparing",
        "version": None,
        "data_as_of": None,
        "age": {"data_days": None, "version_hours": None},
        "problems": [],
    }
    assert waiting.get("/health/live").status_code == 200
    ready = waiting.get("/health/ready")
    assert ready.status_code == 503
    assert ready.content_type == "application/problem+json"
    assert ready.headers["Retry-After"] == "5"


def test_with_a_champion(client: FlaskClient) -> None:
    answer = client.get("/health")
    found = body(answer)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert (found["status"], found["version"], found["data_as_of"]) == ("ok", "v1", "2011-12-08")
    assert found["age"]["data_days"] == (dt.date.today() - ORIGIN).days
    trained = dt.datetime(2026, 11, 20, 10, tzinfo=dt.UTC)
    hours = (dt.datetime.now(dt.UTC) - trained).total_seconds() / 3600
    assert found["age"]["version_hours"] == pytest.approx(hours, abs=0.1)
    assert client.get("/health/ready").status_code == 200


def test_a_failed_job_is_a_problem(client: FlaskClient, settings: Settings) -> None:
    jobs = Jobs(open_engine(settings.core.database))
    with pytest.raises(ValueError, match="x"), jobs.run(jobs.start("train", "test", "to see it fail")):
        raise ValueError("x")
    found = body(client.get("/health"))
    assert found["status"] == "degraded"
    assert len(found["problems"]) == 1
    assert found["problems"][0].startswith("The last train job failed: ")
    assert client.get("/health/ready").status_code == 200


def test_without_a_database(waiting: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone() -> None:
        raise OperationalError("select", {}, Exception("/secret/path is gone"))

    monkeypatch.setattr(waiting.application.extensions[EXTENSION].registry, "champion", gone)
    answer = waiting.get("/health")
    assert answer.status_code == 200
    assert body(answer)["status"] == "degraded"
    assert "secret" not in answer.get_data(as_text=True)
    assert waiting.get("/health/live").status_code == 200
    assert waiting.get("/health/ready").status_code == 503
    assert waiting.get("/predict").status_code == 503
    assert body(waiting.get("/info"))["version"] is None


def test_live_looks_at_nothing(waiting: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    waiting.application.extensions.pop(EXTENSION)
    assert body(waiting.get("/health/live")) == {"status": "live"}


def test_info(client: FlaskClient) -> None:
    found = body(client.get("/info"))
    assert set(found["measures"]) == {"transactions", "revenue"}
    assert set(found["segments"]) == {"total", "country:France"}
    assert set(found["models"]) == {"seasonal_naive", "sarima"}
    assert found["levels"] == [80, 95]
    assert found["max_horizon"] == 365
    assert found["software"]["tidemark"] == __version__
    assert found["data_as_of"] == "2011-12-08"


def test_every_answer_names_its_request(client: FlaskClient) -> None:
    for path in ("/health", "/health/live", "/info", "/predict/none"):
        assert client.get(path, headers={"X-Request-ID": "abc"}).headers["X-Request-ID"] == "abc"
