"""Retraining under two web workers: what two browsers, the API and the processes see of it, from click to end."""

from __future__ import annotations

import json
import signal
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Browser, Page, expect

from core.config import Config
from core.lifecycle.audit import CHAMPION
from core.lifecycle.bootstrap import TRAIN
from core.lifecycle.jobs import Job, Jobs
from core.lifecycle.processes import alive
from core.lifecycle.registry import Registry
from core.state.engine import open_engine
from core.state.tables import now
from tests.browser.conftest import Server, bootstrapped, serving, visiting

pytestmark = pytest.mark.browser

WORKER_BYTES = 250e6


@pytest.fixture(scope="module")
def two_workers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """v1 serves, made by the poorest model, so that the next training is promoted; that one takes a while."""
    data_dir = bootstrapped(tmp_path_factory, 20_000, "seasonal_naive")
    with serving(data_dir, WORKERS="2", MODELS="seasonal_naive,gp,sarima") as running:
        yield running


def jobs_of(server: Server) -> Jobs:
    return Jobs(open_engine(Config(data_dir=server.data_dir).database))


def until(condition: Callable[[], bool], seconds: float = 60) -> bool:
    deadline = time.monotonic() + seconds
    while not (met := condition()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return met


def running_job(server: Server) -> Job:
    jobs = jobs_of(server)
    assert until(lambda: (job := jobs.latest(TRAIN)) is not None and job.state == "running" and job.progress > 0)
    found = jobs.latest(TRAIN)
    assert found is not None
    return found


def percent(page: Page) -> int:
    bar = page.locator("#lifecycle-job").get_by_label("Training", exact=True)
    expect(bar).to_be_visible()
    return int(bar.get_attribute("value") or -1)


def predicted_version(server: Server) -> str:
    """From a new connection, so that either worker may answer."""
    with urllib.request.urlopen(f"{server.url}/predict?horizon=1", timeout=10) as answer:
        return str(json.load(answer)["version"])


def test_progress_survives_everything_and_a_second_browser_cancels(browser: Browser, two_workers: Server) -> None:
    with visiting(browser, two_workers.url) as one, visiting(browser, two_workers.url) as two:
        page = one.open("/lifecycle")
        page.get_by_role("button", name="Retrain").click()
        job = running_job(two_workers)
        seen = [percent(page)]
        page.get_by_role("link", name="Forecast").click()
        one.settle()
        expect(page.locator("#freshness")).to_contain_text("At work")
        page.get_by_role("link", name="Models").click()
        one.settle()
        seen.append(percent(page))
        page.reload()
        one.settle()
        seen.append(percent(page))
        other = two.open("/lifecycle")
        seen.append(percent(other))
        assert seen == sorted(seen)
        assert until(lambda: percent(other) > seen[0])  # it moves
        asked = now()
        other.get_by_role("button", name="Cancel: training").click()
        jobs = jobs_of(two_workers)
        assert until(lambda: jobs.get(job.id).state == "cancelled")
        assert (jobs.get(job.id).finished_at - asked).total_seconds() < 3  # 2 s after the click has arrived
        for visitor in (one, two):
            expect(visitor.page.locator("#lifecycle-job")).to_contain_text("was cancelled")
    assert predicted_version(two_workers) == "v1"
    assert [path.name for path in (two_workers.data_dir / "models" / "versions").iterdir()] == ["v1"]


def test_the_new_champion_shows_everywhere(browser: Browser, two_workers: Server) -> None:
    registry = Registry(Config(data_dir=two_workers.data_dir))
    with visiting(browser, two_workers.url) as one, visiting(browser, two_workers.url) as two:
        page = one.open("/lifecycle")
        forecast = two.open("/forecast")
        expect(forecast.locator("#freshness")).to_contain_text("v1 · ")
        before = forecast.locator("#forecast-body").inner_text()
        page.get_by_role("button", name="Retrain").click()
        assert until(lambda: registry.aliases()[CHAMPION] == "v2", 180)
        moved_at = registry.history()[0].at
        expect(forecast.locator("#freshness")).to_contain_text("v2 · ")
        shown = (now() - moved_at).total_seconds()
        assert {predicted_version(two_workers) for _ in range(20)} == {"v2"}
        told = (now() - moved_at).total_seconds()
        assert until(lambda: forecast.locator("#forecast-body").inner_text() != before)
        drawn = (now() - moved_at).total_seconds()
        sys.stdout.write(f"shown after {shown:.2f} s, drawn after {drawn:.2f} s, /predict by {told:.2f} s\n")
        expect(page.locator("#lifecycle-job")).to_contain_text("v2")
        expect(page.locator("#lifecycle-body")).to_contain_text("Version v2 has been in use")
    for pid in two_workers.worker_pids():
        assert "tensorflow" not in Path(f"/proc/{pid}/maps").read_text()
        assert psutil.Process(pid).memory_info().rss < WORKER_BYTES


def test_nothing_is_left_when_the_server_stops(browser: Browser, two_workers: Server) -> None:
    jobs = jobs_of(two_workers)
    with serving(two_workers.data_dir, WORKERS="2", MODELS="seasonal_naive,sarima,theta") as server:
        with visiting(browser, server.url) as one:
            page = one.open("/lifecycle")
            page.get_by_role("button", name="Retrain").click()
            job = running_job(two_workers)
            one.problems.clear()
        family = psutil.Process(server.pid).children(recursive=True)
        started = [(one.pid, one.create_time()) for one in family]
        assert len(family) > 2  # two workers and the job
        psutil.Process(server.pid).send_signal(signal.SIGTERM)
        assert until(lambda: not any(alive(pid, begun) for pid, begun in started), 20)
    jobs.reap()
    ended = jobs.get(job.id)
    assert ended is not None
    assert ended.state == "interrupted"
