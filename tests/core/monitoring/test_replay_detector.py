"""The detector of replays: about one false alarm a year, autocorrelated or not, and changes that it finds."""

import datetime as dt

import numpy as np
import pytest

from core.monitoring.replay_detector import WEEKS, changed, cusum, innovations
from core.series.panel import Panel, Series

FIRST, ORIGIN, DAYS = dt.date(2020, 1, 6), 400, 700


def shop(seed: int, phi: float = 0.0) -> Panel:
    rng = np.random.default_rng(seed)
    noise = rng.normal(0, 0.1, DAYS)
    for day in range(1, DAYS):
        noise[day] += phi * noise[day - 1]
    profile = np.array([1, 1.1, 1, 1.2, 1.4, 0.8, 0])[np.arange(DAYS) % 7]
    return Panel((Series("transactions"),), FIRST, np.round(200 * profile * np.exp(noise))[None])


def first_alarm(panel: Panel) -> int | None:
    """Days after the origin, looked at once a week."""
    origin = FIRST + dt.timedelta(days=ORIGIN)
    for day in range(ORIGIN + 7, DAYS, 7):
        known = panel.until(FIRST + dt.timedelta(days=day))
        if changed(known, known.values[0] > 0, origin):
            return day - ORIGIN
    return None


@pytest.mark.parametrize("phi", [0.0, 0.5])
def test_false_alarms_are_rare(phi: float) -> None:
    quiet = sum(first_alarm(shop(seed, phi)) is None for seed in range(20))
    assert quiet >= 6  # exp(-1) · 20 = 7 at one a year


@pytest.mark.parametrize("size", [-0.4, 0.5])
def test_a_level_break_is_found_soon(size: float) -> None:
    for seed in range(5):
        panel = shop(seed)
        panel.values[:, ORIGIN + 1 :] = np.round(panel.values[:, ORIGIN + 1 :] * (1 + size))
        assert first_alarm(panel) <= 14


def test_a_wilder_series_is_found() -> None:
    found = []
    for seed in range(5):
        panel = shop(seed)
        noise = np.random.default_rng(seed + 100).normal(0, 0.3, DAYS - ORIGIN - 1)
        panel.values[:, ORIGIN + 1 :] *= np.exp(noise)
        found.append(first_alarm(panel))
    assert all(day is not None and day <= 60 for day in found)


def test_too_little_to_say() -> None:
    panel = shop(0).until(FIRST + dt.timedelta(days=80))
    assert not changed(panel, panel.values[0] > 0, FIRST + dt.timedelta(days=50))
    assert not changed(panel, panel.values[0] > 0, panel.last_day)


def test_innovations_by_hand() -> None:
    values = np.exp(np.arange(36.0) // 7) - 1
    found = innovations(Panel((Series("transactions"),), FIRST, values[None]), np.ones(36, dtype=bool))
    assert np.isnan(found[: 7 * WEEKS]).all()
    np.testing.assert_allclose(found[7 * WEEKS :], 2.5)


def test_cusum_by_hand() -> None:
    np.testing.assert_allclose(cusum(np.array([[1.0, 1.0, -3.0, 0.0]])), [[0.5, 1.0, 2.5, 2.0]])
