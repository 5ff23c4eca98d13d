"""Work spread over processes: the same results, stopped at once, and nobody left behind."""

import datetime as dt
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import psutil
import pytest

from core.errors import InputError, TidemarkError
from core.evaluation.backtest import backtest, make_folds
from core.evaluation.fanout import Work, compute, last_days, learning_groups, parts_of
from core.evaluation.pool import Task, WorkerLostError, run_here, run_in_pool
from core.lifecycle.jobs import JobCancelledError
from core.models.base import Fold
from core.models.sarima import Sarima
from core.models.seasonal_naive import SeasonalNaive
from core.series.panel import Series
from core.series.panel_calendar import panel_calendars_at
from tests.core.models.businesses import calendar_of, panel_of, regular

ROOT = Path(__file__).parents[3]


def quiet(_fraction: float, _text: str) -> None:
    pass


def children() -> list[psutil.Process]:
    return [child for child in psutil.Process().children() if "core.evaluation.worker" in " ".join(child.cmdline())]


@pytest.fixture(autouse=True)
def _nobody_is_left():
    yield
    assert children() == []


# ---- tasks


def add(shared, number):
    return shared + number, os.getpid()


def sleep(_shared, seconds):
    time.sleep(seconds)
    return os.getpid()


def threads(_shared):
    from threadpoolctl import threadpool_info

    np.ones((2, 2)) @ np.ones((2, 2))
    return {one["num_threads"] for one in threadpool_info()}, os.environ["OMP_NUM_THREADS"]


def fail(_shared):
    raise InputError("nothing fits", file="a.csv", row=3)


class AwkwardError(Exception):
    def __init__(self, one, two):
        super().__init__(f"{one} {two}")


def fail_awkwardly(_shared):
    raise AwkwardError("cannot", "be copied")


def die(_shared):
    os.kill(os.getpid(), signal.SIGKILL)


def leave(_shared):
    os._exit(3)


def talk(_shared):
    os.write(1, b"noise")
    return "answer"


def results(tasks, shared=None, workers=2, tell=quiet):
    found = {}
    run_in_pool(tasks, shared, workers, found.__setitem__, tell)
    return [found[number] for number in range(len(tasks))]


def test_every_task_is_done_in_another_process():
    answers = results([Task("adder", 1.0, add, (number,)) for number in range(7)], 100)
    assert [value for value, _ in answers] == list(range(100, 107))
    assert 1 <= len({pid for _, pid in answers}) <= 2
    assert os.getpid() not in {pid for _, pid in answers}


def test_no_more_processes_than_tasks():
    assert len({pid for _, pid in results([Task("adder", 1.0, add, (1,))], 0, workers=8)}) == 1


def test_early_and_long_tasks_start_first():
    order = []

    def note(fraction, text):
        order.append(text)

    tasks = [
        Task("short", 1.0, sleep, (0.0,)),
        Task("long", 9.0, sleep, (0.0,)),
        Task("first", 2.0, sleep, (0.0,), early=True),
    ]
    results(tasks, workers=1, tell=note)
    assert list(dict.fromkeys(order)) == ["Working on first", "Working on long", "Working on short"]


def test_children_have_one_thread():
    assert results([Task("threads", 1.0, threads)]) == [({1}, "1")]


def test_what_a_child_prints_is_not_in_our_output(capfd):
    assert results([Task("talker", 1.0, talk)]) == ["answer"]
    assert capfd.readouterr().out == ""


def test_an_error_comes_back_as_it_was():
    with pytest.raises(InputError, match="row 3: nothing fits") as caught:
        results([Task("failing", 1.0, fail), Task("slow", 1.0, sleep, (60,))])
    assert caught.value.row == 3
    assert "In a process of its own (failing)" in caught.value.__notes__[0]
    assert "raise InputError" in caught.value.__notes__[0]
    with pytest.raises(RuntimeError, match="AwkwardError: cannot be copied"):
        results([Task("failing", 1.0, fail_awkwardly)])


@pytest.mark.parametrize(("how", "words"), [(die, "by signal SIGKILL"), (leave, "with code 3")])
def test_a_killed_process_is_told_and_does_not_hang(how, words):
    started = time.monotonic()
    with pytest.raises(WorkerLostError, match=f"computed my model was ended {words}") as caught:
        results([Task("my_model", 1.0, how), Task("slow", 1.0, sleep, (60,))])
    assert isinstance(caught.value, TidemarkError)
    assert time.monotonic() - started < 20


@pytest.mark.parametrize("error", [JobCancelledError, KeyboardInterrupt, SystemExit])
def test_cancelling_ends_all_processes_at_once(error):
    seen = []

    def stop(fraction, text):
        seen.extend(children())
        if len(seen) >= 4:  # both of them, told twice
            raise error("stop")

    started = time.monotonic()
    with pytest.raises(error):
        results([Task("slow", 1.0, sleep, (60,)) for _ in range(4)], tell=stop)
    assert time.monotonic() - started < 10
    assert not any(child.is_running() for child in seen)


