"""Reconciliation: the formulas against slow independent ones, and the promises: coherent, honest, no better by luck."""

import datetime as dt
import itertools
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.evaluation.reconciliation import (
    BOTTOM_UP,
    LEVEL,
    MINT,
    mint_shares,
    reconcile_backtest,
    reconcile_forecasts,
    reconcile_means,
    shrink_covariance,
)

START = pd.Timestamp("2020-01-01")
NAMES = ("total", "country:A", "country:B", "country:C", "country:D")
KEYS = ["model", "measure", "cutoff", "date"]


def frame(y, mean, step=28, measure="revenue", model="m", names=NAMES):
    """Rows from arrays (folds, days, series) with the total first; every 7th day is closed."""
    fold, day, one = (index.ravel() for index in np.indices(mean.shape))
    cutoff = START + pd.to_timedelta(fold * step, "D")
    is_open = (day + 1) % 7 != 0
    return pd.DataFrame(
        {
            "model": model, "measure": measure, "segment": np.array(names)[one], "cutoff": cutoff,
            "date": cutoff + pd.to_timedelta(day + 1, "D"), "horizon": day + 1,
            "y": np.where(is_open, y.ravel(), 0.0), "mean": np.where(is_open, mean.ravel(), 0.0), "open": is_open,
        }
    )  # fmt: skip


def simulated(total_error, folds=10, days=28, seed=0, part_error=10.0, **more):
    """Parts around 100 with errors of their own; ``total_error(sum of the parts' errors, noise)`` is the total's."""
    rng = np.random.default_rng(seed)
    truth = rng.normal(100, 10, (folds, days, 4))
    errors = rng.normal(0, part_error, truth.shape)
    y = np.concatenate([truth.sum(-1, keepdims=True), truth], axis=-1)
    top = total_error(errors.sum(-1), rng.normal(0, 1, (folds, days)))[..., None]
    return frame(y, y + np.concatenate([top, errors], axis=-1), **more)


def total_is_better(**more):
    return simulated(lambda _, noise: noise, **more)


def parts_are_better(**more):
    """The total's forecast is the sum of the parts' plus noise: there is nothing to learn from it."""
    return simulated(lambda parts, noise: parts + 40 * noise, **more)


def fold_of(points, number):
    return points["cutoff"] == np.sort(points["cutoff"].unique())[number]


def error(points, rows=slice(None)):
    points = points[rows]
    return float(((points["y"] - points["mean"]) ** 2)[points["segment"] == "total"].mean())


def assert_adds_up(points, keys=KEYS):
    """To the last bit, whichever way one adds: pandas, numpy, Python, exactly, backwards, over all days."""
    total = points["segment"] == "total"
    sums = points[~total].groupby(keys, sort=False)["mean"].sum()
    totals = points[total].set_index(keys)["mean"]
    assert (sums == totals.loc[sums.index]).all()
    for key, rows in points[~total].groupby(keys, sort=False)["mean"]:
        parts = rows.tolist()
        assert sum(parts) == sum(parts[::-1]) == math.fsum(parts) == np.sum(parts) == totals.loc[key]
    for _, rows in points.groupby([key for key in keys if key != "date"], sort=False):
        top = rows["segment"] == "total"
        assert rows.loc[top, "mean"].sum() == rows.loc[~top, "mean"].sum() == math.fsum(rows.loc[~top, "mean"])


def covariance_of(n, seed):
    root = np.random.default_rng(seed).normal(size=(n, n + 2)) * np.logspace(0, 2, n)[:, None]
    return root @ root.T


def projection(shares):
    """P of shape (segments, series), reconciled segments = P · base forecasts, from what it does to unit vectors."""
    level = np.full(len(shares) + 1, 1e3)
    level[0] = 1e3 * len(shares)
    base = np.vstack([level, level + np.eye(len(level))])
    made = reconcile_means(base, np.ones(base.shape, bool), shares)[:, 1:]
    return (made[1:] - made[0]).T


# ---- the formulas


@pytest.mark.parametrize(("n", "seed"), [(2, 0), (3, 1), (7, 2), (7, 3), (12, 4)])
def test_mint_is_the_published_formula(n, seed):
    w = covariance_of(n, seed)
    summing = np.vstack([np.ones(n - 1), np.eye(n - 1)])
    inverse = np.linalg.inv(w)
    p = np.linalg.inv(summing.T @ inverse @ summing) @ summing.T @ inverse
    base = np.random.default_rng(seed).normal(1e6, 10, (50, n))
    base[:, 0] += base[:, 1:].sum(axis=1) - 1e6
    made = reconcile_means(base, np.ones(base.shape, bool), mint_shares(w))
    assert made == pytest.approx(base @ p.T @ summing.T, rel=1e-9)


