"""Are the forecasts in use worse than their tests promised? Days since the origin against the folds of the backtest."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from core.evaluation.backtest import summing_measures
from core.evaluation.choice import served_in_time, served_rows
from core.monitoring.promise import beyond
from core.monitoring.signal import Signal
from core.series.panel import TOTAL, Panel, Series

if TYPE_CHECKING:
    from core.lifecycle.version import Version

LEAST_DAYS = 7
"""Days after the origin without which nothing is said."""
LOOKS_A_YEAR = 52
"""One a week: a version is judged after every week until another takes its place, or its tests reach no further."""
LEAST_FOLDS = 5
"""With k test periods, forecasts that are as good as ever are worse than all of them in 1 of k + 1 cases."""


@dataclass(frozen=True)
class Performance:
    """``error``: the mean WAPE of the measures' totals over the first ``days`` days after the origin; ``tests``: that
    of every fold of the backtest, over as many days. ``worse``: above all of them, where there are enough."""

    days: int
    error: float
    tests: tuple[float, ...]

    def signal(self, per_year: float) -> Signal | None:
        """That forecasts are worse than the tests promised, beyond what chance does ``per_year`` times a year: each
        version is looked at about LOOKS_A_YEAR times."""
        t, limit = beyond(self.error, self.tests, per_year / LOOKS_A_YEAR, logs=True)
        if not t > limit:
            return None
        evidence = {"days": self.days, "error": round(self.error, 4), "tests": len(self.tests),
                    "promised": round(float(np.median(self.tests)), 4)}  # fmt: skip
        return Signal("worse than promised", "forecasts", "model", "warning", t, limit, evidence)

    @property
    def worse(self) -> bool:
        return len(self.tests) >= LEAST_FOLDS and self.error > max(self.tests)


def performance(version: Version, panel: Panel) -> Performance | None:
    """None while fewer than LEAST_DAYS days have come since the version's origin, where the data begin after it, or
    where no day had trade.

    Whole weeks, so that looking daily is not judging daily; days beyond the horizon of the backtest are left out: no
    test says what error to expect there. Tests and forecasts are those of the measures that the data still have, and
    each test is of the model that the ones before it chose, so that they do not flatter.
    """
    measures = {series.measure for series in panel.series}
    tested = served_in_time(version.backtest(), summing_measures(panel))
    tested = tested[(tested["segment"] == TOTAL) & tested["measure"].isin(measures)]
    days = min((panel.last_day - version.origin).days, int(tested["horizon"].max()) if len(tested) else 0)
    days -= days % LEAST_DAYS
    if days < LEAST_DAYS or panel.first_day > version.origin:
        return None
    served = {series: version.best(series) for series in version.series() if series.segment == TOTAL}
    issued = served_rows(version.forecasts(), served)
    issued = issued[issued["horizon"] <= days]
    errors = _errors(issued.assign(y=_actuals(issued, panel), cutoff=pd.Timestamp(version.origin)))
    if errors.empty:
        return None
    past = _errors(tested[tested["horizon"] <= days])
    return Performance(days, float(errors.iloc[0]), tuple(past.tolist()))


def _actuals(rows: pd.DataFrame, panel: Panel) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """NaN for measures that the panel does not have, and for days after it."""
    at = (rows["date"].to_numpy("datetime64[D]") - np.datetime64(panel.first_day, "D")).astype(np.int64)
    known = {series: number for number, series in enumerate(panel.series)}
    row = np.array([known.get(Series(measure), -1) for measure in rows["measure"].astype(str)], dtype=np.int64)
    there = (row >= 0) & (at < panel.n_days)
    return np.where(there, panel.values[row, np.where(there, at, 0)], np.nan)


def _errors(rows: pd.DataFrame) -> pd.Series:
    """Mean WAPE of the measures by cutoff."""
    known = rows[rows["y"].notna()]
    sums = pd.DataFrame({"miss": (known["mean"] - known["y"]).abs(), "volume": known["y"].abs()}).groupby(
        [known["cutoff"], known["measure"].astype(str)]
    ).sum()  # fmt: skip
    return (sums["miss"] / sums["volume"].where(sums["volume"] > 0)).groupby(level="cutoff").mean().dropna()


def performance_signals(
    version: Version, panel: Panel, first: dt.date, last: dt.date, per_year: float
) -> dict[dt.date, Signal]:
    """What ``performance`` says on the days ``first`` to ``last``, each knowing nothing after itself. Nothing on days
    up to the version's origin, which it learnt from, nor a week after its tests end, when nothing new is said."""
    found = {}
    day = max(first, version.origin + dt.timedelta(days=LEAST_DAYS))
    tested = version.backtest()["horizon"]
    weeks = int(tested.max()) // LEAST_DAYS if len(tested) else 0
    last = min(last, version.origin + dt.timedelta(days=(weeks + 1) * LEAST_DAYS - 1))
    judged: dict[int, Signal | None] = {}
    while day <= last:
        weeks = (day - version.origin).days // LEAST_DAYS
        if weeks not in judged:
            then = performance(version, panel.until(version.origin + dt.timedelta(days=weeks * LEAST_DAYS)))
            judged[weeks] = None if then is None else then.signal(per_year)
        if (signal := judged[weeks]) is not None:
            found[day] = signal
        day += dt.timedelta(days=1)
    return found
