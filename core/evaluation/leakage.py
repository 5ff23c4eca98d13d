"""Leak audit: change everything after an origin and demand the same forecasts, to the last bit."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from core.evaluation.backtest import BacktestResult, Progress, backtest
from core.models.base import INTERVAL_COLUMNS, Calendars, Fold
from core.models.catalogue import Model
from core.series.panel import Panel

COMPARED = ("mean", "open", *INTERVAL_COLUMNS, "scale", "scale2")
SEED = 20111209
POSITIONS = 3
"""Origins after which everything is changed: the first, the middle and the last. Each costs a whole backtest."""


@dataclass(frozen=True)
class LeakReport:
    """True if no forecast moved. ``difference`` describes the first one that did."""

    model: str
    folds: int
    forecasts: int  # compared, over all perturbations
    difference: str = ""

    def __bool__(self) -> bool:
        return not self.difference


@dataclass(frozen=True)
class Audit:
    """True if no forecast of any model moved. ``result``: the backtest of the unchanged panel."""

    reports: tuple[LeakReport, ...]
    result: BacktestResult

    def __bool__(self) -> bool:
        return all(self.reports)

    def certificate(self) -> dict[str, Any]:
        """Plain JSON values: passed, date (UTC), folds, and by model forecasts, folds and difference ("" if none)."""
        return {
            "passed": bool(self),
            "date": dt.datetime.now(dt.UTC).date().isoformat(),
            "folds": max((report.folds for report in self.reports), default=0),
            "models": {
                report.model: {
                    "forecasts": report.forecasts,
                    "folds": report.folds,
                    "difference": report.difference,
                }
                for report in self.reports
            },
        }


def audit(
    model: str | Model, panel: Panel, folds: Sequence[Fold], calendars_of: Callable[[Panel], Calendars]
) -> LeakReport:
    """``audit_models`` of one model, with every fold's origin as a position."""
    return audit_models([model], panel, folds, calendars_of, positions=len(folds)).reports[0]


def audit_models(
    models: Sequence[str | Model],
    panel: Panel,
    folds: Sequence[Fold],
    calendars_of: Callable[[Panel], Calendars],
    *,
    view: Callable[[Panel], Panel] = lambda panel: panel,
    positions: int = POSITIONS,
    workers: int | None = None,
    window: int | None = None,
    refit_every: int | None = None,
    reconcile: bool = True,
    on_progress: Progress = lambda fraction, text: None,
) -> Audit:
    """Backtests the models on the panel, and again on panels whose values after an origin are noise.

    Forecasts, open days, intervals and scales of that origin's fold and of all earlier ones must be bit-equal. So a
    scaler fitted on everything is found, a regressor or a centred mean that looks ahead, a choice tuned on later days,
    a reconciliation or an interval that uses later errors. The calendars are made anew from each panel
    (``calendars_of``), so one learnt from the future is found too. Regressors known in advance stay as they are: to
    know them is the user's claim.

    positions: how many origins, evenly from the first to the last; a leak shows at any of them, but one that starts
    only late, or reaches ahead only some folds, shows at the later or the earlier ones. All folds run together each
    time, since faster paths may share work among them. Nothing is taken from a cache.
    view: what the models see of a panel (after it was changed), if calendars need more series than they do.
    """
    folds = sorted(folds, key=lambda fold: fold.origin)
    chosen = _evenly(len(folds), positions)
    rounds = len(chosen) + 1

    def run(number: int, models: Sequence[str | Model], changed: Panel, what: str) -> BacktestResult:
        def tell(fraction: float, text: str) -> None:
            on_progress((number + fraction) / rounds, f"{what}: {text}" if fraction < 1 else what)

        return backtest(
            models, view(changed), folds, calendars_of(changed), tell,
            workers=workers, window=window, refit_every=refit_every, reconcile=reconcile,
        )  # fmt: skip

    result = run(0, models, panel, "As it was")
    names = {model if isinstance(model, str) else model.name: model for model in models}
    before = {name: _keyed(result.frame, name) for name in names}
    compared, found = dict.fromkeys(names, 0), dict.fromkeys(names, "")
    for number, fold in enumerate((folds[place] for place in chosen), start=1):
        left = [model for name, model in names.items() if not found[name]]
        if not left:
            break
        frame = run(number, left, perturbed(panel, fold.origin), f"Changed after {fold.origin}").frame
        for name in (name for name in names if not found[name]):
            known = before[name].index.get_level_values("cutoff") <= pd.Timestamp(fold.origin)
            compared[name] += int(known.sum())
            if difference := _first_difference(before[name][known], _keyed(frame, name)[known]):
                found[name] = f"values after {fold.origin} change {difference}"
    reports = tuple(LeakReport(name, len(folds), compared[name], found[name]) for name in names)
    return Audit(reports, result)


def _evenly(count: int, wanted: int) -> list[int]:
    """``wanted`` of the numbers 0 … count − 1, the first and the last among them (the last if only one is wanted)."""
    return sorted({round(place) for place in np.linspace(count - 1, 0, min(wanted, count)).tolist()})


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


def _keyed(frame: pd.DataFrame, model: str) -> pd.DataFrame:
    rows = frame[frame["model"] == model]
    return rows.set_index(["measure", "segment", "cutoff", "date"])[list(COMPARED)]


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
