"""The watch over the data: brings the history up to date, looks whether data still come, sends what is to be sent."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from sqlalchemy import Engine

from core.errors import InputError, NotReadyError
from core.lifecycle.registry import Registry
from core.monitoring import progress
from core.monitoring.alerting import Alert
from core.monitoring.alerts import Alerts, freshness
from core.monitoring.channels import deliver
from core.monitoring.findings import Rules
from core.monitoring.forecast_log import log_issued
from core.monitoring.history import days_done, next_day, update_history, watched_of
from core.monitoring.made import made_of
from core.monitoring.memo import Memo
from core.monitoring.power import power, read_request
from core.state.engine import open_engine, reading, writing
from core.transactions.counts import are_counted, write_counts

if TYPE_CHECKING:
    from core.config import Config
    from core.lifecycle.jobs import JobRun
    from core.lifecycle.version import Version
    from core.transactions.store import Generation

Tell = Callable[[float, str], None]

OLD_EXTRACT_DAYS = 30
"""Data that ended so long before they were read were never coming: nothing has stopped."""

RECENT_DAYS = 400

DRIFT_KINDS = ("level", "shape")


def monitor_for_job(config: Config, run: Tell, request: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Does the watch as a job, which ``run`` tells; ``request`` may say {"since": ISO date}. Returns the job's result.

    A version that comes into use meanwhile is watched too: while this job runs no other of its kind begins.
    Raises NotReadyError while there is no forecast, InputError for a date that is none or too early.
    """
    from core.transactions.store import Store

    registry, since, before, found = Registry(config), _since(request), None, dict[str, Any]()
    while True:
        generation, version = Store(config.store_dir).current(), registry.champion()
        if generation is None or version is None:
            raise NotReadyError("There is no forecast yet: nothing to watch.")
        if version.id == before:
            return found
        found = watch(config, generation, version, run, since)
        before, since = version.id, None


def power_for_job(config: Config, run: JobRun, request: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The power curves as the job ``run``: found, a list of them, and made, see core.monitoring.made; ``request``: see
    core.monitoring.power.read_request. Raises NotReadyError without data, or with too few, InputError for a change that
    is not possible."""
    kind, sizes = read_request(request)
    generation, version = data_of(config), Registry(config).champion()
    watched = watched_of(generation, version, config.holidays_country)
    made, memo = made_of(generation, version, config), Memo.on_disk(config.cache_dir / "monitoring")
    found = [one.to_json() for one in power(watched, kind, sizes, rules_of(config), run, memo=memo)]
    return {"found": found, "made": made}


def data_of(config: Config) -> Generation:
    """The current data. Raises NotReadyError without any."""
    from core.transactions.store import Store

    generation = Store(config.store_dir).current()
    if generation is None:
        raise NotReadyError("There are no data yet; load some with: python -m core prepare FILE.")
    return generation


def watch(
    config: Config,
    generation: Generation,
    version: Version,
    tell: Tell,
    since: dt.date | None = None,
    today: dt.date | None = None,
) -> dict[str, Any]:
    """The same for given data; ``today``: of the calendar on the wall, unless named."""
    engine = open_engine(config.database)
    if not are_counted(generation):
        tell(0.0, "Counting the lines as this version of Tidemark does")
        write_counts(generation)
    since = since or _recent(engine, generation, version)
    alerts, memo = Alerts(engine, config.outlets), Memo.on_disk(config.cache_dir / "monitoring")
    log_issued(engine, Registry(config))
    written = update_history(engine, generation, version, alerts, rules_of(config), tell, since, memo)
    today = today or dt.date.today()
    stopped = _stopped(generation, version, today)
    with writing(engine) as connection:
        alerts.observe_freshness(connection, version.id, today, stopped)
    deliver(engine, config)
    opened = alerts.open()
    return {
        "days": written.days,
        "last_day": generation.manifest.last_day.isoformat(),
        "open": [{"id": one.id, "kind": one.kind, "severity": one.severity, "subjects": list(one.subjects)}
                 for one in opened],
        "drifted": list(drifted(opened)),
    }  # fmt: skip


def _recent(engine: Engine, generation: Generation, version: Version) -> dt.date | None:
    """Of another version than the first a bit more than a year is enough, but no day that the alerts have not seen may
    be missing. One that has begun goes on where it was; of other data all is new."""
    with reading(engine) as connection:
        done, begun = progress.read(connection), days_done(connection, version.id) > 0
    if begun or done is None or done.last_day is None or not done.is_of(generation):
        return None
    enough = generation.manifest.last_day - dt.timedelta(days=RECENT_DAYS)
    return min(enough, done.last_day + dt.timedelta(days=1))


def is_due(engine: Engine, generation: Generation, version: Version) -> bool:
    """Whether there are days that the history of the version does not have, or the data are others than its, or an
    earlier version of the code counted their lines."""
    with reading(engine) as connection:
        done = progress.read(connection)
    others = done is None or not done.is_of(generation) or not are_counted(generation)
    return others or next_day(engine, version.id, generation.manifest.first_day) <= generation.manifest.last_day


def rules_of(config: Config) -> Rules:
    """As the settings FALSE_ALARMS and PSI_LINE say."""
    return Rules(budget=config.false_alarms, line=config.psi_line)


def drifted(opened: list[Alert]) -> tuple[str, ...]:
    """What has moved for good, by alerts that are open, serious and not the fault of the data; each name once."""
    serious = [
        one for one in opened if one.kind in DRIFT_KINDS and one.severity != "info" and one.state == "open"
        and one.muted_by is None
    ]  # fmt: skip
    return tuple(dict.fromkeys(name for one in serious for name in one.subjects))


def _stopped(generation: Generation, version: Version, today: dt.date) -> Any:
    manifest = generation.manifest
    read = dt.datetime.fromisoformat(manifest.created_at).date()
    if (read - manifest.last_day).days > OLD_EXTRACT_DAYS or today <= manifest.last_day:
        return None
    days = np.arange(np.datetime64(manifest.last_day) + 1, np.datetime64(today) + 1)
    closed = days[~version.calendar().is_open(days)].tolist()
    return freshness(manifest.last_day, today, closed=closed)


def _since(request: Mapping[str, Any] | None) -> dt.date | None:
    text = (request or {}).get("since")
    if text is None:
        return None
    try:
        return dt.date.fromisoformat(str(text))
    except ValueError:
        raise InputError(f"{text} is not a date", hint="Write it like 2011-06-01.") from None
