"""/jobs: what is done in the background, told without what is not for everybody, and an end to it."""

from __future__ import annotations

import datetime as dt
import re
from contextlib import suppress
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.settings import Settings
from callbacks.services import EXTENSION
from core.errors import InputError
from core.lifecycle.jobs import JobCancelledError, Jobs
from core.state.engine import open_engine, writing
from core.state.tables import JOBS, now
from tests.app.api_help import JOB_KINDS, bad, good


@pytest.fixture
def jobs(server: Flask) -> Jobs:
    return server.extensions[EXTENSION].jobs


def done(jobs: Jobs, kind: str, result: Any = None, **more: Any) -> int:
    job = jobs.start(kind, "test", "to see", more or None)
    with jobs.run(job) as run:
        run(0.5, "half way")
        run.result = result
    return job.id


def test_none(waiting: FlaskClient) -> None:
    assert good(waiting.get("/jobs")) == {"jobs": [], "next": None}


def test_in_pages_and_by_kind(waiting: FlaskClient, jobs: Jobs) -> None:
    numbers = [done(jobs, kind) for kind in ("train", "daily", "train", "train", "monitor")]
    whole = good(waiting.get("/jobs"))["jobs"]
    assert [one["id"] for one in whole] == numbers[::-1]
    assert [one["kind"] for one in whole] == ["monitor", "train", "train", "daily", "train"]
    first = good(waiting.get("/jobs?limit=2&kind=train"))
    assert [one["id"] for one in first["jobs"]] == [4, 3]
    assert first["next"] == 3
    last = good(waiting.get("/jobs?limit=2&kind=train&before=3"))
    assert ([one["id"] for one in last["jobs"]], last["next"]) == ([1], None)
    assert good(waiting.get("/jobs?kind=power"))["jobs"] == []


@pytest.mark.parametrize("kind", ["nothing", "Train", "champion", "%27", ""])
def test_kinds_that_do_not_exist(waiting: FlaskClient, kind: str) -> None:
    sentence = bad(waiting.get(f"/jobs?kind={kind}"), 422, "/kind")
    assert set(re.findall(r"'(\w+)'", sentence)) == JOB_KINDS


def test_one_that_is_done(waiting: FlaskClient, jobs: Jobs) -> None:
    number = done(jobs, "train", {"version": "v3", "champion": True}, window=100)
    found = good(waiting.get(f"/jobs/{number}"))
    assert (found["state"], found["progress"], found["error"], found["left_seconds"]) == ("done", 1.0, None, None)
    assert (found["who"], found["why"]) == ("test", "to see")
    assert found["result"] == {"version": "v3", "champion": True}
    assert found["request"] == {"window": 100}
    assert [(one["level"], one["text"]) for one in found["log"]] == [("info", "half way")]
    assert found["url"] == f"/jobs/{number}"
    assert {"host", "pid", "pid_started"}.isdisjoint(found)


def test_paths_of_the_machine_stay_here(waiting: FlaskClient, jobs: Jobs) -> None:
    number = done(jobs, "prepare", {"generation": "gen-1", "source": "Data: /home/me/secret.csv (DATA_PATH)"})
    answer = waiting.get(f"/jobs/{number}")
    assert good(answer)["result"] == {"generation": "gen-1"}
    assert "secret" not in answer.text


def test_failures_have_a_sentence_and_no_traceback(waiting: FlaskClient, jobs: Jobs) -> None:
    with pytest.raises(ZeroDivisionError), jobs.run(jobs.start("train", "test", "x")):
        _ = 1 / 0
    with pytest.raises(InputError), jobs.run(jobs.start("daily", "test", "x")):
        raise InputError("the shelf is empty")
    first, second = (good(waiting.get(f"/jobs/{number}")) for number in (1, 2))
    assert first["error"] == "Something went wrong inside Tidemark; the log of the server has the details."
    assert [one["level"] for one in first["log"]] == ["error"]
    assert "ZeroDivisionError" not in waiting.get("/jobs/1").text
    assert (second["state"], second["error"]) == ("failed", "the shelf is empty.")


def test_the_time_left_counts_down(waiting: FlaskClient, jobs: Jobs, settings: Settings) -> None:
    job = jobs.start("train", "test", "x")
    with jobs.run(job):
        seen = {"left_seconds": 60.0, "seen_at": now() - dt.timedelta(seconds=20)}
        with writing(open_engine(settings.core.database)) as connection:
            connection.execute(JOBS.update().values(seen))
        assert 30 <= good(waiting.get("/jobs/1"))["left_seconds"] <= 40
    assert good(waiting.get("/jobs/1"))["left_seconds"] is None


def test_cancel_one_that_waits(waiting: FlaskClient, jobs: Jobs) -> None:
    job = jobs.start("train", "test", "x")
    found = good(waiting.post(f"/jobs/{job.id}/cancel"), 202)
    assert (found["state"], found["cancel_requested"]) == ("cancelled", True)
    assert "its state is cancelled" in bad(waiting.post(f"/jobs/{job.id}/cancel"), 409)


def test_cancel_one_that_runs(waiting: FlaskClient, jobs: Jobs) -> None:
    job = jobs.start("train", "test", "x")
    with suppress(JobCancelledError), jobs.run(job) as run:
        for _ in range(2):  # asking again is no error: it is still under way
            found = good(waiting.post(f"/jobs/{job.id}/cancel"), 202)
            assert (found["state"], found["cancel_requested"]) == ("running", True)
        run(0.1, "next step")
    assert good(waiting.get(f"/jobs/{job.id}"))["state"] == "cancelled"
    bad(waiting.post(f"/jobs/{job.id}/cancel"), 409)


@pytest.mark.parametrize(
    "name", ["1", "0", "-1", "2147483648", "9" * 50, "1.0", "x", "%00", "١", "%20", "+1", "null", "a" * 4000]
)
def test_unknown_jobs(waiting: FlaskClient, name: str) -> None:
    assert len(bad(waiting.get(f"/jobs/{name}"), 404)) < 120
    bad(waiting.post(f"/jobs/{name}/cancel"), 404)
