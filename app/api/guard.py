"""Who may: asked before every operation."""

from __future__ import annotations


def admit(scope: str | None) -> None:
    """Lets the request pass, or raises ApiError 401, 403 or 429."""
