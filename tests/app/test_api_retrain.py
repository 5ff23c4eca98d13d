"""POST /models/retrain: a real training in a process of its own, started, watched and ended as it should be."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import psutil
import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.settings import Settings
from callbacks.services import EXTENSION, Services
from core.config import PROJECT_ROOT, Config
from core.lifecycle.bootstrap import TRAIN
from core.lifecycle.jobs import Jobs
from core.lifecycle.recipe import Recipe
from core.lifecycle.training import train
from core.models.catalogue import MODEL_NAMES
from core.state.engine import open_engine
from core.transactions.load import prepare
from tests.app.api_help import accepts, bad, good
from tests.core.lifecycle.shop import write_shop

MODELS = ("seasonal_naive", "weekday_mean")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Config:
    """A small installation whose champion is v1."""
    folder = tmp_path_factory.mktemp("shop")
    config = Config(data_dir=folder / "data", models=MODELS)
    prepare(config, write_shop(folder / "shop.csv", 200))
    train(config, recipe=Recipe(models=MODELS))
    return config


@pytest.fixture
def settings(shop: Config, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Processes that are started read the same settings from the environment."""
    monkeypatch.setenv("DATA_DIR", str(shop.data_dir))
    monkeypatch.setenv("MODELS", ",".join(MODELS))
    return Settings(core=shop, secret_key="of no importance")


@pytest.fixture
def client(server: Flask) -> FlaskClient:
    return server.test_client()


