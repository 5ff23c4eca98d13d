"""The LSTM's weights and its forward pass in numpy: what forecasting needs, without TensorFlow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from core.models.lstm_inputs import STEP_INPUTS, Floats

UNITS = 24
HEAD = (48, 24)


@dataclass(frozen=True)
class Network:
    """An LSTM over the past days; its last state and what is known of a day ahead go through a head shared by all days.

    Arrays by name as in ``shapes``; gates in the order input, forget, cell, output (as Keras has them).
    """

    weights: Mapping[str, Floats]

    def __call__(self, past: Floats, ahead: Floats) -> Floats:
        """past: (n, days, STEP_INPUTS), ahead: (n, horizon, features) → (n, horizon)."""
        state = self._state(past)
        w = self.weights
        # einsum, not a matrix product: a day's last bits must not depend on how many days are asked for.
        hidden = np.einsum("nhf,fk->nhk", ahead, w["ahead"]) + (state @ w["state"] + w["state_bias"])[:, None, :]
        hidden = np.einsum("nhk,kl->nhl", _silu(hidden), w["hidden"]) + w["hidden_bias"]
        return np.asarray(np.einsum("nhl,l->nh", _silu(hidden), w["out"][:, 0]) + w["out_bias"])

    def _state(self, past: Floats) -> Floats:
        w, count = self.weights, len(past)
        hidden, cell = np.zeros((count, UNITS), np.float32), np.zeros((count, UNITS), np.float32)
        for day in range(past.shape[1]):
            gates = past[:, day] @ w["kernel"] + hidden @ w["recurrent"] + w["bias"]
            enter, forget, new, leave = np.split(gates, 4, axis=1)
            cell = _sigmoid(forget) * cell + _sigmoid(enter) * np.tanh(new)
            hidden = _sigmoid(leave) * np.tanh(cell)
        return hidden


def shapes(n_features: int) -> dict[str, tuple[int, ...]]:
    """Shape of every weight, in the order in which the layers of the Keras model have them."""
    return {
        "kernel": (STEP_INPUTS, 4 * UNITS), "recurrent": (UNITS, 4 * UNITS), "bias": (4 * UNITS,),
        "state": (UNITS, HEAD[0]), "state_bias": (HEAD[0],), "ahead": (n_features, HEAD[0]),
        "hidden": HEAD, "hidden_bias": (HEAD[1],), "out": (HEAD[1], 1), "out_bias": (1,),
    }  # fmt: skip


def initial(n_features: int, seed: int) -> dict[str, Floats]:
    """Glorot-uniform kernels, an orthogonal recurrent one, forget bias 1; the output is 0: it starts as the base."""
    rng = np.random.default_rng(seed)
    found = {}
    for name, shape in shapes(n_features).items():
        if len(shape) == 1 or name == "out":
            found[name] = np.zeros(shape, np.float32)
        else:
            limit = np.sqrt(6 / sum(shape))
            found[name] = rng.uniform(-limit, limit, shape).astype(np.float32)
    found["recurrent"] = np.linalg.qr(rng.normal(size=(4 * UNITS, UNITS)))[0].T.astype(np.float32)
    found["bias"][UNITS : 2 * UNITS] = 1.0
    return found


def _sigmoid(values: Floats) -> Floats:
    return np.asarray(0.5 * (np.tanh(0.5 * values) + 1.0))


def _silu(values: Floats) -> Floats:
    return values * _sigmoid(values)
