"""What is wrong with a value that a client sent, in plain words that say what would be right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, get_args

from pydantic.fields import FieldInfo

from app.api.fields import REASON_PATTERN, Note, QueryLimit, QueryRow
from app.api.schemas_inference import Shape
from app.api.schemas_models import VersionId, Window
from app.api.schemas_monitoring import PerformanceQuery, SilenceDays
from app.api.schemas_transactions import NO_NUL, TIME, Number
from core.json_types import JsonHorizon
from core.own.request import Value

Range = tuple[float, float]

WHOLE, OBJECT, TRUTH = "must be a whole number", "must be an object", "must be true or false"
NUMBER, TEXT = "must be a number", "must be a text"
DAY = "must be a day that exists, written as YYYY-MM-DD"
MOMENT = "must be a moment that exists, with its time zone, such as 2026-12-24T18:00:00Z"

FIXED = {
    "missing": "is missing",
    "extra_forbidden": "is not known here",
    "int_type": WHOLE,
    "int_parsing": WHOLE,
    "int_from_float": WHOLE,
    "int_parsing_size": f"{WHOLE} with fewer digits",
    "float_type": NUMBER,
    "float_parsing": NUMBER,
    "finite_number": "must be a finite number",
    "bool_type": TRUTH,
    "bool_parsing": TRUTH,
    "string_type": TEXT,
    "string_unicode": "must be a text in UTF-8",
    "list_type": "must be a list",
    "dict_type": OBJECT,
    "model_type": OBJECT,
    "model_attributes_type": OBJECT,
    "date_type": DAY,
    "date_parsing": DAY,
    "date_from_datetime_parsing": DAY,
    "date_from_datetime_inexact": DAY,
    "datetime_type": MOMENT,
    "datetime_parsing": MOMENT,
    "datetime_from_date_parsing": MOMENT,
    "datetime_object_invalid": MOMENT,
    "timezone_aware": "must have a time zone, such as 2026-12-24T18:00:00Z",
}
"""By type of pydantic's error."""


def _metadata(kind: Any) -> Iterator[Any]:
    """All that the annotation of a field says beside its type."""
    for one in (kind, *get_args(kind)):
        if isinstance(one, FieldInfo):
            yield from one.metadata
        elif one is not kind:
            yield from _metadata(one)


def _pattern(kind: Any) -> str:
    return next(str(one.pattern) for one in _metadata(kind) if hasattr(one, "pattern"))


def _range(kind: Any) -> Range:
    found = list(_metadata(kind))
    low, high = (next(getattr(one, name) for one in found if hasattr(one, name)) for name in ("ge", "le"))
    return low, high


PATTERNS = {
    REASON_PATTERN: "needs three visible characters or more, and none that cannot be written",
    _pattern(Note): "must be a text without control characters",
    _pattern(VersionId): "must be a version such as v2",
    NO_NUL: "must not hold the character NUL",
    TIME: "must be a time without a zone, such as 2011-12-09T12:50:00, of the years 1900 to 2199",
}
"""By pattern of a text."""

RANGES: dict[str, tuple[Range, ...]] = {
    "horizon": (_range(JsonHorizon),),
    "limit": (_range(QueryLimit),),
    "before": (_range(QueryRow),),
    "days": (_range(PerformanceQuery.model_fields["days"]), _range(SilenceDays)),
    "window": (_range(Window),),
    "value": (_range(Value),),
    "quantity": (_range(Number),),
    "price": (_range(Number),),
    "shape": (_range(Shape),),
}
"""From where to where the numbers of each field may go; pydantic tells only the end that was passed."""


def sentence_of(detail: Mapping[str, Any]) -> str:
    """From one of pydantic's error details, with its context if there is one; begins small and has no full stop."""
    kind, said = str(detail["type"]), str(detail["msg"]).removeprefix("Value error, ")
    try:
        return _of_context(kind, detail.get("ctx") or {}, _place(detail)) or FIXED.get(kind, said)
    except KeyError:  # the context is not what this version of pydantic gives
        return FIXED.get(kind, said)


def _of_context(kind: str, ctx: Mapping[str, Any], place: str) -> str | None:
    match kind:
        case "less_than_equal":
            return _between(place, 1, ctx["le"]) or f"must be at most {_number(ctx['le'])}"
        case "greater_than_equal":
            return _between(place, 0, ctx["ge"]) or f"must be at least {_number(ctx['ge'])}"
        case "less_than":
            return f"must be below {_number(ctx['lt'])}"
        case "greater_than":
            return f"must be above {_number(ctx['gt'])}"
        case "int_parsing_size":
            return _between(place)
        case "multiple_of":
            return f"must be a multiple of {_number(ctx['multiple_of'])}"
        case "too_short":
            return f"needs at least {_count(ctx['min_length'], 'value')}"
        case "too_long":
            return f"has more than {_count(ctx['max_length'], 'value')}"
        case "string_too_short":
            return f"is too short: at least {_count(ctx['min_length'], 'character')}"
        case "string_too_long":
            return f"is too long: at most {_count(ctx['max_length'], 'character')}"
        case "string_pattern_mismatch":
            return PATTERNS.get(ctx["pattern"], "is not written as it must be; /docs says how")
        case "literal_error" | "enum":
            expected = str(ctx["expected"])
            return f"must be one of {expected}" if ", " in expected else f"must be {expected}"
        case "union_tag_invalid":
            return f"must have {_either(str(ctx['expected_tags']))} as its {str(ctx['discriminator']).strip(chr(39))}"
        case "union_tag_not_found":
            return f"must have a member {ctx['discriminator']}"
    return None


def _place(detail: Mapping[str, Any]) -> str:
    """The innermost name on the way to the value whose numbers have a range."""
    return next((one for one in reversed(detail.get("loc", ())) if isinstance(one, str) and one in RANGES), "")


def _between(place: str, end: int | None = None, limit: float | None = None) -> str | None:
    """Both ends of the only range there is of this field, or the only one with this limit at this end (0 or 1)."""
    found = [one for one in RANGES.get(place, ()) if end is None or one[end] == limit]
    if len(found) != 1:
        return None
    low, high = found[0]
    return f"must be {_number(low)}" if low == high else f"must be from {_number(low)} to {_number(high)}"


def _number(value: float) -> str:
    return f"{int(value):,}" if value == int(value) else f"{value:,}"


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _either(names: str) -> str:
    """ "a, b, c" as "a, b or c"."""
    first, comma, last = names.rpartition(", ")
    return f"{first} or {last}" if comma else names
