"""What the API takes and gives, as pydantic models: the one source of validation and of the OpenAPI description."""

from __future__ import annotations

import datetime as dt
import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Field, RootModel

from core.json_types import DEFAULT_HORIZON as DEFAULT_HORIZON
from core.json_types import MAX_HORIZON
from core.json_types import Day as Day
from core.json_types import JsonHorizon as JsonHorizon
from core.json_types import JsonLevel as JsonLevel
from core.json_types import number_in_json as number_in_json


def number_in_query(value: Any) -> Any:
    """A query is text: plain digits only, because int() would also read "1_0" and " 7"."""
    if isinstance(value, str) and not re.fullmatch(r"-?\d+", value, re.ASCII):
        raise ValueError("must be a whole number")
    return value


Measure = Literal["transactions", "orders", "units", "revenue", "customers"]
# The limits stand inside, before the validator: set outside of it they are lost in the JSON schema.
QueryHorizon = Annotated[int, Field(ge=1, le=MAX_HORIZON), BeforeValidator(number_in_query)]


def _level_in_query(value: Any) -> Any:
    return int(value) if value in ("80", "95") else value


QueryLevel = Annotated[Literal[80, 95], BeforeValidator(_level_in_query)]


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
    errors: Annotated[list[ProblemDetail], Field(min_length=1)]
