"""The schedule: when the daily run is due, what makes it retrain, and that each planned time is taken once.

The daily run looks for new data, compares them with what the champion learnt from, and decides on retraining. Times of
the day are those of the machine's clock; APScheduler's trigger knows about summer time.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Engine, Row, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from core.config import Config, clock_time
from core.errors import ConfigError, InputError
from core.lifecycle import audit
from core.lifecycle.audit import SCHEDULE
from core.state.engine import reading, writing
from core.state.tables import SCHEDULED_RUNS, SCHEDULES, now

DAILY = "daily"
"""Name of the schedule, and kind of its job."""

MOST_DAYS = 365

BEGINNING = -1
"""In place of the number of missed times: this row only says since when there is a schedule."""

RETAKEN_AFTER = dt.timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Settings:
    """``daily_at``: HH:MM, None for never; ``every_days``: retrain when the newest version is so old; ``on_drift``,
    ``on_loss``: retrain when the data have drifted, when forecasts got worse. None and false together: never."""

    daily_at: str | None
    every_days: int | None
    on_drift: bool
    on_loss: bool

    @classmethod
    def of(cls, config: Config) -> Settings:
        """Those of the environment."""
        events = config.retrain_on
        return cls(config.monitor_at, config.retrain_days, "drift" in events, "loss" in events)

    @classmethod
    def read(cls, values: Mapping[str, Any]) -> Settings:
        """From plain values. Raises InputError naming the field and what would be right."""
        daily_at, every_days = values.get("daily_at"), values.get("every_days")
        if daily_at is not None:
            try:
                daily_at = clock_time(str(daily_at))
            except ConfigError:
                raise InputError(f"{daily_at} is not a time of day", hint="Use one such as 06:00.") from None
        if every_days is not None and not (type(every_days) is int and 1 <= every_days <= MOST_DAYS):
            raise InputError(f"every {every_days} days is not possible", hint=f"Use 1 to {MOST_DAYS} days.")
        return cls(daily_at, every_days, bool(values.get("on_drift")), bool(values.get("on_loss")))

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Taken:
    """A planned time that is ours; ``missed`` others before it have passed."""

    planned_at: dt.datetime
    missed: int


class Schedule:
    """The schedule of one installation; safe to share between threads."""

    def __init__(self, engine: Engine, config: Config) -> None:
        self._engine, self._config = engine, config

    def settings(self) -> tuple[Settings, bool]:
        """What holds now, and whether somebody chose it (else the environment did)."""
        kept, _ = self._kept()
        return (Settings.of(self._config), False) if kept is None else (kept, True)

    def change(self, settings: Settings | None, who: str, reason: str) -> None:
        """Other settings from now on, None: those of the environment again; with an audit row."""
        standard = Settings.of(self._config)
        with writing(self._engine) as connection:
            mine = SCHEDULES.c.name == DAILY
            kept = connection.execute(select(SCHEDULES.c.settings).where(mine).with_for_update()).scalar()
            if settings is None:
                connection.execute(delete(SCHEDULES).where(mine))
            elif kept is None:
                row = {"name": DAILY, "settings": settings.to_json(), "changed_at": now()}
                connection.execute(insert(SCHEDULES).values(row))
            else:
                row = {"settings": settings.to_json(), "changed_at": now()}
                connection.execute(update(SCHEDULES).where(mine).values(row))
            values = (json.dumps(kept or standard.to_json()), json.dumps((settings or standard).to_json()))
            audit.record(connection, who, SCHEDULE, values, reason)

    def next_time(self, moment: dt.datetime) -> dt.datetime | None:
        """The first planned time after ``moment`` (aware), in the machine's time zone; None: never."""
        return _time_after(self.settings()[0].daily_at, moment)

    def take(self, moment: dt.datetime) -> Taken | None:
        """Takes the latest planned time up to ``moment`` if nobody has: whoever gets it does the work.

        Earlier ones that nobody took are not made up. One that was taken RETAKEN_AFTER ago and has no job (the process
        was killed in between) is taken again. The first call of an installation only marks the beginning.
        """
        kept, changed_at = self._kept()
        settings = Settings.of(self._config) if kept is None else kept
        with reading(self._engine) as connection:
            runs = select(SCHEDULED_RUNS).where(SCHEDULED_RUNS.c.schedule == DAILY)
            last = connection.execute(runs.order_by(SCHEDULED_RUNS.c.planned_at.desc()).limit(1)).one_or_none()
        if last is None:
            self._insert(moment, moment, BEGINNING)
            return None
        if last.job_id is None and last.missed != BEGINNING and moment - last.taken_at >= RETAKEN_AFTER:
            return Taken(last.planned_at, last.missed) if self._retake(last, moment) else None
        # what somebody switched on again must not catch up with the time it was off
        since = last.planned_at if changed_at is None else max(last.planned_at, changed_at)
        passed = _passed(settings.daily_at, since, moment)
        if not passed or not self._insert(passed[-1], moment, len(passed) - 1):
            return None
        return Taken(passed[-1], len(passed) - 1)

    def started(self, taken: Taken, job_id: int) -> None:
        """Remembers which job does the work of a planned time."""
        mine = (SCHEDULED_RUNS.c.schedule == DAILY) & (SCHEDULED_RUNS.c.planned_at == taken.planned_at)
        with writing(self._engine) as connection:
            connection.execute(SCHEDULED_RUNS.update().where(mine).values(job_id=job_id))

    def _kept(self) -> tuple[Settings | None, dt.datetime | None]:
        with reading(self._engine) as connection:
            row = connection.execute(select(SCHEDULES).where(SCHEDULES.c.name == DAILY)).one_or_none()
        return (None, None) if row is None else (Settings.read(row.settings), row.changed_at)

    def _retake(self, run: Row[Any], moment: dt.datetime) -> bool:
        same = (SCHEDULED_RUNS.c.planned_at == run.planned_at) & (SCHEDULED_RUNS.c.taken_at == run.taken_at)
        with writing(self._engine) as connection:
            change = update(SCHEDULED_RUNS).where(same, SCHEDULED_RUNS.c.job_id.is_(None))
            return connection.execute(change.values(taken_at=moment)).rowcount == 1

    def _insert(self, planned_at: dt.datetime, moment: dt.datetime, missed: int) -> bool:
        row = {"schedule": DAILY, "planned_at": planned_at, "taken_at": moment, "missed": missed}
        try:
            with writing(self._engine) as connection:
                connection.execute(insert(SCHEDULED_RUNS).values(row))
        except IntegrityError:
            return False
        return True


def _passed(daily_at: str | None, since: dt.datetime, until: dt.datetime) -> list[dt.datetime]:
    """Planned times after ``since`` up to ``until``."""
    found: list[dt.datetime] = []
    while (following := _time_after(daily_at, found[-1] if found else since)) and following <= until:
        found.append(following)
    return found


def _time_after(daily_at: str | None, moment: dt.datetime) -> dt.datetime | None:
    if daily_at is None:
        return None
    from apscheduler.triggers.cron import CronTrigger
    from tzlocal import get_localzone

    hour, minute = daily_at.split(":")
    trigger = CronTrigger(hour=int(hour), minute=int(minute), timezone=get_localzone())
    following: dt.datetime | None = None
    # In UTC: arithmetic on local times loses which of two equal hours is meant when the clocks go back. The second of
    # them is not planned.
    while following is None or following.fold:
        after = (following or moment).astimezone(dt.UTC) + dt.timedelta(microseconds=1)
        following = trigger.get_next_fire_time(None, after)
        if following is None:
            return None
    return following
