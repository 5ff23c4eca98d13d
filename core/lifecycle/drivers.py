"""Why the forecast of XGBoost is what it is, for a day or a period; and how far it is from the one shown."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.lifecycle.serving import forecast_table
from core.models.xgb_drivers import FAMILIES, LEVEL
from core.series.panel import Series, Values

if TYPE_CHECKING:
    import pandas as pd

    from core.lifecycle.version import Version

AGREED = "agreed"
"""What was changed afterwards: to agree with the parts or the total, or because a forecast was unbelievable."""


@dataclass(frozen=True, slots=True)
class Drivers:
    """``first`` to ``last``: the open days explained, ``days`` of them; of several the geometric mean is explained.

    ``level``: that of the last four weeks, in the unit of the measure. ``parts``: family → how much it adds to the
    level on the log1p scale, AGREED among them; together they give ``forecast``, XGBoost's. ``shown``: the forecast of
    the model that is shown, on the same days. ``reach``: the last day that can be explained.
    """

    first: dt.date
    last: dt.date
    days: int
    level: float
    parts: dict[str, float]
    forecast: float
    model: str
    shown: float
    reach: dt.date


def drivers_of(version: Version, series: Series) -> pd.DataFrame | None:
    """date, level and one column a family of the open days that are explained; None if the version has none."""
    frame = version.drivers()
    if frame is None:
        return None

    def select() -> pd.DataFrame:
        mine = (frame["measure"] == series.measure) & (frame["segment"] == series.segment)
        return frame[mine].reset_index(drop=True)

    found = version.keep(("drivers", series), select)
    return None if found.empty else found


def explained(version: Version, series: Series, model: str, horizon: int, day: dt.date | None = None) -> Drivers | None:
    """Of one day, or of the next ``horizon`` days as far as they are explained (None for ``day``).

    None where none of these days is open and explained, or the version explains nothing.
    """
    told = drivers_of(version, series)
    if told is None:
        return None
    dates = told["date"].to_numpy().astype("datetime64[D]")
    end = np.datetime64(version.origin, "D")
    wanted = dates == np.datetime64(day, "D") if day is not None else dates <= end + horizon
    ahead = (dates[wanted] - end).astype(np.int64) - 1
    if not wanted.any():
        return None
    own = np.log1p(_means(version, series, str(told["model"].iloc[0]))[ahead])
    parts = {name: float(told[name].to_numpy()[wanted].mean()) for name in FAMILIES}
    level = float(told[LEVEL].to_numpy()[wanted].mean())
    parts[AGREED] = float(own.mean()) - level - sum(parts.values())
    shown = np.log1p(_means(version, series, model)[ahead])
    days = dates[wanted]
    return Drivers(
        first=days[0].item(),
        last=days[-1].item(),
        days=len(days),
        level=float(np.expm1(level)),
        parts=parts,
        forecast=float(np.expm1(own.mean())),
        model=model,
        shown=float(np.expm1(shown.mean())),
        reach=dates[-1].item(),
    )


def _means(version: Version, series: Series, model: str) -> Values:
    return forecast_table(version, series, model)["mean"].to_numpy(np.float64)
