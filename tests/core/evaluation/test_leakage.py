"""The audit passes honest models and finds planted leaks."""

import numpy as np
import pandas as pd
import pytest

from core.evaluation import backtest as backtest_module
from core.evaluation.backtest import make_folds
from core.evaluation.intervals import add_intervals
from core.evaluation.leakage import _evenly, audit, audit_models, perturbed
from core.models.base import POINT_COLUMNS, Combination
from core.models.catalogue import MODEL_NAMES
from core.models.seasonal_naive import SeasonalNaive
from core.series.calendar import calendars_at, infer_calendar
from tests.core.models.businesses import panel_of, regular


@pytest.fixture(scope="module")
def panel():
    rng = np.random.default_rng(0)
    return panel_of(regular(420), np.where(rng.random(420) < 0.5, 0.0, 4.0))


@pytest.fixture(scope="module")
def folds(panel):
    return make_folds(panel, 28, 3, 28)


def honest(panel):
    return calendars_at(panel.first_day, panel.values[0], "GB-ENG")


def test_models_do_not_leak(panel, folds):
    found = audit_models(MODEL_NAMES, panel, folds, honest, workers=1)
    assert found, found.certificate()
    assert [report.model for report in found.reports] == list(MODEL_NAMES)
    assert {report.forecasts for report in found.reports} == {2 * 28 * (1 + 2 + 3)}


class SameDay(SeasonalNaive):
    """Uses the target day's own value: the mistake of many published results on these data."""

    name = "same_day"

    def backtest(self, panel, folds, calendars):
        frame = super().backtest(panel, folds, calendars)
        truth = panel.to_frame().set_index(["measure", "segment", "date"])["value"]
        same = truth.reindex(pd.MultiIndex.from_frame(frame[["measure", "segment", "date"]])).to_numpy()
        return frame.assign(mean=np.where(frame["open"], 0.5 * frame["mean"] + 0.5 * same, 0.0))


class CentredMean(SeasonalNaive):
    """Follows a rolling mean of a week around each day: at the origin it has seen the three days after."""

    name = "centred_mean"

    def backtest(self, panel, folds, calendars):
        frame = super().backtest(panel, folds, calendars)
        smooth = pd.DataFrame(panel.values.T).rolling(7, center=True, min_periods=1).mean().to_numpy().T
        column = (frame["cutoff"].dt.date.to_numpy() - panel.first_day).astype("timedelta64[D]").astype(int)
        row = [panel.series.index(key) for key in zip(frame["measure"], frame["segment"], strict=True)]
        return frame.assign(mean=np.where(frame["open"], smooth[row, column], 0.0))


class ScaledByEverything(SeasonalNaive):
    """Forecasts on a scale whose mean and deviation come from all days, those after the origin included."""

    name = "scaled_by_everything"

    def backtest(self, panel, folds, calendars):
        frame = super().backtest(panel, folds, calendars)
        middle, spread = panel.values.mean(), panel.values.std()
        shrunk = middle + spread * 0.99 * ((frame["mean"] - middle) / spread)
        return frame.assign(mean=np.where(frame["open"], np.maximum(shrunk, 0.0), 0.0))


class LastBit(SeasonalNaive):
    """So little that nobody would see it."""

    name = "last_bit"

    def backtest(self, panel, folds, calendars):
        frame = super().backtest(panel, folds, calendars)
        return frame.assign(mean=frame["mean"] * (1 + 1e-12 * panel.values.mean()))


@pytest.mark.parametrize("model", [SameDay, CentredMean, ScaledByEverything, LastBit])
def test_planted_leaks_of_a_model_are_found(model, panel, folds):
    report = audit(model, panel, folds, honest)
    assert not report
    assert f"values after {folds[0].origin} change mean of transactions/total" in report.difference


class Tuned(SeasonalNaive):
    """One of two ways for all folds: the one that was better in the end."""

    name = "tuned"

    def backtest(self, panel, folds, calendars):
        frame = super().backtest(panel, folds, calendars)
        truth = panel.to_frame().set_index(["measure", "segment", "date"])["value"]
        same = truth.reindex(pd.MultiIndex.from_frame(frame[["measure", "segment", "date"]])).to_numpy()
        factor = min((0.2, 1.0), key=lambda factor: np.abs(frame["mean"] * factor - same).sum())
        return frame.assign(mean=frame["mean"] * factor)


def test_a_choice_tuned_on_the_test_days_is_found(panel, folds):
    assert not audit(Tuned, panel, folds, honest)


class Hindsight(Combination):
    """Weights by the errors of all folds, those to come included."""

    name = "hindsight"

    @classmethod
    def members_for(cls, n_series):
        return ("seasonal_naive", "sarima")

    @classmethod
    def combine(cls, points):
        error = (points["y"] - points["mean"]).abs().groupby(points["model"]).mean()
        parts = [rows.reset_index(drop=True) for _, rows in points.groupby("model", sort=False)]
        weights = [1 / error[one["model"][0]] for one in parts]
        mean = np.average([one["mean"] for one in parts], axis=0, weights=weights)
        return parts[0].assign(mean=mean)[[*POINT_COLUMNS, "cutoff"]]

    @classmethod
    def combine_ahead(cls, points, backtest):
        raise NotImplementedError


