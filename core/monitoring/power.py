"""Power: which changes the present configuration would find in these data, and how soon."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from core.errors import InputError, NotReadyError
from core.monitoring.findings import DayFindings, Rules, Watched, findings
from core.monitoring.injected import inject
from core.monitoring.injection import GROWING, SHARES, Change, Kind
from core.monitoring.memo import Memo

WATCH_DAYS = 30
"""Days that a change is given to be found in."""
STARTS = 6
"""Days of the last year, evenly spaced, on which the change is let begin."""
HISTORY_DAYS, YEAR = 180, 365

Tell = Callable[[float, str], None]


@dataclass(frozen=True)
class Found:
    """One change begun on several days: ``days``: from its first day, counted as 1, to the alert, by start, None where
    there was none; ``kinds``: what the alerts said it was."""

    kind: Kind
    size: float
    starts: tuple[dt.date, ...]
    days: tuple[int | None, ...]
    kinds: tuple[str | None, ...]

    @property
    def share(self) -> float:
        """Of the starts from which it was found."""
        return sum(one is not None for one in self.days) / max(len(self.days), 1)

    @property
    def median(self) -> float | None:
        """Days, half of the starts took no longer; None where fewer than half were found."""
        known = sorted(one if one is not None else WATCH_DAYS + 1 for one in self.days)
        middle = float(np.median(known))
        return middle if middle <= WATCH_DAYS else None

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        starts = [one.isoformat() for one in self.starts]
        return {**asdict(self), "starts": starts, "days": list(self.days), "kinds": list(self.kinds),
                "share": self.share, "median": self.median}  # fmt: skip


def usual_sizes(kind: Kind) -> tuple[float, ...]:
    """Sizes that a curve of this kind is drawn of."""
    if kind in SHARES:
        return (0.1, 0.2, 0.3, 0.5)
    return (0.1, 0.25, 0.5, 1.0) if kind in GROWING else (0.1, 0.2, 0.3, 0.5)


def power(
    watched: Watched, kind: Kind, sizes: Sequence[float], rules: Rules,
    tell: Tell = lambda share, text: None, starts: Sequence[dt.date] | None = None, memo: Memo | None = None,
) -> list[Found]:  # fmt: skip
    """Puts a change of every size into the data from several days on and lets the rules look at the days after.

    Found is what rings, not as info, and does not ring without the change. Raises NotReadyError where there are fewer
    than HISTORY_DAYS and WATCH_DAYS of data, InputError for a change that is not possible.
    """
    begins = tuple(starts or starts_in(watched))
    changes = [[Change(kind, begin, size) for begin in begins] for size in sizes]
    memo = memo or Memo()
    steps, done = len(begins) * (len(sizes) + 1), 0

    def look(at: Watched, begin: dt.date) -> list[DayFindings]:
        nonlocal done
        tell(done / steps, f"Looking at {WATCH_DAYS} days from {begin}")
        done += 1
        return findings(at, begin, begin + dt.timedelta(days=WATCH_DAYS - 1), rules, memo)

    calm = {begin: _ringing(look(watched, begin)) for begin in begins}
    found = []
    for size, row in zip(sizes, changes, strict=True):
        seen = [_first(look(inject(watched, one), one.start), calm[one.start], one.start) for one in row]
        days, kinds = zip(*seen, strict=True)
        found.append(Found(kind, size, begins, days, kinds))
    return found


def starts_in(watched: Watched) -> list[dt.date]:
    """STARTS days of the last year that have enough before and after them. Raises NotReadyError."""
    last = watched.counts.n_days - WATCH_DAYS
    first = max(HISTORY_DAYS, last - YEAR)
    if first >= last:
        raise NotReadyError(f"A change needs {HISTORY_DAYS} days before it and {WATCH_DAYS} after it; the data have "
                            f"{watched.counts.n_days} days.")  # fmt: skip
    return [watched.counts.first_day + dt.timedelta(days=int(day)) for day in np.linspace(first, last, STARTS)]


def _ringing(found: list[DayFindings]) -> Mapping[dt.date, set[tuple[str, str]]]:
    return {one.day: {(signal.rule, signal.subject) for signal in one.signals if signal.severity != "info"}
            for one in found}  # fmt: skip


def _first(
    found: list[DayFindings], calm: Mapping[dt.date, set[tuple[str, str]]], start: dt.date
) -> tuple[int | None, str | None]:
    for one in found:
        for signal in one.signals:
            if signal.severity != "info" and (signal.rule, signal.subject) not in calm[one.day]:
                return (one.day - start).days + 1, signal.kind
    return None, None


def read_request(values: Mapping[str, Any] | None) -> tuple[Kind, tuple[float, ...]]:
    """Kind and sizes from plain JSON values {"kind", "sizes"}. Raises InputError."""
    given = dict(values or {})
    kind = given.get("kind", "level")
    try:
        sizes = tuple(float(one) for one in given.get("sizes") or usual_sizes(kind))
    except (TypeError, ValueError):
        raise InputError(f"sizes {given.get('sizes')} are not numbers") from None
    for size in sizes:
        Change(kind, dt.date(2000, 1, 1), size)
    return kind, sizes