@pytest.fixture
def queued(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Jobs that were to be started; none is."""
    begun: list[int] = []
    monkeypatch.setattr("app.api.models_actions.start_watched", begun.append)
    return begun


def until(condition: Callable[[], Any], seconds: float = 60) -> Any:
    deadline = time.monotonic() + seconds
    while not (met := condition()) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert met
    return met


def jobs_of(server: Flask) -> Jobs:
    found: Services = server.extensions[EXTENSION]
    return found.jobs


def test_a_training_from_beginning_to_end(client: FlaskClient, server: Flask) -> None:
    asked = {"reason": "the range\nhas changed", "measures": ["units", "transactions"], "window": 100}
    answer = client.post("/models/retrain", json=asked)
    job = good(answer, 202)
    assert answer.headers["Location"] == job["url"] == f"/jobs/{job['job']}"
    second = client.post("/models/retrain", json={})
    assert job["url"] in bad(second, 409)
    assert second.headers["Location"] == job["url"]
    ended = until(lambda: (found := good(client.get(job["url"])))["finished_at"] and found)
    assert (ended["state"], ended["error"]) == ("done", None)
    assert (ended["who"], ended["why"]) == ("api at 127.0.0.1", "manual: the range has changed")
    assert ended["request"] == {"measures": ["transactions", "units"], "window": 100}
    made = good(client.get(f"/models/{ended['result']['version']}"))
    assert made["trigger"] == "manual: the range has changed"
    assert (made["measures"], made["window"], made["parent"]) == (["transactions", "units"], 100, "v1")
    assert made["gate"]["code"] == "lacks"  # revenue is missing: it waits
    assert good(client.get("/models/challenger"))["id"] == made["id"]
    # what follows a training goes on in the same process; nothing of it is left behind in the end
    until(lambda: not jobs_of(server).active_jobs() and not psutil.Process().children())


@pytest.mark.parametrize(
    ("asked", "request_"),
    [({}, None), ({"reason": "  "}, None), ({"measures": ["transactions", "units", "revenue"]}, None),
     ({"models": list(MODELS)}, None), ({"models": ["sarima"], "window": 28}, {"models": ["sarima"], "window": 28}),
     ({"measures": ["revenue", "revenue"]}, {"measures": ["revenue"]}), ({"measures": None, "window": None}, None)],
)  # fmt: skip
def test_what_a_usual_training_has_need_not_be_asked_for(
    client: FlaskClient, server: Flask, queued: list[int], asked: Any, request_: Any
) -> None:
    """As on the page: such a version counts as a usual one, not as one that was asked for once."""
    number = good(client.post("/models/retrain", json=asked), 202)["job"]
    assert queued == [number]
    job = jobs_of(server).get(number)
    assert job is not None
    assert (job.kind, job.state, job.why, job.request) == (TRAIN, "queued", "manual", request_)
    assert jobs_of(server).cancel(number)


def test_measures_that_the_data_do_not_have(client: FlaskClient, queued: list[int]) -> None:
    sentence = bad(client.post("/models/retrain", json={"measures": ["units", "orders", "customers"]}), 422,
                   "/measures/1", "/measures/2")  # fmt: skip
    assert "transactions, units, revenue" in sentence
    assert queued == []


@pytest.mark.parametrize(
    "sent",
    [{}, {"window": 27}, {"window": 28}, {"window": 28.0}, {"window": "28"}, {"window": True}, {"window": 10**6},
     {"window": 999_999}, {"measures": []}, {"measures": ["x"]}, {"measures": ["units"] * 20},
     {"measures": ["units"] * 21}, {"models": []}, {"models": list(MODEL_NAMES)}, {"models": ["champion"]},
     {"reason": "a\x00b"}, {"reason": "x" * 501}, {"reason": ""}, {"reason": None}, {"x": 1}, [], "x"],
    ids=lambda one: repr(one)[:40],
)  # fmt: skip
def test_schema_and_server_agree(client: FlaskClient, server: Flask, queued: list[int], sent: Any) -> None:
    answer = client.post("/models/retrain", json=sent)
    assert answer.status_code == (202 if accepts(answer, sent) else 422)
    for number in queued:
        assert jobs_of(server).cancel(number)


def test_a_process_that_cannot_be_started_leaves_the_job_to_the_scheduler(
    client: FlaskClient, server: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError("no more processes")

    monkeypatch.setattr("core.lifecycle.work.subprocess.Popen", full)
    number = good(client.post("/models/retrain", json={}), 202)["job"]
    job = jobs_of(server).get(number)
    assert job is not None
    assert job.state == "queued"
    assert jobs_of(server).cancel(number)


WORKER = """
import json, sys, time
from pathlib import Path
from flask import Flask
from app import api
from app.settings import Settings
from callbacks.services import EXTENSION, Services
from core.lifecycle.jobs import Jobs
from core.lifecycle.registry import Registry
from core.lifecycle.schedule import Schedule
from core.state.engine import open_engine
from core.transactions.store import Store
settings = Settings.from_env()
core, server = settings.core, Flask("worker")
engine = open_engine(core.database)
server.extensions[EXTENSION] = Services(
    settings, Store(core.store_dir), Registry(core), Jobs(engine), Schedule(engine, core), engine
)
api.register(server, settings)
print(server.test_client().post("/models/retrain", json={"reason": "to be killed"}).get_data(as_text=True), flush=True)
time.sleep(60)
"""


def test_a_job_does_not_outlive_the_worker_that_started_it(settings: Settings, server: Flask) -> None:
    """The worker is killed with SIGKILL: its job's process leaves, and the table says that the job was interrupted."""
    worker = subprocess.Popen([sys.executable, "-c", WORKER], cwd=PROJECT_ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert worker.stdout is not None
        number = json.loads(worker.stdout.readline())["job"]
        (child,) = until(lambda: psutil.Process(worker.pid).children())
        assert "jobs run" in " ".join(child.cmdline())
        jobs = Jobs(open_engine(settings.core.database))
        until(lambda: jobs.get(number).state == "running")
    finally:
        os.kill(worker.pid, signal.SIGKILL)
        worker.communicate()
    until(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE)
    jobs.reap()
    ended = jobs.get(number)
    assert ended is not None
    assert ended.state == "interrupted"
    assert good(server.test_client().get(f"/jobs/{number}"))["error"] == "The process that did this work ended."
