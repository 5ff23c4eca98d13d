"""A sample of the forecasts that were given out, for those who ask later what somebody was told. Bounded."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Engine, delete, func, insert, select

from core.state.engine import reading, writing
from core.state.tables import PREDICTION_LOG

KEPT = 10_000
"""Rows that stay, the newest."""
LONGEST_ASKED = 2_000
"""Characters of JSON that are kept of a question; a longer one (somebody's own history) is kept as its length."""


@dataclass(frozen=True, slots=True)
class Given:
    """One answer: ``at`` aware UTC; ``who``: a key or an address; ``series``: measure/segment; ``asked``: the question
    as plain data; ``tag``: the hash of the answer."""

    at: dt.datetime
    request_id: str
    who: str
    version_id: str
    series: str
    model: str
    asked: Any
    tag: str


def add(engine: Engine, answers: Sequence[Given]) -> None:
    """Writes the answers in one transaction and lets the oldest rows go."""
    rows = [_row(one) for one in answers]
    with writing(engine) as connection:
        connection.execute(insert(PREDICTION_LOG), rows)
        newest = connection.execute(select(func.max(PREDICTION_LOG.c.id))).scalar_one()
        connection.execute(delete(PREDICTION_LOG).where(PREDICTION_LOG.c.id <= newest - KEPT))


def newest(engine: Engine, limit: int) -> list[Given]:
    """The newest answers, newest first."""
    columns = [column for column in PREDICTION_LOG.c if column.name != "id"]
    query = select(*columns).order_by(PREDICTION_LOG.c.id.desc()).limit(limit)
    with reading(engine) as connection:
        return [Given(**row._mapping) for row in connection.execute(query)]


def _row(answer: Given) -> dict[str, Any]:
    """As the table takes it: databases other than SQLite refuse texts that are too long."""
    row = asdict(answer)
    for name, value in row.items():
        if isinstance(value, str) and name != "asked":
            row[name] = value[: PREDICTION_LOG.c[name].type.length]  # type: ignore[attr-defined]
    length = len(json.dumps(answer.asked))
    return row if length <= LONGEST_ASKED else {**row, "asked": {"characters": length}}
