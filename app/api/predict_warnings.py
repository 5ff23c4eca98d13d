"""What a reader of a forecast should know: sentences, the same all day for the same version and open alerts."""

from __future__ import annotations

import datetime as dt
import logging
import threading
import time
from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from app.api.predict_choice import Choice
from core.lifecycle.version import Version
from core.monitoring.alerting import Alert
from core.monitoring.alerts import FRESHNESS, Alerts
from core.monitoring.messages import WHAT, names
from core.series.panel import MEASURES

log = logging.getLogger(__name__)

STALE_AFTER_DAYS = 7
IDLE_DAYS = 28
"""Before the last day, without a sale: rather days that were not sent than days on which nothing was sold."""
LOOK_EVERY = 1.0
"""Seconds for which open alerts are not asked for again."""
TOLD = ("warning", "critical")
"""Severities that concern a reader of forecasts."""


class OpenAlert(NamedTuple):
    """What stays as it is while the alert is open, but for its severity and what it is about."""

    id: int
    severity: str
    first_day: dt.date
    what: str
    subjects: tuple[str, ...]

    def concerns(self, measure: str) -> bool:
        """Alerts about other measures only do not; what is in all measures' lines does."""
        return any(subject not in MEASURES or subject == measure for subject in self.subjects)

    def sentence(self) -> str:
        return (
            f"Alert {self.id} ({self.severity}) is open since {self.first_day}: {self.what} ({names(self.subjects)})."
        )


class OpenAlerts:
    """The open alerts as this process knows them, at most LOOK_EVERY old. Threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._version: Version | None = None
        self._found: tuple[OpenAlert, ...] = ()
        self._looked_at = float("-inf")

    def now(self, version: Version, engine: Engine) -> tuple[OpenAlert, ...]:
        """The same object as long as nothing changes; asked for anew when another version serves, too. While the
        database does not answer: what was known before."""
        if time.monotonic() - self._looked_at >= LOOK_EVERY or version is not self._version:
            with self._lock:
                self._look(version, engine)
        return self._found

    def _look(self, version: Version, engine: Engine) -> None:
        try:
            there = Alerts(engine).open()
            found = tuple(_told(one) for one in there if one.severity in TOLD and one.kind != FRESHNESS)
        except SQLAlchemyError:
            log.warning("open alerts cannot be read; those known before stay", exc_info=True)
            found = self._found
        if found != self._found:
            self._found = found
        self._version, self._looked_at = version, time.monotonic()


def _told(alert: Alert) -> OpenAlert:
    return OpenAlert(alert.id, alert.severity, alert.first_day, WHAT[alert.kind], alert.subjects)


def warnings(choice: Choice, furthest: int, alerts: Sequence[OpenAlert], today: dt.date) -> list[str]:
    """``furthest``: the farthest day ahead that is asked for, 0 for none."""
    version, series, model = choice.version, choice.series, choice.model
    found = []
    age = (today - version.origin).days
    if age > STALE_AFTER_DAYS:
        found.append(f"The data end on {version.origin}, {age} days ago; horizons count from that day.")
    idle = version.manifest["data"].get("idle_days", 0)  # earlier versions do not say
    if idle >= IDLE_DAYS:
        found.append(
            f"{version.id} learnt from data without a sale on the {idle} days before {version.origin}; "
            "if lines of these days are missing, the forecasts are too low."
        )
    if model != (best := version.best(series)):
        found.append(f"{model} was asked for; in the backtest of this series {best} was better.")
    about = version.manifest["models"][model] if isinstance(version.manifest["models"], dict) else {}
    if reason := about.get("notes", {}).get(str(series)):
        found.append(f"{model} could not be estimated for this series as for others: {reason}.")
    tested = version.manifest.get("recipe", {}).get("fold_days")
    if tested is not None and furthest > tested:
        found.append(f"No forecast was tested more than {tested} days ahead; beyond, the intervals are rough.")
    return found + [one.sentence() for one in alerts if one.concerns(series.measure)]
