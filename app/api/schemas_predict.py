"""What /predict takes and gives, as pydantic models. Those for series of the caller's own are in core.own.request."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, RootModel

from app.api.fields import both
from app.api.schemas import Measure, QueryHorizon, QueryLevel
from core.json_types import MAX_HORIZON, Day, JsonHorizon, JsonLevel
from core.own.request import HistoryRequest, SeriesRequest

EITHER: dict[str, Any] = {"not": {"anyOf": [both("horizon", "date"), both("horizon", "dates"), both("date", "dates")]}}
"""JSON Schema's way to say that horizon, date and dates exclude each other."""


class PredictRequest(BaseModel):
    """What is to be forecast: one of horizon, date and dates; without any, the next 28 days."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={**EITHER, "examples": [{"horizon": 28}, {"dates": ["2011-12-12", "2011-12-13"]}]},
    )

    horizon: JsonHorizon | None = Field(None, description="How many days ahead, counted from the last day of the data.")
    date: Day | None = Field(
        None,
        description="One day, up to 365 days after the last day of the data. For a day that is over: what had been "
        "forecast for it by the version in force on the day before.",
    )
    dates: Annotated[list[Day], Field(min_length=1, max_length=MAX_HORIZON)] | None = Field(
        None, description="Days as in date, over or ahead; the answer has each day once, in order."
    )
    measure: Measure = Field("transactions", description="What is counted.")
    segment: str = Field(
        "total",
        max_length=200,
        description="Part of the business: total, country:France, …; /info lists all of them.",
    )
    model: str = Field(
        "champion",
        max_length=100,
        description="A model by name (/info lists them), champion for the one that won the backtest of this "
        "measure and segment, or challenger for that of the version challenger.",
    )
    version: str = Field(
        "champion",
        max_length=200,
        description="The version of the models: champion (in service), challenger (waiting), or its id.",
    )
    levels: Annotated[list[JsonLevel], Field(min_length=1, max_length=10)] = Field(
        [80, 95], description="Prediction intervals wanted, in percent."
    )


class PredictQuery(PredictRequest):
    """The same as a query: numbers are read from text, a list is given as repeated values or with commas."""

    horizon: QueryHorizon | None = Field(
        None, description="How many days ahead, counted from the last day of the data."
    )
    levels: Annotated[list[QueryLevel], Field(min_length=1, max_length=10)] = Field(
        [80, 95], description="Prediction intervals wanted, in percent."
    )


class PredictBody(RootModel[PredictRequest | HistoryRequest | SeriesRequest]):
    """Days of a series of this installation, or a history of the caller's own to forecast."""


class OwnPrediction(BaseModel):
    """The forecast of one day. On a closed day the value and its intervals are exactly 0."""

    date: dt.date
    horizon: int = Field(ge=1, le=MAX_HORIZON, description="Days from data_as_of, or from origin, to this day.")
    value: float = Field(ge=0)
    open: bool = Field(description="Whether the business is expected to trade on this day.")
    intervals: dict[str, tuple[float, float]] = Field(
        description="Lower and upper bound by level in percent.", examples=[{"80": [1180.0, 1530.5]}]
    )


class Prediction(OwnPrediction):
    """The forecast of one day. A day that is over says besides who had forecast it, and from which data."""

    source: Literal["issued", "stored"] | None = Field(
        None,
        description="Only of days that are over. issued: from the log of what was in use; stored: from the files of "
        "the version that was in use, for a model that was not or a day beyond the log.",
    )
    version: str | None = Field(None, description="Only of days that are over: the version in force the day before.")
    model: str | None = Field(None, description="Only of days that are over: the model that made it.")
    origin: dt.date | None = Field(None, description="Only of days that are over: the last day that it knew.")


class PredictResponse(BaseModel):
    """A forecast with its origin: who made it, from which data."""

    request_id: str = Field(description="The same as the header X-Request-ID.")
    model: str
    version: str
    measure: Measure
    segment: str
    unit: str
    data_as_of: dt.date = Field(description="The last day that the forecast knows; horizons count from it.")
    predictions: list[Prediction]
    warnings: list[str] = Field(description="What a reader of the numbers should know; empty if nothing.")


class OwnResponse(BaseModel):
    """The forecast of a caller's own series."""

    request_id: str = Field(description="The same as the header X-Request-ID.")
    version: str = Field(description="The code that made it: the same code and request give the same forecast.")
    model: str
    data_as_of: dt.date = Field(description="The last day with a value; horizons count from it.")
    predictions: list[OwnPrediction]
    warnings: list[str] = Field(description="What a reader of the numbers should know; empty if nothing.")


class NamedForecast(BaseModel):
    """The forecast of one of several series."""

    id: str
    model: str
    data_as_of: dt.date = Field(description="The last day of this series with a value; horizons count from it.")
    predictions: list[OwnPrediction]
    warnings: list[str] = Field(description="What a reader of the numbers should know; empty if nothing.")


class OwnSeriesResponse(BaseModel):
    """The forecasts of a caller's own series, in the order they were sent."""

    request_id: str = Field(description="The same as the header X-Request-ID.")
    version: str = Field(description="The code that made it: the same code and request give the same forecast.")
    series: list[NamedForecast]


class PredictAnswer(RootModel[PredictResponse | OwnResponse | OwnSeriesResponse]):
    """What was asked for: of a series of this installation, of one history, or of several."""
