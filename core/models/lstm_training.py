"""Training the LSTM with Keras. The only module that imports TensorFlow, and only when something is trained."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import numpy as np

from core.models.lstm_inputs import STEP_INPUTS, WINDOW, Floats
from core.models.lstm_network import HEAD, UNITS, Network, initial, shapes

SEEDS = (0, 1, 2)
BATCH = 128
DAYS_A_STEP = 8
"""Days of the horizon that a step of training looks at, drawn anew: neighbours say much the same."""
LEARNING_RATE = 2e-3
WEIGHT_DECAY = 4e-3
EPOCHS = 24
PATIENCE = 4
FEWEST_EPOCHS = 2
FEWEST_EPOCHS_WITH_A_YEAR = 6
"""The last days are a noisy judge; where every season has been seen once, the network may learn longer."""
FEWEST_TARGETS = 50
FEWEST_WINDOWS = 64


def settings() -> dict[str, Any]:
    """What was fixed before any training, seeds included."""
    return {
        "seeds": list(SEEDS), "batch": BATCH, "learning_rate": LEARNING_RATE, "weight_decay": WEIGHT_DECAY,
        "most_epochs": EPOCHS, "patience": PATIENCE, "units": UNITS, "head": HEAD,
    }  # fmt: skip


def train(
    past: Floats, ahead: Floats, targets: Floats, after: Floats, a_year: bool
) -> tuple[tuple[Network, ...], float]:
    """One network a seed, and their error on the last days before these were learnt from (NaN if not known).

    past (n, WINDOW, STEP_INPUTS), ahead (n, horizon, features), targets (n, horizon).

    NaN targets count nothing. ``after`` marks (True) the targets of the last days of training: without them the
    number of epochs is found, by their mean absolute error, and then all are learnt from so often. ``a_year``: whether
    the past goes back for more than one. Deterministic.
    """
    trainer = _trainer(targets.shape[1], ahead.shape[2])
    before = np.where(after, np.nan, targets)
    judged = np.where(after, targets, np.nan)
    learn, judge = ~np.isnan(before).all(axis=1), ~np.isnan(judged).all(axis=1)
    epochs, error = 0, float("nan")
    if learn.sum() >= FEWEST_WINDOWS and (~np.isnan(judged)).sum() >= FEWEST_TARGETS:
        epochs, error = trainer.best_epochs(
            (past[learn], ahead[learn], before[learn]), (past[judge], ahead[judge], judged[judge])
        )
    epochs = max(epochs, FEWEST_EPOCHS_WITH_A_YEAR if a_year else FEWEST_EPOCHS)
    return tuple(trainer.train(past, ahead, targets, seed, epochs) for seed in SEEDS), error


@lru_cache(maxsize=8)
def _trainer(horizon: int, n_features: int) -> Trainer:
    return Trainer(horizon, n_features)


class Trainer:
    """A Keras model with its compiled step, used for every training of this shape in this process."""

    def __init__(self, horizon: int, n_features: int) -> None:
        self.n_features = n_features
        self._tf = tf = _tensorflow()
        keras = tf.keras
        past, ahead = keras.Input((WINDOW, STEP_INPUTS)), keras.Input((None, n_features))
        state = keras.layers.Dense(HEAD[0])(_fused_lstm(tf)(UNITS)(past))
        hidden = keras.layers.Dense(HEAD[0], use_bias=False)(ahead) + state[:, None, :]
        hidden = keras.layers.Dense(HEAD[1], activation="silu")(keras.layers.Activation("silu")(hidden))
        self.model = keras.Model([past, ahead], keras.layers.Dense(1)(hidden))
        self._places = _places(self.model, n_features)
        self._optimizer = keras.optimizers.AdamW(LEARNING_RATE, weight_decay=WEIGHT_DECAY, clipnorm=1.0)
        self._optimizer.build(self.model.trainable_variables)
        self._fresh = [variable.numpy() for variable in self._optimizer.variables]
        specs = [
            tf.TensorSpec((None, WINDOW, STEP_INPUTS)), tf.TensorSpec((None, horizon, n_features)),
            tf.TensorSpec((None, horizon)), tf.TensorSpec((None, BATCH), tf.int32),
            tf.TensorSpec((None, min(DAYS_A_STEP, horizon)), tf.int32),
        ]  # fmt: skip
        # One call an epoch, as each costs a tenth of a step. No autograph: it would read this file again.
        self._descent = tf.function(self._descend, input_signature=specs, autograph=False)

    def best_epochs(
        self, learn: tuple[Floats, Floats, Floats], judge: tuple[Floats, Floats, Floats]
    ) -> tuple[int, float]:
        """After how many epochs the error on ``judge`` was lowest, and that error; stops PATIENCE epochs after that."""
        past, ahead, targets = judge
        best, best_error = 0, _mean_error(np.zeros_like(targets), targets)
        for epoch, network in enumerate(self._epochs(*learn, SEEDS[0], EPOCHS), start=1):
            error = _mean_error(network(past, ahead), targets)
            if error < best_error:
                best, best_error = epoch, error
            if epoch - best >= PATIENCE:
                break
        return best, best_error

    def train(self, past: Floats, ahead: Floats, targets: Floats, seed: int, epochs: int) -> Network:
        last = Network(initial(self.n_features, seed))
        for network in self._epochs(past, ahead, targets, seed, epochs):
            last = network
        return last

    def _epochs(self, past: Floats, ahead: Floats, targets: Floats, seed: int, epochs: int) -> Iterator[Network]:
        """The network after each epoch."""
        tf, rng, count = self._tf, np.random.default_rng(seed), len(past)
        start = initial(self.n_features, seed)
        for name, place in self._places.items():
            place.assign(start[name])
        for variable, value in zip(self._optimizer.variables, self._fresh, strict=True):
            variable.assign(value)
        data = [tf.constant(array, tf.float32) for array in (past, ahead, targets)]
        steps = max(count // BATCH, 1)
        horizon = targets.shape[1]
        for _ in range(epochs):
            order = rng.permutation(count) if count >= BATCH else rng.integers(count, size=BATCH)
            batches = order[: steps * BATCH].reshape(steps, BATCH).astype(np.int32)
            days = rng.permuted(np.tile(np.arange(horizon, dtype=np.int32), (steps, 1)), axis=1)
            self._descent(*data, tf.constant(batches), tf.constant(days[:, :DAYS_A_STEP]))
            yield Network({name: place.numpy() for name, place in self._places.items()})

    def _descend(self, past: Any, ahead: Any, targets: Any, batches: Any, days: Any) -> None:
        """A step for every row of ``batches`` and ``days``, in their order."""
        tf = self._tf

        def step(number: Any) -> tuple[Any]:
            self._step(past, ahead, targets, batches[number], days[number])
            return (number + 1,)

        tf.while_loop(lambda number: number < tf.shape(batches)[0], step, (tf.constant(0),), parallel_iterations=1)

    def _step(self, past: Any, ahead: Any, targets: Any, batch: Any, days: Any) -> None:
        """A step of gradient descent on the mean absolute error of some windows at some days of the horizon."""
        tf = self._tf
        variables = self.model.trainable_variables
        x = tf.ensure_shape(tf.gather(past, batch), (BATCH, WINDOW, STEP_INPUTS))
        known = tf.gather(tf.gather(ahead, batch), days, axis=1)
        y = tf.gather(tf.gather(targets, batch), days, axis=1)
        there = tf.logical_not(tf.math.is_nan(y))
        with tf.GradientTape() as tape:
            miss = tf.abs(self.model([x, known], training=True)[:, :, 0] - tf.where(there, y, 0.0))
            loss = tf.reduce_sum(tf.where(there, miss, 0.0)) / (tf.reduce_sum(tf.cast(there, tf.float32)) + 1.0)
        self._optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))


def _fused_lstm(tf: Any) -> Any:
    """Keras' LSTM layer, without masks and states: all steps are one operation of TensorFlow, its gradient another.

    The same numbers but for rounding, in three quarters of the time that operations for every day take. Not
    BlockLSTMV2, which has Keras' order of gates: TensorFlow 2.21 registers the gradient of BlockLSTM for it, whose
    order is another.
    """

    def gates(weights: Any) -> Any:
        enter, forget, new, leave = tf.split(weights, 4, axis=-1)
        return tf.concat([enter, new, forget, leave], axis=-1)

    class FusedLSTM(tf.keras.layers.LSTM):  # type: ignore[misc]  # mypy does not read TensorFlow
        def call(self, sequences: Any, initial_state: Any = None, mask: Any = None, training: bool = False) -> Any:
            cell = self.cell
            start, none = tf.zeros((tf.shape(sequences)[0], cell.units)), tf.zeros((cell.units,))
            return tf.raw_ops.BlockLSTM(
                seq_len_max=tf.cast(tf.shape(sequences)[1], tf.int64), x=tf.transpose(sequences, (1, 0, 2)),
                cs_prev=start, h_prev=start, w=gates(tf.concat([cell.kernel, cell.recurrent_kernel], axis=0)),
                b=gates(cell.bias), wci=none, wcf=none, wco=none, forget_bias=0.0, cell_clip=-1.0,
            ).h[-1]  # fmt: skip

    return FusedLSTM


def _mean_error(output: Floats, targets: Floats) -> float:
    return float(np.nanmean(np.abs(output - targets)))


def _places(model: Any, n_features: int) -> dict[str, Any]:
    """Our name → the model's variable; by shape and order of the layers."""
    variables = list(model.trainable_variables)
    found = {}
    for name, shape in shapes(n_features).items():
        index = next(index for index, one in enumerate(variables) if tuple(one.shape) == shape)
        found[name] = variables.pop(index)
    return found


@lru_cache(maxsize=1)
def _tensorflow() -> Any:
    """TensorFlow with one thread: small matrices lose from more, and sums keep their order."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")  # its sums depend on the processor's features
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    return tf
