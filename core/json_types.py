"""Days, horizons and levels as a JSON document has them: what their published schema accepts, and nothing else."""

from __future__ import annotations

import datetime as dt
import re
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

MAX_HORIZON = 365
DEFAULT_HORIZON = 28

_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def number_in_json(value: Any) -> Any:
    """JSON Schema calls 28.0 an integer, so it must pass; "28" and true are none and must not."""
    if isinstance(value, str | bool):
        raise ValueError("must be a whole number, not a text or a truth value")
    return value


def iso_day(value: Any) -> Any:
    """A calendar day as YYYY-MM-DD; pydantic alone would also read numbers as seconds since 1970."""
    if not isinstance(value, str) or not _ISO_DAY.fullmatch(value):
        raise ValueError("must be a date in the form YYYY-MM-DD")
    return value


Day = Annotated[dt.date, BeforeValidator(iso_day)]
# The limits stand inside, before the validator: set outside of it they are lost in the JSON schema.
JsonHorizon = Annotated[int, Field(ge=1, le=MAX_HORIZON), BeforeValidator(number_in_json)]
JsonLevel = Annotated[Literal[80, 95], BeforeValidator(number_in_json)]
