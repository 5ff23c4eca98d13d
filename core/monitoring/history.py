"""The history of the monitoring in the database: every day's statistics and what they did to alerts, once a day."""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pandas as pd
from sqlalchemy import Connection, Engine, delete, func, insert, select

from core.errors import InputError, NotReadyError
from core.lifecycle.audit import CHAMPION
from core.monitoring import alert_rows, progress
from core.monitoring.alerts import Alerts
from core.monitoring.features import features_of
from core.monitoring.findings import SHARES, DayFindings, Rules, Watched, findings
from core.monitoring.memo import Memo
from core.monitoring.performance import performance_signals
from core.monitoring.reference import Reference
from core.series.panel import MEASURES, Series
from core.state.engine import reading, writing
from core.state.tables import ALIASES, MONITOR_DAYS, STATISTICS, now

if TYPE_CHECKING:
    from core.lifecycle.version import Version
    from core.transactions.store import Generation

DAYS_A_TRANSACTION = 28
"""So many days of a back-fill are written together: none of them is there, or all."""

KEPT_HISTORIES = 5
"""Of so many of the newest versions the history is kept, and that of the version in use."""

Tell = Callable[[float, str], None]


@dataclass(frozen=True)
class Written:
    """What a run wrote: how many days, the first and the last of them; signals of the last day of the data."""

    days: int
    first: dt.date | None
    last: dt.date | None


def watched_of(generation: Generation, version: Version | None, holidays: str | None = None) -> Watched:
    """The data as the version in use sees them: its calendar, its frozen reference. Without one, the calendar is
    inferred (``holidays``: the setting HOLIDAYS_COUNTRY) and the year before is the reference."""
    from core.lifecycle.version import REFERENCE
    from core.monitoring.drift import inferred

    calendar = inferred(generation, holidays) if version is None else version.calendar()
    frozen = None
    if version is not None and REFERENCE in version.manifest["files"]:
        frozen = version.keep("monitoring", lambda: Reference.from_json(json.loads(version.read(REFERENCE))))
    panel = generation.panel()
    return Watched(features_of(generation, calendar), panel, calendar.is_open(panel.days), frozen)


def update_history(
    engine: Engine,
    generation: Generation,
    version: Version,
    alerts: Alerts,
    rules: Rules,
    tell: Tell = lambda share, text: None,
    since: dt.date | None = None,
    memo: Memo | None = None,
) -> Written:
    """Does every day of the data that was not done for this version yet, in order, up to the last.

    Two at once, or one killed anywhere, leave every day done once: a day's statistics, its alerts and the note that it
    is done are one transaction. Alerts are about the data, so days that another version saw are not told again; other
    data begin without any history, and what is open about those before ends. ``since``: not the days before it.

    Raises NotReadyError where the data have no measure that can be watched, or others took their place meanwhile, and
    InputError for a ``since`` before the first day of the history.
    """
    manifest = generation.manifest
    if not any(Series(measure) in generation.panel().series for measure in MEASURES):
        raise NotReadyError("The data have no measure that can be watched.")
    begun = _begin(engine, generation, alerts)
    begin, last = max(since or manifest.first_day, manifest.first_day), manifest.last_day
    if since is not None:
        _refuse_before(engine, version.id, begin)
    first = next_day(engine, version.id, begin)
    if first > last:
        return Written(0, None, None)
    watched = watched_of(generation, version)
    tell(0.0, f"Looking at the days from {first} to {last}")
    found = findings(watched, first, last, rules, memo)
    worse = performance_signals(version, watched.panel, first, last, rules.budget * SHARES["performance"])
    found = [replace(one, signals=(*one.signals, worse[one.day])) if one.day in worse else one for one in found]
    done = 0
    for start in range(0, len(found), DAYS_A_TRANSACTION):
        days = found[start : start + DAYS_A_TRANSACTION]
        done += _write(engine, generation, version.id, alerts, days, begun)
        tell(min((days[-1].day - first).days / max((last - first).days, 1), 1.0), f"Written up to {days[-1].day}")
    return Written(done, first, last)


def _begin(engine: Engine, generation: Generation, alerts: Alerts) -> int:
    """The number of these data's progress. If they are others than before, that of a new one: the histories of all
    versions are about data that are gone."""
    with writing(engine) as connection:
        alert_rows.lock(connection)
        before = progress.read(connection)
        if before is not None and before.is_of(generation):
            return before.id
        if before is not None and before.last_day is not None:
            alerts.other_data(connection, before.last_day)
        connection.execute(delete(STATISTICS))
        connection.execute(delete(MONITOR_DAYS))
        return progress.begin(connection, generation)


