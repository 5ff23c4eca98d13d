"""The few numbers that pages put into sentences: totals ahead, extremes, closed days, typical errors, smoothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.series.panel import Days, Values

YEAR = 364
"""Days between a day and the one it is compared with a year earlier: whole weeks, so that weekdays match."""

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Peak:
    """A day and its forecast."""

    date: dt.date
    value: float


@dataclass(frozen=True, slots=True)
class ClosedDay:
    date: dt.date
    reason: str


@dataclass(frozen=True, slots=True)
class Outlook:
    """A forecast over the next ``horizon`` days, in the unit of the measure.

    ``year_ago`` is the actual total of the same weekdays a year (364 days) earlier, ``before`` that of the days just
    before; None where history does not reach. ``busiest`` and ``quietest`` are open days; None if all are closed.
    """

    horizon: int
    first: dt.date
    last: dt.date
    total: float
    open_days: int
    busiest: Peak | None
    quietest: Peak | None
    closed: tuple[ClosedDay, ...]
    year_ago: float | None
    before: float | None

    @property
    def per_open_day(self) -> float:
        return self.total / self.open_days if self.open_days else 0.0

    @property
    def change(self) -> float | None:
        """Against the same days a year ago, as a share; None where there is nothing to compare with."""
        return self.total / self.year_ago - 1 if self.year_ago else None

    @property
    def change_before(self) -> float | None:
        """Against the same number of days just before."""
        return self.total / self.before - 1 if self.before else None


def outlook(forecast: pd.DataFrame, history_days: Days, history: Values, horizon: int) -> Outlook:
    """Sums up the first ``horizon`` rows of a forecast (columns date, mean, open, reason, by date).

    ``history`` has the actual values of ``history_days``, both of shape (number of days,), consecutive.
    Raises ValueError for a horizon that the forecast does not reach.
    """
    if not 1 <= horizon <= len(forecast):
        raise ValueError(f"a horizon of {horizon} days is not within 1 to {len(forecast)}")
    part = forecast.iloc[:horizon]
    days = part["date"].to_numpy().astype("datetime64[D]")
    mean = part["mean"].to_numpy(dtype=np.float64)
    is_open = part["open"].to_numpy(dtype=bool)
    reasons = part["reason"].astype(object).tolist()
    closed = tuple(
        ClosedDay(day, str(reason))
        for day, is_it, reason in zip(days.tolist(), is_open, reasons, strict=True)
        if not is_it
    )
    busiest, quietest = _extremes(days, mean, is_open)
    return Outlook(
        horizon=horizon,
        first=days[0].item(),
        last=days[-1].item(),
        total=float(mean.sum()),
        open_days=int(is_open.sum()),
        busiest=busiest,
        quietest=quietest,
        closed=closed,
        year_ago=_total(history_days, history, days - YEAR) if horizon <= YEAR else None,
        before=_total(history_days, history, days[0] - np.arange(1, horizon + 1)),
    )


def _extremes(days: Days, mean: Values, is_open: Flags) -> tuple[Peak | None, Peak | None]:
    where = np.flatnonzero(is_open)
    if not where.size:
        return None, None
    high, low = where[mean[where].argmax()], where[mean[where].argmin()]
    return Peak(days[high].item(), float(mean[high])), Peak(days[low].item(), float(mean[low]))


def _total(history_days: Days, history: Values, wanted: Days) -> float | None:
    """Sum of the actual values on the days wanted; None if history lacks one of them."""
    if not history_days.size or wanted.min() < history_days[0] or wanted.max() > history_days[-1]:
        return None
    values = history[(wanted - history_days[0]).astype(np.int64)]
    return None if np.isnan(values).any() else float(values.sum())


@dataclass(frozen=True, slots=True)
class TypicalError:
    """How far off past forecasts were: ``total`` of a period of ``days`` days, ``day`` of single open days (WAPE)."""

    folds: int
    days: int
    total: float
    day: float


def typical_error(backtest: pd.DataFrame, horizon: int) -> TypicalError | None:
    """Errors of one model on one series in its backtest (columns cutoff, horizon, y, mean); shares, 0.07 is 7 %.

    ``total`` is the mean over folds of |sum of forecasts - sum of actuals| / sum of actuals over the first
    ``horizon`` days (or as many as the backtest has); ``day`` is sum |error| / sum of actuals over the same rows.
    None where no fold has trade.
    """
    part = backtest[backtest["horizon"] <= horizon]
    sums = part.assign(miss=(part["mean"] - part["y"]).abs()).groupby("cutoff")[["y", "mean", "miss"]].sum()
    sums = sums[sums["y"] > 0]
    if sums.empty:
        return None
    total = float(((sums["mean"] - sums["y"]).abs() / sums["y"]).mean())
    return TypicalError(len(sums), int(part["horizon"].max()), total, float(sums["miss"].sum() / sums["y"].sum()))


def weekly_totals(values: Values, weeks: int) -> Values:
    """Sums of the last ``weeks`` whole weeks (seven days each, counted back from the last day), oldest first."""
    count = min(weeks, values.size // 7)
    return np.asarray(values[values.size - 7 * count :].reshape(count, 7).sum(axis=1), dtype=np.float64)


def smooth(values: Values, is_open: Flags, window: int = 28) -> Values:
    """Mean of the open days among the last ``window`` days, shape as ``values``; NaN until half a window is known."""
    weights = (is_open & ~np.isnan(values)).astype(np.float64)
    sums = _running_sum(np.where(weights > 0, values, 0.0), window)
    counts = _running_sum(weights, window)
    result: Values = np.divide(sums, counts, out=np.full(values.shape, np.nan), where=counts > 0)
    result[: min(window // 2, result.size)] = np.nan
    return result


def _running_sum(values: Values, window: int) -> Values:
    total = np.concatenate([[0.0], np.cumsum(values)])
    end = np.arange(1, values.size + 1)
    return np.asarray(total[end] - total[np.maximum(end - window, 0)], dtype=np.float64)


def monthly(days: Days, values: Values, is_open: Flags) -> pd.DataFrame:
    """By calendar month: month (first day), total, open_days, per_open_day."""
    month = days.astype("datetime64[M]")
    frame = pd.DataFrame({"month": month.astype("datetime64[s]"), "total": values, "open_days": is_open})
    sums = frame.groupby("month", as_index=False).sum()
    per_day = sums["total"] / sums["open_days"].where(sums["open_days"] > 0)
    return sums.assign(per_open_day=per_day)


@dataclass(frozen=True, slots=True)
class Spread:
    """Of open days in a span: how many, their mean, the best day."""

    open_days: int
    closed_days: int
    mean: float
    best: Peak | None


def spread(days: Days, values: Values, is_open: Flags) -> Spread:
    """Sums up a span of a daily series, all of shape (number of days,)."""
    where = np.flatnonzero(is_open)
    best = where[np.nanargmax(values[where])] if where.size else None
    return Spread(
        open_days=int(where.size),
        closed_days=int(days.size - where.size),
        mean=float(np.nanmean(values[where])) if where.size else 0.0,
        best=Peak(days[best].item(), float(values[best])) if best is not None else None,
    )


@dataclass(frozen=True, slots=True)
class Lead:
    """Which model has the lowest WAPE, and by what share it is below the next.

    ``real``: the next is not tied with it (Model Confidence Set); None where there are too few folds to tell, or no
    next. ``tied``: the models that are tied with it, lowest WAPE first; all of them where nothing can be told.
    """

    model: str
    wape: float
    second: str | None
    margin: float | None
    real: bool | None = None
    tied: tuple[str, ...] = ()


def lead(leaderboard: pd.DataFrame) -> Lead | None:
    """Reads a leaderboard (columns model, wape; and tied, p_best if it has them); None if it is empty."""
    ranked = leaderboard.dropna(subset=["wape"]).sort_values("wape", kind="stable")
    if ranked.empty:
        return None
    first, others = ranked.iloc[0], ranked.iloc[1:]
    model, wape = str(first["model"]), float(first["wape"])
    tied = tuple(others["model"][others["tied"]].astype(str)) if "tied" in others else ()
    if others.empty or not others.iloc[0]["wape"]:
        return Lead(model, wape, None, None, tied=tied)
    second = others.iloc[0]
    # The leader itself may be outside the set where models were scored on different days.
    told = "tied" in others and not np.isnan(second["p_best"])
    real = bool(first["tied"] and not second["tied"]) if told else None
    return Lead(model, wape, str(second["model"]), float(1 - wape / second["wape"]), real, tied)


def fold_errors(backtest: pd.DataFrame) -> pd.DataFrame:
    """WAPE by model and fold of one series: columns model, cutoff, wape; sum |error| / sum of actuals."""
    rows = backtest.assign(miss=(backtest["mean"] - backtest["y"]).abs())
    sums = rows.groupby(["cutoff", "model"], observed=True, as_index=False)[["miss", "y"]].sum()
    errors: pd.DataFrame = sums.assign(wape=sums["miss"] / sums["y"].where(sums["y"] > 0))
    return errors[["model", "cutoff", "wape"]]


@dataclass(frozen=True, slots=True)
class Waterfall:
    """One step of cleaning: what it dropped, of how many at the start, and what is left after it."""

    rule: str
    on: bool
    dropped: int
    share: float
    left: int


def waterfall_steps(lines_in: int, counts: Sequence[tuple[str, int, bool]]) -> tuple[Waterfall, ...]:
    """Adds the running rest to (rule id, lines dropped, switched on) in order."""
    steps, left = [], lines_in
    for rule, dropped, on in counts:
        left -= dropped
        steps.append(Waterfall(rule, on, dropped, dropped / lines_in if lines_in else 0.0, left))
    return tuple(steps)
