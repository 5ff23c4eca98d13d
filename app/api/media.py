"""In which format a client wants its answer, by the header Accept (RFC 9110, section 12.5.1)."""

from __future__ import annotations

from functools import lru_cache

from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header

from app.api.problems import ApiError

JSON, CSV = "application/json", "text/csv"


def wanted(accept: str, formats: tuple[str, ...] = (JSON, CSV)) -> str:
    """The best of ``formats`` for a client with this header; the first one where the client does not care.

    Raises ApiError 406, naming the formats, if it takes none of them.
    """
    found = _best(accept, formats)
    if found is None:
        raise ApiError(406, f"None of the formats in the header Accept can be given; ask for {' or '.join(formats)}.")
    return found


@lru_cache(maxsize=256)
def _best(accept: str, formats: tuple[str, ...]) -> str | None:
    if not accept.strip():
        return formats[0]
    # What is behind the type, such as a charset, chooses nothing here: there is one of each.
    asked = [(kind.split(";")[0].strip(), quality) for kind, quality in parse_accept_header(accept)]
    return MIMEAccept(asked).best_match(formats)
