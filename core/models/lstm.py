"""LSTM: one network for all series of a panel that corrects a Gaussian process, for the whole horizon at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd

from core.models import frames
from core.models.base import Calendars, Fold, Forecaster
from core.models.gp_paths import MIN_OBSERVED, path_ahead, paths
from core.models.guard import POOLED, Guard, inverse_powers
from core.models.history import History
from core.models.known_effects import BEYOND
from core.models.lstm_inputs import BASES, Inputs, Windows
from core.models.lstm_network import Network, shapes
from core.models.lstm_training import settings as training_settings
from core.models.stored_panel import load_panel, save_panel
from core.series.panel import Panel, Values
from core.series.panel_calendar import Calendar

HORIZON = 28
"""Days ahead that the network is trained on; farther ones look to it like the last."""
TRAINING_DAYS = 1100
FIRST_ORIGIN = 35
FEWEST_DRAWN, MOST_DRAWN, DRAWN_A_SERIES = 2048, 6144, 32
"""Of all windows of the past so many are learnt from, the more, the more series there are."""
FEWEST_WINDOWS = 64
A_YEAR = 400
VALIDATION_DAYS = 56
POWER = 8.0
"""The bases weigh 1 / (error of the last days) ** POWER."""
SEED = 20111209
NETWORK_FILE = "networks.npz"


@dataclass(frozen=True)
class Learnt:
    """The networks that correct one base, one a seed, and their weight beside those of the other base."""

    base: str
    weight: float
    networks: tuple[Network, ...]

    def log(self, windows: Windows) -> Values:
        """Log forecasts of windows, shape (n, horizon)."""
        outputs = [network(windows.past, windows.ahead) for network in self.networks]
        return windows.log(self.base, np.mean(outputs, axis=0, dtype=np.float64))


class Lstm(Forecaster):
    """A long short-term memory (Hochreiter & Schmidhuber 1997), a head for all days of the horizon, trained by Keras.

    Series are pooled: every window is levelled, deseasonalised and scaled by its own past, and a network answers with a
    correction, in scales, to one of two bases (core.models.lstm_inputs); it starts at no correction. Three seeds a base
    are averaged, the bases weigh by their error on the last days. Absolute error: a median. Weights are plain arrays,
    and the forward pass is numpy, so that forecasting needs no TensorFlow. A panel with too few windows is forecast by
    the process, an unbelievable path by the weekday mean.
    """

    name: ClassVar[str] = "lstm"
    min_history: ClassVar[int] = 63
    refit_days: ClassVar[int] = 28
    start_seconds: ClassVar[float] = 6.0
    seconds_each: ClassVar[float] = 0.8
    seconds_ahead: ClassVar[float] = 0.6

    panel: Panel
    calendar: Calendar
    learnt: tuple[Learnt, ...]

    def fit(self, panel: Panel, calendar: Calendar) -> Self:
        self.panel, self.calendar = panel, calendar
        self.learnt = trained(panel, calendar)
        return self

    def forecast(self, horizon: int) -> pd.DataFrame:
        history = History(self.panel, self.calendar, horizon + BEYOND)
        days = frames.horizon_days(self.panel.last_day, horizon)
        log = path_ahead(history, horizon)
        if self.learnt:
            rows = np.arange(history.count)
            windows = Inputs(history, HORIZON).windows(rows, np.full(history.count, history.n_days), log)
            log = np.sum([one.weight * one.log(windows) for one in self.learnt], axis=0)
        is_open = history.is_open[:, history.n_days :][:, :horizon]
        return frames.point_frame(self.panel.series, days, Guard.of(history).believed(log, days, is_open), is_open)

    def backtest(self, panel: Panel, folds: Sequence[Fold], calendars: Calendars) -> pd.DataFrame:
        found, model = [], type(self)()
        ordered = sorted(folds, key=lambda one: one.origin)
        for fold, anew in zip(ordered, self.refits(ordered, self.refit_every), strict=True):
            known, calendar = panel.until(fold.origin), calendars(fold.origin)
            if anew:
                model.learnt = trained(known, calendar)
            model.panel, model.calendar = known, calendar
            found.append(model.forecast(fold.horizon).assign(cutoff=pd.Timestamp(fold.origin)))
        return pd.concat(found, ignore_index=True)

    def notes(self) -> dict[str, str]:
        return Guard.of(History(self.panel, self.calendar, 0)).notes(self.panel.series, self.min_history, POOLED)

    @classmethod
    def settings(cls) -> dict[str, Any]:
        return {"sampling_seed": SEED, "base_power": POWER, "validation_days": VALIDATION_DAYS, **training_settings()}

    def to_dir(self, path: Path) -> None:
        learnt = [{"base": one.base, "weight": one.weight, "networks": len(one.networks)} for one in self.learnt]
        frames.save(path, self.name, self.panel.series, self.calendar, learnt=learnt)
        save_panel(path, self.panel)
        arrays = {
            f"{one.base}_{number}_{name}": array
            for one in self.learnt
            for number, network in enumerate(one.networks)
            for name, array in network.weights.items()
        }
        np.savez(path / NETWORK_FILE, allow_pickle=False, **arrays)

    @classmethod
    def from_dir(cls, path: Path) -> Self:
        model = cls()
        series, model.calendar, state = frames.load(path, cls.name)
        model.panel = load_panel(path, series)
        with np.load(path / NETWORK_FILE, allow_pickle=False) as arrays:

            def network(base: str, number: int) -> Network:
                return Network({name: arrays[f"{base}_{number}_{name}"] for name in shapes(0)})

            model.learnt = tuple(
                Learnt(one["base"], one["weight"], tuple(network(one["base"], n) for n in range(one["networks"])))
                for one in state["learnt"]
            )
        return model


def trained(panel: Panel, calendar: Calendar) -> tuple[Learnt, ...]:
    """The networks that the panel's past teaches; none where there are too few windows."""
    history = History(panel, calendar, HORIZON + BEYOND)
    end = history.n_days
    origins = np.arange(max(FIRST_ORIGIN, end - TRAINING_DAYS), end)
    total = history.count * len(origins)
    if total < FEWEST_WINDOWS:
        return ()
    # Which windows depends on nothing but their number.
    wanted = min(max(DRAWN_A_SERIES * history.count, FEWEST_DRAWN), MOST_DRAWN)
    picked = np.arange(total) if total <= wanted else _draw(total, wanted)
    rows, place = np.unravel_index(picked, (history.count, len(origins)))
    targets = origins[place][:, None] + np.arange(HORIZON)
    log = np.pad(history.log, ((0, 0), (0, HORIZON)), constant_values=np.nan)
    came = log[rows[:, None], targets]
    # An origin before a series began knows nothing that could be corrected.
    there = ~np.isnan(came).all(axis=1) & (history.seen(rows, origins[place]) >= MIN_OBSERVED)
    if there.sum() < FEWEST_WINDOWS:
        return ()
    rows, place, targets, came = rows[there], place[there], targets[there], came[there]
    windows = Inputs(history, HORIZON).windows(rows, origins[place], paths(history, origins, HORIZON)[rows, place])
    from core.models.lstm_training import train

    after = targets >= end - VALIDATION_DAYS
    found = [train(windows.past, windows.ahead, windows.targets(base, came), after, end > A_YEAR) for base in BASES]
    weights = inverse_powers(np.array([error for _, error in found]), POWER)
    return tuple(
        Learnt(base, float(weight), networks) for base, weight, (networks, _) in zip(BASES, weights, found, strict=True)
    )


def _draw(total: int, wanted: int) -> np.ndarray:
    return np.sort(np.random.default_rng(SEED).choice(total, wanted, replace=False))
