"""The log of every process: a line is one entry, whatever texts of users' data stand in it."""

from __future__ import annotations

import json
import logging
import sys
import unicodedata

UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
"""Categories of characters that move the cursor, turn the direction of writing, begin a line, or show as nothing."""


def plain(text: str, longest: int | None = None, *, json_escapes: bool = False) -> str:
    """The text with escapes in place of characters that are not to be seen, and an ellipsis where it is cut.

    ``json_escapes``: as JSON writes them, so that a document says the same as before.
    """
    cut = text if longest is None or len(text) <= longest else text[: longest - 1] + "…"
    if cut.isprintable():
        return cut
    escaped = _in_json if json_escapes else _in_python
    return "".join(escaped(one) if unicodedata.category(one) in UNSEEN else one for one in cut)


def _in_python(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def _in_json(character: str) -> str:
    return json.dumps(character)[1:-1]


class OneLine(logging.Formatter):
    """The message in one line; the lines of a traceback follow it further right, where no entry begins."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the name is logging's
        record.message = plain(record.message)
        return super().formatMessage(record)

    def formatException(self, ei: object) -> str:  # noqa: N802
        lines = super().formatException(ei).splitlines()  # type: ignore[arg-type]
        return "\n".join(f"    {plain(line)}" for line in lines)


def set_up(level: int = logging.WARNING) -> None:
    """Sends what this process logs to the standard error, unless somebody has already said where it goes."""
    root = logging.getLogger()
    if not root.handlers:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(OneLine("%(message)s"))
        root.addHandler(handler)
        root.setLevel(level)
