"""Backtests kept on disk: instant when nothing changed, made anew when anything did, whole or not there at all."""

import datetime as dt
import os
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.evaluation import cache
from core.evaluation.backtest import backtest, make_folds
from core.evaluation.cache import PointsCache, code_digest
from core.evaluation.fanout import Work
from core.evaluation.points import Points
from core.models.base import Fold
from core.models.seasonal_naive import SeasonalNaive
from core.series.panel import Panel, Series
from core.series.panel_calendar import PanelCalendar, panel_calendars_at
from tests.core.models.businesses import panel_of, regular


@pytest.fixture(scope="module")
def panel() -> Panel:
    return panel_of(regular(250), regular(250, 1), known={"promo": np.ones((2, 260))})


@pytest.fixture(scope="module")
def work(panel: Panel) -> Work:
    folds = make_folds(panel, 14, 3, 14)
    calendars = panel_calendars_at(panel, "GB-ENG")
    return Work(panel, folds, {fold.origin: calendars(fold.origin) for fold in folds})


@pytest.fixture
def points() -> Points:
    rng = np.random.default_rng(0)
    return Points(rng.random((2, 42)), rng.random((2, 42)) < 0.5, 1.25)


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the models that were computed."""
    names: list[str] = []

    def note(original):
        def compute(models, *arguments):
            names.extend(model.name for model in models)
            original(models, *arguments)

        return compute

    from core.evaluation import backtest as module

    monkeypatch.setattr(module, "compute", note(module.compute))
    return names


def test_what_is_kept_comes_back_to_the_last_bit(work: Work, points: Points, tmp_path: Path) -> None:
    kept = PointsCache(tmp_path / "new" / "folder", work)
    assert kept.load(SeasonalNaive) is None
    kept.store(SeasonalNaive, points)
    found = PointsCache(tmp_path / "new" / "folder", work).load(SeasonalNaive)
    assert (found.mean == points.mean).all()
    assert (found.is_open == points.is_open).all()
    assert found.seconds == 1.25


def test_a_second_backtest_computes_nothing(work: Work, panel: Panel, tmp_path: Path, counted: list[str]) -> None:
    calendars = panel_calendars_at(panel, "GB-ENG")
    first = backtest(["seasonal_naive", "sarima"], panel, work.folds, calendars, cache=tmp_path)
    second = backtest(["sarima", "seasonal_naive"], panel, work.folds, calendars, cache=tmp_path)
    assert counted == ["seasonal_naive", "sarima"]
    again = second.frame.sort_values("model", kind="stable", ascending=False, ignore_index=True)
    pd.testing.assert_frame_equal(first.frame, again, check_exact=True)
    assert first.seconds == second.seconds
    third = backtest(["seasonal_naive"], panel, work.folds, calendars)
    assert counted[2:] == ["seasonal_naive"]
    assert third.frame["mean"].tolist() == first.frame["mean"].tolist()[: len(third.frame)]


def test_models_that_are_done_stay_when_the_rest_is_cancelled(
    work: Work, panel: Panel, tmp_path: Path, counted: list[str]
) -> None:
    def stop(_fraction: float, text: str) -> None:
        if "sarima" in text:
            raise KeyboardInterrupt

    calendars = panel_calendars_at(panel, "GB-ENG")
    with pytest.raises(KeyboardInterrupt):
        backtest(["seasonal_naive", "sarima"], panel, work.folds, calendars, stop, cache=tmp_path)
    backtest(["seasonal_naive", "sarima"], panel, work.folds, calendars, cache=tmp_path)
    assert counted == ["seasonal_naive", "sarima", "sarima"]


def test_every_change_makes_another_key(work: Work, points: Points, tmp_path: Path, monkeypatch) -> None:
    panel = work.panel
    bit = panel.values.copy()
    bit[1, -1] = np.nextafter(bit[1, -1], np.inf)
    promo = np.ones((2, 260))
    promo[0, 255] = 0.0  # after the last value
    origin = work.folds[-1].origin
    known = work.calendars[origin]
    declared = replace(known.calendars[0], overrides={dt.date(2030, 1, 1): False})
    others = [
        replace(work, panel=Panel(panel.series, panel.first_day, bit, panel.known)),
        replace(work, panel=Panel(panel.series, panel.first_day, panel.values, {"promo": promo})),
        replace(work, panel=Panel(panel.series, panel.first_day, panel.values, {"price": panel.known["promo"]})),
        replace(work, panel=Panel(panel.series, panel.first_day, panel.values)),
        replace(work, panel=Panel((panel.series[0], Series("units")), panel.first_day, panel.values, panel.known)),
        replace(work, folds=work.folds[1:]),
        replace(work, folds=(*work.folds[:-1], Fold(origin, 13))),
        replace(work, calendars={**work.calendars, origin: PanelCalendar((declared, *known.calendars[1:]))}),
        replace(work, calendars={**work.calendars, origin: known.calendars[0]}),
        replace(work, window=100),
        replace(work, refit_every=2),
    ]
    PointsCache(tmp_path, work).store(SeasonalNaive, points)
    for other in others:
        assert PointsCache(tmp_path, other)._path(SeasonalNaive) != PointsCache(tmp_path, work)._path(SeasonalNaive)
        assert PointsCache(tmp_path, other).load(SeasonalNaive) is None
    assert PointsCache(tmp_path, work).load(SeasonalNaive) is not None
    monkeypatch.setattr(cache, "code_digest", lambda: "other code")
    assert PointsCache(tmp_path, work).load(SeasonalNaive) is None
    monkeypatch.undo()
    monkeypatch.setattr(cache, "_versions", lambda: {"numpy": "9.9"})
    assert PointsCache(tmp_path, work).load(SeasonalNaive) is None


def test_code_that_changed_meanwhile_is_not_mistaken(work: Work, points: Points, tmp_path: Path, monkeypatch) -> None:
    kept = PointsCache(tmp_path, work)
    monkeypatch.setattr(cache, "code_digest", lambda: "other code")
    kept.store(SeasonalNaive, points)
    assert list(tmp_path.iterdir()) == []


def test_the_code_is_part_of_the_key() -> None:
    assert code_digest() == code_digest()
    sources = [path for name in cache.SOURCES for path in (Path(cache.__file__).parents[1] / name).rglob("*.py")]
    names = {path.name for path in sources}
    assert {"sarima.py", "calendar.py", "fanout.py"} <= names


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: data[: len(data) // 2],
        lambda data: data[:-1],
        lambda data: b"rubbish" * 100,
        lambda data: data[:300] + bytes([data[300] ^ 1]) + data[301:],
    ],
    ids=["empty", "half", "a byte less", "rubbish", "one bit"],
)
def test_a_damaged_file_is_made_again(work: Work, panel: Panel, tmp_path: Path, damage, caplog, counted) -> None:
    calendars = panel_calendars_at(panel, "GB-ENG")
    first = backtest(["seasonal_naive"], panel, work.folds, calendars, cache=tmp_path).frame
    (path,) = tmp_path.iterdir()
    whole = path.read_bytes()
    path.write_bytes(damage(whole))
    again = backtest(["seasonal_naive"], panel, work.folds, calendars, cache=tmp_path).frame
    pd.testing.assert_frame_equal(first, again, check_exact=True)
    assert "cannot be used and is made again" in caplog.text
    assert counted == ["seasonal_naive"] * 2
    assert backtest(["seasonal_naive"], panel, work.folds, calendars, cache=tmp_path).frame.equals(first)
    assert counted == ["seasonal_naive"] * 2


def test_other_arrays_are_refused(work: Work, points: Points, tmp_path: Path, caplog) -> None:
    kept = PointsCache(tmp_path, work)
    for wrong in (
        replace(points, mean=points.mean[:1], is_open=points.is_open[:1]),
        replace(points, mean=points.mean.astype(np.float32)),
        replace(points, is_open=points.is_open.astype(float)),
    ):
        kept.store(SeasonalNaive, wrong)
        assert kept.load(SeasonalNaive) is None


def test_only_models_of_the_catalogue_are_kept(work: Work, points: Points, tmp_path: Path) -> None:
    class Own(SeasonalNaive):
        pass

    kept = PointsCache(tmp_path, work)
    kept.store(Own, points)
    assert list(tmp_path.iterdir()) == []
    kept.store(SeasonalNaive, points)
    assert kept.load(Own) is None


def test_the_folder_stays_within_its_bounds(work: Work, points: Points, tmp_path: Path, monkeypatch) -> None:
    kept = PointsCache(tmp_path, work)
    kept.store(SeasonalNaive, points)
    size = kept._path(SeasonalNaive).stat().st_size
    monkeypatch.setattr(cache, "MOST_BYTES", 3 * size + 10)
    (tmp_path / "mine.txt").write_text("not a file of the cache")
    works = [replace(work, window=window) for window in range(1, 6)]
    for number, other in enumerate(works):
        PointsCache(tmp_path, other).store(SeasonalNaive, points)
        os.utime(PointsCache(tmp_path, other)._path(SeasonalNaive), (number, number))  # the first are the oldest
    os.utime(PointsCache(tmp_path, works[3])._path(SeasonalNaive), (0, 0))
    PointsCache(tmp_path, works[3]).load(SeasonalNaive)  # used now, so no longer the oldest
    kept.store(SeasonalNaive, points)
    there = [PointsCache(tmp_path, other)._path(SeasonalNaive).exists() for other in (*works, work)]
    assert there == [False, False, False, True, True, True]
    assert (tmp_path / "mine.txt").exists()


def test_a_folder_that_cannot_be_written_is_no_obstacle(work: Work, panel: Panel, tmp_path: Path, caplog) -> None:
    (tmp_path / "file").write_text("in the way")
    frame = backtest(
        ["seasonal_naive"], panel, work.folds, panel_calendars_at(panel, None), cache=tmp_path / "file"
    ).frame
    assert len(frame) == 2 * 3 * 14
    assert "cannot be kept" in caplog.text


def test_a_write_that_fails_leaves_nothing(work: Work, points: Points, tmp_path: Path, monkeypatch, caplog) -> None:
    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    PointsCache(tmp_path, work).store(SeasonalNaive, points)
    assert list(tmp_path.iterdir()) == []
    assert "No space left" in caplog.text


@pytest.mark.reference
def test_a_repeated_backtest_of_the_reference_data_is_instant(reference_generation, tmp_path: Path) -> None:
    from core.series.calendar import calendars_at

    panel = reference_generation.panel()
    folds = make_folds(panel, 28, 8, 28)

    def seconds() -> float:
        calendars = calendars_at(panel.first_day, panel[Series("transactions")], "GB-ENG")
        started = time.perf_counter()
        backtest(["seasonal_naive", "weekday_mean", "gp"], panel, folds, calendars, cache=tmp_path, workers=1)
        return time.perf_counter() - started

    first, again = seconds(), min(seconds() for _ in range(3))
    assert again < max(1.0, first / 3)
