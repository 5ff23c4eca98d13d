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
from core.own.request import Asked, Detail, RefusedError, read

VERSION = f"light-{__version__}"
"""In place of the id of a version: the code that made the forecast. The same code and request give the same bytes."""


@dataclass(frozen=True)
class Made:
    """``content``: the body, of JSON without the brace that opens it, since a request id comes first; ``steady``: the
    same request will give the same bytes. Or ``refused``: why there is none, as pydantic's errors say it."""

    content: bytes = b""
    steady: bool = True
    refused: tuple[Detail, ...] = ()


def answer(country: str | None, body: bytes, as_csv: bool) -> Made:
    """The answer to a JSON ``body``. ``country``: see ``core.own.forecast.forecast``."""
    try:
        asked = read(body)
    except RefusedError as error:
        return Made(refused=tuple(error.details))
    made = forecast(asked.series, asked.horizon, asked.model, country)
    write = _table if as_csv else _json
    return Made(write(asked, made.forecasts), not made.late)


def _json(asked: Asked, forecasts: Sequence[OwnForecast]) -> bytes:
    """Series by series: all of them as Python's objects would take a hundred times the memory of the series."""
    head = orjson.dumps({"version": VERSION})[1:-1]
    if asked.names is None:
        return head + b"," + orjson.dumps(_plain(forecasts[0], asked.levels))[1:]
    parts = [
        orjson.dumps({"id": name, **_plain(one, asked.levels)})
        for name, one in zip(asked.names, forecasts, strict=True)
    ]
    return head + b',"series":[' + b",".join(parts) + b"]}"


def _plain(one: OwnForecast, levels: Sequence[int]) -> dict[str, Any]:
    predictions = [
        {"date": day, "horizon": horizon, "value": value, "open": is_open, "intervals": intervals}
        for day, horizon, value, is_open, intervals in _days(one, levels)
    ]
    return {"model": one.model, "data_as_of": one.last_day, "predictions": predictions, "warnings": one.notes}


def _table(asked: Asked, forecasts: Sequence[OwnForecast]) -> bytes:
    """Columns: id (of several series), date, horizon, value, open, lo80, hi80, …, model, data_as_of."""
    out = io.StringIO()
    writer = csv.writer(out)
    bounds = [f"{side}{level}" for level in asked.levels for side in ("lo", "hi")]
    writer.writerow(
        [*([] if asked.names is None else ["id"]), "date", "horizon", "value", "open", *bounds, "model", "data_as_of"]
    )
    for number, one in enumerate(forecasts):
        first, last = [] if asked.names is None else [asked.names[number]], [one.model, one.last_day]
        for day, horizon, value, is_open, intervals in _days(one, asked.levels):
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
