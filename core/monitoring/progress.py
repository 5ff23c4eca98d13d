"""How far the alerts have looked at the data, and whether the data are still those that they looked at."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from sqlalchemy import Connection, delete, func, insert, select, update

from core.series.panel import MEASURES, Series
from core.state.tables import ALERT_PROGRESS, ALERTS, now

if TYPE_CHECKING:
    from core.transactions.store import Generation

NEWS_DAYS = 7
"""Of a first back-fill only so many of the newest days send messages: what was before is written down."""

PROBED_DAYS, SAME_SHARE = 56, 0.5
"""Data are the same as before when of so many of their newest days this share has kept its value: late lines change a
few days, an export that begins later none."""


@dataclass(frozen=True, slots=True)
class Progress:
    """The row of the table, see core.state.monitoring_tables; ``id`` is another for other data."""

    id: int
    last_day: dt.date | None
    news_from: dt.date
    after_alert: int
    totals: dict[str, float]
    at: dt.datetime

    def is_of(self, generation: Generation) -> bool:
        """Whether these data go on from those that were looked at; data that end before the last day do not."""
        if self.last_day is not None and self.last_day > generation.manifest.last_day:
            return False
        known = _totals(generation)
        pairs = np.array([(value, known.get(day, np.nan)) for day, value in self.totals.items()]).reshape(-1, 2)
        pairs = pairs[(pairs != 0).any(axis=1)]  # a day without trade is the same in any data
        return bool(known) and (len(pairs) == 0 or bool(np.isclose(*pairs.T).mean() >= SAME_SHARE))


def read(connection: Connection) -> Progress | None:
    """None before the first data were looked at."""
    row = connection.execute(select(ALERT_PROGRESS)).one_or_none()
    return None if row is None else Progress(**row._mapping)


def begin(connection: Connection, generation: Generation) -> int:
    """Other data, none of whose days are looked at yet; alerts that are there are about those before."""
    connection.execute(delete(ALERT_PROGRESS))
    values = {
        "last_day": None,
        "news_from": generation.manifest.last_day - dt.timedelta(days=NEWS_DAYS - 1),
        "after_alert": connection.execute(select(func.max(ALERTS.c.id))).scalar() or 0,
        **_newest(generation),
    }
    return int(connection.execute(insert(ALERT_PROGRESS).values(values).returning(ALERT_PROGRESS.c.id)).scalar_one())


def go_on(connection: Connection, generation: Generation, last_day: dt.date | None) -> None:
    """Notes that the days up to ``last_day`` are looked at."""
    connection.execute(update(ALERT_PROGRESS).values(last_day=last_day, **_newest(generation)))


def _newest(generation: Generation) -> dict[str, Any]:
    return {"totals": dict(list(_totals(generation).items())[-PROBED_DAYS:]), "at": now()}


def _totals(generation: Generation) -> dict[str, float]:
    """The first measure that the data have, by ISO day."""
    panel, last = generation.panel(), generation.manifest.last_day
    measure = next((Series(name) for name in MEASURES if Series(name) in panel.series), None)
    if measure is None:
        return {}
    n_days = (last - panel.first_day).days + 1
    values = np.nan_to_num(panel[measure][:n_days])
    return dict(zip(panel.days[:n_days].astype(str).tolist(), values.tolist(), strict=True))
