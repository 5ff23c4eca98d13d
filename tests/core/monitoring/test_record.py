"""The record of forecasts: tests stand in before the first in use; worse than promised only where chance is not it."""

import datetime as dt
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from core.monitoring import record as record_module
from core.monitoring.record import moved, record
from core.series.panel import Panel, Series

FIRST = pd.Timestamp("2021-03-01")
PANEL = Panel((Series("transactions"),), FIRST.date(), np.zeros((1, 1)))


def rows(origins: int, start: int, error: float, stand_in: bool, seed: int = 0) -> pd.DataFrame:
    """Forecasts 1 to 14 days ahead from every other week; ``error``: their WAPE, about."""
    rng = np.random.default_rng(seed)
    parts = []
    for number in range(origins):
        origin = FIRST + pd.Timedelta(days=start + 14 * number)
        y = rng.uniform(90, 110, 14)
        mean = y * (1 + error * rng.uniform(0.8, 1.2) * rng.choice([-1, 1], 14))
        parts.append(
            pd.DataFrame(
                {"version_id": "v1", "origin": origin, "target": origin + pd.to_timedelta(np.arange(1, 15), "D"),
                 "horizon": np.arange(1, 15), "mean": mean, "lo80": mean - 9, "hi80": mean + 9, "lo95": mean - 19,
                 "hi95": mean + 19, "stand_in": stand_in, "y": y, "learnt": y}
            )
        )  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def recorded(monkeypatch: pytest.MonkeyPatch, tests: pd.DataFrame, used: pd.DataFrame) -> record_module.Record:
    monkeypatch.setattr(record_module, "stand_ins", lambda *_: tests)
    both = pd.concat([tests, used]).sort_values(["target", "origin"], ignore_index=True)
    monkeypatch.setattr(record_module, "tracked", lambda *_: both.astype({"stand_in": bool}))
    nothing: Any = None
    version: Any = SimpleNamespace(id="v1")
    return record(nothing, version, PANEL, Series("transactions"))


def test_before_the_first_day_in_use_the_tests_stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    tests = rows(8, 0, 0.1, True)
    found = recorded(monkeypatch, tests, tests.head(0))
    assert (found.standing, found.begun, found.recent.days) == ("none", None, 0)
    assert found.promised.wape == pytest.approx(0.1, abs=0.02)
    assert len(found.rolling) == len(tests)
    assert (found.rolling["stand_in"] == 1).all()
    assert [(came.days, promised.days) for _, came, promised in found.weeks[:2]] == [(0, 56), (0, 56)]


@pytest.mark.parametrize(("error", "standing"), [(0.1, "kept"), (0.05, "kept"), (0.3, "worse")])
def test_forecasts_in_use_are_held_against_tests(monkeypatch: pytest.MonkeyPatch, error: float, standing: str) -> None:
    found = recorded(monkeypatch, rows(8, 0, 0.1, True), rows(1, 112, error, False, 9))
    assert found.standing == standing
    assert found.begun == (FIRST + pd.Timedelta(days=113)).date()
    assert found.recent.days == 14
    assert found.rolling["stand_in"].iloc[[0, -1]].tolist() == [1.0, 0.5]


def test_only_the_version_in_use_is_held_against_its_promise(monkeypatch: pytest.MonkeyPatch) -> None:
    """One before it was bad: that is in the record, and no word about the one in use."""
    tests, before = rows(8, 0, 0.1, True), rows(1, 112, 0.9, False, 9).assign(version_id="v0")
    found = recorded(monkeypatch, tests, before)
    assert (found.standing, found.recent.days) == ("none", 0)
    assert [came.days for _, came, _ in found.weeks[:2]] == [7, 7]
    found = recorded(monkeypatch, tests, pd.concat([before, rows(1, 126, 0.1, False, 9)]))
    assert (found.standing, found.recent.days) == ("kept", 14)
    assert found.recent.wape == pytest.approx(0.1, abs=0.02)


def test_two_versions_in_use_on_the_same_days_are_these_days(monkeypatch: pytest.MonkeyPatch) -> None:
    used = rows(1, 112, 0.1, False, 9).head(3)
    found = recorded(monkeypatch, rows(8, 0, 0.1, True), pd.concat([used.assign(version_id="v0"), used]))
    assert [came.days for _, came, _ in found.weeks] == [3, 0, 0, 0]


def test_a_version_of_other_data_is_not_judged_by_these(monkeypatch: pytest.MonkeyPatch) -> None:
    tests, used = rows(8, 0, 0.1, True), rows(1, 112, 0.9, False, 9)
    assert recorded(monkeypatch, tests, used).standing == "worse"
    late = tests.assign(learnt=tests["y"].where(tests.index % 10 > 0, tests["y"] - 1))  # late lines change some days
    assert recorded(monkeypatch, late, used).standing == "worse"
    others = recorded(monkeypatch, tests.assign(learnt=tests["y"] * 3), used)
    assert (others.standing, others.recent.days) == ("none", 0)


def test_too_few_days_or_tests_are_not_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    assert recorded(monkeypatch, rows(8, 0, 0.1, True), rows(1, 112, 0.9, False).head(6)).standing == "none"
    assert recorded(monkeypatch, rows(2, 0, 0.1, True), rows(1, 28, 0.9, False)).standing == "none"


def test_what_has_moved_is_an_alarm_about_the_data() -> None:
    def alert(kind: str, severity: str = "warning", state: str = "open", muted_by: int | None = None) -> Any:
        return SimpleNamespace(kind=kind, severity=severity, state=state, muted_by=muted_by, day=dt.date(2021, 3, 1))

    level = alert("level")
    others = [alert("model"), alert("shape", "info"), alert("level", muted_by=3), alert("level", state="pending")]
    assert moved([*others, level, alert("shape")]) is level
    assert moved(others) is None