def _refuse_before(engine: Engine, version: str, since: dt.date) -> None:
    with reading(engine) as connection:
        mine = MONITOR_DAYS.c.version_id == version
        first = connection.execute(select(func.min(MONITOR_DAYS.c.day)).where(mine)).scalar()
    if first is not None and since < first:
        raise InputError(
            f"the history of version {version} begins on {first}: days before it are not filled in any more",
            hint="Name no day to begin with.",
        )


def _write(
    engine: Engine, generation: Generation, version: str, alerts: Alerts, days: Sequence[DayFindings], begun: int
) -> int:
    with writing(engine) as connection:
        alert_rows.lock(connection)  # what another process has done is seen before anything is written
        state = progress.read(connection)
        if state is None or state.id != begun:
            raise NotReadyError("Other data took the place of these while they were looked at.")
        done = set(connection.execute(select(MONITOR_DAYS.c.day).where(MONITOR_DAYS.c.version_id == version)).scalars())
        new = [one for one in days if one.day not in done]
        if not new:
            return 0
        if not done:
            _drop_old(connection, version)
        rows = [_row(version, one.day, feature) for one in new for feature in one.statistics]
        if rows:
            connection.execute(insert(STATISTICS), rows)
        seen = state.last_day
        for one in new:
            if seen is None or one.day > seen:
                alerts.observe(connection, version, one.day, one.signals, tell=one.day >= state.news_from)
                seen = one.day
        progress.go_on(connection, generation, seen)
        about = {"version_id": version, "generation": generation.id, "at": now()}
        connection.execute(insert(MONITOR_DAYS), [{**about, "day": one.day, "facts": _facts(one)} for one in new])
        return len(new)


def _drop_old(connection: Connection, version: str) -> None:
    """What is kept of the histories when that of a version begins."""
    known = {version, *connection.execute(select(MONITOR_DAYS.c.version_id).distinct()).scalars()}
    newest = sorted(known, key=lambda name: (len(name), name))[-KEPT_HISTORIES:]
    champion = connection.execute(select(ALIASES.c.version_id).where(ALIASES.c.name == CHAMPION)).scalar()
    for table in (STATISTICS, MONITOR_DAYS):
        connection.execute(delete(table).where(table.c.version_id.in_(known - {version, champion, *newest})))


def _row(version: str, day: dt.date, feature: Any) -> dict[str, Any]:
    values = {key: None if isinstance(value, float) and not math.isfinite(value) else value
              for key, value in vars(feature).items()}  # fmt: skip
    return {"version_id": version, "day": day, **values}


def _facts(found: DayFindings) -> dict[str, Any]:
    """What fired, for whoever asks why an alert is there."""
    return {"signals": [[one.rule, one.subject, one.kind, one.severity, round(one.value, 4), round(one.limit, 4)]
                        for one in found.signals]}  # fmt: skip


def next_day(engine: Engine, version: str, first: dt.date) -> dt.date:
    """The first day, from ``first`` on, that is not done; days are done in order."""
    with reading(engine) as connection:
        done = connection.execute(
            select(func.max(MONITOR_DAYS.c.day)).where(MONITOR_DAYS.c.version_id == version)
        ).scalar()
    return first if done is None else max(done + dt.timedelta(days=1), first)


def statistics(engine: Engine, version: str, first: dt.date | None = None, last: dt.date | None = None) -> pd.DataFrame:
    """The rows of STATISTICS of a version, columns as the table without the version; days as dates, in order."""
    query = select(STATISTICS).where(STATISTICS.c.version_id == version).order_by(STATISTICS.c.day)
    if first is not None:
        query = query.where(STATISTICS.c.day >= first)
    if last is not None:
        query = query.where(STATISTICS.c.day <= last)
    with reading(engine) as connection:
        rows = connection.execute(query).all()
    return pd.DataFrame(rows, columns=[column.name for column in STATISTICS.c]).drop(columns="version_id")


def days_done(connection: Connection, version: str) -> int:
    """How many days the monitoring has done for a version."""
    query = select(func.count()).select_from(MONITOR_DAYS).where(MONITOR_DAYS.c.version_id == version)
    return int(connection.execute(query).scalar_one())
