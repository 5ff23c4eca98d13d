"""The answer about a caller's own series as bytes, JSON or CSV: made whole in the process apart, which may be large."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from core import __version__
from core.models.base import LEVELS
from core.own.forecast import OwnForecast, forecast
from core.own.request import Detail, HistoryRequest, RefusedError, read
from core.own.series import OwnSeries

VERSION = f"light-{__version__}"
"""In place of the id of a version: the code that made the forecast. The same code and request give the same bytes."""


@dataclass(frozen=True)
class Made:
    """``content``: the body, without a request id; ``steady``: the same request will give the same bytes. Or
    ``refused``: why there is none, as pydantic's errors say it."""

    content: bytes = b""
    steady: bool = True
    refused: tuple[Detail, ...] = ()


def answer(country: str | None, body: bytes, as_csv: bool) -> Made:
    """The answer to a JSON ``body``. ``country``: see ``core.own.forecast.forecast``."""
    try:
        asked = read(body)
    except RefusedError as error:
        return Made(refused=tuple(error.details))
    alone = isinstance(asked, HistoryRequest)
    histories = [asked.history] if isinstance(asked, HistoryRequest) else [one.history for one in asked.series]
    model = None if asked.model == "champion" else asked.model
    made = forecast([OwnSeries.of(points) for points in histories], asked.horizon, model, country)
    names = [""] if isinstance(asked, HistoryRequest) else [one.id for one in asked.series]
    levels = sorted(set(asked.levels))
    if as_csv:
        return Made(_table(names, made.forecasts, levels, alone=alone), not made.late)
    plain = [_plain(one, levels) for one in made.forecasts]
    if alone:
        return Made(orjson.dumps({"version": VERSION, **plain[0]}), not made.late)
    series = [{"id": name, **one} for name, one in zip(names, plain, strict=True)]
    return Made(orjson.dumps({"version": VERSION, "series": series}), not made.late)


def _plain(one: OwnForecast, levels: Sequence[int]) -> dict[str, Any]:
    predictions = [
        {"date": day, "horizon": horizon, "value": value, "open": is_open, "intervals": intervals}
        for day, horizon, value, is_open, intervals in _days(one, levels)
    ]
    return {"model": one.model, "data_as_of": one.last_day, "predictions": predictions, "warnings": one.notes}


def _table(names: Sequence[str], forecasts: Sequence[OwnForecast], levels: Sequence[int], *, alone: bool) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    bounds = [f"{side}{level}" for level in levels for side in ("lo", "hi")]
    writer.writerow([*([] if alone else ["id"]), "date", "horizon", "value", "open", *bounds, "model", "data_as_of"])
    for name, one in zip(names, forecasts, strict=True):
        first, last = [] if alone else [name], [one.model, one.last_day]
        for day, horizon, value, is_open, intervals in _days(one, levels):
            both = [bound for pair in intervals.values() for bound in pair]
            writer.writerow([*first, day, horizon, value, "true" if is_open else "false", *both, *last])
    return out.getvalue().encode()


def _days(
    one: OwnForecast, levels: Sequence[int]
) -> Iterator[tuple[dt.date, int, float, bool, dict[str, list[float]]]]:
    rows = zip(one.mean.tolist(), one.is_open.tolist(), one.bounds.tolist(), strict=True)
    for horizon, (value, is_open, bounds) in enumerate(rows, 1):
        pairs = {str(level): bounds[2 * LEVELS.index(level) :][:2] for level in levels}
        yield one.last_day + dt.timedelta(days=horizon), horizon, value, is_open, pairs
