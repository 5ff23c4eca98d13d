"""A backtest as a job: what comes first, what it ends with, what stops it, and what is refused."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from core.config import Config
from core.errors import InputError, NotReadyError
from core.evaluation.backtest import backtest, make_folds
from core.evaluation.cache import PointsCache
from core.evaluation.leaderboard import leaderboard
from core.lifecycle import backtest_job
from core.lifecycle.backtest_job import LIGHT, Request, backtest_for_job, calendars_of, check_size, steps
from core.lifecycle.backtests import Backtests
from core.lifecycle.jobs import Job, JobCancelledError, JobRun, Jobs
from core.lifecycle.work import BACKTEST, work_in_this_process
from core.models.base import Fold
from core.state.engine import open_engine
from core.transactions.load import prepare
from core.transactions.store import Store
from tests.core.lifecycle.shop import write_shop

SMALL: dict[str, Any] = {
    "models": ["weekday_mean", "theta"], "measures": ["units"], "segments": ["total"], "folds": 6, "step": 14,
    "horizon": 14,
}  # fmt: skip


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Config:
    folder = tmp_path_factory.mktemp("shop")
    config = Config(data_dir=folder / "data", models=("seasonal_naive", "weekday_mean"))
    prepare(config, write_shop(folder / "shop.csv", 220))
    return config


@pytest.fixture
def jobs(home: Config) -> Jobs:
    return Jobs(open_engine(home.database))


def begun(jobs: Jobs, request: Mapping[str, Any] | None = None) -> Job:
    job = jobs.start(BACKTEST, "ana", "which model?", request)
    assert job.is_new
    return job


def test_steps_go_from_light_to_everything() -> None:
    folds = tuple(Fold(dt.date(2020, 1, day), 7) for day in range(1, 9))

    def told(models: tuple[str, ...], count: int = 8) -> list[tuple[str, tuple[str, ...], int]]:
        return [(one.part, one.models, len(one.folds)) for one in steps(models, folds[:count])]

    assert told(("ets", "lstm")) == [
        ("preview", ("ets",), 3),
        ("light", ("ets",), 8),
        ("whole", ("ets", "lstm"), 8),
    ]
    assert told(("lstm",)) == [("preview", LIGHT[:2], 3), ("whole", ("lstm",), 8)]
    assert told(("ets",)) == [("preview", ("ets",), 3), ("whole", ("ets",), 8)]
    assert told(("ets",), 2) == [("whole", ("ets",), 2)]
    assert steps(("ets",), folds)[0].folds == folds[-3:]


def test_a_preview_comes_first_and_the_whole_is_core_s(home: Config, jobs: Jobs) -> None:
    kept, job = Backtests(home.backtests_dir), begun(jobs, SMALL)
    seen: list[tuple[str, int, list[str]]] = []

    class Watched(JobRun):
        def __call__(self, fraction: float, message: str = "") -> None:
            found = kept.get(f"b{self.job_id}")
            if found is not None and (not seen or seen[-1][0] != found.part):
                seen.append((found.part, len(found.manifest["folds"]), list(found.manifest["models"])))
            super().__call__(fraction, message)

    with jobs.run(job):
        told = backtest_for_job(home, Watched(open_engine(home.database), job.id), job.request)
    assert seen == [("preview", 3, ["weekday_mean"]), ("light", 6, ["weekday_mean"])]
    assert told == {"backtest": f"b{job.id}", "models": SMALL["models"], "series": 1, "folds": 6}
    found = kept.get(f"b{job.id}")
    assert found is not None
    assert found.part == "whole"
    generation = Store(home.store_dir).current()
    assert generation is not None
    whole = generation.panel()
    # of all series, as a training would: sums, weights and intervals of one depend on the others
    all_series = backtest(SMALL["models"], whole, make_folds(whole, 14, 6, 14), calendars_of(home, generation, whole))
    theirs = all_series.frame[(all_series.frame["measure"] == "units") & (all_series.frame["segment"] == "total")]
    read = found.backtest()
    for column in ("mean", "y", "lo80", "hi95", "scale"):
        assert read[column].to_numpy().tobytes() == theirs[column].to_numpy().tobytes()
    assert leaderboard(read)["wape"].notna().all()
    assert found.manifest["request"] == Request.of(SMALL).to_json()
    assert found.calendar().is_open(whole.days).any()


def test_cancelled_after_the_preview_the_preview_stays(home: Config, jobs: Jobs) -> None:
    kept, job = Backtests(home.backtests_dir), begun(jobs, SMALL)
    asked: list[float] = []

    class Stopped(JobRun):
        def __call__(self, fraction: float, message: str = "") -> None:
            if not asked and kept.stamp(f"b{self.job_id}"):
                jobs.cancel(self.job_id)
                asked.append(time.monotonic())
            super().__call__(fraction, message)

    def stopped_in_between() -> None:
        with jobs.run(job):
            backtest_for_job(home, Stopped(open_engine(home.database), job.id), {**SMALL, "window": 60})

    with pytest.raises(JobCancelledError):
        stopped_in_between()
    assert time.monotonic() - asked[0] < 2
    found = jobs.get(job.id)
    assert found is not None
    assert found.state == "cancelled"
    assert kept.stamp(f"b{job.id}") == f"b{job.id} preview"
    assert not list(home.backtests_dir.glob(".tmp-*"))


def test_the_work_of_the_table_ends_in_the_table(home: Config, jobs: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.lifecycle.work.become_job", lambda parent: None)
    monkeypatch.setattr(PointsCache, "store", lambda *_: None)
    job = begun(jobs, {"models": ["seasonal_naive"], "folds": 2})
    work_in_this_process(home, job.id)
    done = jobs.get(job.id)
    assert done is not None
    assert (done.state, done.error, done.progress) == ("done", None, 1.0)
    assert done.result["backtest"] == f"b{job.id}"
    refused = begun(jobs, {"segments": ["country:Atlantis"]})
    work_in_this_process(home, refused.id)
    failed = jobs.get(refused.id)
    assert failed is not None
    assert failed.state == "failed"
    assert "none of the series asked for" in str(failed.error)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"models": ["ensemble", "x<y"]}, "there is no x<y"),
        ({"measures": ["cats"]}, "there is no cats"),
        ({"folds": 1}, "folds: 1 is not possible. Use 2 to 52"),
        ({"folds": True}, "folds: True"),
        ({"step": 0}, "step: 0 is not possible"),
        ({"horizon": 92}, "horizon: 92 is not possible. Use 1 to 91"),
        ({"horizon": "28"}, "horizon: 28"),
        ({"window": 27}, "window: 27 days cannot be learnt from"),
        ({"weather": 1}, "knows no weather"),
    ],
)
def test_what_is_refused(values: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError) as refused:
        Request.of(values)
    assert words in str(refused.value)


def test_requests_are_plain_values() -> None:
    asked = Request.of({"models": ["lstm", "ets"], "segments": ["total"], "folds": 9, "window": None})
    assert asked.models == ("ets", "lstm")
    assert Request.of(asked.to_json()) == asked
    assert Request.of(None) == Request.of({"models": []}) == Request()


def test_more_than_a_page_can_show_is_refused() -> None:
    check_size(9, 60, 8, 28)
    with pytest.raises(InputError, match="are too many"):
        check_size(9, 60, 52, 28)


def test_without_data_and_with_too_few(tmp_path: Path, jobs: Jobs, home: Config) -> None:
    run = JobRun(open_engine(home.database), 1)
    with pytest.raises(NotReadyError):
        backtest_for_job(Config(data_dir=tmp_path), run, None)
    short = Config(data_dir=tmp_path / "short")
    prepare(short, write_shop(tmp_path / "shop.csv", 40))
    with pytest.raises(InputError, match="too few for test periods of 28 days"):
        backtest_for_job(short, run, {"models": ["seasonal_naive"]})
    assert Request.folds > backtest_job.PREVIEW_FOLDS
