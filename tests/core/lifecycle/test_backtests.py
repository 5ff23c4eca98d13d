"""Kept backtests: whole or not there, the best part first, a bounded number, and nothing that damage can do."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from core.lifecycle import backtests
from core.lifecycle.backtests import Backtests, run_of
from core.series.panel import Series
from tests.core.evaluation.frames import made

CALENDAR = json.dumps({"made": "up"}).encode()
MANIFEST = {"created_at": "2026-11-28T01:00:00+00:00", "best": {"units/total": "sarima"}, "models": {"sarima": {}}}


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Backtests:
    monkeypatch.setattr(backtests.KeptBacktest, "calendar", lambda self: self.read("calendar.json"))
    return Backtests(tmp_path / "backtests")


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return made({"sarima": 0.2, "ets": 0.3}, folds=2).assign(scale2=1.0)


def names(kept: Backtests) -> list[str]:
    return sorted(path.name for path in kept._folder.iterdir())


def test_what_is_kept_is_what_was_given(kept: Backtests, frame: pd.DataFrame) -> None:
    assert (kept.ids(), kept.manifests(), kept.get("b3"), kept.stamp("b3")) == ([], [], None, "")
    kept.publish(run_of(3), "whole", frame, CALENDAR, MANIFEST)
    found = kept.get("b3")
    assert found is not None
    assert (found.id, found.part, found.stamp) == ("b3", "whole", "b3 whole")
    assert found.best(Series("units")) == "sarima"
    read = found.backtest()
    for column in ("mean", "y", "horizon", "open", "lo80", "scale"):
        assert (read[column].to_numpy() == frame[column].to_numpy()).all()
    assert read["model"].astype(str).tolist() == frame["model"].tolist()
    assert read["cutoff"].tolist() == frame["cutoff"].tolist()
    assert kept.get("b3") is found  # read once


def test_a_better_part_takes_the_place_of_a_lesser(kept: Backtests, frame: pd.DataFrame) -> None:
    seen = []
    for part in ("preview", "light", "whole"):
        kept.publish("b7", part, frame, CALENDAR, MANIFEST)
        found = kept.get("b7")
        assert found is not None
        seen.append((found.part, kept.stamp("b7"), [one["part"] for one in kept.manifests()]))
    assert seen == [(part, f"b7 {part}", [part]) for part in ("preview", "light", "whole")]
    assert names(kept) == ["b7-whole"]
    kept.publish("b7", "whole", frame.head(5), CALENDAR, MANIFEST)  # the same job again
    assert names(kept) == ["b7-whole"]


def test_the_newest_stay(kept: Backtests, frame: pd.DataFrame) -> None:
    for number in range(1, backtests.KEPT + 4):
        kept.publish(run_of(number), "preview" if number % 2 else "whole", frame, CALENDAR, MANIFEST)
    newest = [f"b{number}" for number in range(backtests.KEPT + 3, 3, -1)]
    assert kept.ids() == newest
    assert [one["id"] for one in kept.manifests()] == newest
    assert kept.get("b1") is None


def test_the_newest_stay_when_the_numbers_of_jobs_begin_anew(kept: Backtests, frame: pd.DataFrame) -> None:
    for number in range(91, 91 + backtests.KEPT):
        kept.publish(run_of(number), "whole", frame, CALENDAR, MANIFEST)
    later = {**MANIFEST, "created_at": "2026-11-29T01:00:00+00:00"}
    kept.publish("b1", "whole", frame, CALENDAR, later)
    assert kept.ids()[0] == "b1"
    assert kept.get("b91") is None
    slow = {**MANIFEST, "created_at": "2026-11-27T01:00:00+00:00"}  # a clock that was put right meanwhile
    kept.publish("b2", "whole", frame, CALENDAR, slow)
    assert kept.get("b2") is not None
    assert len(kept.ids()) == backtests.KEPT


def test_what_is_damaged_is_not_there_and_the_part_before_is(kept: Backtests, frame: pd.DataFrame) -> None:
    kept.publish("b2", "preview", frame, CALENDAR, MANIFEST)
    whole = kept._folder / "b2-whole"
    whole.mkdir()
    (whole / "backtest.parquet").write_bytes(b"PAR1")  # as after a disk that lost its last writes
    found = kept.get("b2")
    assert found is not None
    assert found.part == "preview"
    assert [one["part"] for one in kept.manifests()] == ["preview"]
    (kept._folder / "b2-preview" / "backtest.parquet").write_bytes(b"PAR1")
    again = Backtests(kept._folder)
    assert again.get("b2") is None


def test_what_a_killed_job_left_goes(kept: Backtests, frame: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    kept.publish("b1", "whole", frame, CALENDAR, MANIFEST)
    monkeypatch.setattr(backtests, "seal", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        kept.publish("b2", "whole", frame, CALENDAR, MANIFEST)
    assert names(kept) == ["b1-whole"]
    (kept._folder / ".tmp-123-abc").mkdir()  # nobody was left to remove it
    (kept._folder / ".tmp-gone-1").mkdir()
    kept.clear_drafts()
    assert names(kept) == ["b1-whole"]


@pytest.mark.parametrize("name", ["", "b", "1", "../v1", "b1/../..", "b1-whole", "b" + "9" * 30, "B1", "b１"])
def test_names_lead_nowhere_else(kept: Backtests, frame: pd.DataFrame, name: str) -> None:
    kept.publish("b1", "whole", frame, CALENDAR, MANIFEST)
    assert kept.get(name) is None
    assert kept.stamp(name) == ""
