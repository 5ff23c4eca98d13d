"""Which version was in use on a day."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.lifecycle.registry import Registry


@dataclass(frozen=True, slots=True)
class Live:
    """``version``: in use at the end of the day (of today: now), since an aware moment; ``during``: every one that was
    in use at some time of the day, in order."""

    version: str
    since: dt.datetime
    during: tuple[str, ...]


def live_on(registry: Registry, day: dt.date) -> Live | None:
    """What was in use on a day of this machine's clock, today or before; None before the first version."""
    moves = registry.history(limit=None)[::-1]
    if not moves or day < moves[0].at.astimezone().date():
        return None
    begin = dt.datetime.combine(day, dt.time()).astimezone()
    end = dt.datetime.combine(day + dt.timedelta(days=1), dt.time()).astimezone()
    earlier = [move for move in moves if move.at < begin]
    within = [move for move in moves if begin <= move.at < end]
    last = [*earlier, *within][-1]
    return Live(str(last.to_value), last.at, tuple(str(move.to_value) for move in [*earlier[-1:], *within]))
