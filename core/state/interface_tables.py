"""The tables of the HTTP interface: posted batches of lines, keys, and a sample of the forecasts asked for."""

from __future__ import annotations

from sqlalchemy import JSON, Column, Date, Integer, LargeBinary, String, Table

from core.state.base import METADATA, UtcTime

BATCHES = Table(
    "batches",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("key", String(255), nullable=False, unique=True),
    Column("digest", String(64), nullable=False),
    Column("received_at", UtcTime, nullable=False),
    Column("who", String(128), nullable=False),
    Column("lines", Integer, nullable=False),
    Column("first_day", Date, nullable=False),
    Column("last_day", Date, nullable=False),
    Column("content", LargeBinary, nullable=False),
)
"""Lines that came over HTTP, for ever: every load of the data reads them beside its source. ``key``: the client's
idempotency key; ``digest``: SHA-256 of the lines, so that a key cannot stand for other lines; ``content``: the lines as
Parquet. Ids ascend in the order of acceptance."""

API_KEYS = Table(
    "api_keys",
    METADATA,
    Column("id", String(16), primary_key=True),
    Column("name", String(128), nullable=False),
    Column("scopes", JSON, nullable=False),
    Column("salt", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("revoked_at", UtcTime),
)
"""Who may use the HTTP interface. ``hash``: SHA-256 of salt and secret, which is random and long, so that nothing
slower is needed; ``scopes``: a list of words. A revoked key stays, for the logs that name it."""

PREDICTION_LOG = Table(
    "prediction_log",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("at", UtcTime, nullable=False),
    Column("request_id", String(64), nullable=False),
    Column("who", String(128), nullable=False),
    Column("version_id", String(64), nullable=False),
    Column("series", String(255), nullable=False),
    Column("model", String(64), nullable=False),
    Column("asked", JSON, nullable=False),
    Column("tag", String(64), nullable=False),
)
"""A sample of the forecasts given out, the newest only: to whom, what, and the hash of the answer (its ETag)."""