class Innocent(Hindsight):
    name = "innocent"

    @classmethod
    def combine(cls, points):
        parts = [rows.reset_index(drop=True) for _, rows in points.groupby("model", sort=False)]
        mean = np.mean([one["mean"] for one in parts], axis=0)
        return parts[0].assign(mean=mean)[[*POINT_COLUMNS, "cutoff"]]


def test_several_models_at_once(panel, folds):
    told = []
    found = audit_models(
        [SameDay, "seasonal_naive", Hindsight, Innocent], panel, folds, honest,
        on_progress=lambda *args: told.append(args),
    )  # fmt: skip
    assert not found
    assert [bool(report) for report in found.reports] == [False, True, False, True]
    certificate = found.certificate()
    assert certificate["passed"] is False
    assert certificate["folds"] == 3
    assert list(certificate["models"]) == ["same_day", "seasonal_naive", "hindsight", "innocent"]
    assert certificate["models"]["innocent"] == {"forecasts": 2 * 28 * 6, "folds": 3, "difference": ""}
    assert "change mean of" in certificate["models"]["hindsight"]["difference"]
    assert found.result.frame["model"].unique().tolist() == list(certificate["models"])
    fractions = [fraction for fraction, _ in told]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0


def test_an_audit_in_other_processes_finds_the_same(panel, folds):
    here, there = (
        audit_models([SameDay, "seasonal_naive"], panel, folds, honest, positions=1, workers=workers)
        for workers in (1, 2)
    )
    assert here.reports == there.reports
    assert [bool(report) for report in there.reports] == [False, True]


def test_an_interval_from_later_errors_is_found(panel, folds, monkeypatch):
    def clairvoyant(points, prior):
        frame = add_intervals(points, prior)
        worst = (points["y"] - points["mean"]).abs().max()  # of all folds
        return frame.assign(hi95=np.where(points["open"], frame["hi95"] + worst, 0.0))

    monkeypatch.setattr(backtest_module, "add_intervals", clairvoyant)
    report = audit("seasonal_naive", panel, folds, honest)
    assert "change hi95 of transactions/total" in report.difference


def test_a_reconciliation_that_looks_ahead_is_found(monkeypatch):
    parts = [regular(300), regular(300, 1)]
    panel = panel_of(sum(parts), *parts)
    folds = make_folds(panel, 14, 3, 14)
    reconcile = backtest_module.reconcile_backtest

    def clairvoyant(points):
        made, choices = reconcile(points)
        return made.assign(mean=made["mean"] * (1 + (points["y"] < points["mean"]).mean())), choices

    assert audit("seasonal_naive", panel, folds, honest)
    monkeypatch.setattr(backtest_module, "reconcile_backtest", clairvoyant)
    assert "change mean of" in audit("seasonal_naive", panel, folds, honest).difference


def test_calendars_may_need_more_than_the_models_see(panel, folds):
    found = audit_models(
        ["seasonal_naive"], panel, folds, honest, view=lambda panel: panel.select(panel.series[1:]), positions=2
    )
    assert found.reports[0].forecasts == 28 * (1 + 3)
    assert found.result.frame["segment"].unique().tolist() == ["country:1"]

    def clairvoyant(panel):
        return calendars_at(panel.first_day, np.roll(panel.values[0], -28), "GB-ENG")

    assert not audit_models(
        ["seasonal_naive"], panel, folds, clairvoyant, view=lambda panel: panel.select(panel.series[1:])
    )


def test_positions_are_spread_over_the_folds():
    assert _evenly(11, 3) == [0, 5, 10]
    assert _evenly(2, 3) == [0, 1]
    assert _evenly(1, 3) == [0]
    assert _evenly(5, 1) == [4]
    assert _evenly(4, 4) == [0, 1, 2, 3]


def test_a_calendar_learnt_from_the_future_is_found(panel, folds):
    def clairvoyant(panel):
        calendar = infer_calendar(panel.first_day, panel.values[0], "GB-ENG")
        return lambda _origin: calendar

    report = audit("seasonal_naive", panel, folds, clairvoyant)
    assert not report
    assert "open of transactions/total" in report.difference or "mean of" in report.difference


def test_noise_comes_after_the_origin_only(panel, folds):
    origin = folds[0].origin
    other = perturbed(panel, origin)
    known = panel.until(origin).n_days
    assert (other.values[:, :known] == panel.values[:, :known]).all()
    assert (other.values[:, known:] != panel.values[:, known:]).all()
    assert (other.values >= 0).all()
