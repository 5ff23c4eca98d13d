"""Kinds of values that several operations take: reasons, notes, numbers of rows, pages of a list."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from app.api.schemas import number_in_query
from core.state.base import MOST_ROWS

LEAST_REASON, MOST_REASON = 3, 500
"""Characters, as on the pages."""

_WRITTEN = r"[^\x00-\x08\x0b-\x1f\x7f]"
_VISIBLE = r"[^\s\x00-\x20\x7f-\xa0\u1680\u2000-\u200f\u2028-\u202f\u205f\u3000\ufeff]"
REASON_PATTERN = f"^{_WRITTEN}*({_VISIBLE}{_WRITTEN}*){{{LEAST_REASON}}}$"
"""Three visible characters or more, and none that a database refuses. Which characters are spaces differs between
regular expressions of Python, Rust and browsers: all that any of them calls one are named."""

Reason = Annotated[str, Field(min_length=LEAST_REASON, max_length=MOST_REASON, pattern=REASON_PATTERN)]
Note = Annotated[str, Field(max_length=MOST_REASON, pattern=f"^{_WRITTEN}*$")]

WHY = "Why, for the record: three visible characters or more."

QueryRow = Annotated[int, Field(ge=1, le=MOST_ROWS), BeforeValidator(number_in_query)]
"""The number of a row of the database."""
QueryLimit = Annotated[int, Field(ge=1, le=200), BeforeValidator(number_in_query)]

STANDARD_LIMIT = 50


def both(one: str, other: str) -> dict[str, Any]:
    """JSON Schema's way to say that two members are given; null means not given."""
    given = {"not": {"type": "null"}}
    return {"required": [one, other], "properties": {one: given, other: given}}


class PageQuery(BaseModel):
    """A part of a list, the newest first."""

    model_config = ConfigDict(extra="forbid")

    limit: QueryLimit = Field(STANDARD_LIMIT, description="How many at most.")
    before: QueryRow | None = Field(
        None, description="Only those with a lower number; give the `next` of an answer to get what follows."
    )


class ReasonRequest(BaseModel):
    """Why something is done."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"reason": "looked at, all is well"}]})

    reason: Reason = Field(description=WHY)


def one_line(text: str | None) -> str:
    """What somebody has written, without line breaks and spaces that do not show."""
    return " ".join((text or "").split())


def next_of(numbers: list[int], limit: int) -> int | None:
    """``before`` of the next part of a list whose last part had these numbers; None when it was the end."""
    return numbers[-1] if len(numbers) == limit else None
