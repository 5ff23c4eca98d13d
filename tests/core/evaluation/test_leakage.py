"""The audit passes honest models and finds planted leaks."""

import numpy as np
import pandas as pd
import pytest

from core.evaluation.backtest import make_folds
from core.evaluation.leakage import audit, perturbed
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


@pytest.mark.parametrize("name", MODEL_NAMES)
def test_models_do_not_leak(name, panel, folds):
    report = audit(name, panel, folds, honest)
    assert report, report.difference
    assert report.model == name
    assert report.forecasts == 2 * 28 * (1 + 2 + 3)


class SameDay(SeasonalNaive):
    """Uses the target day's own value: the mistake of many published results on these data."""

    name = "same_day"

    def backtest(self, panel, folds, calendars):
        frame = super().backtest(panel, folds, calendars)
        truth = panel.to_frame().set_index(["measure", "segment", "date"])["value"]
        same = truth.reindex(pd.MultiIndex.from_frame(frame[["measure", "segment", "date"]])).to_numpy()
        return frame.assign(mean=np.where(frame["open"], 0.5 * frame["mean"] + 0.5 * same, 0.0))


class WholeHistory(SeasonalNaive):
    """Scales by a mean over all days, those after the origin included."""

    name = "whole_history"

    def backtest(self, panel, folds, calendars):
        frame = super().backtest(panel, folds, calendars)
        return frame.assign(mean=frame["mean"] * (1 + 1e-12 * panel.values.mean()))


@pytest.mark.parametrize("model", [SameDay, WholeHistory])
def test_planted_leaks_of_a_model_are_found(model, panel, folds):
    report = audit(model, panel, folds, honest)
    assert not report
    assert f"values after {folds[0].origin} change mean of transactions/total" in report.difference


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
