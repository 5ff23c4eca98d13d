"""What the tests of the alerts share: a clock to set, signals and rows made in one line, a day after another."""

import datetime as dt
from typing import Any

from core.monitoring.signal import Signal

FIRST = dt.date(2026, 3, 2)
MOMENT = dt.datetime(2026, 3, 2, 8, 0, tzinfo=dt.UTC)


class Clock:
    """Stands still until it is moved."""

    def __init__(self, moment: dt.datetime = MOMENT) -> None:
        self.moment = moment

    def __call__(self) -> dt.datetime:
        return self.moment

    def move(self, **how: float) -> None:
        self.moment += dt.timedelta(**how)


def day(number: int) -> dt.date:
    """The data day with this number, from 0."""
    return FIRST + dt.timedelta(days=number)


def signal(subject: str = "revenue", **values: Any) -> Signal:
    standard = {"rule": "psi", "kind": "level", "severity": "warning", "value": 2.0, "limit": 1.0}
    return Signal(subject=subject, **{**standard, **values})


def fault(**values: Any) -> Signal:
    return signal("sales.csv", **{"rule": "duplicates", "kind": "data fault", **values})


def alert_row(**values: Any) -> dict[str, Any]:
    """A row of the table of alerts."""
    standard = {
        "version_id": "v1", "key": "level", "kind": "level", "severity": "warning", "state": "open",
        "first_day": FIRST, "opened_day": FIRST, "last_day": FIRST, "fired_days": 1, "subjects": ["revenue"],
        "value": 2.0, "limit": 1.0, "evidence": {},
    }  # fmt: skip
    return {**standard, **values}
