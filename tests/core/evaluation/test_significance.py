"""Tests of differences against published values, other implementations and simulation."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.signal import lfilter
from scipy.stats import t as student
from scipy.stats import ttest_1samp, ttest_rel
from statsmodels.api import OLS

from core.evaluation.significance import (
    MIN_PERIODS,
    PAIR_COLUMNS,
    diebold_mariano,
    error_table,
    fold_losses,
    model_confidence_set,
    pairwise,
    tied_with_best,
)
from tests.core.evaluation.frames import made

# One-step errors of ets() and auto.arima() on WWWusage[81:100], the example of R's forecast::dm.test.
ETS = np.array([
    0.002241270, -0.000661906, -1.200002613, -4.000218178, 3.799373533, 3.401005111, -1.199692125, -0.800490048,
    -1.200048999, 3.399847229, 7.000708948, 2.200989241, -4.800165569, -1.201043375, 3.400167556, 3.000709085,
    0.400267950, -6.800169207, -2.401259050, 1.200112198,
])  # fmt: skip
ARIMA = np.array([
    0.1209998, 8.0622269, -0.9189429, -1.7952436, 5.3431277, 2.0459823, -0.6073261, 0.5516816, -0.7633238, 4.1229472,
    5.8785333, 1.2828331, -3.4854233, 1.1971370, 3.1709314, 2.3408457, 0.4962286, -5.9841362, 0.1537114, 0.4207951,
])  # fmt: skip


class TestDieboldMariano:
    @pytest.mark.parametrize(
        ("power", "horizon", "p_value"), [(2, 1, 0.8871), (2, 10, 0.9362), (1, 1, 0.7818)], ids=str
    )
    def test_example_of_r_forecast(self, power: int, horizon: int, p_value: float) -> None:
        """Output of R, as kept by the tests of Julia's HypothesisTests."""
        seen = diebold_mariano(np.abs(ETS) ** power, np.abs(ARIMA) ** power, horizon)
        assert seen.p_value == pytest.approx(p_value, abs=5e-5)

    def test_example_of_dieboldmariano_on_pypi(self) -> None:
        y, f, g = np.array([10, 20, 30, 40, 50]), np.array([11, 21, 29, 42, 53]), np.array([13, 26, 24, 40, 59])
        seen = diebold_mariano((y - f) ** 2, (y - g) ** 2)
        assert seen.statistic == pytest.approx(-2.2229922805746782, abs=1e-12)
        assert seen.p_value / 2 == pytest.approx(0.04515565862099125, abs=1e-12)

    @pytest.mark.parametrize(
        ("power", "horizon", "statistic", "p_value"),
        [(2, 1, -2.6679, 0.07583), (1, 1, -3, 0.05767), (2, 2, -2.0196, 0.1367)],
    )
    def test_example_of_four_days(self, power: int, horizon: int, statistic: float, p_value: float) -> None:
        losses = np.array([2.0, 1, 1, 1]) ** power, np.array([3.0, 2, 1, 2]) ** power
        seen = diebold_mariano(*losses, horizon)
        assert seen.statistic == pytest.approx(statistic, abs=5e-5)
        assert seen.p_value == pytest.approx(p_value, abs=5e-5)

    @pytest.mark.parametrize("horizon", [1, 2, 5, 10])
    def test_against_plain_sums(self, horizon: int) -> None:
        rng = np.random.default_rng(horizon)
        d = lfilter([1], [1, -0.5], rng.normal(size=60))
        n, mean = len(d), sum(d) / len(d)
        variance = sum((x - mean) ** 2 for x in d) / n
        for lag in range(1, horizon):
            variance += 2 * sum((d[i] - mean) * (d[i - lag] - mean) for i in range(lag, n)) / n
        factor = math.sqrt((n + 1 - 2 * horizon + horizon * (horizon - 1) / n) / n)
        seen = diebold_mariano(d, np.zeros(n), horizon)
        assert seen.statistic == pytest.approx(mean / math.sqrt(variance / n) * factor)
        assert seen.p_value == pytest.approx(2 * student.cdf(-abs(seen.statistic), n - 1))
        assert (seen.difference, seen.n) == (pytest.approx(mean), n)

    @pytest.mark.parametrize(("kernel", "sign"), [("uniform", 0.6), ("bartlett", -0.9)])
    def test_against_statsmodels(self, kernel: str, sign: float) -> None:
        """HAC of a regression on a constant. Alternating losses make the rectangular variance negative: Bartlett."""
        horizon, n = 2, 50
        d = lfilter([1], [1, -sign], np.random.default_rng(3).normal(size=n)) + 0.2
        gamma = [(d - d.mean())[k:] @ (d - d.mean())[: n - k] for k in range(horizon)]
        assert (gamma[0] + 2 * gamma[1] < 0) == (kernel == "bartlett")
        settings_ = {"maxlags": horizon - 1, "kernel": kernel, "use_correction": False}
        other = OLS(d, np.ones(n)).fit(cov_type="HAC", cov_kwds=settings_)
        factor = math.sqrt((n + 1 - 2 * horizon + horizon * (horizon - 1) / n) / n)
        assert diebold_mariano(d, np.zeros(n), horizon).statistic == pytest.approx(other.tvalues[0] * factor)

    def test_one_step_is_the_paired_t_test(self) -> None:
        a, b = np.random.default_rng(1).gamma(3, size=(2, 12))
        seen, other = diebold_mariano(a, b), ttest_rel(a, b)
        assert (seen.statistic, seen.p_value) == (pytest.approx(other.statistic), pytest.approx(other.pvalue))

    @given(arrays(float, (2, 15), elements=st.floats(0, 1e6)), st.integers(1, 8), st.floats(1e-3, 1e3))
    def test_properties(self, losses: np.ndarray, horizon: int, factor: float) -> None:
        a, b = losses
        seen, other = diebold_mariano(a, b, horizon), diebold_mariano(b, a, horizon)
        assert 0 <= seen.p_value <= 1
        assert (other.statistic, other.p_value) == (-seen.statistic, seen.p_value)
        scaled = diebold_mariano(a * factor, b * factor, horizon)
        if np.isfinite(seen.statistic) and np.ptp(a - b) > 1e-6 * max(a.max(), b.max()):
            assert scaled.p_value == pytest.approx(seen.p_value, rel=1e-3, abs=1e-6)

    @pytest.mark.parametrize("horizon", [1, 3])
    def test_no_variation(self, horizon: int) -> None:
        losses = np.random.default_rng(0).gamma(3, 1e4, size=9)
        same = diebold_mariano(losses, losses, horizon)
        assert (same.statistic, same.p_value, same.difference) == (0, 1, 0)
        less = diebold_mariano(losses, losses + 0.1, horizon)  # constant but for rounding
        assert (less.statistic, less.p_value) == (-np.inf, 0)

    def test_missing_and_few(self) -> None:
        a, b = np.array([1.0, np.nan, 3, 5, 1]), np.array([2.0, 5, np.nan, 4, 3])
        assert diebold_mariano(a, b) == diebold_mariano(a[[0, 3, 4]], b[[0, 3, 4]])
        for losses, horizon in ((np.empty(0), 1), (np.ones(1), 1), (np.arange(3.0), 3)):
            few = diebold_mariano(losses, 2 * losses, horizon)
            assert np.isnan([few.statistic, few.p_value]).all()
        with pytest.raises(ValueError, match="shapes"):
            diebold_mariano(np.ones(3), np.ones(4))
        with pytest.raises(ValueError, match="horizon 0"):
            diebold_mariano(np.ones(3), np.ones(3), 0)


