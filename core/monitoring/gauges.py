"""Numbers about the present state, for dashboards outside: few queries, and bounded in number."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Engine, func, select

from core.state.engine import reading
from core.state.tables import ALERTS, JOBS, STATISTICS

MOST_FEATURES = 200


class Drift(NamedTuple):
    """The population stability index of a feature and the limit it is held against; None where it has none."""

    feature: str
    psi: float | None
    limit: float | None


def last_drift(engine: Engine, version_id: str) -> list[Drift]:
    """The features on the last day that the monitoring has done for the version; empty before the first."""
    mine = STATISTICS.c.version_id == version_id
    last = select(func.max(STATISTICS.c.day)).where(mine).scalar_subquery()
    query = (
        select(STATISTICS.c.feature, STATISTICS.c.psi, STATISTICS.c.psi_limit)
        .where(mine, STATISTICS.c.day == last)
        .order_by(STATISTICS.c.feature)
        .limit(MOST_FEATURES)
    )
    with reading(engine) as connection:
        return [Drift(*row) for row in connection.execute(query)]


def open_alerts(engine: Engine) -> dict[str, int]:
    """How many alerts are open, by severity; severities without any are left out."""
    query = select(ALERTS.c.severity, func.count()).where(ALERTS.c.state == "open").group_by(ALERTS.c.severity)
    with reading(engine) as connection:
        return {row[0]: row[1] for row in connection.execute(query)}


def job_states(engine: Engine) -> dict[tuple[str, str], int]:
    """How many jobs there are, by kind and state."""
    query = select(JOBS.c.kind, JOBS.c.state, func.count()).group_by(JOBS.c.kind, JOBS.c.state)
    with reading(engine) as connection:
        return {(row[0], row[1]): row[2] for row in connection.execute(query)}
