"""What had been forecast for days that are over: by the version in force on the day before, as it was issued."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Any, Literal

from sqlalchemy import Engine, func, select

from core.errors import InputError
from core.lifecycle.audit import Entry
from core.lifecycle.registry import Registry
from core.lifecycle.serving import LEVELS, Prediction, predictions
from core.lifecycle.version import Version
from core.series.panel import Series
from core.state.engine import reading
from core.state.tables import FORECAST_LOG

Source = Literal["issued", "stored"]


@dataclass(frozen=True, slots=True)
class InForce:
    """The forecast of a day, whose ``horizon`` counts from ``origin``. ``source``: "issued" is from the log of what was
    in use, "stored" from the files of the version, for a model that was not in use or a day beyond the log."""

    prediction: Prediction
    model: str
    version: str
    origin: dt.date
    source: Source


class PastForecasts:
    """Forecasts of one series for days that are over; ``model``: None is whichever was in use.

    The version in force for a day is the champion of the end of the day before, by the machine's calendar. Before there
    was any, as for all days of a historic extract, it is the one with the latest origin among those that were in use.
    """

    def __init__(self, engine: Engine, registry: Registry, series: Series, model: str | None = None) -> None:
        self._engine, self._registry, self._series, self._model = engine, registry, series, model
        self._moves = registry.history(limit=None)

    def on(self, days: Iterable[dt.date]) -> dict[dt.date, InForce]:
        """By day; a day for which nothing had been forecast is not in it."""
        wanted = list(days)
        logged = self._logged(wanted)
        found = {day: self._on(day, logged.get(day, ())) for day in wanted}
        return {day: one for day, one in found.items() if one is not None}

    def first_day(self) -> dt.date | None:
        """The first day for which there is a forecast of the series; None if none is over or under way."""
        mine = select(func.min(FORECAST_LOG.c.target)).where(FORECAST_LOG.c.series == str(self._series))
        with reading(self._engine) as connection:
            logged = connection.execute(mine).scalar()
        found = [day for day in (logged, self._first_of_first()) if day is not None]
        return min(found, default=None)

    def _first_of_first(self) -> dt.date | None:
        """The day after the first champion came, if that one reaches it: the log may not have been written yet."""
        if not self._moves:
            return None
        day = _local_day(self._moves[-1]) + dt.timedelta(days=1)
        return day if self._on(day, ()) else None

    def _on(self, day: dt.date, logged: Sequence[Any]) -> InForce | None:
        champion = self._champion_before(day)
        if champion is not None:
            row = next((row for row in logged if row.version_id == champion), None)
            return self._told(row, day) if row is not None else self._stored(champion, day)
        newest = max(logged, key=lambda row: (row.origin, row.made_at), default=None)
        if newest is not None:
            return self._told(newest, day)
        latest = next((one for one in self._latest if one.origin < day), None)  # beyond the log
        return None if latest is None else self._stored(latest.id, day)

    def _told(self, row: Any, day: dt.date) -> InForce | None:
        """A row of the log, unless another model is asked for than the one that was in use."""
        if self._model in (None, row.model):
            return InForce(_prediction(row), row.model, row.version_id, row.origin, "issued")
        return self._stored(row.version_id, day)

    def _stored(self, version_id: str, day: dt.date) -> InForce | None:
        try:
            version = self._registry.open(version_id)
            model = self._model or version.best(self._series)
            ahead = predictions(version, self._series, model)
        except InputError:  # it is not there any more, or has no such series or model
            return None
        number = (day - version.origin).days - 1
        if not 0 <= number < len(ahead):
            return None
        return InForce(ahead[number], model, version_id, version.origin, "stored")

    @cached_property
    def _latest(self) -> list[Version]:
        """Those that were ever in use, the latest data first."""
        used = {move.to_value for move in self._moves}
        return sorted((one for one in self._registry.versions() if one.id in used), key=lambda one: one.origin)[::-1]

    def _champion_before(self, day: dt.date) -> str | None:
        """Who was champion when the day began."""
        return next((move.to_value for move in self._moves if _local_day(move) < day), None)

    def _logged(self, days: Sequence[dt.date]) -> dict[dt.date, tuple[Any, ...]]:
        mine = (FORECAST_LOG.c.series == str(self._series), FORECAST_LOG.c.target.in_(days))
        query = select(FORECAST_LOG).where(*mine).order_by(FORECAST_LOG.c.target)
        with reading(self._engine) as connection:
            rows = connection.execute(query).all()
        return {day: tuple(part) for day, part in groupby(rows, key=lambda row: row.target)}


def _local_day(move: Entry) -> dt.date:
    return move.at.astimezone().date()


def _prediction(row: Any) -> Prediction:
    """The log has no word about closed days: their forecast and bounds are exactly 0, which those of open days are only
    where nothing was ever sold."""
    pairs = {level: (getattr(row, f"lo{level}"), getattr(row, f"hi{level}")) for level in LEVELS}
    intervals = {level: pair for level, pair in pairs.items() if None not in pair}
    is_open = row.mean > 0 or any(high > 0 for _, high in intervals.values())
    return Prediction(row.target, row.horizon, row.mean, is_open, "", intervals)
