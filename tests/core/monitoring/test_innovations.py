"""Innovations: what was simulated is found again, scores are standard normal, and only ranks of the noise matter."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.signal import lfilter

from core.monitoring.innovations import MOST_DEPENDENT, deviations, fit, innovations

WEEK = np.array([0.0, 0.1, -0.2, 0.3, 0.5, -0.7, 0.0])


def simulated(
    noise: np.ndarray, phi: float = 0.0, week: np.ndarray = WEEK, level: float = 5.0
) -> tuple[np.ndarray, np.ndarray]:
    """Logs, shape of ``noise`` (series, days), and their weekdays."""
    weekdays = np.arange(noise.shape[-1]) % 7
    return lfilter([1.0], [1.0, -phi], noise) + level + week[weekdays], weekdays


def slow_scores(log: np.ndarray, weekdays: np.ndarray, n_ref: int) -> list[float]:
    """One series, day by day: NaN where a day teaches nothing; the first ``n_ref`` are the reference."""
    known = log[:n_ref][~np.isnan(log[:n_ref])]
    week = []
    for day in range(7):
        own = [one for one, at in zip(log[:n_ref], weekdays[:n_ref], strict=True) if at == day and not np.isnan(one)]
        week.append(np.mean(own) if own else known.mean())
    rest = [one - week[day] for one, day in zip(log, weekdays, strict=True)]
    pairs = [(a, b) for a, b in pairwise(rest[:n_ref]) if not np.isnan(a * b)]
    phi = min(max(sum(a * b for a, b in pairs) / sum(a * a for a, _ in pairs), 0.0), MOST_DEPENDENT)
    raw = [np.nan, *(b - phi * (0.0 if np.isnan(a) else a) for a, b in pairwise(rest))]
    own = [one for one in raw[:n_ref] if not np.isnan(one)]
    found = []
    for one in raw:
        if np.isnan(one):
            found.append(0.0)
            continue
        rank = sum(other < one for other in own) + sum(other == one for other in own) / 2
        found.append(float(stats.norm.ppf((rank + 0.5) / (len(own) + 1))))
    return found


@pytest.mark.parametrize("phi", [0.0, 0.3, 0.6, 0.9])
def test_what_was_simulated_is_recovered(phi: float) -> None:
    """The standard error of φ is √((1 − φ²)/n); the mean of a weekday is known to about σ/((1 − φ) √(n/7))."""
    n = 5000
    log, weekdays = simulated(0.2 * np.random.default_rng(1).normal(size=(3, n)), phi)
    found = fit(log, weekdays)
    assert found.phi == pytest.approx([phi] * 3, abs=4 * np.sqrt((1 - phi**2) / n) + 1e-3)
    assert found.week == pytest.approx(np.tile(5.0 + WEEK, (3, 1)), abs=4 * 0.2 / (1 - phi) / np.sqrt(n / 7))
    assert found.ranked.shape == (3, n)


def test_dependence_is_bounded() -> None:
    alternating = np.tile([1.0, -1.0], 100)[None]
    weekdays = np.zeros(200, np.int64)
    assert fit(alternating, weekdays).phi.tolist() == [0.0]
    assert fit(np.cumsum(np.ones((1, 400)), axis=1), np.arange(400) % 7).phi.tolist() == [MOST_DEPENDENT]
    assert fit(np.full((1, 100), 3.0), np.arange(100) % 7).phi.tolist() == [0.0]


@pytest.mark.parametrize("law", ["normal", "t with 2 degrees", "skewed"])
@pytest.mark.parametrize("phi", [0.0, 0.5])
def test_scores_are_standard_normal_whatever_the_noise(law: str, phi: float) -> None:
    rng = np.random.default_rng(2)
    draw = {"normal": lambda: rng.normal(size=(1, 6000)), "t with 2 degrees": lambda: rng.standard_t(2, (1, 6000)),
            "skewed": lambda: rng.exponential(size=(1, 6000)) - 1}[law]  # fmt: skip
    log, weekdays = simulated(0.1 * draw(), phi)
    baseline = fit(log[:, :4000], weekdays[:4000])
    scores = innovations(baseline, log, weekdays)[0, 4000:]
    assert scores.mean() == pytest.approx(0.0, abs=0.1)
    assert scores.std() == pytest.approx(1.0, abs=0.08)
    assert stats.kstest(scores, "norm").statistic < 0.05
    assert np.corrcoef(scores[:-1], scores[1:])[0, 1] == pytest.approx(0.0, abs=0.08)
    assert np.abs(scores).max() < 4


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([np.cbrt, np.sinh, lambda x: x**3, lambda x: 7 * x - 2]))
def test_only_the_ranks_of_the_noise_matter(seed: int, transform: object) -> None:
    """Without dependence and week, an increasing transformation of the noise moves no score."""
    rng = np.random.default_rng(seed)
    noise = rng.choice(np.linspace(-2, 2, 41), size=(1, 150))
    one_day = np.zeros(150, np.int64)
    found = []
    for values in (noise, transform(noise)):
        baseline = fit(values[:, :100], one_day[:100])
        baseline = type(baseline)(baseline.week, np.zeros(1), np.sort(values[:, 1:100] - baseline.week[:, :1]))
        found.append(innovations(baseline, values, one_day))
    assert np.allclose(*found, atol=1e-9)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.0, 0.8))
def test_as_a_slow_loop_with_days_that_teach_nothing(seed: int, share: float) -> None:
    rng = np.random.default_rng(seed)
    log, weekdays = simulated(np.round(rng.normal(size=(2, 60)), 1), 0.4)
    log[rng.random(log.shape) < 0.3 * share] = np.nan
    log[:, :2] = 5.0  # something is known
    found = innovations(fit(log[:, :40], weekdays[:40]), log, weekdays)
    for row in range(2):
        assert found[row] == pytest.approx(slow_scores(log[row], weekdays, 40), abs=1e-6)


def test_series_and_replicas_do_not_touch_each_other() -> None:
    rng = np.random.default_rng(4)
    log, weekdays = simulated(rng.normal(size=(4, 3, 80)), 0.5)
    every = fit(log, weekdays)
    scores = innovations(every, log, weekdays)
    for replica in range(4):
        for row in range(3):
            alone = log[replica, row][None]
            found = fit(alone, weekdays)
            assert found.phi[0] == pytest.approx(every.phi[replica, row], rel=1e-12)
            assert innovations(found, alone, weekdays)[0] == pytest.approx(scores[replica, row], abs=1e-9)


def test_a_weekday_never_seen_has_the_mean_of_all() -> None:
    log, weekdays = simulated(np.random.default_rng(5).normal(size=(1, 140)))
    kept = weekdays != 6
    found = fit(log[:, kept], weekdays[kept])
    assert found.week[0, 6] == pytest.approx(log[:, kept].mean(), rel=1e-12)
    assert deviations(log, weekdays, found.week).shape == log.shape


def test_days_that_teach_nothing_score_nothing() -> None:
    log, weekdays = simulated(np.random.default_rng(6).normal(size=(1, 120)))
    baseline = fit(log[:, :100], weekdays[:100])
    log[0, 110] = np.nan
    scores = innovations(baseline, log, weekdays)
    assert scores[0, [0, 110]].tolist() == [0.0, 0.0]
    empty = fit(np.full((1, 50), np.nan), weekdays[:50])
    assert innovations(empty, log, weekdays).tolist() == [[0.0] * 120]
