"""What a sender calls a file, made fit to be shown: one short line of visible characters, never a path."""

from __future__ import annotations

import re
import unicodedata

LONGEST = 120
"""Characters."""


def shown(name: str) -> str:
    """The last part of the name without what cannot be seen or turns the direction of writing; the middle of a long
    one is left out, so that its end still tells the kind."""
    visible = "".join(" " if unicodedata.category(one)[0] in "CZ" else one for one in name)
    plain = " ".join(re.split(r"[/\\]", visible)[-1].split())
    if len(plain) > LONGEST:
        plain = f"{plain[: LONGEST - 21]}…{plain[-20:]}"
    return plain or "file"
