"""A small shop whose level doubles, a version that learnt it, and the history that one run over all of it writes."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Engine, select

from core.config import Config
from core.lifecycle.registry import Registry
from core.lifecycle.version import BACKTEST, CALENDAR, REFERENCE, Version
from core.monitoring.alerts import Alerts
from core.monitoring.drift import inferred
from core.monitoring.findings import Rules
from core.monitoring.history import (
    Written,
    update_history,
)
from core.monitoring.memo import Memo
from core.monitoring.reference import freeze
from core.state.engine import open_engine, reading
from core.state.tables import (
    ALERT_EVENTS,
    ALERTS,
    MONITOR_DAYS,
    NOTIFICATIONS,
    STATISTICS,
)
from core.transactions.load import prepare
from core.transactions.store import Generation
from tests.core.lifecycle.shop import write_shop

DAYS, MOVED, CLOSED = 160, 130, 108
"""A shop that sells twice as much from one day on, and nothing at all on an open day before that (a Thursday)."""
RULES = Rules()
REPLICAS = 12


def write_moved(folder: Path, days: int = DAYS) -> Path:
    lines = pd.read_csv(write_shop(folder / "one.csv", days), parse_dates=["time"])
    more = pd.read_csv(write_shop(folder / "two.csv", days, seed=1), parse_dates=["time"])
    first = lines["time"].min().normalize()
    lines = lines[(lines["time"] - first).dt.days != CLOSED]
    path = folder / "shop.csv"
    pd.concat([lines, more[(more["time"] - first).dt.days >= MOVED]]).to_csv(path, index=False)
    return path


def publish(config: Config, generation: Generation, last: dt.date | None = None) -> Version:
    """A version that learnt these data: a calendar, a reference, and tests without a fold, so that its forecasts are
    not judged."""
    registry, manifest = Registry(config), generation.manifest
    calendar = inferred(generation, None)
    with registry.workspace() as folder:
        (folder / CALENDAR).write_text(json.dumps(calendar.to_json()))
        pd.DataFrame({"horizon": np.zeros(0, np.int64)}).to_parquet(folder / BACKTEST)
        (folder / REFERENCE).write_text(json.dumps(freeze(generation, calendar).to_json()))
        data = {"generation": generation.id, "fingerprint": "f", "first_day": manifest.first_day.isoformat(),
                "last_day": (last or manifest.last_day).isoformat()}  # fmt: skip
        about = {"created_at": "2021-08-09T20:00:00+00:00", "data": data, "models": {}, "best": {}}
        return registry.publish(folder, about)


class World:
    """Data, a version and what a run over all of them wrote; never written to."""

    def __init__(self, folder: Path) -> None:
        self.config = Config(data_dir=folder / "data")
        self.generation = prepare(self.config, write_moved(folder))
        self.version = publish(self.config, self.generation)
        self.memo = Memo()
        self.engine = open_engine(f"sqlite:///{folder / 'undisturbed.sqlite'}")
        self.written = self.update(self.engine)
        self.whole = snapshot(self.engine)

    def update(self, engine: Engine, version: Version | None = None, generation: Generation | None = None,
               **how: Any) -> Written:  # fmt: skip
        return update_history(
            engine, generation or self.generation, version or self.version, Alerts(engine), RULES, memo=self.memo, **how
        )


def snapshot(engine: Engine) -> dict[str, list[tuple[Any, ...]]]:
    """Everything that was written, but the moment of writing and the numbers of alerts that vanished."""
    wanted = {
        "days": select(MONITOR_DAYS.c.version_id, MONITOR_DAYS.c.day, MONITOR_DAYS.c.generation, MONITOR_DAYS.c.facts)
        .order_by(MONITOR_DAYS.c.version_id, MONITOR_DAYS.c.day),
        "statistics": select(STATISTICS).order_by(STATISTICS.c.version_id, STATISTICS.c.day, STATISTICS.c.feature),
        "alerts": select(*(one for one in ALERTS.c if not one.name.endswith("_at"))).order_by(ALERTS.c.id),
        "events": select(ALERT_EVENTS.c.alert_id, ALERT_EVENTS.c.event).order_by(ALERT_EVENTS.c.id),
        "messages": select(NOTIFICATIONS.c.alert_id, NOTIFICATIONS.c.event, NOTIFICATIONS.c.channel)
        .order_by(NOTIFICATIONS.c.id),
    }  # fmt: skip
    with reading(engine) as connection:
        return {name: [tuple(row) for row in connection.execute(query)] for name, query in wanted.items()}


def day_of(world: World, number: int) -> dt.date:
    return world.generation.manifest.first_day + dt.timedelta(days=number)


def until(world: World, last: int) -> Generation:
    """The data up to a day."""
    shorter = Generation(world.generation.path)
    shorter.manifest = replace(world.generation.manifest, last_day=day_of(world, last))
    return shorter


def nothing(_share: float, _text: str) -> None:
    """Progress that nobody reads."""


def replace_id(version: Version, name: str) -> Version:
    return Version(version.path, {**version.manifest, "id": name})
