"""Which version was in use on a day, by the clock of a machine whose days begin at other times than in UTC."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from core.lifecycle.live import live_on


@pytest.fixture(autouse=True)
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def registry(*moves: tuple[str, str]) -> Any:
    """Moves as (moment in UTC, version), the oldest first."""
    found = [SimpleNamespace(at=dt.datetime.fromisoformat(f"{at}+00:00"), to_value=version) for at, version in moves]
    return SimpleNamespace(history=lambda limit: found[::-1])


@pytest.mark.parametrize(
    ("day", "version", "during"),
    [
        ("2026-03-27", None, ()),
        ("2026-03-28", "v1", ("v1",)),  # 23:30 in UTC the day before
        ("2026-03-29", "v2", ("v1", "v2")),  # a day of 23 hours: 21:59:59 in UTC is its last second
        ("2026-03-30", "v3", ("v2", "v3")),
        ("2026-03-31", "v3", ("v3",)),
    ],
)
def test_days_of_the_machine(day: str, version: str | None, during: tuple[str, ...]) -> None:
    known = registry(
        ("2026-03-27T23:30:00", "v1"), ("2026-03-29T21:59:59", "v2"), ("2026-03-29T22:00:00", "v3")
    )  # fmt: skip
    found = live_on(known, dt.date.fromisoformat(day))
    if version is None:
        assert found is None
        return
    assert found is not None
    assert (found.version, found.during) == (version, during)


def test_long_ago_and_never() -> None:
    assert live_on(registry(), dt.date(2026, 1, 1)) is None
    assert live_on(registry(("2026-03-27T23:30:00", "v1")), dt.date.min) is None
