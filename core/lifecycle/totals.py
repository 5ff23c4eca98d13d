"""Totals over the next days from a version, with their intervals; kept with the version."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from core.evaluation.totals import Interval, factors, total_interval, total_scores, totals_in_time
from core.lifecycle.serving import forecast_table, model_name
from core.series.panel import TOTAL

if TYPE_CHECKING:
    import pandas as pd

    from core.lifecycle.version import Version
    from core.series.panel import Series, Values


class Kept(NamedTuple):
    """How often past totals lay within the 80 % interval that would have been shown for them."""

    inside: int
    periods: int
    days: int


def period_total(version: Version, series: Series, horizon: int, model: str | None = None) -> dict[int, Interval]:
    """Level (80, 95) → (low, high) of the total of the next ``horizon`` days, in the unit of the measure.

    ``model`` None is the best of the series. Raises InputError for a series or model that the version does not have.
    """
    by = total_factors(version, series, horizon, model)
    return total_interval(forecast_table(version, series, model), by, horizon)


def total_factors(version: Version, series: Series, days: int, model: str | None = None) -> Values:
    """``core.evaluation.totals.factors`` for totals over so many days."""
    name, tested = model_name(version, series, model), min(days, _longest(version))
    return version.keep(("factors", name, series, tested), lambda: factors(_scores(version, name, tested), series))


def kept_promise(version: Version, series: Series, days: int, model: str | None = None) -> Kept:
    """What the 80 % interval of such totals would have held in the backtest, in all series of the same kind."""
    name, tested = model_name(version, series, model), min(days, _longest(version))

    def count() -> Kept:
        scores = _scores(version, name, tested)
        shown = totals_in_time(scores[(scores["segment"] == TOTAL) == (series.segment == TOTAL)])
        inside = (shown["y"] >= shown["lo80"]) & (shown["y"] <= shown["hi80"])
        return Kept(int(inside.sum()), len(shown), tested)

    return version.keep(("totals kept", name, series.segment == TOTAL, tested), count)


def _scores(version: Version, model: str, days: int) -> pd.DataFrame:
    rows = version.backtest()
    return version.keep(("scores of totals", model, days), lambda: total_scores(rows[rows["model"] == model], days))


def _longest(version: Version) -> int:
    rows = version.backtest()
    return int(rows["horizon"].max()) if len(rows) else 1