def test_shares_of_many_covariances_at_once():
    many = np.stack([covariance_of(5, seed) for seed in range(6)]).reshape(2, 3, 5, 5)
    for i, j in itertools.product(range(2), range(3)):
        assert mint_shares(many)[i, j] == pytest.approx(mint_shares(many[i, j]), rel=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_coherent_forecasts_stay_and_mint_is_unbiased(seed):
    shares = mint_shares(covariance_of(5, seed))
    parts = np.random.default_rng(seed).uniform(10, 1000, (20, 4))
    base = np.concatenate([parts.sum(axis=1, keepdims=True), parts], axis=1)
    is_open = np.ones(base.shape, bool)
    once = reconcile_means(base, is_open, shares)
    assert once == pytest.approx(base, rel=1e-12)
    assert (reconcile_means(once, is_open, shares) == once).all()
    summing = np.vstack([np.ones(4), np.eye(4)])
    assert projection(shares) @ summing == pytest.approx(np.eye(4), abs=1e-9)


def test_weighted_least_squares_by_hand():
    """Variances 4, 1, 3 and a gap of 16: it is split 4 : 1 : 3, so 8 off the total, 2 and 6 onto the parts."""
    shares = mint_shares(np.diag([4.0, 1.0, 3.0]))
    assert shares.tolist() == [0.125, 0.375]
    made = reconcile_means(np.array([[116.0, 40.0, 60.0]]), np.ones((1, 3), bool), shares)
    assert made.tolist() == [[108.0, 42.0, 66.0]]


def test_extremes_are_bottom_up_and_top_down():
    assert mint_shares(np.diag([1.0, 0.0, 0.0])).tolist() == [0.0, 0.0]  # parts without error
    assert mint_shares(np.diag([0.0, 1.0, 3.0])).tolist() == [0.25, 0.75]  # a total without error
    assert mint_shares(np.zeros((3, 3))).tolist() == [0.0, 0.0]
    nothing = reconcile_means(np.array([[-1.0, -0.0, 0.0]]), np.ones((1, 3), bool), np.zeros(2))
    assert not np.signbit(nothing).any()


@pytest.mark.parametrize(("count", "seed"), [(4, 0), (20, 1), (300, 2)])
def test_shrinkage_against_a_slow_double_loop(count, seed):
    errors = np.random.default_rng(seed).normal(2.0, 1.0, (count, 5)) @ covariance_of(5, seed) * 1e3
    n, series = errors.shape
    size = [math.sqrt(sum(e**2 for e in errors[:, i]) / n) for i in range(series)]
    doubt = signal = 0.0
    for i in range(series):
        for j in range(series):
            if i != j:
                products = [errors[k, i] * errors[k, j] / (size[i] * size[j]) for k in range(n)]
                r = sum(products) / n
                doubt += sum((one - r) ** 2 for one in products) / (n * (n - 1))
                signal += r**2
    expected = min(max(doubt / signal, 1e-6), 1.0)
    covariance, intensity = shrink_covariance(errors)
    assert intensity == pytest.approx(expected, rel=1e-9)
    for i in range(series):
        for j in range(series):
            plain = sum(errors[k, i] * errors[k, j] for k in range(n)) / n
            assert covariance[i, j] == pytest.approx(plain * (1.0 if i == j else 1 - expected), rel=1e-9)


def test_shrinkage_of_odd_errors():
    rng = np.random.default_rng(0)
    assert shrink_covariance(np.ones((1, 3)))[1] == 1.0
    assert shrink_covariance(np.empty((0, 3)))[0].tolist() == np.zeros((3, 3)).tolist()
    assert shrink_covariance(rng.normal(size=(1000, 3)))[1] > 0.3  # independent: mostly diagonal
    same = rng.normal(size=(50, 1)) * np.ones(3)
    assert 1e-6 <= shrink_covariance(same)[1] < 0.1
    silent = np.concatenate([rng.normal(size=(50, 2)), np.zeros((50, 1))], axis=1)
    covariance, _ = shrink_covariance(silent)
    assert (covariance[2] == 0).all()
    assert mint_shares(covariance)[1] == 0  # nothing to correct in a series that is always right
    for unit in (1e-60, 1e60):
        scaled, intensity = shrink_covariance(silent * unit)
        assert intensity == pytest.approx(shrink_covariance(silent)[1])
        assert mint_shares(scaled) == pytest.approx(mint_shares(covariance))


def test_errors_that_nearly_agreed_do_not_explode():
    rng = np.random.default_rng(0)
    parts = rng.normal(size=(100, 4))
    total = parts.sum(axis=1, keepdims=True) + rng.normal(0, 1e-14, (100, 1))
    shares = mint_shares(shrink_covariance(np.concatenate([total, parts], axis=1))[0])
    assert (np.abs(shares) < 1).all()
    sizes = np.array([1.3, 0.1, 0.2, 0.3, 0.7])  # no noise at all, λ = 0: what remains is the diagonal, for the ridge
    covariance, intensity = shrink_covariance(np.where(rng.random((100, 1)) < 0.5, -1, 1) * sizes)
    assert intensity == 1e-6
    assert mint_shares(covariance) == pytest.approx(sizes[1:] ** 2 / (sizes**2).sum(), rel=1e-6)
    assert (
        shrink_covariance(np.array([1.0, 1e-100, 1e-100]) * rng.normal(size=(9, 3)))[0][1:].tolist() == [[0.0] * 3] * 2
    )


# ---- the choice


@pytest.mark.parametrize("seed", range(5))
def test_a_better_total_is_found_and_used(seed):
    points = total_is_better(seed=seed)
    made, choices = reconcile_backtest(points)
    assert [choice.method for choice in choices] == [LEVEL] * 3 + [MINT] * 7
    assert [choice.folds for choice in choices] == [0] * 3 + list(range(3, 10))
    assert all(choice.gain is None or 0 < choice.gain < 1 for choice in choices)
    late = points["cutoff"] >= choices[3].cutoff.isoformat()
    bottom_up = points["mean"].where(points["segment"] != "total")
    summed = points.assign(
        mean=points["mean"].where(bottom_up.notna(), bottom_up.groupby([points["date"]]).transform("sum"))
    )
    assert error(made, late) < 0.1 * error(summed, late)
    parts = late & (points["segment"] != "total")
    assert ((made["y"] - made["mean"]) ** 2)[parts].mean() < 0.9 * ((points["y"] - points["mean"]) ** 2)[parts].mean()


@pytest.mark.parametrize("seed", range(5))
def test_better_parts_stay_as_they_are(seed):
    points = parts_are_better(seed=seed)
    made, choices = reconcile_backtest(points)
    assert choices[-1].method == BOTTOM_UP
    assert choices[-1].gain <= 0
    assert set(choices[-1].shares.values()) == {0.0}
    last = fold_of(points, 9)
    parts = last & (points["segment"] != "total")
    assert made.loc[parts, "mean"].to_numpy() == pytest.approx(points.loc[parts, "mean"].to_numpy(), rel=1e-12)
    assert error(made, last) < error(points, last)


def test_few_folds_split_the_gap_by_size():
    y = np.full((1, 1, 3), 100.0)
    points = frame(y, np.array([[[120.0, 75.0, 25.0]]]), names=("total", "country:big", "country:small"))
    made, (choice,) = reconcile_backtest(points)
    # variances 120 : 75 : 25 split the gap of 20
    assert made["mean"].to_numpy() == pytest.approx([100 + 20 * 100 / 220, 75 * (1 + 20 / 220), 25 * (1 + 20 / 220)])
    assert (choice.method, choice.folds, choice.gain) == (LEVEL, 0, None)
    assert choice.cutoff == dt.date(2020, 1, 1)
    assert choice.shares == pytest.approx({"country:big": 75 / 220, "country:small": 25 / 220})


def test_every_model_and_measure_chooses_for_itself():
    points = pd.concat(
        [
            total_is_better(model="top"),
            parts_are_better(model="parts"),
            total_is_better(model="parts", measure="units"),
        ],
        ignore_index=True,
    )
    _, choices = reconcile_backtest(points)
    last = {(choice.model, choice.measure): choice.method for choice in choices}
    assert last == {("top", "revenue"): MINT, ("parts", "revenue"): BOTTOM_UP, ("parts", "units"): MINT}


# ---- no knowledge of the future


@pytest.mark.parametrize("step", [28, 7])
@pytest.mark.parametrize("future", [1e6, np.nan, np.inf])
def test_a_fold_knows_nothing_after_its_cutoff(step, future):
    points = total_is_better(folds=14, step=step)
    before, choices = reconcile_backtest(points)
    assert MINT in {choice.method for choice in choices}
    for number in range(14):
        cutoff = np.sort(points["cutoff"].unique())[number]
        changed = points.assign(y=points["y"].where(points["date"] <= cutoff, future * (1 + points.index % 7)))
        after, others = reconcile_backtest(changed)
        known = points["cutoff"] <= cutoff
        assert (before.loc[known, "mean"] == after.loc[known, "mean"]).all()
        assert choices[: number + 1] == others[: number + 1]


def test_later_folds_do_learn():
    points = total_is_better()
    before, _ = reconcile_backtest(points)
    wild = points["y"].where(~fold_of(points, 4) | (points["segment"] == "total"), points["y"] * 3)
    after, _ = reconcile_backtest(points.assign(y=wild))
    assert (before.loc[fold_of(points, 4), "mean"] == after.loc[fold_of(points, 4), "mean"]).all()
    assert (before.loc[fold_of(points, 5), "mean"] != after.loc[fold_of(points, 5), "mean"]).any()


def test_forecasts_go_on_as_the_next_fold_would():
    points = total_is_better()
    last = fold_of(points, 9)
    made, choices = reconcile_backtest(points)
    ahead, (choice,) = reconcile_forecasts(points[last].drop(columns=["cutoff", "y"]), points[~last])
    assert (ahead["mean"] == made.loc[last, "mean"]).all()
    assert choice == choices[-1]
    assert list(ahead.columns) == [name for name in points.columns if name not in ("cutoff", "y")]


def test_forecasts_of_a_year_and_without_backtest():
    mean = np.random.default_rng(0).uniform(50, 150, (1, 365, 5))
    ahead = (
        frame(mean, mean).drop(columns=["y", "cutoff"]).assign(date=lambda rows: rows["date"] + pd.Timedelta(days=400))
    )
    made, (choice,) = reconcile_forecasts(ahead, total_is_better())
    assert_adds_up(made.assign(cutoff=START))
    assert choice.method == MINT
    assert choice.cutoff == dt.date(2020, 1, 1) + dt.timedelta(days=400)
    for nothing in (pd.DataFrame(), total_is_better().iloc[:0], total_is_better(model="another")):
        made, (choice,) = reconcile_forecasts(ahead, nothing)
        assert choice.method == LEVEL
        assert_adds_up(made.assign(cutoff=START))
    other = total_is_better(names=("total", "country:X", "country:Y", "country:Z", "country:V"))
    assert reconcile_forecasts(ahead, other)[1][0].method == LEVEL
    assert reconcile_forecasts(ahead.iloc[:0], other)[1] == ()


# ---- promises


@pytest.mark.parametrize("make", [total_is_better, parts_are_better])
def test_they_add_up_and_closed_days_are_zero(make):
    made, _ = reconcile_backtest(make())
    assert_adds_up(made)
    closed = made.loc[~made["open"], "mean"]
    assert (closed == 0).all()
    assert not np.signbit(closed).any()


def test_a_closed_day_is_zero_even_if_a_model_says_otherwise():
    points = total_is_better()
    made, _ = reconcile_backtest(points.assign(mean=points["mean"].where(points["open"], 7.0)))
    assert (made.loc[~made["open"], "mean"] == 0).all()
    is_total = points["segment"] == "total"
    made, _ = reconcile_backtest(points.assign(open=points["open"] & ~(is_total & (points["horizon"] == 3))))
    assert (made.loc[points["horizon"] == 3, "mean"] == 0).all()  # no total, no parts
    closed_part = points.assign(open=points["open"] & (points["segment"] != "country:B"))
    made, _ = reconcile_backtest(closed_part)
    assert (made.loc[made["segment"] == "country:B", "mean"] == 0).all()
    assert_adds_up(made)


def test_nothing_is_negative():
    points = total_is_better()
    points.loc[(points["segment"] == "total") & fold_of(points, 9), "mean"] *= 0.01  # far below its parts
    made, choices = reconcile_backtest(points)
    assert choices[-1].method == MINT
    assert (made["mean"] >= 0).all()
    assert (made.loc[fold_of(points, 9) & points["open"], "mean"] == 0).any()
    assert_adds_up(made)


def test_only_the_mean_changes_and_the_order_of_rows_does_not_matter():
    points = total_is_better(folds=6).assign(scale=1.5, model=lambda rows: rows["model"].astype("category"))
    copy = points.copy()
    made, choices = reconcile_backtest(points)
    pd.testing.assert_frame_equal(points, copy)
    pd.testing.assert_frame_equal(made.drop(columns="mean"), points.drop(columns="mean"))
    mixed = points[::-1]
    again, same = reconcile_backtest(mixed)
    pd.testing.assert_frame_equal(again.sort_index(), made)
    assert str(same) == str(choices)


@pytest.mark.parametrize("measure", ["orders", "customers"])
def test_measures_that_do_not_add_up_stay(measure):
    points = total_is_better(measure=measure)
    made, choices = reconcile_backtest(points)
    pd.testing.assert_frame_equal(made, points)
    assert choices == ()
    ahead = points[fold_of(points, 9)].drop(columns=["cutoff", "y"])
    pd.testing.assert_frame_equal(reconcile_forecasts(ahead, points)[0], ahead)


@pytest.mark.parametrize("kept", [["total"], ["country:A"], ["country:A", "country:B"]])
def test_without_total_or_segments_they_stay(kept):
    points = total_is_better()
    points = points[points["segment"].isin(kept)]
    made, choices = reconcile_backtest(points)
    pd.testing.assert_frame_equal(made, points)
    assert choices == ()


def test_no_rows():
    made, choices = reconcile_backtest(total_is_better().iloc[:0])
    assert made.empty
    assert choices == ()


def test_unknown_actuals():
    points = total_is_better()
    gaps = points["y"].mask(np.random.default_rng(0).random(len(points)) < 0.1)
    made, choices = reconcile_backtest(points.assign(y=gaps))
    assert choices[-1].method == MINT
    assert_adds_up(made)
    one = points["y"].mask(points["segment"] == "country:C")  # never known: no day to learn from
    made, choices = reconcile_backtest(points.assign(y=one))
    assert {choice.method for choice in choices} == {LEVEL}
    assert_adds_up(made)


def test_forecasts_that_agree_already():
    points = total_is_better()
    agreed, _ = reconcile_backtest(points)
    made, choices = reconcile_backtest(agreed)
    pd.testing.assert_frame_equal(made, agreed)
    assert {choice.method for choice in choices} == {LEVEL, BOTTOM_UP}


def test_perfect_and_silent_series():
    points = total_is_better()
    perfect = points.assign(mean=points["y"])
    made, choices = reconcile_backtest(perfect)
    assert made["mean"].to_numpy() == pytest.approx(points["y"].to_numpy(), rel=1e-12)
    assert choices[-1].method == BOTTOM_UP
    silent = points.assign(mean=0.0, y=0.0)
    assert (reconcile_backtest(silent)[0]["mean"] == 0).all()
    known = points.assign(mean=points["mean"].where(points["segment"] != "country:B", points["y"]))
    made, choices = reconcile_backtest(known)
    assert choices[-1].method == MINT
    assert choices[-1].shares["country:B"] == 0
    assert_adds_up(made)


def test_an_error_of_almost_nothing_does_not_overflow():
    mean = np.zeros((5, 1, 4))
    mean[0, 0, 0] = 1.0  # a total without parts, in the actuals too
    y = mean.copy()
    y[3, 0, 3] = 1e-283
    made, choices = reconcile_backtest(frame(y, mean))
    assert (made["mean"] == 0).all()
    assert len(choices) == 5


def test_broken_frames_are_refused():
    points = total_is_better()
    with pytest.raises(ValueError, match="revenue by m do not have the same days"):
        reconcile_backtest(points.drop(index=7))
    with pytest.raises(ValueError, match="revenue by m do not have the same days"):
        reconcile_backtest(points[(points["segment"] != "country:A") | ~fold_of(points, 3)])
    day_lacking = points["segment"].map(dict(zip(NAMES, range(1, 6), strict=True)))  # another one for every series
    with pytest.raises(ValueError, match="revenue by m do not have the same days"):
        reconcile_backtest(points[(points["horizon"] != day_lacking) | ~fold_of(points, 3)])
    with pytest.raises(ValueError, match="have one twice"):
        reconcile_backtest(pd.concat([points, points]))
    with pytest.raises(ValueError, match="revenue by m lack values"):
        reconcile_backtest(points.assign(mean=points["mean"].where(points.index != 8)))


values = st.one_of(st.just(0.0), st.floats(0, 1e9), st.floats(0, 1e-6))


@settings(max_examples=60, deadline=None)
@given(st.data(), st.integers(1, 5), st.integers(1, 9), st.integers(1, 4), st.sampled_from([3, 9]))
def test_whatever_the_forecasts(data, folds, days, segments, step):
    shape = (folds, days, segments + 1)
    count = math.prod(shape)
    mean, y = (np.array(data.draw(st.lists(values, min_size=count, max_size=count))).reshape(shape) for _ in "my")
    points = frame(y, mean, step=step, names=NAMES[: segments + 1])
    made, choices = reconcile_backtest(points)
    assert np.isfinite(made["mean"]).all()
    assert (made["mean"] >= 0).all()
    assert (made.loc[~made["open"], "mean"] == 0).all()
    assert_adds_up(made)
    assert len(choices) == folds
    assert all(np.isfinite(list(choice.shares.values())).all() for choice in choices)
    pd.testing.assert_frame_equal(reconcile_backtest(points)[0], made)
