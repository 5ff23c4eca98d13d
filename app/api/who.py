"""Who asks: the name that stands in the audit, in jobs and in the history of alerts."""

from __future__ import annotations

from flask import request

from app.api.guard import KEY
from core.access.keys import Key

LONGEST = 128
"""Characters that the tables have room for."""


def who() -> str:
    """Name and id of the key that the request came with, else where it came from."""
    key: Key | None = request.environ.get(KEY)
    return (f"{key.name} (key {key.id})" if key else f"api at {request.remote_addr}")[:LONGEST]
