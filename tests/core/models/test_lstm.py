"""LSTM: the numpy pass equals Keras, training repeats to the last bit, forecasting needs no TensorFlow."""

import datetime as dt
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from core.models import lstm, lstm_training
from core.models.base import Fold, Forecaster
from core.models.lstm import Lstm
from core.models.lstm_inputs import CLIP, STEP_INPUTS, WINDOW
from core.models.lstm_network import UNITS, Network, initial, shapes
from core.series.calendar import calendars_at
from tests.core.models.businesses import START, calendar_of, panel_of, regular


@pytest.fixture(scope="module")
def panel():
    return panel_of(regular(300), regular(300, 2, 3e4))


def random_inputs(n=200, horizon=9, features=13, seed=0):
    rng = np.random.default_rng(seed)
    return (
        rng.normal(size=(n, WINDOW, STEP_INPUTS)).astype(np.float32),
        rng.normal(size=(n, horizon, features)).astype(np.float32),
    )


def test_the_numpy_pass_equals_keras():
    past, ahead = random_inputs()
    trainer = lstm_training.Trainer(9, 13)
    weights = {
        name: np.random.default_rng(1).normal(0, 0.3, shape).astype(np.float32) for name, shape in shapes(13).items()
    }
    for name, place in trainer._places.items():
        place.assign(weights[name])
    theirs = trainer.model([past, ahead], training=False).numpy()[:, :, 0]
    np.testing.assert_allclose(Network(weights)(past, ahead), theirs, atol=1e-5)


def test_the_fused_layer_learns_as_the_one_of_keras():
    tf = lstm_training._tensorflow()
    rng = np.random.default_rng(2)
    # Inputs that persist and gates that hardly forget make large cells: nothing may cut them off.
    past = (rng.normal(size=(128, 1, STEP_INPUTS)) + 0.3 * rng.normal(size=(128, WINDOW, STEP_INPUTS))).astype("f4")
    towards = tf.constant(rng.normal(size=(128, UNITS)), tf.float32)
    shape = ((STEP_INPUTS, 4 * UNITS), (UNITS, 4 * UNITS), (4 * UNITS,))
    weights = [rng.normal(0, 0.4, one) for one in shape]
    weights[2][UNITS : 2 * UNITS] += 1
    found = []
    for layer in (tf.keras.layers.LSTM(UNITS), lstm_training._fused_lstm(tf)(UNITS)):
        layer.build(past.shape)
        layer.set_weights(weights)
        with tf.GradientTape() as tape:
            state = layer(past)
            loss = tf.reduce_sum(state * towards)
        found.append([state.numpy(), *(one.numpy() for one in tape.gradient(loss, layer.trainable_variables))])
    for ours, theirs in zip(*reversed(found), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-5 * np.abs(theirs).max())


def test_a_network_starts_at_no_correction():
    past, ahead = random_inputs()
    assert (Network(initial(13, 0))(past, ahead) == 0).all()


def test_training_repeats_whatever_was_trained_before():
    past, ahead = random_inputs()
    targets = (ahead[:, :, 0] * 0.5).astype(np.float32)
    targets[::5, 3] = np.nan
    after = np.zeros(targets.shape, dtype=bool)
    after[150:] = True
    first, error = lstm_training.train(past, ahead, targets, after, False)
    lstm_training.train(*random_inputs(seed=3), -targets, after, False)
    again, same = lstm_training.train(past, ahead, targets, after, False)
    assert error == same
    for one, other in zip(first, again, strict=True):
        for name, array in one.weights.items():
            assert (array == other.weights[name]).all()
    assert any((first[0].weights[name] != first[1].weights[name]).any() for name in shapes(13))


def test_training_learns():
    past, ahead = random_inputs(1500)
    targets = np.clip(ahead[:, :, 0] + past[:, -1, :1], -CLIP, CLIP).astype(np.float32)
    trainer = lstm_training.Trainer(9, 13)
    network = trainer.train(past, ahead, targets, 0, 30)
    assert np.abs(network(past, ahead) - targets).mean() < 0.5 * np.abs(targets).mean()


def test_missing_targets_teach_nothing():
    past, ahead = random_inputs()
    targets = np.full((200, 9), np.nan, np.float32)
    targets[:, 2] = ahead[:, 2, 0]
    trainer = lstm_training.Trainer(9, 13)
    network = trainer.train(past, ahead, targets, 0, 3)
    assert all(np.isfinite(array).all() for array in network.weights.values())


def test_backtest_equals_the_plain_loop(panel):
    calendars = calendars_at(panel.first_day, panel.values[0], "GB-ENG")
    folds = [Fold(START + dt.timedelta(days=days), 28) for days in (220, 248)]
    fast = Lstm().backtest(panel, folds, calendars)
    slow = Forecaster.backtest(Lstm(), panel, folds, calendars)
    pd.testing.assert_frame_equal(fast[list(slow.columns)], slow, check_exact=True)


def test_weekly_folds_share_a_training(panel, monkeypatch):
    trained_at = []
    monkeypatch.setattr(lstm, "trained", lambda known, calendar: trained_at.append(known.n_days) or ())
    folds = [Fold(START + dt.timedelta(days=220 + 7 * week), 7) for week in range(9)]
    Lstm().backtest(panel, folds, calendars_at(panel.first_day, panel.values[0], "GB-ENG"))
    assert trained_at == [221, 249, 277]


def test_forecasting_needs_no_tensorflow(panel, tmp_path):
    model = Lstm().fit(panel, calendar_of(panel))
    assert [one.base for one in model.learnt] == ["season", "gp"]
    model.to_dir(tmp_path)
    code = (
        "import sys; from pathlib import Path; from core.models.lstm import Lstm;"
        f"print(Lstm.from_dir(Path({str(tmp_path)!r})).forecast(28)['mean'].sum());"
        "assert not [one for one in sys.modules if one.startswith(('tensorflow', 'keras'))]"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert float(done.stdout) == model.forecast(28)["mean"].sum()


def test_too_little_to_learn_from_is_the_process():
    panel = panel_of(regular(40))
    assert Lstm().fit(panel, calendar_of(panel)).learnt == ()
