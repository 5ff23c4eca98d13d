"""Where one model is better than another (week ahead, weekday, month, segment), and what of it is more than chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from core.evaluation.breakdown import KEYS
from core.evaluation.many_tests import holm
from core.evaluation.significance import ALPHA, block_of, equal_losses
from core.series.panel import TOTAL

Dimension = Literal["week", "weekday", "month", "segment"]


@dataclass(frozen=True, slots=True)
class Place:
    """One value of a dimension: ``gain`` is the WAPE of the other model minus that of the first, a share (above 0: the
    first is better); ``folds`` have days there; ``p_value`` allows for the other places (Holm), NaN: too few folds."""

    place: Any
    gain: float
    folds: int
    p_value: float

    @property
    def real(self) -> bool:
        """More than chance explains."""
        return bool(self.p_value <= ALPHA)

    @property
    def tested(self) -> bool:
        return not np.isnan(self.p_value)


def where_better(rows: pd.DataFrame, model: str, other: str, dimension: Dimension) -> tuple[Place, ...]:
    """Both models at every place of a dimension, in order, on the days that both have forecast.

    ``rows``: a backtest of one series; for "segment" of several of one measure, whose total is left out. Tested are the
    losses of whole folds, as in core.evaluation.significance, on the days of that place alone; a place that too few
    folds reach (a month, as a rule) is not tested. Places without volume are left out.
    """
    days = _both(rows, model, other)
    if dimension == "segment":
        days = days[days["segment"] != TOTAL]
    if days.empty:
        return ()
    days = days.assign(place=np.asarray(KEYS[dimension](days)))
    sums = days.groupby(["place", "cutoff"], sort=True)[["gain", "volume"]].sum()
    horizon = int(days["horizon"].max())
    found = [
        (place, float(one["gain"].sum() / one["volume"].sum()), len(one), _p_value(one, horizon))
        for place, one in sums.groupby(level="place", sort=True)
        if one["volume"].sum() > 0
    ]
    adjusted = holm([p_value for *_, p_value in found])
    return tuple(Place(*one[:3], float(p_value)) for one, p_value in zip(found, adjusted, strict=True))


def _both(rows: pd.DataFrame, model: str, other: str) -> pd.DataFrame:
    """segment, cutoff, date, horizon, gain (by how much the error of ``model`` is smaller) and volume (|y|)."""
    keys = ["segment", "cutoff", "date"]
    names = rows["model"].astype(str)
    first = rows.loc[names == model, [*keys, "horizon", "y", "mean"]]
    second = rows.loc[names == other, [*keys, "mean"]]
    days = first.astype({"segment": str}).merge(second.astype({"segment": str}), on=keys, suffixes=("", "_other"))
    days = days.dropna(subset=["y", "mean", "mean_other"])
    gain = (days["y"] - days["mean_other"]).abs() - (days["y"] - days["mean"]).abs()
    return days.assign(gain=gain, volume=days["y"].abs())


def _p_value(one: pd.DataFrame, horizon: int) -> float:
    cutoffs = one.index.get_level_values("cutoff").to_numpy().astype("datetime64[D]")
    gains = one["gain"].to_numpy(np.float64)
    _, p_values = equal_losses(gains[:, None], block_of(cutoffs, horizon), 1e-12 * float(one["volume"].max()))
    return float(p_values[0])


def split(places: Sequence[Place]) -> tuple[list[Place], list[Place]]:
    """Where the first model wins and where it loses, the largest difference first; draws are in neither."""
    wins = sorted((one for one in places if one.gain > 0), key=lambda one: -one.gain)
    losses = sorted((one for one in places if one.gain < 0), key=lambda one: one.gain)
    return wins, losses
