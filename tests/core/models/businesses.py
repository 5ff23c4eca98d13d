"""Made-up businesses that the model tests share."""

from __future__ import annotations

import datetime as dt

import numpy as np

from core.series.calendar import OpeningCalendar, infer_calendar
from core.series.days import day_range, weekday
from core.series.panel import Panel, Series

START = dt.date(2016, 1, 4)  # a Monday


def regular(n_days: int, seed: int = 0, scale: float = 200.0) -> np.ndarray:
    """Closed on Sundays, a weekday and a yearly pattern, persistent noise."""
    rng = np.random.default_rng(seed)
    days = day_range(START, n_days)
    level = np.zeros(n_days)
    for day in range(1, n_days):
        level[day] = 0.8 * level[day - 1] + rng.normal(0, 0.1)
    log = (
        0.3 * np.sin(2 * np.pi * np.arange(n_days) / 365.25) + 0.1 * weekday(days) + level + rng.normal(0, 0.1, n_days)
    )
    return np.where(weekday(days) == 6, 0.0, np.round(scale * np.exp(log)))


def quiet_weekends(n_days: int, share: float) -> np.ndarray:
    """Open every day; Saturdays and Sundays sell this share of the 4,000 of a weekday."""
    noise = np.random.default_rng(0).normal(0, 0.05, n_days)
    usual = np.where(weekday(day_range(START, n_days)) >= 5, share, 1.0)
    return np.round(4000.0 * usual * np.exp(noise))


def panel_of(*rows: np.ndarray, known: dict[str, np.ndarray] | None = None) -> Panel:
    series = tuple(Series("transactions", "total" if not row else f"country:{row}") for row in range(len(rows)))
    return Panel(series, START, np.array(rows, dtype=np.float64), known or {})


def calendar_of(panel: Panel) -> OpeningCalendar:
    return infer_calendar(panel.first_day, panel.values[0], "GB-ENG")


def odd(n_days: int = 400) -> dict[str, np.ndarray]:
    """Series that break careless code."""
    rng = np.random.default_rng(7)
    return {
        "all zero": np.zeros(n_days),
        "all missing": np.full(n_days, np.nan),
        "constant": np.full(n_days, 12.0),
        "a fifth missing": np.where(rng.random(n_days) < 0.2, np.nan, regular(n_days)),
        "one spike": np.eye(1, n_days, n_days - 20)[0] * 1e6,
        "spike in trade": regular(n_days) + np.eye(1, n_days, n_days - 20)[0] * 1e6,
        "intermittent": np.where(rng.random(n_days) < 0.6, 0.0, rng.poisson(5, n_days) + 1.0),
        "started late": np.concatenate([np.zeros(n_days - 100), regular(n_days)[:100]]),
        "stopped": np.concatenate([regular(n_days)[: n_days - 100], np.zeros(100)]),
        "exploding": np.exp(np.arange(n_days) / 20.0),
        "tiny": regular(n_days) * 1e-9,
        "huge": regular(n_days) * 1e12,
        "5 days": regular(5),
        "20 days": regular(20),
        "60 days": regular(60),
        "1 day": np.array([3.0]),
    }