PARENT = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # the suite may run where Ctrl-C is ignored
from core.evaluation.pool import Task, run_in_pool
from tests.core.evaluation.test_fanout import sleep
told = []
def tell(fraction, text):
    told.append(text)
    if len(told) == 2:
        print("running", flush=True)
run_in_pool([Task("slow", 1.0, sleep, (120,))] * 2, None, 2, print, tell)
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_no_process_survives_its_parent(number):
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert parent.stdout.readline() == b"running\n"
    orphans = psutil.Process(parent.pid).children()
    assert len(orphans) == 2
    parent.send_signal(number)
    parent.wait(10)
    parent.stdout.close()
    gone, alive = psutil.wait_procs(orphans, timeout=5)
    assert alive == []
    assert len(gone) == 2


def test_in_this_process():
    found, told = {}, []
    tasks = [Task("adder", 1.0, add, (1,)), Task("adder", 3.0, add, (2,))]
    run_here(tasks, 10, found.__setitem__, lambda *args: told.append(args))
    assert found == {0: (11, os.getpid()), 1: (12, os.getpid())}
    assert told == [(0.0, "Working on adder"), (0.25, "Working on adder")]


# ---- backtests


@pytest.fixture(scope="module")
def panel():
    known = {"promo": np.random.default_rng(3).integers(0, 2, (9, 230)).astype(float)}
    return panel_of(*[regular(200, seed) for seed in range(9)], known=known)


@pytest.fixture(scope="module")
def folds(panel):
    return make_folds(panel, 14, 3, 14)


def parted(model, **attributes):
    """A model whose work is cut into many tasks."""
    return type(model.__name__, (model,), {"seconds_each": 1.0, "__module__": __name__, **attributes})


ManyParts = parted(SeasonalNaive)
ManyParts.__qualname__ = "ManyParts"
SarimaParts = parted(Sarima)
SarimaParts.__qualname__ = "SarimaParts"


def test_the_same_bits_however_many_processes(panel, folds):
    calendars = panel_calendars_at(panel, "GB-ENG")
    one, two = (backtest([ManyParts, SarimaParts], panel, folds, calendars, workers=workers) for workers in (1, 2))
    pd.testing.assert_frame_equal(one.frame, two.frame, check_exact=True)
    pd.testing.assert_frame_equal(one.base_points, two.base_points, check_exact=True)
    assert all(0 < result.seconds["sarima"] < 60 for result in (one, two))
    three = backtest([ManyParts], panel, folds, calendars, workers=3).frame
    pd.testing.assert_frame_equal(three, one.frame[one.frame["model"] == "seasonal_naive"], check_exact=True)


def test_the_same_bits_in_parts_and_as_a_whole(panel, folds):
    calendars = panel_calendars_at(panel, "GB-ENG")
    parts = backtest([ManyParts, SarimaParts], panel, folds, calendars, workers=1).frame
    whole = backtest(["seasonal_naive", parted(Sarima, seconds_each=1e-6)], panel, folds, calendars, workers=1).frame
    pd.testing.assert_frame_equal(parts, whole, check_exact=True)


class Outlandish(SeasonalNaive):
    """Fails in whatever process it is."""

    name = "outlandish"

    def backtest(self, panel, folds, calendars):
        return super().backtest(panel, folds, calendars).iloc[:-1]


class NotANumber(SeasonalNaive):
    name = "not_a_number"

    def backtest(self, panel, folds, calendars):
        frame = super().backtest(panel, folds, calendars)
        return frame.assign(mean=frame["mean"].where(frame.index != len(frame) - 1))


@pytest.mark.parametrize("workers", [1, 2])
def test_a_model_that_breaks_its_contract_is_found(workers, panel, folds):
    calendars = panel_calendars_at(panel, None)
    with pytest.raises(ValueError, match="outlandish does not have one row for each series, fold and day"):
        backtest([Outlandish], panel, folds, calendars, workers=workers)
    with pytest.raises(ValueError, match="not_a_number gives no finite number for transactions/country:8"):
        backtest([NotANumber], panel, folds, calendars, workers=workers)


