"""What a caller sends of series of its own, as pydantic models, and what is checked beyond their form."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, FailFast, Field, ValidationError
from typing_extensions import TypedDict

from core.json_types import DEFAULT_HORIZON, Day, JsonHorizon, JsonLevel
from core.own.series import LEARNT_DAYS, OwnSeries

LEAST_DAYS = 14
"""Days with a value that a series needs: every weekday twice."""
MOST_POINTS, MOST_SERIES, MOST_TOGETHER = 20_000, 200, 200_000
"""Points of one series, series of a call, points of all its series."""
FIRST, LAST = dt.date(1900, 1, 1), dt.date(2199, 12, 31)
"""Days outside of these are taken for mistakes."""
MOST_VALUE = 1e15
MOST_ERRORS = 100
"""Errors that are listed; a history that is wrong everywhere need not be told so 20,000 times."""

LightModel = Literal["champion", "seasonal_naive", "weekday_mean", "ets", "theta"]
Value = Annotated[float, Field(strict=True, ge=-MOST_VALUE, le=MOST_VALUE, allow_inf_nan=False)]
Detail = dict[str, Any]
"""One error as pydantic tells it: type, loc, msg, and ctx of some types."""


class HistoryPoint(TypedDict):
    """The value of one day; null, or no point at all: not known, which is not 0."""

    __pydantic_config__ = ConfigDict(extra="forbid")  # type: ignore[misc]

    date: Day
    value: Value | None


# One error a series: each of 20,000 points could have some, and all of them would be kept until the last was read.
Points = Annotated[list[HistoryPoint], Field(max_length=MOST_POINTS), FailFast()]
# Too few are told of in our own words, with the days that count.
TOO_FEW: dict[str, Any] = {"minItems": LEAST_DAYS}
POINTS = (
    f"Daily values in any order, from {LEAST_DAYS} to {MOST_POINTS:,}. Days without a point are not known, which is "
    "not 0; values below 0 are taken for 0. The last three years before the last value are learnt from; "
    f"{LEAST_DAYS} days of them need a value."
)


class OwnRequest(BaseModel):
    """How a caller's own series are to be forecast."""

    model_config = ConfigDict(extra="forbid")

    horizon: JsonHorizon = Field(DEFAULT_HORIZON, description="How many days ahead, from the last day with a value.")
    model: LightModel = Field(
        "champion", description="A model by name, or champion for the best of a short backtest of the series."
    )
    levels: Annotated[list[JsonLevel], Field(min_length=1, max_length=10)] = Field(
        [80, 95], description="Prediction intervals wanted, in percent."
    )


class HistoryRequest(OwnRequest):
    """Forecasts one series of the caller's own; it is not kept."""

    history: Points = Field(description=POINTS, json_schema_extra=TOO_FEW)


class NamedHistory(BaseModel):
    """One of several series."""

    model_config = ConfigDict(extra="forbid")

    id: str = Field(min_length=1, max_length=200, description="The caller's name of the series, once in a call.")
    history: Points = Field(description=POINTS, json_schema_extra=TOO_FEW)


class SeriesRequest(OwnRequest):
    """Forecasts several series of the caller's own, each for itself; they are not kept."""

    series: Annotated[list[NamedHistory], Field(min_length=1, max_length=MOST_SERIES)] = Field(
        description=f"Up to {MOST_SERIES} series with {MOST_TOGETHER:,} points together."
    )


class RefusedError(Exception):
    """The request cannot be answered; ``details`` says why, as pydantic's errors do."""

    def __init__(self, details: Sequence[Detail]) -> None:
        self.details = list(details)
        super().__init__(self.details)


@dataclass(frozen=True)
class Asked:
    """A request in little space. ``names``: of several series, None for one without; ``model``: None chooses."""

    names: tuple[str, ...] | None
    series: tuple[OwnSeries, ...]
    horizon: int
    model: str | None
    levels: tuple[int, ...]


def read(body: bytes) -> Asked:
    """The request in a JSON body. Raises RefusedError."""
    asked = _parsed(body)
    found = list(islice(_wrong(asked), MOST_ERRORS))
    if found:
        raise RefusedError(found)
    if isinstance(asked, HistoryRequest):
        names, histories = None, [asked.history]
    else:
        names, histories = tuple(one.id for one in asked.series), [one.history for one in asked.series]
    model = None if asked.model == "champion" else asked.model
    return Asked(names, tuple(map(own_series, histories)), asked.horizon, model, tuple(sorted(set(asked.levels))))


def _parsed(body: bytes) -> HistoryRequest | SeriesRequest:
    try:
        # A good request with one history has this word nowhere: it is days, numbers and names of models.
        if b'"series"' in body:
            return SeriesRequest.model_validate_json(body)
        return HistoryRequest.model_validate_json(body)
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
        raise RefusedError([dict(one) for one in details[:MOST_ERRORS]]) from None


def _wrong(asked: HistoryRequest | SeriesRequest) -> Iterator[Detail]:
    if isinstance(asked, HistoryRequest):
        yield from _wrong_points(("history",), asked.history)
        return
    if (count := sum(len(one.history) for one in asked.series)) > MOST_TOGETHER:
        yield _detail(("series",), f"the series have {count:,} points together; {MOST_TOGETHER:,} are taken in a call")
        return
    times = Counter(one.id for one in asked.series)
    for number, one in enumerate(asked.series):
        if times[one.id] > 1:
            yield _detail(("series", number, "id"), f"{one.id} is the id of {times[one.id]} series; give each its own")
        yield from _wrong_points(("series", number, "history"), one.history)


def _wrong_points(place: tuple[str | int, ...], points: Sequence[HistoryPoint]) -> Iterator[Detail]:
    seen: dict[dt.date, int] = {}
    for number, point in enumerate(points):
        day = point["date"]
        if not FIRST <= day <= LAST:
            yield _detail((*place, number, "date"), f"{day} is not a day from {FIRST} to {LAST}")
        elif (before := seen.setdefault(day, number)) != number:
            yield _detail((*place, number, "date"), f"{day} has a value already, in point {before}; give each day once")
    if (sentence := _too_few([point["date"] for point in points if point["value"] is not None])) is not None:
        yield _detail(place, sentence)


def _too_few(known: Sequence[dt.date]) -> str | None:
    """A sentence where too few days with a value are left to learn from."""
    if len(known) < LEAST_DAYS:
        return f"{len(known)} days have a value; {LEAST_DAYS} are needed"
    last = max((day for day in known if day <= LAST), default=LAST)  # a mistaken day is told of by itself
    learnt = sum((last - day).days < LEARNT_DAYS for day in known)
    if learnt < LEAST_DAYS:
        return (
            f"{learnt} of the {LEARNT_DAYS:,} days up to the last one with a value, {last}, have a value; "
            f"{LEAST_DAYS} are needed, as older ones are not learnt from"
        )
    return None


def _detail(place: tuple[str | int, ...], sentence: str) -> Detail:
    return {"type": "value_error", "loc": place, "msg": sentence}


def own_series(points: Sequence[HistoryPoint]) -> OwnSeries:
    """From points in any order, each day once; at least one has a value."""
    known = [(point["date"].toordinal(), point["value"]) for point in points if point["value"] is not None]
    day = np.array([one[0] for one in known], dtype=np.int64)
    return OwnSeries.of(day, np.array([one[1] for one in known], dtype=np.float64))
