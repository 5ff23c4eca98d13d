"""Tests that look every day: against slow forms of them, published run lengths, Ville's bound, and their budget."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.signal import lfilter

from core.monitoring import sequential
from core.monitoring.innovations import fit, innovations
from core.monitoring.sequential import (
    QUIET_DAYS,
    REACH,
    cusum,
    limit_for,
    martingale,
    onsets,
    phi_with_all,
    shift_limit,
    shifts,
    with_all,
)

SCORES = st.lists(st.sampled_from([-2.0, -1.0, -0.5, 0.0, 0.3, 1.0, 2.5]), min_size=1, max_size=50)


def slow_shift(scores: np.ndarray, phi: float, day: int, reach: int) -> float:
    """The largest likelihood ratio on a day, over all days of change, in standard errors.

    Least squares of the scores on what a level shift by 1 does to innovations: 1 on its first day, 1 − φ after it.
    """
    best = 0.0
    for began in range(max(day - reach + 1, 0), day + 1):
        signature = np.full(day + 1 - began, 1.0 - phi)
        signature[0] = 1.0
        since = scores[began : day + 1]
        size = np.linalg.lstsq(signature[:, None], since, rcond=None)[0][0]
        # twice the gain in log likelihood of N(size × signature, 1) over N(0, 1)
        gain = 2 * float((stats.norm.logpdf(since, size * signature) - stats.norm.logpdf(since)).sum())
        best = max(best, float(np.sqrt(max(gain, 0.0))))
    return best


@settings(max_examples=15, deadline=None)
@given(SCORES, st.sampled_from([0.0, 0.4, 0.9]), st.integers(1, 12))
def test_shifts_are_the_likelihood_ratio_over_all_days_of_change(scores: list[float], phi: float, reach: int) -> None:
    given_scores = np.array(scores)
    found = shifts(given_scores[None], np.array([phi]), reach)
    for day in range(len(scores)):
        value = slow_shift(given_scores, phi, day, reach)
        assert found.value[0, day] == pytest.approx(value, abs=1e-6)
        if value > 1e-6:
            assert 0 <= found.began[0, day] < reach
            signature = np.full(found.began[0, day] + 1, 1.0 - phi)
            signature[0] = 1.0
            since = given_scores[day - found.began[0, day] : day + 1]
            assert found.size[0, day] == pytest.approx(since @ signature / (signature @ signature), abs=1e-9)
            assert abs(found.size[0, day]) * np.sqrt(signature @ signature) == pytest.approx(value, abs=1e-6)


def test_a_clean_shift_is_dated_and_measured() -> None:
    phi = 0.5
    scores = np.zeros(60)
    scores[40] = 2.0
    scores[41:] = 2.0 * (1 - phi)
    found = shifts(scores[None], np.array([phi]))
    assert found.value[0, :40].tolist() == [0.0] * 40
    assert found.began[0, 40:].tolist() == list(range(20))
    assert found.size[0, 40:] == pytest.approx([2.0] * 20)
    assert found.value[0, 59] == pytest.approx(2.0 * np.sqrt(1 + 19 * 0.25))
    mirrored = shifts(-scores[None], np.array([phi]))
    assert mirrored.value.tobytes() == found.value.tobytes()
    assert mirrored.size == pytest.approx(-found.size)


def test_the_largest_of_many_paths_is_the_same_in_one_go() -> None:
    rng = np.random.default_rng(3)
    scores, phi = rng.normal(size=(5, 3, 80)), rng.uniform(0, 0.9, (5, 3))
    found = sequential._largest(scores.astype(np.float32), phi)
    assert found == pytest.approx(shifts(scores, phi).value.max(axis=1), abs=2e-4)


@given(SCORES, SCORES, st.integers(0, 49), st.sampled_from([0.0, 0.4]))
@settings(max_examples=30, deadline=None)
def test_no_day_knows_a_later_one(scores: list[float], later: list[float], day: int, phi: float) -> None:
    """To the last bit, of all three tests."""
    day = min(day, len(scores) - 1)
    one, other = np.array([scores]), np.array([scores[: day + 1] + later])
    for part in ("value", "size", "began"):
        found = [getattr(shifts(each, np.array([phi])), part)[0, : day + 1].tobytes() for each in (one, other)]
        assert found[0] == found[1]
    assert martingale(one)[0, : day + 1].tobytes() == martingale(other)[0, : day + 1].tobytes()
    assert cusum(one)[0][0, : day + 1].tobytes() == cusum(other)[0][0, : day + 1].tobytes()


# -- CUSUM


@given(SCORES, st.sampled_from([0.0, 0.25, 0.5, 1.0]))
def test_cusum_is_the_textbook_recursion(scores: list[float], slack: float) -> None:
    up, down = cusum(np.array(scores), slack)
    high = low = 0.0
    for day, score in enumerate(scores):
        high, low = max(0.0, score - slack + high), max(0.0, -score - slack + low)
        assert (up[day], down[day]) == (pytest.approx(high), pytest.approx(low))


@pytest.mark.parametrize(
    ("limit", "shift", "expected"), [(4.0, 0.0, 168.0), (5.0, 0.0, 465.0), (4.0, 1.0, 8.38), (5.0, 1.0, 10.4)]
)
def test_cusum_has_the_published_run_lengths(limit: float, shift: float, expected: float) -> None:
    """Two-sided, k = ½: Montgomery, Introduction to Statistical Quality Control, table 9.4 (after Hawkins 1993). A run
    length is about exponential without a shift, so that its mean of n runs is known to 1/√n."""
    paths = 1500 if shift else 800
    days = 60 if shift else int(8 * expected)
    scores = np.random.default_rng(11).normal(shift, 1.0, (paths, days))
    alarm = np.maximum(*cusum(scores)) > limit
    ends = np.where(alarm.any(axis=1), alarm.argmax(axis=1) + 1, days)
    assert ends.mean() == pytest.approx(expected, rel=0.05 if shift else 0.12)


# -- the martingale


def slow_martingale(scores: list[float], jump: float = 0.01) -> list[float]:
    money, found = {-1: 1 / 3, 0: 1 / 3, 1: 1 / 3}, []
    for score in scores:
        all_of_it, p = sum(money.values()), stats.norm.cdf(score)
        for bet in money:
            money[bet] = ((1 - jump) * money[bet] + jump / 3 * all_of_it) * (1 + bet * (p - 0.5))
        found.append(sum(money.values()))
    return found


@settings(max_examples=30, deadline=None)
@given(SCORES)
def test_martingale_as_a_slow_loop(scores: list[float]) -> None:
    assert martingale(np.array(scores)) == pytest.approx(slow_martingale(scores), rel=1e-9)


def test_the_evidence_is_fair_and_ville_holds() -> None:
    found = martingale(np.random.default_rng(5).normal(size=(4000, 300)))
    assert (found > 0).all()
    for day in (0, 9, 49):
        error = found[:, day].std() / np.sqrt(len(found))
        assert found[:, day].mean() == pytest.approx(1.0, abs=4 * error + 1e-9)
    for bound in (20.0, 100.0):
        assert (found.max(axis=1) >= bound).mean() <= 1 / bound


def test_evidence_of_one_day_is_exactly_fair() -> None:
    """Its mean over all probabilities, by quadrature, after any past."""
    grid = stats.norm.ppf((np.arange(2000) + 0.5) / 2000)
    past = np.array([1.0, -0.5, 2.0])
    paths = np.concatenate([np.tile(past, (2000, 1)), grid[:, None]], axis=1)
    found = martingale(paths)
    assert found[:, -1].mean() == pytest.approx(found[0, -2], rel=1e-9)


@pytest.mark.parametrize("shift", [0.5, -1.0, 2.0])
def test_evidence_grows_under_a_shift(shift: float) -> None:
    found = martingale(np.random.default_rng(6).normal(shift, 1.0, (50, 365)))
    assert np.median(found[:, -1]) > 1e4
    delays = (found > 100).argmax(axis=1)
    assert np.median(delays) == pytest.approx({0.5: 67, -1.0: 28, 2.0: 17}[shift], rel=0.3)


def test_endless_evidence_stays_a_number() -> None:
    assert np.isfinite(martingale(np.full((1, 3000), 8.0))).all()


# -- limits


def slow_onsets(alarm: np.ndarray) -> int:
    count = 0
    for path in alarm:
        last = None
        for day, rings in enumerate(path):
            if rings:
                count += last is None or day - last > QUIET_DAYS
                last = day
    return count


@given(st.lists(st.lists(st.booleans(), min_size=50, max_size=50), min_size=1, max_size=4))
def test_alarms_are_counted_apart(paths: list[list[bool]]) -> None:
    assert onsets(np.array(paths)) == slow_onsets(np.array(paths))


def test_alarms_apart_by_hand() -> None:
    path = np.zeros((1, 60), np.bool_)
    path[0, [0, 1, 14, 29, 44]] = True
    assert onsets(path) == 3  # 14 is within 14 days of 1; 29 and 44 are 15 after the last one


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000), st.sampled_from([0.5, 1.0, 2.0]))
def test_a_limit_is_passed_as_often_as_asked_and_none_lower_is(seed: int, rate: float) -> None:
    paths = np.random.default_rng(seed).normal(size=(20, 120))
    limit = limit_for(paths, rate)
    assert slow_onsets(paths > limit) <= rate * len(paths)
    assert slow_onsets(paths > limit - 1e-6) > rate * len(paths)


def test_a_rate_that_no_limit_has_gets_the_limit_with_the_most_alarms() -> None:
    """Far below, alarms run into each other: a limit of 0 would ring on every day and count as one alarm."""
    paths = np.abs(lfilter([1.0], [1.0, -0.9], np.random.default_rng(4).normal(size=(40, 300)), axis=1))
    for rate in (0.5, 1.0, 3.0, 20.0, 300.0):
        limit = limit_for(paths, rate)
        assert limit > np.median(paths)
        assert onsets(paths > limit) <= rate * len(paths)
    assert limit_for(paths, 0.5) > limit_for(paths, 3.0)


def test_all_series_together() -> None:
    rng = np.random.default_rng(9)
    own = rng.normal(size=(3, 4000))
    together = with_all(own, own)
    assert together.shape == (4, 4000)
    assert together[3].std() == pytest.approx(1.0)
    assert together[3] == pytest.approx(own.mean(axis=0) / own.mean(axis=0).std())
    assert with_all(own[:1], own[:1]) is not None
    assert with_all(own[:1], own[:1]).shape == (1, 4000)
    assert phi_with_all(np.array([0.2, 0.4])) == pytest.approx([0.2, 0.4, 0.3])
    assert phi_with_all(np.array([0.2])).tolist() == [0.2]


# -- the budget

N_REF, YEAR = 250, 250


def business(rng: np.random.Generator, days: int, phi: float) -> np.ndarray:
    """Two series that go together, shape (2, days), heavy tails."""
    noise = 0.1 * (rng.standard_t(4, (2, days)) + rng.standard_t(4, days))
    return np.asarray(lfilter([1.0], [1.0, -phi], noise) + 5.0)


def test_a_limit_can_be_made_again_and_falls_with_the_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sequential, "REPLICAS", 30)
    weekdays = np.arange(N_REF) % 7
    log = business(np.random.default_rng(1), N_REF, 0.3)
    baseline = fit(log, weekdays)
    limits = [shift_limit(baseline, log, weekdays, rate, YEAR) for rate in (0.2, 1.0, 1.0, 4.0)]
    assert limits[0] > limits[1] == limits[2] > limits[3] > 2.0
    assert shift_limit(baseline, log, weekdays, 1.0, YEAR, seed=1) != limits[1]


def test_fresh_years_ring_about_as_often_as_promised(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every business has its own reference, limit and next year; one alarm a year is promised. Forty years know a rate
    to about ±0.17, and their thirty replicas each a little less."""
    monkeypatch.setattr(sequential, "REPLICAS", 30)
    years, weekdays, alarms = 40, np.arange(N_REF + YEAR) % 7, 0
    for seed in range(years):
        log = business(np.random.default_rng(100 + seed), N_REF + YEAR, 0.4)
        known, days = log[:, :N_REF], weekdays[:N_REF]
        baseline = fit(known, days)
        limit = shift_limit(baseline, known, days, 1.0, YEAR)
        scores = innovations(baseline, log[:, N_REF - REACH :], weekdays[N_REF - REACH :])
        every = with_all(scores, innovations(baseline, known, days))
        value = shifts(every, phi_with_all(baseline.phi)).value.max(axis=0)[REACH:]
        alarms += onsets((value > limit)[None])
    assert 0.3 * years < alarms < 1.5 * years
