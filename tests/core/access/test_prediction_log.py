"""The sample of forecasts given out: newest first, bounded, whatever is asked for."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from core.access import prediction_log
from core.access.prediction_log import Given, add, newest
from core.state.engine import open_engine


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return open_engine(f"sqlite:///{tmp_path / 'state.sqlite'}")


def given(number: int, **more: Any) -> Given:
    values = {
        "at": dt.datetime(2026, 11, 27, 12, 0, tzinfo=dt.UTC) + dt.timedelta(seconds=number),
        "request_id": f"r{number}", "who": "127.0.0.1", "version_id": "v1", "series": "transactions/total",
        "model": "sarima", "asked": {"horizon": number}, "tag": "abc",
    }  # fmt: skip
    return Given(**{**values, **more})


def test_what_was_written_is_read(engine: Engine) -> None:
    add(engine, [given(1), given(2)])
    add(engine, [given(3)])
    assert newest(engine, 10) == [given(3), given(2), given(1)]
    assert newest(engine, 1) == [given(3)]


def test_the_oldest_go(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prediction_log, "KEPT", 5)
    for first in range(0, 12, 3):
        add(engine, [given(number) for number in range(first, first + 3)])
    assert [one.request_id for one in newest(engine, 100)] == ["r11", "r10", "r9", "r8", "r7"]


def test_long_values_are_cut(engine: Engine) -> None:
    add(engine, [given(1, series="s" * 999, who="w" * 999, asked={"history": list(range(5000))})])
    (found,) = newest(engine, 1)
    assert (len(found.series), len(found.who)) == (255, 128)
    assert found.asked == {"characters": len(str({"history": list(range(5000))}))}
