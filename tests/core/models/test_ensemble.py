"""Ensemble: weights by hand, no later fold in any of them, and one bad member does no harm."""

import numpy as np
import pandas as pd
import pytest

from core.models.base import POINT_COLUMNS
from core.models.ensemble import ALONE, FAR, PATIENCE, POWER, SHARE, START, Ensemble, weigh

MODELS = tuple(START)


def points(errors, folds=3, horizon=5, seed=0, series=("total",)):
    """Members whose log errors have the standard deviations ``errors``; the third day is closed."""
    rng = np.random.default_rng(seed)
    frames = []
    for segment in series:
        for fold in range(folds):
            cutoff = pd.Timestamp("2020-01-01") + pd.Timedelta(days=horizon * fold)
            steps = np.arange(1, horizon + 1)
            is_open = steps != 3
            y = np.where(is_open, rng.lognormal(5, 0.3, horizon), 0.0)
            for model, error in errors.items():
                mean = np.where(is_open, y * np.exp(rng.normal(0, error, horizon)), 0.0)
                frames.append(
                    pd.DataFrame(
                        {"model": model, "measure": "revenue", "segment": segment, "cutoff": cutoff,
                         "date": cutoff + pd.to_timedelta(steps, "D"), "horizon": steps, "y": y, "mean": mean,
                         "open": is_open}
                    )
                )  # fmt: skip
    return pd.concat(frames, ignore_index=True)


def start_of(n_series):
    start = np.array([START[name] / (1 + (n_series - 1) / SHARE * (name in ALONE)) for name in MODELS])
    return start / start.sum()


def test_before_anything_is_known_the_weights_are_those_of_the_start():
    np.testing.assert_allclose(weigh(np.empty((0, 2, len(MODELS))), MODELS), [start_of(2)] * 2)


def test_in_a_large_panel_members_that_learn_alone_start_with_less():
    one, many = (weigh(np.empty((0, count, len(MODELS))), MODELS)[0] for count in (1, 1000))
    alone = np.isin(MODELS, ALONE)
    assert (many[alone] < 0.1 * one[alone]).all()
    assert (many[~alone] > one[~alone]).all()


def test_weights_by_hand():
    errors = np.ones((2, 1, len(MODELS)))
    errors[:, :, 0] = 2.0
    start = start_of(1)
    taught = start * np.where(np.arange(len(MODELS)) == 0, 2.0**-POWER, 1.0)
    expected = (2 * taught / taught.sum() + PATIENCE * start) / (2 + PATIENCE)
    np.testing.assert_allclose(weigh(errors, MODELS)[0], expected)
    many = weigh(np.tile(errors, (1, 100, 1)), MODELS)
    start = start_of(100)
    taught = start * np.where(np.arange(len(MODELS)) == 0, 2.0**-POWER, 1.0)
    expected = (20 * taught / taught.sum() + PATIENCE * start) / (20 + PATIENCE)
    np.testing.assert_allclose(many, np.tile(expected, (100, 1)))


def test_folds_without_actuals_teach_nothing():
    errors = np.full((3, 2, len(MODELS)), np.nan)
    assert (weigh(errors, MODELS) == weigh(errors[:0], MODELS)).all()


def test_first_fold_is_the_weighted_mean_of_logs():
    frame = points(dict.fromkeys(MODELS, 0.2))
    first = frame[frame["cutoff"] == frame["cutoff"].min()]
    table = first.pivot(index="date", columns="model", values="mean")[list(MODELS)]
    expected = np.expm1(np.log1p(table.to_numpy()) @ start_of(1))
    combined = Ensemble.combine(frame)
    np.testing.assert_allclose(combined["mean"][: len(table)], expected)
    assert list(combined.columns) == [*POINT_COLUMNS, "cutoff"]
    assert (combined.loc[~combined["open"], "mean"] == 0).all()


def test_a_fold_knows_only_finished_folds():
    frame = points({name: 0.1 * (1 + index) for index, name in enumerate(MODELS)}, folds=6, seed=2)
    cutoffs = np.sort(frame["cutoff"].unique())
    before = Ensemble.combine(frame)
    changed = frame.assign(y=np.where(frame["date"] > cutoffs[3], 1e6, frame["y"]))
    after = Ensemble.combine(changed)
    known = before["cutoff"] <= cutoffs[3]
    pd.testing.assert_frame_equal(before[known], after[known], check_exact=True)
    assert not before[~known].equals(after[~known])


def test_the_better_member_gets_more_weight():
    frame = points({MODELS[0]: 0.05, **dict.fromkeys(MODELS[1:], 0.5)}, folds=20, horizon=20)
    told = Ensemble.weights(frame)["revenue/total"]
    assert told[MODELS[0]] > 2 * START[MODELS[0]] / sum(START.values())


def test_one_bad_member_does_no_harm():
    frame = points(dict.fromkeys(MODELS, 0.1), folds=4, horizon=20)
    honest = Ensemble.combine(frame)
    bad = frame["model"] == MODELS[2]
    wild = Ensemble.combine(frame.assign(mean=np.where(bad, frame["mean"] * np.exp(3 * FAR), frame["mean"])))
    y = frame.loc[frame["model"] == MODELS[0], "y"].to_numpy()
    worse = np.abs(wild["mean"] - y).sum() / np.abs(honest["mean"] - y).sum()
    assert worse < 1.5


def test_ahead_goes_on_with_what_the_folds_taught():
    frame = points(
        {name: 0.1 * (1 + index) for index, name in enumerate(MODELS)},
        folds=6,
        horizon=20,
        series=("total", "country:1"),
    )
    last = frame["cutoff"] == frame["cutoff"].max()
    ahead = frame[last].drop(columns=["y", "cutoff"])
    made = Ensemble.combine_ahead(ahead, frame[~last])
    inside = Ensemble.combine(frame)
    inside = inside[inside["cutoff"] == inside["cutoff"].max()]
    np.testing.assert_allclose(made["mean"], inside["mean"], rtol=1e-12)
    assert list(made.columns) == list(POINT_COLUMNS)
    assert np.isfinite(Ensemble.combine_ahead(ahead, frame.head(0))["mean"]).all()


def test_members():
    assert Ensemble.members_for(5) == MODELS
    assert "sarima" not in Ensemble.members_for(1000)


def test_members_must_have_forecast_the_same_days():
    frame = points(dict.fromkeys(MODELS, 0.1))
    with pytest.raises(ValueError, match="same days"):
        Ensemble.combine(frame.drop(index=frame.index[-1]))
