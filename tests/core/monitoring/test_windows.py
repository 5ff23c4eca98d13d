"""Statistics of every window: against scalar functions on the raw values, against SciPy, and what chance does."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.spatial.distance import jensenshannon

from core.monitoring import distances
from core.monitoring.bins import OTHER, TOP_CATEGORIES, bins_of
from core.monitoring.features import of_days
from core.monitoring.ks import ks_test
from core.monitoring.psi import bin_counts, psi_limit, psi_of_counts, quantile_edges
from core.monitoring.sequential import onsets
from core.monitoring.windows import INDEPENDENT, MOVING, STATISTICS, FeatureWindows, Null
from core.transactions.counts import FeatureDays
from tests.core.monitoring.counted import feature_of, feature_of_table

LENGTH, YEAR = 30, 365

NUMBERS = st.lists(st.lists(st.sampled_from([0.0, 0.5, 1.0, 2.0, 7.25, 80995.0, None]), max_size=6), min_size=8,
                   max_size=16)  # fmt: skip
LABELS = st.lists(st.lists(st.sampled_from([*"abcdefghijklm", None]), max_size=6), min_size=8, max_size=16)


def known(days: list[list[Any]]) -> list[Any]:
    return [value for values in days for value in values if value is not None]


def cramers_v(before: np.ndarray, now: np.ndarray) -> float:
    """Bergsma's correction, from SciPy's χ²."""
    table = np.array([before, now])[:, (before + now) > 0]
    columns, total = table.shape[1], table.sum()
    if columns < 2:
        return 0.0
    excess = stats.chi2_contingency(table, correction=False).statistic / total - (columns - 1) / (total - 1)
    fewer = min(2 - 1 / (total - 1), columns - (columns - 1) ** 2 / (total - 1)) - 1
    return math.sqrt(min(max(excess, 0.0) / fewer, 1.0)) if fewer > 0 else 0.0


@settings(max_examples=60, deadline=None)
@given(NUMBERS, st.integers(1, 4), st.integers(2, 6))
def test_numbers_as_on_the_raw_values(days: list[list[Any]], length: int, n_ref: int) -> None:
    feature = feature_of(days)
    reference = feature.between(0, n_ref - 1)
    found = FeatureWindows(feature, length).statistics(reference, length - 1, len(days) - 1)
    before = known(days[:n_ref])
    assert len(found.psi) == len(days) - length + 1
    for row in range(len(found.psi)):
        now = known(days[row : row + length])
        if not before:
            assert math.isnan(found.psi[row])
            continue
        assert (found.n_ref[row], found.n_cur[row]) == (len(before), len(now))
        if not now:
            assert all(math.isnan(getattr(found, name)[row]) for name in STATISTICS)
            continue
        edges = quantile_edges(before, 10)
        counts = bin_counts(before, edges), bin_counts(now, edges)
        assert found.psi[row] == pytest.approx(psi_of_counts(*counts), rel=1e-12, abs=1e-15)
        assert found.ks[row] == pytest.approx(ks_test(before, now).statistic, abs=1e-12)
        assert found.wasserstein[row] == pytest.approx(stats.wasserstein_distance(before, now), rel=1e-9, abs=1e-9)
        assert found.js[row] == pytest.approx(jensenshannon(*counts, base=2), abs=1e-7)
        assert math.isnan(np.broadcast_to(found.cramers_v, found.psi.shape)[row])


@settings(max_examples=60, deadline=None)
@given(LABELS, st.integers(1, 4), st.integers(2, 6))
def test_categories_as_on_the_raw_values(days: list[list[Any]], length: int, n_ref: int) -> None:
    feature = feature_of(days, "category")
    reference, before = feature.between(0, n_ref - 1), known(days[:n_ref])
    found = FeatureWindows(feature, length).statistics(reference, length - 1, len(days) - 1)
    top = sorted(set(before), key=lambda one: (-before.count(one), one))[:TOP_CATEGORIES]

    def counted(values: list[str]) -> np.ndarray:
        return np.array([*(values.count(one) for one in top), sum(one not in top for one in values)])

    for row in range(len(found.psi)):
        now = known(days[row : row + length])
        if before and now:
            assert found.psi[row] == pytest.approx(psi_of_counts(counted(before), counted(now)), rel=1e-12, abs=1e-15)
            assert found.cramers_v[row] == pytest.approx(cramers_v(counted(before), counted(now)), abs=1e-7)
            assert found.js[row] == pytest.approx(jensenshannon(counted(before), counted(now), base=2), abs=1e-7)
            assert math.isnan(np.broadcast_to(found.ks, found.psi.shape)[row])


@settings(max_examples=40, deadline=None)
@given(st.one_of(st.tuples(st.just("numeric"), NUMBERS, NUMBERS), st.tuples(st.just("category"), LABELS, LABELS)))
def test_a_window_is_the_same_alone_among_others_and_whatever_comes_later(given_days: Any) -> None:
    """To the last bit: all statistics of a day, in a run of all days, alone, and with other days after it."""
    kind, days, later = given_days
    length, n_ref = 3, 4
    rows = {}
    for name, every in {"all": days, "short": days[:7], "other": days[:7] + later}.items():
        feature = feature_of(every, kind)
        windows, reference = FeatureWindows(feature, length), feature.between(0, n_ref - 1)
        rows[name] = windows.statistics(reference, length - 1, 6)
        rows[f"{name} alone"] = windows.statistics(reference, 6, 6)
    for statistic in STATISTICS:
        found = {name: np.broadcast_to(getattr(one, statistic), one.psi.shape) for name, one in rows.items()}
        assert len({one[-1].tobytes() for one in found.values() if not np.isnan(one[-1])}) <= 1, statistic
        assert found["all"].tobytes() == found["short"].tobytes() == found["other"].tobytes()


def test_bins_are_those_of_the_reference_in_every_window() -> None:
    days = [[1.0, 2.0, 3.0, 4.0, 5.0]] * 40 + [[100.0, -100.0]] * 40
    feature = feature_of(days)
    reference = feature.between(0, 39)
    bins = bins_of(feature.values, reference, "numeric", "line")
    assert bins.edges == (1.0, 2.0, 3.0, 4.0)
    assert bins.of_value[[0, -1]].tolist() == [0, 4]
    found = FeatureWindows(feature, 10).statistics(reference, 9, 79)
    assert found.psi[:31] == pytest.approx(np.zeros(31), abs=1e-2)
    assert len(set(found.psi[-31:].tolist())) == 1


def test_the_other_bin_takes_in_what_later_days_bring() -> None:
    """Ten categories, nine bins of their own; an eleventh that appears later changes nothing before it."""
    days = [list("aabbccddeeffgghhiij")] * 30
    more = [*days, *[[*"aabbccddeeffgghhiij", "new"]] * 5]
    plain, wider = feature_of(days, "category"), feature_of(more, "category")
    bins = [bins_of(one.values, one.between(0, 19), "category", "line") for one in (plain, wider)]
    assert bins[0].labels == bins[1].labels == (*"abcdefghi", OTHER)
    assert bins[0].sums(plain.between(0, 19)).tolist() == bins[1].sums(wider.between(0, 19)).tolist()
    before, after = (FeatureWindows(one, 5).statistics(one.between(0, 19), 4, 29) for one in (plain, wider))
    assert before.psi.tobytes() == after.psi.tobytes()
    later = FeatureWindows(wider, 5).statistics(wider.between(0, 19), 34, 34)
    assert later.psi[0] == pytest.approx(
        psi_of_counts([*[40] * 9, 20], [*[10] * 9, 10]), rel=1e-12
    )  # the new one beside j


def test_nothing_to_compare_is_nan_and_no_warning() -> None:
    feature = feature_of([[1.0]] * 5 + [[]] * 5 + [[2.0]])
    windows = FeatureWindows(feature, 3)
    assert np.isnan(windows.statistics(np.zeros(2, np.int64), 2, 10).psi).all()
    found = windows.statistics(feature.between(0, 4), 2, 10)
    assert np.isnan(found.psi[5:8]).all()
    assert found.n_cur.tolist() == [3, 3, 3, 2, 1, 0, 0, 0, 1]


# -- what chance does


def independent(seed: int, days: int, per_day: int = 50, kind: Any = "numeric") -> FeatureDays:
    rng = np.random.default_rng(seed)
    return feature_of_table(rng.multinomial(per_day, np.full(10, 0.1), days), kind)


def dependent(seed: int, days: int, phi: float) -> FeatureDays:
    """One value a day, AR(1)."""
    rng = np.random.default_rng(seed)
    values = np.zeros(days)
    noise = rng.normal(size=days)
    for day in range(1, days):
        values[day] = phi * values[day - 1] + noise[day]
    return of_days("feature", values, np.ones(days, np.bool_))


def null_of(feature: FeatureDays) -> Null:
    return FeatureWindows(feature, LENGTH).null(feature.between(0, YEAR - 1), 0, YEAR - 1)


def test_the_moving_window_limit_as_a_slow_loop() -> None:
    feature = independent(1, 100)
    null = FeatureWindows(feature, LENGTH).null(feature.between(0, 99), 0, 99)
    found = {"psi": [], "ks": []}
    for first in range(71):
        now = feature.between(first, first + LENGTH - 1)
        rest = feature.between(0, 99) - now
        bins = bins_of(feature.values, feature.between(0, 99), "numeric", "line")
        found["psi"].append(psi_of_counts(bins.sums(rest), bins.sums(now)))
        found["ks"].append(ks_test(np.repeat(feature.values, rest), np.repeat(feature.values, now)).statistic)
    assert (null.method, null.windows) == (MOVING, 71)
    for name, values in found.items():
        assert null.limit[name] == pytest.approx(np.quantile(values, 0.95), rel=1e-12)
        assert null.mean[name] == pytest.approx(np.mean(values), rel=1e-12)
        assert null.sd[name] == pytest.approx(np.std(values, ddof=1), rel=1e-9)


def test_95_of_100_new_windows_stay_below_the_limit() -> None:
    """Independent days; a year has a dozen windows that do not overlap, so that its limit is a guess: 5 to 9 %."""
    above = []
    for seed in range(40):
        feature = independent(seed, YEAR + 330)
        null = null_of(feature)
        later = FeatureWindows(feature, LENGTH).statistics(feature.between(0, YEAR - 1), YEAR + 29, YEAR + 329)
        above.append([np.mean(getattr(later, name)[::LENGTH] > null.limit[name]) for name in ("psi", "ks")])
    assert np.mean(above, axis=0) == pytest.approx([0.06, 0.06], abs=0.035)


def test_dependence_raises_the_limit() -> None:
    limits = {phi: np.mean([null_of(dependent(seed, YEAR, phi)).limit["psi"] for seed in range(10)])
              for phi in (0.0, 0.4, 0.8)}  # fmt: skip
    assert limits[0.0] == pytest.approx(psi_limit(YEAR - LENGTH, LENGTH, 5), rel=0.15)
    assert limits[0.4] > 1.2 * limits[0.0]
    assert limits[0.8] > 1.5 * limits[0.4]


def test_a_reference_that_is_too_short_gives_the_law_of_independent_observations() -> None:
    feature = independent(3, 120)
    windows = FeatureWindows(feature, LENGTH)
    short = windows.null(feature.between(0, 87), 0, 87)
    n_ref, n_cur = 88 * 50, 30 * 50
    assert (short.method, short.windows) == (INDEPENDENT, 0)
    assert short.limit["psi"] == pytest.approx(psi_limit(n_ref, n_cur, 10), rel=1e-12)
    assert short.mean["psi"] == pytest.approx(9 * (1 / n_ref + 1 / n_cur), rel=1e-12)
    assert short.sd["psi"] == pytest.approx(math.sqrt(18) * (1 / n_ref + 1 / n_cur), rel=1e-12)
    assert math.isnan(short.limit["ks"])
    assert windows.null(feature.between(0, 88), 0, 88).method == MOVING
    assert windows.null(feature.between(0, 99), 0, 99, inside=False).method == INDEPENDENT
    empty = windows.null(np.zeros(10, np.int64), 0, 99)
    assert empty.method == INDEPENDENT
    assert empty.sequential(1.0, LENGTH) == math.inf


def test_the_sequential_limit_of_a_known_law() -> None:
    """Of independent observations: the χ² quantile at the tail that its overlap leaves."""
    bins, scale = 10, 1 / 18250 + 1 / 1500
    law = (bins - 1) * scale, math.sqrt(2 * (bins - 1)) * scale
    null = Null(INDEPENDENT, 0, {"psi": law[0]}, {"psi": law[1]}, {}, law)
    tail = 1.0 * LENGTH / (YEAR * 6)
    assert null.sequential(1.0, LENGTH) == pytest.approx(stats.chi2.isf(tail, bins - 1) * scale, rel=1e-9)


def test_looked_at_every_day_it_rings_no_more_often_than_promised() -> None:
    """Forty years of independent days, each judged by the year before it. A limit that has to be guessed from a dozen
    windows is put on the safe side, but not out of reach."""
    rates = (0.5, 2.0)
    alarms = dict.fromkeys(rates, 0)
    years = 40
    for seed in range(years):
        feature = independent(1000 + seed, 2 * YEAR + LENGTH - 1)
        null, reference = null_of(feature), feature.between(0, YEAR - 1)
        found = FeatureWindows(feature, LENGTH).statistics(reference, YEAR + LENGTH - 1, 2 * YEAR + LENGTH - 2)
        for rate in rates:
            alarms[rate] += onsets((found.psi > null.sequential(rate, LENGTH))[None])
    for rate, count in alarms.items():
        assert 0.05 * rate * years < count < rate * years + 2 * math.sqrt(rate * years), rate


def test_a_law_that_is_known_rings_about_as_often_as_promised() -> None:
    """The same with the law of independent observations, which nothing has to be guessed for."""
    bins, per_day, years, rate = 10, 50, 300, 1.0
    rng = np.random.default_rng(8)
    daily = rng.multinomial(per_day, np.full(bins, 1 / bins), (years, YEAR + LENGTH - 1))
    reference = rng.multinomial(per_day * YEAR, np.full(bins, 1 / bins), years)
    sums = np.concatenate([np.zeros((years, 1, bins), np.int64), np.cumsum(daily, axis=1)], axis=1)
    scale = 1 / (per_day * YEAR) + 1 / (per_day * LENGTH)
    law = (bins - 1) * scale, math.sqrt(2 * (bins - 1)) * scale
    null = Null(INDEPENDENT, 0, {"psi": law[0]}, {"psi": law[1]}, {}, law)
    psi = distances.psi(np.repeat(reference[:, None], YEAR, axis=1), sums[:, LENGTH:] - sums[:, :-LENGTH])
    assert onsets(psi > null.sequential(rate, LENGTH)) == pytest.approx(rate * years, rel=0.25)


def test_one_value_a_day_that_depends_on_the_day_before_keeps_the_rate_too() -> None:
    alarms, years = 0, 15
    for seed in range(years):
        feature = dependent(seed, 2 * YEAR + LENGTH - 1, 0.6)
        found = FeatureWindows(feature, LENGTH).statistics(
            feature.between(0, YEAR - 1), YEAR + LENGTH - 1, 2 * YEAR + LENGTH - 2
        )
        alarms += onsets((found.psi > null_of(feature).sequential(1.0, LENGTH))[None])
    assert alarms < 1.5 * years


@settings(max_examples=40, deadline=None)
@given(st.floats(1e-3, 1.0), st.floats(0.05, 2.0), st.floats(0.01, 5.0), st.floats(1.01, 5.0))
def test_fewer_alarms_need_a_higher_limit(mean: float, spread: float, rate: float, factor: float) -> None:
    null = Null(MOVING, 300, {"psi": mean}, {"psi": mean * spread}, {}, (mean, mean * 0.4))
    assert null.sequential(rate, LENGTH) > null.sequential(rate * factor, LENGTH) > 0
    assert null.sequential(rate, LENGTH) > mean


def test_a_reference_that_happens_to_be_calm_is_not_trusted() -> None:
    least = (0.1, 0.05)
    calm = Null(MOVING, 300, {"psi": 0.02}, {"psi": 0.001}, {}, least)
    known = Null(INDEPENDENT, 0, {"psi": least[0]}, {"psi": least[1]}, {}, least)
    assert calm.sequential(0.1, LENGTH) == known.sequential(0.1, LENGTH)
    moved = Null(MOVING, 300, {"psi": 0.1}, {"psi": 0.05}, {}, least)
    assert moved.sequential(0.1, LENGTH) > known.sequential(0.1, LENGTH)
