"""What the API takes and gives, as pydantic models: the one source of validation and of the OpenAPI description."""

from __future__ import annotations

import datetime as dt
import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, RootModel

MAX_HORIZON = 365
DEFAULT_HORIZON = 28

_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def _number_in_json(value: Any) -> Any:
    """JSON Schema calls 28.0 an integer, so it must pass; "28" and true are none and must not."""
    if isinstance(value, str | bool):
        raise ValueError("must be a whole number, not a text or a truth value")
    return value


def _number_in_query(value: Any) -> Any:
    """A query is text: plain digits only, because int() would also read "1_0" and " 7"."""
    if isinstance(value, str) and not re.fullmatch(r"-?\d+", value, re.ASCII):
        raise ValueError("must be a whole number")
    return value


def _iso_day(value: Any) -> Any:
    """A calendar day as YYYY-MM-DD; pydantic alone would also read numbers as seconds since 1970."""
    if not isinstance(value, str) or not _ISO_DAY.fullmatch(value):
        raise ValueError("must be a date in the form YYYY-MM-DD")
    return value


Day = Annotated[dt.date, BeforeValidator(_iso_day)]
Measure = Literal["transactions", "orders", "units", "revenue", "customers"]
# The limits stand inside, before the validator: set outside of it they are lost in the JSON schema.
JsonHorizon = Annotated[int, Field(ge=1, le=MAX_HORIZON), BeforeValidator(_number_in_json)]
QueryHorizon = Annotated[int, Field(ge=1, le=MAX_HORIZON), BeforeValidator(_number_in_query)]
JsonLevel = Annotated[Literal[80, 95], BeforeValidator(_number_in_json)]


def _level_in_query(value: Any) -> Any:
    return int(value) if value in ("80", "95") else value


QueryLevel = Annotated[Literal[80, 95], BeforeValidator(_level_in_query)]


EITHER: dict[str, Any] = {"not": {"anyOf": [
    {"required": ["horizon", "date"]}, {"required": ["horizon", "dates"]}, {"required": ["date", "dates"]},
]}}  # fmt: skip
"""JSON Schema's way to say that horizon, date and dates exclude each other."""


class PredictRequest(BaseModel):
    """What is to be forecast: one of horizon, date and dates; without any, the next 28 days."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={**EITHER, "examples": [{"horizon": 28}, {"dates": ["2011-12-12", "2011-12-13"]}]},
    )

    horizon: JsonHorizon | None = Field(None, description="How many days ahead, counted from the last day of the data.")
    date: Day | None = Field(None, description="One day to forecast, up to 365 days after the last day of the data.")
    dates: Annotated[list[Day], Field(min_length=1, max_length=MAX_HORIZON)] | None = Field(
        None, description="Days to forecast; the answer has each day once, in order."
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
        description="A model by name (/info lists them), or champion for the one that won the backtest of this "
        "measure and segment.",
    )
    version: str = Field("champion", max_length=200, description="The version of the models: champion, or its id.")
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


class Prediction(BaseModel):
    """The forecast of one day. On a closed day the value and its intervals are exactly 0."""

    date: dt.date
    horizon: int = Field(ge=1, le=MAX_HORIZON, description="Days from data_as_of to this day.")
    value: float = Field(ge=0)
    open: bool = Field(description="Whether the business is expected to trade on this day.")
    intervals: dict[str, tuple[float, float]] = Field(
        description="Lower and upper bound by level in percent.", examples=[{"80": [1180.0, 1530.5]}]
    )


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


class Age(BaseModel):
    """How old things are, by the clock of the server."""

    data_days: int | None = Field(description="Days since the last day of the data.")
    version_hours: float | None = Field(description="Hours since the models were trained.")


class HealthResponse(BaseModel):
    """A readable summary; the status of the answer itself is 200 whenever the process answers."""

    status: Literal["ok", "preparing", "degraded"]
    version: str | None
    data_as_of: dt.date | None
    age: Age
    problems: list[str]


class StatusResponse(BaseModel):
    """One word for probes."""

    status: Literal["live", "ready"]


class TextResponse(RootModel[str]):
    """Text in a format that the content type names."""


class InfoResponse(BaseModel):
    """What can be asked for here."""

    name: str
    version: str | None = Field(description="The version of the models that serves, null until the first exists.")
    software: dict[str, str]
    measures: dict[str, str] = Field(description="Each measure with its unit.")
    segments: list[str]
    models: list[str]
    levels: list[int]
    max_horizon: int
    data_as_of: dt.date | None
    trained_at: str | None


class ProblemDetail(BaseModel):
    """One thing that is wrong with the request."""

    pointer: str = Field(description="JSON pointer to the value, or the query parameter as /name; empty: all of it.")
    detail: str


class Problem(BaseModel):
    """An error, as RFC 9457 describes it."""

    type: str
    title: str
    status: int
    detail: str
    request_id: str
    errors: list[ProblemDetail]
