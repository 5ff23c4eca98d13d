"""Try a change: would the monitoring find it, how soon, and as what? The answer for the data and rules of this shop."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from core.errors import InputError, NotReadyError
from core.monitoring.features import measures, model_inputs
from core.monitoring.findings import DayFindings, Rules, Watched, findings
from core.monitoring.injection import Change, Kind, inject_panel
from core.monitoring.memo import Memo
from core.monitoring.signal import SEVERITIES, Signal
from core.series.panel import MEASURES, TOTAL, Panel, Series
from core.transactions.counts import DayCounts

if TYPE_CHECKING:
    from core.config import Config
    from core.series.calendar import OpeningCalendar
    from core.transactions.store import Generation

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
    """The answer as plain JSON values, see ``try_change``; ``run`` may raise to cancel."""
    from core.lifecycle.registry import Registry
    from core.monitoring.shown import reference_of
    from core.transactions.store import Store

    generation, version = Store(config.store_dir).current(), Registry(config).champion()
    if generation is None or version is None:
        raise NotReadyError("There is no forecast yet: nothing to watch.")
    asked = Request.of(request)
    watched = watched_days(generation, version.calendar())
    watched = replace(watched, frozen=reference_of(version))
    rules = Rules(budget=config.false_alarms, line=config.psi_line)
    memo = Memo.on_disk(config.cache_dir / "monitoring")
    return try_change(watched, version.calendar(), asked, rules, run, memo)


def watched_days(generation: Generation, calendar: OpeningCalendar) -> Watched:
    """The panel with the features of days. Features of lines, which a changed panel says nothing of, are there by name
    alone: they have their share of the budget."""
    from core.transactions.counts import counts_of

    panel = generation.panel()
    lines = tuple(
        replace(one, values=one.values[:1], day=one.day[:0], value=one.value[:0], count=one.count[:0],
                missing=np.zeros_like(one.missing))
        for one in counts_of(generation).features
    )  # fmt: skip
    days = measures(panel, calendar.is_open(panel.days)) + model_inputs(panel, calendar)
    return Watched(DayCounts(panel.first_day, (*days, *lines)), panel, calendar.is_open(panel.days))


def try_change(
    watched: Watched, calendar: OpeningCalendar, asked: Request, rules: Rules, tell: Tell, memo: Memo | None = None
) -> dict[str, Any]:
    """Puts the change into the panel and runs the rules of every day on both, up to WATCHED_DAYS after its start.

    ``found``: the first serious signal that the unchanged data do not have on that day, with ``after`` (days since the
    start), or None; ``noted``: the first that is no alarm; ``alarms``: days with an alarm without the change.
    ``days``, ``before``, ``after``: the first measure that changes, as it was and as changed. Raises InputError for a
    start that leaves too little on either side, or a change that the data do not allow.
    """
    panel = watched.panel
    last = min(asked.start + dt.timedelta(days=WATCHED_DAYS), panel.last_day)
    if (asked.start - panel.first_day).days < LEAST_BEFORE or (last - asked.start).days < LEAST_AFTER:
        first, end = panel.first_day + dt.timedelta(days=LEAST_BEFORE), panel.last_day - dt.timedelta(days=LEAST_AFTER)
        raise InputError(f"a change on {asked.start} cannot be tried", hint=f"Begin it from {first} to {end}.")
    change = Change(cast(Kind, asked.kind), asked.start, asked.size)
    changed = inject_panel(panel, watched.is_open, change)
    tell(0.05, "Looking at the days as they were")
    usual = findings(_until(watched, calendar, panel, last), asked.start, last, rules, memo)
    tell(0.5, "Looking at the days with the change")
    found = findings(_until(watched, calendar, changed, last), asked.start, last, rules, memo)
    tell(1.0, "Done")
    there = [Series(one, TOTAL) for one in MEASURES if Series(one, TOTAL) in panel.series]
    main = next((one for one in there if not np.array_equal(panel[one], changed[one], equal_nan=True)), there[0])
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
        "days": [str(day) for day in panel.days[shown]],
        "before": _plain(panel[main][shown]),
        "after": _plain(changed[main][shown]),
        "open": calendar.is_open(panel.days[shown]).tolist(),
    }


def _until(watched: Watched, calendar: OpeningCalendar, panel: Panel, last: dt.date) -> Watched:
    """What is known on the day ``last``, with the panel given."""
    known = panel.until(last)
    is_open = watched.is_open[: known.n_days]
    made = measures(known, is_open) + model_inputs(known, calendar)
    names = {one.name for one in made}
    rest = (replace(one, missing=one.missing[: known.n_days]) for one in watched.counts.features)
    counts = DayCounts(known.first_day, (*made, *(one for one in rest if one.name not in names)))
    return Watched(counts, known, is_open, watched.frozen)


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
