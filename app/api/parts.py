"""Parts of a path, texts of any kind: what they name must exist (else 404), what is asked be possible (else 409)."""

from __future__ import annotations

from app.api.problems import ApiError
from core.errors import InputError
from core.state.base import MOST_ROWS

SHOWN = 60
"""Characters of an unknown name that are repeated to whoever asked for it."""


def row_number(text: str, what: str) -> int:
    """The number of a row. Raises ApiError 404 for what can be none: ``what`` says of what."""
    if text.isascii() and text.isdigit() and len(text) <= len(str(MOST_ROWS)) and 1 <= int(text) <= MOST_ROWS:
        return int(text)
    raise no_such(what, text)


def no_such(what: str, name: object, hint: str = "") -> ApiError:
    """The error 404: there is no such thing."""
    text = str(name)
    shown = text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
    return ApiError(404, " ".join(part for part in (f"There is no {what} {shown}.", hint) if part))


def conflict(error: InputError) -> ApiError:
    """The error 409: not possible in the present state, as core says it."""
    text = str(error)
    return ApiError(409, text[:1].upper() + text[1:])
