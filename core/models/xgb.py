"""XGBoost: one model for all series of a panel, in two forms that differ in what they correct, averaged."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
import pandas as pd

from core.models import frames
from core.models.base import Forecaster
from core.models.gp_paths import MIN_OBSERVED, path_ahead, paths
from core.models.guard import POOLED, Guard, inverse_powers
from core.models.history import History
from core.models.known_effects import BEYOND
from core.models.running_sums import Index
from core.models.stored_panel import load_panel, save_panel
from core.models.xgb_drivers import grouped
from core.models.xgb_features import Features, Matrix
from core.series.days import Flags
from core.series.panel import TOTAL, Panel, Values
from core.series.panel_calendar import Calendar

if TYPE_CHECKING:
    from xgboost import Booster, DMatrix

HORIZON = 28
"""Days ahead that the trees are trained on; farther ones look to them like the last."""
TRAINING_DAYS = 1100
FIRST_ORIGIN = 35
STRIDE = 3
"""Days between two training origins; 7 would see one weekday only."""
MOST_ROWS = 80_000
FEWEST_ROWS = 500
VALIDATION_DAYS = 28
FEWEST_VALIDATION_ROWS = 50
ROUNDS = 300
PATIENCE = 12
DEFAULT_ROUNDS = 60
"""Where there is too little to stop early by."""
FEWEST_ROUNDS = 5
POWER = 4.0
"""The forms weigh 1 / (error of the last days) ** POWER."""
MORE_DATA = 1.1
"""The final model has so many times the best number of rounds, as it learns from more rows."""
SEED = 20111209
PARAMETERS: dict[str, Any] = {
    "objective": "reg:absoluteerror", "max_depth": 4, "learning_rate": 0.1, "subsample": 0.5, "colsample_bytree": 0.4,
    "num_parallel_tree": 3, "min_child_weight": 20, "max_bin": 64, "tree_method": "hist", "nthread": 1, "verbosity": 0,
    "seed": SEED,
}  # fmt: skip
FORMS = ("level", "gp")
"""What the trees correct: the level of the last 28 days, or the path of the Gaussian process."""
QUANTILES = (0.025, 0.1, 0.5, 0.9, 0.975)
TOTAL_DAYS, PART_DAYS = 90, 28
"""Days ahead whose forecasts are explained: a day of a part takes two milliseconds, and parts are many."""


@dataclass(frozen=True)
class Rows:
    """Training examples: series, origin and target of each, what the trees are told and what came (log scale)."""

    rows: Index
    origins: Index
    targets: Index
    matrix: Matrix
    bases: dict[str, Values]
    came: Values

    def take(self, which: Flags, form: str) -> tuple[Matrix, Values]:
        return self.matrix[which], (self.came - self.bases[form])[which]


class XGBoost(Forecaster):
    """Gradient-boosted trees (Chen & Guestrin 2016) on log1p of open days, pooled over all series of the panel.

    Direct: one row for every (series, origin, day of the horizon), with what was known at the origin and what is known
    of the target day. Trees cannot extrapolate, so they learn the difference to the level of the last 28 days in one
    form and to the path of a Gaussian process in the other; forecasts are the mean of both in logs, weighted by their
    error on the last days. Absolute error: a median. The number of rounds is found on the last 28 days of the training
    window and used for all of it. A panel with too few rows is forecast by the Gaussian process, an unbelievable path
    by the weekday mean.
    """

    name: ClassVar[str] = "xgboost"
    min_history: ClassVar[int] = 63
    seconds_each: ClassVar[float] = 0.2
    seconds_ahead: ClassVar[float] = 1.0

    panel: Panel
    calendar: Calendar
    boosters: dict[str, Booster]
    weights: dict[str, float]

    def fit(self, panel: Panel, calendar: Calendar) -> Self:
        self.panel, self.calendar, self.boosters, self.weights = panel, calendar, {}, {}
        training = training_rows(panel, calendar)
        if training is not None:
            errors = []
            for form in FORMS:
                self.boosters[form], error = _train(training, form, panel.n_days)
                errors.append(error)
            self.weights = dict(zip(FORMS, inverse_powers(np.array(errors), POWER).tolist(), strict=True))
        return self

    def forecast(self, horizon: int) -> pd.DataFrame:
        days = frames.horizon_days(self.panel.last_day, horizon)
        told = _Told(self.panel, self.calendar, horizon)
        log = told.gp
        if self.boosters:
            paths = {form: told.bases[form] + told.predict(booster) for form, booster in self.boosters.items()}
            log = np.sum([self.weights[form] * path for form, path in paths.items()], axis=0)
        mean = Guard.of(told.history).believed(log, days, told.is_open)
        return frames.point_frame(self.panel.series, days, mean, told.is_open)

    def notes(self) -> dict[str, str]:
        history = History(self.panel, self.calendar, 0)
        return Guard.of(history).notes(self.panel.series, self.min_history, POOLED)

    def drivers(self) -> pd.DataFrame | None:
        """Exact TreeSHAP (Lundberg et al. 2020) of the next open days, by family (core.models.xgb_drivers): measure,
        segment, date, level and one column a family.

        Differences on the log scale; all of a row sum to the log1p of the forecast before the guard. Totals are
        explained for TOTAL_DAYS, parts of them for PART_DAYS, as computing it takes long. None without trees, and
        where no day of these is open.
        """
        if not self.boosters:
            return None
        total = any(one.segment == TOTAL for one in self.panel.series)
        told = _Told(self.panel, self.calendar, TOTAL_DAYS if total else PART_DAYS)
        if not told.is_open.any():
            return None
        return grouped(self.panel, told.history, self.contributions(told), told.gp - told.level, self.weights["gp"])

    def contributions(self, told: _Told) -> Values:
        """Of every feature and, last, the trees' mean, weighted as the forms are: shape (series × days, features + 1).
        NaN on closed days."""
        import xgboost

        is_open = told.is_open.ravel()
        data = xgboost.DMatrix(told.matrix[is_open], nthread=1)
        parts = [self.weights[form] * one.predict(data, pred_contribs=True) for form, one in self.boosters.items()]
        found = np.full((is_open.size, told.matrix.shape[1] + 1), np.nan)
        found[is_open] = np.sum(parts, axis=0)
        return found

    def quantiles(self, horizon: int) -> pd.DataFrame:
        """Quantile regression (pinball loss) around the process' path: measure, segment, date, one column a quantile.

        Trained when asked for. Not calibrated: measured on past folds such intervals are too narrow, so the product
        shows conformal ones. Quantiles never cross; closed days are 0. Raises ValueError without training rows.
        """
        training = training_rows(self.panel, self.calendar)
        if training is None:
            raise ValueError("there are too few days to learn quantiles from")
        rounds = self.boosters["gp"].num_boosted_rounds()
        parameters: dict[str, Any] = {"objective": "reg:quantileerror", "quantile_alpha": np.array(QUANTILES)}
        booster = _boost(*training.take(np.ones(len(training.came), dtype=bool), "gp"), rounds, **parameters)
        told = _Told(self.panel, self.calendar, horizon)
        raw = booster.inplace_predict(told.matrix).reshape(-1, len(QUANTILES))
        log = np.sort(raw, axis=1) + told.bases["gp"].reshape(-1, 1)
        frame = frames.point_frame(
            self.panel.series,
            frames.horizon_days(self.panel.last_day, horizon),
            np.zeros(told.is_open.shape),
            told.is_open,
        )
        values = np.where(told.is_open.reshape(-1, 1), np.maximum(np.expm1(log), 0.0), 0.0)
        columns = {f"q{100 * alpha:g}": values[:, index] for index, alpha in enumerate(QUANTILES)}
        return frame[["measure", "segment", "date", "horizon"]].assign(**columns)

    @classmethod
    def settings(cls) -> dict[str, Any]:
        limits = {"rounds": ROUNDS, "patience": PATIENCE, "validation_days": VALIDATION_DAYS, "stride": STRIDE}
        return {**PARAMETERS, **limits, "most_rows": MOST_ROWS, "forms": list(FORMS), "form_power": POWER}

    def to_dir(self, path: Path) -> None:
        frames.save(path, self.name, self.panel.series, self.calendar, weights=self.weights)
        save_panel(path, self.panel)
        for form, booster in self.boosters.items():
            booster.save_model(path / f"{form}.ubj")

    @classmethod
    def from_dir(cls, path: Path) -> Self:
        from xgboost import Booster

        model = cls()
        series, model.calendar, state = frames.load(path, cls.name)
        model.panel = load_panel(path, series)
        model.boosters = {form: Booster({"nthread": 1}, model_file=path / f"{form}.ubj") for form in state["weights"]}
        model.weights = state["weights"]
        return model


class _Told:
    """What the trees are told of the days ahead, and what they correct: bases of shape (series, days)."""

    def __init__(self, panel: Panel, calendar: Calendar, horizon: int) -> None:
        # The calendar looks further than the targets: what comes after a day counts too.
        self.history = History(panel, calendar, horizon + BEYOND)
        end, count = self.history.n_days, self.history.count
        self.is_open = self.history.is_open[:, end : end + horizon]
        self.gp = path_ahead(self.history, horizon)
        rows, targets = np.repeat(np.arange(count), horizon), np.tile(end + np.arange(horizon), count)
        origins = np.full(len(rows), end)
        self.matrix = Features(self.history, HORIZON).matrix(rows, origins, targets, self.gp.ravel())
        self.level = np.broadcast_to(self.history.level(np.arange(count)[:, None], np.array([end])), self.gp.shape)
        self.bases = {"level": self.level, "gp": self.gp}

    def predict(self, booster: Booster) -> Values:
        return np.asarray(booster.inplace_predict(self.matrix).reshape(self.gp.shape), dtype=np.float64)


def training_rows(panel: Panel, calendar: Calendar) -> Rows | None:
    """Examples from the panel's past; None where there are too few."""
    history = History(panel, calendar, HORIZON + BEYOND)
    end = history.n_days
    origins = np.arange(end - 1, max(FIRST_ORIGIN, end - TRAINING_DAYS) - 1, -STRIDE)[::-1]
    if not len(origins):
        return None
    picked = _sample(history.count * len(origins) * HORIZON)
    rows, place, ahead = np.unravel_index(picked, (history.count, len(origins), HORIZON))
    targets = origins[place] + ahead
    # An origin before a series began knows nothing that could be corrected.
    there = (targets < end) & (history.seen(rows, origins[place]) >= MIN_OBSERVED)
    there[there] = ~np.isnan(history.log[rows[there], targets[there]])
    rows, place, ahead, targets = rows[there], place[there], ahead[there], targets[there]
    if len(rows) < FEWEST_ROWS:
        return None
    gp = paths(history, origins, HORIZON)[rows, place, ahead]
    at = origins[place]
    matrix = Features(history, HORIZON).matrix(rows, at, targets, gp)
    bases = {"level": history.level(rows, at), "gp": gp}
    return Rows(rows, at, targets, matrix, bases, history.log[rows, targets])


