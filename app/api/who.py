"""Who asks: the name that stands in the audit, in jobs and in the history of alerts."""

from __future__ import annotations

from flask import request

WHO = "tidemark.who"
"""Where in the environment of the request the guard puts the name of the key; absent without one."""

LONGEST = 128
"""Characters that the tables have room for."""


def who() -> str:
    """The key that the request came with, else where it came from."""
    known: str | None = request.environ.get(WHO)
    return (known or f"api at {request.remote_addr}")[:LONGEST]
