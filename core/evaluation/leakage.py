"""Leak audit: change everything after an origin and demand the same forecasts, to the last bit."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.evaluation.backtest import run_backtest
from core.models.base import INTERVAL_COLUMNS, Calendars, Fold, Forecaster
from core.series.panel import Panel

COMPARED = ("mean", "open", *INTERVAL_COLUMNS, "scale")
SEED = 20111209


@dataclass(frozen=True)
class LeakReport:
    """True if no forecast moved. ``difference`` describes the first one that did."""

    model: str
    folds: int
    forecasts: int  # compared, over all perturbations
    difference: str = ""

    def __bool__(self) -> bool:
        return not self.difference


def audit(
    model: str | type[Forecaster],
    panel: Panel,
    folds: Sequence[Fold],
    calendars_of: Callable[[Panel], Calendars],
) -> LeakReport:
    """Backtests ``model`` on the panel and, for every fold, on one whose values after that origin are noise.

    Forecasts, open days, intervals and scales of that fold and of all earlier ones must be bit-equal. The calendars
    are made anew from each panel (``calendars_of``), so a calendar learnt from the future is found too. Regressors
    known in advance stay as they are. All folds run together each time, since faster paths may share work among them.
    """
    name = model if isinstance(model, str) else model.name
    honest = _keyed(run_backtest([model], panel, folds, calendars_of(panel)))
    compared = 0
    for fold in folds:
        other = perturbed(panel, fold.origin)
        noisy = _keyed(run_backtest([model], other, folds, calendars_of(other)))
        past = honest.index.get_level_values("cutoff") <= pd.Timestamp(fold.origin)
        before, after = honest[past], noisy[past]
        compared += len(before)
        if difference := _first_difference(before, after):
            return LeakReport(name, len(folds), compared, f"values after {fold.origin} change {difference}")
    return LeakReport(name, len(folds), compared)


def perturbed(panel: Panel, origin: dt.date) -> Panel:
    """The panel with all values after ``origin`` replaced: other volumes, and trade where there was none."""
    known = panel.until(origin).n_days
    values = panel.values.copy()
    rest = values[:, known:]
    noise = np.random.default_rng(SEED).lognormal(sigma=2.0, size=rest.shape)
    # Days with trade lose it half of the time; days without always get some: the opening calendar must feel it.
    idle = np.nan_to_num(rest) == 0
    dropped = np.random.default_rng(SEED + 1).random(rest.shape) < 0.5
    values[:, known:] = np.where(idle, 1.0 + noise, np.where(dropped, 0.0, rest * (1.5 + noise)))
    return Panel(panel.series, panel.first_day, values, panel.known)


def _keyed(backtest: pd.DataFrame) -> pd.DataFrame:
    return backtest.set_index(["measure", "segment", "cutoff", "date"])[list(COMPARED)]


def _first_difference(before: pd.DataFrame, after: pd.DataFrame) -> str:
    if not before.index.equals(after.index):
        return "which forecasts there are"
    for column in COMPARED:
        old, new = before[column].to_numpy(), after[column].to_numpy()
        same = (old == new) | (pd.isna(old) & pd.isna(new))
        if not same.all():
            at = int(np.flatnonzero(~same)[0])
            measure, segment, cutoff, date = before.index[at]
            return f"{column} of {measure}/{segment} from {cutoff.date()} for {date.date()}: {old[at]} became {new[at]}"
    return ""