def losses_of(runs: int, folds: int, step: int, models: int, seed: int) -> np.ndarray:
    """Fold sums of |error|, (runs, folds, models): shared noise, and per model a persistent part and one a fold."""
    rng = np.random.default_rng(seed)
    ar = lambda shape: lfilter([math.sqrt(1 - 0.81)], [1, -0.9], rng.normal(size=shape))[..., 50:]  # noqa: E731
    days = np.arange(folds)[:, None] * step + np.arange(28)
    shared = rng.normal(size=(runs, days.max() + 1))[:, days]
    own = [ar((runs, days.max() + 51))[:, days] + 0.7 * ar((runs, folds, 78)) for _ in range(models)]
    return np.stack([np.abs(shared + one).sum(axis=2) for one in own], axis=2)


def slow_bootstrap(losses: np.ndarray, block: int, reps: int, seed: int) -> np.ndarray:
    """Hansen, Lunde & Nason (2011), T_R, as the paper words it."""
    rng, n = np.random.default_rng(seed), len(losses)
    means = []
    for _ in range(reps):
        rows = [(start + k) % n for start in rng.integers(0, n, -(-n // block)) for k in range(block)][:n]
        means.append(losses[rows].mean(axis=0))
    means = np.array(means) - losses.mean(axis=0)
    left, p_values, largest = list(range(losses.shape[1])), {}, 0.0
    while len(left) > 1:
        t, draws = {}, []
        for i in left:
            for j in left:
                if i != j:
                    spread = math.sqrt(((means[:, i] - means[:, j]) ** 2).mean())
                    t[i, j] = (losses[:, i] - losses[:, j]).mean() / spread
                    draws.append(np.abs(means[:, i] - means[:, j]) / spread)
        top = max(t.values())
        largest = max(largest, float((np.max(draws, axis=0) >= top).mean()))
        leaves = max(t, key=lambda pair: t[pair])[0]
        p_values[leaves] = largest
        left.remove(leaves)
    p_values[left[0]] = 1.0
    return np.array([p_values[k] for k in range(losses.shape[1])])


class TestModelConfidenceSet:
    @pytest.mark.parametrize("block", [1, 5])
    def test_bootstrap_against_a_slow_one(self, block: int) -> None:
        rng = np.random.default_rng(4)
        losses = lfilter([1], [1, -0.4], rng.normal(size=(150, 4)), axis=0) + np.array([5.0, 5.15, 5.3, 5.6])
        seen = model_confidence_set(losses, block=block, null="bootstrap")
        assert seen.p_values == pytest.approx(slow_bootstrap(losses, block, 2000, 9), abs=0.04)
        assert seen.p_values[3] < 0.1 < seen.p_values[1]

    def test_both_nulls_agree_on_long_series(self) -> None:
        losses = np.random.default_rng(5).gamma(4, size=(400, 5)) + np.array([0, 0.1, 0.2, 0.3, 0.6])
        rotation, bootstrap = (model_confidence_set(losses, null=null) for null in ("rotation", "bootstrap"))
        assert rotation.p_values == pytest.approx(bootstrap.p_values, abs=0.04)
        assert rotation.p_values[0] == 1
        assert rotation.p_values[4] < 0.01

    @pytest.mark.parametrize(("folds", "block"), [(8, 1), (30, 4)])
    def test_two_models_are_a_t_test(self, folds: int, block: int) -> None:
        """Of the cosine sums, written out; without overlap it is the t-test of the differences."""
        losses = np.random.default_rng(6).gamma(9, size=(folds, 2)) + np.array([0, 0.8])
        d, place = losses[:, 0] - losses[:, 1], (np.arange(folds) + 0.5) / folds
        count = folds - 1 if block == 1 else 4  # 30 folds, 4 to a horizon: 8 periods, 8^(2/3) cosines
        sums = [math.sqrt(2 / folds) * (np.cos(math.pi * k * place) @ d) for k in range(1, count + 1)]
        statistic = math.sqrt(folds) * d.mean() / math.sqrt(np.mean(np.square(sums)))
        p_value = 2 * student.sf(abs(statistic), count)
        if block == 1:
            assert p_value == pytest.approx(ttest_1samp(d, 0).pvalue)
        seen = model_confidence_set(losses, block=block, reps=20_000)
        assert seen.p_values == pytest.approx([1, p_value], abs=0.012)

    @pytest.mark.parametrize(("folds", "step", "models"), [(8, 28, 2), (8, 28, 6), (20, 28, 4), (20, 7, 2), (40, 7, 6)])
    def test_size(self, folds: int, step: int, models: int) -> None:
        """Some of several equal models is dropped in about alpha of the runs, and with overlap too."""
        runs = losses_of(400, folds, step, models, seed=folds + models)
        lowest = [model_confidence_set(one, block=28 // step, reps=199).p_values.min() for one in runs]
        for alpha in (0.05, 0.10):
            assert np.mean(np.array(lowest) <= alpha) == pytest.approx(alpha, abs=4 * math.sqrt(alpha * 0.95 / 400))

    def test_power_grows_with_the_number_of_folds(self) -> None:
        dropped = []
        for folds in (8, 16, 40):
            runs = losses_of(150, folds, 28, 4, seed=folds) * np.array([0.8, 1, 1, 1])
            sets = [model_confidence_set(one, reps=199) for one in runs]
            assert np.mean([one.included[0] for one in sets]) > 0.97
            dropped.append(np.mean([~one.included[1:] for one in sets]))
        assert dropped[0] > 0.15
        assert dropped[1] > dropped[0] + 0.2
        assert dropped[2] > 0.9

    @settings(max_examples=25, deadline=None)
    @given(arrays(float, (9, 4), elements=st.floats(0, 1e4)), st.permutations(range(4)), st.sampled_from([1, 2]))
    def test_properties(self, losses: np.ndarray, order: list[int], block: int) -> None:
        losses = losses.round(3)
        seen = model_confidence_set(losses, block=block, reps=199)
        means = losses.mean(axis=0)
        best = means <= means.min() + 1e-9 * max(1.0, means.max())
        assert seen.included[best].any()
        assert seen.p_values[best].max() == 1
        assert ((seen.p_values > 0) & (seen.p_values <= 1)).all()
        again = model_confidence_set(losses, block=block, reps=199)
        assert again.p_values.tolist() == seen.p_values.tolist()
        if len(set(means.round(6))) == 4:  # no ties about who leaves first
            other = model_confidence_set(losses[:, order], block=block, reps=199)
            assert other.p_values == pytest.approx(seen.p_values[order], abs=0.02)
        wider = model_confidence_set(losses, 0.01, block=block, reps=199)
        assert (wider.included | ~seen.included).all()

    @pytest.mark.parametrize("null", ["rotation", "bootstrap"])
    def test_no_variation(self, null: str) -> None:
        first = np.random.default_rng(0).gamma(9, 1e5, size=9)
        same = model_confidence_set(np.stack([first] * 3, axis=1), null=null)
        assert same.p_values.tolist() == [1, 1, 1]
        offset = model_confidence_set(np.stack([first, first + 0.1, first], axis=1), reps=999, null=null)
        assert offset.included.tolist() == [True, False, True]
        assert offset.p_values.tolist() == [1, 1 / 1000, 1]  # the smallest there is

    def test_few_and_wrong(self) -> None:
        losses = np.random.default_rng(0).gamma(9, size=(MIN_PERIODS - 1, 3)) + np.array([0, 0, 100])
        few = model_confidence_set(losses)
        assert np.isnan(few.p_values).all()
        assert few.included.all()
        assert np.isnan(model_confidence_set(np.ones((16, 2)), block=4).p_values).all()
        assert not np.isnan(model_confidence_set(np.ones((17, 2)), block=4).p_values).any()
        assert model_confidence_set(np.ones((9, 1))).p_values.tolist() == [1]
        assert model_confidence_set(np.ones((9, 0))).p_values.size == 0
        for wrong in (np.ones(4), np.array([[1.0, np.nan]] * 9), np.array([[1.0, np.inf]] * 9)):
            with pytest.raises(ValueError, match="finite"):
                model_confidence_set(wrong)
        with pytest.raises(ValueError, match="block 0"):
            model_confidence_set(np.ones((9, 2)), block=0)


THREE = {"naive": 0.6, "sarima": 0.2, "xgboost": 0.2}


class TestBacktests:
    def test_losses_are_sums_by_fold_on_shared_rows(self) -> None:
        backtest = made(THREE, folds=3)
        backtest.loc[backtest["horizon"] == 2, "y"] = np.nan
        hidden = (backtest["model"] == "sarima") & (backtest["horizon"] > 20)
        seen = fold_losses(error_table(backtest[~hidden].sample(frac=1, random_state=0).sort_values("model")))
        assert seen.models == ("naive", "sarima", "xgboost")
        assert (seen.days, seen.block) == (3 * 19, 1)
        shared = backtest[(backtest["horizon"] <= 20) & (backtest["horizon"] != 2)]
        for row, (_, fold) in zip(seen.losses, shared.groupby("cutoff"), strict=True):
            plain = [(rows["y"] - rows["mean"]).abs().sum() for _, rows in fold.groupby("model")]
            assert row == pytest.approx(plain)

    @pytest.mark.parametrize(("step", "block"), [(28, 1), (40, 1), (27, 2), (14, 2), (10, 3), (7, 4), (1, 28)])
    def test_overlap_is_found_in_the_cutoffs(self, step: int, block: int) -> None:
        assert fold_losses(error_table(made(THREE, folds=30, step=step))).block == block

    def test_pairs(self) -> None:
        backtest = made(THREE)
        seen = pairwise(backtest)
        assert tuple(seen.columns) == PAIR_COLUMNS
        best = seen["model_a"][0]
        assert seen["model_a"].tolist() == [best, best, ({"sarima", "xgboost"} - {best}).pop()]
        losses = fold_losses(error_table(backtest))
        for row in seen.to_dict("records"):
            a, b = (losses.losses[:, losses.models.index(row[name])] for name in ("model_a", "model_b"))
            other = diebold_mariano(a, b)
            assert (row["statistic"], row["p_value"]) == (pytest.approx(other.statistic), pytest.approx(other.p_value))
            means = [
                (rows["y"] - rows["mean"]).abs().mean()
                for rows in (backtest[backtest["model"] == row[name]] for name in ("model_a", "model_b"))
            ]
            assert row["difference"] == pytest.approx(means[0] - means[1])
            assert row["folds"] == 8
        assert seen["p_value"].lt(0.05).tolist() == [name == "naive" for name in seen["model_b"]]

    def test_size_of_pairs_with_overlap(self) -> None:
        """Equal models, origins 7 days apart: near 5 %, where the lags of the overlap alone give 12 % or more."""
        runs = losses_of(600, 20, 7, 2, seed=1)
        classic = [diebold_mariano(one[:, 0], one[:, 1], 4).p_value < 0.05 for one in runs]
        ours = [pairwise(frame_of(one, step=7))["p_value"][0] < 0.05 for one in runs[:250]]
        assert np.mean(classic) > 0.09
        assert 0.02 < np.mean(ours) < 0.10

    def test_ties(self) -> None:
        backtest = made(THREE)
        seen = tied_with_best(backtest)
        assert seen.enough
        assert seen.best == pairwise(backtest)["model_a"][0]
        assert seen.tied == ("sarima", "xgboost")
        assert seen.p_values[seen.best] == 1
        assert seen.p_values["naive"] < 0.02
        assert tied_with_best(backtest, alpha=1e-6).tied == tuple(THREE)

    def test_identical_models_are_tied(self) -> None:
        backtest = made({"a": 0.2})
        both = pd.concat([backtest, backtest.assign(model="b")], ignore_index=True)
        assert tied_with_best(both).p_values == {"a": 1, "b": 1}
        assert pairwise(both)[["difference", "statistic", "p_value"]].to_numpy().tolist() == [[0, 0, 1]]

    def test_a_difference_without_variation_is_certain(self) -> None:
        backtest = made({"a": 0.0})
        off = backtest.assign(model="b", mean=backtest["mean"] + 3)
        seen = pairwise(pd.concat([off, backtest], ignore_index=True))
        assert seen[["model_a", "model_b", "difference"]].to_numpy().tolist() == [["a", "b", -3]]
        assert (seen["statistic"][0], seen["p_value"][0]) == (-np.inf, 0)

    @pytest.mark.parametrize(("folds", "step"), [(4, 28), (16, 7), (1, 28)])
    def test_too_few_folds(self, folds: int, step: int) -> None:
        backtest = made(THREE, folds=folds, step=step)
        seen = pairwise(backtest)
        assert seen[["statistic", "p_value"]].isna().all(axis=None)
        assert seen["difference"].lt(0).all()
        ties = tied_with_best(backtest)
        assert (ties.best, ties.enough, ties.tied) == (seen["model_a"][0], False, tuple(THREE))
        assert np.isnan(list(ties.p_values.values())).all()

    def test_nothing_shared(self) -> None:
        backtest = made(THREE).assign(y=np.nan)
        assert pairwise(backtest)[["difference", "statistic", "p_value"]].isna().all(axis=None)
        assert (tied_with_best(backtest).best, tied_with_best(backtest).tied) == (None, tuple(THREE))
        empty = backtest.iloc[:0]
        assert pairwise(empty).empty
        assert tied_with_best(empty).tied == ()

    def test_several_series_are_added_up(self) -> None:
        parts = [made(THREE, seed=seed, segment=name) for seed, name in enumerate(("total", "country:France"))]
        single = [fold_losses(error_table(part)) for part in parts]
        both = fold_losses(error_table(pd.concat(parts, ignore_index=True)))
        assert both.losses == pytest.approx(single[0].losses + single[1].losses)


def frame_of(losses: np.ndarray, step: int) -> pd.DataFrame:
    """A backtest whose fold sums are these losses (folds, models), of horizon 28."""
    models = losses.shape[1]
    fold, model = np.divmod(np.arange(losses.size), models)
    cutoff = pd.Timestamp("2024-01-01") + pd.to_timedelta(fold * step, unit="D")
    columns = {"cutoff": cutoff, "horizon": 28, "y": losses.ravel(), "mean": 0.0}
    return pd.DataFrame({"model": np.array([f"m{k}" for k in range(models)])[model], **columns})
