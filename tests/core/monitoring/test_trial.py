"""Trying a change: found or not, how soon, as what; refused where the data do not allow it."""

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.config import Config
from core.errors import InputError
from core.monitoring import trial
from core.monitoring.findings import Rules, Watched
from core.monitoring.history import watched_of
from core.monitoring.injected import inject
from core.monitoring.injection import Change
from core.series.panel import Panel, Series
from core.transactions.load import prepare
from tests.core.lifecycle.shop import write_shop

FIRST = dt.date(2021, 3, 1)
START = FIRST + dt.timedelta(days=420)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Watched:
    folder: Path = tmp_path_factory.mktemp("trial")
    generation = prepare(Config(data_dir=folder / "data"), write_shop(folder / "sales.csv", 480))
    return watched_of(generation, None)


def tried(shop: Watched, kind: str, size: float) -> dict[str, Any]:
    told: list[float] = []
    found = trial.try_change(shop, trial.Request(kind, size, START), Rules(), lambda share, _: told.append(share))
    assert told == sorted(told)
    return found


def test_a_large_change_is_found(shop: Watched) -> None:
    answer = tried(shop, "level", -0.5)
    found = answer["found"]
    assert isinstance(found, dict)
    assert found["kind"] == "level"
    assert 0 <= found["after"] <= 10
    assert dt.date.fromisoformat(found["day"]) == START + dt.timedelta(days=found["after"])
    days, before, after = (answer[name] for name in ("days", "before", "after"))
    at = days.index(START.isoformat())
    assert before[:at] == after[:at]
    assert after[at] == pytest.approx(before[at] / 2, abs=0.01)


def test_no_change_worth_the_name_is_not_found(shop: Watched) -> None:
    assert tried(shop, "level", 0.001)["found"] is None


def test_days_that_are_missing_are_a_fault_of_the_data(shop: Watched) -> None:
    found = tried(shop, "missing_days", 0.4)["found"]
    assert isinstance(found, dict)
    assert found["kind"] == "data fault"


def test_lines_change_with_the_panel(shop: Watched) -> None:
    found = tried(shop, "currency", 1.5)["found"]
    assert isinstance(found, dict)
    assert found["subject"] in ("price", "amount", "revenue")
    alone = replace(shop, counts=replace(shop.counts, features=shop.counts.features[:5]))
    days = trial.try_change(alone, trial.Request("level", -0.5, START), Rules(), lambda *_: None)
    assert days["after"] == tried(shop, "level", -0.5)["after"]


def test_a_mix_moves_countries_and_no_total(shop: Watched) -> None:
    parts = [Series("transactions", f"country:{name}") for name in ("A", "B")]
    values = np.concatenate([shop.panel.values, np.array([[0.75], [0.25]]) * shop.panel[Series("transactions")]])
    shop = replace(shop, panel=Panel((*shop.panel.series, *parts), FIRST, values))
    answer = tried(shop, "mix", 0.9)
    assert answer["segment"] == "country:A"
    assert answer["before"] != answer["after"]
    panel = inject(shop, Change("mix", START, 0.9)).panel
    assert panel[Series("transactions")].tolist() == shop.panel[Series("transactions")].tolist()
    assert tried(shop, "level", -0.5)["segment"] == "total"


@pytest.mark.parametrize("start", [FIRST, FIRST + dt.timedelta(days=475), dt.date(2090, 1, 1), dt.date.max])
def test_a_start_that_cannot_be(shop: Watched, start: dt.date) -> None:
    with pytest.raises(InputError, match="Begin it from"):
        trial.try_change(shop, trial.Request("level", 0.2, start), Rules(), lambda *_: None)


@pytest.mark.parametrize(
    "values",
    [
        None,
        {},
        {"kind": "level", "size": "x", "start": "2022-01-01"},
        {"kind": "level", "size": 0, "start": "2022-01-01"},
        {"kind": "nonsense", "size": 1, "start": "2022-01-01"},
        {"kind": "level", "size": 0.2, "start": "tomorrow"},
    ],
)
def test_requests_are_checked(values: dict[str, object] | None) -> None:
    with pytest.raises(InputError):
        trial.Request.of(values)


def test_request_survives_json() -> None:
    asked = trial.Request("level", -0.3, START)
    assert trial.Request.of(asked.to_json()) == asked