def test_small_work_stays_here_and_large_work_does_not(panel, folds, monkeypatch):
    used = []
    monkeypatch.setattr("core.evaluation.fanout.run_in_pool", lambda *args: used.append(args[2]))
    monkeypatch.setattr("core.evaluation.fanout.run_here", lambda *args: used.append("here"))
    monkeypatch.setattr("core.evaluation.fanout.cores", lambda: 2)
    work = Work(panel, folds, {fold.origin: calendar_of(panel) for fold in folds})
    compute([SeasonalNaive], work, quiet, quiet)
    compute([ManyParts], work, quiet, quiet)
    compute([SeasonalNaive], work, quiet, quiet, 3)
    compute([ManyParts], work, quiet, quiet, 1)
    monkeypatch.setattr("core.evaluation.fanout.cores", lambda: 1)
    compute([ManyParts], work, quiet, quiet)
    compute([parted(SeasonalNaive, __module__="__main__")], work, quiet, quiet, 2)  # as in a notebook
    assert used == ["here", 2, 3, "here", "here", "here"]


@pytest.mark.parametrize(
    ("attributes", "count"),
    [
        ({"per_series": True, "refit_days": 1000}, 10),
        ({"per_series": True}, 60),  # 120 s: every series by itself, and then its folds
        ({"per_series": False}, 12),
        ({"per_series": False, "refit_days": 1000}, 1),
        ({"per_series": False, "refit_days": 28}, 3),  # weekly folds: four share an estimation
        ({"per_series": False, "start_seconds": 20.0}, 2),
        ({"per_series": True, "seconds_each": 0.001}, 1),
        ({"per_series": True, "seconds_each": 0.0}, 1),
    ],
)
def test_parts(attributes, count):
    model = parted(SeasonalNaive, **{"seconds_each": 1.0, **attributes})
    n_series, n_folds = 10, 12
    weekly = [Fold(dt.date(2020, 1, 1) + dt.timedelta(days=7 * week), 7) for week in range(n_folds)]
    parts = list(parts_of(model, [Series("y", str(number)) for number in range(n_series)], weekly))
    assert len(parts) == count
    cells = [(series, fold) for some, others in parts for series in some for fold in others]
    assert sorted(cells) == [(series, fold) for series in range(n_series) for fold in range(n_folds)]


def test_what_learns_from_all_series_learns_from_totals_and_parts_apart():
    series = [Series("units", "a"), Series("units", "total"), Series("revenue", "total"), Series("revenue", "b")]
    alone = parted(SeasonalNaive, per_series=True)
    shared = parted(SeasonalNaive, per_series=False)
    assert learning_groups(alone, series) == {"all": (0, 1, 2, 3)}
    assert learning_groups(shared, series) == {"totals": (1, 2), "parts": (0, 3)}
    assert learning_groups(shared, series[1:3]) == {"all": (0, 1)}
    assert learning_groups(shared, series[:1]) == {"all": (0,)}


@pytest.mark.parametrize("workers", [1, 2])
def test_totals_are_forecast_as_without_their_parts(workers):
    panel = panel_of(regular(200), regular(200, 3, 20.0), regular(200, 5, 30.0))
    calendar, folds = calendar_of(panel), make_folds(panel, 14, 2, 14)
    alone = backtest(["xgboost"], panel.select(panel.series[:1]), folds, lambda _: calendar, workers=1).base_points
    beside = backtest(["xgboost"], panel, folds, lambda _: calendar, workers=workers).base_points
    both = beside[beside["segment"] == "total"].reset_index(drop=True)
    pd.testing.assert_frame_equal(alone, both, check_exact=True)


def test_a_window_hides_what_lies_before_it(panel, folds):
    calendars = panel_calendars_at(panel, "GB-ENG")
    seen = last_days(panel, folds[0].origin, 60)
    assert (seen.n_days, seen.last_day) == (60, folds[0].origin)
    assert (seen.values == panel.until(folds[0].origin).values[:, -60:]).all()
    assert seen.known["promo"].shape[1] == 230 - (panel.until(folds[0].origin).n_days - 60)
    frame = backtest(["sarima"], panel, folds[:1], calendars, window=60).frame
    direct = Sarima().fit(seen, calendars(folds[0].origin)).forecast(14)
    assert frame["mean"].tolist() == direct["mean"].tolist()
    assert frame["mean"].tolist() != backtest(["sarima"], panel, folds[:1], calendars).frame["mean"].tolist()
    assert last_days(panel, folds[0].origin, 10_000).n_days == panel.until(folds[0].origin).n_days
    with pytest.raises(ValueError, match="window of 0 days"):
        backtest(["sarima"], panel, folds, calendars, window=0)


def test_refitting_less_often_is_asked_of_the_model(panel, folds):
    some = panel.select(panel.series[:2])
    calendars = panel_calendars_at(some, "GB-ENG")
    every, third = (backtest(["sarima"], some, folds, calendars, refit_every=often).frame for often in (1, 3))
    first = every["cutoff"] == every["cutoff"].min()
    assert (every["mean"] == third["mean"])[first].all()
    assert not (every["mean"] == third["mean"])[~first & every["open"]].any()
