"""The detector of replays: finds a new level once, after it came, and nothing where nothing changes."""

import datetime as dt

import numpy as np
import pytest

from core.monitoring.replay_detector import shift_detector
from core.series.panel import Panel, Series

FIRST = dt.date(2020, 1, 1)
DAYS, BREAK = 540, 450


def shop(factor: float, seed: int = 4) -> Panel:
    rng = np.random.default_rng(seed)
    week = np.array([1.0, 1.1, 1.2, 1.0, 0.9, 0.6, 0.8])
    values = 200.0 * np.resize(week, DAYS) * np.exp(rng.normal(0.0, 0.1, DAYS))
    values[BREAK:] *= factor
    return Panel((Series("transactions"),), FIRST, values[None])


def days_found(panel: Panel, origin: dt.date, budget: float = 1.0) -> list[int]:
    is_open = np.ones(DAYS, dtype=bool)
    detect = shift_detector(panel, is_open, FIRST + dt.timedelta(days=400), budget)
    days = range(400, DAYS)
    return [day for day in days if detect(panel.until(FIRST + dt.timedelta(days=day)), is_open[: day + 1], origin)]


@pytest.mark.parametrize("factor", [1.3, 0.7])
def test_a_new_level_is_found_soon(factor: float) -> None:
    found = days_found(shop(factor), FIRST + dt.timedelta(days=400))
    assert min(day for day in found if day >= BREAK) <= BREAK + 6


def test_a_model_that_has_learnt_the_new_level_is_not_told_of_it() -> None:
    assert days_found(shop(1.3), FIRST + dt.timedelta(days=BREAK + 35)) == []


def test_false_alarms_stay_within_the_budget() -> None:
    """Six times 140 days, some 2.3 years."""
    alarms = [len(days_found(shop(1.0, seed), FIRST + dt.timedelta(days=390))) > 0 for seed in range(6)]
    assert sum(alarms) <= 3


def test_a_day_is_judged_without_the_days_after_it() -> None:
    origin = FIRST + dt.timedelta(days=400)
    changed, calm = shop(3.0), shop(1.0)
    before = [day for day in days_found(changed, origin, 12.0) if day < BREAK]
    assert before == [day for day in days_found(calm, origin, 12.0) if day < BREAK]
