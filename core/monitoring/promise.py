"""Performance against promise: errors and coverage as they came, beside those that the backtest led to expect."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.evaluation import metrics
from core.monitoring.laws import student_quantile
from core.monitoring.psi import Ints
from core.series.panel import Values

WEEKS = ((1, 7), (8, 14), (15, 21), (22, 28))
"""Days ahead that are looked at together."""
ROLLING_DAYS = 28
LEAST_TESTS = 4


@dataclass(frozen=True)
class Scores:
    """Over the forecasts of ``days`` open days whose value is known; a day that several were for counts once among
    ``days``, and each of its forecasts in the figures. RMSE and MAE in the unit of the measure, the others fractions;
    ``bias`` above 0: forecasts were too high; ``cover80``, ``cover95``: shares of days inside the intervals. NaN of
    nothing."""

    days: int
    rmse: float
    mae: float
    mape: float
    wape: float
    bias: float
    cover80: float
    cover95: float


def scores(rows: pd.DataFrame) -> Scores:
    """``rows``: columns mean, y, lo80, hi80, lo95, hi95; rows without y, and closed days (both 0), do not count."""
    known = rows[rows["y"].notna() & ~((rows["y"] == 0) & (rows["mean"] == 0))]
    y, mean = known["y"].to_numpy(), known["mean"].to_numpy()
    cover = {level: _coverage(known, level) for level in ("80", "95")}
    return Scores(
        known["target"].nunique(), metrics.rmse(y, mean), metrics.mae(y, mean), metrics.mape(y, mean),
        metrics.wape(y, mean), metrics.bias(y, mean), cover["80"], cover["95"],
    )  # fmt: skip


def _coverage(rows: pd.DataFrame, level: str) -> float:
    there = rows[rows[f"lo{level}"].notna()]
    return metrics.coverage(there["y"].to_numpy(), there[f"lo{level}"].to_numpy(), there[f"hi{level}"].to_numpy())


def by_horizon(tracked: pd.DataFrame, promised: pd.DataFrame) -> list[tuple[tuple[int, int], Scores, Scores]]:
    """For every week ahead in WEEKS: the days ahead, the scores as they came, and those of the backtest.

    ``tracked``: as core.monitoring.forecast_log.tracked; ``promised``: the same of the backtest.
    """
    return [
        (week, scores(tracked[tracked["horizon"].between(*week)]), scores(promised[promised["horizon"].between(*week)]))
        for week in WEEKS
    ]


def rolling(tracked: pd.DataFrame, days: int = ROLLING_DAYS) -> pd.DataFrame:
    """The scores over the last ``days`` calendar days on every day that has a value: columns date, days, rmse, …, and
    ``stand_in``, the share of forecasts that only stand in. Where several were in use for a day, the last one counts.
    """
    known = tracked[tracked["y"].notna()].drop_duplicates("target", keep="last")
    if known.empty:
        return pd.DataFrame(columns=["date", "stand_in", *Scores.__dataclass_fields__])
    targets = known["target"].to_numpy("datetime64[D]")
    at = (targets - targets[0]).astype(np.int64)
    sums = _sums(_parts(known), at, days)

    def share(part: str, of: str) -> Values:
        whole = sums[of]
        return np.where(whole == 0, np.nan, sums[part] / np.where(whole == 0, 1.0, whole))

    return pd.DataFrame(
        {
            "date": known["target"].to_numpy(),
            "stand_in": share("stand_in", "rows"),
            "days": sums["counted"].astype(np.int64),
            "rmse": np.sqrt(share("square", "counted")),
            "mae": share("error", "counted"),
            "mape": share("percentage", "positive"),
            "wape": share("error", "volume"),
            "bias": share("miss", "volume"),
            "cover80": share("inside80", "bounded80"),
            "cover95": share("inside95", "bounded95"),
        }
    )


def _parts(rows: pd.DataFrame) -> dict[str, Values]:
    """What the scores are sums of, by row; 0 where it does not count."""
    y, mean = rows["y"].to_numpy(np.float64), rows["mean"].to_numpy(np.float64)
    counted = ~((y == 0) & (mean == 0))
    positive, miss = counted & (y > 0), np.where(counted, mean - y, 0.0)
    found = {
        "rows": np.ones(len(y)),
        "stand_in": rows["stand_in"].to_numpy(np.float64),
        "counted": counted,
        "positive": positive,
        "volume": np.where(counted, np.abs(y), 0.0),
        "miss": miss,
        "error": np.abs(miss),
        "square": miss**2,
        "percentage": np.where(positive, np.abs(miss) / np.where(positive, y, 1.0), 0.0),
    }
    for level in ("80", "95"):
        low, high = (rows[f"{end}{level}"].to_numpy(np.float64) for end in ("lo", "hi"))
        found[f"bounded{level}"] = counted & ~np.isnan(low)
        found[f"inside{level}"] = found[f"bounded{level}"] & (y >= low) & (y <= high)
    return {name: part.astype(np.float64) for name, part in found.items()}


def _sums(parts: dict[str, Values], at: Ints, days: int) -> dict[str, Values]:
    """Over the ``days`` days up to each row; ``at``: its day number. Each sum is of its own days, not a difference of
    running ones, which would carry the rounding of everything before."""
    table = np.zeros((len(parts), int(at[-1]) + days))
    table[:, at + days - 1] = np.stack(list(parts.values()))
    sums = np.lib.stride_tricks.sliding_window_view(table, days, axis=1).sum(axis=-1)[:, at]
    return dict(zip(parts, sums, strict=True))


def beyond(value: float, tests: Sequence[float] | Values, chance: float, *, logs: bool = False) -> tuple[float, float]:
    """How far ``value`` lies above what tests gave: Student's t of one more test, and its limit, which it passes with
    probability ``chance`` if it is a test like them.

    t = (x − mean) / (s √(1 + 1/k)) with k − 1 degrees of freedom, the law of a further draw from a normal sample;
    ``logs``: of logarithms, for what cannot be negative. (0, ∞) with fewer than LEAST_TESTS tests that are not 0.
    """
    known = np.asarray(tests, dtype=np.float64)
    known = known[np.isfinite(known) & (known > 0 if logs else True)]
    if len(known) < LEAST_TESTS or (logs and value <= 0):
        return 0.0, math.inf
    if logs:
        value, known = math.log(value), np.log(known)
    spread = float(known.std(ddof=1)) * math.sqrt(1.0 + 1.0 / len(known))
    t = (value - float(known.mean())) / spread if spread > 0 else 0.0
    return t, student_quantile(len(known) - 1, 1.0 - chance)
