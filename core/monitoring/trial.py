"""Try a change: would the monitoring find it, how soon, and as what? The answer for the data and rules of this shop."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from core.errors import InputError, NotReadyError
from core.monitoring.findings import DayFindings, Rules, Watched, findings
from core.monitoring.history import watched_of
from core.monitoring.injected import inject
from core.monitoring.injection import Change, Kind
from core.monitoring.made import made_of
from core.monitoring.memo import Memo
from core.monitoring.signal import SEVERITIES, Signal
from core.series.panel import MEASURES, TOTAL, Panel, Series

if TYPE_CHECKING:
    from core.config import Config

WATCHED_DAYS, BEFORE_DAYS, LEAST_AFTER = 90, 60, 14
"""So many days after the change are looked at; so many before it are shown; so many must come after it."""
LEAST_BEFORE = 200
"""Days of data before the change without which there is hardly a reference."""

Tell = Callable[[float, str], None]


@dataclass(frozen=True)
class Request:
    """What is tried: see core.monitoring.injection.Change."""

    kind: str
    size: float
    start: dt.date

    @classmethod
    def of(cls, values: Mapping[str, Any] | None) -> Request:
        """Reads plain JSON values, the day as ISO text. Raises InputError naming what is wrong."""
        given = values or {}
        try:
            size, start = float(given["size"]), dt.date.fromisoformat(str(given["start"]))
        except (KeyError, TypeError, ValueError):
            raise InputError("a change has a kind, a size and a first day") from None
        Change(cast(Kind, str(given.get("kind"))), start, size)
        return cls(str(given["kind"]), size, start)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {"kind": self.kind, "size": self.size, "start": self.start.isoformat()}


def trial_for_job(config: Config, run: Tell, request: Mapping[str, Any] | None) -> dict[str, Any]:
    """The answer as plain JSON values, see ``try_change``, with made, see core.monitoring.made; ``run`` may raise to
    cancel."""
    from core.lifecycle.registry import Registry
    from core.transactions.store import Store

    generation, version = Store(config.store_dir).current(), Registry(config).champion()
    if generation is None or version is None:
        raise NotReadyError("There is no forecast yet: nothing to watch.")
    asked = Request.of(request)
    watched = watched_of(generation, version, config.holidays_country)
    rules = Rules(budget=config.false_alarms, line=config.psi_line)
    made, memo = made_of(generation, version, config), Memo.on_disk(config.cache_dir / "monitoring")
    return {**try_change(watched, asked, rules, run, memo), "made": made}


def try_change(watched: Watched, asked: Request, rules: Rules, tell: Tell, memo: Memo | None = None) -> dict[str, Any]:
    """Puts the change into all that is watched and runs the rules of every day on both, up to WATCHED_DAYS after it.

    ``found``: the first serious signal that the unchanged data do not have on that day, with ``after`` (days since the
    start), or None; ``noted``: the first that is no alarm; ``alarms``: days with an alarm without the change.
    ``measure``, ``segment``, ``days``, ``before``, ``after``: the first series that changes, totals first, as it was
    and as changed. Raises InputError for a start that leaves too little on either side, or a change that the data do
    not allow.
    """
    panel = watched.panel
    first, end = panel.first_day + dt.timedelta(days=LEAST_BEFORE), panel.last_day - dt.timedelta(days=LEAST_AFTER)
    if not first <= asked.start <= end:
        raise InputError(f"a change on {asked.start} cannot be tried", hint=f"Begin it from {first} to {end}.")
    last = min(asked.start + dt.timedelta(days=WATCHED_DAYS), panel.last_day)
    change = Change(cast(Kind, asked.kind), asked.start, asked.size)
    changed = inject(watched, change)
    tell(0.05, "Looking at the days as they were")
    usual = findings(watched, asked.start, last, rules, memo)
    tell(0.5, "Looking at the days with the change")
    found = findings(changed, asked.start, last, rules, memo)
    tell(1.0, "Done")
    main = _moved(panel, changed.panel)
    shown = slice(max((asked.start - panel.first_day).days - BEFORE_DAYS, 0), (last - panel.first_day).days + 1)
    serious = _first(usual, found, SEVERITIES[1:])
    return {
        **asked.to_json(),
        "last": last.isoformat(),
        "found": _told(serious, asked.start),
        "noted": _told(_first(usual, found, SEVERITIES[:1]), asked.start),
        "alarms": sum(any(one.severity != SEVERITIES[0] for one in day.signals) for day in usual),
        "budget": rules.budget,
        "measure": main.measure,
        "segment": main.segment,
        "days": [str(day) for day in panel.days[shown]],
        "before": _plain(panel[main][shown]),
        "after": _plain(changed.panel[main][shown]),
        "open": watched.is_open[shown].tolist(),
    }


def _moved(before: Panel, after: Panel) -> Series:
    """The first series that is not the same in both, totals first."""
    ordered = sorted(before.series, key=lambda one: (one.segment != TOTAL, MEASURES.index(one.measure)))
    other = (one for one in ordered if not np.array_equal(before[one], after[one], equal_nan=True))
    return next(other, ordered[0])


def _first(
    usual: Iterable[DayFindings], found: Iterable[DayFindings], severities: Iterable[str]
) -> tuple[dt.date, Signal] | None:
    """The worst of the first day that has signals of these severities which the day without the change has not."""
    wanted = set(severities)
    for before, now in zip(usual, found, strict=True):
        known = {(one.rule, one.subject, one.severity) for one in before.signals}
        new = [
            one for one in now.signals if one.severity in wanted and (one.rule, one.subject, one.severity) not in known
        ]
        if new:
            return now.day, max(new, key=lambda one: (SEVERITIES.index(one.severity), one.value / max(one.limit, 1e-9)))
    return None


def _told(found: tuple[dt.date, Signal] | None, start: dt.date) -> dict[str, Any] | None:
    if found is None:
        return None
    day, one = found
    about = {"rule": one.rule, "subject": one.subject, "kind": one.kind, "severity": one.severity}
    return {"day": day.isoformat(), "after": (day - start).days, **about, "evidence": dict(one.evidence)}


def _plain(values: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> list[float | None]:
    return [round(one, 2) if np.isfinite(one) else None for one in values.tolist()]
