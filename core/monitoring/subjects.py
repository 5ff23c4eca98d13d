"""What alerts can be about."""

from __future__ import annotations

from sqlalchemy import Engine, select

from core.monitoring.features import MODEL_INPUTS
from core.monitoring.levels import ALL
from core.series.panel import MEASURES
from core.state.engine import reading
from core.state.tables import ALERTS, STATISTICS
from core.transactions.counts import LINE_FEATURES
from core.transactions.rules import RULE_IDS

OF_LINES = tuple(one.name for one in LINE_FEATURES)
ALWAYS = frozenset({*MEASURES, *MODEL_INPUTS, *OF_LINES, *RULE_IDS, ALL, "data", "forecasts"})


def known_subjects(engine: Engine) -> tuple[str, ...]:
    """What can be watched, what is watched, and what any alert has named; in alphabetical order."""
    with reading(engine) as connection:
        named = {name for (found,) in connection.execute(select(ALERTS.c.subjects)) for name in found}
        watched = set(connection.execute(select(STATISTICS.c.feature).distinct()).scalars())
    return tuple(sorted(ALWAYS | named | watched))