def _sample(total: int) -> Index:
    """All numbers below ``total``, or MOST_ROWS of them by chance; depends on nothing but ``total``."""
    if total <= MOST_ROWS:
        return np.arange(total)
    return np.unique(np.random.default_rng(SEED).integers(total, size=MOST_ROWS))


def _train(training: Rows, form: str, end: int) -> tuple[Booster, float]:
    """The booster of a form, and its error on the last days before these were learnt from (NaN if not known)."""
    cut = end - VALIDATION_DAYS
    after = training.targets >= cut
    rounds, error = DEFAULT_ROUNDS, float("nan")
    if after.sum() >= FEWEST_VALIDATION_ROWS and (~after).sum() >= FEWEST_ROWS:
        rounds, error = _best_rounds(training.take(~after, form), training.take(after, form))
    return _boost(*training.take(np.ones(len(training.came), dtype=bool), form), rounds), error


def _best_rounds(before: tuple[Matrix, Values], after: tuple[Matrix, Values]) -> tuple[int, float]:
    import xgboost

    learn, judge = _data(*before), _data(*after)
    booster = xgboost.train(
        PARAMETERS, learn, ROUNDS, evals=[(judge, "last")], early_stopping_rounds=PATIENCE, verbose_eval=False
    )
    rounds = int(np.clip((booster.best_iteration + 1) * MORE_DATA, FEWEST_ROUNDS, ROUNDS))
    return rounds, float(booster.best_score)


def _boost(matrix: Matrix, target: Values, rounds: int, **parameters: Any) -> Booster:
    import xgboost

    return xgboost.train({**PARAMETERS, **parameters}, _data(matrix, target), rounds)


def _data(matrix: Matrix, target: Values) -> DMatrix:
    """Not a QuantileDMatrix: the trees are the same to the last bit, but each round of several trees predicts its own
    rows, and from bins that takes a third longer."""
    import xgboost

    return xgboost.DMatrix(matrix, target, nthread=1)
